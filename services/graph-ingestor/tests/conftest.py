"""One Microsoft emulator for all tests of the service, and an ingestor for each."""

import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from matchbook_local.emulator import Emulator, Options, World, running_emulator
from matchbook_local.testing import Database, create_topics, topics_of

# A hyphen in a folder's name forbids importing the helpers beside the tests relatively.
sys.path.insert(0, str(Path(__file__).parent))

from ingestor_workload import SECRET, WORKLOAD
from ingestor_world import PARTITIONS, Ingesting, Mischief, by_the_real_clock, ingesting, settings_for

Configure = Callable[..., Any]


@pytest.fixture(scope="session", autouse=True)
def _no_authorities_of_the_system() -> Iterator[None]:
    """The emulator's certificate is given; reading those of the system takes 50 ms for each client."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_default_certs", lambda *_, **__: None)
        yield


@pytest.fixture(scope="session")
def _mischief_of_all() -> Mischief:
    return Mischief()


@pytest.fixture(scope="session")
async def microsoft(scratch: Path, _mischief_of_all: Mischief) -> AsyncIterator[Emulator]:
    """24 tenants with 240 devices; one tenant each without consent, licence, relationship and application."""
    world = World.build(seed=11, tenants=24, devices=240)
    options = Options(faults=_mischief_of_all, federated=(WORKLOAD.identity,), secrets=frozenset({SECRET}))
    async with running_emulator(world, scratch / "microsoft", options, write_documentation=False) as emulator:
        yield emulator


@pytest.fixture
def mischief(_mischief_of_all: Mischief, microsoft: Emulator) -> Mischief:
    """Microsoft as it should be, until the test says otherwise."""
    _mischief_of_all.reset()
    microsoft.faults.clear()
    return _mischief_of_all


@pytest.fixture
async def configure(microsoft: Emulator, kafka_bootstrap: str, topic_prefix: str, database: Database) -> Configure:
    """Settings for this test, with whatever it wants otherwise."""
    await create_topics(kafka_bootstrap, topic_prefix, topics_of("graph-ingestor"), partitions=PARTITIONS)
    return lambda **others: settings_for(
        microsoft, kafka_bootstrap, topic_prefix, database.dsn, database.schema, **others
    )


@pytest.fixture
async def world(configure: Configure, microsoft: Emulator, mischief: Mischief) -> AsyncIterator[Ingesting]:
    """An ingestor that has not swept anything yet."""
    async with ingesting(configure(), microsoft, mischief) as found:
        yield found


@pytest.fixture
async def service(configure: Any, microsoft: Any, mischief: Any) -> AsyncIterator[Ingesting]:
    """A service that works by the real clock."""
    async with ingesting(configure(graph_page_size=1000), microsoft, mischief) as found:
        by_the_real_clock(found)
        yield found
