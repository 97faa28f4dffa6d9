"""How many sweeps work at once, and who goes first."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

from matchbook_graph_ingestor.service.rest import rest

_OTHERS: Final = 9.0
"""While others wait to begin, a list that goes on gets one part of the time to so many of theirs."""
_LONGEST_TURN: Final = 10.0
_HELD: ContextVar["_Slot | None"] = ContextVar("slot", default=None)


class _Slot:
    def __init__(self) -> None:
        self.held = True


class Slots:
    """A bounded number of sweeps at work; one that has to wait lets another work meanwhile."""

    def __init__(self, number: int, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._free = asyncio.Semaphore(number)
        self._newcomers = 0
        self._all_began = asyncio.Event()
        self._sleep = sleep

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Work in a slot, once one is free."""
        self._newcomers += 1
        self._all_began.clear()
        try:
            await self._free.acquire()
        finally:
            self._newcomers -= 1
            if not self._newcomers:
                self._all_began.set()
        slot = _Slot()
        token = _HELD.set(slot)
        try:
            yield
        finally:
            _HELD.reset(token)
            if slot.held:
                self._free.release()

    async def pause(self, seconds: float) -> None:
        """Sleep, and leave one's slot to another meanwhile."""
        await self._aside(self._sleep(seconds))

    async def turn(self, spent: float) -> None:
        """Between two pages, of which the last took `spent` seconds: let those go first that have not begun."""
        if self._newcomers:
            await self._aside(rest(self._all_began, min(_LONGEST_TURN, spent * _OTHERS)))

    async def _aside(self, wait: Awaitable[None]) -> None:
        slot = _HELD.get()
        if slot is None or not slot.held:
            await wait
            return
        slot.held = False
        self._free.release()
        await wait
        await self._free.acquire()
        slot.held = True
