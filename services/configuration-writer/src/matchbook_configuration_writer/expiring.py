"""The component that ends ignores when their time has come."""

import asyncio
from typing import Final

from matchbook_servicekit.database import Database
from matchbook_servicekit.patience import Patience

from matchbook_configuration_writer.service import Writer

_LONGEST_PAUSE: Final = 60.0


class Expiring:
    """Looks every `seconds`. Of several replicas each may do it: whoever comes second finds nothing left to end."""

    name = "ignore expiry"

    def __init__(self, writer: Writer, database: Database, seconds: float) -> None:
        self._writer = writer
        self._database = database
        self._seconds = seconds
        self._patience = Patience(self.name, first=seconds, longest=_LONGEST_PAUSE)

    def ready(self) -> str | None:
        """None, or what it waits for."""
        return self._patience.trouble

    async def run(self) -> None:
        """Work until cancelled; waits for a database that is away."""
        while True:
            await asyncio.sleep(self._seconds)
            while await self._patience.until_done(self._some):
                pass

    async def _some(self) -> int:
        async with self._database.transaction() as connection:
            return await self._writer.expire(connection)
