"""Every kind of bad record is set aside with its reason, and its neighbours in the batch are applied."""

import asyncio
from collections.abc import Sequence

import pytest
import structlog
from matchbook_contracts.decisions import AcceptMatch
from matchbook_servicekit.consumer import Invalid
from matchbook_servicekit.database import Connection
from matchbook_servicekit.dead_letters import BrakeLimits
from matchbook_servicekit.messaging import Outgoing, Received, Wire

from .conftest import DEVICES, World, device, running, until

CANARY = "PF3X9K2L-canary"
GOOD = device(1).body()


def wire(
    value: bytes | None = GOOD,
    *,
    ce_type: bytes | None = b"matchbook.DeviceDiscovered.v1",
    ce_id: bytes | None = b"bad",
    more: Sequence[tuple[str, bytes]] = (),
) -> Wire:
    headers = [(name, text) for name, text in (("ce_type", ce_type), ("ce_id", ce_id)) if text is not None]
    return Wire(DEVICES, b"t1/d1", value, [*headers, ("other", b"here"), *more], 0)


BAD = {
    "not_json": wire(b'{"tenant_id": "t1", '),
    "not_json nul": wire(b"\x00\x00"),
    "not_json empty": wire(b""),
    "not_json bytes": wire(b'{"tenant_id": "\xff"}'),
    "not_json deep": wire(b"[" * 100_000),
    "contract_broken": wire(b'{"tenant_id": 7, "device_id": "d1", "revision": 1, "facts": {}}'),
    "contract_broken absent": wire(b'{"tenant_id": "t1"}'),
    "contract_broken array": wire(b"[]"),
    "contract_broken nul": wire(b'{"tenant_id": "t", "device_id": "d", "revision": 1, "facts": {"model": "a\\u0000"}}'),
    "contract_broken nul id": wire(ce_id=b"a\x00b"),
    "not_json surrogate": wire(b'{"tenant_id": "\\ud800", "device_id": "d", "revision": 1, "facts": {}}'),
    "header_not_utf8": wire(ce_type=b"\xff\xfe"),
    "header_not_utf8 id": wire(ce_id=b"\xc3\x28"),
    "header_not_utf8 any": wire(more=[("x-trace", b"\xff")]),
    "header_not_utf8 halves": wire(more=[("first", b"\xc3"), ("second", b"\xa9")]),
    "unknown_type": wire(ce_type=b"matchbook.NoSuchThing.v1"),
    "oversized": wire(b'{"x": "' + b"x" * (5 * 1024 * 1024) + b'"}'),
    "missing_header": wire(ce_type=None),
    "missing_header id": wire(ce_id=None),
    "missing_header empty": wire(ce_id=b""),
    "wrong_topic": wire(ce_type=AcceptMatch.ce_type().encode()),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_record_is_set_aside_and_its_neighbours_are_applied(world: World, name: str) -> None:
    bad = BAD[name]
    before, after = wire(ce_id=b"before"), wire(ce_id=b"after")
    await world.send_raw(before, bad, after)
    async with running(world.consumer()):
        assert await world.until_applied(2) == ["before", "after"]
        [letter] = await world.read(f"{DEVICES}.dlq", 1)
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (bad.key, bad.value)
    assert headers["other"] == b"here"
    assert headers["dlq_reason"] == name.partition(" ")[0].encode()
    assert headers["dlq_source_topic"] == world.kafka.physical(DEVICES).encode()
    assert (headers["dlq_source_partition"], headers["dlq_source_offset"]) == (b"0", b"1")
    assert headers["dlq_attempts"] == b"1"
    assert list(letter.headers)[: len(bad.headers)] == list(bad.headers)


async def test_all_kinds_in_one_batch_cost_one_transaction_and_one_log_line(world: World) -> None:
    bad = [item for name, item in BAD.items() if name != "oversized"]
    await world.send_raw(*(record for item in bad for record in (item, wire(ce_id=b"good"))))
    with structlog.testing.capture_logs() as logs:
        async with running(world.consumer()):
            await world.until_applied(len(bad))
            assert len(await world.read(f"{DEVICES}.dlq", len(bad))) == len(bad)
    assert len(world.calls) == 1
    assert len([line for line in logs if "dead letter" in line["event"]]) == 1


async def test_a_five_megabyte_record_does_not_stall_the_others(world: World) -> None:
    await world.send_raw(BAD["oversized"], BAD["oversized"], wire(ce_id=b"after"))
    async with running(world.consumer()):
        assert await world.until_applied(1) == ["after"]


async def test_a_tombstone_is_passed_over(world: World) -> None:
    await world.send_raw(wire(None), wire(ce_id=b"after"))
    async with running(world.consumer()):
        assert await world.until_applied(1) == ["after"]
        assert await world.read(f"{DEVICES}.dlq") == []


async def test_what_the_handler_calls_invalid_is_set_aside_and_the_rest_keeps_its_order(world: World) -> None:
    async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        await world.store(records, connection)
        for record in records:
            if record.event_id in {"e3", "e7"}:
                raise Invalid(record, f"no {CANARY}")
        return ()

    await world.publish(*((f"e{number}", device(number)) for number in range(10)))
    async with running(world.consumer(apply)):
        assert await world.until_applied(8) == [f"e{number}" for number in range(10) if number not in {3, 7}]
        letters = await world.read(f"{DEVICES}.dlq", 2)
    assert [dict(letter.headers)["dlq_reason"] for letter in letters] == [b"invalid"] * 2
    assert [dict(letter.headers)["ce_id"] for letter in letters] == [b"e3", b"e7"]
    assert dict(letters[0].headers)["dlq_detail"].decode().endswith(CANARY)


async def test_a_record_that_breaks_the_handler_is_found_and_set_aside_with_its_stack(world: World) -> None:
    async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        await world.store(records, connection)
        if any(record.event_id == "e37" for record in records):
            raise RuntimeError(CANARY)
        return ()

    await world.publish(*((f"e{number}", device(number)) for number in range(100)))
    async with running(world.consumer(apply)):
        assert await world.until_applied(99) == [f"e{number}" for number in range(100) if number != 37]
        [letter] = await world.read(f"{DEVICES}.dlq", 1)
    headers = dict(letter.headers)
    assert headers["dlq_reason"] == b"handler_failed"
    assert int(headers["dlq_attempts"]) > 1
    assert b"RuntimeError" in headers["dlq_stack"]
    # The whole batch a few times, then halves: not one transaction a record.
    assert len(world.calls) < 25


async def test_a_run_of_bad_records_engages_the_brake_and_loses_nothing(world: World) -> None:
    await world.send_raw(*[BAD["not_json"]] * 30)
    consumer = world.consumer(limits=BrakeLimits(run=10), max_records=4)
    async with running(consumer) as task:
        await asyncio.wait([task], timeout=60)
        assert task.done()
        with pytest.raises(Exception, match="in a row"):
            task.result()
        assert "stopped" in str(consumer.ready())
    letters = len(await world.read(f"{DEVICES}.dlq"))
    assert 0 < letters <= 10
    # The next process starts where this one stopped, and stops at once without setting more aside.
    async with running(world.consumer(limits=BrakeLimits(run=10), max_records=4)) as task:
        await asyncio.wait([task], timeout=60)
        assert task.done()
    assert len(await world.read(f"{DEVICES}.dlq")) == letters
    # With a higher limit all of them are there to be set aside.
    async with running(world.consumer(limits=BrakeLimits(run=100), max_records=4)):
        await until(lambda: world.read(f"{DEVICES}.dlq"), lambda seen: len(seen) == 30)


async def test_a_share_of_bad_records_engages_the_brake(world: World) -> None:
    records = [BAD["not_json"], wire(ce_id=b"good")] * 100
    await world.send_raw(*records)
    limits = BrakeLimits(run=50, share=0.4, window=1000, least=20)
    async with running(world.consumer(limits=limits, max_records=10)) as task:
        await asyncio.wait([task], timeout=60)
        with pytest.raises(Exception, match="of the last"):
            task.result()
    assert len(await world.read(f"{DEVICES}.dlq")) <= 20
