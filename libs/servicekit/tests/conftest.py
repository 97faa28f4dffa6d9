"""A service in miniature: it stores what it applies, so that a test can say what was applied, and in which order."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from matchbook_contracts.base import Contract
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts
from matchbook_local.testing import Database as Scratch
from matchbook_local.testing import create_topics
from matchbook_servicekit.consumer import BatchConsumer, Subscription
from matchbook_servicekit.database import Connection, Database, DatabaseSettings, migrate
from matchbook_servicekit.dead_letters import BrakeLimits
from matchbook_servicekit.messaging import KafkaSettings, Outgoing, Publisher, Received, Wire, outgoing

DEVICES = "matchbook.devices"
TOPICS = (DEVICES, "matchbook.suggestions")
PARTITIONS = 3
CREATE_APPLIED = """
CREATE TABLE applied (
    number bigint GENERATED ALWAYS AS IDENTITY,
    event_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL
)
"""


def device(number: int, *, tenant: str = "t1", revision: int = 1, name: str = "LT-1") -> DeviceDiscovered:
    """A device event whose id is its number."""
    return DeviceDiscovered(
        tenant_id=tenant, device_id=f"d{number}", revision=revision, facts=DeviceFacts(device_name=name)
    )


def sent(event: Contract, event_id: str) -> Outgoing:
    """The event as a service would send it."""
    return outgoing(event, source="test", event_id=event_id)


@dataclass
class World:
    """Kafka, PostgreSQL and a table `applied`, private to one test."""

    kafka: KafkaSettings
    settings: DatabaseSettings
    database: Database
    publisher: Publisher
    calls: list[list[str]] = field(default_factory=list)

    async def store(self, records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        """The simplest `apply`: one row a record."""
        self.calls.append([record.event_id for record in records])
        await connection.executemany(
            "INSERT INTO applied (event_id, kafka_partition, kafka_offset) VALUES ($1, $2, $3)",
            [(record.event_id, record.partition, record.offset) for record in records],
        )
        return ()

    def consumer(self, apply: Any = None, *, limits: BrakeLimits | None = None, **options: Any) -> BatchConsumer:
        """A consumer of the devices topic."""
        subscription = Subscription("devices", (DEVICES,), apply or self.store, **options)
        return BatchConsumer(
            subscription,
            kafka=self.kafka,
            database=self.database,
            publisher=self.publisher,
            group="test",
            limits=limits,
        )

    async def publish(self, *events: tuple[str, Contract]) -> None:
        """Send events under the given ids."""
        await self.publisher.publish([sent(event, event_id) for event_id, event in events])

    async def send_raw(self, *wires: Wire) -> None:
        """Send records that no service of ours would."""
        delivery = await self.publisher.send([wire._replace(topic=self.kafka.physical(wire.topic)) for wire in wires])
        assert delivery.failure is None

    async def applied(self) -> list[str]:
        """Event ids in the order they were applied."""
        async with self.database.connection() as connection:
            return [row["event_id"] for row in await connection.fetch("SELECT event_id FROM applied ORDER BY number")]

    async def until_applied(self, count: int, seconds: float = 60) -> list[str]:
        """Wait until that many records are applied."""
        ids: list[str] = await until(self.applied, lambda ids: len(ids) >= count, seconds)
        return ids

    async def read(self, topic: str, least: int = 0) -> list[Any]:
        """What a topic holds in all partitions; waits for at least so many records."""
        return await read_topic(self.kafka.bootstrap, self.kafka.physical(topic), least)


async def until(look: Any, enough: Any, seconds: float = 60) -> Any:
    """Look again until it is enough; fails with what was seen last."""
    seen: Any = None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not enough(seen := await look()):  # noqa: ASYNC110 - what is looked at is elsewhere
                await asyncio.sleep(0.02)
            return seen
    pytest.fail(f"not within {seconds} s; last seen: {seen!r}")


async def read_topic(bootstrap: str, topic: str, least: int = 0) -> list[Any]:
    """Records of every partition, from the beginning to the present end or until there are so many."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=16 * 1024 * 1024
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        found: list[Any] = []
        async with asyncio.timeout(60):
            ends = await consumer.end_offsets(places)
            while len(found) < least or [place for place in places if await consumer.position(place) < ends[place]]:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(records)
        return found
    finally:
        await consumer.stop()


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """A loopback port for a server that asks for it by its number; no connection goes out from it meanwhile."""
    with socket.socket() as holder:
        # Whoever binds with the same option may listen, as servers do; this one never listens.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextlib.asynccontextmanager
async def running(component: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A component at work for the length of a block, stopped in order afterwards."""
    task = asyncio.create_task(component.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def world(kafka_bootstrap: str, topic_prefix: str, database: Scratch) -> AsyncIterator[World]:
    """Topics of three partitions, a migrated schema, a publisher and a pool."""
    kafka = KafkaSettings(kafka_bootstrap, topic_prefix)
    await create_topics(kafka_bootstrap, topic_prefix, TOPICS, partitions=PARTITIONS)
    settings = DatabaseSettings(database.dsn, database.schema, deadline=10)
    await migrate(settings, "matchbook_servicekit")
    pool, publisher = Database(settings), Publisher(kafka)
    await pool.start()
    await publisher.start()
    async with pool.connection() as connection:
        await connection.execute(CREATE_APPLIED)
    yield World(kafka, settings, pool, publisher)
    await publisher.stop()
    await pool.stop()
