"""The scheduler: takes what is due, a bounded number at once, for as long as this process leads."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Final

from matchbook_servicekit.database import Database, is_transient
from matchbook_servicekit.messaging import Transient
from matchbook_servicekit.telemetry import describe, get_logger

from matchbook_graph_ingestor.adapters import store
from matchbook_graph_ingestor.adapters.leadership import Leadership
from matchbook_graph_ingestor.service.customer_sweep import CustomerSweep
from matchbook_graph_ingestor.service.runs import Clock, utc_now
from matchbook_graph_ingestor.service.tenant_sweep import TenantSweep

log = get_logger(__name__)
_LOOK_SECONDS: Final = 1.0
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 15.0
_CUSTOMERS: Final = ""


class Scheduler:
    """A component.

    Runs due sweeps until cancelled. What is due is in the database; `wake` only makes it look sooner.
    """

    def __init__(
        self,
        customers: CustomerSweep,
        tenants: TenantSweep,
        database: Database,
        concurrency: int,
        clock: Clock = utc_now,
    ) -> None:
        self.name = "scheduler"
        self._customers = customers
        self._tenants = tenants
        self._database = database
        self._concurrency = concurrency
        self._clock = clock
        self._wake = asyncio.Event()
        self._in_hand: set[str] = set()
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._looked = False
        self._trouble: str | None = None

    def ready(self) -> str | None:
        """None while it sweeps, or stands by for the process that does; else what it waits for."""
        return self._trouble

    def wake(self) -> None:
        """Look at once for what is due."""
        self._wake.set()

    def idle(self) -> bool:
        """Whether this process leads and nothing is due."""
        return self._looked and not self._in_hand

    async def run(self) -> None:
        """Lead whenever no other process does."""
        pause = _FIRST_PAUSE
        while True:
            try:
                async with Leadership(self._database).held() as leadership:
                    pause = _FIRST_PAUSE
                    await self._lead(leadership)
            except Exception as error:
                if not _passes(error):
                    raise
                self._trouble = f"sweeps wait: {describe(error)}"
                log.warning("sweeps wait for what is away", cause=describe(error))
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)

    async def _lead(self, leadership: Leadership) -> None:
        log.info("this process sweeps")
        self._in_hand.clear()
        self._queue = asyncio.Queue()
        parts = [leadership.watch(), self._feed(), *(self._work() for _ in range(self._concurrency))]
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            next(iter(done)).result()
        finally:
            self._looked = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _feed(self) -> None:
        while True:
            self._wake.clear()
            await self._look()
            self._trouble = None
            self._looked = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _LOOK_SECONDS)

    async def _look(self) -> None:
        now = self._clock()
        async with self._database.connection() as connection:
            due = [_CUSTOMERS] if await store.customers_due(connection, now) else []
            due += await store.due_tenants(connection, now, self._in_hand)
        for item in due:
            if item not in self._in_hand:
                self._in_hand.add(item)
                self._queue.put_nowait(item)

    async def _work(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            item = await self._queue.get()
            try:
                await self._one(item)
                pause = _FIRST_PAUSE
            except Exception as error:
                if not _passes(error):
                    raise
                log.warning("a sweep waits for what is away", tenant_id=item or None, cause=describe(error))
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
            finally:
                self._in_hand.discard(item)

    async def _one(self, item: str) -> None:
        if item == _CUSTOMERS:
            await self._guarded(item, self._customers.run())
            self._wake.set()
        else:
            await self._guarded(item, self._tenants.run(item))

    async def _guarded(self, item: str, work: Awaitable[object]) -> None:
        """One tenant that nobody foresaw must not stop the others: it is logged and tried again later."""
        try:
            await work
        except Exception as error:
            if _passes(error):
                raise
            log.exception("a sweep failed in an unforeseen way", tenant_id=item or None)
            await self._put_off(item)

    async def _put_off(self, item: str) -> None:
        if item == _CUSTOMERS:
            await self._customers.interrupt()
        else:
            await self._tenants.interrupt(item)


def _passes(error: Exception) -> bool:
    return isinstance(error, Transient) or is_transient(error)
