"""What happened: the public log that PSA consumers follow and every rebuild starts from.

Each event carries the state of its aggregate after it, so that a fold of the log is its last event per aggregate.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from matchbook_contracts.base import Cause, Contract, FieldChange, Id, Timestamp, Value, device_key
from matchbook_contracts.decisions import RejectionReason
from matchbook_contracts.states import (
    AutoAcceptPolicy,
    ConfigurationState,
    DeviceMatchState,
    OrganizationState,
    TenantMatchState,
    Version,
)

Count = Annotated[int, Field(ge=0)]


class MatchEvent(Contract):
    """What all events share. `version` counts the aggregate's events from 1, without gaps."""

    topic: ClassVar[str] = "matchbook.match-events"

    version: Version
    occurred_at: Timestamp
    cause: Cause


class _DeviceMatchEvent(MatchEvent):
    """`configuration` is the matched configuration as it is after the event; for a revert, the one let go."""

    embedded: ClassVar[tuple[str, ...]] = ("configuration", "state")

    tenant_id: Id
    device_id: Id
    entra_device_id: str | None = None
    organization_id: Id | None = None
    previous_organization_id: Id | None = None
    configuration_id: Id | None = None
    previous_configuration_id: Id | None = None
    changes: tuple[FieldChange, ...] = ()
    configuration: ConfigurationState | None = None
    state: DeviceMatchState

    @property
    def key(self) -> str:
        return device_key(self.tenant_id, self.device_id)

    @property
    def partition_key(self) -> str:
        return self.tenant_id


class DeviceMatched(_DeviceMatchEvent):
    """A device was matched to a configuration: accepted, chosen or created."""

    action: Literal["accept", "match_to", "create"]


class DeviceIgnored(_DeviceMatchEvent):
    """A device counts as unmatched no longer."""

    action: Literal["ignore"] = "ignore"


class MatchReverted(_DeviceMatchEvent):
    """A matched or ignored device is unmatched again."""

    action: Literal["revert"] = "revert"


class MatchChanged(_DeviceMatchEvent):
    """A matched device was matched to another configuration."""

    action: Literal["change"] = "change"


class MatchCarriedOver(_DeviceMatchEvent):
    """A machine was enrolled again and its match moved to the new enrolment, or left the old one.

    Two events, one per enrolment; `other_device_id` names the other.
    """

    action: Literal["carry_over"] = "carry_over"
    other_device_id: Id


class MatchOrphaned(_DeviceMatchEvent):
    """The device's tenant left (`state.orphaned`) or came back to the organization of its match."""

    action: Literal["orphan"] = "orphan"


class _TenantMatchEvent(MatchEvent):
    embedded: ClassVar[tuple[str, ...]] = ("state",)

    tenant_id: Id
    organization_id: Id | None = None
    previous_organization_id: Id | None = None
    state: TenantMatchState

    @property
    def key(self) -> str:
        return self.tenant_id


class TenantMatched(_TenantMatchEvent):
    """A tenant was matched to an organization."""

    action: Literal["accept", "match_to", "create"]


class TenantIgnored(_TenantMatchEvent):
    """A tenant is left out of what is to be matched."""

    action: Literal["ignore"] = "ignore"


class TenantMatchReverted(_TenantMatchEvent):
    """A matched or ignored tenant is unmatched again."""

    action: Literal["revert"] = "revert"


class TenantMatchChanged(_TenantMatchEvent):
    """A matched tenant was matched to another organization."""

    action: Literal["change"] = "change"


class _ConfigurationEvent(MatchEvent):
    embedded: ClassVar[tuple[str, ...]] = ("state",)

    configuration_id: Id
    organization_id: Id
    previous_organization_id: Id | None = None
    tenant_id: Id | None = None
    device_id: Id | None = None
    entra_device_id: str | None = None
    changes: tuple[FieldChange, ...] = ()
    state: ConfigurationState

    @property
    def key(self) -> str:
        return self.configuration_id

    @property
    def partition_key(self) -> str:
        return self.organization_id


class ConfigurationCreated(_ConfigurationEvent):
    """A configuration was documented: imported, or created from a device and then held from PSA sync."""

    action: Literal["create", "import"]


class ConfigurationUpdated(_ConfigurationEvent):
    """Values of a configuration changed; `changes` are the values in force, before and after."""

    action: Literal["sync", "edit", "import", "revert"]


class ConfigurationArchived(_ConfigurationEvent):
    """A configuration was archived or, with `state.archived` false, brought back."""

    action: Literal["archive"] = "archive"


class ConfigurationReleased(_ConfigurationEvent):
    """A held configuration may sync to the PSA."""

    action: Literal["release"] = "release"


class _OrganizationEvent(MatchEvent):
    embedded: ClassVar[tuple[str, ...]] = ("state",)

    organization_id: Id
    changes: tuple[FieldChange, ...] = ()
    state: OrganizationState

    @property
    def key(self) -> str:
        return self.organization_id


class OrganizationCreated(_OrganizationEvent):
    """An organization was documented."""

    action: Literal["create", "import"]


class OrganizationUpdated(_OrganizationEvent):
    """An organization's name, aliases, domains or archived state changed."""

    action: Literal["edit", "import"]


class DecisionRejected(MatchEvent):
    """A valid command that the state forbids: the one outcome of its decision.

    `message` is a sentence for the person.
    """

    decision_id: Id
    command: str
    reason: RejectionReason
    message: str
    tenant_id: Id | None = None
    device_id: Id | None = None
    organization_id: Id | None = None
    configuration_id: Id | None = None
    candidates: tuple[Id, ...] = ()

    @property
    def key(self) -> str:
        return self.decision_id


class ImportRowResult(Value):
    """What an import did with one row of the file."""

    row: int
    id: Id
    result: Literal["created", "updated", "unchanged", "rejected"]
    reason: RejectionReason | None = None
    message: str | None = None


class ImportApplied(MatchEvent):
    """A chunk of an import was applied. `results` says what was done with each row, and the counts sum it up."""

    import_id: Id
    decision_id: Id
    subject: Literal["organizations", "configurations"]
    chunk: Annotated[int, Field(ge=1)]
    chunks: Annotated[int, Field(ge=1)]
    created: Count = 0
    updated: Count = 0
    unchanged: Count = 0
    rejected: Count = 0
    results: tuple[ImportRowResult, ...] = ()

    @property
    def key(self) -> str:
        return self.import_id


class AutoAcceptPoliciesSet(MatchEvent):
    """The auto-accept policies were replaced."""

    decision_id: Id
    policies: tuple[AutoAcceptPolicy, ...]

    @property
    def key(self) -> str:
        return "policies"


class BulkUndone(MatchEvent):
    """A bulk action is being undone: `undone` rows follow, each by a decision of its own with the `bulk_id` of this
    event's `decision_id`. `left` lists the aggregates that had changed since, or that can't be undone: the first
    thousand of `left_count`.
    """

    decision_id: Id
    bulk_id: Id
    undone: Count
    left: tuple[str, ...] = ()
    left_count: Count | None = None

    @property
    def key(self) -> str:
        return self.bulk_id
