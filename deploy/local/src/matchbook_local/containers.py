"""The same Kafka and PostgreSQL as containers, for machines on which a Docker engine answers."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from matchbook_local.kafka import RECORD_LIMIT_BYTES, START_SECONDS, answers_as_kafka
from matchbook_local.machine import LOOPBACK, free_port
from matchbook_local.processes import wait_until

KAFKA_IMAGE = "apache/kafka:4.3.0"
POSTGRES_IMAGE = "postgres:16"


def docker_answers() -> bool:
    """Whether a Docker engine answers a ping."""
    import docker  # noqa: PLC0415 - only where containers are thought of
    from docker.errors import DockerException  # noqa: PLC0415

    with suppress(DockerException, OSError):
        client = docker.from_env(timeout=3)
        try:
            return bool(client.ping())
        finally:
            client.close()
    return False


@contextmanager
def kafka() -> Iterator[str]:
    """A broker in a container; its bootstrap address."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415

    # The broker names its own address to clients, so the port outside must be known before it starts.
    port = free_port()
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port)
    for name, value in kafka_environment(port).items():
        container = container.with_env(name, value)
    with container:
        wait_until(lambda: answers_as_kafka(port), seconds=START_SECONDS, what="Kafka in a container")
        yield f"{LOOPBACK}:{port}"


def kafka_environment(port: int) -> dict[str, str]:
    """The image's own way of giving settings; the same as those of the embedded broker where tests depend on them."""
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:19093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{LOOPBACK}:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:19093",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_MESSAGE_MAX_BYTES": str(RECORD_LIMIT_BYTES),
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_COORDINATOR_APPEND_LINGER_MS": "0",
    }


@contextmanager
def postgres() -> Iterator[str]:
    """A server in a container; its superuser's DSN."""
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415

    with PostgresContainer(POSTGRES_IMAGE, driver=None) as container:
        yield str(container.get_connection_url(driver=None))
