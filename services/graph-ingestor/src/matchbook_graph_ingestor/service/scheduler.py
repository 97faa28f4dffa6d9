"""The scheduler: takes what is due, a bounded number at once, for as long as this process leads."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Final

from matchbook_servicekit.database import Database
from matchbook_servicekit.leadership import Leadership
from matchbook_servicekit.patience import Patience, passes
from matchbook_servicekit.telemetry import get_logger

from matchbook_graph_ingestor.adapters import store
from matchbook_graph_ingestor.service.customer_sweep import CustomerSweep
from matchbook_graph_ingestor.service.runs import Clock, utc_now
from matchbook_graph_ingestor.service.tenant_sweep import TenantSweep, Visit

log = get_logger(__name__)
_LOOK_SECONDS: Final = 1.0
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 15.0


class Scheduler:
    """A component: runs due sweeps until cancelled.

    What is due is in the database; `wake` only makes it look sooner.
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
        self._bells = (asyncio.Event(), asyncio.Event())
        self._leads = False
        self._due: deque[str] = deque()
        self._in_hand: set[str] = set()
        # Opened and not begun: so few that each begins soon after its sweep was told to have started.
        self._opened: asyncio.Queue[Visit] = asyncio.Queue(concurrency)
        self._patience = Patience(self.name, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)

    def ready(self) -> str | None:
        """None while it sweeps, or stands by for the process that does; else what it waits for."""
        return self._patience.trouble

    def wake(self) -> None:
        """Look at once for what is due."""
        for bell in self._bells:
            bell.set()

    def idle(self) -> bool:
        """Whether this process leads and no tenant is due or being swept."""
        return self._leads and not self._in_hand

    async def run(self) -> None:
        """Lead whenever no other process does."""
        await self._patience.for_ever(self._lead)

    async def _lead(self) -> None:
        lock = Leadership(self._database, "matchbook.sweeps")
        async with lock.held(standing_by=self._patience.at_ease) as leadership:
            log.info("this process sweeps")
            self._due.clear()
            self._in_hand.clear()
            self._opened = asyncio.Queue(self._concurrency)
            try:
                await leadership.lead(
                    self._patience.for_ever(self._list_customers),
                    self._patience.for_ever(self._feed),
                    *(self._patience.for_ever(self._work) for _ in range(self._concurrency)),
                )
            finally:
                self._leads = False

    async def _list_customers(self) -> None:
        async with self._database.connection() as connection:
            due = await store.customers_due(connection, self._clock())
        if due:
            await _guarded(self._customers.run, self._customers.interrupt, None)
            self.wake()
        await _rest(self._bells[0])

    async def _feed(self) -> None:
        """Open some of the sweeps that are due, or see what is due and wait if nothing is."""
        if not self._due and not await self._look():
            self._leads = True
            await _rest(self._bells[1])
            return
        ids = list(islice(self._due, self._concurrency))
        visits = await self._tenants.open(ids)
        self._in_hand.difference_update(set(ids) - {visit.tenant_id for visit in visits})
        for visit in visits:
            await self._opened.put(visit)
        for _ in ids:
            self._due.popleft()

    async def _look(self) -> bool:
        async with self._database.connection() as connection:
            due = await store.due_tenants(connection, self._clock(), self._in_hand)
        self._in_hand.update(due)
        self._due.extend(due)
        return bool(due)

    async def _work(self) -> None:
        visit = await self._opened.get()

        async def sweep() -> None:
            again = visit.anew()
            await _guarded(lambda: self._tenants.run(again), lambda: self._tenants.interrupt(again), visit.tenant_id)

        try:
            await self._patience.until_done(sweep)
        finally:
            self._in_hand.discard(visit.tenant_id)


async def _guarded(
    work: Callable[[], Awaitable[None]], put_off: Callable[[], Awaitable[None]], tenant_id: str | None
) -> None:
    """One tenant that nobody foresaw must not stop the others: it is logged, and tried again later."""
    try:
        await work()
    except Exception as error:
        if passes(error):
            raise
        log.exception("a sweep failed in an unforeseen way", tenant_id=tenant_id)
        await put_off()


async def _rest(bell: asyncio.Event) -> None:
    # Not `wait_for`: in Python 3.11 it can lose a cancellation, and the process would not stop.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_SECONDS):
            await bell.wait()
    bell.clear()
