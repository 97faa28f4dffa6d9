"""Counts per tenant, kept apart from the batches that change them: counted again shortly after each."""

import asyncio
import contextlib
import time

from matchbook_servicekit.database import Database
from matchbook_servicekit.patience import Patience

from matchbook_api_gateway.adapters.write_store import QUERIES, tell
from matchbook_api_gateway.domain.live import Changes

_POLL_SECONDS = 2.0
_PAUSE_SECONDS = 0.2
# Counting takes at most about this share of the time, however much changes.
_SHARE = 0.2
_MOST_TENANTS = 25


class Counting:
    """A component; several replicas share the work, since each leaves alone what another has locked."""

    name = "counts"

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wake = asyncio.Event()
        self._patience = Patience(self.name, first=_POLL_SECONDS)

    def poke(self) -> None:
        """Something changed in this process's batches."""
        self._wake.set()

    def ready(self) -> str | None:
        """Late counts are no reason to take the gateway out of service."""
        return None

    async def run(self) -> None:
        """Count until cancelled; waits for a database that is away."""
        while True:
            # Not `wait_for`: in Python 3.11 it can lose a cancellation, and the process would not stop.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            await self._patience.until_done(self._round)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _round(self) -> None:
        """Every stale tenant once, however often some of them change meanwhile, with a rest after each few."""
        last: str | None = ""
        while last is not None:
            began = time.monotonic()
            last = await self.count(last)
            await asyncio.sleep((time.monotonic() - began) * (1 - _SHARE) / _SHARE)

    async def count(self, after: str = "") -> str | None:
        """Count the next few stale tenants in the order of their ids; the last one's id, None when there was none."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(QUERIES["lock_stale"], _MOST_TENANTS, after)
            tenants = [row["tenant_id"] for row in rows]
            if tenants:
                await connection.execute(QUERIES["recount"], tenants)
                await tell(connection, Changes(tenants=set(tenants), summary=True), set())
        return tenants[-1] if tenants else None
