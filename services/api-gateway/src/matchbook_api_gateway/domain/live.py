"""What the live stream tells: which rows changed, gathered from batches so that a flood stays readable."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

# More changed devices of one tenant than this in one batch, and the page is told to read the tenant's list again.
MOST_DEVICES = 25
# More outcomes of one bulk action than this in one batch, and only the bulk action is told of.
MOST_OUTCOMES = 25


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event. `tenant_id` and `organization_id` say who may see it; neither: everybody.

    `unscoped`: only for people who see everything.
    """

    kind: str
    data: dict[str, Any]
    id: int | None = None
    tenant_id: str | None = None
    organization_id: str | None = None
    unscoped: bool = False


def render(event: Event) -> bytes:
    """The event in the stream's format."""
    head = f"id: {event.id}\n" if event.id is not None else ""
    return f"{head}event: {event.kind}\ndata: {json.dumps(event.data, separators=(',', ':'))}\n\n".encode()


@dataclass
class Changes:
    """What one batch changed, by id; the same thing twice counts once."""

    devices: set[tuple[str, str]] = field(default_factory=set)
    tenants: set[str] = field(default_factory=set)
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    # With the tenant each is about; null where it is about none, or only its decisions know.
    bulks: set[tuple[str, str | None]] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    summary: bool = False

    def __bool__(self) -> bool:
        parts = (self.devices, self.tenants, self.decisions, self.bulks, self.imports)
        return self.summary or any(parts)

    def document(self) -> dict[str, Any]:
        """As it is stored: floods reduced, everything in a fixed order."""
        crowds = Counter(tenant for tenant, _ in self.devices)
        crowded = {tenant for tenant, count in crowds.items() if count > MOST_DEVICES}
        bulky = Counter(item["bulk_id"] for item in self.decisions.values())
        return {
            "devices": sorted(item for item in self.devices if item[0] not in crowded),
            "tenants": sorted(self.tenants | crowded),
            "decisions": [item for item in self.decisions.values() if not _is_flood(item, bulky)],
            "bulks": sorted(self.bulks, key=lambda bulk: (bulk[0], bulk[1] or "")),
            "imports": sorted(self.imports),
            "summary": self.summary,
        }


def _is_flood(item: dict[str, Any], bulky: Counter[str | None]) -> bool:
    return item["bulk_id"] is not None and bulky[item["bulk_id"]] > MOST_OUTCOMES


def events_of(number: int, document: dict[str, Any]) -> Iterator[Event]:
    """The events of a stored batch of changes; all carry its number: resuming repeats a batch whole or not at all."""
    for item in document["decisions"]:
        yield Event("decision", item, number, item["tenant_id"], item["organization_id"], _is_general(item))
    for tenant, device in document["devices"]:
        yield Event("device", {"tenant_id": tenant, "device_id": device}, number, tenant)
    for tenant in document["tenants"]:
        yield Event("tenant", {"tenant_id": tenant}, number, tenant)
    for bulk, tenant in document["bulks"]:
        yield Event("bulk", {"bulk_id": bulk}, number, tenant, unscoped=tenant is None)
    for import_id in document["imports"]:
        yield Event("import", {"import_id": import_id}, number, unscoped=True)
    if document["summary"]:
        yield Event("summary", {}, number)


def _is_general(item: dict[str, Any]) -> bool:
    return item["tenant_id"] is None and item["organization_id"] is None


def visible(events: Iterable[Event], organizations: tuple[str, ...] | None, tenants: frozenset[str]) -> Iterator[Event]:
    """Those of the events that a person of this scope may see; `tenants` are the tenants of their organizations."""
    for event in events:
        if organizations is None or _in_scope(event, organizations, tenants):
            yield event


def _in_scope(event: Event, organizations: tuple[str, ...], tenants: frozenset[str]) -> bool:
    if event.unscoped:
        return False
    if event.tenant_id is not None:
        return event.tenant_id in tenants
    return event.organization_id is None or event.organization_id in organizations
