"""Edits of organizations, and how an organization's change is told."""

from matchbook_contracts.base import FieldChange
from matchbook_contracts.decisions import EditOrganization
from matchbook_contracts.match_events import OrganizationUpdated
from matchbook_contracts.states import OrganizationState

from matchbook_configuration_writer.domain.authority import refuse_missing, refuse_scope
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome, Rejected
from matchbook_configuration_writer.domain.world import World

_SEPARATOR = "; "


def decide_organization(command: EditOrganization, world: World, moment: Moment) -> Outcome:
    """Apply an edit of an organization, or say why not."""
    state = world.organizations.get(command.organization_id)
    if state is None:
        text = f"There is no organization {command.organization_id}. Reload and choose one from the list."
        return refuse_missing(command.actor, Rejected("unknown_organization", text))
    refused = refuse_scope(command.actor, [state.organization_id]) or _refuse_name(command, state)
    if refused is not None:
        return refused
    edited = state.model_copy(
        update={
            "name": state.name if command.name is None else command.name.strip(),
            "aliases": state.aliases if command.aliases is None else command.aliases,
        }
    )
    if edited == state:
        text = f"{state.name} has these values already, so there is nothing to save. Reload to see it as it is."
        return Rejected("nothing_to_change", text)
    after = edited.model_copy(update={"version": state.version + 1})
    return Applied((updated(state, after, moment, action="edit"),))


def _refuse_name(command: EditOrganization, state: OrganizationState) -> Rejected | None:
    if command.name is None or command.name.strip():
        return None
    return Rejected("not_allowed", f"{state.name} can't be left without a name. Give it one, then save again.")


def updated(before: OrganizationState, after: OrganizationState, moment: Moment, *, action: str) -> OrganizationUpdated:
    """The event that leads from one state of an organization to the next."""
    return OrganizationUpdated.model_validate(
        {
            "organization_id": after.organization_id,
            "version": after.version,
            "occurred_at": moment.now,
            "cause": moment.cause,
            "action": action,
            "changes": organization_changes(before, after),
            "state": after,
        }
    )


def organization_changes(before: OrganizationState | None, after: OrganizationState) -> tuple[FieldChange, ...]:
    """What differs: name, aliases, domains, archived."""
    old, new = _shown(before), _shown(after)
    return tuple(
        FieldChange(field=name, before=old.get(name), after=new[name]) for name in new if old.get(name) != new[name]
    )


def _shown(state: OrganizationState | None) -> dict[str, str | None]:
    if state is None:
        return {"archived": "false"}
    return {
        "name": state.name,
        "aliases": _SEPARATOR.join(state.aliases) or None,
        "domains": _SEPARATOR.join(state.domains) or None,
        "archived": str(state.archived).lower(),
    }
