"""JSON:API documents as IT Glue writes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from .world import Account, Entry, Kind

Json = dict[str, Any]


def error(status: int, title: str, detail: str) -> Json:
    return {"errors": [{"status": str(status), "title": title, "detail": detail}]}


def time_of(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def listing(url: str, query: Mapping[str, str], number: int, size: int, total: int) -> tuple[Json, Json]:
    """The meta and links of a page."""
    pages = max(1, -(-total // size))
    before, after = (number - 1 if number > 1 else None), (number + 1 if number < pages else None)
    meta: Json = {
        "current-page": number,
        "next-page": after,
        "prev-page": before,
        "total-pages": pages,
        "total-count": total,
        "filters": {},
    }
    named = {"self": number, "first": 1, "prev": before, "next": after, "last": pages}
    links = {
        name: f"{url}?{urlencode({**query, 'page[number]': page})}" for name, page in named.items() if page is not None
    }
    return meta, links


def resource(kind: Kind, entry: Entry, account: Account, *, related: bool) -> Json:
    """An object; `related` names its interfaces."""
    stamps = {"created-at": time_of(entry.created_at), "updated-at": time_of(entry.updated_at)}
    attributes = {**entry.attributes, **stamps}
    if kind == "configurations":
        organization = account.find("organizations", entry.attributes["organization-id"])
        attributes["organization-name"] = organization.attributes["name"] if organization else None
    found: Json = {"id": str(entry.id), "type": kind, "attributes": attributes}
    if related:
        data = [{"id": str(item["id"]), "type": "configuration-interfaces"} for item in entry.interfaces]
        found["relationships"] = {"configuration-interfaces": {"data": data}}
    return found


def included(entries: Sequence[Entry]) -> list[Json]:
    """The interfaces of a page's configurations."""
    return [
        {"id": str(item["id"]), "type": "configuration-interfaces", "attributes": item}
        for entry in entries
        for item in entry.interfaces
    ]


def interfaces(entry: Entry) -> list[Json]:
    """A configuration's own list of them, where the id stands among the attributes."""
    return [{"type": "configuration-interfaces", "attributes": item} for item in entry.interfaces]
