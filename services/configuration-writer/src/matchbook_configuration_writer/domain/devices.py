"""Decisions about devices: from which status each is possible, what it needs, what it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, assert_never

from matchbook_contracts.base import Actor
from matchbook_contracts.decisions import (
    AcceptMatch,
    ChangeMatch,
    CreateConfiguration,
    DeviceDecision,
    IgnoreDevice,
    MatchTo,
    RevertMatch,
)
from matchbook_contracts.identity import is_placeholder
from matchbook_contracts.match_events import (
    ConfigurationCreated,
    DeviceIgnored,
    DeviceMatched,
    MatchChanged,
    MatchEvent,
    MatchReverted,
)
from matchbook_contracts.states import (
    ConfigurationState,
    DeviceMatchState,
    FieldName,
    IgnoredSuggestion,
    MatchOrigin,
)
from matchbook_contracts.suggestions import fingerprint_of_all

from matchbook_configuration_writer.domain.authority import out_of_scope, refuse_missing, refuse_scope
from matchbook_configuration_writer.domain.events import configuration_event, created_id, device_event
from matchbook_configuration_writer.domain.fields import configuration, value_of
from matchbook_configuration_writer.domain.mapping import device_identities, mapped
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome, Rejected, Subject, ended
from matchbook_configuration_writer.domain.standing import (
    FORBIDDEN,
    Action,
    status_of,
    version_of,
    with_reverted,
    without_reverted,
)
from matchbook_configuration_writer.domain.syncing import drop_synced, write_synced
from matchbook_configuration_writer.domain.world import Device, DeviceId, Suggestion, World

DeviceCommand: TypeAlias = AcceptMatch | MatchTo | CreateConfiguration | IgnoreDevice | RevertMatch | ChangeMatch

_ACTIONS: Final[Mapping[type[DeviceCommand], Action]] = {
    AcceptMatch: "accept",
    MatchTo: "match_to",
    CreateConfiguration: "create",
    IgnoreDevice: "ignore",
    RevertMatch: "revert",
    ChangeMatch: "change",
}
_MATCHING: Final = frozenset({"accept", "match_to", "create", "change"})
_CANDIDATES_NAMED = 10


@dataclass(frozen=True, slots=True)
class Case:
    """A device, where it stands, and the organization its tenant is matched to."""

    world: World
    moment: Moment
    device: Device
    standing: DeviceMatchState | None
    organization_id: str | None

    def next(self, command: DeviceDecision, **what: Any) -> DeviceMatchState:
        """Where the device stands after the command."""
        kept = self.standing.superseded_by if self.standing is not None else None
        return DeviceMatchState.model_validate(
            {
                "tenant_id": self.device.tenant_id,
                "device_id": self.device.device_id,
                "version": version_of(self.standing) + 1,
                "organization_id": self.organization_id,
                "decided_by": command.actor,
                "decided_at": command.decided_at,
                "superseded_by": kept,
                **what,
            }
        )

    @property
    def suggestion(self) -> Suggestion | None:
        """The matcher's current word on the device; None where there is none or it was withdrawn."""
        found = self.world.suggestions.get(self.device.id)
        return found if found is not None and found.suggestion_id is not None else None

    @property
    def matched(self) -> ConfigurationState | None:
        """The configuration that the device is matched to."""
        if self.standing is None or self.standing.configuration_id is None:
            return None
        return self.world.configurations[self.standing.configuration_id]


def case_of(device: Device, world: World, moment: Moment) -> Case:
    """A device as it stands in the world."""
    standing = world.device_matches.get(device.id)
    return Case(world, moment, device, standing, world.tenant_organization(device.tenant_id))


def decide_device(command: DeviceCommand, world: World, moment: Moment) -> Outcome:
    """Apply a decision about a device, or say why not."""
    device = world.devices.get((command.tenant_id, command.device_id))
    if device is None:
        named = f"device {command.device_id} in tenant {command.tenant_id}"
        unknown = f"Matchbook knows no {named}. Sync the tenant, then reload."
        return refuse_missing(command.actor, Rejected("unknown_device", unknown, may_be_early=True))
    case = case_of(device, world, moment)
    refused = _refuse_case(case, command)
    return _apply(case, command) if refused is None else refused


def _apply(case: Case, command: DeviceCommand) -> Outcome:
    match command:
        case AcceptMatch():
            return _accept(case, command)
        case MatchTo():
            return _match_to(case, command)
        case CreateConfiguration():
            return _create(case, command)
        case IgnoreDevice():
            return _ignore(case, command)
        case RevertMatch():
            return _revert(case, command)
        case ChangeMatch():
            return _change(case, command)
        case _:
            assert_never(command)


# --- what stands in the way ------------------------------------------------------------------------------------------


def refuse_device_scope(case: Case, actor: Actor) -> Rejected | None:
    """A refusal where the device is not, with all that it is matched to, in the actor's organizations."""
    held = case.standing.organization_id if case.matched is not None and case.standing is not None else None
    # An orphaned match lies in another organization than its tenant: both must be the actor's.
    return refuse_scope(actor, {case.organization_id, held} - {None} or {None})


def _refuse_case(case: Case, command: DeviceCommand) -> Rejected | None:
    action = _ACTIONS[type(command)]
    return (
        refuse_device_scope(case, command.actor)
        or _refuse_status(case, action)
        or (refuse_matching(case) if action in _MATCHING else None)
    )


def _refuse_status(case: Case, action: Action) -> Rejected | None:
    reason = FORBIDDEN.get((action, status_of(case.standing)))
    device = case.device.label
    match reason:
        case None:
            return None
        case "already_matched":
            name = case.matched.name if case.matched is not None else ""
            text = f"{device} is already matched to {name}. Use Change Match to match it to another configuration."
        case "already_ignored":
            text = f"{device} is already ignored. Use Revert Match to count it as unmatched again."
        case "already_unmatched":
            text = f"{device} is neither matched nor ignored, so there is nothing to revert. Reload to see it."
        case _:
            text = f"{device} is not matched, so there is no match to change. Use Match To instead."
    about = Subject(configuration_id=case.standing.configuration_id if case.standing is not None else None)
    return Rejected(reason, text, about=about)


def refuse_matching(case: Case) -> Rejected | None:
    """What keeps the device from being matched to anything."""
    device, tenant = case.device, case.world.tenants.get(case.device.tenant_id)
    if case.organization_id is None:
        name = tenant.label if tenant is not None else device.tenant_id
        text = f"The tenant {name} of {device.label} is not matched to an organization. Match the tenant first."
        return Rejected("tenant_not_matched", text)
    if device.retired:
        text = f"{device.label} is no longer enrolled in Intune, so it can't be matched. Sync its tenant if it is back."
        return Rejected("device_retired", text)
    suggestion = case.suggestion
    if suggestion is not None and suggestion.status == "superseded" and suggestion.superseded_by is not None:
        newer = case.world.devices.get((device.tenant_id, suggestion.superseded_by))
        name = newer.label if newer is not None else suggestion.superseded_by
        text = f"{device.label} was enrolled again as {name}. Decide about the newer enrolment instead."
        return Rejected("device_superseded", text)
    return None


def refuse_target(case: Case, command: DeviceDecision, configuration_id: str) -> Rejected | None:
    """What keeps a configuration from being matched to the device."""
    target = case.world.configurations.get(configuration_id)
    about = Subject(organization_id=case.organization_id, configuration_id=configuration_id)
    if target is None:
        text = f"There is no configuration {configuration_id}. Reload and choose one from the list, or import it first."
        return refuse_missing(command.actor, Rejected("unknown_configuration", text, about=about))
    if target.organization_id != case.organization_id:
        if refuse_scope(command.actor, [target.organization_id]) is not None:
            return out_of_scope(command.actor)
        theirs, ours = map(case.world.organization_label, (target.organization_id, case.organization_id))
        text = (
            f"{target.name} belongs to {theirs}, but {case.device.label} to {ended(ours)} "
            f"Choose a configuration of {ours}, or match the tenant to {ended(theirs)}"
        )
        return Rejected("other_organization", text, about=about)
    if target.archived:
        text = f"{target.name} is archived. Bring it back first, or choose another configuration."
        return Rejected("configuration_archived", text, about=about)
    return _refuse_taken(case, target, command.actor, about)


def _refuse_taken(case: Case, target: ConfigurationState, actor: Actor, about: Subject) -> Rejected | None:
    holder = case.world.holder(target.configuration_id)
    if holder is None:
        return None
    if holder == case.device.id:
        text = f"{case.device.label} is already matched to {target.name}. Choose another configuration to change it."
        return Rejected("already_matched", text, about=about)
    text = (
        f"{target.name} is already matched to {_holders_name(case.world, holder, actor)}. "
        "Revert that match first, or choose another configuration."
    )
    return Rejected("configuration_taken", text, about=about)


def _holders_name(world: World, holder: DeviceId, actor: Actor) -> str:
    """What to call the device of a configuration: an orphan's is another organization's, not for everybody."""
    if actor.organizations is not None and world.device_matches[holder].orphaned:
        return "a device of another organization"
    other = world.devices.get(holder)
    return f"the device {other.label if other else holder[1]}"


def _refuse_policy(case: Case, command: AcceptMatch, target_id: str) -> Rejected | None:
    """A policy's command may come after a person's of the same moment, whose word stands."""
    standing = case.standing
    if command.actor.kind != "policy" or standing is None:
        return None
    about, device = Subject(configuration_id=target_id), case.device.label
    if standing.status == "ignored":
        text = f"{device} was ignored before the policy came to accept it. Revert that to match it."
        return Rejected("already_ignored", text, about=about)
    if any(pair.target_id == target_id for pair in standing.reverted):
        text = f"A person has reverted this match of {device}, so no policy makes it again. Accept it yourself."
        return Rejected("not_allowed", text, about=about)
    return None


# --- what is done ----------------------------------------------------------------------------------------------------


def _accept(case: Case, command: AcceptMatch) -> Outcome:
    found, device = case.suggestion, case.device
    if found is None:
        text = f"There is no suggestion for {device.label} any more. Use Match To to choose a configuration."
        return Rejected("no_suggestion", text, may_be_early=True)
    if found.suggestion_id != command.suggestion_id:
        text = (
            f"The suggestion for {device.label} has changed since it was shown. Look at the new one, then decide again."
        )
        return Rejected("suggestion_changed", text, may_be_early=True)
    if found.status != "suggested" or found.target_id is None:
        text = f"No single configuration is suggested for {device.label}. Choose one with Match To."
        return Rejected("no_suggestion", text)
    refused = _refuse_policy(case, command, found.target_id) or refuse_target(case, command, found.target_id)
    return refused or _matched(
        case,
        command,
        found.target_id,
        "accept",
        origin="accepted",
        rule=found.rule,
        confidence=found.confidence,
        fingerprint=found.fingerprints.get(found.target_id),
    )


def _match_to(case: Case, command: MatchTo) -> Outcome:
    return refuse_target(case, command, command.configuration_id) or _matched(
        case,
        command,
        command.configuration_id,
        "match_to",
        origin="chosen",
        fingerprint=_fingerprint(case, command.configuration_id),
    )


def _fingerprint(case: Case, configuration_id: str) -> str | None:
    # Kept although a person chose, so that a revert can tell this evidence from new evidence.
    return case.suggestion.fingerprints.get(configuration_id) if case.suggestion is not None else None


def _matched(case: Case, command: DeviceCommand, target_id: str, action: str, **what: Any) -> Applied:
    target, events = write_synced(case.world.configurations[target_id], case.device, case.moment)
    after = _standing_at(case, command, target, **what)
    event = device_event(
        DeviceMatched,
        case.standing,
        after,
        moment=case.moment,
        device=case.device,
        configuration=target,
        action=action,
    )
    return Applied((*events, event))


def _standing_at(
    case: Case, command: DeviceCommand, target: ConfigurationState, *, origin: MatchOrigin, **what: Any
) -> DeviceMatchState:
    return case.next(
        command,
        status="matched",
        configuration_id=target.configuration_id,
        origin=origin,
        superseded_by=None,
        reverted=what.pop("reverted", without_reverted(case.standing, target.configuration_id)),
        **what,
    )


def _create(case: Case, command: CreateConfiguration) -> Outcome:
    organization_id = case.organization_id
    assert organization_id is not None, "checked by refuse_matching"
    if not command.confirmed and (twins := case.world.free_twins(organization_id, device_identities(case.device))):
        return _candidates(case, twins)
    created = configuration(
        created_id(command.decision_id, "configuration"),
        organization_id,
        1,
        {name: value_of(text, None, locked=False) for name, text in _documentation(case.device, command).items()},
        psa_sync="held",
    )
    after = _standing_at(case, command, created, origin="created")
    common: dict[str, Any] = {"moment": case.moment, "device": case.device, "action": "create"}
    return Applied(
        (
            configuration_event(ConfigurationCreated, None, created, **common),
            device_event(DeviceMatched, case.standing, after, configuration=created, **common),
        )
    )


def _candidates(case: Case, twins: tuple[str, ...]) -> Rejected:
    named = twins[:_CANDIDATES_NAMED]
    names = ", ".join(case.world.configurations[twin].name for twin in named)
    text = (
        f"{case.device.label} may be documented already: {names} is free and has its serial number or MAC address. "
        "Match it to that, or confirm that a new configuration is wanted."
    )
    return Rejected("candidates_exist", text, candidates=named)


def _documentation(device: Device, command: CreateConfiguration) -> Mapping[FieldName, str]:
    facts = mapped(device)
    device_name = facts.get("hostname", "")
    own = device_name if not is_placeholder(device_name) else facts.get("serial_number", device.device_id)
    values: dict[FieldName, str] = {"name": (command.name or "").strip() or own, **facts}
    if command.configuration_type:
        values["configuration_type"] = command.configuration_type
    return values


def _ignore(case: Case, command: IgnoreDevice) -> Outcome:
    released, events = let_go(case)
    reverted = case.standing.reverted if case.standing is not None else ()
    after = case.next(
        command,
        status="ignored",
        ignored_reason=command.reason,
        ignored_until=command.until,
        ignored_suggestion=_ignored_suggestion(case),
        reverted=reverted,
    )
    event = device_event(
        DeviceIgnored, case.standing, after, moment=case.moment, device=case.device, configuration=released
    )
    return Applied((*events, event))


def _ignored_suggestion(case: Case) -> IgnoredSuggestion | None:
    found, standing = case.suggestion, case.standing
    if standing is not None and standing.configuration_id is not None:
        # Nothing is suggested for a matched device; what was before it is known only where that was accepted.
        if standing.rule is None:
            return None
        target_id, fingerprint = standing.configuration_id, standing.fingerprint
        return IgnoredSuggestion(status="suggested", target_id=target_id, fingerprint=fingerprint)
    if found is None:
        return IgnoredSuggestion()
    seen = found.fingerprints
    fingerprint = fingerprint_of_all(seen) if found.target_id is None else seen.get(found.target_id)
    return IgnoredSuggestion(status=found.status, target_id=found.target_id, fingerprint=fingerprint)


def _revert(case: Case, command: RevertMatch) -> Outcome:
    released, events = let_go(case)
    target_id = released.configuration_id if released is not None else None
    after = case.next(command, status="unmatched", reverted=with_reverted(case.standing, target_id))
    event = device_event(
        MatchReverted, case.standing, after, moment=case.moment, device=case.device, configuration=released
    )
    return Applied((*events, event))


def let_go(case: Case) -> tuple[ConfigurationState | None, tuple[MatchEvent, ...]]:
    """The configuration that the device is matched to without what sync wrote into it, and the events of that."""
    held = case.matched
    return (None, ()) if held is None else drop_synced(held, case.device, case.moment)


def _change(case: Case, command: ChangeMatch) -> Outcome:
    refused = refuse_target(case, command, command.configuration_id)
    if refused is not None:
        return refused
    released, reverts = let_go(case)
    target, updates = write_synced(case.world.configurations[command.configuration_id], case.device, case.moment)
    let_go_id = released.configuration_id if released is not None else None
    after = _standing_at(
        case,
        command,
        target,
        origin="changed",
        fingerprint=_fingerprint(case, target.configuration_id),
        reverted=tuple(
            pair for pair in with_reverted(case.standing, let_go_id) if pair.target_id != target.configuration_id
        ),
    )
    event = device_event(
        MatchChanged, case.standing, after, moment=case.moment, device=case.device, configuration=target
    )
    return Applied((*reverts, *updates, event))
