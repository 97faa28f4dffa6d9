"""What is told of a command to the ingestor."""

from datetime import datetime
from typing import Any

from matchbook_contracts.connections import (
    AddTenant,
    ConnectionStep,
    ConnectionTested,
    RemoveTenant,
    SyncRequestRefused,
    SyncSettingsChanged,
    TenantAdded,
    TenantRemoved,
    TestConnection,
)
from matchbook_contracts.sync import ConfirmRetirements, RequestSync, ResetSyncSchedule, SetDeviceSync, SetSyncSchedule
from matchbook_servicekit.messaging import Outgoing

from matchbook_graph_ingestor.adapters import records
from matchbook_graph_ingestor.adapters.request_store import SyncSettings
from matchbook_graph_ingestor.domain.connection import passed
from matchbook_graph_ingestor.domain.requests import Refusal

Command = (
    RequestSync
    | SetDeviceSync
    | SetSyncSchedule
    | ResetSyncSchedule
    | ConfirmRetirements
    | AddTenant
    | RemoveTenant
    | TestConnection
)


def settings_changed(command: Command, before: SyncSettings, after: SyncSettings, at: datetime) -> Outgoing:
    """What is set now; also told where it was so before, for who asked waits for an answer."""
    values = {"device_sync": after.device_sync, "interval_seconds": after.interval, "changed": after != before}
    return _answer(SyncSettingsChanged, command, at, **values)


def refused(command: Command, refusal: Refusal, at: datetime) -> Outgoing:
    """That a command changes nothing, and why."""
    message = refusal.sentence(command.tenant_id)
    name = type(command).__name__
    return _answer(SyncRequestRefused, command, at, command=name, reason=refusal.reason, message=message)


def added(command: AddTenant, tenant_id: str, at: datetime, *, changed: bool) -> Outgoing:
    """That a tenant is looked after, whose id may be known only now."""
    return _answer(TenantAdded, command, at, tenant_id=tenant_id, asked_for=command.tenant_id, changed=changed)


def removed(command: RemoveTenant, tenant_id: str, at: datetime) -> Outgoing:
    """That a tenant is not looked after by hand any more."""
    return _answer(TenantRemoved, command, at, tenant_id=tenant_id)


def tested(command: TestConnection, tenant_id: str, steps: tuple[ConnectionStep, ...], at: datetime) -> Outgoing:
    """What a test found, of the tenant whose id may be known only now."""
    return _answer(ConnectionTested, command, at, tenant_id=tenant_id, ok=passed(steps), steps=steps)


def _answer(kind: type[records.Answer], asked: Command, at: datetime, **values: Any) -> Outgoing:
    about: dict[str, Any] = {
        "request_id": asked.request_id,
        "tenant_id": asked.tenant_id.lower(),
        "actor": asked.actor,
        "at": at,
    }
    return records.answer_record(kind(**about | values))
