"""An ingestor at work on the Microsoft emulator, Kafka and PostgreSQL, and a hand that makes Microsoft misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
from aiohttp import web
from aiokafka import AIOKafkaConsumer, TopicPartition
from matchbook_contracts.registry import contracts
from matchbook_contracts.sync import SyncCompleted, SyncFailed
from matchbook_graph_ingestor.adapters import sweeps
from matchbook_graph_ingestor.app import PACKAGE, Ingestor, build
from matchbook_graph_ingestor.service.runs import new_id, utc_now
from matchbook_graph_ingestor.service.visit import Visit
from matchbook_graph_ingestor.settings import IngestorSettings
from matchbook_local.emulator import Emulator
from matchbook_local.emulator.faults import Call
from matchbook_local.emulator.world.model import Access
from matchbook_servicekit.database import migrate

if TYPE_CHECKING:
    from matchbook_servicekit.app import Component

PARTITIONS = 2
OWNER = "the test"
TENANTS, DEVICES, RUNS = "matchbook.tenants", "matchbook.devices", "matchbook.sync-runs"
Edit = Callable[[Call, dict[str, Any]], dict[str, Any] | None]


class Mischief:
    """What the emulator does otherwise, as a test says; it also remembers every call."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.calls: list[Call] = []
        self.instead: Callable[[Call], web.StreamResponse | None] = lambda _: None
        self.edit: Edit = lambda _, __: None
        self.raw: Callable[[Call, bytes], bytes | None] = lambda _, __: None

    async def before(self, call: Call) -> web.Response | None:
        self.calls.append(call)
        return self.instead(call)  # type: ignore[return-value]

    async def after(self, call: Call, response: web.Response) -> web.Response:
        assert isinstance(response.body, bytes)
        raw = self.raw(call, response.body)
        if raw is not None:
            return web.Response(body=raw, content_type="application/json")
        if response.status == 200 and call.service == "graph":
            edited = self.edit(call, json.loads(response.body))
            if edited is not None:
                return web.json_response(edited)
        return response


def refusal(status: int, code: str = "", message: str = "", **headers: str) -> web.Response:
    """An error as Graph writes it; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=named)


def devices_list(call: Call) -> bool:
    """Whether a call is for a page of devices."""
    return call.path.endswith("/managedDevices")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class Heard:
    """A record as a consumer reads it."""

    topic: str
    key: str
    event_id: str
    event: Any
    body: bytes


@dataclass
class Ingesting:
    """One ingestor, its topics and its schema."""

    settings: IngestorSettings
    microsoft: Emulator
    mischief: Mischief
    clock: Clock = field(default_factory=Clock)
    parts: Ingestor = field(init=False)

    def __post_init__(self) -> None:
        self.parts = build(self.settings, self.clock)

    async def customers(self) -> None:
        """Sweep the customer lists."""
        await self.parts.customers.run()

    async def sweep(self, *tenant_ids: str) -> None:
        """Sweep these tenants one after another, or all that are listed."""
        ids = list(tenant_ids) or [
            row["tenant_id"] for row in await self.rows("SELECT tenant_id FROM tenants WHERE listed")
        ]
        for visit in await self.opened(*ids):
            await self.parts.tenants.run(visit)

    async def opened(self, *tenant_ids: str, owner: str = OWNER) -> list[Visit]:
        """Take what is due or was given back, as if it had come from the topic, and begin it or go on with it."""
        async with self.parts.database.transaction() as connection:
            await sweeps.queue(connection, {key: new_id(self.clock.now) for key in tenant_ids}, self.clock.now)
            rows = await connection.fetch("SELECT tenant_id, run_id FROM open_sweeps WHERE scope = 'devices'")
            runs = {key: run_id for key, run_id in rows if key in tenant_ids}
            taken = await sweeps.take(connection, runs, owner)
        return await self.parts.tenants.open(taken, owner)

    async def everything(self) -> None:
        """Sweep the customer lists, then all tenants."""
        await self.customers()
        await self.sweep()

    async def rows(self, query: str, *parameters: Any) -> list[Any]:
        """Ask the service's schema."""
        async with self._connection() as connection:
            return list(await connection.fetch(query, *parameters))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        database = self.settings.database
        connection = await asyncpg.connect(database.dsn, server_settings={"search_path": database.schema})
        try:
            yield connection
        finally:
            await connection.close(timeout=5)

    async def heard(self, topic: str) -> list[Heard]:
        """Everything on a topic to its present end, in order within each partition; the outbox is published first."""
        await self.until(self._outbox_is_empty)
        kafka = self.settings.kafka
        consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            places = [TopicPartition(kafka.physical(topic), number) for number in range(PARTITIONS)]
            consumer.assign(places)
            found: list[Heard] = []
            for place, end in (await consumer.end_offsets(places)).items():
                while await consumer.position(place) < end:
                    for records in (await consumer.getmany(place, timeout_ms=200)).values():
                        found += [_heard(topic, record) for record in records]
            return found
        finally:
            await consumer.stop()

    async def events(self, topic: str) -> list[Any]:
        """The events on a topic."""
        return [item.event for item in await self.heard(topic)]

    async def last_run(self, tenant_id: str) -> SyncCompleted | SyncFailed:
        """How the tenant's latest sweep ended."""
        ended = [event for event in await self.events(RUNS) if isinstance(event, (SyncCompleted, SyncFailed))]
        return [event for event in ended if event.tenant_id == tenant_id][-1]

    async def _outbox_is_empty(self) -> bool:
        (row,) = await self.rows("SELECT count(*) AS rows FROM outbox")
        return bool(row["rows"] == 0)

    async def until(self, holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(seconds):
            while not await holds():  # noqa: ASYNC110 - what holds is in a database
                await asyncio.sleep(0.05)


def _heard(topic: str, record: Any) -> Heard:
    headers = {name: value.decode() for name, value in record.headers}
    event = contracts()[headers["ce_type"]].from_body(record.value)
    assert event.key == record.key.decode() == headers["ce_subject"]
    return Heard(topic, event.key, headers["ce_id"], event, record.value)


def settings_for(
    microsoft: Emulator, bootstrap: str, prefix: str, dsn: str, schema: str, **others: Any
) -> IngestorSettings:
    """Settings that lead to the emulator; small pages, and short patience."""
    usual: dict[str, Any] = {
        "kafka_bootstrap": bootstrap,
        "topic_prefix": prefix,
        "database_dsn": dsn,
        "database_schema": schema,
        "graph_url": microsoft.url,
        "login_url": microsoft.url,
        "partner_tenant_id": microsoft.partner_tenant_id,
        "client_id": microsoft.client_id,
        "certificate_file": microsoft.certificate_file,
        "ca_file": microsoft.ca_file,
        "graph_page_size": 5,
        "graph_attempts": 3,
        "graph_first_pause_seconds": 0.01,
    }
    return IngestorSettings(**usual | others)


@asynccontextmanager
async def ingesting(settings: IngestorSettings, microsoft: Emulator, mischief: Mischief) -> AsyncIterator[Ingesting]:
    """An ingestor whose sweeps a test runs itself; only the outbox is relayed on its own."""
    await migrate(settings.database, PACKAGE)
    found = Ingesting(settings, microsoft, mischief)
    for resource in found.parts.resources:
        await resource.start()
    relay = asyncio.create_task(found.parts.relay.run())
    try:
        yield found
    finally:
        relay.cancel()
        await asyncio.gather(relay, return_exceptions=True)
        for resource in reversed(found.parts.resources):
            await resource.stop()


def largest(world: Ingesting) -> tuple[str, list[str]]:
    """The tenant with most devices, and their ids in the order in which Graph lists them."""
    state = readable(world)[0]
    return state.tenant.tenant_id, [device.id for device in state.devices]


def readable(world: Ingesting) -> list[Any]:
    """The emulator's tenants that can be read, those with most devices first."""
    states = [state for state in world.microsoft.world.states.values() if state.tenant.access is Access.GRANTED]
    return sorted(states, key=lambda state: -len(state.devices))


def edited(device_id: str, **properties: Any) -> Edit:
    """Microsoft with other values in one device."""

    def edit(call: Call, body: dict[str, Any]) -> dict[str, Any] | None:
        if not devices_list(call):
            return None
        items = [item | properties if item["id"] == device_id else item for item in body["value"]]
        return body | {"value": items}

    return edit


def without(*device_ids: str) -> Edit:
    """Microsoft whose lists leave out some devices; by their id they are still there."""

    def edit(call: Call, body: dict[str, Any]) -> dict[str, Any] | None:
        if not devices_list(call):
            return None
        return body | {"value": [item for item in body["value"] if item["id"] not in device_ids]}

    return edit


def gone(*device_ids: str) -> Callable[[Call], web.StreamResponse | None]:
    """Microsoft that does not know these devices by their id either."""

    def instead(call: Call) -> web.StreamResponse | None:
        known = not call.path.endswith(device_ids)
        return None if known else refusal(404, "ResourceNotFound", "An error has occurred")

    return instead


@asynccontextmanager
async def at_work(*components: "Component") -> AsyncIterator[None]:
    """Some of a service's components at work; one that ends fails the test."""
    tasks = [asyncio.create_task(part.run()) for part in components]
    try:
        yield
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def working(world: Ingesting) -> AsyncIterator[None]:
    """All that sweeping takes at work."""
    async with at_work(*world.parts.consumers, world.parts.scheduler, world.parts.sweeper):
        yield


def by_the_real_clock(world: Ingesting) -> None:
    """What is due is compared with the database's time here, so whichever service sweeps must go by it too."""
    parts = world.parts
    parts.customers._clock = parts.tenants._clock = parts.scheduler._clock = parts.scheduler._queue._clock = utc_now


async def all_swept(world: Ingesting) -> bool:
    rows = await world.rows("SELECT 1 FROM tenants WHERE due_at <= now() UNION ALL SELECT 1 FROM open_sweeps")
    return not rows and bool(await world.rows("SELECT 1 FROM tenants"))
