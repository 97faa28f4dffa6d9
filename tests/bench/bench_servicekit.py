"""How fast servicekit consumes, publishes and relays, beside raw aiokafka on the same records in the same run.

Run with addresses of Kafka and PostgreSQL (as `matchbook infrastructure` prints them):
`python tests/bench/bench_servicekit.py --records 100000`. Everything it makes is removed again.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts
from matchbook_servicekit import outbox, topics
from matchbook_servicekit.app import tame_collector
from matchbook_servicekit.consumer import BatchConsumer, Subscription
from matchbook_servicekit.database import Connection, Database, DatabaseSettings, migrate
from matchbook_servicekit.messaging import KafkaSettings, Outgoing, Publisher, Received, outgoing
from matchbook_servicekit.outbox import Relay

TOPIC = "matchbook.devices"
PARTITIONS = 6


@dataclass
class Bench:
    kafka: KafkaSettings
    settings: DatabaseSettings
    database: Database
    publisher: Publisher
    count: int

    def report(self, what: str, started: "Clock", count: int | None = None) -> float:
        """Print wall time, this process's processor time, and records by each; the second holds on a busy machine."""
        count = count or self.count
        wall, cpu = time.perf_counter() - started.wall, time.process_time() - started.cpu
        print(f"{what:<52} {wall:7.2f} s {cpu:7.2f} s CPU {count / wall:10,.0f}/s {count / cpu:10,.0f}/s of CPU")
        return count / wall


class Clock:
    """The moment of its making."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()


def events(count: int) -> list[Outgoing]:
    """Device events of about 480 bytes, 250 devices a tenant."""
    made = []
    for number in range(count):
        facts = DeviceFacts(
            device_name=f"LT-{number}",
            serial_number=f"PF{number:08}",
            operating_system="Windows",
            os_version="10.0.26100.3476",
            manufacturer="LENOVO",
            model="21CB0056GE",
            wifi_mac_address=f"8C1D{number:08X}",
            compliance_state="compliant",
            management_agent="mdm",
            owner_type="company",
            enrollment_type="windowsAzureADJoin",
            user_principal_name=f"user{number}@contoso.example",
            total_storage_bytes=511101108224,
        )
        event = DeviceDiscovered(
            tenant_id=f"tenant-{number // 250}", device_id=f"device-{number}", revision=1, facts=facts
        )
        made.append(outgoing(event, source="bench", event_id=f"event-{number}"))
    return made


async def raw_getmany(bench: Bench) -> float:
    consumer = AIOKafkaConsumer(
        bench.kafka.physical(TOPIC),
        bootstrap_servers=bench.kafka.bootstrap,
        group_id=f"{bench.kafka.prefix}raw",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    started, seen = Clock(), 0
    while seen < bench.count:
        batches = await consumer.getmany(timeout_ms=200, max_records=500)
        seen += sum(map(len, batches.values()))
        if batches:
            await consumer.commit({place: records[-1].offset + 1 for place, records in batches.items()})
    rate = bench.report("raw getmany(500), commit per batch, nothing decoded", started)
    await consumer.stop()
    return rate


async def raw_decoded(bench: Bench) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bench.kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(bench.kafka.physical(TOPIC), number) for number in range(PARTITIONS)])
    started, seen = Clock(), 0
    while seen < bench.count:
        for records in (await consumer.getmany(timeout_ms=200, max_records=1000)).values():
            for record in records:
                DeviceDiscovered.from_body(record.value)
            seen += len(records)
    bench.report("raw getmany(1000) and model_validate_json", started)
    await consumer.stop()


async def consume(bench: Bench, what: str, *, store: bool, profile: bool) -> None:
    seen, finished = 0, asyncio.Event()

    async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        nonlocal seen
        if store:
            await connection.copy_records_to_table(
                "bench", records=[(record.event_id, record.body) for record in records], columns=["event_id", "body"]
            )
        seen += len(records)
        if seen >= bench.count:
            finished.set()
        return ()

    consumer = BatchConsumer(
        Subscription(f"bench{store}", (TOPIC,), apply),
        kafka=bench.kafka,
        database=bench.database,
        publisher=bench.publisher,
        group="bench",
    )
    profiler = cProfile.Profile(time.process_time)
    task = asyncio.create_task(consumer.run())
    while consumer.ready() is not None:  # noqa: ASYNC110 - a consumer has no event for it
        await asyncio.sleep(0.001)
    started = Clock()
    if profile:
        profiler.enable()
    await finished.wait()
    profiler.disable()
    bench.report(what, started)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


async def relay(bench: Bench, records: Sequence[Outgoing]) -> None:
    started = Clock()
    async with bench.database.transaction() as connection:
        await outbox.append(connection, records)
    bench.report("outbox: append in one transaction", started, len(records))
    started = Clock()
    task = asyncio.create_task(Relay(bench.database, bench.publisher).run())
    async with bench.database.connection() as connection:
        while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):  # noqa: ASYNC110 - a table
            await asyncio.sleep(0.01)
    bench.report("outbox: relayed to Kafka and settled", started, len(records))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def main(arguments: argparse.Namespace) -> None:
    prefix = f"bench{uuid4().hex[:8]}."
    kafka = KafkaSettings(arguments.kafka, prefix)
    settings = DatabaseSettings(arguments.postgres, f"bench_{uuid4().hex[:8]}")
    await topics.apply(kafka.bootstrap, prefix, partitions=PARTITIONS)
    await migrate(settings, "matchbook_servicekit")
    bench = Bench(kafka, settings, Database(settings), Publisher(kafka), arguments.records)
    await bench.database.start()
    await bench.publisher.start()
    try:
        async with bench.database.connection() as connection:
            await connection.execute("CREATE TABLE bench (event_id text, body jsonb)")
        started = Clock()
        records = events(bench.count)
        bench.report("events made and encoded", started)
        tame_collector()
        started = Clock()
        for at in range(0, bench.count, 5000):
            await bench.publisher.publish(records[at : at + 5000])
        bench.report("Publisher.publish, 5,000 at a time", started)
        rate = await raw_getmany(bench)
        await raw_decoded(bench)
        await consume(bench, "BatchConsumer, offsets in the database", store=False, profile=arguments.profile)
        await consume(bench, "BatchConsumer, and each record stored with COPY", store=True, profile=False)
        await relay(bench, records[: min(40_000, bench.count)])
        print(f"raw limit of this run: {rate:,.0f} records/s")
    finally:
        await bench.publisher.stop()
        await bench.database.stop()
        await clean(kafka, settings)


async def clean(kafka: KafkaSettings, settings: DatabaseSettings) -> None:
    connection = await asyncpg.connect(settings.dsn)
    await connection.execute(f'DROP SCHEMA "{settings.schema}" CASCADE')
    await connection.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.delete_topics([name for name in await admin.list_topics() if name.startswith(kafka.prefix)])
    await admin.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("kafka", "postgres"):
        known = os.environ.get(f"MATCHBOOK_TEST_{name.upper()}")
        parser.add_argument(
            f"--{name}", default=known, required=known is None, help="as `matchbook infrastructure` says"
        )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="print where the consumer's time goes")
    asyncio.run(main(parser.parse_args()))
