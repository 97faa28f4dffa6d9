"""What this machine can do at best, measured beside a benchmark: the broker and the database without Matchbook."""

import asyncio
import time
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

TOPIC = "raw-limit"
PARTITIONS = 3
BODY = b"x" * 476
WINDOW = 5_000


@dataclass(frozen=True, slots=True)
class RawLimits:
    """Records (or rows) a second."""

    produce: float
    getmany: float
    copy: float


async def raw_limits(bootstrap: str, dsn: str, records: int) -> RawLimits:
    """Produce, read and COPY as many records of 476 bytes, in one process, with nothing else done to them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
        produce = await _produce(bootstrap, records)
        getmany = await _getmany(bootstrap, records)
        await admin.delete_topics([TOPIC])
    finally:
        await admin.close()
    return RawLimits(produce, getmany, await _copy(dsn, records))


async def _produce(bootstrap: str, records: int) -> float:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        began = time.perf_counter()
        for start in range(0, records, WINDOW):
            size = min(WINDOW, records - start)
            sent = [await producer.send(TOPIC, BODY, partition=number % PARTITIONS) for number in range(size)]
            await asyncio.gather(*sent)
        return records / (time.perf_counter() - began)


async def _getmany(bootstrap: str, records: int) -> float:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(TOPIC, number) for number in range(PARTITIONS)])
        read, began = 0, time.perf_counter()
        while read < records:
            batches = await consumer.getmany(timeout_ms=200, max_records=1000)
            read += sum(map(len, batches.values()))
        return records / (time.perf_counter() - began)


async def _copy(dsn: str, records: int) -> float:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE public.raw_limit (id bigint PRIMARY KEY, body text NOT NULL)")
        rows = [(number, BODY.decode()) for number in range(records)]
        began = time.perf_counter()
        await connection.copy_records_to_table("raw_limit", schema_name="public", records=rows, columns=["id", "body"])
        return records / (time.perf_counter() - began)
    finally:
        await connection.execute("DROP TABLE IF EXISTS public.raw_limit")
        await connection.close()
