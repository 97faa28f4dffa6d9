"""Topics are made by command, and the same command says what differs."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from click.testing import CliRunner
from matchbook_contracts import registry
from matchbook_servicekit import topics


async def admin_client(bootstrap: str) -> AIOKafkaAdminClient:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    return admin


async def test_everything_missing_is_created_once(kafka_bootstrap: str, topic_prefix: str) -> None:
    assert len(await topics.check(kafka_bootstrap, topic_prefix)) == 2 * len(registry.topics())
    assert await topics.apply(kafka_bootstrap, topic_prefix) == []
    assert await topics.apply(kafka_bootstrap, topic_prefix) == []
    assert await topics.check(kafka_bootstrap, topic_prefix) == []
    admin = await admin_client(kafka_bootstrap)
    mine = [name for name in await admin.list_topics() if name.startswith(topic_prefix)]
    await admin.close()
    expected = {topic_prefix + name + end for name in registry.topics() for end in ("", ".dlq")}
    assert set(mine) == expected


async def test_what_differs_is_told_and_left_alone(kafka_bootstrap: str, topic_prefix: str) -> None:
    name = f"{topic_prefix}matchbook.devices"
    admin = await admin_client(kafka_bootstrap)
    await admin.create_topics(
        [NewTopic(name, 2, 1, topic_configs={"cleanup.policy": "delete", "retention.ms": "5000"})]
    )
    await admin.close()
    said = await topics.apply(kafka_bootstrap, topic_prefix)
    partitions = registry.topics()["matchbook.devices"].partitions
    assert f"{name} has 2 partitions, its file says {partitions}" in said
    assert f"{name} has cleanup.policy = delete, its file says compact" in said
    assert any(sentence.startswith(f"{name} has retention.ms = 5000") for sentence in said)
    assert any(sentence.startswith(f"{name} has max.message.bytes = ") for sentence in said)
    assert len(said) == 4
    assert await topics.check(kafka_bootstrap, topic_prefix) == said


def test_the_commands_say_and_end_as_documented(kafka_bootstrap: str, topic_prefix: str) -> None:
    options = ["--bootstrap", kafka_bootstrap, "--prefix", topic_prefix, "--partitions", "1"]
    check = CliRunner().invoke(topics.main, ["check", *options])
    assert check.exit_code == 1
    assert "is missing" in check.output
    applied = CliRunner().invoke(topics.main, ["apply", *options])
    assert (applied.exit_code, applied.output) == (0, "Topics are as their files say.\n")
    assert CliRunner().invoke(topics.main, ["check", *options]).exit_code == 0


def test_a_broker_that_is_away_gives_one_sentence() -> None:
    result = CliRunner().invoke(topics.main, ["apply", "--bootstrap", "127.0.0.1:9"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: Kafka at 127.0.0.1:9 ")
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("partitions", [1, 7])
def test_the_count_of_partitions_can_be_set(partitions: int) -> None:
    assert {wanted.partitions for wanted in topics.wanted_topics(partitions=partitions)} == {partitions}
