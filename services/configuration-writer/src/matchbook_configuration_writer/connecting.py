"""The component that keeps what another system documents up to date here."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from matchbook_servicekit.database import Database
from matchbook_servicekit.leadership import Leadership
from matchbook_servicekit.patience import Patience
from matchbook_servicekit.telemetry import get_logger

from matchbook_configuration_writer.source import Away, Refused, Unreadable

log = get_logger(__name__)
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0


class Connector:
    """Reads every `interval` seconds. Of several replicas the one that holds the lock reads, the others stand by.

    What the source refuses, or what can't be understood, is tried again at the next turn and never ends the process.
    """

    def __init__(self, read: Callable[[], Awaitable[None]], database: Database, source: str, interval: float) -> None:
        self.name = f"connector {source}"
        self._read = read
        self._database = database
        self._interval = interval
        self._patience = Patience(self.name, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)

    def ready(self) -> str | None:
        """None while it reads or stands by; else why it can't, and what to do about it."""
        return self._patience.trouble

    async def run(self) -> None:
        """Work until cancelled; what is away is waited for."""
        await self._patience.for_ever(self._lead)

    async def _lead(self) -> None:
        lock = Leadership(self._database, f"matchbook.{self.name}")
        async with lock.held(standing_by=self._patience.at_ease) as leadership:
            await leadership.lead(self._turns())

    async def _turns(self) -> None:
        while True:
            await self._turn()
            await asyncio.sleep(self._interval)

    async def _turn(self) -> None:
        try:
            await self._read()
        except (Refused, Unreadable) as error:
            self._patience.trouble = f"{self.name}: {error}"
            log.error("documentation can't be read", connector=self.name, cause=str(error))  # noqa: TRY400 - no bug
        except Away as error:
            # It is not this service that is unwell, so it stays ready.
            self._patience.trouble = None
            log.warning("documentation is away", connector=self.name, cause=str(error))
        else:
            self._patience.trouble = None
