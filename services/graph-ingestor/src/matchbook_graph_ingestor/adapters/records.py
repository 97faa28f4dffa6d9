"""The service's events as records.

An id is a function of the event, so that what is published again is the same record.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

from matchbook_contracts.base import device_key
from matchbook_contracts.connections import (
    ConnectionTested,
    SyncRequestRefused,
    SyncSettingsChanged,
    TenantAdded,
    TenantRemoved,
)
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, DeviceRetired, TenantDiscovered, TenantLost
from matchbook_contracts.sync import SweepDue, SyncCompleted, SyncFailed, SyncProgressed, SyncStarted
from matchbook_servicekit.messaging import Outgoing, derived_id, outgoing
from pydantic_core import to_json

from matchbook_graph_ingestor.domain.devices import Change

SOURCE: Final = "graph-ingestor"
Answer = SyncSettingsChanged | TenantAdded | TenantRemoved | SyncRequestRefused | ConnectionTested
_DEVICE: Final = DeviceDiscovered.ce_type()


def tenant_record(event: TenantDiscovered | TenantLost) -> Outgoing:
    """The record of a tenant's state."""
    return outgoing(event, source=SOURCE, event_id=_id(event.ce_type(), event.body()))


def run_record(event: SyncStarted | SyncProgressed | SyncCompleted | SyncFailed) -> Outgoing:
    """The record of a sweep's step; a sweep has one of each, and progress one at each number of pages."""
    step = event.counts.pages if isinstance(event, SyncProgressed) else 0
    return outgoing(
        event, source=SOURCE, event_id=derived_id("sync-runs", event.run_id, type(event).__name__, step), time=event.at
    )


def due_record(event: SweepDue) -> Outgoing:
    """The record that a sweep waits for somebody to take it; one that waits again has another."""
    event_id = derived_id("sweeps", event.run_id, event.at.isoformat())
    return outgoing(event, source=SOURCE, event_id=event_id, time=event.at)


def answer_record(event: Answer) -> Outgoing:
    """The record of what became of a command, which has one answer of a kind."""
    event_id = derived_id("sync-runs", event.request_id, type(event).__name__)
    return outgoing(event, source=SOURCE, event_id=event_id, time=event.at)


def retired_records(tenant_id: str, revisions: Mapping[str, int]) -> list[Outgoing]:
    """The records of retired devices; `revisions` are their last published ones."""
    events = [
        DeviceRetired(tenant_id=tenant_id, device_id=device_id, revision=revision + 1)
        for device_id, revision in sorted(revisions.items())
    ]
    return [outgoing(event, source=SOURCE, event_id=_id(event.ce_type(), event.body())) for event in events]


def device_records(tenant_id: str, changes: Sequence[Change]) -> list[Outgoing]:
    """The records of new and changed devices.

    Equal to `outgoing(DeviceDiscovered(…))` byte for byte, but made from the JSON that change detection needed anyway:
    a first sweep has a hundred thousand of them.
    """
    if not changes:
        return []
    sample = DeviceDiscovered(tenant_id=tenant_id, device_id="-", revision=1, facts=DeviceFacts())
    model = outgoing(sample, source=SOURCE, event_id="-")
    head = b'{"tenant_id":' + to_json(tenant_id) + b',"device_id":'
    names = [name for name, _ in model.headers]
    places = (names.index("ce_id"), names.index("ce_subject"))
    return [_device_record(tenant_id, change, model, head, places) for change in changes]


def _device_record(tenant_id: str, change: Change, model: Outgoing, head: bytes, places: tuple[int, int]) -> Outgoing:
    body = b'%b%b,"revision":%d,"facts":%b}' % (head, to_json(change.device_id), change.revision, change.facts)
    key = device_key(tenant_id, change.device_id)
    event_id = _id(_DEVICE, body)
    headers = list(model.headers)
    headers[places[0]] = ("ce_id", event_id.encode())
    headers[places[1]] = ("ce_subject", key.encode())
    return Outgoing(model.topic, key, model.partition_key, event_id, body, tuple(headers))


def _id(kind: str, body: bytes) -> str:
    return blake2b(body, digest_size=16, key=kind.encode()).hexdigest()
