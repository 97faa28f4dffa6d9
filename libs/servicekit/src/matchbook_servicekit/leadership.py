"""One process at a time does a piece of work: an advisory lock that lives as long as its connection.

A lock of a name that nobody else uses is a sign of life: `held_now` says whose are seen.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from matchbook_servicekit.database import Connection, Database

_STANDBY_SECONDS: Final = 1.0
_CHECK_SECONDS: Final = 5.0
_HELD: Final = """
SELECT name FROM unnest($1::text[]) AS name
WHERE EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 2
        AND classid = hashtext(name)::oid AND objid = hashtext(current_schema())::oid
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""
_TRY_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext($1), hashtext(current_schema()))"


async def held_now(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of the names whose locks anybody holds."""
    return {row["name"] for row in await connection.fetch(_HELD, names)} if names else set()


class LeadershipLost(ConnectionError):  # noqa: N818 - what happened
    """The lock's connection ended; another process may lead now."""


class Leadership:
    """A lock while it is held. `name` is the lock's, such as `matchbook.sweeps`; each schema has its own.

    `connection` is the lock's own, for what is to end with it.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    @asynccontextmanager
    async def held(self, standing_by: Callable[[], None] = lambda: None) -> AsyncIterator["Leadership"]:
        """Wait for the lock, then hold it; raises what asyncpg or the socket says when the database is away.

        `standing_by` is called whenever another process was found to hold it: all is well then.
        """
        connection = await self._database.dedicated()
        self.connection = connection
        try:
            while not await connection.fetchval(_TRY_LOCK, self._name, timeout=10):
                standing_by()
                await asyncio.sleep(_STANDBY_SECONDS)
            yield self
        finally:
            # The lock goes with the connection.
            connection.terminate()

    async def lead(self, *parts: Coroutine[Any, Any, None]) -> None:
        """Run all until one ends or fails, the lock can't be trusted any more (LeadershipLost), or this is cancelled.

        Then none runs any more; what the first raised is raised.
        """
        tasks = [asyncio.create_task(part) for part in (self._watch(), *parts)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            next(iter(done)).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            try:
                await self.connection.fetchval("SELECT true", timeout=_CHECK_SECONDS)
            except Exception as error:
                raise LeadershipLost(f"the connection that holds the lock {self._name} ended") from error
