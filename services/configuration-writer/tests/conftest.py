"""Fixtures for tests of the whole writer."""

from collections.abc import AsyncIterator

import pytest
from matchbook_local.testing import Database

from tests.support.writer_service import Rig, rig


@pytest.fixture
async def writer(kafka_bootstrap: str, topic_prefix: str, database: Database) -> AsyncIterator[Rig]:
    """Topics, schema and publisher; the test starts the writer itself."""
    async with rig(kafka_bootstrap, topic_prefix, database) as made:
        yield made
