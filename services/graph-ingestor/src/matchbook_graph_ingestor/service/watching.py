"""How fresh the tenants are, and whether a sweep is stuck: for metrics and for the log."""

import asyncio
from datetime import timedelta
from math import inf
from typing import Final

from matchbook_servicekit.database import Database
from matchbook_servicekit.telemetry import get_logger

from matchbook_graph_ingestor import metrics
from matchbook_graph_ingestor.adapters import sweeps
from matchbook_graph_ingestor.service.runs import Clock, utc_now

log = get_logger(__name__)
_LOOK_SECONDS: Final = 15.0


class Watch:
    """Looks now and then. Each stuck sweep is told once, and counted for as long as it is."""

    def __init__(self, database: Database, stuck_after: timedelta, clock: Clock = utc_now) -> None:
        self._database = database
        self._stuck_after = stuck_after
        self._clock = clock
        self._told: set[str] = set()

    async def keep(self) -> None:
        """Look once, then wait."""
        await self.look()
        await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Set the metrics, and tell of what is stuck."""
        now = self._clock()
        async with self._database.connection() as connection:
            fresh = await sweeps.freshness(connection)
            stuck = await sweeps.stuck(connection, now - self._stuck_after)
        metrics.freshness.clear()
        for tenant_id, at in fresh.items():
            metrics.freshness.labels(tenant_id).set(inf if at is None else (now - at).total_seconds())
        metrics.stuck.set(len(stuck))
        for item in stuck:
            if item.run_id not in self._told:
                self._tell(item)
        self._told = {item.run_id for item in stuck}

    def forget(self) -> None:
        """Leave the metrics to whoever looks from now on."""
        metrics.freshness.clear()
        metrics.stuck.set(0)

    def _tell(self, item: sweeps.Stuck) -> None:
        log.error(
            "a sweep is stuck",
            tenant_id=item.tenant_id,
            run_id=item.run_id,
            owner=item.owner,
            since=item.moved_at.isoformat(),
            remedy="restart the process that has it: another goes on from its last page",
        )
