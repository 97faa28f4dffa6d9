"""Match events as the read model keeps them: history entries, and the outcomes of decisions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from matchbook_contracts.base import device_key
from matchbook_contracts.match_events import DecisionRejected, ImportApplied, MatchEvent, MatchOrphaned
from matchbook_contracts.states import DeviceMatchState

from matchbook_api_gateway.domain.rows import text
from matchbook_api_gateway.domain.views import ActorView, HistoryEntry

SEPARATOR = "\x1f"


class HistoryRow(NamedTuple):
    """Columns of `put_history`."""

    aggregate: str
    at: datetime
    event_id: str
    configuration_id: str | None
    entry: bytes


def history_row(event: MatchEvent, event_id: str) -> HistoryRow:
    """The event in the history of what it is about; a rejection stands in that of its subject."""
    configuration_id = getattr(event, "configuration_id", None) or getattr(event, "previous_configuration_id", None)
    of_device = isinstance(getattr(event, "state", None), DeviceMatchState)
    return HistoryRow(
        _aggregate(event),
        event.occurred_at,
        event_id,
        configuration_id if of_device else None,
        _entry(event).model_dump_json().encode(),
    )


def _aggregate(event: MatchEvent) -> str:
    if not isinstance(event, DecisionRejected):
        return event.key
    if event.tenant_id and event.device_id:
        return device_key(event.tenant_id, event.device_id)
    return event.tenant_id or event.configuration_id or event.organization_id or event.key


def _entry(event: MatchEvent) -> HistoryEntry:
    cause, actor = event.cause, event.cause.actor
    return HistoryEntry(
        at=event.occurred_at,
        event=type(event).__name__,
        action=getattr(event, "action", None) or getattr(event, "command", None) or type(event).__name__,
        cause=cause.kind,
        actor=ActorView(kind=actor.kind, id=actor.id, name=actor.name) if actor else None,
        changes=list(getattr(event, "changes", ())),
        message=getattr(event, "message", None),
        decision_id=cause.decision_id,
        bulk_id=cause.bulk_id,
    )


@dataclass
class Outcome:
    """What a batch says about one decision."""

    decision_id: str
    at: datetime
    bulk_id: str | None
    command: str | None = None
    tenant_id: str | None = None
    device_id: str | None = None
    organization_id: str | None = None
    reason: str | None = None
    message: str | None = None
    candidates: tuple[str, ...] = ()
    events: set[str] = field(default_factory=set)

    @property
    def status(self) -> str:
        return "rejected" if self.reason else "applied"

    def columns(self) -> tuple[Any, ...]:
        """Columns of `put_outcomes`."""
        return (
            self.decision_id,
            self.at,
            self.command,
            self.tenant_id,
            self.device_id,
            self.organization_id,
            self.bulk_id,
            self.status,
            self.reason,
            text(self.message),
            SEPARATOR.join(self.candidates),
            SEPARATOR.join(sorted(self.events)),
        )

    def told(self) -> dict[str, Any]:
        """As the live stream tells it."""
        return {
            "decision_id": self.decision_id,
            "status": self.status,
            "reason": self.reason,
            "message": text(self.message),
            "tenant_id": self.tenant_id,
            "device_id": self.device_id,
            "organization_id": self.organization_id,
            "bulk_id": self.bulk_id,
        }


def outcomes_of(events: Iterable[MatchEvent]) -> dict[str, Outcome]:
    """What the events say about decisions, by decision id. A decision may cause several events, or one rejection."""
    found: dict[str, Outcome] = {}
    for event in events:
        decision_id = event.decision_id if isinstance(event, DecisionRejected) else event.cause.decision_id
        if decision_id is None:
            continue
        outcome = found.setdefault(decision_id, Outcome(decision_id, event.occurred_at, event.cause.bulk_id))
        outcome.events.add(type(event).__name__)
        _fill(outcome, event)
    return found


def _fill(outcome: Outcome, event: MatchEvent) -> None:
    if isinstance(event, DecisionRejected):
        outcome.command = event.command
        outcome.reason, outcome.message, outcome.candidates = event.reason, event.message, event.candidates
    # Orphans follow from a decision about their tenant; they are not what it was about.
    if isinstance(event, (MatchOrphaned, ImportApplied)):
        return
    if outcome.tenant_id is None:
        outcome.tenant_id = getattr(event, "tenant_id", None)
        outcome.device_id = getattr(event, "device_id", None)
    outcome.organization_id = outcome.organization_id or getattr(event, "organization_id", None)
