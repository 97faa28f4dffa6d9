"""What clients of foreign HTTP APIs share: whom they trust, how long they wait, how much they read."""

import random
import ssl
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from matchbook_servicekit.app import ConfigurationError

_random = random.SystemRandom()


def client_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verifies servers by the system's certificate authorities, and by one bundle more where it is configured.

    Raises ConfigurationError for a bundle that can't be used.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError("MATCHBOOK_CA_FILE can't be read as PEM certificates.") from error
    return context


def seconds_to_wait(header: str | None, now: datetime) -> float | None:
    """A Retry-After header in seconds: whole, decimal or a date; None where it is missing or makes no sense."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        return _seconds_until(header, now)
    return seconds if 0 <= seconds < float("inf") else None


def _seconds_until(header: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(header)
        return max(0.0, (at - now).total_seconds())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def backed_off(attempt: int, first: float, longest: float) -> float:
    """Seconds to wait after a failed attempt, the first being 1: doubled each time, and spread at random."""
    ceiling: float = min(longest, first * 2 ** (attempt - 1))
    return ceiling * (0.5 + 0.5 * _random.random())


def a_little_later(seconds: float) -> float:
    """Later than asked by up to a tenth, so that many who were told the same do not return at the same instant."""
    return seconds * (1 + 0.1 * _random.random())


async def body_at_most(chunks: AsyncIterator[bytes], limit: int) -> bytes | None:
    """The whole body, None as soon as it is larger than `limit` bytes."""
    found = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            return None
        found.append(chunk)
    return b"".join(found)
