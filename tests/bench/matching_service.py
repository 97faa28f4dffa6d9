"""The matcher as a process, timed from the devices topic to the suggestions topic."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
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
from matchbook_servicekit.messaging import KafkaSettings, Publisher, derived_id, outgoing

from tests.bench.matching_world import BenchTenant, all_devices, build

_PRODUCE = 2_000
_LIMIT_SECONDS = 300


async def through_service(devices: int, tenants: int, bootstrap: str, dsn: str) -> float:
    """Seconds from the first device on its topic to the last suggestion on its own, documentation being there."""
    world = build(devices, tenants)
    name = f"bench{uuid4().hex[:8]}"
    kafka = KafkaSettings(bootstrap, f"{name}.")
    await topics.apply(bootstrap, kafka.prefix)
    publisher = Publisher(kafka)
    await publisher.start()
    process = _start(name, bootstrap, dsn, kafka.prefix)
    try:
        await _say(publisher, _documentation(world))
        await _settled(dsn, name, sum(len(t.configurations) + 3 for t in world))
        return await _timed(world, process, kafka, publisher)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        await publisher.stop()
        await _drop(dsn, name)


async def _timed(world: list[BenchTenant], process: psutil.Popen, kafka: KafkaSettings, publisher: Publisher) -> float:
    wanted = _expected(world)
    before = process.cpu_times()
    begun = time.perf_counter()
    listening = asyncio.create_task(_suggested(kafka, wanted))
    await _say(publisher, map(_device, all_devices(world)))
    produced = time.perf_counter() - begun
    heard, last = await listening
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    devices = sum(len(tenant.devices) for tenant in world)
    print(f"{devices:,} devices in {len(world)} tenants, devices topic to suggestions topic")
    print(f"  produced after {produced:.2f} s; first suggestion after {heard - begun:.2f} s, last {last - begun:.2f} s")
    print(f"  matcher: {used:.2f} s processor, {process.memory_info().rss / 1e6:.0f} MB resident")
    return last - begun


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


def _start(schema: str, bootstrap: str, dsn: str, prefix: str) -> psutil.Popen:
    environment = {
        **os.environ,
        "MATCHBOOK_KAFKA_BOOTSTRAP": bootstrap,
        "MATCHBOOK_TOPIC_PREFIX": prefix,
        "MATCHBOOK_DATABASE_DSN": dsn,
        "MATCHBOOK_DATABASE_SCHEMA": schema,
        "MATCHBOOK_LOG_FORMAT": "console",
    }
    command = [str(Path(sys.executable).with_name("matcher"))]
    subprocess.run([*command, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return psutil.Popen([*command, "run"], env=environment, stdout=subprocess.DEVNULL)


async def _say(publisher: Publisher, events: Iterable[Contract]) -> None:
    batch = []
    for number, event in enumerate(events):
        batch.append(outgoing(event, source="bench", event_id=derived_id(event.topic, event.key, number)))
        if len(batch) == _PRODUCE:
            await publisher.publish(batch)
            batch = []
    await publisher.publish(batch)


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


async def _suggested(kafka: KafkaSettings, wanted: int) -> tuple[float, float]:
    """When the first suggestion for a device was heard, and when the last of `wanted` devices had one."""
    topic = kafka.physical(MatchSuggested.topic)
    seen: set[bytes] = set()
    first = 0.0
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="latest") as consumer:
        consumer.assign([TopicPartition(topic, n) for n in range(registry()[MatchSuggested.topic].partitions)])
        async with asyncio.timeout(_LIMIT_SECONDS):
            while len(seen) < wanted:
                for records in (await consumer.getmany(timeout_ms=100, max_records=5000)).values():
                    first = first or time.perf_counter()
                    seen.update(record.key for record in records if b"/" in record.key)
    return first, time.perf_counter()


async def _drop(dsn: str, schema: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    finally:
        await connection.close()
