"""A broker killed and started again, a database stopped and started again: everything resumes unattended."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from matchbook_local.kafka import Kafka, KafkaOptions
from matchbook_local.postgres import Postgres, PostgresOptions
from matchbook_local.scratch import scratch_folder
from matchbook_local.testing import Database as Scratch
from matchbook_servicekit import outbox, topics
from matchbook_servicekit.consumer import BatchConsumer
from matchbook_servicekit.database import Database, DatabaseSettings, is_transient, migrate
from matchbook_servicekit.messaging import KafkaSettings, Publisher, Transient
from matchbook_servicekit.outbox import Relay

from .conftest import (
    CREATE_APPLIED,
    DEVICES,
    PARTITIONS,
    World,
    device,
    read_topic,
    reserved_port,
    running,
    sent,
    until,
)


async def prepared(bootstrap: str, settings: DatabaseSettings) -> World:
    prefix = f"outage{uuid4().hex[:8]}."
    settings_of_kafka = KafkaSettings(bootstrap, prefix, publish_timeout=5)
    await topics.apply(bootstrap, prefix, partitions=PARTITIONS)
    await migrate(settings, "matchbook_servicekit")
    world = World(settings_of_kafka, settings, Database(settings), Publisher(settings_of_kafka))
    await world.database.start()
    await world.publisher.start()
    async with world.database.connection() as connection:
        await connection.execute(CREATE_APPLIED)
    return world


async def resumed(
    world: World, cut: Callable[[], None], mend: Callable[[], object], trouble: Any, meanwhile: Any = None
) -> None:
    """Work, cut, work that has to wait, mend: all is applied once and in order within 30 seconds."""
    consumer, relay = world.consumer(), Relay(world.database, world.publisher)
    async with running(consumer), running(relay):
        async with world.database.transaction() as connection:
            await outbox.append(connection, [sent(device(number), f"e{number}") for number in range(5)])
        await world.until_applied(5)
        cut()
        await until(lambda: asyncio.sleep(0, trouble(consumer, relay)), lambda reason: reason is not None)
        if meanwhile is not None:
            await meanwhile(world)
        # Blocks the loop, since a child lives no longer than the thread that started it.
        mend()
        await until(lambda: append(world), lambda done: done)
        assert await world.until_applied(10) == [f"e{number}" for number in range(10)]
        await until(lambda: asyncio.sleep(0, consumer.ready() or relay.ready()), lambda reason: reason is None)
    await world.publisher.stop()
    await world.database.stop()


async def append(world: World) -> bool:
    """Whether the outbox took the records; a pool may first have to find out that its connections are gone."""
    try:
        async with world.database.transaction() as connection:
            await outbox.append(connection, [sent(device(number), f"e{number}") for number in range(5, 10)])
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return not is_transient(error)
    return True


@pytest.mark.timeout(300)
async def test_a_broker_killed_and_started_again_costs_nothing(database: Scratch) -> None:
    with scratch_folder() as folder, reserved_port() as port:
        broker = Kafka(folder, KafkaOptions(port=port))
        broker.start()
        try:
            world = await prepared(broker.bootstrap, DatabaseSettings(database.dsn, database.schema, deadline=10))
            await resumed(world, broker.kill, broker.start, lambda consumer, _: unheard(consumer), give_up)
            # What a person was told had failed is not sent behind their back.
            found = await read_topic(world.kafka.bootstrap, world.kafka.physical(DEVICES))
            assert "given up" not in [dict(record.headers)["ce_id"].decode() for record in found]
        finally:
            broker.kill()


async def give_up(world: World) -> None:
    publisher = Publisher(replace(world.kafka, publish_timeout=1), abandon=True)
    publisher._producer = world.publisher._producer
    with pytest.raises(Transient):
        await publisher.publish([sent(device(99), "given up")])
    await publisher.stop()
    # It was the world's producer; the world makes a new one.
    world.publisher._producer = None


@pytest.mark.timeout(300)
async def test_a_broker_that_stands_still_gets_nothing_out_of_order(database: Scratch) -> None:
    events = [sent(device(1, revision=number), f"e{number}") for number in range(1, 200)]
    with scratch_folder() as folder, reserved_port() as port:
        broker = Kafka(folder, KafkaOptions(port=port))
        broker.start()
        assert broker.process is not None
        try:
            world = await prepared(broker.bootstrap, DatabaseSettings(database.dsn, database.schema, deadline=10))
            world.publisher.settings = replace(world.kafka, publish_timeout=0.5)
            relay = Relay(world.database, world.publisher)
            async with running(relay):
                await until(lambda: asyncio.sleep(0, relay.ready()), lambda reason: reason is None)
                os.kill(broker.process.pid, signal.SIGSTOP)
                async with world.database.transaction() as connection:
                    await outbox.append(connection, events)
                await until(lambda: asyncio.sleep(0, relay.ready()), lambda reason: reason is not None)
                await asyncio.sleep(3)
                os.kill(broker.process.pid, signal.SIGCONT)
                await until(lambda: left(world), lambda count: count == 0)
            found = await read_topic(world.kafka.bootstrap, world.kafka.physical(DEVICES))
            ids = [dict(record.headers)["ce_id"].decode() for record in found]
            expected = [event.event_id for event in events]
            assert list(dict.fromkeys(ids)) == expected
            # Nor does a late copy stand behind what came after it.
            assert list(dict.fromkeys(reversed(ids))) == expected[::-1]
            await world.publisher.stop()
            await world.database.stop()
        finally:
            os.kill(broker.process.pid, signal.SIGCONT)
            broker.kill()


async def left(world: World) -> int:
    async with world.database.connection() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM outbox")
    return count


def unheard(consumer: BatchConsumer) -> str | None:
    return "silent" if consumer._silence() > 3 else None


@pytest.mark.timeout(300)
async def test_a_database_stopped_at_once_and_started_again_costs_nothing(kafka_bootstrap: str) -> None:
    with scratch_folder() as folder, reserved_port() as port:
        server = Postgres(folder, PostgresOptions(port=port, durable=True))
        server.start()
        try:
            world = await prepared(kafka_bootstrap, DatabaseSettings(server.dsn, "outage", deadline=10))
            await resumed(world, lambda: server.stop(hurry=True), server.start, lambda _, relay: relay.ready())
        finally:
            server.kill()
