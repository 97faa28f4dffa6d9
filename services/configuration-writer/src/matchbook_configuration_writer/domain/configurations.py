"""Edits, archiving and release of configurations."""

from typing import TypeAlias, assert_never

from matchbook_contracts.decisions import (
    ArchiveConfiguration,
    ConfigurationDecision,
    EditConfiguration,
    ReleaseConfiguration,
)
from matchbook_contracts.match_events import ConfigurationArchived, ConfigurationReleased, ConfigurationUpdated
from matchbook_contracts.states import ConfigurationState

from matchbook_configuration_writer.domain.authority import refuse_missing, refuse_scope
from matchbook_configuration_writer.domain.events import configuration_event
from matchbook_configuration_writer.domain.fields import with_edits, with_fields, with_synced
from matchbook_configuration_writer.domain.mapping import mapped, mapped_onto
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome, Rejected, Subject, ended
from matchbook_configuration_writer.domain.world import World

ConfigurationCommand: TypeAlias = EditConfiguration | ArchiveConfiguration | ReleaseConfiguration


def decide_configuration(command: ConfigurationCommand, world: World, moment: Moment) -> Outcome:
    """Apply a decision about a configuration, or say why not."""
    state = world.configurations.get(command.configuration_id)
    if state is None:
        text = f"There is no configuration {command.configuration_id}. Reload and choose one from the list."
        return refuse_missing(command.actor, Rejected("unknown_configuration", text))
    refused = refuse_owner(command, state, world)
    if refused is not None:
        return refused
    match command:
        case EditConfiguration():
            return _edit(command, state, world, moment)
        case ArchiveConfiguration():
            return _archive(command, state, world, moment)
        case ReleaseConfiguration():
            return _release(state, world, moment)
        case _:
            assert_never(command)


def refuse_owner(command: ConfigurationDecision, state: ConfigurationState, world: World) -> Rejected | None:
    """A refusal where the configuration is not the actor's, or where they take it to be another organization's."""
    # The sentence names both organizations, so both must be the actor's.
    refused = refuse_scope(command.actor, [state.organization_id, command.organization_id])
    if refused is not None:
        return refused
    if command.organization_id == state.organization_id:
        return None
    named, actual = map(world.organization_label, (command.organization_id, state.organization_id))
    text = f"{state.name} belongs to {actual}, not to {ended(named)} Open it in {actual} and try again."
    return Rejected("other_organization", text, about=Subject(organization_id=state.organization_id))


def _edit(command: EditConfiguration, state: ConfigurationState, world: World, moment: Moment) -> Outcome:
    refused = _refuse_edit(command, state)
    if refused is not None:
        return refused
    values = {name: (value or "").strip() or None for name, value in command.values.items()}
    device = world.holding_device(state.configuration_id)
    own = mapped(device) if device is not None else {}
    edited = with_fields(state, with_edits(state.fields, values, command.locks, own), psa_sync="released")
    if device is not None:
        # A lock that was taken off lets in what sync had to leave outside.
        fields = with_synced(edited.fields, mapped_onto(device, edited))
        edited = edited if fields is edited.fields else with_fields(state, fields, psa_sync="released")
    if state.psa_sync == "held":
        return Applied((configuration_event(ConfigurationReleased, state, edited, moment=moment, device=device),))
    if edited.model_copy(update={"version": state.version}) == state:
        text = f"{state.name} has these values already, so there is nothing to save. Reload to see it as it is."
        return Rejected("nothing_to_change", text)
    return Applied(
        (configuration_event(ConfigurationUpdated, state, edited, moment=moment, device=device, action="edit"),)
    )


def _refuse_edit(command: EditConfiguration, state: ConfigurationState) -> Rejected | None:
    if command.expected_version not in (None, state.version):
        text = f"{state.name} was changed by someone else since you opened it. Reload it, then make your changes again."
        return Rejected("stale_version", text)
    if "name" in command.values and not (command.values["name"] or "").strip():
        return Rejected("not_allowed", f"{state.name} can't be left without a name. Give it one, then save again.")
    return None


def _archive(command: ArchiveConfiguration, state: ConfigurationState, world: World, moment: Moment) -> Outcome:
    if command.archived == state.archived:
        text = (
            f"{state.name} is archived already. Reload to see it."
            if state.archived
            else f"{state.name} is not archived, so there is nothing to bring back. Reload to see it."
        )
        return Rejected("nothing_to_change", text)
    after = with_fields(state, state.fields, archived=command.archived)
    device = world.holding_device(state.configuration_id)
    return Applied((configuration_event(ConfigurationArchived, state, after, moment=moment, device=device),))


def _release(state: ConfigurationState, world: World, moment: Moment) -> Outcome:
    if state.psa_sync == "released":
        return Rejected("not_held", f"{state.name} is not held from PSA sync, so there is nothing to release. Reload.")
    after = with_fields(state, state.fields, psa_sync="released")
    device = world.holding_device(state.configuration_id)
    return Applied((configuration_event(ConfigurationReleased, state, after, moment=moment, device=device),))
