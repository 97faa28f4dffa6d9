"""How fast the configuration-writer is, from command to outcome on the topic, beside batched upserts in the same run.

    python -m tests.bench.bench_writer [--sizes 1000 --sizes 10000] [--writers 2] [--bootstrap HOST:PORT --dsn DSN]

A size is the number of accepts in one bulk; ten times as many configurations are imported before. The writers are
processes of their own, on a Kafka and a PostgreSQL of their own unless addresses are given. `processor` is the writers'
own time, which a busy machine distorts less than the time on the clock.
"""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import click
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from matchbook_contracts.base import Actor, Contract
from matchbook_contracts.decisions import (
    AcceptMatch,
    ConfigurationRow,
    IgnoreDevice,
    ImportConfigurations,
    ImportOrganizations,
    MatchTenantTo,
    OrganizationRow,
    SetAutoAcceptPolicies,
    UndoBulk,
)
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, TenantDiscovered
from matchbook_contracts.registry import topics as registry
from matchbook_contracts.states import AutoAcceptPolicy, Interface
from matchbook_contracts.suggestions import Candidate, MatchSuggested
from matchbook_local import kafka, postgres
from matchbook_local.scratch import scratch_folder
from matchbook_servicekit import topics
from matchbook_servicekit.messaging import KafkaSettings, Outgoing, Publisher, outgoing

SIZES = (1_000, 10_000)
IMPORTED = 10
CHUNK = 500
TENANTS = 40
RATE = 50
SECONDS = 10
EVENTS = "matchbook.match-events"
NOW = datetime(2026, 3, 9, tzinfo=UTC)
ADMINISTRATOR = Actor(kind="person", id="bench", name="Bench", role="Administrator")
_LIMIT_SECONDS = 600
_PRODUCE = 2_000
# Looking more often costs the machine more than it tells.
_LOOK_SECONDS = 0.03


@dataclass
class Bench:
    """A writer as a process, or several, and the ways to speak to them."""

    name: str
    dsn: str
    settings: KafkaSettings
    publisher: Publisher
    processes: Sequence[psutil.Popen]

    @property
    def process(self) -> psutil.Popen:
        """The writer, where it is the only one."""
        [process] = self.processes
        return process

    def _used(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.processes)

    async def say(self, events: Iterable[Contract]) -> None:
        """Publish events in batches."""
        await self.send([outgoing(event, source="bench", event_id=str(uuid4())) for event in events])

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Publish records in batches."""
        for first in range(0, len(records), _PRODUCE):
            await self.publisher.publish(records[first : first + _PRODUCE])

    async def timed(self, what: str, events: Sequence[Contract], unit: int, *, follow: bool = False) -> float:
        """Seconds from the first record to the moment when all is applied and every event is on its topic.

        The records are written before, as their sender would. `follow`: wait for the decisions that the writer asks for
        in turn, too.
        """
        records = [outgoing(event, source="bench", event_id=str(uuid4())) for event in events]
        before, begun = self._used(), time.perf_counter()
        await self.send(records)
        produced = time.perf_counter() - begun
        await self.settled()
        if follow:
            await self.settled()
        seconds = time.perf_counter() - begun
        used = self._used() - before
        resident = max(process.memory_info().rss for process in self.processes)
        print(
            f"  {what:<34}{seconds:7.2f} s clock ({produced:5.2f} s to produce){used:7.2f} s processor"
            f"{used / unit * 1e6:8.0f} µs each{resident / 1e6:6.0f} MB",
            flush=True,
        )
        return seconds

    async def settled(self) -> None:
        """Wait until every input is applied and the outbox is empty."""
        ends = await self._ends()
        connection = await asyncpg.connect(self.dsn, server_settings={"search_path": self.name})
        try:
            async with asyncio.timeout(_LIMIT_SECONDS):
                while not await _settled(connection, ends):  # noqa: ASYNC110 - what is waited for is elsewhere
                    await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await connection.close()

    async def _ends(self) -> dict[tuple[str, int], int]:
        inputs = ("matchbook.decisions", "matchbook.devices", "matchbook.tenants", "matchbook.suggestions")
        places = [
            TopicPartition(self.settings.physical(name), number)
            for name in inputs
            for number in range(registry()[name].partitions)
        ]
        async with AIOKafkaConsumer(bootstrap_servers=self.settings.bootstrap) as consumer:
            ends = await consumer.end_offsets(places)
        return {(place.topic, place.partition): end for place, end in ends.items()}


async def _settled(connection: Any, ends: dict[tuple[str, int], int]) -> bool:
    rows = await connection.fetch("SELECT topic, partition, next_offset FROM consumer_offsets")
    applied = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    if any(applied.get(place, 0) < end for place, end in ends.items()):
        return False
    return not await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)")


@asynccontextmanager
async def bench(bootstrap: str, dsn: str, *, writers: int = 1, **more: str) -> AsyncIterator[Bench]:
    """Topics, a schema and running writers, all private, all removed afterwards; `more` settings are their own."""
    name = f"bench{uuid4().hex[:8]}"
    settings = KafkaSettings(bootstrap, f"{name}.")
    await topics.apply(bootstrap, settings.prefix)
    publisher = Publisher(settings)
    await publisher.start()
    processes = _start((name, bootstrap, dsn), settings.prefix, more, writers)
    try:
        await _joined(settings, writers)
        yield Bench(name, dsn, settings, publisher, processes)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        await publisher.stop()
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"DROP SCHEMA {name} CASCADE")
        await connection.close()


async def _joined(settings: KafkaSettings, writers: int) -> None:
    """Wait until all writers share the decisions."""
    group = f"{settings.prefix}configuration-writer.decisions"
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(60):
            while not await _stable(admin, group, writers):  # noqa: ASYNC110 - what is waited for is elsewhere
                await asyncio.sleep(0.2)
    finally:
        await admin.close()


async def _stable(admin: AIOKafkaAdminClient, group: str, writers: int) -> bool:
    [answer] = await admin.describe_consumer_groups([group])
    [(_, _, state, _, _, members, *_)] = answer.groups
    return state == "Stable" and len(members) == writers


def _start(target: tuple[str, str, str], prefix: str, more: Mapping[str, str], writers: int) -> list[psutil.Popen]:
    """`target` is the schema's name, Kafka's address and PostgreSQL's."""
    schema, bootstrap, dsn = target
    environment = {
        **os.environ,
        "MATCHBOOK_KAFKA_BOOTSTRAP": bootstrap,
        "MATCHBOOK_TOPIC_PREFIX": prefix,
        "MATCHBOOK_DATABASE_DSN": dsn,
        "MATCHBOOK_DATABASE_SCHEMA": schema,
        "MATCHBOOK_LOG_FORMAT": "console",
        **more,
    }
    command = [str(Path(sys.executable).with_name("configuration-writer"))]
    subprocess.run([*command, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return [psutil.Popen([*command, "run"], env=environment, stdout=subprocess.DEVNULL) for _ in range(writers)]


# --- what is sent ----------------------------------------------------------------------------------------------------


def _command(kind: Any, **values: Any) -> Any:
    return kind(decision_id=str(uuid4()), actor=ADMINISTRATOR, decided_at=NOW, **values)


def _tenant(number: int) -> str:
    return f"tenant-{number % TENANTS}"


def _organization(number: int) -> str:
    return f"org-{number % TENANTS}"


def _serial(number: int) -> str:
    return f"PF{number:08}"


def _mac(number: int) -> str:
    return f"8C1D{number:08X}"


def organizations() -> list[Contract]:
    rows = tuple(OrganizationRow(row=n + 2, id=_organization(n), name=f"Organization {n}") for n in range(TENANTS))
    return [_command(ImportOrganizations, import_id="organizations", chunk=1, chunks=1, rows=rows)]


def configurations(count: int) -> list[Contract]:
    chunks = range(0, count, CHUNK)
    return [
        _command(
            ImportConfigurations,
            import_id="configurations",
            chunk=index + 1,
            chunks=len(chunks),
            rows=tuple(_row(number) for number in range(first, min(count, first + CHUNK))),
        )
        for index, first in enumerate(chunks)
    ]


def _row(number: int) -> ConfigurationRow:
    wired = Interface(name="Ethernet", ip_address="192.0.2.41", mac_address=_mac(number), primary=True)
    return ConfigurationRow(
        row=number + 2,
        id=f"cfg-{number}",
        organization_id=_organization(number),
        values={
            "name": f"LT-{number}",
            "serial_number": _serial(number).lower(),
            "asset_tag": f"A{number}",
            "configuration_type": "Laptop",
            "configuration_status": "Active",
            "manufacturer": "Lenovo",
            "model": "ThinkPad T14",
            "operating_system": "Windows 10",
            "location": "Reception",
            "notes": "Delivered with a docking station",
            "installed_at": "2025-02-11",
            "warranty_expires_at": "2028-02-11",
        },
        interfaces=(wired,),
    )


def tenants() -> list[Contract]:
    return [
        TenantDiscovered(tenant_id=_tenant(number), revision=1, display_name=f"Tenant {number}")
        for number in range(TENANTS)
    ]


def tenant_matches() -> list[Contract]:
    return [_command(MatchTenantTo, tenant_id=_tenant(n), organization_id=_organization(n)) for n in range(TENANTS)]


def devices(count: int, revision: int = 1) -> list[Contract]:
    return [
        DeviceDiscovered(tenant_id=_tenant(n), device_id=f"device-{n}", revision=revision, facts=_facts(n, revision))
        for n in range(count)
    ]


def _facts(number: int, revision: int) -> DeviceFacts:
    return DeviceFacts(
        device_name=f"LT-{number}",
        operating_system="Windows",
        os_version=f"10.0.26100.{revision}",
        serial_number=_serial(number),
        manufacturer="LENOVO",
        model="21CB0056GE",
        ethernet_mac_address=_mac(number),
        user_principal_name=f"user{number}@contoso.example",
        entra_device_id=str(uuid4()),
    )


def suggestions(count: int) -> list[Contract]:
    return [
        MatchSuggested(
            subject="device",
            tenant_id=_tenant(n),
            device_id=f"device-{n}",
            revision=1,
            suggestion_id=f"s-{n}",
            status="suggested",
            organization_id=_organization(n),
            candidate=Candidate(
                target_id=f"cfg-{n}", target_name=f"LT-{n}", rule="serial_number", confidence=0.999, fingerprint=f"f{n}"
            ),
        )
        for n in range(count)
    ]


def accepts(count: int) -> list[Contract]:
    return [
        _command(AcceptMatch, bulk_id="bulk", tenant_id=_tenant(n), device_id=f"device-{n}", suggestion_id=f"s-{n}")
        for n in range(count)
    ]


def policy() -> Contract:
    accept_all = AutoAcceptPolicy(name="All", rule="serial_number", minimum_confidence=0.9)
    accepting: SetAutoAcceptPolicies = _command(SetAutoAcceptPolicies, policies=(accept_all,))
    return accepting


# --- what is measured ------------------------------------------------------------------------------------------------


async def latency(target: Bench) -> None:
    """Commands at a steady rate; milliseconds from the command to its outcome on the topic."""
    sent: dict[str, float] = {}
    taken: dict[str, float] = {}
    listening = asyncio.create_task(_listen(target, sent, taken))
    await asyncio.sleep(1)
    begun = time.perf_counter()
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        asked = _command(IgnoreDevice, tenant_id=_tenant(number), device_id=f"device-{number}")
        sent[asked.decision_id] = time.perf_counter()
        await target.say([asked])
    await asyncio.wait_for(listening, 60)
    millis = sorted(value * 1000 for value in taken.values())
    p99 = millis[int(len(millis) * 0.99)]
    spread = f"p50 {statistics.median(millis):.1f} ms, p99 {p99:.1f} ms, at most {millis[-1]:.1f} ms"
    print(f"  one decision under {RATE}/s, command to outcome: {spread}", flush=True)


async def _listen(target: Bench, sent: dict[str, float], taken: dict[str, float]) -> None:
    topic = target.settings.physical(EVENTS)
    async with AIOKafkaConsumer(bootstrap_servers=target.settings.bootstrap, fetch_max_wait_ms=5) as consumer:
        consumer.assign([TopicPartition(topic, number) for number in range(registry()[EVENTS].partitions)])
        await consumer.seek_to_end()
        while len(taken) < RATE * SECONDS:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                now = time.perf_counter()
                for raw in records:
                    body = raw.value.decode()
                    found = body.partition('"decision_id":"')[2].partition('"')[0]
                    if found in sent:
                        taken.setdefault(found, now - sent[found])


async def raw_upserts(dsn: str, rows: int) -> float:
    """Rows a second that PostgreSQL takes in batches of 1,000 upserts of 1,500 bytes, nothing else done to them."""
    connection = await asyncpg.connect(dsn)
    body = "x" * 1_500
    try:
        await connection.execute("CREATE TABLE public.raw_upserts (id text PRIMARY KEY, version bigint, body text)")
        begun = time.perf_counter()
        for first in range(0, rows, 1_000):
            ids = [f"row-{number}" for number in range(first, first + 1_000)]
            await connection.execute(
                "INSERT INTO public.raw_upserts SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]) "
                "ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body",
                ids,
                [1] * 1_000,
                [body] * 1_000,
            )
        return rows / (time.perf_counter() - begun)
    finally:
        await connection.execute("DROP TABLE public.raw_upserts")
        await connection.close()


async def run(size: int, bootstrap: str, dsn: str, writers: int) -> tuple[float, float, float]:
    """Seconds for the import, for the bulk of accepts and for its undoing."""
    async with bench(bootstrap, dsn, writers=writers) as target:
        print(
            f"{size:,} accepts, {size * IMPORTED:,} configurations, {TENANTS} tenants, {writers} writer(s)", flush=True
        )
        await target.timed("organizations and tenants", [*organizations(), *tenants()], TENANTS)
        imported = await target.timed("import", configurations(size * IMPORTED), size * IMPORTED)
        await target.timed("import again, unchanged", configurations(size * IMPORTED), size * IMPORTED)
        await target.timed("tenants matched", tenant_matches(), TENANTS)
        await target.timed("devices and suggestions", [*devices(size), *suggestions(size)], size * 2)
        accepted = await target.timed("accepts in one bulk", accepts(size), size)
        undone = await target.timed("undo of the bulk", [_command(UndoBulk, undone_bulk_id="bulk")], size, follow=True)
        await target.timed("accepts of a policy", [policy()], size, follow=True)
        await target.timed("sweep that changes every device", devices(size, 2), size)
        await latency(target)
        rate = await raw_upserts(dsn, size)
        print(
            f"  raw limit in the same run: {rate:,.0f} upserts/s, so {size / rate:.2f} s for {size:,} rows", flush=True
        )
    return imported, accepted, undone


@click.command()
@click.option("--sizes", default=SIZES, multiple=True, type=int)
@click.option("--writers", default=1, help="Replicas that share the work.")
@click.option("--bootstrap")
@click.option("--dsn")
def main(sizes: tuple[int, ...], writers: int, bootstrap: str | None, dsn: str | None) -> None:
    """Measure at each size and print how the times grow."""
    with ExitStack() as stack:
        if bootstrap is None or dsn is None:
            folder = stack.enter_context(scratch_folder())
            bootstrap = stack.enter_context(kafka.running(folder / "kafka", scratch=True)).bootstrap
            dsn = stack.enter_context(postgres.running(folder / "postgres", scratch=True)).dsn
        results = [asyncio.run(run(size, bootstrap, dsn, writers)) for size in sizes]
    growth = sizes[-1] / sizes[0]
    for index, name in enumerate(("import", "accepts", "undo")):
        print(f"growth: {growth:g} times the {name} take {results[-1][index] / results[0][index]:.1f} times as long")


if __name__ == "__main__":
    main()
