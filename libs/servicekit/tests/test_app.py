"""A service's process from outside: health, metrics, signals, exit codes, one sentence for what a person got wrong."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest
from matchbook_local.testing import Database as Scratch
from matchbook_local.testing import create_topics
from matchbook_servicekit.database import DatabaseSettings, migrate

from .conftest import DEVICES, reserved_port

PROGRAM = str(Path(__file__).with_name("small_service.py"))


@dataclass
class Service:
    process: subprocess.Popen[str]
    address: str

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.address + path, timeout=20)

    def until(self, path: str, status: int, seconds: float = 60, says: str = "") -> httpx.Response:
        """Ask until the answer has that status and says that; fails with the last answer."""
        last: object = None
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                last = response = self.get(path)
                if response.status_code == status and says in response.text:
                    return response
            time.sleep(0.05)
        pytest.fail(f"{path} did not answer {status}: {last!r} {getattr(last, 'text', '')}")

    def ended(self, seconds: float = 60) -> tuple[int, str]:
        """Exit code and all it wrote."""
        output, _ = self.process.communicate(timeout=seconds)
        return self.process.returncode, output


@contextlib.contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator[Service]:
    with reserved_port() as port:
        process = subprocess.Popen(
            [sys.executable, PROGRAM, *(arguments or ("run",))],
            env={**os.environ, "MATCHBOOK_PORT": str(port), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield Service(process, f"http://127.0.0.1:{port}")
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
async def environment(kafka_bootstrap: str, topic_prefix: str, database: Scratch) -> dict[str, str]:
    """A service's settings; topics and schema are there."""
    await create_topics(kafka_bootstrap, topic_prefix, [DEVICES], partitions=1)
    await migrate(DatabaseSettings(database.dsn, database.schema), "matchbook_servicekit")
    return {
        "MATCHBOOK_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "MATCHBOOK_TOPIC_PREFIX": topic_prefix,
        "MATCHBOOK_DATABASE_DSN": database.dsn,
        "MATCHBOOK_DATABASE_SCHEMA": database.schema,
    }


def test_a_service_gets_ready_and_ends_with_zero_on_sigterm(environment: dict[str, str]) -> None:
    with running(environment) as service:
        assert service.until("/health/ready", 200).json() == {"ok": True, "reasons": []}
        assert service.get("/health/startup").status_code == 200
        assert service.get("/health/live").status_code == 200
        assert service.get("/").text == "hello"
        metrics = service.get("/metrics").text
        assert 'matchbook_consumer_assigned_partitions{group="' in metrics
        assert "matchbook_event_loop_lag_seconds_count" in metrics
        service.process.send_signal(signal.SIGTERM)
        code, output = service.ended()
        assert code == 0, output


def test_a_service_without_its_database_lives_and_waits(environment: dict[str, str]) -> None:
    away = {**environment, "MATCHBOOK_DATABASE_DSN": "postgresql://secret-user:secret-word@127.0.0.1:9/x"}
    with running(away) as service:
        service.until("/health/startup", 503, says="database is away")
        assert service.get("/health/live").status_code == 200
        service.process.send_signal(signal.SIGTERM)
        code, output = service.ended()
        assert code == 0, output
        assert "secret-word" not in output


def test_a_service_without_its_broker_lives_and_waits(environment: dict[str, str]) -> None:
    with running({**environment, "MATCHBOOK_KAFKA_BOOTSTRAP": "127.0.0.1:9"}) as service:
        service.until("/health/startup", 503)
        assert service.get("/health/live").status_code == 200
        service.process.send_signal(signal.SIGTERM)
        assert service.ended()[0] == 0


@pytest.mark.parametrize("kind", ["returning", "raising", "stalling"])
def test_a_component_that_ends_or_sticks_ends_the_process(environment: dict[str, str], kind: str) -> None:
    with running({**environment, "KIND": kind}) as service:
        code, output = service.ended()
    assert code == 1
    assert "part" in output
    assert "PF3X9K2L" not in output


def test_a_braked_component_keeps_the_process_to_be_alarmed_about(environment: dict[str, str]) -> None:
    with running({**environment, "KIND": "braking"}) as service:
        service.until("/health/startup", 200)
        service.until("/health/ready", 503, says="brake")
        time.sleep(1)
        assert service.get("/health/live").status_code == 200
        service.process.send_signal(signal.SIGTERM)
        assert service.ended()[0] == 0


def test_readiness_says_why_not(environment: dict[str, str]) -> None:
    with running({**environment, "KIND": "unready"}) as service:
        service.until("/health/startup", 200)
        service.until("/health/ready", 503, says='"reasons":["not yet"]')


async def test_a_service_on_a_schema_that_is_not_migrated_names_the_remedy(
    environment: dict[str, str], database: Scratch
) -> None:
    connection = await asyncpg.connect(database.dsn)
    await connection.execute(f"DROP SCHEMA {database.schema} CASCADE")
    await connection.close()
    with running(environment) as service:
        code, output = service.ended()
    assert code == 1
    assert "lacks 0001_plumbing of matchbook_servicekit" in output
    assert "Run `small-service migrate`, then start again." in output
    assert "Traceback" not in output
    with running(environment, "migrate") as migration:
        assert migration.ended()[0] == 0
    with running(environment) as service:
        service.until("/health/startup", 200)


def test_a_port_in_use_is_one_sentence(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running({**environment, "MATCHBOOK_PORT": port}) as service:
            code, output = service.ended()
    assert code == 1
    assert output.startswith("Error: ")
    assert "Address already in use" in output
    assert len(output.splitlines()) == 1


def test_missing_settings_are_named(environment: dict[str, str]) -> None:
    with running({"MATCHBOOK_PORT": "PF3X9K2L"}) as service:
        code, output = service.ended()
    assert code == 1
    assert "MATCHBOOK_KAFKA_BOOTSTRAP: Field required" in output
    assert "MATCHBOOK_DATABASE_DSN" in output
    assert "PF3X9K2L" not in output
