"""What is told of a command to the ingestor."""

from datetime import datetime

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
from matchbook_contracts.sync import ConfirmRetirements, RequestSync, SetDeviceSync, SetSyncSchedule
from matchbook_servicekit.messaging import Outgoing

from matchbook_graph_ingestor.adapters import records
from matchbook_graph_ingestor.adapters.request_store import SyncSettings
from matchbook_graph_ingestor.domain.connection import passed
from matchbook_graph_ingestor.domain.requests import Refusal

Command = RequestSync | SetDeviceSync | SetSyncSchedule | ConfirmRetirements | AddTenant | RemoveTenant | TestConnection


def settings_changed(command: Command, before: SyncSettings, after: SyncSettings, at: datetime) -> Outgoing:
    """What is set now; also told where it was so before, for who asked waits for an answer."""
    return records.answer_record(
        SyncSettingsChanged(
            request_id=command.request_id,
            tenant_id=command.tenant_id,
            actor=command.actor,
            at=at,
            device_sync=after.device_sync,
            interval_seconds=after.interval,
            changed=after != before,
        )
    )


def refused(command: Command, refusal: Refusal, at: datetime) -> Outgoing:
    """That a command changes nothing, and why."""
    return records.answer_record(
        SyncRequestRefused(
            request_id=command.request_id,
            tenant_id=command.tenant_id,
            actor=command.actor,
            at=at,
            command=type(command).__name__,
            reason=refusal.reason,
            message=refusal.sentence(command.tenant_id),
        )
    )


def added(command: AddTenant, tenant_id: str, at: datetime, *, changed: bool) -> Outgoing:
    """That a tenant is looked after, whose id may be known only now."""
    return records.answer_record(
        TenantAdded(
            request_id=command.request_id,
            tenant_id=tenant_id,
            actor=command.actor,
            at=at,
            asked_for=command.tenant_id,
            changed=changed,
        )
    )


def removed(command: RemoveTenant, tenant_id: str, at: datetime) -> Outgoing:
    """That a tenant is not looked after by hand any more."""
    return records.answer_record(
        TenantRemoved(request_id=command.request_id, tenant_id=tenant_id, actor=command.actor, at=at)
    )


def tested(command: TestConnection, steps: tuple[ConnectionStep, ...], at: datetime) -> Outgoing:
    """What a test found."""
    return records.answer_record(
        ConnectionTested(
            request_id=command.request_id,
            tenant_id=command.tenant_id,
            actor=command.actor,
            at=at,
            ok=passed(steps),
            steps=steps,
        )
    )
