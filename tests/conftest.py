"""What the tests that cross services share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import Running, running, small_world


@pytest.fixture(scope="session")
def stack(scratch: Path) -> Iterator[Running]:
    """All of Matchbook with a small world, documentation imported and most tenants matched: one for the whole run."""
    with running(small_world(scratch / "stack"), filled=True) as started:
        yield started
