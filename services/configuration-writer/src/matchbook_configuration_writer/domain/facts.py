"""What news from Microsoft and the matcher does to what was decided: sync, and matches that move to a new enrolment."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias, assert_never

from matchbook_contracts.base import Cause
from matchbook_contracts.match_events import ConfigurationUpdated, MatchCarriedOver, MatchEvent
from matchbook_contracts.states import ConfigurationState, DeviceMatchState

from matchbook_configuration_writer.domain.events import device_event
from matchbook_configuration_writer.domain.outcomes import Moment
from matchbook_configuration_writer.domain.standing import reverted_of_both, status_of, version_of
from matchbook_configuration_writer.domain.syncing import flag_retired, write_synced
from matchbook_configuration_writer.domain.world import Device, DeviceId, Retirement, Suggestion, Tenant, World

Fact: TypeAlias = Device | Retirement | Tenant | Suggestion
SYNC = Cause(kind="sync")


def observe(fact: Fact, world: World, moment: Moment) -> Iterator[MatchEvent]:
    """Take a fact into the world; the caller folds each event before it asks for the next.

    A fact older than what is known says nothing.
    """
    match fact:
        case Device():
            yield from _observe_device(fact, world, moment)
        case Retirement():
            yield from _observe_retirement(fact, world, moment)
        case Tenant():
            _observe_tenant(fact, world)
        case Suggestion():
            yield from _observe_suggestion(fact, world, moment)
        case _:
            assert_never(fact)


def _observe_tenant(tenant: Tenant, world: World) -> None:
    known = world.tenants.get(tenant.tenant_id)
    if known is None or known.revision < tenant.revision:
        world.tenants[tenant.tenant_id] = tenant


def _observe_device(device: Device, world: World, moment: Moment) -> Iterator[MatchEvent]:
    known = world.devices.get(device.id)
    if known is not None and known.revision >= device.revision:
        return
    world.devices[device.id] = device
    yield from _synced(device, world, moment)
    for older in world.superseded(device.id):
        yield from _carried_over(older, device, world, moment)


def _observe_retirement(fact: Retirement, world: World, moment: Moment) -> Iterator[MatchEvent]:
    """The match of a device that is gone stays; its configuration is flagged, for a person to decide about it."""
    known = world.devices.get((fact.tenant_id, fact.device_id), Device(fact.tenant_id, fact.device_id, 0))
    if known.revision >= fact.revision:
        return
    world.devices[known.id] = gone = replace(known, revision=fact.revision, retired=True)
    standing = world.device_matches.get(known.id)
    if standing is not None and standing.configuration_id is not None and not standing.orphaned:
        configuration = world.configurations[standing.configuration_id]
        if not configuration.device_retired:
            yield flag_retired(configuration, gone, moment)


def _synced(device: Device, world: World, moment: Moment) -> tuple[ConfigurationUpdated, ...]:
    standing = world.device_matches.get(device.id)
    # The configuration of an orphaned match is another organization's, which must not learn of the device any more.
    if standing is None or standing.configuration_id is None or standing.orphaned:
        return ()
    _, events = write_synced(world.configurations[standing.configuration_id], device, moment)
    return events


def _observe_suggestion(suggestion: Suggestion, world: World, moment: Moment) -> Iterator[MatchEvent]:
    known = world.suggestions.get((suggestion.tenant_id, suggestion.device_id))
    if known is not None and known.revision >= suggestion.revision:
        return
    world.put_suggestion(suggestion)
    if suggestion.device_id is None or suggestion.superseded_by is None:
        return
    newer = world.devices.get((suggestion.tenant_id, suggestion.superseded_by))
    if newer is not None and not newer.retired:
        yield from _carried_over((suggestion.tenant_id, suggestion.device_id), newer, world, moment)


def _carried_over(older: DeviceId, newer: Device, world: World, moment: Moment) -> Iterator[MatchEvent]:
    """Move what was decided for a machine from its old enrolment to its new one, unless that was decided by itself."""
    left, taken = world.device_matches.get(older), world.device_matches.get(newer.id)
    if left is None or left.status == "unmatched" or status_of(taken) != "unmatched":
        return
    configuration: ConfigurationState | None = None
    if left.configuration_id is not None:
        configuration = world.configurations[left.configuration_id]
        if not left.orphaned:
            configuration, updates = write_synced(configuration, newer, moment)
            yield from updates
    leaving, taking = _handed_over(left, taken, newer)
    yield device_event(
        MatchCarriedOver,
        left,
        leaving,
        moment=moment,
        device=world.devices.get(older),
        configuration=configuration,
        other_device_id=newer.device_id,
    )
    yield device_event(
        MatchCarriedOver,
        taken,
        taking,
        moment=moment,
        device=newer,
        configuration=configuration,
        other_device_id=left.device_id,
    )


def _handed_over(
    left: DeviceMatchState, taken: DeviceMatchState | None, newer: Device
) -> tuple[DeviceMatchState, DeviceMatchState]:
    leaving = DeviceMatchState(
        tenant_id=left.tenant_id,
        device_id=left.device_id,
        version=left.version + 1,
        status="unmatched",
        organization_id=left.organization_id,
        decided_by=left.decided_by,
        decided_at=left.decided_at,
        superseded_by=newer.device_id,
        reverted=left.reverted,
    )
    taking = left.model_copy(
        update={
            "device_id": newer.device_id,
            "version": version_of(taken) + 1,
            "origin": "carried_over" if left.status == "matched" else left.origin,
            "superseded_by": None,
            "reverted": reverted_of_both(taken, left),
        }
    )
    return leaving, taking
