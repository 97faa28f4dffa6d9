"""From the emulator's Graph to suggestions in the gateway's read model: seconds per stage, at two sizes.

    python -m tests.bench.bench_pipeline [--sizes 10000,100000]

The documentation is imported and the tenants are matched first; then Sync Intune Devices is switched on for all,
and the clock runs from that request. A second request sweeps the same, unchanged. The raw limits are taken in the same
run, before the services have work. Reads by id (for Ethernet MAC addresses) are off: they follow a sweep for as long as
their budget of 50 a second takes, and would be all that is measured.
"""

import argparse
import asyncio
import csv
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from matchbook_local.demo import import_obstacle
from matchbook_local.scratch import scratch_folder
from matchbook_local.stack import Plan

from tests.bench.raw_limits import RawLimits, raw_limits
from tests.support.stack import Running, running

DEVICES, SUGGESTIONS, RUNS = "matchbook.devices", "matchbook.suggestions", "matchbook.sync-runs"
SCHEMAS = ("matcher", "configuration_writer", "api_gateway")
POLL_SECONDS = 0.1
QUIET_SECONDS = 3.0
LIMIT_SECONDS = 600.0
DEVICES_PER_TENANT = 250


@dataclass
class Stage:
    """A count that grows, and when (seconds after the start) it last did."""

    count: int = 0
    first: float | None = None
    last: float = 0.0

    def seen(self, count: int, now: float) -> None:
        if count != self.count:
            self.first = now if self.first is None else self.first
            self.count, self.last = count, now


@dataclass
class Result:
    """One size's figures: stages by name, seconds of the unchanged sweep; of each process, resident megabytes and the
    seconds of processor time that it took from the request to the last suggestion.
    """

    devices: int
    tenants: int
    raw: RawLimits
    stages: Mapping[str, Stage] = field(default_factory=dict)
    suggested: int = 0
    counts_seconds: float = 0.0
    unchanged_seconds: float = 0.0
    unchanged_published: int = 0
    memory: Mapping[str, float] = field(default_factory=dict)
    processor: Mapping[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return max(stage.last for stage in self.stages.values())


class Watch:
    """Reads how far each topic and each service is: end offsets, and the offsets that the services' databases hold."""

    def __init__(self, consumer: AIOKafkaConsumer, connection: "asyncpg.Connection[Any]") -> None:
        self._consumer = consumer
        self._connection = connection

    async def ends(self, topic: str) -> int:
        partitions = [TopicPartition(topic, number) for number in self._consumer.partitions_for_topic(topic) or ()]
        return sum((await self._consumer.end_offsets(partitions)).values())

    async def applied(self, schema: str, topic: str) -> int:
        query = f"SELECT coalesce(sum(next_offset), 0)::bigint FROM {schema}.consumer_offsets WHERE topic = $1"
        return int(await self._connection.fetchval(query, topic))

    async def stale(self) -> int:
        """How many tenants' counts are to be made again."""
        return int(await self._connection.fetchval("SELECT count(*) FROM api_gateway.tenant_counts WHERE stale"))

    async def counts(self) -> dict[str, int]:
        found = {
            "devices published": await self.ends(DEVICES),
            "suggestions published": await self.ends(SUGGESTIONS),
        }
        for schema in SCHEMAS:
            found[f"devices applied by {schema}"] = await self.applied(schema, DEVICES)
        for schema in SCHEMAS[1:]:
            found[f"suggestions applied by {schema}"] = await self.applied(schema, SUGGESTIONS)
        return found


async def follow(watch: Watch, expected: int, start: Callable[[], None]) -> Mapping[str, Stage]:
    """From `start` until all devices are published and all of it applied everywhere, with nothing new for a while."""
    before = await watch.counts()
    stages = {name: Stage() for name in before}
    began = time.perf_counter()
    await asyncio.to_thread(start)
    while True:
        counts, now = await watch.counts(), time.perf_counter() - began
        for name, stage in stages.items():
            stage.seen(counts[name] - before[name], now)
        newest = max(stage.last for stage in stages.values())
        done = counts["devices published"] >= expected and all(
            count >= counts[f"{name.split()[0]} published"] for name, count in counts.items()
        )
        if done and now - newest > QUIET_SECONDS:
            return stages
        if now > LIMIT_SECONDS:
            raise SystemExit(f"not done after {LIMIT_SECONDS:.0f} s: {counts}")
        await asyncio.sleep(POLL_SECONDS)


def prepare(started: Running) -> None:
    """Import the documentation and match every tenant to its true organization."""
    for subject in ("organizations", "configurations"):
        accepted = started.gateway.upload(f"/api/imports/{subject}", Path(started.stack.emulator[f"{subject}_csv"]))
        path = f"/api/imports/{accepted['import_id']}"
        started.wait_for(
            lambda path=path, chunks=accepted["chunks"]: import_obstacle(started.gateway.get(path), chunks),  # type: ignore[misc]
            what=subject,
            seconds=300,
        )
    decisions = [
        {"command": "MatchTenantTo", "tenant_id": row["tenant_id"], "organization_id": row["organization_id"]}
        for row in truth(started, "tenants")
        if row["organization_id"]
    ]
    started.wait_for(lambda: short(started, "total", len(decisions)), what="tenants", seconds=300)
    for start in range(0, len(decisions), 500):
        started.gateway.post("/api/decisions", {"decisions": decisions[start : start + 500]})
    started.wait_for(lambda: short(started, "matched", len(decisions)), what="tenant matches", seconds=300)


def truth(started: Running, name: str) -> list[dict[str, str]]:
    with (Path(started.stack.emulator["truth_dir"]) / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def short(started: Running, status: str, wanted: int) -> str | None:
    count = started.gateway.get("/api/summary")["tenants"][status]
    return None if count >= wanted else f"{count} of {wanted}"


def families(started: Running) -> dict[str, list[psutil.Process]]:
    """Each process we started, its children with it."""
    held = {
        watched.name: psutil.Process(watched.pid) for watched in started.supervisor._held if watched.pid is not None
    }
    return {name: [process, *process.children(recursive=True)] for name, process in held.items()}


def memory(started: Running) -> dict[str, float]:
    """Resident megabytes of each."""
    return {
        name: sum(member.memory_info().rss for member in family) / 1e6 for name, family in families(started).items()
    }


def processor(started: Running) -> dict[str, float]:
    """Seconds of processor time that each has taken so far, in user and kernel mode."""
    return {name: sum(sum(member.cpu_times()[:2]) for member in family) for name, family in families(started).items()}


async def measure(started: Running, devices: int, tenants: int) -> Result:
    raw = await raw_limits(started.stack.kafka.bootstrap, started.stack.postgres.dsn, devices)
    result = Result(devices, tenants, raw)
    await asyncio.to_thread(prepare, started)
    connection = await asyncpg.connect(started.stack.postgres.dsn)
    topics = (DEVICES, SUGGESTIONS, RUNS)
    async with AIOKafkaConsumer(*topics, bootstrap_servers=started.stack.kafka.bootstrap) as consumer:
        watch = Watch(consumer, connection)
        expected = len(truth(started, "devices"))
        before = processor(started)
        result.stages = await follow(watch, expected, lambda: switch_on(started))
        result.processor = {name: taken - before[name] for name, taken in processor(started).items()}
        # `follow` looks for a while longer than the last record took.
        result.counts_seconds = QUIET_SECONDS + await counted(watch)
        await asyncio.to_thread(check, started, result, expected)
        result.memory = memory(started)
        result.unchanged_seconds, result.unchanged_published = await sweep_again(started, watch)
    await connection.close()
    return result


def switch_on(started: Running) -> None:
    """Ask for every tenant's devices, now."""
    started.gateway.post("/api/tenants/*/device-sync", {"enabled": True})
    started.gateway.post("/api/sync", {"tenant_id": "*"})


async def counted(watch: Watch) -> float:
    """Wait until the page's counts are those of the rows; returns seconds."""
    began = time.perf_counter()
    while await watch.stale():
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise SystemExit("the counts do not come to rest")
        await asyncio.sleep(POLL_SECONDS)
    return time.perf_counter() - began


def check(started: Running, result: Result, expected: int) -> None:
    """The page's counts show what was published, all of it; else the seconds would mean nothing."""
    published, devices = result.stages["devices published"].count, started.gateway.get("/api/summary")["devices"]
    shown = sum(devices[status] for status in ("unmatched", "matched", "ignored", "superseded"))
    if not published == shown == expected:
        raise SystemExit(f"{expected} devices, {published} published, counted: {devices}")
    result.suggested = devices["suggested"]


async def sweep_again(started: Running, watch: Watch) -> tuple[float, int]:
    """Sweep the same again; returns seconds until the last run ended, and what was published."""
    devices, runs = await watch.ends(DEVICES), Stage()
    before, began = await watch.ends(RUNS), time.perf_counter()
    await asyncio.to_thread(started.gateway.post, "/api/sync", {"tenant_id": "*"})
    while runs.first is None or time.perf_counter() - began - runs.last < QUIET_SECONDS:
        runs.seen(await watch.ends(RUNS) - before, time.perf_counter() - began)
        if time.perf_counter() - began > LIMIT_SECONDS:
            raise SystemExit("the second sweep does not end")
        await asyncio.sleep(POLL_SECONDS)
    return runs.last, await watch.ends(DEVICES) - devices


def report(results: Sequence[Result]) -> str:
    """The figures as Markdown, the sizes side by side with their ratio."""
    heads = [f"{result.devices:,} devices, {result.tenants} tenants" for result in results]
    lines = [f"| | {' | '.join(heads)} | ratio |", "| --- |" + " ---: |" * (len(results) + 1)]

    def row(name: str, values: Sequence[float], unit: str) -> None:
        ratio = f"{values[-1] / values[0]:.1f}" if values[0] else "-"
        lines.append(f"| {name} | {' | '.join(f'{value:,.1f} {unit}' for value in values)} | {ratio} |")

    for name in results[0].stages:
        row(f"{name}, last after", [result.stages[name].last for result in results], "s")
    row("**request to last suggestion in the read model**", [result.seconds for result in results], "s")
    row("the page's counts complete, at most after that", [result.counts_seconds for result in results], "s")
    row("devices a second", [result.stages["devices published"].count / result.seconds for result in results], "/s")
    row("devices with a suggestion at the end", [float(result.suggested) for result in results], "")
    row("unchanged sweep", [result.unchanged_seconds for result in results], "s")
    row("records it published on devices", [float(result.unchanged_published) for result in results], "")
    for name in ("produce", "getmany", "copy"):
        row(f"raw {name}, a second", [getattr(result.raw, name) for result in results], "/s")
    for name in results[0].processor:
        row(f"processor time, {name}", [result.processor.get(name, 0.0) for result in results], "s")
    for name in results[0].memory:
        row(f"resident, {name}", [result.memory.get(name, 0.0) for result in results], "MB")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000", help="numbers of devices, separated by commas")
    os.environ["MATCHBOOK_DETAIL_READS_PER_SECOND"] = "0"
    results = []
    for devices in map(int, parser.parse_args().sizes.split(",")):
        tenants = max(4, devices // DEVICES_PER_TENANT)
        with scratch_folder() as folder:
            plan = Plan(data=folder / "data", tenants=tenants, devices=devices, sync_devices=False, sync_seconds=86_400)
            with running(plan, filled=False) as started:
                results.append(asyncio.run(measure(started, devices, tenants)))
        sys.stderr.write(f"{devices:,} devices: {results[-1].seconds:.1f} s\n")
    sys.stdout.write(report(results) + "\n")


if __name__ == "__main__":
    main()
