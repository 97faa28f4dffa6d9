"""The scheduler: sees what is due, for as long as this process leads."""

import asyncio
from typing import Final

from matchbook_servicekit.database import Database
from matchbook_servicekit.leadership import Leadership
from matchbook_servicekit.patience import Patience
from matchbook_servicekit.telemetry import get_logger

from matchbook_graph_ingestor.adapters import store
from matchbook_graph_ingestor.service.customer_sweep import CustomerSweep
from matchbook_graph_ingestor.service.rest import rest
from matchbook_graph_ingestor.service.runs import Clock, utc_now
from matchbook_graph_ingestor.service.sweep_queue import SweepQueue
from matchbook_graph_ingestor.service.sweeper import guarded
from matchbook_graph_ingestor.service.watching import Watch

log = get_logger(__name__)
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 15.0


class Scheduler:
    """A component: reads the customer lists and queues due sweeps until cancelled.

    What is due is in the database; `wake` only makes it look sooner. With fewer than `few` open sweeps it is idle.
    """

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        customers: CustomerSweep,
        queue: SweepQueue,
        watch: Watch,
        database: Database,
        *,
        few: int,
        clock: Clock = utc_now,
    ) -> None:
        self.name = "scheduler"
        self._customers = customers
        self._queue = queue
        self._watch = watch
        self._database = database
        self._few = few
        self._clock = clock
        self._bells = (asyncio.Event(), asyncio.Event())
        self._idle = False
        self._patience = Patience(self.name, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)

    def ready(self) -> str | None:
        """None while it leads, or stands by for the process that does; else what it waits for."""
        return self._patience.trouble

    def wake(self) -> None:
        """Look at once for what is due."""
        for bell in self._bells:
            bell.set()

    def idle(self) -> bool:
        """Whether this process leads and, when it last looked, no tenant had to wait for another's sweep."""
        return self._idle

    async def run(self) -> None:
        """Lead whenever no other process does."""
        await self._patience.for_ever(self._lead)

    async def _lead(self) -> None:
        lock = Leadership(self._database, "matchbook.sweeps")
        async with lock.held(standing_by=self._patience.at_ease) as leadership:
            log.info("this process says what is due")
            try:
                await leadership.lead(
                    self._patience.for_ever(self._list_customers),
                    self._patience.for_ever(self._fill),
                    self._patience.for_ever(self._watch.keep),
                )
            finally:
                self._idle = False
                self._watch.forget()

    async def _list_customers(self) -> None:
        async with self._database.connection() as connection:
            due = await store.customers_due(connection, self._clock())
        if due:
            await guarded(self._customers.run, self._customers.interrupt, None)
            self.wake()
        await rest(self._bells[0])

    async def _fill(self) -> None:
        filled = await self._queue.fill()
        self._idle = filled.queued + filled.open < self._few
        await rest(self._bells[1])
