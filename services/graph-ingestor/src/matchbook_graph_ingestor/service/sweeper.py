"""Sweeps what comes from the topic that all ingestors share."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final
from uuid import uuid4

from matchbook_contracts.sync import SweepDue
from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.leadership import Leadership
from matchbook_servicekit.messaging import Outgoing, Received, Transient
from matchbook_servicekit.patience import Patience, passes
from matchbook_servicekit.telemetry import get_logger

from matchbook_graph_ingestor.adapters import sweeps
from matchbook_graph_ingestor.service.rest import rest
from matchbook_graph_ingestor.service.slots import Slots
from matchbook_graph_ingestor.service.tenant_sweep import TenantSweep
from matchbook_graph_ingestor.service.visit import Visit

log = get_logger(__name__)
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 15.0
_WAITING_FOR_MICROSOFT: Final = 3
"""So many times as many sweeps as may work may besides wait for Microsoft, or for their slot."""


class Sweeper:
    """A component, and what a consumer does with tenants that are due.

    What this process has it owns by a lock that ends with it: another goes on with what is left.
    """

    def __init__(self, tenants: TenantSweep, database: Database, slots: Slots, concurrency: int) -> None:
        self.name = "sweeper"
        self._tenants = tenants
        self._database = database
        self._slots = slots
        self._concurrency = concurrency
        self._owner: str | None = None
        self._at_work: set[str] = set()
        self._opened: asyncio.Queue[Visit] = asyncio.Queue(1)
        self._bell = asyncio.Event()
        self._patience = Patience(self.name, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)

    def ready(self) -> str | None:
        """None while it sweeps or could; else what it waits for."""
        return self._patience.trouble

    async def take(self, received: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        """Make tenants that are due this process's, unless another has them."""
        if self._owner is None:
            raise Transient("this process has no lock of its own yet")
        runs = {record.event.key: record.event.run_id for record in received if isinstance(record.event, SweepDue)}
        await sweeps.take(connection, runs, self._owner)
        return ()

    async def after_commit(self, _: Sequence[Received]) -> None:
        """Look at once for what was taken."""
        self._bell.set()

    async def run(self) -> None:
        """Sweep until cancelled."""
        await self._patience.for_ever(self._own)

    async def _own(self) -> None:
        owner = f"sweeper {uuid4()}"
        async with Leadership(self._database, owner).held() as lock:
            self._at_work.clear()
            self._opened = asyncio.Queue(1)
            self._owner = owner
            workers = self._concurrency * (1 + _WAITING_FOR_MICROSOFT)
            try:
                await lock.lead(
                    self._patience.for_ever(self._feed), *(self._patience.for_ever(self._work) for _ in range(workers))
                )
            finally:
                self._owner = None
                await self._give_back(owner)

    async def _give_back(self, owner: str) -> None:
        # Whoever leads would find out by the lock; this only makes it sooner.
        with suppress(Exception):
            async with self._database.transaction(deadline=2) as connection:
                await sweeps.release(connection, owner)

    async def _feed(self) -> None:
        """Open some of the sweeps that were taken, so few that each works soon after it was told to have begun.

        The database says which: a commit whose answer was lost took them too, and nobody else would.
        """
        assert self._owner is not None
        async with self._database.connection() as connection:
            runs = await sweeps.taken(connection, self._owner, sorted(self._at_work), self._concurrency)
            if not runs and len(self._at_work) < self._concurrency:
                # Whoever was here first took what came until then, and others would be idle beside it.
                runs = await sweeps.take_over(connection, self._owner, self._concurrency - len(self._at_work))
        visits = await self._tenants.open(runs, self._owner) if runs else []
        if not visits:
            await rest(self._bell)
        self._at_work.update(visit.run.run_id for visit in visits)
        for visit in visits:
            await self._opened.put(visit)

    async def _work(self) -> None:
        visit = await self._opened.get()
        try:
            async with self._slots.taken():
                await self._sweep(visit)
        finally:
            self._at_work.discard(visit.run.run_id)
            self._bell.set()

    async def _sweep(self, visit: Visit) -> None:
        first: list[Visit] = [visit]

        async def on() -> None:
            # After an outage what the database knows of it counts, and not what this process remembers.
            found = [first.pop()] if first else await self._opened_again(visit)
            for each in found:
                await self._guarded(each)

        await self._patience.until_done(on)

    async def _opened_again(self, visit: Visit) -> Sequence[Visit]:
        return await self._tenants.open({visit.tenant_id: visit.run.run_id}, visit.owner)

    async def _guarded(self, visit: Visit) -> None:
        await guarded(lambda: self._tenants.run(visit), lambda: self._tenants.interrupt(visit), visit.tenant_id)


async def guarded(
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
