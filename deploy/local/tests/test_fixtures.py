import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from matchbook_local.testing import Database, choose

FIVE_MEGABYTES = 5_000_000


async def test_a_record_of_five_megabytes_travels(kafka_bootstrap: str, topic_prefix: str) -> None:
    topic = f"{topic_prefix}large"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, max_request_size=10_000_000) as producer:
        await producer.send_and_wait(topic, b"x" * FIVE_MEGABYTES)
    async with AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        assert len((await consumer.getone()).value) == FIVE_MEGABYTES


async def test_the_schema_is_there_and_case_knows_more_than_ascii(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn)
    found = await connection.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname = $1", database.schema)
    lowered = await connection.fetchval("SELECT lower('ÉCOLE')")
    await connection.close()
    assert (found, lowered) == (1, "école")


def test_the_schema_is_there_without_a_loop_too(database: Database) -> None:
    assert database.schema.startswith("t")


def test_addresses_come_before_docker_and_docker_before_the_embedded_runtime() -> None:
    assert choose("127.0.0.1:9092", None, lambda: True) == "environment"
    assert choose(None, None, lambda: True) == "docker"
    assert choose(None, None, lambda: False) == "embedded"
    assert choose(None, "embedded", lambda: True) == "embedded"
    with pytest.raises(pytest.UsageError, match="may be 'docker' or 'embedded'"):
        choose(None, "podman", lambda: True)
