"""How fast the matcher is: in memory, and through Kafka and PostgreSQL.

    python -m tests.bench.bench_matching memory
    python -m tests.bench.bench_matching change
    python -m tests.bench.bench_matching service [--matchers N] [--waiting] [--bootstrap HOST:PORT --dsn DSN]

`memory` and `service` run at 10,000 and at 100,000 devices and print the ratio of the two; `change` prints what one
changed device or configuration costs in one organization of 250, of 5,000 and of 50,000 devices. `processor` is the
time of the process alone, which a busy machine distorts less than the time on the clock. Without addresses the service
runs on a Kafka and a PostgreSQL of its own.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar, TypeVarTuple

import click
from matchbook_local import kafka, postgres
from matchbook_local.scratch import scratch_folder
from matchbook_matcher.adapters.data import Knowledge, read_knowledge
from matchbook_matcher.app import COLLECT_AFTER
from matchbook_matcher.domain.answers import Suggested
from matchbook_matcher.domain.changes import Work, suggest
from matchbook_matcher.domain.organization import Evaluation, Matcher
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.domain.suggestions import device_suggestion
from matchbook_servicekit.app import tame_collector

from tests.bench.matching_change import one_change
from tests.bench.matching_service import Place, through_service
from tests.bench.matching_world import BenchTenant, build

SIZES = (10_000, 100_000)
DEVICES_PER_TENANT = 250
Result = TypeVar("Result")
Given = TypeVarTuple("Given")


class Stopwatch:
    """Adds up how long stages took, by name: seconds on the clock and of the processor."""

    def __init__(self) -> None:
        self.stages: dict[str, tuple[float, float]] = {}

    def run(self, name: str, work: Callable[[*Given], Result], *given: *Given) -> Result:
        begun, used = time.perf_counter(), time.process_time()
        result = work(*given)
        clock, processor = self.stages.get(name, (0.0, 0.0))
        self.stages[name] = (clock + time.perf_counter() - begun, processor + time.process_time() - used)
        return result

    @property
    def processor(self) -> float:
        return sum(processor for _, processor in self.stages.values())

    def show(self, devices: int) -> None:
        for name, (clock, processor) in self.stages.items():
            each = processor / devices * 1e6
            print(f"  {name:<28}{clock:8.3f} s clock {processor:8.3f} s processor {each:7.2f} µs each")
        total = self.processor
        rate = f"{total / devices * 1e6:7.2f} µs each, {devices / total:,.0f} devices/s"
        print(f"  {'all':<28}{'':>16} {total:8.3f} s processor {rate}")


def in_memory(devices: int, knowledge: Knowledge) -> float:
    """Seconds of processor time to match `devices`, from facts to the bytes of their suggestions.

    One organization after the other and with the collector of garbage as it is in the service.
    """
    world = build(devices, max(1, devices // DEVICES_PER_TENANT))
    matcher, watch = Matcher(knowledge.weights.device), Stopwatch()
    tame_collector()
    gc.set_threshold(*COLLECT_AFTER)
    size = suggested = right = 0
    for tenant in world:
        made = watch.run("records from facts", _make, tenant, knowledge)
        found = watch.run("matching", matcher.evaluate, *made)
        size += watch.run("evidence, digest and JSON", _written, tenant.organization_id, found)
        judged = _judged(tenant, found)
        suggested, right = suggested + len(judged), right + sum(judged)
    print(f"{devices:,} devices, {sum(len(t.configurations) for t in world):,} configurations, {len(world)} tenants")
    watch.show(devices)
    print(f"  least work: {_least(world):.2f} µs each (one dictionary filled, another looked up)")
    print(f"  {suggested:,} suggested, {right:,} of them right, {size / 1e6:.1f} MB of JSON")
    return watch.processor


def _least(world: list[BenchTenant]) -> float:
    """Microseconds a device to find equal serial numbers and nothing else: what this machine can do at best now."""
    used = time.process_time()
    for tenant in world:
        by_serial = {facts.serial_key: facts for facts in tenant.configurations}
        [by_serial.get(facts.serial_key) for facts in tenant.devices]
    return (time.process_time() - used) / sum(len(tenant.devices) for tenant in world) * 1e6


def _make(tenant: BenchTenant, knowledge: Knowledge) -> tuple[list[Device], list[Configuration]]:
    hygiene = knowledge.hygiene
    return (
        [Device(facts, hygiene) for facts in tenant.devices],
        [Configuration(facts, hygiene) for facts in tenant.configurations],
    )


def _written(organization: str, evaluation: Evaluation) -> int:
    size, work = 0, Work(0, 0)
    for key, answer in evaluation.answers.items():
        body = device_suggestion(key, organization, answer, evaluation.learned)
        change = None if body is None else suggest(body, None, work)
        size += 0 if change is None else len(change.body)
    return size


def _judged(tenant: BenchTenant, evaluation: Evaluation) -> list[bool]:
    """Of each suggestion, whether it is right."""
    return [
        answer.best.configuration.configuration_id == tenant.truth.get(device)
        for (_, device), answer in evaluation.answers.items()
        if isinstance(answer, Suggested)
    ]


@click.group()
def main() -> None:
    """Benchmarks of the matcher."""


@main.command()
@click.option("--sizes", default=SIZES, multiple=True, type=int)
def memory(sizes: tuple[int, ...]) -> None:
    """Matching in memory on one core."""
    knowledge = read_knowledge()
    seconds = [in_memory(size, knowledge) for size in sizes]
    print(f"growth: {sizes[-1] / sizes[0]:g} times the devices take {seconds[-1] / seconds[0]:.1f} times as long")


@main.command()
@click.option("--sizes", default=(250, 5_000, 50_000), multiple=True, type=int)
def change(sizes: tuple[int, ...]) -> None:
    """One change in an organization that is kept, with the evidence of all that it touches."""
    knowledge = read_knowledge()
    for size in sizes:
        one_change(size, knowledge)


@main.command()
@click.option("--sizes", default=SIZES, multiple=True, type=int)
@click.option("--matchers", default=1, help="how many share the partitions")
@click.option("--waiting", is_flag=True, help="All devices wait on their topic when the clock begins, as in a replay.")
@click.option("--bootstrap")
@click.option("--dsn")
def service(sizes: tuple[int, ...], matchers: int, bootstrap: str | None, dsn: str | None, *, waiting: bool) -> None:
    """From the devices topic to the suggestions topic, with a real broker and database."""
    with ExitStack() as stack:
        place = Place(bootstrap, dsn, {}) if bootstrap and dsn else _own_servers(stack)
        results = [
            asyncio.run(through_service(size, size // DEVICES_PER_TENANT, place, matchers, waiting=waiting))
            for size in sizes
        ]
    print(f"growth: {sizes[-1] / sizes[0]:g} times the devices take {results[-1] / results[0]:.1f} times as long")


def _own_servers(stack: ExitStack) -> Place:
    folder = stack.enter_context(scratch_folder())
    # Else it spends half of its time on compiling itself, which a broker of days has done long ago.
    young = kafka.KafkaOptions(short_lived=True)
    broker = stack.enter_context(kafka.running(folder / "kafka", young, scratch=True))
    server = stack.enter_context(postgres.running(folder / "postgres", scratch=True))
    assert broker.pid is not None
    assert server.pid is not None
    return Place(broker.bootstrap, server.dsn, {"Kafka": broker.pid, "PostgreSQL": server.pid})


if __name__ == "__main__":
    sys.exit(main())
