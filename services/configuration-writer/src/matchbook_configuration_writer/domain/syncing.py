"""What sync does to a configuration when a device is matched to it, changes, or is let go."""

from matchbook_contracts.match_events import ConfigurationUpdated
from matchbook_contracts.states import ConfigurationState

from matchbook_configuration_writer.domain.events import configuration_event
from matchbook_configuration_writer.domain.fields import with_fields, with_synced, without_synced
from matchbook_configuration_writer.domain.mapping import mapped_onto
from matchbook_configuration_writer.domain.outcomes import Moment
from matchbook_configuration_writer.domain.world import Device


def write_synced(
    state: ConfigurationState, device: Device, moment: Moment
) -> tuple[ConfigurationState, tuple[ConfigurationUpdated, ...]]:
    """The configuration with the device's values and whether it is gone; no event where no value in force changes."""
    fields = with_synced(state.fields, mapped_onto(device, state))
    if fields is state.fields and state.device_retired == device.retired:
        return state, ()
    after = with_fields(state, fields, device_retired=device.retired)
    return after, (
        configuration_event(ConfigurationUpdated, state, after, moment=moment, device=device, action="sync"),
    )


def flag_retired(state: ConfigurationState, device: Device, moment: Moment) -> ConfigurationUpdated:
    """The event that the configuration's device is gone; its values stay as sync last wrote them."""
    after = with_fields(state, state.fields, device_retired=True)
    return configuration_event(ConfigurationUpdated, state, after, moment=moment, device=device, action="sync")


def drop_synced(
    state: ConfigurationState, device: Device | None, moment: Moment
) -> tuple[ConfigurationState, tuple[ConfigurationUpdated, ...]]:
    """The configuration as people documented it, and the event of it; none where sync had written nothing."""
    fields = without_synced(state.fields)
    if fields is state.fields and not state.device_retired:
        return state, ()
    after = with_fields(state, fields, device_retired=False)
    return after, (
        configuration_event(ConfigurationUpdated, state, after, moment=moment, device=device, action="revert"),
    )
