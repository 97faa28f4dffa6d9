"""Query options, and the opaque links from page to page."""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from matchbook_local.emulator.addresses import base_url

from .errors import GraphError, bad_request

UNSUPPORTED = ("$orderby", "$search", "$expand", "$skip", "$apply")


@dataclass(frozen=True, slots=True)
class Options:
    select: tuple[str, ...]
    filter: str
    top: int
    after: int
    """The last position of the page before; -1 for the first page."""


def options(query: Mapping[str, str], *, page_size: int, largest: int) -> Options:
    """Raises GraphError for options that Graph, or this emulator of it, does not accept."""
    for name in UNSUPPORTED:
        if name in query:
            raise bad_request(f"The query option '{name}' is not supported here.")
    names = (name.strip() for name in query.get("$select", "").split(","))
    return Options(
        select=tuple(name for name in names if name),
        filter=query.get("$filter", "").strip(),
        top=_top(query.get("$top"), page_size, largest),
        after=position(query.get("$skiptoken")),
    )


def _top(text: str | None, page_size: int, largest: int) -> int:
    if text is None:
        return page_size
    if not text.isdigit() or not int(text):
        raise bad_request(f"Invalid value '{text}' for $top query option: a positive integer is required.")
    return min(int(text), largest)


def skip_token(after: int, page: int) -> str:
    """Says where to go on, in a form that nobody is tempted to read or count on."""
    raw = json.dumps({"p": after, "n": page, "s": secrets.token_hex(8)}).encode()
    return base64.urlsafe_b64encode(raw[::-1]).decode()


def position(token: str | None) -> int:
    """After which position a page begins; -1 for the first. Raises GraphError."""
    return _read(token)["p"] if token is not None else -1


def page_number(token: str | None) -> int:
    """1 for the first page; 0 where the token is nonsense."""
    try:
        return _read(token)["n"] if token is not None else 1
    except GraphError:
        return 0


def _read(token: str) -> dict[str, int]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(token)[::-1])
        return {name: int(raw[name]) for name in ("p", "n")}
    except (ValueError, TypeError, KeyError, binascii.Error) as error:
        raise bad_request("Skip token is invalid or has expired.") from error


def next_link(request: web.Request, after: int) -> str:
    """The page after this one, which begins after a position."""
    query = {name: value for name, value in request.query.items() if name != "$skiptoken"}
    query["$skiptoken"] = skip_token(after, page_number(request.query.get("$skiptoken")) + 1)
    return f"{base_url(request)}{request.path}?{urlencode(query, safe='$,')}"
