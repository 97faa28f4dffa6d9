"""The embedded broker: real data, real restarts, and a sentence for what stands in its way."""

import asyncio
import shutil
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from matchbook_local import machine
from matchbook_local.errors import LocalError
from matchbook_local.kafka import Kafka, KafkaOptions, answers_as_kafka, running

from deploy.local.tests.support.processes import gone

QUICK = KafkaOptions(short_lived=True)


async def test_data_outlives_a_kill_and_a_start_on_other_ports(tmp_path: Path) -> None:
    with running(tmp_path, QUICK) as first:
        await _create(first.bootstrap, "kept")
        async with AIOKafkaProducer(bootstrap_servers=first.bootstrap) as producer:
            await producer.send_and_wait("kept", b"still here")
        pid, port = first.pid, first.port
        first.kill()
    assert pid is not None
    assert gone(pid)
    with running(tmp_path, QUICK) as second:
        assert second.port != port
        async with AIOKafkaConsumer(bootstrap_servers=second.bootstrap) as consumer:
            consumer.assign([TopicPartition("kept", 0)])
            await consumer.seek_to_beginning()
            assert (await consumer.getone()).value == b"still here"
        assert second.failure() is None


async def test_topics_are_never_made_by_using_them(kafka_bootstrap: str, topic_prefix: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap) as producer:
        # Asks for the topic again and again, with leave to create it.
        with suppress(TimeoutError):
            await asyncio.wait_for(producer.send_and_wait(f"{topic_prefix}never", b"x"), timeout=2)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    names = await admin.list_topics()
    await admin.close()
    assert f"{topic_prefix}never" not in names


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        kafka = Kafka(tmp_path, KafkaOptions(port=port))
        with pytest.raises(
            LocalError, match=rf"^Port {port} on 127\.0\.0\.1 is already in use, so Kafka cannot listen"
        ):
            kafka.start()
        assert kafka.pid is None


def test_a_full_disk_is_one_sentence_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 7 * machine.MEGABYTE

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage)
    kafka = Kafka(tmp_path / "data")
    with pytest.raises(LocalError, match=r"is full: 7 MB are left and 300 MB are needed\.$"):
        kafka.start()
    assert list((tmp_path / "data").iterdir()) == []


def test_an_unreachable_registry_is_one_sentence(tmp_path: Path) -> None:
    options = KafkaOptions(cache=tmp_path / "cache", repository=f"http://127.0.0.1:{machine.free_port()}")
    with pytest.raises(LocalError, match=r"^No Maven repository can be reached"):
        Kafka(tmp_path / "data", options).start()


def test_something_else_on_the_port_is_not_taken_for_kafka() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert not answers_as_kafka(other.getsockname()[1])


async def _create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
