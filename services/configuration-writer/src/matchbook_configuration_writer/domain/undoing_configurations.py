"""A configuration back to what it was before an edit, an archiving or a release."""

from matchbook_contracts.decisions import UndoConfigurationDecision
from matchbook_contracts.match_events import ConfigurationArchived, ConfigurationUpdated
from matchbook_contracts.states import ConfigurationState

from matchbook_configuration_writer.domain.configurations import refuse_owner
from matchbook_configuration_writer.domain.events import configuration_event
from matchbook_configuration_writer.domain.fields import with_fields, with_synced
from matchbook_configuration_writer.domain.mapping import mapped_onto
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome
from matchbook_configuration_writer.domain.undoing import found, refuse_changed, unchanged
from matchbook_configuration_writer.domain.world import World


def undo_configuration(command: UndoConfigurationDecision, world: World, moment: Moment) -> Outcome:
    """Put a configuration back to what it was before a decision, or say why not."""
    undoable = found(command, world, "configuration")
    state = world.configurations.get(command.configuration_id)
    if undoable is None or state is None:
        return unchanged(command, "configuration")
    refused = refuse_owner(command, state, world) or refuse_changed(undoable, state.version, state.name)
    if refused is not None:
        return refused
    assert isinstance(undoable.before, ConfigurationState), "what was decided about existed before"
    before, device = undoable.before, world.holding_device(state.configuration_id)
    # A lock that is gone again lets in what the device has said meanwhile.
    fields = with_synced(before.fields, mapped_onto(device, before)) if device is not None else before.fields
    after = with_fields(before, fields).model_copy(update={"version": state.version + 1})
    if after.archived != state.archived:
        event = configuration_event(ConfigurationArchived, state, after, moment=moment, device=device)
        return Applied((event,))
    return Applied(
        (configuration_event(ConfigurationUpdated, state, after, moment=moment, device=device, action="revert"),)
    )
