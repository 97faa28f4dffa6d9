"""IT Glue over HTTPS: pages of 1,000, the budget of requests, patience, and no step outside the configured host."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

import aiohttp
from matchbook_contracts.base import Actor
from matchbook_contracts.decisions import ConfigurationRow
from matchbook_contracts.states import Interface
from matchbook_servicekit.http_client import (
    a_little_later,
    backed_off,
    body_at_most,
    client_context,
    seconds_to_wait,
)
from matchbook_servicekit.telemetry import get_logger

from matchbook_configuration_writer import metrics
from matchbook_configuration_writer.domain.documentation import Documented, Page, Resource, Unreadable
from matchbook_configuration_writer.domain.it_glue import read_interfaces, read_page
from matchbook_configuration_writer.source import Away, Refused

log = get_logger(__name__)
Clock = Callable[[], float]
Pause = Callable[[float], Awaitable[None]]
Answer = TypeVar("Answer")

_ACTOR: Final = Actor(kind="system", id="connector:it-glue", name="IT Glue")
# A second more than IT Glue counts, since requests need not arrive as far apart as they were sent.
_WINDOW_SECONDS: Final = 301.0
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
# However short their spread makes them, the pauses together outlast the window of IT Glue's limit.
_ATTEMPTS: Final = 16
_ATTEMPTS_TO_UNDERSTAND: Final = 3
_LONGEST_WAIT_ASKED: Final = 900.0
_LARGEST_ANSWER: Final = 64 * 1024 * 1024
_LARGEST_KEY: Final = 10_000
_INCLUDED: Final[Mapping[Resource, Mapping[str, str]]] = MappingProxyType(
    {"organizations": {}, "configurations": {"include": "configuration_interfaces"}}
)
_WHY_REFUSED: Final = (
    "IT Glue does not accept the API key ({status}). Make a new one under Account > Settings > API Keys and put it "
    "into the file that MATCHBOOK_IT_GLUE_API_KEY_FILE names. Check that MATCHBOOK_IT_GLUE_URL is the "
    "address of your account's region."
)


@dataclass(frozen=True, slots=True)
class ItGlueSettings:
    """How to read IT Glue. `budget` is how many requests may be sent in any five minutes; times are in seconds."""

    url: str
    api_key_file: Path
    ca_file: Path | None = None
    page_size: int = 1000
    budget: int = 3000
    timeout: float = 120.0


class Budget:
    """Lets at most `requests` go in any window of so many seconds; who comes too early waits."""

    def __init__(self, requests: int, *, clock: Clock = time.monotonic, pause: Pause = asyncio.sleep) -> None:
        self._sent: deque[float] = deque(maxlen=requests)
        self._clock = clock
        self._pause = pause

    async def spend(self) -> None:
        """Wait until one more may be sent, and count it."""
        while len(self._sent) == self._sent.maxlen and (left := self._sent[0] + _WINDOW_SECONDS - self._clock()) > 0:
            await self._pause(left)
        self._sent.append(self._clock())


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why an attempt failed; `asked` is how many seconds IT Glue wants to be left alone."""

    what: str
    asked: float | None = None


class ItGlue:
    """The documentation source that is IT Glue."""

    actor = _ACTOR

    def __init__(
        self, settings: ItGlueSettings, *, clock: Clock = time.monotonic, pause: Pause = asyncio.sleep
    ) -> None:
        self.settings = settings
        self._tls = client_context(settings.ca_file)
        self._budget = Budget(settings.budget, clock=clock, pause=pause)
        self._pause = pause
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the pool of connections; nothing is asked yet."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls, limit=2),
                timeout=aiohttp.ClientTimeout(total=self.settings.timeout, sock_connect=10),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept": "application/vnd.api+json", "User-Agent": "Matchbook"},
            )
            # aiohttp repeats a request by itself when a connection breaks, which the budget would not know of.
            self._session._retry_connection = False  # noqa: SLF001 - there is no public way

    async def stop(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def newest(self, resource: Resource) -> datetime | None:
        """When the record that changed last was changed; one that never changed stands first and says nothing."""
        page = await self._page(resource, 1, "-updated_at", size=1)
        return page.records[0].updated_at if page.records else None

    async def page(self, resource: Resource, number: int, *, whole: bool) -> Page:
        """A page of the list with each configuration's interfaces."""
        return await self._page(resource, number, "-id" if whole else "-updated_at", size=self.settings.page_size)

    async def _page(self, resource: Resource, number: int, sort: str, *, size: int) -> Page:
        query = {"sort": sort, "page[size]": f"{size}", "page[number]": f"{number}", **_INCLUDED[resource]}
        where = f"page {number} of the {resource}"
        page, hidden = await self._read(f"/{resource}", query, where, lambda body: read_page(resource, number, body))
        return await self._with_interfaces(page, frozenset(hidden)) if hidden and size > 1 else page

    async def _with_interfaces(self, page: Page, hidden: frozenset[str]) -> Page:
        """The page with the interfaces that had to be asked for, a configuration at a time."""
        records = [
            Documented(await self._interfaces_of(record.row), record.updated_at)
            if isinstance(record.row, ConfigurationRow) and record.row.id in hidden
            else record
            for record in page.records
        ]
        return replace(page, records=tuple(records))

    async def _interfaces_of(self, row: ConfigurationRow) -> ConfigurationRow:
        path = f"/configurations/{row.id}/relationships/configuration_interfaces"
        query = {"page[size]": "1000"}
        where = f"the interfaces of configuration {row.id}"

        def read(body: bytes) -> tuple[Interface, ...]:
            return read_interfaces(row.id, body)

        return row.model_copy(update={"interfaces": await self._read(path, query, where, read)})

    async def _read(self, path: str, query: Mapping[str, str], where: str, read: Callable[[bytes], Answer]) -> Answer:
        """Ask until the answer can be used; `where` names it in errors."""
        misread = unasked = 0
        for attempt in range(1, _ATTEMPTS + 1):
            answer = await self._attempt(path, query, where)
            if not isinstance(answer, _Trouble):
                try:
                    return read(answer)
                except Unreadable as error:
                    misread += 1
                    if misread == _ATTEMPTS_TO_UNDERSTAND:
                        raise
                    answer = _Trouble(str(error))
            unasked += answer.asked is None
            await self._wait(answer, attempt, unasked, where)
        raise AssertionError("the last attempt has no patience")

    async def _wait(self, trouble: _Trouble, attempt: int, unasked: int, where: str) -> None:
        asked = trouble.asked
        if attempt == _ATTEMPTS or (asked is not None and asked > _LONGEST_WAIT_ASKED):
            raise Away(f"IT Glue does not give {where}: {trouble.what}. It is asked again later.")
        seconds = backed_off(unasked, _FIRST_PAUSE, _LONGEST_PAUSE) if asked is None else a_little_later(asked)
        log.info("waiting for IT Glue", what=where, cause=trouble.what, seconds=round(seconds, 1))
        await self._pause(seconds)

    async def _attempt(self, path: str, query: Mapping[str, str], where: str) -> bytes | _Trouble:
        assert self._session is not None, "start() was not called"
        headers = {"x-api-key": self._key()}
        await self._budget.spend()
        metrics.requests.inc()
        try:
            async with self._session.get(
                f"{self.settings.url}{path}", params=query, headers=headers, allow_redirects=False
            ) as response:
                if response.status != HTTPStatus.OK:
                    return _not_given(response, where)
                body = await body_at_most(response.content.iter_any(), _LARGEST_ANSWER)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _Trouble(type(error).__name__)
        if body is None:
            size = _LARGEST_ANSWER // 1024 // 1024
            raise Unreadable(f"{where.capitalize()} has more than {size} MiB. Lower MATCHBOOK_IT_GLUE_PAGE_SIZE.")
        return body

    def _key(self) -> str:
        """The key as its file has it now, so that a new one is taken without a restart."""
        try:
            with self.settings.api_key_file.open(encoding="utf-8") as file:
                key = file.read(_LARGEST_KEY).strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise Refused(f"The file that MATCHBOOK_IT_GLUE_API_KEY_FILE names can't be read: {why}.") from error
        if not key.isascii() or not key.isprintable() or not key:
            raise Refused("The file that MATCHBOOK_IT_GLUE_API_KEY_FILE names must hold the API key and nothing else.")
        return key


def _not_given(response: aiohttp.ClientResponse, where: str) -> _Trouble:
    """What may pass. Raises Refused and Unreadable for what asking again won't mend."""
    status = response.status
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise Refused(_WHY_REFUSED.format(status=status))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        metrics.throttled.inc()
        return _Trouble(f"status {status}", seconds_to_wait(response.headers.get("Retry-After"), datetime.now(UTC)))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return _Trouble(f"status {status}", seconds_to_wait(response.headers.get("Retry-After"), datetime.now(UTC)))
    raise Unreadable(f"IT Glue answers {where} with status {status}, which can't be used.")
