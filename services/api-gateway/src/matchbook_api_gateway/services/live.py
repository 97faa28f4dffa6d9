"""Live streams: every replica reads the log of changes and tells its own browsers."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.patience import Patience

from matchbook_api_gateway.adapters.change_log import ChangeLog
from matchbook_api_gateway.adapters.write_store import CHANNEL, QUERIES
from matchbook_api_gateway.domain.live import Event, events_of, visible
from matchbook_api_gateway.domain.people import Person

HEARTBEAT_SECONDS: Final = 15.0
QUEUE_LENGTH: Final = 1000
# Notifications wake at once; polling finds what they missed.
_POLL_SECONDS = 1.0
_READ_SECONDS = 30.0
_PRUNE_SECONDS = 60.0
_KEPT_SECONDS = 15 * 60.0


class News:
    """A promise to say when something changes after this moment."""

    def __init__(self, changed: asyncio.Event) -> None:
        self._changed = changed

    async def wait(self, seconds: float) -> None:
        """Return when something changed, or after `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()


class _Listener:
    """One browser: what it has still to be told. One that does not keep up is told to begin anew."""

    def __init__(self, organizations: tuple[str, ...] | None) -> None:
        self.organizations = organizations
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_LENGTH)

    def tell(self, events: Iterable[Event]) -> None:
        for event in events:
            if self.queue.full():
                self.restart(event.id)
            self.queue.put_nowait(event)

    def restart(self, number: int | None) -> None:
        self.drop()
        self.queue.put_nowait(Event("reset", {}, number))

    def end(self) -> None:
        self.drop()
        self.queue.put_nowait(None)

    def drop(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()


class Live:
    """A component: follows the log of changes and fans it out to this process's streams."""

    name = "live stream"

    def __init__(self, database: Database) -> None:
        self._database = database
        self._log = ChangeLog(database)
        self._listeners: set[_Listener] = set()
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._closed = False
        self._patience = Patience(self.name, first=0.2, longest=5.0, trouble=f"{self.name} has not begun")
        self._pruned = 0.0

    def news(self) -> News:
        return News(self._changed)

    def poke(self) -> None:
        """Look at the log now: a batch of this process was committed."""
        self._wake.set()

    def ready(self) -> str | None:
        return self._patience.trouble

    async def run(self) -> None:
        """Follow the log until cancelled; waits for a database that is away. Ends every stream at the end."""
        try:
            await self._patience.for_ever(self._follow)
        finally:
            self._closed = True
            for listener in self._listeners:
                listener.end()

    async def _follow(self) -> None:
        connection = await self._database.dedicated()
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
            await self._log.begin(connection)
            while True:
                self._wake.clear()
                while changes := await self._read(connection):
                    await self._tell(connection, changes)
                self._patience.at_ease()
                await self._prune(connection)
                # Not `wait_for`: in Python 3.11 it can lose a cancellation, and the process would not stop.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
        finally:
            connection.terminate()

    async def _read(self, connection: Connection) -> list[tuple[int, dict[str, Any]]]:
        async with asyncio.timeout(_READ_SECONDS):
            return await self._log.read(connection)

    async def _prune(self, connection: Connection) -> None:
        now = time.monotonic()
        if now - self._pruned > _PRUNE_SECONDS:
            self._pruned = now
            await connection.execute(QUERIES["prune"], _KEPT_SECONDS, timeout=30)

    async def _tell(self, connection: Connection, changes: list[tuple[int, dict[str, Any]]]) -> None:
        events = [event for number, document in changes for event in events_of(number, document)]
        scopes = {listener.organizations for listener in self._listeners}
        for scope in scopes:
            seen = list(visible(events, scope, await _tenants_of(connection, scope)))
            for listener in self._listeners:
                if listener.organizations == scope:
                    listener.tell(seen)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def subscribe(self, person: Person, last: int | None) -> AsyncIterator[Event | None]:
        """Events for a person from now on, after what they missed since number `last`.

        None when nothing came for a while. Ends when this process stops.
        """
        listener = _Listener(person.organizations)
        self._listeners.add(listener)
        try:
            for event in await self._missed(listener, last):
                yield event
            while not self._closed:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        found = await listener.queue.get()
                except TimeoutError:
                    yield None
                    continue
                if found is None:
                    return
                yield found
        finally:
            self._listeners.discard(listener)

    async def _missed(self, listener: _Listener, last: int | None) -> list[Event]:
        """What comes first: a place to resume from, then what was missed, or word that too much was."""
        now = self._log.last or 0
        opening = Event("ready", {}, now if last is None else last)
        if last is None or last == now:
            return [opening]
        changes = await self._log.between(last, now)
        if changes is None:
            return [opening, Event("reset", {}, now)]
        events = [event for number, document in changes for event in events_of(number, document)]
        async with self._database.connection() as connection:
            tenants = await _tenants_of(connection, listener.organizations)
        return [opening, *visible(events, listener.organizations, tenants)]


async def _tenants_of(connection: Connection, organizations: tuple[str, ...] | None) -> frozenset[str]:
    if organizations is None:
        return frozenset()
    rows = await connection.fetch(QUERIES["visible_tenants"], list(organizations), None)
    return frozenset(row["tenant_id"] for row in rows)
