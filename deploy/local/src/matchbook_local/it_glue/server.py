"""The API over TLS, until the block ends."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from matchbook_local.emulator.identity.certificates import TlsFiles, tls_files

from .documents import error, included, interfaces, listing, resource
from .faults import Faults
from .limit import Limit
from .world import SORTS, Account, Kind

KEY = "ITG.an-api-key-of-nobody"
LARGEST_PAGE = 1000
USUAL_PAGE = 50
_QUERY = frozenset({"sort", "page[size]", "page[number]", "include"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class ItGlueEmulator:
    """A running emulator. What is set here holds from the next request on.

    `shows_interfaces`: whether a list that includes interfaces shows them, or only names them. `requests` are the paths
    and queries that were asked for.
    """

    account: Account
    url: str = ""
    ca_file: Path = Path()
    key: str = KEY
    limit: Limit = field(default_factory=Limit)
    faults: Faults = field(default_factory=Faults)
    shows_interfaces: bool = True
    requests: list[str] = field(default_factory=list)


EMULATOR = web.AppKey("emulator", ItGlueEmulator)


class _RefusedError(Exception):
    def __init__(self, status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(title)
        self.status, self.body, self.headers = status, error(status, title, detail), headers or {}


@contextlib.asynccontextmanager
async def running_it_glue(
    account: Account, folder: Path, *, limit: Limit | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[ItGlueEmulator]:
    """Serve `account`; the authority that clients must trust is kept in `folder`."""
    tls = await asyncio.to_thread(_tls, folder)
    emulator = ItGlueEmulator(account, ca_file=tls.ca_file, limit=limit or Limit())
    app = web.Application(middlewares=[_gate])
    app[EMULATOR] = emulator
    app.add_routes(
        [
            web.get("/organizations", _organizations),
            web.get("/configurations", _configurations),
            web.get("/configurations/{id}/relationships/configuration_interfaces", _interfaces),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    listener = socket.create_server((host, port), backlog=1024)
    try:
        await web.SockSite(runner, listener, ssl_context=tls.context()).start()
        emulator.url = f"https://{host}:{listener.getsockname()[1]}"
        yield emulator
    finally:
        await runner.cleanup()
        listener.close()


def _tls(folder: Path) -> TlsFiles:
    folder.mkdir(parents=True, exist_ok=True)
    return tls_files(folder)


@web.middleware
async def _gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The key, the limit, the faults, and errors in their shape."""
    emulator = request.app[EMULATOR]
    emulator.requests.append(request.path_qs)
    try:
        _check_key(emulator, request)
        _check_limit(emulator)
        return await _faulty(emulator, request) or await handler(request)
    except _RefusedError as refused:
        return web.json_response(refused.body, status=refused.status, headers=refused.headers)
    except web.HTTPNotFound:
        return web.json_response(error(404, "Not Found", "There is no such route."), status=404)


def _check_key(emulator: ItGlueEmulator, request: web.Request) -> None:
    key = request.headers.get("x-api-key")
    if key is None:
        raise _RefusedError(401, "Unauthorized", "The x-api-key header is missing.")
    if key != emulator.key:
        raise _RefusedError(403, "Forbidden", "The API key is not valid.")


def _check_limit(emulator: ItGlueEmulator) -> None:
    seconds = emulator.limit.take()
    if seconds is not None:
        headers = {"Retry-After": str(seconds)} if emulator.limit.retry_after else {}
        raise _RefusedError(429, "Too Many Requests", "Too many requests were made within five minutes.", headers)


async def _faulty(emulator: ItGlueEmulator, request: web.Request) -> web.Response | None:
    number = _number(request, "page[number]", 1)
    if emulator.faults.before_page is not None:
        emulator.faults.before_page(request.path, number)
    fault = emulator.faults.next(request.path, number)
    if fault is None:
        return None
    if fault.breaks:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()
    given = {"Retry-After": fault.retry_after, "Location": fault.location}
    headers = {name: value for name, value in given.items() if value is not None}
    body = fault.body if fault.body is not None else b'{"errors":[{"title":"A fault"}]}'
    return web.Response(status=fault.status, body=body, headers=headers, content_type="application/vnd.api+json")


async def _organizations(request: web.Request) -> web.Response:
    return _list(request, "organizations")


async def _configurations(request: web.Request) -> web.Response:
    return _list(request, "configurations")


def _list(request: web.Request, kind: Kind) -> web.Response:
    emulator = request.app[EMULATOR]
    unknown = sorted(request.query.keys() - _QUERY)
    if unknown:
        raise _RefusedError(400, "Bad Request", f"{unknown[0]} is not allowed")
    sort = request.query.get("sort", "name")
    if sort.removeprefix("-") not in SORTS:
        raise _RefusedError(400, "Bad Request", f"{sort} is not a valid sort criteria for {kind}")
    number, size = _number(request, "page[number]", 1), _number(request, "page[size]", USUAL_PAGE)
    if size > LARGEST_PAGE:
        raise _RefusedError(422, "Unprocessable Entity", f"page[size] must not exceed {LARGEST_PAGE}.")
    entries = emulator.account.listed(kind, sort)
    shown = entries[(number - 1) * size : number * size]
    related = request.query.get("include") == "configuration_interfaces" and kind == "configurations"
    meta, links = listing(f"{emulator.url}{request.path}", request.query, number, size, len(entries))
    data = [resource(kind, entry, emulator.account, related=related) for entry in shown]
    body: dict[str, Any] = {"data": data, "meta": meta, "links": links}
    if related and emulator.shows_interfaces:
        body["included"] = included(shown)
    return _document(body)


async def _interfaces(request: web.Request) -> web.Response:
    text = request.match_info["id"]
    entry = request.app[EMULATOR].account.find("configurations", int(text)) if text.isdigit() else None
    if entry is None:
        raise _RefusedError(404, "Not Found", "The configuration does not exist.")
    return _document({"data": interfaces(entry)})


def _number(request: web.Request, name: str, usual: int) -> int:
    text = request.query.get(name, str(usual))
    if not text.isdigit() or not int(text):
        raise _RefusedError(400, "Bad Request", f"{name} must be a number.")
    return int(text)


def _document(body: dict[str, Any]) -> web.Response:
    return web.json_response(body, content_type="application/vnd.api+json")
