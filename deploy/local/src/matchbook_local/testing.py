"""The pytest plugin that gives every test of the workspace one real Kafka and one real PostgreSQL for the whole run.

Where they come from, in this order: the addresses in MATCHBOOK_TEST_KAFKA and MATCHBOOK_TEST_POSTGRES; a Docker engine
that answers; the embedded runtime on free ports in a temporary folder. MATCHBOOK_TEST_RUNTIME=embedded or =docker
leaves no choice.
"""

import os
import threading
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from matchbook_local import browser, containers
from matchbook_local.kafka import KafkaOptions
from matchbook_local.kafka import running as running_kafka
from matchbook_local.postgres import PostgresOptions
from matchbook_local.postgres import running as running_postgres
from matchbook_local.scratch import scratch_folder

Result = TypeVar("Result")
KAFKA_VARIABLE = "MATCHBOOK_TEST_KAFKA"
POSTGRES_VARIABLE = "MATCHBOOK_TEST_POSTGRES"
RUNTIME_VARIABLE = "MATCHBOOK_TEST_RUNTIME"
REPOSITORY_VARIABLE = "MATCHBOOK_MAVEN_REPOSITORY"


@dataclass(frozen=True)
class Database:
    """A schema of one test. `dsn` may do anything in the database that holds it."""

    dsn: str
    schema: str


def choose(given: str | None, wanted: str | None, docker_answers: Callable[[], bool]) -> str:
    """Which runtime serves the tests: "environment", "docker" or "embedded"."""
    if given:
        return "environment"
    if wanted is not None:
        if wanted not in ("docker", "embedded"):
            raise pytest.UsageError(f"{RUNTIME_VARIABLE} is {wanted!r}; it may be 'docker' or 'embedded'.")
        return wanted
    return "docker" if docker_answers() else "embedded"


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for the whole run, removed afterwards."""
    with scratch_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def kafka_bootstrap(request: pytest.FixtureRequest) -> Iterator[str]:
    """`host:port` of the run's Kafka. Fails, and never skips, when there is none to be had."""
    given = os.environ.get(KAFKA_VARIABLE)
    choice = choose(given, os.environ.get(RUNTIME_VARIABLE), containers.docker_answers)
    with ExitStack() as stack:
        if choice == "environment":
            address = str(given)
        elif choice == "docker":
            address = stack.enter_context(containers.kafka())
        else:
            options = KafkaOptions(repository=os.environ.get(REPOSITORY_VARIABLE), short_lived=True)
            folder = stack.enter_context(scratch_folder())
            address = stack.enter_context(running_kafka(folder, options, scratch=True)).bootstrap
        _announce(request, f"Kafka: {choice}, {address}")
        yield address


@pytest.fixture(scope="session")
def postgres_dsn(request: pytest.FixtureRequest) -> Iterator[str]:
    """DSN of the run's PostgreSQL, for a role that may create schemas. Fails, and never skips, when there is none to
    be had.
    """
    given = os.environ.get(POSTGRES_VARIABLE)
    choice = choose(given, os.environ.get(RUNTIME_VARIABLE), containers.docker_answers)
    with ExitStack() as stack:
        if choice == "environment":
            dsn = str(given)
        elif choice == "docker":
            dsn = stack.enter_context(containers.postgres())
        else:
            folder = stack.enter_context(scratch_folder())
            dsn = stack.enter_context(running_postgres(folder, PostgresOptions(durable=False), scratch=True)).dsn
        _announce(request, f"PostgreSQL: {choice}, {dsn.rsplit('@', 1)[-1]}")
        yield dsn


@pytest.fixture
def topic_prefix(kafka_bootstrap: str) -> Iterator[str]:
    """A prefix for the topics of one test, which are deleted afterwards."""
    prefix = f"t{uuid4().hex[:10]}."
    yield prefix
    run_apart(lambda: _delete_topics(kafka_bootstrap, prefix))


@pytest.fixture
def database(postgres_dsn: str) -> Iterator[Database]:
    """A schema for one test, dropped afterwards with all it holds."""
    schema = f"t{uuid4().hex[:10]}"
    run_apart(lambda: _execute(postgres_dsn, f'CREATE SCHEMA "{schema}"'))
    yield Database(postgres_dsn, schema)
    run_apart(lambda: _execute(postgres_dsn, f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the machine's Chromium. Without one its tests are skipped, or fail where it is required."""
    found = browser.find_chromium()
    if found is not None:
        return found
    if browser.is_required():
        pytest.fail(f"{browser.REQUIRE_VARIABLE} is set and {browser.ABSENT}")
    pytest.skip(browser.ABSENT)


async def create_topics(bootstrap: str, prefix: str, names: Collection[str], *, partitions: int) -> None:
    """Create only these topics of the registry with their dead letters; creating and deleting all takes a broker longer
    than most tests.
    """
    import asyncio  # noqa: PLC0415

    from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # noqa: PLC0415
    from matchbook_contracts import registry  # noqa: PLC0415
    from matchbook_servicekit.topics import wanted_topics  # noqa: PLC0415

    both = {prefix + end for name in names for end in (name, registry.topics()[name].dead_letters)}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = [topic for topic in wanted_topics(prefix, partitions=partitions) if topic.name in both]
        await admin.create_topics(
            [NewTopic(topic.name, partitions, 1, topic_configs=dict(topic.config)) for topic in wanted]
        )
        # The controller answers before the broker has heard of the topics.
        while not both <= set(await admin.list_topics()):  # noqa: ASYNC110 - nobody here could set an event
            await asyncio.sleep(0.01)
    finally:
        await admin.close()


def topics_of(service: str) -> list[str]:
    """The topics that a service reads or writes."""
    from matchbook_contracts import registry  # noqa: PLC0415

    return [topic.name for topic in registry.topics().values() if service in (*topic.producers, *topic.consumers)]


def run_apart(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine to its end in a thread with a loop of its own, so that it serves tests with and without a loop
    alike.
    """
    import asyncio  # noqa: PLC0415

    outcome: list[Result] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            outcome.append(asyncio.run(work()))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, below
            failure.append(error)

    thread = threading.Thread(target=body, name="fixture")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


async def _execute(dsn: str, statement: str) -> None:
    import asyncpg  # noqa: PLC0415

    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        # What a failed test left open must not hang the run.
        await connection.execute("SET lock_timeout = '10s'")
        await connection.execute(statement)
    finally:
        await connection.close(timeout=5)


async def _delete_topics(bootstrap: str, prefix: str) -> None:
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        mine = [name for name in await admin.list_topics() if name.startswith(prefix)]
        if mine:
            await admin.delete_topics(mine)
    finally:
        await admin.close()


def _announce(request: pytest.FixtureRequest, line: str) -> None:
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter is not None and capture is not None:
        # A fixture's output is captured with its test's; this line is for whoever watches.
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(f"test runtime: {line}")


def pytest_configure() -> None:
    """How long an example takes is the machine's affair, and says nothing of what is tested.

    The same examples each time, so that a change is not blamed for what another day's would have found; other ones
    with MATCHBOOK_EXPLORE.
    """
    from hypothesis import HealthCheck, settings  # noqa: PLC0415

    settings.register_profile(
        "unhurried",
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize="MATCHBOOK_EXPLORE" not in os.environ,
    )
    settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test marked `browser` asks for Chromium, and first, before anything is started for it."""
    for item in items:
        names = getattr(item, "fixturenames", None)
        if item.get_closest_marker("browser") is not None and names is not None and "chromium" not in names:
            names.insert(0, "chromium")
