"""Sweeps of Microsoft Graph: the commands that ask for them and what became of each."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from matchbook_contracts.base import Actor, Contract, Id, Timestamp, Value

Count = Annotated[int, Field(ge=0)]
SyncScope = Literal["customers", "devices"]
FailureReason = Literal[
    "consent_missing",
    "permission_missing",
    "licence_missing",
    "relationship_expired",
    "credential_rejected",
    "throttled",
    "unavailable",
    "bad_answer",
    "retirement_brake",
    "interrupted",
]
EVERY_TENANT = "*"


class SyncCounts(Value):
    """What a sweep did so far, in records; `pages` counts Graph answers."""

    pages: Count = 0
    seen: Count = 0
    published: Count = 0
    unchanged: Count = 0
    retired: Count = 0


class _SyncRun(Contract):
    topic: ClassVar[str] = "matchbook.sync-runs"

    run_id: Id
    tenant_id: Id
    scope: SyncScope
    at: Timestamp

    @property
    def key(self) -> str:
        return self.tenant_id


class SyncStarted(_SyncRun):
    """A sweep of one tenant's devices, or (scope `customers`) of the partner tenant's customer list, began."""

    requested_by: Actor | None = None


class SyncProgressed(_SyncRun):
    """How far a running sweep is."""

    counts: SyncCounts


class SyncCompleted(_SyncRun):
    """A sweep read everything; only such a sweep may retire devices."""

    started_at: Timestamp
    counts: SyncCounts


class SyncFailed(_SyncRun):
    """A sweep ended incomplete; nothing was retired. `message` is a sentence for a person."""

    started_at: Timestamp
    counts: SyncCounts
    reason: FailureReason
    message: str


class SweepDue(Contract):
    """A tenant is to be swept by whichever ingestor reads this. It may come twice: the run is swept once."""

    topic: ClassVar[str] = "matchbook.sweeps"

    run_id: Id
    tenant_id: Id
    at: Timestamp

    @property
    def key(self) -> str:
        return self.tenant_id


class SyncRequest(Contract):
    """What all commands to the ingestor say; no command itself."""

    topic: ClassVar[str] = "matchbook.sync-requests"

    request_id: Id
    actor: Actor
    requested_at: Timestamp
    tenant_id: Id = EVERY_TENANT

    @property
    def key(self) -> str:
        return self.tenant_id


class RequestSync(SyncRequest):
    """Sweep a tenant now, or all (`tenant_id` = `*`)."""


class SetDeviceSync(SyncRequest):
    """Set Sync Intune Devices for a tenant, or the account's default (`*`); None returns a tenant to the default."""

    enabled: bool | None = None


class SetSyncSchedule(SyncRequest):
    """Set how often tenants are swept, in seconds."""

    interval_seconds: Annotated[int, Field(ge=60)]


class ResetSyncSchedule(SyncRequest):
    """Let a tenant be swept as often as the account is again, or the account (`*`) as the service is configured."""


class ConfirmRetirements(SyncRequest):
    """Let a sweep that the retirement brake stopped retire what it found absent."""

    run_id: Id
