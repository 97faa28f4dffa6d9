"""Headers, ids, partitions, and what the publisher promises when sending fails."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from matchbook_servicekit.messaging import (
    KafkaSettings,
    Publisher,
    PublishRefused,
    Transient,
    Wire,
    derived_id,
    outgoing,
    partition_of,
)

from .conftest import DEVICES, World, device, sent


def test_an_event_becomes_a_cloudevent_in_binary_mode() -> None:
    record = outgoing(device(1), source="matcher", event_id="e1", time=datetime(2026, 3, 9, 8, 0, tzinfo=UTC))
    assert (record.topic, record.key, record.partition_key, record.event_id) == (DEVICES, "t1/d1", "t1", "e1")
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e1",
        "ce_type": b"matchbook.DeviceDiscovered.v1",
        "ce_source": b"matcher",
        "ce_subject": b"t1/d1",
        "ce_time": b"2026-03-09T08:00:00+00:00",
        "content-type": b"application/json",
    }
    assert record.body == device(1).body()


def test_a_derived_id_depends_on_every_part_and_on_where_parts_end() -> None:
    assert derived_id("devices", "t1", 2) == derived_id("devices", "t1", "2")
    assert len({derived_id("a", "b"), derived_id("ab"), derived_id("a", "b", ""), derived_id("b", "a")}) == 4
    # Fixed for ever: consumers know events by it.
    assert derived_id("devices", "t1", "d1", 1) == DERIVED


DERIVED = "1a026548-8735-5492-86fd-21da2b46c153"


@pytest.mark.parametrize(
    ("key", "java"),
    # Of Kafka's own tests of Utils.murmur2 (org.apache.kafka.common.utils), as signed numbers.
    [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)],
)
def test_partitions_are_those_that_other_clients_choose(key: bytes, java: int) -> None:
    assert partition_of(key, 1_000_003) == (java & 0x7FFFFFFF) % 1_000_003


async def test_records_of_one_partition_key_stay_together_and_in_order(world: World) -> None:
    await world.publish(*((f"e{n}", device(n, tenant=f"t{n % 7}")) for n in range(700)))
    records = await world.read(DEVICES, 700)
    places = {tenant: {r.partition for r in records if r.key.startswith(tenant)} for tenant in (b"t0/", b"t1/", b"t6/")}
    assert all(len(partitions) == 1 for partitions in places.values())
    for partition in range(3):
        ids = [int(dict(r.headers)["ce_id"][1:]) for r in records if r.partition == partition]
        assert ids == sorted(ids)


async def test_a_failed_batch_is_not_overtaken_by_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each partition only a leading part is acknowledged, and the places say which."""
    monkeypatch.setattr("matchbook_servicekit.messaging._BATCH_BYTES", 2000)
    publisher = Publisher(world.kafka)
    await publisher.start()
    producer: Any = publisher._producer
    send, calls = producer.send_batch, 0

    async def failing(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KafkaTimeoutError
        return await send(*arguments, **options)

    monkeypatch.setattr(producer, "send_batch", failing)
    records = [sent(device(n), f"e{n}") for n in range(40)]
    delivery = await publisher.deliver(records)
    assert isinstance(delivery.failure, Transient)
    flags = [place is not None for place in delivery.places]
    assert 0 < sum(flags) < 40
    assert flags == sorted(flags, reverse=True)
    # The broken producer was replaced, and the call can be repeated.
    await publisher.publish(records[sum(flags) :])
    await publisher.stop()
    found = [dict(record.headers)["ce_id"].decode() for record in await world.read(DEVICES)]
    assert found == [record.event_id for record in records]


async def test_a_batch_answered_with_a_failure_stops_its_partition(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matchbook_servicekit.messaging._BATCH_BYTES", 2000)
    publisher = Publisher(world.kafka)
    await publisher.start()
    producer: Any = publisher._producer
    send, calls = producer.send_batch, 0

    async def answered(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != 2:
            return await send(*arguments, **options)
        failure = asyncio.get_running_loop().create_future()
        failure.set_exception(KafkaTimeoutError())
        return failure

    monkeypatch.setattr(producer, "send_batch", answered)
    delivery = await publisher.deliver([sent(device(n), f"e{n}") for n in range(40)])
    await publisher.stop()
    assert isinstance(delivery.failure, Transient)
    assert calls == 2
    known = sum(place is not None for place in delivery.places)
    assert len(await world.read(DEVICES)) == known


async def test_a_producer_whose_sender_died_is_replaced(world: World) -> None:
    publisher = Publisher(replace(world.kafka, publish_timeout=10))
    await publisher.start()
    dead: Any = publisher._producer
    # It ends with a batch in hand: nobody will ever resolve its future.
    dead._sender.sender_task.cancel()
    await asyncio.wait([dead._sender.sender_task])
    publisher._undecided[world.kafka.physical(DEVICES), partition_of(b"t1", 3)] = (
        asyncio.get_running_loop().create_future()
    )
    await publisher.publish([sent(device(1), "e1")])
    await publisher.stop()
    assert publisher._producer is not dead
    assert len(await world.read(DEVICES, 1)) == 1


async def test_a_record_the_broker_never_takes_is_told_from_an_outage(world: World) -> None:
    huge = Wire(world.kafka.physical(DEVICES), b"k", b"x" * (9 * 1024 * 1024), [], 0)
    delivery = await world.publisher.send([huge])
    assert isinstance(delivery.failure, PublishRefused)


async def test_a_broker_that_is_away_is_transient_within_the_time_out() -> None:
    publisher = Publisher(KafkaSettings("127.0.0.1:9", publish_timeout=1))
    with pytest.raises(Transient):
        await publisher.start()
    with pytest.raises(Transient):
        await publisher.publish([sent(device(1), "e1")])
    await publisher.stop()


async def test_a_topic_that_does_not_exist_is_waited_for(world: World) -> None:
    publisher = Publisher(replace(world.kafka, prefix="nowhere.", publish_timeout=1))
    with pytest.raises(Transient):
        await publisher.publish([sent(device(1), "e1")])
    await publisher.stop()
