"""The component that keeps what another system documents up to date here."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
from matchbook_servicekit.database import Database, is_transient
from matchbook_servicekit.leadership import Leadership
from matchbook_servicekit.messaging import Transient
from matchbook_servicekit.telemetry import describe, get_logger

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
        self._trouble: str | None = None

    def ready(self) -> str | None:
        """None while it reads or stands by; else why it can't, and what to do about it."""
        return self._trouble

    async def run(self) -> None:
        """Work until cancelled; what is away is waited for."""
        pause = _FIRST_PAUSE
        while True:
            try:
                async with Leadership(self._database, f"matchbook.{self.name}").held() as leadership:
                    pause = _FIRST_PAUSE
                    await leadership.lead(self._turns())
            except (Transient, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not (isinstance(error, Transient) or is_transient(error)):
                    raise
                self._trouble = f"{self.name} waits: {describe(error)}"
                log.warning("connector waits for what is away", connector=self.name, cause=describe(error))
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)

    async def _turns(self) -> None:
        while True:
            await self._turn()
            await asyncio.sleep(self._interval)

    async def _turn(self) -> None:
        try:
            await self._read()
        except (Refused, Unreadable) as error:
            self._trouble = f"{self.name}: {error}"
            log.error("documentation can't be read", connector=self.name, cause=str(error))  # noqa: TRY400 - no bug
        except Away as error:
            # It is not this service that is unwell, so it stays ready.
            self._trouble = None
            log.warning("documentation is away", connector=self.name, cause=str(error))
        else:
            self._trouble = None
