"""Which tenants are due, on the topic that all ingestors share."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from matchbook_contracts.sync import SweepDue
from matchbook_servicekit import outbox
from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.leadership import held_now
from matchbook_servicekit.messaging import Outgoing

from matchbook_graph_ingestor.adapters import records, sweeps
from matchbook_graph_ingestor.service import runs
from matchbook_graph_ingestor.service.runs import Clock, utc_now

_FORGOTTEN: Final = timedelta(minutes=5)
"""A message that nobody took for so long is sent again."""


class Filled(NamedTuple):
    """How many sweeps were put on the topic, and how many were open already."""

    queued: int
    open: int


class SweepQueue:
    """Keeps up to `ahead` sweeps open, so that the longest waiting come first and no replica runs dry."""

    def __init__(self, database: Database, ahead: int, clock: Clock = utc_now) -> None:
        self._database = database
        self._ahead = ahead
        self._clock = clock

    async def fill(self) -> Filled:
        """Queue tenants that are due, and again those whose process is no more."""
        now = self._clock()
        async with self._database.transaction() as connection:
            again = await self._orphans(connection, now)
            already = await sweeps.count_open(connection)
            due = await sweeps.due(connection, now, max(0, self._ahead - already))
            queued = await sweeps.queue(connection, {tenant_id: runs.new_id(now) for tenant_id in due}, now)
            told = {**again, **queued}
            await outbox.append(connection, [_record(key, run_id, now) for key, run_id in told.items()])
        return Filled(len(told), already)

    async def _orphans(self, connection: Connection, now: datetime) -> Mapping[str, str]:
        owners = await sweeps.owners(connection)
        gone = set(owners) - await held_now(connection, owners)
        return await sweeps.queue_again(connection, sorted(gone), now - _FORGOTTEN, now)


def _record(tenant_id: str, run_id: str, now: datetime) -> Outgoing:
    return records.due_record(SweepDue(run_id=run_id, tenant_id=tenant_id, at=now))
