"""A device back to where it stood before a decision."""

from typing import Any

from matchbook_contracts.decisions import UndoDeviceDecision
from matchbook_contracts.match_events import (
    ConfigurationArchived,
    DeviceIgnored,
    DeviceMatched,
    MatchChanged,
    MatchEvent,
    MatchReverted,
)
from matchbook_contracts.states import ConfigurationState, DeviceMatchState, RevertedPair, TenantMatchState

from matchbook_configuration_writer.domain.devices import (
    Case,
    case_of,
    let_go,
    refuse_device_scope,
    refuse_matching,
    refuse_target,
)
from matchbook_configuration_writer.domain.events import configuration_event, created_id, device_event
from matchbook_configuration_writer.domain.fields import with_fields
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome
from matchbook_configuration_writer.domain.standing import status_of, version_of, with_reverted
from matchbook_configuration_writer.domain.syncing import write_synced
from matchbook_configuration_writer.domain.undoing import found, refuse_changed, unchanged
from matchbook_configuration_writer.domain.world import World


def undo_device(command: UndoDeviceDecision, world: World, moment: Moment) -> Outcome:
    """Put a device back to where it stood before a decision, or say why not."""
    undoable = found(command, world, "device-match")
    device = world.devices.get((command.tenant_id, command.device_id))
    if undoable is None or device is None:
        return unchanged(command, "device")
    case = case_of(device, world, moment)
    refused = refuse_device_scope(case, command.actor) or refuse_changed(
        undoable, version_of(case.standing), device.label
    )
    if refused is not None:
        return refused
    assert not isinstance(undoable.before, (TenantMatchState, ConfigurationState))
    return _restore(case, command, undoable.before)


def _restore(case: Case, command: UndoDeviceDecision, before: DeviceMatchState | None) -> Outcome:
    match status_of(before):
        case "matched":
            assert before is not None
            return _match_again(case, command, before)
        case "ignored" | "unmatched":
            return _leave(case, command, _standing(case, command, before))


def _standing(case: Case, command: UndoDeviceDecision, before: DeviceMatchState | None) -> DeviceMatchState:
    after = case.next(command, status="unmatched")
    if before is not None:
        # Its tenant may belong to another organization by now, whose match this is from here on.
        now = after.model_dump(include={"version", "organization_id"}) | {"orphaned": False}
        decided = {"decided_by": after.decided_by, "decided_at": after.decided_at}
        after = before.model_copy(update=now | decided)
    reverted = _reverted(case)
    return after if reverted is None else after.model_copy(update={"reverted": reverted})


def _reverted(case: Case) -> tuple[RevertedPair, ...] | None:
    """Undoing what a policy did is a person's word against the pair, or the policy would accept it at once again."""
    standing = case.standing
    if standing is None or standing.decided_by is None or standing.decided_by.kind != "policy":
        return None
    return with_reverted(standing, standing.configuration_id)


def _leave(case: Case, command: UndoDeviceDecision, after: DeviceMatchState) -> Applied:
    kept, dropped = let_go(case)
    withdrawn = _withdraw(case, command, kept)
    released = withdrawn[0].state if withdrawn else kept
    facts: dict[str, Any] = {"moment": case.moment, "device": case.device, "configuration": released}
    event: MatchEvent
    if after.status == "ignored":
        event = device_event(DeviceIgnored, case.standing, after, **facts)
    else:
        event = device_event(MatchReverted, case.standing, after, **facts)
    return Applied((*dropped, *withdrawn, event))


def _withdraw(
    case: Case, command: UndoDeviceDecision, released: ConfigurationState | None
) -> tuple[ConfigurationArchived, ...]:
    """Archive what the undone decision created, as long as no PSA system knows it and nobody documented it further."""
    created = case.world.undoable[command.undone_decision_id].created
    if released is None or created is None or created.configuration_id != released.configuration_id:
        return ()
    if created.configuration_id != created_id(command.undone_decision_id, "configuration"):
        return ()
    documented_since = (released.fields, released.interfaces) != (created.fields, created.interfaces)
    if documented_since or released.psa_sync == "released" or released.archived:
        return ()
    after = with_fields(released, released.fields, archived=True)
    return (configuration_event(ConfigurationArchived, released, after, moment=case.moment, device=case.device),)


def _match_again(case: Case, command: UndoDeviceDecision, before: DeviceMatchState) -> Outcome:
    target_id = before.configuration_id
    assert target_id is not None, "a matched device has a configuration"
    refused = refuse_matching(case) or refuse_target(case, command, target_id)
    if refused is not None:
        return refused
    _, reverts = let_go(case)
    target, updates = write_synced(case.world.configurations[target_id], case.device, case.moment)
    after = _standing(case, command, before)
    facts: dict[str, Any] = {"moment": case.moment, "device": case.device, "configuration": target}
    event: MatchEvent
    if case.matched is not None:
        event = device_event(MatchChanged, case.standing, after, **facts)
    else:
        action = "accept" if before.origin == "accepted" else "match_to"
        event = device_event(DeviceMatched, case.standing, after, action=action, **facts)
    return Applied((*reverts, *updates, event))
