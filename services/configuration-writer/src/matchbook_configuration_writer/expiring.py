"""The component that ends ignores when their time has come."""

import asyncio
from typing import Final

from matchbook_servicekit.database import Database, is_transient
from matchbook_servicekit.messaging import Transient
from matchbook_servicekit.telemetry import describe, get_logger

from matchbook_configuration_writer.service import Writer

log = get_logger(__name__)
_LONGEST_PAUSE: Final = 60.0


class Expiring:
    """Looks every `seconds`. Of several replicas each may do it: whoever comes second finds nothing left to end."""

    name = "ignore expiry"

    def __init__(self, writer: Writer, database: Database, seconds: float) -> None:
        self._writer = writer
        self._database = database
        self._seconds = seconds
        self._trouble: str | None = None

    def ready(self) -> str | None:
        """None, or what it waits for."""
        return self._trouble

    async def run(self) -> None:
        """Work until cancelled; waits for a database that is away."""
        pause = self._seconds
        while True:
            await asyncio.sleep(pause)
            try:
                while await self._some():
                    pass
            except Exception as error:
                if not (isinstance(error, Transient) or is_transient(error)):
                    raise
                self._trouble = f"{self.name} waits: {describe(error)}"
                log.warning("ignores wait to be ended", cause=describe(error))
                pause = min(_LONGEST_PAUSE, pause * 2)
            else:
                self._trouble, pause = None, self._seconds

    async def _some(self) -> int:
        async with self._database.transaction() as connection:
            return await self._writer.expire(connection)
