"""A header whose name is no text is set aside with its record; its neighbours in the batch are applied in order."""

from collections.abc import Sequence
from typing import Any

import pytest
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from matchbook_servicekit.messaging import Wire

from .conftest import DEVICES, World, device, running

PLAIN, GZIP = 0, 1
TYPE = b"matchbook.DeviceDiscovered.v1"


class NotText(str):
    """A name that is written with a byte which no UTF-8 text has."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"x-\xff"


def record(event_id: str, *more: tuple[str, bytes]) -> Wire:
    headers = [("ce_type", TYPE), ("ce_id", event_id.encode()), *more]
    return Wire(DEVICES, b"t1/d1", device(1).body(), headers, 0)


async def send_one_batch(world: World, records: Sequence[Wire], compression: int) -> None:
    # Not idempotent: only then does aiokafka take a batch that its own builder did not make.
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka.bootstrap, enable_idempotence=False)
    await producer.start()
    batch = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, 0, 100_000)
    for item in records:
        batch.append(timestamp=1, key=item.key, value=item.value, headers=item.headers)
    batch.close()
    await (await producer.send_batch(batch, world.kafka.physical(DEVICES), partition=0))
    await producer.stop()


@pytest.mark.parametrize("compression", [PLAIN, GZIP], ids=["plain", "gzip"])
async def test_a_header_name_that_is_no_text_costs_its_record_alone(world: World, compression: int) -> None:
    bad = [record(f"bad{number}", (NotText("x"), b"1"), ("other", b"here")) for number in range(2)]
    await send_one_batch(world, [record("e0")], compression)
    await send_one_batch(world, [record("e1"), bad[0], record("e2"), bad[1], record("e3")], compression)
    await send_one_batch(world, [record("e4")], compression)
    with structlog.testing.capture_logs() as logs:
        async with running(world.consumer()):
            assert await world.until_applied(5) == [f"e{number}" for number in range(5)]
            letters = await world.read(f"{DEVICES}.dlq", 2)
    assert [letter.value for letter in letters] == [device(1).body()] * 2
    for number, letter in enumerate(letters):
        headers = dict(letter.headers)
        assert headers["dlq_reason"] == b"header_not_utf8"
        assert headers["dlq_detail"] == rb"header x-\xff is not UTF-8 text"
        assert (headers["ce_id"], headers[r"x-\xff"], headers["other"]) == (b"bad%d" % number, b"1", b"here")
    assert len([line for line in logs if "dead letter" in line["event"]]) == 1


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_a_batch_that_is_read_again_repeats_and_skips_nothing(world: World, size: int) -> None:
    records = [record(f"e{number}") for number in range(7)]
    records[3] = record("bad", (NotText("x"), b"1"))
    await send_one_batch(world, records, PLAIN)
    async with running(world.consumer(max_records=size)):
        assert await world.until_applied(6) == [f"e{number}" for number in range(7) if number != 3]
        assert len(await world.read(f"{DEVICES}.dlq", 1)) == 1


async def test_a_member_that_begins_in_the_middle_of_such_a_batch_sets_nothing_aside_twice(world: World) -> None:
    for number in range(2):
        await send_one_batch(world, [record(f"bad{number}", (NotText("x"), b"1")), record(f"e{number}")], PLAIN)
    async with world.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO consumer_offsets (consumer_group, topic, partition, next_offset) VALUES ($1, $2, 0, 1)",
            world.consumer().group,
            world.kafka.physical(DEVICES),
        )
    async with running(world.consumer()):
        assert await world.until_applied(2) == ["e0", "e1"]
        [letter] = await world.read(f"{DEVICES}.dlq", 1)
    assert dict(letter.headers)["ce_id"] == b"bad1"
