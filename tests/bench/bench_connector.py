"""How fast the connector reads IT Glue's documentation, from the first request to the last row applied.

    python -m tests.bench.bench_connector [--sizes 10000 --sizes 100000] [--bootstrap HOST:PORT --dsn DSN]

A size is the number of configurations. The writer and IT Glue's emulator are processes of their own, on a Kafka and a
PostgreSQL of their own unless addresses are given. Memory is the writer's peak during each step.
"""

import asyncio
import gc
import multiprocessing
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import asyncpg
import click
from matchbook_local import kafka, postgres
from matchbook_local.it_glue import KEY, Account, running_it_glue
from matchbook_local.scratch import scratch_folder

from tests.bench.bench_writer import Bench, bench

SIZES = (10_000, 100_000)
ORGANIZATIONS = 400
CHANGED = 100
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_LIMIT_SECONDS = 300


def account(size: int) -> Account:
    """Laptops of 400 organizations, each with two interfaces; no two changed in the same second."""
    seconds = count()
    made = Account(clock=lambda: EPOCH + timedelta(seconds=next(seconds)))
    organizations = [made.add("organizations", name=f"Organization {number}") for number in range(ORGANIZATIONS)]
    for number in range(size):
        mac = f"8C1D{number:08X}"
        made.add(
            "configurations",
            organization_id=organizations[number % ORGANIZATIONS],
            name=f"LT-{number}",
            serial_number=f"PF{number:08}",
            mac_address=mac,
            manufacturer_name="Lenovo",
            model_name="ThinkPad T14",
            operating_system_name="Windows 11",
            configuration_type_name="Laptop",
            configuration_status_name="Active",
            location_name="Reception",
            notes="Delivered with a docking station",
            installed_at="2025-02-11",
            archived=False,
            interfaces=[
                {"name": "Ethernet", "mac_address": mac, "ip_address": "192.0.2.41", "primary": True},
                {"name": "Wi-Fi", "mac_address": f"8C1E{number:08X}"},
            ],
        )
    return made


def serve(size: int, folder: Path, pipe: Connection) -> None:
    """The emulator's process: says where it is, then changes some configurations whenever it is told to."""

    async def body() -> None:
        made = account(size)
        gc.freeze()  # the account is no garbage: later collections need not walk it
        async with running_it_glue(made, folder) as glue:
            pipe.send((glue.url, str(glue.ca_file)))
            while await asyncio.to_thread(pipe.recv):
                for entry in made.listed("configurations", "id")[:CHANGED]:
                    made.edit("configurations", entry.id, notes="changed")
                pipe.send(len(glue.requests))

    asyncio.run(body())


async def until_read(target: Bench, what: str) -> float:
    """Forget how far it has read, or wait for the first read: seconds until all of it is acknowledged by Kafka."""
    connection = await asyncpg.connect(target.dsn, server_settings={"search_path": target.name})
    before, begun = target.process.cpu_times(), time.perf_counter()
    try:
        since = await connection.fetchval("SELECT now()")
        async with asyncio.timeout(_LIMIT_SECONDS):
            query = "SELECT EXISTS (SELECT FROM connector_cursors WHERE resource = 'configurations' AND whole_at > $1)"
            while not await connection.fetchval(query, since):
                # Again and again: a read under way puts back what it began with.
                await connection.execute("UPDATE connector_cursors SET whole_at = NULL WHERE whole_at < $1", since)
                await asyncio.sleep(0.05)
    finally:
        await connection.close()
    seconds = time.perf_counter() - begun
    report(target, what, seconds, before)
    return seconds


def report(target: Bench, what: str, seconds: float, before: Any) -> None:
    after = target.process.cpu_times()
    used = after.user + after.system - before.user - before.system
    folder = Path(f"/proc/{target.process.pid}")
    peak = next(line.split()[1] for line in (folder / "status").open(encoding="utf-8") if line.startswith("VmHWM"))
    (folder / "clear_refs").write_text("5", encoding="utf-8")
    print(f"  {what:<44}{seconds:7.2f} s clock{used:7.2f} s processor{int(peak) / 1000:7.0f} MB peak", flush=True)


async def run(size: int, bootstrap: str, dsn: str, folder: Path) -> tuple[float, float]:
    """Seconds for the first read, and for the whole read again without any change."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(size, folder, theirs), daemon=True)
    process.start()
    url, ca_file = await asyncio.to_thread(ours.recv)
    key_file = folder / "key"
    key_file.write_text(KEY)
    settings = {
        "MATCHBOOK_IT_GLUE_URL": url,
        "MATCHBOOK_IT_GLUE_API_KEY_FILE": str(key_file),
        "MATCHBOOK_IT_GLUE_INTERVAL_SECONDS": "0.5",
        "MATCHBOOK_CA_FILE": ca_file,
    }
    print(f"{size:,} configurations in {ORGANIZATIONS} organizations", flush=True)
    async with bench(bootstrap, dsn, **settings) as target:
        before, begun = target.process.cpu_times(), time.perf_counter()
        first = await until_read(target, "first read, until all is on the topic")
        await target.settled()
        report(target, "first read, until all is applied", time.perf_counter() - begun, before)
        again = await until_read(target, "the whole again, unchanged")
        await changes(target, ours)
    process.kill()
    return first, again


async def changes(target: Bench, pipe: Connection) -> None:
    connection = await asyncpg.connect(target.dsn, server_settings={"search_path": target.name})
    before, begun = target.process.cpu_times(), time.perf_counter()
    pipe.send(True)
    pipe.recv()
    query = "SELECT count(*) FROM connector_rows WHERE resource = 'configurations' AND version > 1"
    async with asyncio.timeout(_LIMIT_SECONDS):
        while await connection.fetchval(query) < CHANGED:  # noqa: ASYNC110 - what is waited for is elsewhere
            await asyncio.sleep(0.02)
    report(target, f"{CHANGED} changed, until they are applied", time.perf_counter() - begun, before)
    await connection.close()


@click.command()
@click.option("--sizes", default=SIZES, multiple=True, type=int)
@click.option("--bootstrap")
@click.option("--dsn")
def main(sizes: tuple[int, ...], bootstrap: str | None, dsn: str | None) -> None:
    """Measure at each size and print how the times grow."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        if bootstrap is None or dsn is None:
            bootstrap = stack.enter_context(kafka.running(folder / "kafka", scratch=True)).bootstrap
            dsn = stack.enter_context(postgres.running(folder / "postgres", scratch=True)).dsn
        results = []
        for size in sizes:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            results.append(asyncio.run(run(size, bootstrap, dsn, place)))
    growth = sizes[-1] / sizes[0]
    for name, index in (("first read", 0), ("whole read again", 1)):
        print(f"growth: {growth:g} times the {name} takes {results[-1][index] / results[0][index]:.1f} times as long")


if __name__ == "__main__":
    main()
