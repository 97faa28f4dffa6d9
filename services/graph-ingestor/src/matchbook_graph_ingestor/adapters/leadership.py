"""One process at a time sweeps: an advisory lock that lives as long as its connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from matchbook_servicekit.database import Database

_STANDBY_SECONDS: Final = 1.0
_CHECK_SECONDS: Final = 5.0
_TRY_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext('matchbook.sweeps'), hashtext(current_schema()))"


class LeadershipLost(ConnectionError):  # noqa: N818 - what happened
    """The lock's connection ended; another process may lead now."""


class Leadership:
    """The lock while it is held."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def held(self) -> AsyncIterator["Leadership"]:
        """Wait for the lock, then hold it; raises what asyncpg or the socket says when the database is away."""
        connection = await self._database.dedicated()
        self._connection = connection
        try:
            while not await connection.fetchval(_TRY_LOCK, timeout=10):  # noqa: ASYNC110 - the lock is another process's
                await asyncio.sleep(_STANDBY_SECONDS)
            yield self
        finally:
            # The lock goes with the connection.
            connection.terminate()

    async def watch(self) -> None:
        """Raise LeadershipLost as soon as the lock can't be trusted any more."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            try:
                await self._connection.fetchval("SELECT true", timeout=_CHECK_SECONDS)
            except Exception as error:
                raise LeadershipLost("the connection that holds the sweep lock ended") from error
