"""A configuration-writer at work on real Kafka and PostgreSQL, inside the test's own process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import asyncpg
from matchbook_configuration_writer.app import PACKAGE, build
from matchbook_configuration_writer.settings import Settings
from matchbook_contracts.base import Contract
from matchbook_contracts.match_events import MatchEvent
from matchbook_local.testing import Database, create_topics, topics_of
from matchbook_servicekit.database import migrate
from matchbook_servicekit.messaging import Publisher, outgoing

from tests.support.invariants import Log, answers, input_ends, read_log, violations

PARTITIONS = 3


@dataclass
class Rig:
    """Topics, a migrated schema and a publisher, private to one test; `running` starts a writer on them."""

    settings: Settings
    publisher: Publisher
    _ids: Any = field(default_factory=count)

    async def publish(self, *events: Contract) -> None:
        """Send records as the other services would, each under a new event id."""
        await self.publisher.publish(
            [outgoing(event, source="test", event_id=f"t{next(self._ids)}") for event in events]
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A writer at work for the length of the block; a component that fails fails the test."""
        components, resources = build(self.settings)
        for resource in resources:
            await resource.start()
        tasks = [asyncio.create_task(component.run(), name=component.name) for component in components]
        try:
            yield
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for resource in reversed(resources):
                await resource.stop()

    async def connect(self) -> Any:
        """A connection to the writer's schema, for looking."""
        database = self.settings.database
        return await asyncpg.connect(database.dsn, server_settings={"search_path": f'"{database.schema}"'})

    async def log(self) -> Log:
        """Everything on the topics."""
        return await read_log(self.settings.kafka_bootstrap, self.settings.topic_prefix)

    async def events(self) -> list[MatchEvent]:
        """What was published on match-events."""
        return [event for _, event in (await self.log()).events()]

    async def broken(self) -> list[str]:
        """The invariants that do not hold."""
        database = self.settings.database
        return await violations(
            self.settings.kafka_bootstrap, database.dsn, database.schema, self.settings.topic_prefix
        )

    async def outcomes(self) -> dict[str, MatchEvent]:
        """What answered each decision, by its id."""
        log = await self.log()
        decisions = log.decisions()
        found = ((event.cause.decision_id, event) for _, event in log.events())
        return {key: event for key, event in found if key in decisions and answers(decisions[key], event)}

    async def settle(self, seconds: float = 120) -> None:
        """Wait until every input is applied and every output published."""
        ends = await input_ends(self.settings.kafka_bootstrap, self.settings.topic_prefix)
        connection = await self.connect()
        try:
            async with asyncio.timeout(seconds):
                while not await _settled(connection, ends):  # noqa: ASYNC110 - what is waited for is elsewhere
                    await asyncio.sleep(0.02)
        finally:
            await connection.close()


async def _settled(connection: Any, ends: Mapping[tuple[str, int], int]) -> bool:
    rows = await connection.fetch("SELECT topic, partition, next_offset FROM consumer_offsets")
    applied = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    behind = [place for place, end in ends.items() if applied.get(place, 0) < end]
    return not behind and not await connection.fetchval("SELECT count(*) FROM outbox")


@contextlib.asynccontextmanager
async def rig(
    bootstrap: str, prefix: str, database: Database, *, partitions: int = PARTITIONS, expiry_seconds: float = 0.2
) -> AsyncIterator[Rig]:
    """Make the topics and the schema."""
    await create_topics(bootstrap, prefix, topics_of("configuration-writer"), partitions=partitions)
    settings = Settings.model_validate(
        {
            "kafka_bootstrap": bootstrap,
            "topic_prefix": prefix,
            "database_dsn": database.dsn,
            "database_schema": database.schema,
            "expiry_seconds": expiry_seconds,
        }
    )
    await migrate(settings.database, PACKAGE)
    publisher = Publisher(settings.kafka)
    await publisher.start()
    try:
        yield Rig(settings, publisher)
    finally:
        await publisher.stop()
