"""Events made from a state before and a state after, so that no event can disagree with its state."""

from collections.abc import Mapping
from typing import Literal, TypeVar
from uuid import UUID, uuid5

from matchbook_contracts.base import Cause
from matchbook_contracts.decisions import Decision, ImportConfigurations, ImportOrganizations
from matchbook_contracts.match_events import (
    AutoAcceptPoliciesSet,
    BulkUndone,
    ConfigurationArchived,
    ConfigurationCreated,
    ConfigurationReleased,
    ConfigurationUpdated,
    DecisionRejected,
    DeviceIgnored,
    DeviceMatched,
    ImportApplied,
    MatchCarriedOver,
    MatchChanged,
    MatchEvent,
    MatchOrphaned,
    MatchReverted,
)
from matchbook_contracts.states import ConfigurationState, DeviceMatchState, OrganizationState, TenantMatchState

from matchbook_configuration_writer.domain.fields import changes
from matchbook_configuration_writer.domain.outcomes import Moment, Rejected
from matchbook_configuration_writer.domain.standing import match_changes
from matchbook_configuration_writer.domain.world import Device, Suggestion

_CREATED = UUID("7a0d6c52-3d5e-5b1a-8f6e-0c9b2d4e6a18")

_KINDS: Mapping[type[object], str] = {
    DeviceMatchState: "device-match",
    TenantMatchState: "tenant-match",
    ConfigurationState: "configuration",
    OrganizationState: "organization",
}

_STATELESS: Mapping[type[object], str] = {
    ImportApplied: "import",
    BulkUndone: "bulk",
    AutoAcceptPoliciesSet: "policies",
}

DeviceEvent = TypeVar(
    "DeviceEvent", DeviceMatched, DeviceIgnored, MatchReverted, MatchChanged, MatchCarriedOver, MatchOrphaned
)
ConfigurationEvent = TypeVar(
    "ConfigurationEvent", ConfigurationCreated, ConfigurationUpdated, ConfigurationArchived, ConfigurationReleased
)


def created_id(decision_id: str, kind: Literal["configuration", "organization"]) -> str:
    """The id of what a decision creates: the same however often the decision is applied."""
    return str(uuid5(_CREATED, f"{kind}\x1f{decision_id}"))


def undoing_id(decision_id: str, undone_decision_id: str) -> str:
    """The id of the decision that undoes one decision of a bulk action, by the decision that undoes it all."""
    return str(uuid5(_CREATED, f"undoing\x1f{decision_id}\x1f{undone_decision_id}"))


def accepting_id(version: int, policy: str, suggestion: Suggestion) -> str:
    """The id of a policy's decision about one revision of a suggestion; `version` is the policies'."""
    subject = f"{suggestion.tenant_id}\x1f{suggestion.device_id}\x1f{suggestion.revision}"
    return str(uuid5(_CREATED, f"accepting\x1f{version}\x1f{policy}\x1f{subject}"))


def cause_of(command: Decision) -> Cause:
    """Why an event of this command happened."""
    if isinstance(command, (ImportOrganizations, ImportConfigurations)):
        kind: Literal["import", "person", "policy"] = "import"
    else:
        kind = "person" if command.actor.kind == "person" else "policy"
    return Cause(kind=kind, actor=command.actor, decision_id=command.decision_id, bulk_id=command.bulk_id)


def aggregate_of(event: MatchEvent) -> tuple[str, str]:
    """The kind and the id of the aggregate whose events `event.version` counts; ids of different kinds may be equal."""
    kind = _KINDS.get(type(getattr(event, "state", None))) or _STATELESS.get(type(event), "decision")
    return (kind, event.key)


def device_event(  # noqa: PLR0913 - named at each call
    kind: type[DeviceEvent],
    before: DeviceMatchState | None,
    after: DeviceMatchState,
    *,
    moment: Moment,
    device: Device | None,
    configuration: ConfigurationState | None,
    **extra: str,
) -> DeviceEvent:
    """An event of a device's match; `configuration` is the matched one or, where a match ends, the one let go."""
    old_organization = before.organization_id if before is not None else None
    old_configuration = before.configuration_id if before is not None else None
    return kind.model_validate(
        {
            "version": after.version,
            "occurred_at": moment.now,
            "cause": moment.cause,
            "tenant_id": after.tenant_id,
            "device_id": after.device_id,
            "entra_device_id": device.entra_device_id if device is not None else None,
            "organization_id": after.organization_id,
            "previous_organization_id": old_organization if old_organization != after.organization_id else None,
            "configuration_id": after.configuration_id,
            "previous_configuration_id": old_configuration if old_configuration != after.configuration_id else None,
            "changes": match_changes(before, after),
            "configuration": configuration,
            "state": after,
            **extra,
        }
    )


def configuration_event(
    kind: type[ConfigurationEvent],
    before: ConfigurationState | None,
    after: ConfigurationState,
    *,
    moment: Moment,
    device: Device | None,
    **extra: str,
) -> ConfigurationEvent:
    """An event of a configuration; `device` is the one it is, or was, matched to."""
    return kind.model_validate(
        {
            "version": after.version,
            "occurred_at": moment.now,
            "cause": moment.cause,
            "configuration_id": after.configuration_id,
            "organization_id": after.organization_id,
            "tenant_id": device.tenant_id if device is not None else None,
            "device_id": device.device_id if device is not None else None,
            "entra_device_id": device.entra_device_id if device is not None else None,
            "changes": changes(before, after),
            "state": after,
            **extra,
        }
    )


def rejection(command: Decision, rejected: Rejected, moment: Moment) -> DecisionRejected:
    """The event that answers a refused command: what the command names, completed by what the refusal is about."""
    about = rejected.about
    return DecisionRejected(
        version=1,
        occurred_at=moment.now,
        cause=moment.cause,
        decision_id=command.decision_id,
        command=type(command).__name__,
        reason=rejected.reason,
        message=rejected.message,
        tenant_id=getattr(command, "tenant_id", None) or about.tenant_id,
        device_id=getattr(command, "device_id", None) or about.device_id,
        organization_id=getattr(command, "organization_id", None) or about.organization_id,
        configuration_id=getattr(command, "configuration_id", None) or about.configuration_id,
        candidates=rejected.candidates,
    )
