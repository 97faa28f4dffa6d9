"""tenants, devices, sync-runs and sync-requests into the read model."""

from collections.abc import Sequence
from typing import Any

from matchbook_contracts.discovery import DeviceDiscovered, DeviceRetired, TenantDiscovered, TenantLost
from matchbook_contracts.sync import (
    ResetSyncSchedule,
    SetDeviceSync,
    SetSyncSchedule,
    SyncCompleted,
    SyncFailed,
    SyncProgressed,
    SyncRequest,
    SyncStarted,
)
from matchbook_servicekit.database import Connection
from matchbook_servicekit.messaging import Outgoing, Received

from matchbook_api_gateway.adapters.write_store import put_by_key, tell
from matchbook_api_gateway.domain.commands import LONGEST_INTERVAL
from matchbook_api_gateway.domain.live import Changes
from matchbook_api_gateway.domain.rows import device_row, sort_key, tenant_row, text
from matchbook_api_gateway.handlers.newest import newest
from matchbook_api_gateway.handlers.sync_answers import put_answers

TOPICS = ("matchbook.tenants", "matchbook.devices", "matchbook.sync-runs", "matchbook.sync-requests")
_NO_COUNTS: dict[str, int] = {}


async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
    """One batch of what the ingestor found and did."""
    changes = Changes()
    await _put_tenants(records, connection, changes)
    stale = await _put_devices(records, connection, changes)
    await _put_syncs(records, connection, changes)
    await put_answers(records, connection, changes)
    await tell(connection, changes, stale)
    return ()


async def _put_tenants(records: Sequence[Received], connection: Connection, changes: Changes) -> None:
    found: dict[str, Any] = {}
    lost: dict[str, Any] = {}
    for record in records:
        match record.event:
            case TenantDiscovered() as event:
                newest(found, event.tenant_id, tenant_row(event, record.body), 1)
            case TenantLost() as event:
                name = text(event.display_name) or ""
                row = (event.tenant_id, event.revision, name, sort_key(name), event.reason, text(event.detail))
                newest(lost, event.tenant_id, row, 1)
            case _:
                pass
    await put_by_key(connection, "put_tenants", found)
    await put_by_key(connection, "put_lost_tenants", lost)
    changes.tenants |= found.keys() | lost.keys()
    changes.summary |= bool(found or lost)


async def _put_devices(records: Sequence[Received], connection: Connection, changes: Changes) -> set[str]:
    found: dict[tuple[str, str], Any] = {}
    retired: dict[tuple[str, str], Any] = {}
    for record in records:
        event = record.event
        if isinstance(event, DeviceDiscovered):
            newest(found, (event.tenant_id, event.device_id), device_row(event, record.body), 2)
        elif isinstance(event, DeviceRetired):
            newest(retired, (event.tenant_id, event.device_id), (event.tenant_id, event.device_id, event.revision), 2)
    await put_by_key(connection, "put_devices", found)
    await put_by_key(connection, "put_retired_devices", retired)
    touched = found.keys() | retired.keys()
    changes.devices |= touched
    return {tenant for tenant, _ in touched}


async def _put_syncs(records: Sequence[Received], connection: Connection, changes: Changes) -> None:
    runs: dict[tuple[str, str, str], Any] = {}
    device_syncs: dict[str, Any] = {}
    schedules: dict[str, Any] = {}
    for record in records:
        match record.event:
            case SyncStarted() | SyncProgressed() | SyncCompleted() | SyncFailed() as event:
                key = (event.run_id, event.tenant_id, event.scope)
                runs[key] = _run_row(event, runs.get(key))
                changes.tenants.add(event.tenant_id)
                changes.summary |= isinstance(event, SyncCompleted)
            case SetDeviceSync(enabled=value) as event:
                _put_setting(device_syncs, event, value, changes)
            case SetSyncSchedule(interval_seconds=value) as event:
                # What is longer the ingestor refuses.
                if value <= LONGEST_INTERVAL:
                    _put_setting(schedules, event, value, changes)
            case ResetSyncSchedule() as event:
                _put_setting(schedules, event, None, changes)
            case _:
                pass
    await put_by_key(connection, "put_sync_runs", runs)
    await put_by_key(connection, "put_device_sync_settings", device_syncs)
    await put_by_key(connection, "put_schedules", schedules)


def _put_setting(settings: dict[str, Any], event: SyncRequest, value: bool | int | None, changes: Changes) -> None:
    # Microsoft writes tenant ids in small letters; people may write them in capitals.
    tenant_id = event.tenant_id.lower()
    settings[tenant_id] = (tenant_id, value, event.requested_at)
    changes.tenants.add(tenant_id)


def _run_row(
    event: SyncStarted | SyncProgressed | SyncCompleted | SyncFailed, before: tuple[Any, ...] | None
) -> tuple[Any, ...]:
    status, reason, message = "running", None, None
    started_at = before[4] if before else None
    match event:
        case SyncStarted():
            started_at = event.at
        case SyncCompleted():
            status, started_at = "completed", event.started_at
        case SyncFailed():
            status, started_at, reason, message = "failed", event.started_at, event.reason, text(event.message)
        case SyncProgressed():
            pass
    counts = _NO_COUNTS if isinstance(event, SyncStarted) else event.counts.model_dump()
    return (event.run_id, event.tenant_id, event.scope, status, started_at, event.at, counts, reason, message)
