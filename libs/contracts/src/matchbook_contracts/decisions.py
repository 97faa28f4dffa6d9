"""Commands: every decision and edit that a person or a policy makes. The writer answers each with one outcome."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from matchbook_contracts.base import Actor, Contract, Id, Timestamp, Value, device_key
from matchbook_contracts.states import AutoAcceptPolicy, FieldName, Interface

IMPORTS_KEY = "imports"
POLICIES_KEY = "policies"


class Decision(Contract):
    """What all commands share. `decision_id` is the sender's and makes the command idempotent."""

    topic: ClassVar[str] = "matchbook.decisions"

    decision_id: Id
    actor: Actor
    decided_at: Timestamp
    bulk_id: Id | None = None


class DeviceDecision(Decision):
    """A decision about one device."""

    tenant_id: Id
    device_id: Id

    @property
    def key(self) -> str:
        return device_key(self.tenant_id, self.device_id)

    @property
    def partition_key(self) -> str:
        return self.tenant_id


class AcceptMatch(DeviceDecision):
    """Match the device to the suggested configuration; refused if the suggestion is no longer the one shown."""

    suggestion_id: Id


class MatchTo(DeviceDecision):
    """Match the device to a configuration chosen by a person."""

    configuration_id: Id


class CreateConfiguration(DeviceDecision):
    """Document the device as a new configuration, held from PSA sync.

    Refused where a free configuration has its serial number or MAC address, unless `confirmed`.
    """

    name: str | None = None
    configuration_type: str | None = None
    confirmed: bool = False


class IgnoreDevice(DeviceDecision):
    """Count the device as unmatched no longer, for ever or until a time."""

    reason: str | None = None
    until: Timestamp | None = None


class RevertMatch(DeviceDecision):
    """Return a matched or ignored device to unmatched."""


class ChangeMatch(DeviceDecision):
    """Match a matched device to another configuration, in one step."""

    configuration_id: Id


class UndoDeviceDecision(DeviceDecision):
    """Put the device back where it stood before a decision; refused where it has changed since."""

    undone_decision_id: Id


class TenantDecision(Decision):
    """A decision about one tenant."""

    tenant_id: Id

    @property
    def key(self) -> str:
        return self.tenant_id


class AcceptTenantMatch(TenantDecision):
    """Match the tenant to the suggested organization; refused if the suggestion is no longer the one shown."""

    suggestion_id: Id


class MatchTenantTo(TenantDecision):
    """Match the tenant to an organization chosen by a person."""

    organization_id: Id


class CreateOrganization(TenantDecision):
    """Document the tenant as a new organization."""

    name: str | None = None


class IgnoreTenant(TenantDecision):
    """Leave the tenant out of what is to be matched, for ever or until a time."""

    reason: str | None = None
    until: Timestamp | None = None


class RevertTenantMatch(TenantDecision):
    """Return a matched or ignored tenant to unmatched; the matches of its devices stay, as orphans."""


class ChangeTenantMatch(TenantDecision):
    """Match a matched tenant to another organization, in one step."""

    organization_id: Id


class UndoTenantDecision(TenantDecision):
    """Put the tenant back where it stood before a decision; refused where it has changed since."""

    undone_decision_id: Id


class ConfigurationDecision(Decision):
    """A decision about one configuration. `organization_id` is its organization, as the sender knows it."""

    organization_id: Id
    configuration_id: Id

    @property
    def key(self) -> str:
        return self.configuration_id

    @property
    def partition_key(self) -> str:
        return self.organization_id


class EditConfiguration(ConfigurationDecision):
    """Set documented values and locks and save; saving releases a held configuration to the PSA.

    `expected_version` refuses the edit of a configuration that has changed since it was shown. A value of None clears.
    """

    values: dict[FieldName, str | None] = Field(default_factory=dict)
    locks: dict[FieldName, bool] = Field(default_factory=dict)
    expected_version: int | None = None


class ArchiveConfiguration(ConfigurationDecision):
    """Archive a configuration, or bring it back."""

    archived: bool = True


class ReleaseConfiguration(ConfigurationDecision):
    """Let a held configuration sync to the PSA."""


class UndoConfigurationDecision(ConfigurationDecision):
    """Put the configuration back to what it was before a decision; refused where it has changed since.

    One that was released is held again, which tells the PSA no more than that nothing further is meant for it.
    """

    undone_decision_id: Id


class OrganizationDecision(Decision):
    """A decision about one organization."""

    organization_id: Id

    @property
    def key(self) -> str:
        return self.organization_id


class EditOrganization(OrganizationDecision):
    """Rename an organization or set the further names its tenants may go by. None leaves a value as it is."""

    name: str | None = None
    aliases: tuple[str, ...] | None = None


class OrganizationRow(Value):
    """One row of an organizations file. `row` is its line in the file, for messages.

    `keeps_archived`: the row does not say whether it is archived, so what is documented stays as it is.
    """

    row: int
    id: Id
    name: Annotated[str, Field(min_length=1)]
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    archived: bool = False
    keeps_archived: Literal[True] | None = None


class ConfigurationRow(Value):
    """One row of a configurations file, with its interfaces; `values` holds the fields that are not blank.

    `keeps_archived`: the row does not say whether it is archived, so what is documented stays as it is.
    """

    row: int
    id: Id
    organization_id: Id
    values: dict[FieldName, str]
    interfaces: tuple[Interface, ...] = ()
    archived: bool = False
    keeps_archived: Literal[True] | None = None


class _Import(Decision):
    import_id: Id
    chunk: Annotated[int, Field(ge=1)]
    chunks: Annotated[int, Field(ge=1)]

    @property
    def key(self) -> str:
        return IMPORTS_KEY


class ImportOrganizations(_Import):
    """A chunk of a checked organizations file; `chunk` counts from 1."""

    rows: tuple[OrganizationRow, ...]


class ImportConfigurations(_Import):
    """A chunk of a checked configurations file; `chunk` counts from 1."""

    rows: tuple[ConfigurationRow, ...]


class SetAutoAcceptPolicies(Decision):
    """Replace the ordered auto-accept policies."""

    policies: tuple[AutoAcceptPolicy, ...]

    @property
    def key(self) -> str:
        return POLICIES_KEY


class UndoBulk(Decision):
    """Undo all of a bulk action that has not changed since; what has is left and listed.

    The writer sends an `UndoDeviceDecision`, `UndoTenantDecision` or `UndoConfigurationDecision` for each of its rows,
    in a bulk action whose id is this `decision_id`.
    """

    undone_bulk_id: Id

    @property
    def key(self) -> str:
        return self.undone_bulk_id


RejectionReason = Literal[
    "suggestion_changed",
    "no_suggestion",
    "already_matched",
    "already_ignored",
    "already_unmatched",
    "not_matched",
    "configuration_taken",
    "configuration_archived",
    "other_organization",
    "candidates_exist",
    "stale_version",
    "not_allowed",
    "unknown_device",
    "unknown_tenant",
    "unknown_configuration",
    "unknown_organization",
    "unknown_bulk",
    "tenant_not_matched",
    "device_superseded",
    "device_retired",
    "not_held",
    "nothing_to_change",
    "organization_archived",
]
