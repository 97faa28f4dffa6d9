"""Waiting until it is time to look again."""

import asyncio
import contextlib
from typing import Final

LOOK_SECONDS: Final = 1.0


async def rest(bell: asyncio.Event, seconds: float = LOOK_SECONDS) -> None:
    """Wait for the bell, but not longer than `seconds`."""
    # Not `wait_for`: in Python 3.11 it can lose a cancellation, and the process would not stop.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()
    bell.clear()
