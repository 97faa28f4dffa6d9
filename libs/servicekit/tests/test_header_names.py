"""A header whose name is no text: its record is set aside, and the rest of its batch is applied."""

from typing import Any

import pytest
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from matchbook_contracts.discovery import DeviceDiscovered

from .conftest import DEVICES, World, device, running, sent

PLAIN, GZIP = 0, 1


class NotText(str):
    """A name that is written as bytes which no UTF-8 text has."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"x-\xff"


def headers(event_id: str) -> list[tuple[str, bytes | None]]:
    return [("ce_type", DeviceDiscovered.ce_type().encode()), ("ce_id", event_id.encode())]


async def send_batch(world: World, compression: int) -> None:
    """One record batch: a good record, two bad ones, a tombstone, a good one."""
    # Not idempotent: only then does aiokafka take a batch that its own builder did not make.
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka.bootstrap, enable_idempotence=False)
    await producer.start()
    batch = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, 0, 100_000)
    bad = [*headers("bad"), (NotText("x"), b"1"), ("none", None)]
    for key, value, named in (
        (b"k", device(1).body(), headers("first")),
        (b"k", device(2).body(), bad),
        (b"k2", b"\xff", bad),
        (b"k", None, [(NotText("x"), b"")]),
        (b"k", device(3).body(), headers("second")),
    ):
        assert batch.append(timestamp=1_700_000_000_000, key=key, value=value, headers=named) is not None
    batch.close()
    await (await producer.send_batch(batch, world.kafka.physical(DEVICES), partition=0))
    await producer.stop()


@pytest.mark.parametrize("compression", [PLAIN, GZIP])
async def test_a_record_with_a_header_name_that_is_no_text_is_set_aside(world: World, compression: int) -> None:
    await send_batch(world, compression)
    await world.publish(("third", device(4)))
    with structlog.testing.capture_logs() as logs:
        async with running(world.consumer()):
            applied = await world.until_applied(3)
            letters = await world.read(f"{DEVICES}.dlq", 2)
    assert [event_id for event_id in applied if event_id != "third"] == ["first", "second"]
    assert [(letter.key, letter.value) for letter in letters] == [(b"k", device(2).body()), (b"k2", b"\xff")]
    assert len([line for line in logs if "dead letter" in line["event"]]) == 1
    for offset, letter in enumerate(letters, 1):
        found = dict(letter.headers)
        assert found["x-\\xff"] == b"1"
        assert found["ce_id"] == b"bad"
        assert found["dlq_reason"] == b"header_not_utf8"
        assert found["dlq_detail"] == b"header x-\\xff is not UTF-8 text"
        assert found["dlq_source_offset"] == str(offset).encode()
        assert found["dlq_source_timestamp"] == b"1700000000000"


async def test_what_aiokafka_can_decode_it_decodes(world: World) -> None:
    event = sent(device(1), "plain")
    await world.publisher.publish([event])
    async with running(world.consumer()):
        assert await world.until_applied(1) == ["plain"]
    [record] = await world.read(DEVICES, 1)
    assert (record.key, record.value) == (device(1).key.encode(), device(1).body())
    assert dict(record.headers)["ce_id"] == b"plain"
