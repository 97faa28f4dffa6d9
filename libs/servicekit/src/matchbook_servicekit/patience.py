"""Work that waits for what is away."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

from matchbook_servicekit.database import is_transient
from matchbook_servicekit.messaging import Transient
from matchbook_servicekit.telemetry import describe, get_logger

Result = TypeVar("Result")
log = get_logger(__name__)


def passes(error: BaseException) -> bool:
    """Whether the same may succeed in a moment: the database or the broker is away, busy or restarting."""
    return isinstance(error, Transient) or is_transient(error)


class Patience:
    """Does work again while what it needs is away, after pauses that grow from `first` to `longest` seconds.

    `trouble` says what is waited for, None while nothing is; it may be set to begin with, and by the work itself.
    """

    def __init__(self, name: str, *, first: float = 0.1, longest: float = 10.0, trouble: str | None = None) -> None:
        self.name = name
        self.trouble = trouble
        self._first = first
        self._longest = longest

    async def until_done(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """What `work` returns in the end. Raises what does not pass."""
        pause = self._first
        while True:
            begun = time.monotonic()
            try:
                result = await work()
            except Exception as error:
                if not passes(error):
                    raise
                if time.monotonic() - begun > self._longest:
                    # It had worked for a while, so this is another outage.
                    pause = self._first
                self.trouble = f"{self.name} waits: {describe(error)}"
                log.warning("waiting for what is away", waiting=self.name, cause=describe(error))
                await asyncio.sleep(pause)
                pause = min(self._longest, pause * 2)
            else:
                self.trouble = None
                return result

    def at_ease(self) -> None:
        """Nothing is waited for."""
        self.trouble = None

    async def for_ever(self, work: Callable[[], Awaitable[Any]]) -> NoReturn:
        """Until cancelled."""
        while True:
            await self.until_done(work)
