"""A whole gateway on real Kafka and PostgreSQL, served over loopback, and events to feed it with."""

import asyncio
import contextlib
import json
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from aiokafka import AIOKafkaConsumer, TopicPartition
from matchbook_api_gateway.adapters.sessions import Sessions
from matchbook_api_gateway.app import PACKAGE, Parts, build
from matchbook_api_gateway.domain.people import Person
from matchbook_api_gateway.settings import GatewaySettings
from matchbook_contracts.base import Actor, Cause, Contract, Role
from matchbook_contracts.connections import ConnectionStep, ConnectionTested
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, TenantDiscovered
from matchbook_contracts.match_events import DecisionRejected, DeviceMatched
from matchbook_contracts.states import ConfigurationState, DeviceMatchState, OrganizationState, TenantMatchState
from matchbook_contracts.suggestions import Candidate, FieldEvidence, MatchSuggested
from matchbook_servicekit import topics
from matchbook_servicekit.database import migrate
from matchbook_servicekit.messaging import outgoing

DECISIONS = "matchbook.decisions"
REQUESTS = "matchbook.sync-requests"
PARTITIONS = 2
AT = datetime(2026, 3, 9, 10, 5, tzinfo=UTC)
ANA = Actor(kind="person", id="person-ana", name="Ana Duarte", role="Manager")
SYNC = Cause(kind="sync")


def settings_for(bootstrap: str, prefix: str, dsn: str, schema: str, **more: Any) -> GatewaySettings:
    """Settings of a gateway for tests; sign-in leads nowhere unless `more` says otherwise."""
    return GatewaySettings.model_validate(
        {
            "kafka_bootstrap": bootstrap,
            "topic_prefix": prefix,
            "database_dsn": dsn,
            "database_schema": schema,
            "home_tenant_id": "home",
            "client_id": "client",
            "certificate_file": "nowhere.pem",
            "public_url": "http://127.0.0.1",
            "session_secret": "a secret for tests only",
            "static_folder": "nowhere",
            **more,
        }
    )


# Without TLS there is nothing to verify, and reading the authorities takes 50 ms for each client.
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass
class GatewayWorld:
    """One running gateway. Tests share it, and keep apart by ids of their own (`unique`)."""

    settings: GatewaySettings
    parts: Parts
    url: str
    looker: AIOKafkaConsumer
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def sign_in(
        self,
        role: Role = "Administrator",
        organizations: Sequence[str] = (),
        *,
        seconds: float = 600,
        id_: str | None = None,
    ) -> httpx.AsyncClient:
        """A client with a session of its own, which ends after `seconds`."""
        person = Person(id_ or unique("person"), "Test Person", role)
        session, now = secrets.token_urlsafe(16), datetime.now(UTC)
        await self.sessions.begin(session, person, now, now + timedelta(seconds=seconds))
        if organizations:
            await self.sessions.limit(person.id, list(organizations))
        return self.client({"matchbook": session})

    @property
    def sessions(self) -> Sessions:
        secret = self.settings.session_secret.get_secret_value().encode()
        return Sessions(self.parts.database, secret)

    def client(self, cookies: dict[str, str] | None = None) -> httpx.AsyncClient:
        """A client; closed with the world."""
        client = httpx.AsyncClient(
            base_url=self.url,
            cookies=cookies,
            headers={"X-Matchbook": "1"},
            timeout=30,
            trust_env=False,
            verify=_NO_AUTHORITIES,
        )
        self.clients.append(client)
        return client

    async def publish(self, *events: Contract) -> None:
        """Send events as their services would."""
        await self.parts.publisher.publish([outgoing(item, source="test", event_id=str(uuid4())) for item in events])

    async def applied(self) -> None:
        """Wait until everything published so far is in the read model, counts included."""
        await until(self._lag, lambda lag: lag == 0)
        await until(lambda: self._fetch("SELECT count(*) FROM tenant_counts WHERE stale"), lambda stale: stale == 0)

    async def _lag(self) -> int:
        names = {
            self.settings.topic_prefix + topic for item in self.parts.consumers for topic in item.subscription.topics
        }
        places = [TopicPartition(name, number) for name in sorted(names) for number in range(PARTITIONS)]
        ends = await self.looker.end_offsets(places)
        async with self.parts.database.connection() as connection:
            rows = await connection.fetch("SELECT topic, partition, next_offset FROM consumer_offsets")
        known = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        return sum(max(0, end - known.get(place, 0)) for place, end in ends.items())

    async def _fetch(self, query: str, *values: Any) -> Any:
        async with self.parts.database.connection() as connection:
            return await connection.fetchval(query, *values)

    async def commands(self, topic: str = DECISIONS) -> list[dict[str, Any]]:
        """Every record on a topic, with its type and key beside the body's fields."""
        name = self.settings.topic_prefix + topic
        return [
            {
                **json.loads(record.value),
                "ce_type": dict(record.headers)["ce_type"].decode(),
                "ce_id": dict(record.headers)["ce_id"].decode(),
                "key": record.key.decode(),
            }
            for record in await read_topic(self.settings.kafka_bootstrap, name)
        ]


def unique(kind: str) -> str:
    """An id that no other test has."""
    return f"{kind}-{uuid4().hex[:12]}"


async def until(look: Callable[[], Awaitable[Any]], enough: Callable[[Any], bool], seconds: float = 60) -> Any:
    """Look again until it is enough; fails with what was seen last."""
    seen: Any = None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not enough(seen := await look()):  # noqa: ASYNC110 - what is looked at is elsewhere
                await asyncio.sleep(0.03)
            return seen
    message = f"not within {seconds} s; last seen: {seen!r}"
    raise AssertionError(message)


async def read_topic(bootstrap: str, name: str) -> list[Any]:
    """All records that are on a topic now."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=16 * 1024 * 1024
    )
    await consumer.start()
    try:
        places = [TopicPartition(name, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: list[Any] = []
        while sum(ends.values()) > len(found):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found.extend(records)
        return found
    finally:
        await consumer.stop()


@contextlib.asynccontextmanager
async def running_gateway(settings: GatewaySettings, *, topics_exist: bool = False) -> AsyncIterator[GatewayWorld]:
    """A gateway with its topics and schema, served on a free port."""
    if not topics_exist:
        await topics.apply(settings.kafka_bootstrap, settings.topic_prefix, partitions=PARTITIONS)
    await migrate(settings.database, PACKAGE)
    parts = build(settings)
    await parts.database.start()
    await parts.publisher.start()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(parts.application, log_config=None, timeout_graceful_shutdown=2))
    components: list[Any] = [*parts.consumers, parts.gateway.live, parts.counting]
    tasks = [asyncio.create_task(component.run(), name=component.name) for component in components]
    serving = asyncio.create_task(_serve(server, listener))
    looker = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap)
    await looker.start()
    world = GatewayWorld(settings, parts, f"http://127.0.0.1:{listener.getsockname()[1]}", looker)
    try:
        await until(lambda: _reasons(components), lambda reasons: not reasons)
        yield world
    finally:
        await looker.stop()
        for client in world.clients:
            await client.aclose()
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        server.should_exit = True
        await serving
        await parts.publisher.stop()
        await parts.database.stop()
        listener.close()
    assert all(isinstance(item, asyncio.CancelledError) or item is None for item in ended), ended


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    # Not `serve`, which would take the test run's signals.
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[listener])
    await server.main_loop()
    await server.shutdown(sockets=[listener])


async def _reasons(components: Sequence[Any]) -> list[str]:
    return [reason for component in components if (reason := component.ready())]


# --- events ---


def tenant(tenant_id: str, name: str = "Contoso", *, revision: int = 1, **more: Any) -> TenantDiscovered:
    return TenantDiscovered(tenant_id=tenant_id, revision=revision, display_name=name, **more)


def device(tenant_id: str, device_id: str, name: str = "LT-1", *, revision: int = 1, **facts: Any) -> DeviceDiscovered:
    return DeviceDiscovered(
        tenant_id=tenant_id, device_id=device_id, revision=revision, facts=DeviceFacts(device_name=name, **facts)
    )


def connection_tested(tenant_id: str, request_id: str, *, ok: bool = True) -> ConnectionTested:
    step = ConnectionStep(step="licence", outcome="ok" if ok else "failed", message="" if ok else "Assign one.")
    return ConnectionTested(
        request_id=request_id, tenant_id=tenant_id, actor=ANA, at=datetime.now(UTC), ok=ok, steps=(step,)
    )


def tenant_matched(tenant_id: str, organization_id: str, *, version: int = 1) -> TenantMatchState:
    return TenantMatchState(
        tenant_id=tenant_id, version=version, status="matched", organization_id=organization_id, decided_by=ANA
    )


def organization(organization_id: str, name: str = "Contoso", *, version: int = 1) -> OrganizationState:
    return OrganizationState(organization_id=organization_id, version=version, name=name)


def configuration(
    configuration_id: str, organization_id: str, name: str = "LT-1", *, version: int = 1, **more: Any
) -> ConfigurationState:
    return ConfigurationState(
        configuration_id=configuration_id, organization_id=organization_id, version=version, name=name, **more
    )


def suggested(
    tenant_id: str, device_id: str, target_id: str, *, revision: int = 1, confidence: float = 0.99, name: str = "LT-1"
) -> MatchSuggested:
    evidence = (FieldEvidence(field="serial_number", verdict="agree", device_value="A1", documented_value="a1"),)
    return MatchSuggested(
        subject="device",
        tenant_id=tenant_id,
        device_id=device_id,
        revision=revision,
        suggestion_id=f"s-{device_id}-{revision}",
        status="suggested",
        candidate=Candidate(
            target_id=target_id,
            target_name=name,
            rule="serial_number",
            confidence=confidence,
            fingerprint="f1",
            evidence=evidence,
        ),
    )


def match_state(tenant_id: str, device_id: str, *, version: int = 1, **more: Any) -> DeviceMatchState:
    return DeviceMatchState(
        tenant_id=tenant_id, device_id=device_id, version=version, **{"status": "matched", "decided_by": ANA, **more}
    )


def matched_event(
    state: DeviceMatchState, found: ConfigurationState, decision_id: str | None = None, bulk_id: str | None = None
) -> DeviceMatched:
    """The outcome of an accept."""
    return DeviceMatched(
        tenant_id=state.tenant_id,
        device_id=state.device_id,
        version=state.version,
        occurred_at=AT,
        cause=Cause(kind="person", actor=ANA, decision_id=decision_id, bulk_id=bulk_id),
        action="accept",
        organization_id=found.organization_id,
        configuration_id=found.configuration_id,
        configuration=found,
        state=state,
    )


def rejected_event(
    decision_id: str, tenant_id: str | None, device_id: str | None, message: str = "It is taken."
) -> DecisionRejected:
    return DecisionRejected(
        version=1,
        occurred_at=AT,
        cause=Cause(kind="person", actor=ANA, decision_id=decision_id),
        decision_id=decision_id,
        command="AcceptMatch",
        reason="configuration_taken",
        message=message,
        tenant_id=tenant_id,
        device_id=device_id,
    )
