"""What is asked of the ingestor, and what it answers, into the read model."""

from collections.abc import Sequence
from typing import Any

from matchbook_contracts.connections import (
    AddTenant,
    ConnectionTested,
    RemoveTenant,
    SyncRequestRefused,
    SyncSettingsChanged,
    TenantAdded,
    TenantRemoved,
    TestConnection,
)
from matchbook_contracts.sync import ResetSyncSchedule, SetDeviceSync, SetSyncSchedule
from matchbook_servicekit.database import Connection
from matchbook_servicekit.messaging import Received

from matchbook_api_gateway.adapters.write_store import put_by_key
from matchbook_api_gateway.domain.live import Changes
from matchbook_api_gateway.domain.rows import text

_ANSWERED = (SetDeviceSync, SetSyncSchedule, ResetSyncSchedule, AddTenant, RemoveTenant, TestConnection)


async def put_answers(records: Sequence[Received], connection: Connection, changes: Changes) -> None:
    """Note requests that wait for an answer, and the answers; either may come first.

    A request for a sweep is answered by the sweep, unless it is refused.
    """
    asked: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for record in records:
        match record.event:
            case event if isinstance(event, _ANSWERED):
                asked[event.request_id] = (event.request_id, event.tenant_id, event.actor.id, event.requested_at)
            case TenantAdded() | TenantRemoved() | SyncSettingsChanged() | ConnectionTested() as event:
                told[event.request_id] = _answer_row(event, record.body, None)
                changes.tenants.add(event.tenant_id)
            case SyncRequestRefused() as event:
                told[event.request_id] = _answer_row(event, record.body, event.message)
                changes.tenants.add(event.tenant_id)
            case _:
                pass
    await put_by_key(connection, "put_sync_requests", asked)
    await put_by_key(connection, "put_sync_answers", told)


def _answer_row(
    event: TenantAdded | TenantRemoved | SyncSettingsChanged | ConnectionTested | SyncRequestRefused,
    body: bytes,
    message: str | None,
) -> tuple[Any, ...]:
    kind = type(event).__name__
    return (event.request_id, event.tenant_id, event.actor.id, event.at, kind, text(message), body)
