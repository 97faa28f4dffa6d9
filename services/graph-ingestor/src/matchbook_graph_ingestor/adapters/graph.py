"""Microsoft Graph over HTTPS.

Pages, single objects, patience with throttling, and no step outside the configured host.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import aiohttp
from matchbook_servicekit.http_client import (
    a_little_later,
    backed_off,
    body_at_most,
    client_context,
    seconds_to_wait,
)
from msgspec import Struct
from yarl import URL

from matchbook_graph_ingestor import metrics
from matchbook_graph_ingestor.adapters.limits import Limits
from matchbook_graph_ingestor.adapters.tokens import Tokens
from matchbook_graph_ingestor.domain import graph_objects
from matchbook_graph_ingestor.domain.breaker import Breakers
from matchbook_graph_ingestor.domain.failures import Failure, of_answer
from matchbook_graph_ingestor.domain.graph_objects import (
    BY_ID_ONLY,
    LISTED,
    ContractPage,
    DevicePage,
    ManagedDevice,
    Organization,
    OrganizationPage,
    Page,
    RelationshipPage,
    Unreadable,
)
from matchbook_graph_ingestor.errors import DeviceGone, PageExpired, SweepFailed

_DEVICES: Final = "/v1.0/deviceManagement/managedDevices"
_RELATIONSHIPS: Final = "/v1.0/tenantRelationships/delegatedAdminRelationships"
_CONTRACTS: Final = "/v1.0/contracts"
_ORGANIZATION: Final = "/v1.0/organization"
_IDLE_PAGES: Final = 25
_LARGEST_DOMAINS_BYTES: Final = 512 * 1024
"""Entra allows 5,000 domains. What is much more fits into no event: whoever reads it would set it aside."""
_TRANSIENT: Final = frozenset({"throttled", "unavailable"})
_Item = TypeVar("_Item")
_Model = TypeVar("_Model", bound=Struct)


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """How to read Graph: times in seconds, sizes in records and bytes.

    A read is tried `attempts` times; a pause longer than `longest_pause` ends the sweep instead, which then waits. A
    tenant whose reads fail to the last attempt is not asked for up to `longest_break`, or as long as Microsoft says.
    """

    url: str
    page_size: int = 1000
    attempts: int = 5
    first_pause: float = 0.5
    longest_pause: float = 60.0
    timeout: float = 60.0
    largest_answer: int = 32 * 1024 * 1024
    connections: int = 32
    longest_break: float = 900.0


class Graph:
    """A client for all tenants. Every failure to read is a SweepFailed with its classified reason."""

    def __init__(
        self,
        settings: GraphSettings,
        tokens: Tokens,
        ca_file: Path | None = None,
        pause: Callable[[float], Any] = asyncio.sleep,
        *,
        limits: Limits | None = None,
    ) -> None:
        self.settings = settings
        self._tokens = tokens
        self._origin = URL(settings.url).origin()
        self._tls = client_context(ca_file)
        self._pause = pause
        self._limits = limits or Limits()
        self._breakers = Breakers(settings.first_pause, settings.longest_break, time.monotonic)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the pool of connections; nothing is asked yet."""
        await self.__aenter__()

    async def stop(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        self._tokens.close()
        if session is not None:
            await session.close()

    async def __aenter__(self) -> Self:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls, limit=self.settings.connections, keepalive_timeout=60),
                timeout=aiohttp.ClientTimeout(total=self.settings.timeout, sock_connect=10),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept": "application/json", "User-Agent": "Matchbook"},
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def relationships(self, partner: str) -> AsyncIterator[RelationshipPage]:
        """The partner's active delegated admin relationships; the filter is not to be relied on."""
        query = "?$filter=status%20eq%20'active'&$select=id,status,customer,endDateTime"
        return self._pages(partner, RelationshipPage, _RELATIONSHIPS + query, attrgetter("customer"))

    def relationships_with(self, partner: str, tenant_id: str) -> AsyncIterator[RelationshipPage]:
        """The partner's relationships with one customer, active or not; the filter is not to be relied on."""
        query = f"?$filter=customer/tenantId%20eq%20'{quote(tenant_id)}'&$select=id,status,customer,endDateTime"
        return self._pages(partner, RelationshipPage, _RELATIONSHIPS + query, attrgetter("customer"))

    def contracts(self, partner: str) -> AsyncIterator[ContractPage]:
        """The partner's customers as they were copied when each partnership began."""
        path = f"{_CONTRACTS}?$select=id,customerId,displayName,defaultDomainName"
        return self._pages(partner, ContractPage, path, attrgetter("tenant_id"))

    def devices(self, tenant_id: str, link: str | None = None) -> AsyncIterator[DevicePage]:
        """All devices of a tenant, page by page; from the page that `link` leads to, if one is given."""
        path = f"{_DEVICES}?$top={self.settings.page_size}&$select={','.join(LISTED.values())}"
        return self._pages(tenant_id, DevicePage, path, attrgetter("device_id"), link)

    async def organization(self, tenant_id: str) -> Organization | None:
        """The tenant's own record."""
        url = self._url(f"{_ORGANIZATION}?$select=id,displayName,verifiedDomains")
        page = await self._read(tenant_id, url, OrganizationPage)
        if not page.value:
            return None
        if sum(len(item.name.encode()) for item in page.value[0].verified_domains) > _LARGEST_DOMAINS_BYTES:
            raise SweepFailed(Failure("bad_answer", "more domains than any tenant has"))
        return page.value[0]

    async def device(self, tenant_id: str, device_id: str) -> ManagedDevice:
        """One device with what no list gives; raises DeviceGone when Graph does not know the id."""
        names = ",".join((*LISTED.values(), *BY_ID_ONLY.values()))
        url = self._url(f"{_DEVICES}/{quote(device_id, safe='')}?$select={names}")
        device = await self._read(tenant_id, url, ManagedDevice, may_be_gone=True)
        if device.device_id != device_id:
            raise SweepFailed(Failure("bad_answer", "another device than asked for"))
        return device

    async def _pages(
        self,
        tenant_id: str,
        model: type[Page[_Item]],
        path: str,
        identity: Callable[[_Item], object],
        link: str | None = None,
    ) -> AsyncIterator[Page[_Item]]:
        """A list that goes on without anything new ends: pages that are empty, or begin as one before, in a row."""
        visited, beginnings, idle = set[URL](), set[object](), 0
        first = self._url(path)
        url = first if link is None else self._next(link, visited)
        while url is not None:
            visited.add(url)
            page = await self._page(tenant_id, url, model, first=url == first)
            yield page
            beginning = {identity(item) for item in page.value[:1]}
            idle = 0 if beginning - beginnings else idle + 1
            beginnings |= beginning
            url = self._next(page.next_link, visited)
            if idle >= _IDLE_PAGES and url is not None:
                raise SweepFailed(Failure("bad_answer", "pages without anything new and without end"))

    async def _page(self, tenant_id: str, url: URL, model: type[Page[_Item]], *, first: bool) -> Page[_Item]:
        """One page; a later one that Graph refuses for what its link says, and not for our rights, has expired."""
        try:
            return await self._read(tenant_id, url, model)
        except SweepFailed as error:
            if not first and _is_refusal(error.failure):
                raise PageExpired(error.failure) from None
            raise

    def _next(self, link: str | None, visited: set[URL]) -> URL | None:
        """Where the list goes on; never to another scheme, host or port, and never to a page that was read."""
        if link is None:
            return None
        try:
            url = URL(link, encoded=True)
            same = url.origin() == self._origin
        except ValueError:
            raise SweepFailed(Failure("bad_answer", "a next page without an address")) from None
        if not same or url.user is not None:
            raise SweepFailed(Failure("bad_answer", "a next page on another host"))
        if url in visited:
            raise SweepFailed(Failure("bad_answer", "the same next page again"))
        return url

    def _url(self, path: str) -> URL:
        return URL(self.settings.url + path, encoded=True)

    async def _read(self, tenant_id: str, url: URL, model: type[_Model], *, may_be_gone: bool = False) -> _Model:
        """Read and check one answer, again after what may pass. The answer's body is gone when the next one is read."""
        refusal = self._breakers.refusal(tenant_id)
        if refusal is not None:
            raise SweepFailed(refusal)
        for attempt in range(1, self.settings.attempts + 1):
            answer = await self._attempt(tenant_id, url, model)
            if not isinstance(answer, Failure):
                self._breakers.worked(tenant_id)
                return answer
            if may_be_gone and _is_gone(answer):
                raise DeviceGone
            pause = self._patience(answer, attempt)
            if pause is None:
                if answer.reason in _TRANSIENT:
                    self._breakers.failed(tenant_id, answer)
                raise SweepFailed(answer)
            await self._pause(pause)
        raise AssertionError("the last attempt has no patience")

    def _patience(self, failure: Failure, attempt: int) -> float | None:
        """How long to wait before the next attempt; None to give up."""
        if failure.reason == "throttled":
            metrics.throttled.inc()
        if (
            attempt == self.settings.attempts
            or failure.reason not in {*_TRANSIENT, "bad_answer"}
            or _is_refusal(failure)
        ):
            return None
        if failure.retry_after is not None:
            asked = a_little_later(failure.retry_after)
            return asked if asked <= self.settings.longest_pause else None
        return backed_off(attempt, self.settings.first_pause, self.settings.longest_pause)

    async def _attempt(self, tenant_id: str, url: URL, model: type[_Model]) -> _Model | Failure:
        answer = await self._exchange(tenant_id, url)
        if isinstance(answer, Failure) and answer.detail.startswith("401 InvalidAuthenticationToken"):
            # A token may be revoked, or its hour be over by Microsoft's clock before it is by ours.
            answer = await self._exchange(tenant_id, url, renew=True)
        if isinstance(answer, Failure):
            return answer
        try:
            return graph_objects.read(model, answer)
        except Unreadable as error:
            return Failure("bad_answer", f"200 {error}")

    async def _exchange(self, tenant_id: str, url: URL, *, renew: bool = False) -> bytes | Failure:
        assert self._session is not None, "start() was not called"
        try:
            headers = {"Authorization": f"Bearer {await self._tokens.get(tenant_id, renew=renew)}"}
            await self._limits.wait(tenant_id)
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                body = await body_at_most(response.content.iter_any(), self.settings.largest_answer)
                if body is None:
                    response.close()
        except SweepFailed as error:
            return error.failure
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Failure("unavailable", type(error).__name__)
        if response.status == HTTPStatus.OK:
            return body if body is not None else Failure("bad_answer", "200 larger than any page")
        retry_after = seconds_to_wait(response.headers.get("Retry-After"), datetime.now(UTC))
        return of_answer(response.status, body or b"", retry_after=retry_after)


def _is_gone(failure: Failure) -> bool:
    """Whether Graph itself says that it has no such object; a 404 of some proxy has no such code."""
    return failure.detail.startswith("404 ") and failure.detail.lower().endswith("notfound")


def _is_refusal(failure: Failure) -> bool:
    """Whether a bad answer is Graph's considered word (a 4xx), and not a page that came broken."""
    return failure.reason == "bad_answer" and not failure.detail.startswith(str(HTTPStatus.OK.value))
