"""What a person may ask for: the requests' bodies, and the commands they become."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from matchbook_contracts import decisions
from matchbook_contracts.base import Actor
from matchbook_contracts.states import AutoAcceptPolicy, FieldName
from matchbook_contracts.suggestions import Rule
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]
FieldText = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
MOST_DECISIONS = 500
LONGEST_INTERVAL = 30 * 24 * 3600


class Body(BaseModel):
    """A request's body; a field it does not know is refused, since it would be ignored silently."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _Command(Body):
    """`decision_id` may be chosen by the sender, who can then repeat the request without deciding twice."""

    decision_id: Id | None = None


class _DeviceCommand(_Command):
    tenant_id: Id
    device_id: Id


class AcceptMatch(_DeviceCommand):
    """Accept Suggested Match."""

    command: Literal["AcceptMatch"]
    suggestion_id: Id


class MatchTo(_DeviceCommand):
    """Match To a configuration chosen by name."""

    command: Literal["MatchTo"]
    configuration_id: Id


class CreateConfiguration(_DeviceCommand):
    """Create Configuration; `confirmed` creates although a free one has the same serial number or MAC address."""

    command: Literal["CreateConfiguration"]
    name: Text | None = None
    configuration_type: Text | None = None
    confirmed: bool = False


class IgnoreDevice(_DeviceCommand):
    """Ignore, for ever or until a time."""

    command: Literal["IgnoreDevice"]
    reason: Text | None = None
    until: AwareDatetime | None = None


class RevertMatch(_DeviceCommand):
    """Revert Match: back to Unmatched."""

    command: Literal["RevertMatch"]


class ChangeMatch(_DeviceCommand):
    """Change Match to another configuration."""

    command: Literal["ChangeMatch"]
    configuration_id: Id


class UndoDeviceDecision(_DeviceCommand):
    """Put the device back where it stood before a decision, if it has not changed since."""

    command: Literal["UndoDeviceDecision"]
    undone_decision_id: Id


class _TenantCommand(_Command):
    tenant_id: Id


class AcceptTenantMatch(_TenantCommand):
    """Accept the suggested organization."""

    command: Literal["AcceptTenantMatch"]
    suggestion_id: Id


class MatchTenantTo(_TenantCommand):
    """Match the tenant to an organization chosen by name."""

    command: Literal["MatchTenantTo"]
    organization_id: Id


class CreateOrganization(_TenantCommand):
    """Create an organization from the tenant."""

    command: Literal["CreateOrganization"]
    name: Text | None = None


class IgnoreTenant(_TenantCommand):
    """Leave the tenant out, for ever or until a time."""

    command: Literal["IgnoreTenant"]
    reason: Text | None = None
    until: AwareDatetime | None = None


class RevertTenantMatch(_TenantCommand):
    """Return the tenant to unmatched."""

    command: Literal["RevertTenantMatch"]


class ChangeTenantMatch(_TenantCommand):
    """Match the tenant to another organization."""

    command: Literal["ChangeTenantMatch"]
    organization_id: Id


class UndoTenantDecision(_TenantCommand):
    """Put the tenant back where it stood before a decision, if it has not changed since."""

    command: Literal["UndoTenantDecision"]
    undone_decision_id: Id


class _ConfigurationCommand(_Command):
    organization_id: Id
    configuration_id: Id


class EditConfiguration(_ConfigurationCommand):
    """Set documented values and locks; a null clears a value."""

    command: Literal["EditConfiguration"]
    values: dict[FieldName, FieldText | None] = Field(default_factory=dict)
    locks: dict[FieldName, bool] = Field(default_factory=dict)
    expected_version: Annotated[int, Field(ge=1)] | None = None


class ArchiveConfiguration(_ConfigurationCommand):
    """Archive a configuration, or bring it back."""

    command: Literal["ArchiveConfiguration"]
    archived: bool = True


class ReleaseConfiguration(_ConfigurationCommand):
    """Let a held configuration sync to the PSA."""

    command: Literal["ReleaseConfiguration"]


class UndoConfigurationDecision(_ConfigurationCommand):
    """Put the configuration back to what it was before a decision, if it has not changed since."""

    command: Literal["UndoConfigurationDecision"]
    undone_decision_id: Id


class EditOrganization(_Command):
    """Rename an organization or set its tenants' further names."""

    command: Literal["EditOrganization"]
    organization_id: Id
    name: Text | None = None
    aliases: tuple[Text, ...] | None = None


class UndoBulk(_Command):
    """Undo what a bulk action did and nobody has changed since."""

    command: Literal["UndoBulk"]
    undone_bulk_id: Id


DeviceCommand: TypeAlias = AcceptMatch | MatchTo | CreateConfiguration | IgnoreDevice | RevertMatch | ChangeMatch
TenantCommand: TypeAlias = (
    AcceptTenantMatch | MatchTenantTo | CreateOrganization | IgnoreTenant | RevertTenantMatch | ChangeTenantMatch
)
ConfigurationCommand: TypeAlias = EditConfiguration | ArchiveConfiguration | ReleaseConfiguration
UndoCommand: TypeAlias = UndoDeviceDecision | UndoTenantDecision | UndoConfigurationDecision | UndoBulk
Command: TypeAlias = Annotated[
    DeviceCommand | TenantCommand | ConfigurationCommand | EditOrganization | UndoCommand,
    Field(discriminator="command"),
]


class DecisionsRequest(Body):
    """Decisions to take, all or none of them sent."""

    decisions: Annotated[list[Command], Field(min_length=1, max_length=MOST_DECISIONS)]


StatusFilter = Literal["unmatched", "matched", "ignored", "superseded", "retired", "all"]
SuggestionFilter = Literal["any", "suggested", "conflict", "elsewhere", "none", "changed_since"]
Search = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


class DeviceFilter(Body):
    """Which of a tenant's devices: the same as the list's parameters."""

    status: StatusFilter = "all"
    suggestion: SuggestionFilter = "any"
    search: Search = ""


class Policy(Body):
    """Accept by itself what `rule` decided with at least `minimum_confidence`; `organization_ids` null means all."""

    name: Annotated[Text, StringConstraints(max_length=100)]
    rule: Rule
    minimum_confidence: Annotated[float, Field(ge=0, le=1)]
    organization_ids: Annotated[list[Id] | None, Field(max_length=10_000)] = None


class PoliciesRequest(Body):
    """Ordered policies: the first that fits a suggestion decides."""

    policies: Annotated[list[Policy], Field(max_length=100)]

    def contracts(self) -> Iterator[AutoAcceptPolicy]:
        """The policies as they travel."""
        for policy in self.policies:
            organizations = None if policy.organization_ids is None else tuple(policy.organization_ids)
            yield AutoAcceptPolicy(**{**policy.model_dump(), "organization_ids": organizations})


class BulkRequest(Body):
    """One action on every device that a filter selects, but those listed in `except`."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)

    action: Literal["accept", "create", "ignore", "revert"]
    tenant_id: Id
    filter: DeviceFilter = DeviceFilter()
    excluded: Annotated[list[Id], Field(alias="except", max_length=100_000)] = []
    reason: Text | None = None


class ReleaseRequest(Body):
    """Release every configuration that is held from PSA sync, of one organization or of all, but those in `except`.

    `search` narrows it to those whose name, serial number or addresses have it in them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)

    organization_id: Id | None = None
    search: Search = ""
    excluded: Annotated[list[Id], Field(alias="except", max_length=100_000)] = []


class SyncRequest(Body):
    """Sweep a tenant, or all (`*`)."""

    tenant_id: Id


class DeviceSyncRequest(Body):
    """Whether a tenant's Intune devices are synced; null returns it to the account's default."""

    enabled: bool | None


class ScheduleRequest(Body):
    """How often a tenant is swept, in seconds, between a minute and 30 days; null returns it to the account's default,
    or the account (`*`) to the configured one.
    """

    interval_seconds: Annotated[int, Field(ge=60, le=LONGEST_INTERVAL)] | None


class RetirementsRequest(Body):
    """Let a sweep that the retirement brake stopped retire what it found absent; `run_id` is the sweep's."""

    run_id: Id


class TenantRequest(Body):
    """Look after a tenant that no partner list names; `tenant` is its id, or one of its domains."""

    tenant: Annotated[str, StringConstraints(min_length=3, max_length=200, pattern=r"^[A-Za-z0-9.-]+$")]
    display_name: Id | None = None


def contract(
    command: Command, *, decision_id: str, actor: Actor, at: datetime, bulk_id: str | None
) -> decisions.Decision:
    """The command as it goes on the topic; the request's fields are the contract's by name."""
    model: type[decisions.Decision] = getattr(decisions, command.command)
    asked = dict(command)
    del asked["command"]
    return model(**{**asked, "decision_id": decision_id, "actor": actor, "decided_at": at, "bulk_id": bulk_id})
