"""Clients of foreign APIs: trust, patience, and bodies that end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from matchbook_servicekit.app import ConfigurationError
from matchbook_servicekit.http_client import a_little_later, backed_off, body_at_most, client_context, seconds_to_wait

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("10", 10.0),
        ("1.5", 1.5),
        ("Mon, 09 Mar 2026 08:00:30 GMT", 30.0),
        ("Mon, 09 Mar 2026 07:00:00 GMT", 0.0),
        ("Mon, 09 Mar 2026 08:00:30", None),
        ("soon", None),
        ("-3", None),
        ("inf", None),
        ("nan", None),
        ("", None),
    ],
)
def test_every_form_of_retry_after_is_understood(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOW) == seconds


def test_pauses_double_are_spread_and_stay_bounded() -> None:
    for attempt, ceiling in ((1, 1.0), (2, 2.0), (5, 16.0), (50, 60.0)):
        found = {backed_off(attempt, 1.0, 60.0) for _ in range(50)}
        assert ceiling / 2 <= min(found) <= max(found) <= ceiling
        assert len(found) > 1
    assert all(10.0 <= a_little_later(10.0) <= 11.0 for _ in range(50))


async def test_a_body_is_read_up_to_the_limit_and_no_further() -> None:
    taken = []

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            taken.append(1)
            yield b"12345"

    assert await body_at_most(chunks(), 50) == b"12345" * 10
    taken.clear()
    assert await body_at_most(chunks(), 14) is None
    assert len(taken) == 3


def test_a_bundle_that_can_not_be_used_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(ConfigurationError, match="MATCHBOOK_CA_FILE"):
        client_context(tmp_path / "ca.pem")
