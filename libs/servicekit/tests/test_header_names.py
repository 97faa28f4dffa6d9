"""A header whose name is no text fails inside aiokafka: the consumer says so, stops and loses nothing."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from matchbook_servicekit.consumer import ConsumerStalled

from .conftest import DEVICES, World, device, running


class NotText(str):
    """A name that is written as a byte which no UTF-8 text has."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"\xff"


async def test_a_header_name_that_is_no_text_stops_the_consumer_and_loses_nothing(world: World) -> None:
    # Not idempotent: only then does aiokafka take a batch that its own builder did not make.
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka.bootstrap, enable_idempotence=False)
    await producer.start()
    batch = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, 100_000)
    batch.append(timestamp=1, key=b"k", value=device(1).body(), headers=[(NotText("x"), b"1")])
    batch.close()
    await (await producer.send_batch(batch, world.kafka.physical(DEVICES), partition=0))
    await producer.stop()
    async with running(world.consumer()) as task:
        await asyncio.wait([task], timeout=20)
        assert task.done()
        with pytest.raises(ConsumerStalled, match="consume loop ended") as stalled:
            task.result()
    assert isinstance(stalled.value.__cause__, UnicodeDecodeError)
    async with world.database.connection() as connection:
        assert await connection.fetchval("SELECT max(next_offset) FROM consumer_offsets") == 0
