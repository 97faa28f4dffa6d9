"""Decisions about tenants, and what they mean for the matches below: orphaned, or at home again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar, assert_never

from matchbook_contracts.decisions import (
    AcceptTenantMatch,
    ChangeTenantMatch,
    CreateOrganization,
    IgnoreTenant,
    MatchTenantTo,
    RevertTenantMatch,
    TenantDecision,
)
from matchbook_contracts.match_events import (
    MatchEvent,
    MatchOrphaned,
    OrganizationCreated,
    TenantIgnored,
    TenantMatchChanged,
    TenantMatched,
    TenantMatchReverted,
)
from matchbook_contracts.states import DeviceMatchState, MatchOrigin, OrganizationState, TenantMatchState

from matchbook_configuration_writer.domain.authority import out_of_scope, refuse_missing, refuse_scope
from matchbook_configuration_writer.domain.events import created_id, device_event
from matchbook_configuration_writer.domain.organizations import organization_changes
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome, Rejected, Subject, ended
from matchbook_configuration_writer.domain.standing import (
    FORBIDDEN,
    Action,
    status_of,
    version_of,
    with_reverted,
    without_reverted,
)
from matchbook_configuration_writer.domain.syncing import write_synced
from matchbook_configuration_writer.domain.world import Suggestion, Tenant, World

TenantCommand: TypeAlias = (
    AcceptTenantMatch | MatchTenantTo | CreateOrganization | IgnoreTenant | RevertTenantMatch | ChangeTenantMatch
)
TenantEvent = TypeVar("TenantEvent", TenantMatched, TenantIgnored, TenantMatchReverted, TenantMatchChanged)

_ACTIONS: Final[Mapping[type[TenantCommand], Action]] = {
    AcceptTenantMatch: "accept",
    MatchTenantTo: "match_to",
    CreateOrganization: "create",
    IgnoreTenant: "ignore",
    RevertTenantMatch: "revert",
    ChangeTenantMatch: "change",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A tenant and where it stands."""

    world: World
    moment: Moment
    tenant: Tenant
    standing: TenantMatchState | None

    def next(self, command: TenantDecision, **what: Any) -> TenantMatchState:
        """Where the tenant stands after the command."""
        return TenantMatchState.model_validate(
            {
                "tenant_id": self.tenant.tenant_id,
                "version": version_of(self.standing) + 1,
                "decided_by": command.actor,
                "decided_at": command.decided_at,
                **what,
            }
        )

    def event(self, kind: type[TenantEvent], after: TenantMatchState, **extra: str) -> TenantEvent:
        """The event that leads from where the tenant stands to `after`."""
        previous = self.matched_id
        return kind.model_validate(
            {
                "version": after.version,
                "occurred_at": self.moment.now,
                "cause": self.moment.cause,
                "tenant_id": after.tenant_id,
                "organization_id": after.organization_id,
                "previous_organization_id": previous if previous != after.organization_id else None,
                "state": after,
                **extra,
            }
        )

    @property
    def suggestion(self) -> Suggestion | None:
        """The matcher's current word on the tenant; None where there is none or it was withdrawn."""
        found = self.world.suggestions.get((self.tenant.tenant_id, None))
        return found if found is not None and found.suggestion_id is not None else None

    @property
    def matched_id(self) -> str | None:
        """The organization that the tenant is matched to."""
        return self.world.tenant_organization(self.tenant.tenant_id)


def decide_tenant(command: TenantCommand, world: World, moment: Moment) -> Outcome:
    """Apply a decision about a tenant, or say why not."""
    tenant = world.tenants.get(command.tenant_id)
    if tenant is None:
        unknown = f"Matchbook knows no tenant {command.tenant_id}. Sync the customer list, then reload."
        return refuse_missing(command.actor, Rejected("unknown_tenant", unknown, may_be_early=True))
    case = Case(world, moment, tenant, world.tenant_matches.get(tenant.tenant_id))
    refused = refuse_scope(command.actor, [case.matched_id]) or _refuse_status(case, _ACTIONS[type(command)])
    return _apply(case, command) if refused is None else refused


def _apply(case: Case, command: TenantCommand) -> Outcome:
    match command:
        case AcceptTenantMatch():
            return _accept(case, command)
        case MatchTenantTo():
            return _match_to(case, command)
        case CreateOrganization():
            return _create(case, command)
        case IgnoreTenant():
            return _ignore(case, command)
        case RevertTenantMatch():
            return _revert(case, command)
        case ChangeTenantMatch():
            return _change(case, command)
        case _:
            assert_never(command)


# --- what stands in the way ------------------------------------------------------------------------------------------


def _refuse_status(case: Case, action: Action) -> Rejected | None:
    reason = FORBIDDEN.get((action, status_of(case.standing)))
    tenant = case.tenant.label
    match reason:
        case None:
            return None
        case "already_matched":
            name = case.world.organization_label(case.matched_id)
            text = f"The tenant {tenant} is already matched to {ended(name)} Use Change Match to move it."
        case "already_ignored":
            text = f"The tenant {tenant} is already ignored. Use Revert Match to count it as unmatched again."
        case "already_unmatched":
            text = (
                f"The tenant {tenant} is neither matched nor ignored, so there is nothing to revert. Reload to see it."
            )
        case _:
            text = f"The tenant {tenant} is not matched, so there is no match to change. Use Match To instead."
    return Rejected(reason, text, about=Subject(organization_id=case.matched_id))


def refuse_organization(case: Case, command: TenantDecision, organization_id: str) -> Rejected | None:
    """What keeps the tenant from being matched to an organization."""
    target = case.world.organizations.get(organization_id)
    about = Subject(organization_id=organization_id)
    if target is None:
        text = f"There is no organization {organization_id}. Reload and choose one from the list, or import it first."
        return refuse_missing(command.actor, Rejected("unknown_organization", text, about=about))
    if refuse_scope(command.actor, [organization_id]) is not None:
        return out_of_scope(command.actor)
    if target.archived:
        text = f"{target.name} is archived. Choose another organization, or import it again as active."
        return Rejected("organization_archived", text, about=about)
    return None


# --- what is done ----------------------------------------------------------------------------------------------------


def _accept(case: Case, command: AcceptTenantMatch) -> Outcome:
    found, tenant = case.suggestion, case.tenant.label
    if found is None:
        text = f"There is no suggestion for the tenant {tenant} any more. Use Match To to choose an organization."
        return Rejected("no_suggestion", text, may_be_early=True)
    if found.suggestion_id != command.suggestion_id:
        text = f"The suggestion for the tenant {tenant} has changed since it was shown. Look at it, then decide again."
        return Rejected("suggestion_changed", text, may_be_early=True)
    if found.status != "suggested" or found.target_id is None:
        text = f"No single organization is suggested for the tenant {tenant}. Choose one with Match To."
        return Rejected("no_suggestion", text)
    return refuse_organization(case, command, found.target_id) or _matched(
        case,
        command,
        found.target_id,
        "accept",
        origin="accepted",
        rule=found.rule,
        confidence=found.confidence,
        fingerprint=found.fingerprints.get(found.target_id),
    )


def _match_to(case: Case, command: MatchTenantTo) -> Outcome:
    return refuse_organization(case, command, command.organization_id) or _matched(
        case,
        command,
        command.organization_id,
        "match_to",
        origin="chosen",
        fingerprint=_fingerprint(case, command.organization_id),
    )


def _fingerprint(case: Case, organization_id: str) -> str | None:
    return case.suggestion.fingerprints.get(organization_id) if case.suggestion is not None else None


def _matched(case: Case, command: TenantCommand, organization_id: str, action: str, **what: Any) -> Applied:
    after = _standing_at(case, command, organization_id, **what)
    below = realigned(case.world, case.tenant.tenant_id, organization_id, case.moment)
    return Applied((*below, case.event(TenantMatched, after, action=action)))


def _standing_at(
    case: Case, command: TenantCommand, organization_id: str, *, origin: MatchOrigin, **what: Any
) -> TenantMatchState:
    reverted = what.pop("reverted", without_reverted(case.standing, organization_id))
    return case.next(
        command, status="matched", organization_id=organization_id, origin=origin, reverted=reverted, **what
    )


def _create(case: Case, command: CreateOrganization) -> Outcome:
    name = (command.name or "").strip() or case.tenant.label
    if namesakes := case.world.namesakes(name):
        text = (
            f"An organization named {name} is documented already. Match the tenant {case.tenant.label} to it, "
            "or give the new organization another name."
        )
        return Rejected("candidates_exist", text, candidates=namesakes)
    state = OrganizationState(
        organization_id=created_id(command.decision_id, "organization"),
        version=1,
        name=name,
        aliases=(case.tenant.label,) if case.tenant.label != name else (),
        domains=case.tenant.verified_domains,
    )
    created = OrganizationCreated(
        organization_id=state.organization_id,
        version=1,
        occurred_at=case.moment.now,
        cause=case.moment.cause,
        action="create",
        changes=organization_changes(None, state),
        state=state,
    )
    matched = _matched(case, command, state.organization_id, "create", origin="created")
    return Applied((created, *matched.events))


def _ignore(case: Case, command: IgnoreTenant) -> Outcome:
    reverted = case.standing.reverted if case.standing is not None else ()
    after = case.next(
        command, status="ignored", ignored_reason=command.reason, ignored_until=command.until, reverted=reverted
    )
    below = realigned(case.world, case.tenant.tenant_id, None, case.moment)
    return Applied((*below, case.event(TenantIgnored, after)))


def _revert(case: Case, command: RevertTenantMatch) -> Outcome:
    after = case.next(command, status="unmatched", reverted=with_reverted(case.standing, case.matched_id))
    below = realigned(case.world, case.tenant.tenant_id, None, case.moment)
    return Applied((*below, case.event(TenantMatchReverted, after)))


def _change(case: Case, command: ChangeTenantMatch) -> Outcome:
    target_id = command.organization_id
    if target_id == case.matched_id:
        name = case.world.organization_label(target_id)
        tenant = case.tenant.label
        text = f"The tenant {tenant} is already matched to {ended(name)} Choose another organization to change it."
        return Rejected("already_matched", text)
    refused = refuse_organization(case, command, target_id)
    if refused is not None:
        return refused
    let_go = with_reverted(case.standing, case.matched_id)
    after = _standing_at(
        case,
        command,
        target_id,
        origin="changed",
        fingerprint=_fingerprint(case, target_id),
        reverted=tuple(pair for pair in let_go if pair.target_id != target_id),
    )
    below = realigned(case.world, case.tenant.tenant_id, target_id, case.moment)
    return Applied((*below, case.event(TenantMatchChanged, after)))


# --- what is below ---------------------------------------------------------------------------------------------------


def realigned(world: World, tenant_id: str, organization_id: str | None, moment: Moment) -> Iterator[MatchEvent]:
    """Events for the tenant's matched devices when the tenant belongs to `organization_id` from now on.

    A match into another organization is orphaned and no longer synced; one that is home again is brought up to date.
    """
    for standing in world.matched_devices(tenant_id):
        orphaned = standing.organization_id != organization_id
        if orphaned != standing.orphaned:
            yield from _realigned_match(world, standing, moment, orphaned=orphaned)


def _realigned_match(
    world: World, standing: DeviceMatchState, moment: Moment, *, orphaned: bool
) -> Iterator[MatchEvent]:
    assert standing.configuration_id is not None
    configuration = world.configurations[standing.configuration_id]
    device = world.devices.get((standing.tenant_id, standing.device_id))
    if not orphaned and device is not None:
        configuration, updates = write_synced(configuration, device, moment)
        yield from updates
    after = standing.model_copy(update={"version": standing.version + 1, "orphaned": orphaned})
    yield device_event(MatchOrphaned, standing, after, moment=moment, device=device, configuration=configuration)
