"""Exactly-once effects over rebalances, outages, restarts and rewinds."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from matchbook_servicekit.consumer import ConsumerStalled, Transient, register
from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.messaging import Outgoing, Publisher, Received

from .conftest import DEVICES, World, device, running, until
from .victim import answer


async def test_records_are_applied_once_and_in_order(world: World) -> None:
    await world.publish(*((f"e{number}", device(number)) for number in range(500)))
    async with running(world.consumer()):
        assert await world.until_applied(500) == [f"e{number}" for number in range(500)]


async def test_a_restart_goes_on_where_the_database_is_and_not_where_kafka_is(world: World) -> None:
    await world.publish(*((f"e{number}", device(number)) for number in range(10)))
    async with running(world.consumer()):
        await world.until_applied(10)
    async with world.database.connection() as connection:
        await connection.execute("UPDATE consumer_offsets SET next_offset = next_offset - 4 WHERE next_offset > 0")
    async with running(world.consumer()):
        assert (await world.until_applied(14))[10:] == ["e6", "e7", "e8", "e9"]


async def test_kafkas_offsets_follow_the_database(world: World) -> None:
    await world.publish(*((f"e{number}", device(number)) for number in range(10)))
    consumer = world.consumer()
    async with running(consumer):
        await world.until_applied(10)
    reader = AIOKafkaConsumer(bootstrap_servers=world.kafka.bootstrap, group_id=consumer.group)
    await reader.start()
    try:
        topic = world.kafka.physical(DEVICES)
        offsets = [await reader.committed(TopicPartition(topic, number)) for number in range(3)]
    finally:
        await reader.stop()
    assert sorted(filter(None, offsets)) == [10]


async def test_a_batch_of_many_bytes_goes_into_several_transactions(world: World) -> None:
    names = ["short", "long " * 1_000, "short", "short", "short"]
    await world.publish(*((f"e{number}", device(number, name=name)) for number, name in enumerate(names)))
    async with running(world.consumer(max_bytes=2_000)):
        await world.until_applied(5)
    assert world.calls == [["e0"], ["e1"], ["e2", "e3", "e4"]]


async def test_a_second_member_takes_over_part_and_nothing_is_applied_twice(world: World) -> None:
    ids = [f"e{number}" for number in range(3000)]
    await world.publish(*((event_id, device(n, tenant=f"t{n % 20}")) for n, event_id in enumerate(ids)))
    first, second = world.consumer(max_records=40), world.consumer(max_records=40)
    async with running(first):
        await world.until_applied(200)
        async with running(second):
            await until(lambda: asyncio.sleep(0, second.ready()), lambda reason: reason is None)
            await world.until_applied(1500)
        applied = await world.until_applied(3000)
    assert sorted(applied) == sorted(ids)
    # Order within a tenant, and so within a partition.
    for tenant in range(20):
        mine = [int(event_id[1:]) for event_id in applied if int(event_id[1:]) % 20 == tenant]
        assert mine == sorted(mine)


async def test_a_zombie_that_applies_after_another_member_changes_nothing(world: World) -> None:
    """Two groups members that both hold the same records: the rows' lock and the offset decide."""
    await world.publish(*((f"e{number}", device(number)) for number in range(100)))
    first, second = world.consumer(), world.consumer()
    topic = world.kafka.physical(DEVICES)
    raw = await world.read(DEVICES, 100)
    partitions = [TopicPartition(topic, number) for number in range(3)]
    await first._applier.stored_offsets(partitions)
    expected = dict.fromkeys(partitions, 0)
    await asyncio.gather(
        first._applier.apply(raw, expected, lambda _: None), second._applier.apply(raw, expected, lambda _: None)
    )
    assert await world.applied() == [f"e{number}" for number in range(100)]


async def test_an_outage_is_waited_for_and_the_batch_tried_again(world: World) -> None:
    failures = iter([Transient("away"), asyncpg.DeadlockDetectedError("x"), ConnectionResetError(), TimeoutError()])

    async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        await world.store(records, connection)
        if (failure := next(failures, None)) is not None:
            raise failure
        return ()

    await world.publish(*((f"e{number}", device(number)) for number in range(10)))
    consumer = world.consumer(apply)
    async with running(consumer):
        assert await world.until_applied(10) == [f"e{number}" for number in range(10)]
    assert len(world.calls) == 5
    assert await world.read(f"{DEVICES}.dlq") == []


async def test_connections_cut_in_the_middle_of_a_batch_cost_nothing(world: World) -> None:
    cuts = 3

    async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        nonlocal cuts
        await world.store(records, connection)
        if cuts:
            cuts -= 1
            await kill_backend(world, connection)
        return ()

    await world.publish(*((f"e{number}", device(number)) for number in range(10)))
    async with running(world.consumer(apply)):
        assert await world.until_applied(10) == [f"e{number}" for number in range(10)]
    assert cuts == 0


async def kill_backend(world: World, connection: Connection) -> None:
    pid = await connection.fetchval("SELECT pg_backend_pid()")
    other = await asyncpg.connect(world.settings.dsn)
    await other.execute("SELECT pg_terminate_backend($1)", pid)
    await other.close()


async def test_a_unit_of_work_past_its_deadline_is_cut_and_tried_with_half(world: World) -> None:
    database = Database(replace(world.settings, deadline=0.5))
    await database.start()

    async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        await world.store(records, connection)
        await connection.execute("SELECT pg_sleep($1)", len(records) * 0.1)
        return ()

    await world.publish(*((f"e{number}", device(number)) for number in range(8)))
    consumer = world.consumer(apply)
    consumer._applier.database = database
    async with running(consumer):
        assert await world.until_applied(8) == [f"e{number}" for number in range(8)]
    await database.stop()
    assert max(map(len, world.calls)) == 8


async def test_a_database_set_back_under_a_running_member_is_read_again(world: World) -> None:
    await world.publish(*((f"e{number}", device(number)) for number in range(10)))
    async with running(world.consumer()):
        await world.until_applied(10)
        async with world.database.transaction() as connection:
            await connection.execute("DELETE FROM consumer_offsets")
            await connection.execute("DELETE FROM applied")
        await world.publish(("e10", device(10)))
        assert await world.until_applied(11) == [f"e{number}" for number in range(11)]


async def test_a_database_ahead_of_its_topic_stops_the_consumer(world: World) -> None:
    await world.publish(("e0", device(0)))
    async with running(world.consumer()):
        await world.until_applied(1)
    async with world.database.connection() as connection:
        await connection.execute("UPDATE consumer_offsets SET next_offset = 100")
    async with running(world.consumer()) as task:
        await asyncio.wait([task], timeout=60)
        with pytest.raises(ConsumerStalled, match="deleted or lost"):
            task.result()


async def test_stopping_finishes_and_commits_the_batch_under_way(world: World) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        await world.store(records, connection)
        entered.set()
        await go_on.wait()
        return ()

    await world.publish(*((f"e{number}", device(number)) for number in range(10)))
    task = asyncio.create_task(world.consumer(apply).run())
    await asyncio.wait_for(entered.wait(), 60)
    task.cancel()
    await asyncio.sleep(0.2)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await world.applied()) == 10


async def test_outputs_are_published_before_the_commit_and_again_after_a_failure(world: World) -> None:
    fail = True

    async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        await world.store(records, connection)
        return [answer(record) for record in records]

    class Once(Publisher):
        async def publish(self, records: Sequence[Outgoing]) -> None:
            nonlocal fail
            await super().publish(records)
            if fail:
                fail = False
                raise Transient("acknowledged, but the answer was lost")

    await world.publish(("e0", device(0)))
    consumer = world.consumer(apply)
    consumer._applier.publisher = Once(world.kafka)
    async with running(consumer):
        assert await world.until_applied(1) == ["e0"]
    await consumer._applier.publisher.stop()
    first, second = await world.read("matchbook.suggestions", 2)
    assert (first.value, first.headers) == (second.value, second.headers)


async def test_what_follows_the_commit_sees_what_was_applied_and_may_fail(world: World) -> None:
    seen: list[str] = []

    async def after(records: Sequence[Received]) -> None:
        seen.extend(record.event_id for record in records)
        assert (await world.applied())[-1] == records[-1].event_id
        raise RuntimeError

    await world.publish(("e0", device(0)))
    async with running(world.consumer(after_commit=after)):
        await world.until_applied(1)
        await world.publish(("e1", device(1)))
        await world.until_applied(2)
        await until(lambda: asyncio.sleep(0, seen), lambda ids: ids == ["e0", "e1"])


def test_every_subscriber_acknowledges_by_hand_and_decodes_nothing(world: World) -> None:
    broker = KafkaBroker("localhost:1")
    subscriber = register(broker, world.consumer())
    assert broker.subscribers == [subscriber]
    assert subscriber.ack_policy is AckPolicy.MANUAL
    assert subscriber._connection_args["enable_auto_commit"] is False
    assert subscriber._call_options.parser is not None
    assert subscriber._call_options.decoder is not None


async def test_readiness_tells_of_the_assignment(world: World) -> None:
    consumer = world.consumer()
    assert consumer.ready() == "consumer devices has no assignment yet"
    async with running(consumer):
        await until(lambda: asyncio.sleep(0, consumer.ready()), lambda reason: reason is None)
    assert consumer.ready() is not None


async def test_a_commit_that_swallows_its_cancellation_does_not_keep_the_consumer(world: World) -> None:
    """As Python 3.11's wait_for does, and so aiokafka, when both come at the same moment."""
    consumer, entered = world.consumer(), asyncio.Event()

    async def swallowing() -> None:
        entered.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(30)

    consumer._commit = swallowing  # type: ignore[method-assign]
    consumer._commit_wanted.set()
    loop = asyncio.create_task(consumer._commit_loop())
    await entered.wait()
    loop.cancel()
    done, _ = await asyncio.wait([loop], timeout=20)
    assert done == {loop}
    assert loop.cancelled()
