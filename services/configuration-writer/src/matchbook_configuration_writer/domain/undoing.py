"""Undoing a bulk action row by row, and what undoing a decision has in common whatever the decision was about."""

from typing import Any, Final, TypeAlias

from matchbook_contracts.decisions import (
    UndoBulk,
    UndoConfigurationDecision,
    UndoDeviceDecision,
    UndoTenantDecision,
)
from matchbook_contracts.match_events import BulkUndone

from matchbook_configuration_writer.domain.authority import refuse_missing, refuse_scope
from matchbook_configuration_writer.domain.events import undoing_id
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome, Rejected, Subject
from matchbook_configuration_writer.domain.world import BulkRow, Undoable, World

UndoDecision: TypeAlias = UndoDeviceDecision | UndoTenantDecision | UndoConfigurationDecision

# More would not fit a record.
_LEFT_LISTED: Final = 1_000


def found(command: UndoDecision, world: World, kind: str) -> Undoable | None:
    """What the decision to be undone did to the command's subject; None where it did nothing to it."""
    undoable = world.undoable.get(command.undone_decision_id)
    return undoable if undoable is not None and (undoable.kind, undoable.subject) == (kind, command.key) else None


def unchanged(command: UndoDecision, what: str) -> Rejected:
    """The refusal where there is nothing to undo."""
    text = f"The decision {command.undone_decision_id} changed nothing about this {what}. Reload to see it as it is."
    return refuse_missing(command.actor, Rejected("nothing_to_change", text))


def refuse_changed(undoable: Undoable, version: int, label: str) -> Rejected | None:
    """A refusal where something was decided, or synced, after the decision to be undone."""
    if version == undoable.version:
        return None
    text = f"{label} has changed since, so it is left as it is. Look at it, then decide about it by itself."
    return Rejected("stale_version", text)


def undo_bulk(command: UndoBulk, world: World, moment: Moment) -> Outcome:
    """Ask for each row of a bulk action to be put back; list what is left as it is.

    The list may name what is any organization's, so it takes access to all.
    """
    refused = refuse_scope(command.actor, [None])
    if refused is not None:
        return refused
    bulk = world.bulks.get(command.undone_bulk_id)
    if bulk is None or not bulk.rows:
        text = (
            f"There is no bulk action {command.undone_bulk_id} that changed anything. "
            "Reload and choose one from the history."
        )
        return Rejected("unknown_bulk", text)
    undone = [row for row in bulk.rows if row.about is not None and not row.changed]
    left = [row.subject for row in bulk.rows if row.about is None or row.changed]
    event = BulkUndone(
        version=bulk.undone + 1,
        occurred_at=moment.now,
        cause=moment.cause,
        decision_id=command.decision_id,
        bulk_id=command.undone_bulk_id,
        undone=len(undone),
        left=tuple(left[:_LEFT_LISTED]),
        left_count=len(left),
    )
    return Applied((event,), (_undoing(command, row) for row in undone))


def _undoing(command: UndoBulk, row: BulkRow) -> UndoDecision:
    common: dict[str, Any] = {
        "decision_id": undoing_id(command.decision_id, row.decision_id),
        "actor": command.actor,
        "decided_at": command.decided_at,
        "bulk_id": command.decision_id,
        "undone_decision_id": row.decision_id,
    }
    match row.about:
        case Subject(tenant_id=str(tenant_id), device_id=str(device_id)):
            return UndoDeviceDecision(tenant_id=tenant_id, device_id=device_id, **common)
        case Subject(tenant_id=str(tenant_id)):
            return UndoTenantDecision(tenant_id=tenant_id, **common)
        case Subject(organization_id=str(organization_id), configuration_id=str(configuration_id)):
            return UndoConfigurationDecision(
                organization_id=organization_id, configuration_id=configuration_id, **common
            )
        case _:
            raise AssertionError(f"{row.subject} is nothing that can be undone")
