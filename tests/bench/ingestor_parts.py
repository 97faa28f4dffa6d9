"""The least that a first sweep must do, each part alone and bare, in seconds of one process's processor time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
from aiokafka import AIOKafkaProducer
from matchbook_graph_ingestor.adapters.records import device_records
from matchbook_graph_ingestor.domain.devices import Change, compare
from matchbook_graph_ingestor.domain.graph_objects import DevicePage, read
from matchbook_servicekit import topics
from matchbook_servicekit.messaging import Outgoing, partition_of

_BATCH_BYTES = 4 * 1024 * 1024
_TABLE = """
CREATE TEMP TABLE bare (
    tenant_id text, device_id text, revision integer, digest bytea, last_sync_at timestamptz, details_pending boolean,
    PRIMARY KEY (tenant_id, device_id)
)
"""


async def parts(bodies: Sequence[bytes], bootstrap: str, dsn: str) -> Mapping[str, float]:
    """What the pages cost to parse, their devices to produce as the ingestor would, and their rows to COPY."""
    changed = [compare(read(DevicePage, body).value, {}, timedelta(days=1)).changes for body in bodies]
    records = [device_records(str(uuid4()), changes) for changes in changed]

    async def parse() -> None:
        for body in bodies:
            msgspec.json.decode(body)

    return {
        "parse the JSON": await _processor(parse),
        "produce the records": await _produced(records, bootstrap),
        "COPY the rows": await _copied(changed, dsn),
    }


async def _processor(work: Callable[[], Awaitable[Any]]) -> float:
    begun = time.process_time()
    await work()
    return time.process_time() - begun


async def _produced(records: Sequence[Sequence[Outgoing]], bootstrap: str) -> float:
    prefix = f"bare{uuid4().hex[:8]}."
    await topics.apply(bootstrap, prefix)
    async with _producer(bootstrap) as producer:
        topic = prefix + "matchbook.devices"
        partitions = len(await producer.partitions_for(topic))
        # A topic just made has no leaders for a moment.
        await asyncio.gather(*(producer.send_and_wait(topic, b"-", b"-", number) for number in range(partitions)))

        async def produce() -> None:
            for page in filter(None, records):
                place = partition_of(page[0].partition_key.encode(), partitions)
                batch = producer.create_batch()
                for item in page:
                    batch.append(key=item.key.encode(), value=item.body, timestamp=None, headers=list(item.headers))
                batch.close()
                await producer.send_batch(batch, topic, partition=place)
            await producer.flush()

        return await _processor(produce)


def _producer(bootstrap: str) -> AIOKafkaProducer:
    # A page has a batch of its own: much cheaper than a record at a time.
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=_BATCH_BYTES,
        max_request_size=2 * _BATCH_BYTES,
    )


async def _copied(changed: Sequence[Sequence[Change]], dsn: str) -> float:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_TABLE)

        async def copy() -> None:
            for changes in changed:
                tenant_id = str(uuid4())
                rows = [(tenant_id, *change[:-1]) for change in changes]
                await connection.copy_records_to_table("bare", records=rows)

        return await _processor(copy)
    finally:
        await connection.close()
