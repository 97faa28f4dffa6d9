"""The matcher as a process, timed from the devices topic to the suggestions topic."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import asyncpg
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from matchbook_contracts import discovery
from matchbook_contracts.base import Contract
from matchbook_contracts.registry import topics as registry
from matchbook_contracts.states import ConfigurationState, OrganizationState, TenantMatchState
from matchbook_contracts.suggestions import MatchSuggested
from matchbook_matcher.adapters.data import read_knowledge
from matchbook_matcher.domain.answers import Nothing
from matchbook_matcher.domain.organization import Matcher
from matchbook_matcher.domain.records import Configuration, ConfigurationFacts, Device, DeviceFacts
from matchbook_servicekit import topics
from matchbook_servicekit.messaging import KafkaSettings, Outgoing, Publisher, derived_id, outgoing

from tests.bench.matching_world import BenchTenant, all_devices, build

_PRODUCE = 2_000
_LIMIT_SECONDS = 300
_LOOK_SECONDS = 0.05


class Place(NamedTuple):
    """Where Kafka and PostgreSQL answer, and the ids of their processes where they are this benchmark's own."""

    bootstrap: str
    dsn: str
    servers: Mapping[str, int]


class Watch:
    """Seconds of processor time that each has taken since the beginning, by name: a server's with its children's."""

    def __init__(self, matchers: Sequence[psutil.Process], servers: Mapping[str, int]) -> None:
        self._held = {"matcher": list(matchers)} | {name: [psutil.Process(pid)] for name, pid in servers.items()}
        self._before = self._taken()

    def used(self) -> dict[str, float]:
        return {name: seconds - self._before[name] for name, seconds in self._taken().items()}

    def _taken(self) -> dict[str, float]:
        taken = {name: sum(map(_seconds, held)) for name, held in self._held.items()}
        return {**taken, "benchmark": time.process_time()}


def _seconds(process: psutil.Process) -> float:
    """Of a process, of its children, and of those that have ended."""
    return sum(process.cpu_times()[:4]) + sum(sum(child.cpu_times()[:2]) for child in process.children(recursive=True))


async def through_service(
    devices: int, tenants: int, place: Place, matchers: int = 1, *, waiting: bool = False
) -> float:
    """Seconds from the first device on its topic to the last suggestion on its own, documentation being there.

    `waiting`: all devices wait on their topic when the matchers begin, as in a replay, and the clock begins with them.
    """
    world = build(devices, tenants)
    name = f"bench{uuid4().hex[:8]}"
    kafka = KafkaSettings(place.bootstrap, f"{name}.")
    await topics.apply(place.bootstrap, kafka.prefix)
    publisher = Publisher(kafka)
    await publisher.start()
    processes = _start(name, place, kafka.prefix, matchers)
    try:
        await _joined(kafka, matchers)
        await _say(publisher, _records(_documentation(world)))
        await _settled(place.dsn, name, documented := sum(len(t.configurations) + 3 for t in world))
        wanted = _expected(world)
        records = _records(map(_device, all_devices(world)))
        if waiting:
            _send(processes, signal.SIGSTOP)
            await _say(publisher, records)
        watch = Watch(processes, place.servers)
        listening = asyncio.create_task(_suggested(kafka, wanted, watch))
        begun = time.perf_counter()
        taking = asyncio.create_task(_taken_in(place.dsn, name, documented + len(records), watch))
        if waiting:
            _send(processes, signal.SIGCONT)
        else:
            await _say(publisher, records)
        produced = time.perf_counter()
        heard, last, used = await listening
        taken_in, by_then = await taking
        print(f"{devices:,} devices in {tenants} tenants, {matchers} matcher(s), devices topic to suggestions topic")
        print(f"  produced after {produced - begun:.2f} s, taken in after {taken_in - begun:.2f} s")
        print(f"  first suggestion after {heard - begun:.2f} s, last after {last - begun:.2f} s")
        _show(devices, used, by_then)
        print(f"  matcher: {max(process.memory_info().rss for process in processes) / 1e6:.0f} MB resident", flush=True)
        return last - begun
    finally:
        _send(processes, signal.SIGTERM)
        for process in processes:
            process.wait(60)
        await publisher.stop()
        await _drop(place.dsn, name)


def _send(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        process.send_signal(number)


def _show(devices: int, used: Mapping[str, float], by_then: Mapping[str, float]) -> None:
    for who, seconds in used.items():
        each = f"{seconds / devices * 1e6:6.1f} µs a device"
        print(f"  {who:<12}{seconds:6.2f} s processor, {each}; {by_then[who]:6.2f} s until all was taken in")
    print(f"  {'all':<12}{sum(used.values()):6.2f} s processor")


def _expected(world: list[BenchTenant]) -> int:
    """How many devices have something to be told of, as the domain alone has it."""
    knowledge = read_knowledge()
    matcher, hygiene = Matcher(knowledge.weights.device), knowledge.hygiene
    answers = (
        answer
        for tenant in world
        for answer in matcher.evaluate(
            [Device(facts, hygiene) for facts in tenant.devices],
            [Configuration(facts, hygiene) for facts in tenant.configurations],
        ).answers.values()
    )
    return sum(not isinstance(answer, Nothing) for answer in answers)


def _start(schema: str, place: Place, prefix: str, matchers: int) -> list[psutil.Popen]:
    environment = {
        **os.environ,
        "MATCHBOOK_KAFKA_BOOTSTRAP": place.bootstrap,
        "MATCHBOOK_TOPIC_PREFIX": prefix,
        "MATCHBOOK_DATABASE_DSN": place.dsn,
        "MATCHBOOK_DATABASE_SCHEMA": schema,
        "MATCHBOOK_LOG_FORMAT": "console",
        "MATCHBOOK_LOG_LEVEL": "warning",
    }
    command = [str(Path(sys.executable).with_name("matcher"))]
    subprocess.run([*command, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return [psutil.Popen([*command, "run"], env=environment, stdout=subprocess.DEVNULL) for _ in range(matchers)]


async def _joined(kafka: KafkaSettings, matchers: int) -> None:
    """Wait until all matchers share the partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(_LIMIT_SECONDS):
            while not await _stable(admin, f"{kafka.prefix}matcher.inputs", matchers):  # noqa: ASYNC110 - it is elsewhere
                await asyncio.sleep(0.2)
    finally:
        await admin.close()


async def _stable(admin: AIOKafkaAdminClient, group: str, members: int) -> bool:
    [answer] = await admin.describe_consumer_groups([group])
    [described] = answer.groups
    return described[2] == "Stable" and len(described[5]) == members


def _records(events: Iterable[Contract]) -> list[Outgoing]:
    """Written before the clock runs, as their sender would."""
    return [
        outgoing(event, source="bench", event_id=derived_id(event.topic, event.key, number))
        for number, event in enumerate(events)
    ]


async def _say(publisher: Publisher, records: Sequence[Outgoing]) -> None:
    for first in range(0, len(records), _PRODUCE):
        await publisher.publish(records[first : first + _PRODUCE])


def _documentation(world: Sequence[BenchTenant]) -> Iterable[Contract]:
    for tenant in world:
        yield discovery.TenantDiscovered(tenant_id=tenant.tenant_id, revision=1, display_name=tenant.name)
        yield OrganizationState(organization_id=tenant.organization_id, version=1, name=tenant.name)
        yield TenantMatchState(
            tenant_id=tenant.tenant_id, version=1, status="matched", organization_id=tenant.organization_id
        )
        yield from map(_configuration, tenant.configurations)


def _configuration(facts: ConfigurationFacts) -> ConfigurationState:
    return ConfigurationState(
        configuration_id=facts.configuration_id,
        organization_id=facts.organization_id,
        version=1,
        name=facts.name,
        serial_number=facts.serial,
        mac_addresses=tuple(facts.macs),
        model=facts.model,
    )


def _device(facts: DeviceFacts) -> discovery.DeviceDiscovered:
    told = discovery.DeviceFacts(
        device_name=facts.name,
        serial_number=facts.serial,
        wifi_mac_address=facts.wifi,
        ethernet_mac_address=facts.ethernet,
        model=facts.model,
        manufacturer="LENOVO",
        operating_system="Windows",
        os_version="10.0.22631.3880",
        compliance_state="compliant",
        last_sync_at=datetime.fromtimestamp(int(facts.last_sync), UTC),
    )
    return discovery.DeviceDiscovered(tenant_id=facts.tenant_id, device_id=facts.device_id, revision=1, facts=told)


async def _settled(dsn: str, schema: str, records: int) -> None:
    """Wait until everything said is taken in and nothing waits to be evaluated."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": schema})
    try:
        async with asyncio.timeout(_LIMIT_SECONDS):
            while await connection.fetchval(  # noqa: ASYNC110 - what is looked at is in the database
                "SELECT coalesce(sum(next_offset), 0) < $1 OR EXISTS (SELECT FROM marks) FROM consumer_offsets", records
            ):
                await asyncio.sleep(0.2)
    finally:
        await connection.close()


async def _taken_in(dsn: str, schema: str, records: int, watch: Watch) -> tuple[float, dict[str, float]]:
    """When so many records were applied, and the processor time used until then."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": schema})
    try:
        async with asyncio.timeout(_LIMIT_SECONDS):
            while await connection.fetchval("SELECT sum(next_offset) < $1 FROM consumer_offsets", records):  # noqa: ASYNC110 - it is elsewhere
                await asyncio.sleep(0.1)
    finally:
        await connection.close()
    return time.perf_counter(), watch.used()


async def _suggested(kafka: KafkaSettings, wanted: int, watch: Watch) -> tuple[float, float, dict[str, float]]:
    """When the first suggestion for a device was on its topic, when the last of `wanted` devices had one, and the
    processor time used until then.

    The topic's ends are looked at every 50 ms. The suggestions themselves are read only once there may be enough of
    them, when the clock stands: it is for whoever subscribes to be quick at that.
    """
    topic = kafka.physical(MatchSuggested.topic)
    partitions = [TopicPartition(topic, n) for n in range(registry()[MatchSuggested.topic].partitions)]
    looks: list[tuple[float, dict[TopicPartition, int]]] = []
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign(partitions)
        consumer.pause(*partitions)
        places: dict[bytes, tuple[TopicPartition, int]] = {}
        async with asyncio.timeout(_LIMIT_SECONDS):
            while len(places) < wanted:
                ends = await consumer.end_offsets(partitions)
                looks.append((time.perf_counter(), ends))
                if sum(ends.values()) >= wanted:
                    used = watch.used()
                    await _read(consumer, ends, places)
                await asyncio.sleep(_LOOK_SECONDS)
    heard = next(at for at, ends in looks if any(offset < ends[place] for place, offset in places.values()))
    last = next(at for at, ends in looks if all(offset < ends[place] for place, offset in places.values()))
    return heard, last, used


async def _read(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], places: dict[bytes, tuple[TopicPartition, int]]
) -> None:
    """Read up to `ends`; adds to `places` where each device has its first suggestion."""
    consumer.resume(*ends)
    for partition, end in ends.items():
        while await consumer.position(partition) < end:
            for place, records in (await consumer.getmany(timeout_ms=100)).items():
                for record in records:
                    if b"/" in record.key:
                        places.setdefault(record.key, (place, record.offset))
    consumer.pause(*ends)


async def _drop(dsn: str, schema: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    finally:
        await connection.close()
