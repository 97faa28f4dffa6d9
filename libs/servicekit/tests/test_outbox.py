"""The outbox: order, commits that come late, failures midway, one relay at a time, and pruning."""

import asyncio
import contextlib
from datetime import date, timedelta
from typing import Any

import pytest
from matchbook_servicekit import outbox
from matchbook_servicekit.messaging import Delivery, Publisher, Transient
from matchbook_servicekit.outbox import Known, Relay, tend_published

from .conftest import DEVICES, World, device, running, sent, until


async def pending(world: World) -> int:
    async with world.database.connection() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM outbox")
    return count


async def test_what_is_appended_is_published_with_its_key_headers_and_place(world: World) -> None:
    event = sent(device(1), "e1")
    async with world.database.transaction() as connection:
        await outbox.append(connection, [event])
    async with running(Relay(world.database, world.publisher)):
        [record] = await world.read(DEVICES, 1)
        await until(lambda: pending(world), lambda count: count == 0)
    assert (record.key, record.value, tuple(record.headers)) == (b"t1/d1", event.body, event.headers)
    async with world.database.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM outbox_published")
    assert row is not None
    assert (row["event_id"], row["kafka_partition"], row["kafka_offset"]) == ("e1", record.partition, record.offset)


@pytest.mark.parametrize("count", [2, 20, 21, 2_001])
async def test_what_is_appended_together_is_numbered_in_its_order(world: World, count: int) -> None:
    async with world.database.transaction() as connection:
        await outbox.append(connection, [sent(device(number), f"e{count - number}") for number in range(count)])
        rows = await connection.fetch("SELECT event_id FROM outbox ORDER BY position")
    assert [row["event_id"] for row in rows] == [f"e{count - number}" for number in range(count)]


async def test_a_rolled_back_transaction_publishes_nothing(world: World) -> None:
    async def work() -> None:
        async with world.database.transaction() as connection:
            await outbox.append(connection, [sent(device(1), "e1")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await work()
    assert await pending(world) == 0


async def test_a_row_that_becomes_visible_late_is_not_skipped(world: World) -> None:
    async with running(Relay(world.database, world.publisher)):
        async with world.database.transaction() as early:
            await outbox.append(early, [sent(device(1), "numbered first")])
            async with world.database.transaction() as late:
                await outbox.append(late, [sent(device(2), "committed first")])
            assert len(await world.read(DEVICES, 1)) == 1
        await until(lambda: world.read(DEVICES), lambda seen: len(seen) == 2)


async def test_a_notified_relay_does_not_wait_for_its_poll(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_POLL_SECONDS", 3600)
    relay = Relay(world.database, world.publisher)
    async with running(relay):
        await until(lambda: asyncio.sleep(0, relay.ready()), lambda reason: reason is None)
        async with world.database.transaction() as connection:
            await outbox.append(connection, [sent(device(1), "e1")])
        assert len(await world.read(DEVICES, 1)) == 1


async def test_without_a_notification_the_poll_finds_the_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Relay, "_hint", lambda *_: None)
    relay = Relay(world.database, world.publisher)
    async with running(relay):
        await until(lambda: asyncio.sleep(0, relay.ready()), lambda reason: reason is None)
        async with world.database.transaction() as connection:
            await outbox.append(connection, [sent(device(1), "e1")])
        assert len(await world.read(DEVICES, 1)) == 1


async def test_what_the_relays_own_process_wrote_is_not_read_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(world.database, world.publisher)
    async with running(relay):
        await until(lambda: asyncio.sleep(0, relay.ready()), lambda reason: reason is None)
        monkeypatch.setattr(outbox, "_QUERIES", {**outbox._QUERIES, "read_outbox": "SELECT 1 / 0, $1::bigint[]"})
        with contextlib.suppress(RuntimeError):
            async with world.database.transaction() as connection:
                await outbox.append(connection, [sent(device(number), "rolled back") for number in range(30)])
                raise RuntimeError
        async with world.database.transaction() as connection:
            await outbox.append(connection, [sent(device(number), f"e{number}") for number in range(30)])
        records = await world.read(DEVICES, 30)
    assert {dict(record.headers)["ce_id"].decode() for record in records} == {f"e{number}" for number in range(30)}


def test_only_the_newest_records_are_known_and_each_is_given_once() -> None:
    records = [sent(device(number), f"e{number}") for number in range(4)]
    known = Known(most_bytes=sum(len(record.body) + outbox._BESIDE for record in records[2:]))
    known.add(enumerate(records))
    assert [known.take(position) for position in (0, 1, 2, 3, 3)] == [None, None, records[2], records[3], None]
    known.add(enumerate(records[2:]))
    assert known.take(0) == records[2]


class Failing(Publisher):
    """Fails in the middle of a delivery: of the first records of each call only some are acknowledged."""

    def __init__(self, settings: Any, failures: int) -> None:
        super().__init__(settings)
        self.failures = failures

    async def deliver(self, records: Any) -> Delivery:
        if self.failures == 0:
            return await super().deliver(records)
        self.failures -= 1
        some = max(1, len(records) // 3)
        delivery = await super().deliver(records[:some])
        return Delivery([*delivery.places, *[None] * (len(records) - some)], Transient("cut"))


async def test_order_is_kept_when_sending_fails_midway(world: World) -> None:
    events = [sent(device(number % 5, revision=1 + number // 5), f"e{number}") for number in range(100)]
    async with world.database.transaction() as connection:
        await outbox.append(connection, events)
    publisher = Failing(world.kafka, 3)
    await publisher.start()
    try:
        async with running(Relay(world.database, publisher)):
            await until(lambda: pending(world), lambda count: count == 0)
    finally:
        await publisher.stop()
    records = await world.read(DEVICES)
    assert [dict(record.headers)["ce_id"].decode() for record in records] == [event.event_id for event in events]


async def test_only_one_of_two_relays_works_and_the_other_takes_over(world: World) -> None:
    first, second = Relay(world.database, world.publisher), Relay(world.database, world.publisher)
    async with running(second):
        async with running(first):
            await until(lambda: holders(world), lambda count: count == 1)
            for number in range(20):
                async with world.database.transaction() as connection:
                    await outbox.append(connection, [sent(device(number), f"e{number}")])
            await until(lambda: pending(world), lambda count: count == 0)
        async with world.database.transaction() as connection:
            await outbox.append(connection, [sent(device(20), "e20")])
        await until(lambda: pending(world), lambda count: count == 0)
    assert len(await world.read(DEVICES)) == 21


async def holders(world: World) -> int:
    async with world.database.connection() as connection:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint = "
            "hashtext('matchbook.outbox')::bigint & 4294967295 AND objid::bigint = "
            "hashtext(current_schema())::bigint & 4294967295"
        )
    return count


async def test_published_ids_are_kept_by_day_and_dropped_after_a_while(world: World) -> None:
    async with world.database.connection() as connection:
        await tend_published(connection, date(2026, 3, 1), timedelta(days=7))
        for event_id, at in (("old", "2026-03-01"), ("new", "2026-03-03")):
            await connection.execute(
                f"INSERT INTO outbox_published VALUES (1, 't', '{event_id}', 0, 0, '{at} 23:59+00')"
            )
        await tend_published(connection, date(2026, 3, 8), timedelta(days=7))
        assert await connection.fetchval("SELECT count(*) FROM outbox_published") == 2
        await tend_published(connection, date(2026, 3, 9), timedelta(days=7))
        assert [row[0] for row in await connection.fetch("SELECT event_id FROM outbox_published")] == ["new"]


class Deaf(Publisher):
    """Swallows its caller's cancellation, as Python 3.11's wait_for does when both come at the same moment."""

    entered: asyncio.Event

    async def deliver(self, records: Any) -> Delivery:
        self.entered.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(30)
        return Delivery([None] * len(records), None)


async def test_a_relay_stops_although_its_publisher_swallows_the_cancellation(world: World) -> None:
    publisher = Deaf(world.kafka)
    publisher.entered = asyncio.Event()
    async with world.database.transaction() as connection:
        await outbox.append(connection, [sent(device(1), "e1")])
    relay = asyncio.create_task(Relay(world.database, publisher).run())
    await asyncio.wait_for(publisher.entered.wait(), 60)
    relay.cancel()
    done, _ = await asyncio.wait([relay], timeout=20)
    assert done == {relay}
    assert relay.cancelled()
