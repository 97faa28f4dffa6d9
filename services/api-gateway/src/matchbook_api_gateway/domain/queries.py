"""What a list is asked for, and the cursors that lead from page to page."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Literal

from matchbook_api_gateway.domain.commands import StatusFilter, SuggestionFilter

TenantSort = Literal[
    "display_name", "-display_name", "devices_unmatched", "-devices_unmatched", "last_sync", "-last_sync"
]
DeviceSort = Literal[
    "device_name",
    "-device_name",
    "serial_number",
    "-serial_number",
    "confidence",
    "-confidence",
    "last_sync_at",
    "-last_sync_at",
    "user_principal_name",
    "-user_principal_name",
]


class BadCursor(Exception):  # noqa: N818 - a kind of input
    """A cursor that this list did not give out."""


@dataclass(frozen=True, slots=True)
class TenantQuery:
    """A page of tenants; `sort` begins with a minus for descending order."""

    status: Literal["unmatched", "matched", "ignored", "all"] = "all"
    search: str = ""
    sort: TenantSort = "display_name"
    cursor: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class DeviceQuery:
    """A page of a tenant's devices; `sort` begins with a minus for descending order."""

    status: StatusFilter = "unmatched"
    suggestion: SuggestionFilter = "any"
    search: str = ""
    sort: DeviceSort = "device_name"
    cursor: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Place:
    """The last row of a page: the value it was sorted by, as text, and its id."""

    value: str
    id: str


def write_cursor(sort: str, place: Place) -> str:
    """An opaque text that leads to the rows after `place` in the same order."""
    return base64.urlsafe_b64encode(json.dumps([sort, place.value, place.id]).encode()).decode().rstrip("=")


def read_cursor(sort: str, cursor: str | None) -> Place | None:
    """The place that a cursor names; raises BadCursor for one of another order, or of none."""
    if cursor is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
    match found:
        case [str(order), str(value), str(id_)] if order == sort and "\x00" not in value + id_:
            return Place(value, id_)
    raise BadCursor


@dataclass(frozen=True, slots=True)
class Words:
    """A search as typed, in lower case, and without its punctuation, as serial numbers and MAC addresses are kept.

    `plain` is None where stripping would leave too little to look for.
    """

    typed: str
    plain: str | None


_SHORTEST_PLAIN = 3


def words_of(search: str) -> Words | None:
    """What to look for; None for a blank search."""
    typed = " ".join(search.lower().split())
    plain = "".join(letter for letter in typed if letter.isalnum())
    if not typed:
        return None
    return Words(typed, plain if len(plain) >= _SHORTEST_PLAIN else None)
