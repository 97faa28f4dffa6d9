"""A matcher at work on Kafka and PostgreSQL, to which a test says what the topics say, and hears what it answers."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from matchbook_contracts.base import Contract
from matchbook_contracts.registry import contracts
from matchbook_contracts.suggestions import MatchSuggested
from matchbook_local.testing import Database as TestDatabase
from matchbook_local.testing import create_topics, topics_of
from matchbook_matcher.app import PACKAGE, Parts, build
from matchbook_matcher.settings import MatcherSettings
from matchbook_servicekit.database import migrate
from matchbook_servicekit.messaging import KafkaSettings, Publisher, derived_id, outgoing

PARTITIONS = 3


class Heard:
    """Everything on the suggestions topic, in order within each subject."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._consumer: AIOKafkaConsumer | None = None
        self.records: list[Any] = []

    async def start(self) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=self._kafka.bootstrap, auto_offset_reset="earliest")
        await self._consumer.start()
        topic = self._kafka.physical(MatchSuggested.topic)
        self._consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def listen(self) -> None:
        """Read to the present end of the topic."""
        assert self._consumer is not None
        ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
        for partition, end in ends.items():
            while await self._consumer.position(partition) < end:
                for records in (await self._consumer.getmany(timeout_ms=200)).values():
                    self.records += records

    def events(self) -> list[Any]:
        return [event_of(record) for record in self.records]

    def by_subject(self) -> dict[str, list[Any]]:
        found: defaultdict[str, list[Any]] = defaultdict(list)
        for event in self.events():
            found[event.key].append(event)
        return found


def headers_of(record: Any) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


def event_of(record: Any) -> Any:
    return contracts()[headers_of(record)["ce_type"]].from_body(record.value)


class Running:
    """One matcher process, without the process."""

    def __init__(self, settings: MatcherSettings) -> None:
        self.parts: Parts = build(settings)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def evaluator(self) -> Any:
        return self.parts.components[1]

    async def start(self, *names: str) -> None:
        """Start the resources, and the components whose names begin so; all of them without names."""
        for resource in self.parts.start:
            await resource.start()
        wanted = [c for c in self.parts.components if not names or c.name.startswith(names)]
        self._tasks = [asyncio.create_task(component.run()) for component in wanted]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for end in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(end, Exception):
                raise end
        for resource in reversed(self.parts.start):
            await resource.stop()

    def check(self) -> None:
        for task in self._tasks:
            if task.done():
                task.result()
                pytest.fail("a component ended")


class World:
    """The topics, the schema and the matchers of one test."""

    def __init__(self, settings: MatcherSettings) -> None:
        self.settings = settings
        self.publisher = Publisher(settings.kafka)
        self.heard = Heard(settings.kafka)
        self.matchers: list[Running] = []
        self._said = 0

    async def start_matcher(self, *names: str) -> Running:
        matcher = Running(self.settings)
        self.matchers.append(matcher)
        await matcher.start(*names)
        return matcher

    async def stop_matcher(self, matcher: Running) -> None:
        self.matchers.remove(matcher)
        await matcher.stop()

    async def say(self, *events: Contract) -> None:
        """Publish in this order, each acknowledged before the next where they share no partition."""
        for event in events:
            self._said += 1
            await self.publisher.publish([outgoing(event, source="test", event_id=derived_id("test", self._said))])

    async def say_at_once(self, events: Sequence[Contract]) -> None:
        records = []
        for event in events:
            self._said += 1
            records.append(outgoing(event, source="test", event_id=derived_id("test", self._said)))
        await self.publisher.publish(records)

    async def fetch(self, query: str, *parameters: Any) -> list[Any]:
        import asyncpg  # noqa: PLC0415

        connection = await asyncpg.connect(
            self.settings.database.dsn, server_settings={"search_path": self.settings.database.schema}
        )
        try:
            return list(await connection.fetch(query, *parameters))
        finally:
            await connection.close()

    async def settle(self, seconds: float = 60) -> dict[str, list[Any]]:
        """Wait until everything said is taken in, evaluated and published; what was heard so far, by subject."""
        await self.until(self._is_settled, seconds)
        await self.heard.listen()
        return self.heard.by_subject()

    async def _is_settled(self) -> bool:
        for matcher in self.matchers:
            matcher.check()
        applied = (await self.fetch("SELECT coalesce(sum(next_offset), 0)::integer AS n FROM consumer_offsets"))[0]["n"]
        left = await self.fetch(
            "SELECT 1 FROM marks UNION ALL SELECT 1 FROM changed_serials "
            "UNION ALL SELECT 1 FROM tenant_work WHERE published < evaluation "
            "UNION ALL SELECT 1 FROM directory_work WHERE published < evaluation"
        )
        return applied >= self._said and not left

    async def until(self, look: Callable[[], Any], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not await look():  # noqa: ASYNC110 - what is looked at is elsewhere
                await asyncio.sleep(0.03)


@pytest.fixture
async def world(kafka_bootstrap: str, topic_prefix: str, database: TestDatabase) -> AsyncIterator[World]:
    """Topics of three partitions and a migrated schema; no matcher runs yet."""
    await create_topics(kafka_bootstrap, topic_prefix, topics_of("matcher"), partitions=PARTITIONS)
    settings = MatcherSettings(
        kafka_bootstrap=kafka_bootstrap,
        topic_prefix=topic_prefix,
        database_dsn=database.dsn,
        database_schema=database.schema,
        quiet_seconds=0.02,
        rest_factor=0.5,
    )
    await migrate(settings.database, PACKAGE)
    found = World(settings)
    await found.publisher.start()
    await found.heard.start()
    try:
        yield found
    finally:
        for matcher in list(found.matchers):
            with contextlib.suppress(Exception):
                await found.stop_matcher(matcher)
        await found.heard.stop()
        await found.publisher.stop()
