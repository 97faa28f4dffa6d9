"""A tenant back to where it stood before a decision, and the matches below it with it."""

from matchbook_contracts.decisions import UndoTenantDecision
from matchbook_contracts.match_events import (
    MatchEvent,
    TenantIgnored,
    TenantMatchChanged,
    TenantMatched,
    TenantMatchReverted,
)
from matchbook_contracts.states import TenantMatchState

from matchbook_configuration_writer.domain.authority import refuse_scope
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome
from matchbook_configuration_writer.domain.standing import version_of
from matchbook_configuration_writer.domain.tenants import Case, realigned, refuse_organization
from matchbook_configuration_writer.domain.undoing import found, refuse_changed, unchanged
from matchbook_configuration_writer.domain.world import World


def undo_tenant(command: UndoTenantDecision, world: World, moment: Moment) -> Outcome:
    """Put a tenant back to where it stood before a decision, or say why not.

    An organization that the decision created stays: it may hold more than the tenant by now.
    """
    undoable = found(command, world, "tenant-match")
    tenant = world.tenants.get(command.tenant_id)
    if undoable is None or tenant is None:
        return unchanged(command, "tenant")
    case = Case(world, moment, tenant, world.tenant_matches.get(tenant.tenant_id))
    refused = refuse_scope(command.actor, [case.matched_id]) or refuse_changed(
        undoable, version_of(case.standing), f"The tenant {tenant.label}"
    )
    if refused is not None:
        return refused
    assert undoable.before is None or isinstance(undoable.before, TenantMatchState)
    return _restore(case, command, undoable.before)


def _restore(case: Case, command: UndoTenantDecision, before: TenantMatchState | None) -> Outcome:
    organization_id = before.organization_id if before is not None else None
    refused = refuse_organization(case, command, organization_id) if organization_id is not None else None
    if refused is not None:
        return refused
    after = case.next(command, status="unmatched")
    if before is not None:
        decided = {"version": after.version, "decided_by": after.decided_by, "decided_at": after.decided_at}
        after = before.model_copy(update=decided)
    below = realigned(case.world, case.tenant.tenant_id, organization_id, case.moment)
    return Applied((*below, _event(case, after)))


def _event(case: Case, after: TenantMatchState) -> MatchEvent:
    match after.status:
        case "matched" if case.matched_id is not None:
            return case.event(TenantMatchChanged, after)
        case "matched":
            return case.event(TenantMatched, after, action="accept" if after.origin == "accepted" else "match_to")
        case "ignored":
            return case.event(TenantIgnored, after)
        case "unmatched":
            return case.event(TenantMatchReverted, after)
