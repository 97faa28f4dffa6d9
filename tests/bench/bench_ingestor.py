"""How fast the ingestor reads Microsoft Graph: a first sweep and an unchanged one, against bare aiohttp.

    python -m tests.bench.bench_ingestor [--sizes 10000 --sizes 100000] [--tenants N] [--giant 100000]
        [--bootstrap HOST:PORT --dsn DSN]

A size is the number of devices, in a tenant for each 250 unless said otherwise. The emulator and the ingestor are
processes of their own, on a Kafka and a PostgreSQL of their own unless addresses are given. The raw figure reads the
same pages over TLS, as many tenants at once, with tokens at hand, and only looks for the next link. Beside it stands
what each part of a first sweep costs at least (`ingestor_parts`), up to 150,000 devices. Reads by id are off. With
`--giant` one tenant has so many devices more, and what it costs the others' freshness is measured.
"""

import asyncio
import gc
import multiprocessing
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import aiohttp
import asyncpg
import click
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from matchbook_contracts.registry import topics as registry
from matchbook_graph_ingestor.adapters.credentials import CredentialFiles
from matchbook_graph_ingestor.adapters.tokens import Tokens
from matchbook_graph_ingestor.domain.graph_objects import LISTED
from matchbook_graph_ingestor.errors import SweepFailed
from matchbook_local import kafka, postgres
from matchbook_local.emulator import World, running_emulator
from matchbook_local.emulator.world.calendar import seconds_of
from matchbook_local.emulator.world.model import Access
from matchbook_local.emulator.world.population import populate
from matchbook_local.scratch import scratch_folder
from matchbook_servicekit import topics

from tests.bench.ingestor_parts import parts

SIZES = (10_000, 100_000)
DEVICES_PER_TENANT = 250
AT_ONCE = 8
DEVICES = "matchbook.devices"
_NEXT: Final = re.compile(rb'"@odata\.nextLink":"([^"]+)"')
_LIMIT_SECONDS = 1_800
_PARTS_UP_TO = 150_000


class Size(NamedTuple):
    """Devices in tenants, and so many more in one of them."""

    devices: int
    tenants: int
    giant: int


class Sweep(NamedTuple):
    """Seconds by the clock and of the ingestor's processor time, records published, and its peak of memory in MB."""

    clock: float
    processor: float
    published: int
    peak: float


def serve(tenants: int, devices: int, giant: int, folder: Path, pipe: Connection) -> None:
    """The emulator's process: says where it is. The first tenant has `giant` devices more, where that is not 0."""

    async def body() -> None:
        world = World.build(1, tenants, devices)
        if giant:
            state = next(state for state in world.states.values() if state.tenant.access is Access.GRANTED)
            larger = replace(state.tenant, devices=state.tenant.devices + giant)
            world.states[larger.tenant_id] = populate(1, larger, seconds_of(world.size.epoch)).state
        gc.freeze()  # the world is no garbage: later collections need not walk it
        async with running_emulator(world, folder, write_documentation=False) as running:
            largest = max(world.states.values(), key=lambda state: len(state.devices)).tenant.tenant_id
            pipe.send(running.description() | {"devices": world.device_count, "largest": largest})
            await asyncio.to_thread(pipe.recv)

    asyncio.run(body())


@contextmanager
def emulator(folder: Path, tenants: int, devices: int, giant: int) -> Iterator[dict[str, Any]]:
    """The Microsoft emulator as a process, and what it says of itself."""
    ours, theirs = multiprocessing.Pipe()
    arguments = (tenants, devices, giant, folder, theirs)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=arguments, daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join(30)


# --- what the machine can do at best ---------------------------------------------------------------------------------


class Raw(NamedTuple):
    """Seconds by the clock and of processor time to read every tenant's record and pages, the pages, and of processor
    time to sign in."""

    clock: float
    processor: float
    bodies: list[bytes]
    sign_in: float


async def raw_read(microsoft: Mapping[str, Any]) -> Raw:
    """Sign in to every tenant, then read its record and pages."""
    ca_file = Path(microsoft["ca_file"])
    tokens = Tokens(
        login_url=microsoft["login_url"],
        client_id=microsoft["client_id"],
        files=CredentialFiles(certificate=Path(microsoft["certificate_file"])),
        ca_file=ca_file,
        scope=f"{microsoft['graph_url']}/.default",
    )
    tls = ssl.create_default_context(cafile=str(ca_file))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=AT_ONCE)) as session:
        used = time.process_time()
        at_hand = await _tokens(session, tokens, microsoft)
        sign_in, bodies = time.process_time() - used, list[bytes]()
        begun, used, left = time.perf_counter(), time.process_time(), iter(at_hand)
        await asyncio.gather(*(_read(session, microsoft["graph_url"], left, bodies) for _ in range(AT_ONCE)))
        clock, processor = time.perf_counter() - begun, time.process_time() - used
    tokens.close()
    return Raw(clock, processor, bodies, sign_in)


async def _tokens(session: aiohttp.ClientSession, tokens: Tokens, microsoft: Mapping[str, Any]) -> list[str]:
    partner = {"Authorization": f"Bearer {await tokens.get(microsoft['partner_tenant_id'])}"}
    link, found = f"{microsoft['graph_url']}/v1.0/contracts?$top=999", list[str]()
    while link:
        async with session.get(link, headers=partner) as answer:
            body = await answer.json()
        for item in body["value"]:
            with suppress(SweepFailed):
                found.append(await tokens.get(item["customerId"]))
        link = body.get("@odata.nextLink")
    return found


async def _read(session: aiohttp.ClientSession, url: str, left: Iterator[str], bodies: list[bytes]) -> None:
    for token in left:
        headers = {"Authorization": f"Bearer {token}"}
        async with session.get(f"{url}/v1.0/organization", headers=headers) as answer:
            await answer.read()
        path = f"/v1.0/deviceManagement/managedDevices?$top=1000&$select={','.join(LISTED.values())}"
        link: Any = url + path
        while link:
            async with session.get(link, headers=headers) as answer:
                body = await answer.read()
            found = _NEXT.search(body)
            link = found[1].decode() if found else None
            if answer.ok:
                bodies.append(body)


# --- the ingestor ----------------------------------------------------------------------------------------------------


class Bench:
    """An ingestor as a process, its schema and its topics."""

    def __init__(self, process: psutil.Popen, connection: Any, consumer: AIOKafkaConsumer, prefix: str) -> None:
        self.process = process
        self._connection = connection
        self._consumer = consumer
        self._topic = prefix + DEVICES

    async def sweep(self, expected: int) -> Sweep:
        """From the first sweep that begins until none is left."""
        before = await self._published()
        await self._until("SELECT EXISTS (SELECT FROM open_sweeps WHERE scope = 'devices')")
        begun, used = time.perf_counter(), sum(self.process.cpu_times()[:2])
        await self._until(
            "SELECT NOT EXISTS (SELECT FROM open_sweeps) AND NOT EXISTS (SELECT FROM tenants WHERE due_at <= now())"
            f" AND (SELECT count(*) FROM devices) >= {expected}"
        )
        clock = time.perf_counter() - begun
        processor = sum(self.process.cpu_times()[:2]) - used
        return Sweep(clock, processor, await self._published() - before, self._peak())

    async def again(self, *, besides: str = "") -> None:
        """Make every tenant due but one; the one with the most devices is the first."""
        await self._connection.execute("UPDATE tenants SET due_at = now() WHERE listed AND tenant_id <> $1", besides)

    async def delay(self, devices: int, giant: str, *, with_giant: bool) -> float:
        """Seconds until the other tenants' sweeps begin, on average, the giant's being due first or not at all."""
        await self.again(besides="" if with_giant else giant)
        if with_giant:
            earlier = "UPDATE tenants SET due_at = now() - interval '1 minute' WHERE tenant_id = $1"
            await self._connection.execute(earlier, giant)
        since = await self._connection.fetchval("SELECT now()")
        await self.sweep(devices)
        others = await self._connection.fetch("SELECT fresh_at FROM tenants WHERE tenant_id <> $1", giant)
        begun = [row[0] for row in others if row[0] is not None and row[0] >= since]
        return float(sum((at - since).total_seconds() for at in begun) / len(begun))

    async def _until(self, query: str) -> None:
        async with asyncio.timeout(_LIMIT_SECONDS):
            while not await self._connection.fetchval(query):  # noqa: ASYNC110 - what is waited for is elsewhere
                await asyncio.sleep(0.02)

    async def _published(self) -> int:
        places = [TopicPartition(self._topic, number) for number in range(registry()[DEVICES].partitions)]
        return sum((await self._consumer.end_offsets(places)).values())

    def _peak(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))


@asynccontextmanager
async def bench(bootstrap: str, dsn: str, microsoft: Mapping[str, Any]) -> AsyncIterator[Bench]:
    """Topics, a schema and a running ingestor, all private, all removed afterwards."""
    name = f"bench{uuid4().hex[:8]}"
    await topics.apply(bootstrap, f"{name}.")
    process = _start(name, bootstrap, dsn, microsoft)
    connection = await asyncpg.connect(dsn, server_settings={"search_path": name})
    try:
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
            yield Bench(process, connection, consumer, f"{name}.")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        await connection.execute(f"DROP SCHEMA {name} CASCADE")
        await connection.close()


def _start(name: str, bootstrap: str, dsn: str, microsoft: Mapping[str, Any]) -> psutil.Popen:
    values = {
        "KAFKA_BOOTSTRAP": bootstrap,
        "TOPIC_PREFIX": f"{name}.",
        "DATABASE_DSN": dsn,
        "DATABASE_SCHEMA": name,
        "DETAIL_READS_PER_SECOND": "0",
        "SYNC_INTERVAL_SECONDS": "86400",
        "SWEEP_CONCURRENCY": str(AT_ONCE),
    }
    keys = ("graph_url", "login_url", "partner_tenant_id", "client_id", "certificate_file", "ca_file")
    values |= {key.upper(): microsoft[key] for key in keys}
    environment = {**os.environ, **{f"MATCHBOOK_{key}": value for key, value in values.items()}}
    command = [str(Path(sys.executable).with_name("graph-ingestor"))]
    subprocess.run([*command, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return psutil.Popen([*command, "run"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def run(size: Size, bootstrap: str, dsn: str, folder: Path) -> tuple[Sweep, Sweep]:
    """A first and an unchanged sweep, and what the giant costs the others."""
    with emulator(folder, size.tenants, size.devices, size.giant) as microsoft:
        devices = microsoft["devices"]
        print(f"{devices:,} devices in {size.tenants:,} tenants", flush=True)
        await raw_read(microsoft)  # The emulator prints each page once and keeps it.
        read = await raw_read(microsoft)
        raw, least = read.clock, await at_least(read, bootstrap, dsn) if devices <= _PARTS_UP_TO else None
        print(f"  raw, {AT_ONCE} tenants at once{raw:31.2f} s {devices / raw:30,.0f} devices/s")
        del read
        async with bench(bootstrap, dsn, microsoft) as target:
            first = await target.sweep(devices)
            report("first sweep", first, devices, raw)
            if least is not None:
                print(f"  {'':<20}{first.processor / least:8.1f} times the processor time of the parts", flush=True)
            await target.again()
            again = await target.sweep(devices)
            report("unchanged sweep", again, devices, raw)
            if size.giant:
                await fairness(target, devices, microsoft["largest"])
    return first, again


async def at_least(read: Raw, bootstrap: str, dsn: str) -> float:
    """Print the processor time of a first sweep's parts, each bare and alone; returns their sum."""
    found = {"sign in": read.sign_in, "read the pages": read.processor, **await parts(read.bodies, bootstrap, dsn)}
    for what, seconds in found.items():
        print(f"  {what:<20}{seconds:27.2f} s processor", flush=True)
    return sum(found.values())


def report(what: str, sweep: Sweep, devices: int, raw: float) -> None:
    times = f"{sweep.clock:8.2f} s clock{sweep.processor:8.2f} s processor{devices / sweep.clock:10,.0f} devices/s"
    rest = f"{raw / sweep.clock:7.0%} of raw{sweep.published:9,} published{sweep.peak:6.0f} MB peak"
    print(f"  {what:<20}{times}{rest}", flush=True)


async def fairness(target: Bench, devices: int, giant: str) -> None:
    """The others' delay with and without the giant, taken in turns."""
    found: dict[bool, list[float]] = {True: [], False: []}
    for with_giant in (False, True) * 3:
        found[with_giant].append(await target.delay(devices, giant, with_giant=with_giant))
    alone, beside = (sum(found[kind]) / len(found[kind]) for kind in (False, True))
    times = f"{alone:.2f} s without the largest tenant, {beside:.2f} s with it"
    print(f"  the others fresh after {times}: {beside / alone - 1:+.0%}", flush=True)


@click.command()
@click.option("--sizes", default=SIZES, multiple=True, type=int)
@click.option("--tenants", type=int, help="Of each size; one for each 250 devices by default.")
@click.option("--giant", default=0, help="So many devices more in one tenant.")
@click.option("--bootstrap")
@click.option("--dsn")
def main(sizes: tuple[int, ...], tenants: int | None, giant: int, bootstrap: str | None, dsn: str | None) -> None:
    """Measure at each size and print how the times grow."""
    results = []
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        if bootstrap is None or dsn is None:
            bootstrap = stack.enter_context(kafka.running(folder / "kafka", scratch=True)).bootstrap
            dsn = stack.enter_context(postgres.running(folder / "postgres", scratch=True)).dsn
        for devices in sizes:
            size = Size(devices, tenants or max(4, devices // DEVICES_PER_TENANT), giant)
            results.append(asyncio.run(run(size, bootstrap, dsn, folder / f"microsoft-{devices}")))
    growth = sizes[-1] / sizes[0]
    for index, name in enumerate(("first sweep", "unchanged sweep")):
        ratio = results[-1][index].clock / results[0][index].clock
        print(f"growth: {growth:g} times the {name} takes {ratio:.1f} times as long")


if __name__ == "__main__":
    main()
