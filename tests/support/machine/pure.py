"""The writer's domain alone, with what the service reads from its database kept in memory instead."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from matchbook_configuration_writer.domain.decide import Command, decide
from matchbook_configuration_writer.domain.events import aggregate_of, cause_of, rejection
from matchbook_configuration_writer.domain.expiry import expire
from matchbook_configuration_writer.domain.facts import SYNC, observe
from matchbook_configuration_writer.domain.intake import fact_of
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Rejected, Subject
from matchbook_configuration_writer.domain.policies import accepted, open_suggestions
from matchbook_configuration_writer.domain.world import Bulk, BulkRow, Undoable, World
from matchbook_contracts.base import Contract
from matchbook_contracts.decisions import (
    Decision,
    SetAutoAcceptPolicies,
    UndoBulk,
    UndoConfigurationDecision,
    UndoDeviceDecision,
    UndoTenantDecision,
)
from matchbook_contracts.match_events import DecisionRejected, MatchEvent
from matchbook_contracts.states import ConfigurationState, DeviceMatchState, TenantMatchState

from tests.support.invariants import EVENTS, Log, Record, one_outcome, organizations, versions


@dataclass
class PureWriter:
    """Answers each command once. `waiting` are the commands that follow from others and are still to be decided."""

    world: World = field(default_factory=World)
    events: list[MatchEvent] = field(default_factory=list)
    answers: dict[str, tuple[Command, MatchEvent]] = field(default_factory=dict)
    waiting: list[Decision] = field(default_factory=list)
    _versions: dict[tuple[str, str], int] = field(default_factory=dict)
    _states: dict[tuple[str, str, int], Any] = field(default_factory=dict)

    def decide(self, command: Command, now: datetime) -> MatchEvent:
        """The event that answers the command; the first one where it was answered before."""
        if command.decision_id not in self.answers:
            self.answers[command.decision_id] = (command, self._decided(command, now))
        return self.answers[command.decision_id][1]

    def _decided(self, command: Command, now: datetime) -> MatchEvent:
        self._look_back(command)
        outcome = decide(command, self.world, now)
        match outcome:
            case Rejected():
                self._take([rejection(command, outcome, Moment(now, cause_of(command)))])
            case Applied():
                self._take(outcome.events)
                self.waiting += outcome.commands
                if isinstance(command, SetAutoAcceptPolicies):
                    self._ask_policies(self.world.suggestions.values(), now)
        return self.events[-1]

    def observe(self, record: Contract, now: datetime) -> None:
        """Take news in."""
        fact = fact_of(record)
        assert fact is not None, record
        for event in observe(fact, self.world, Moment(now, SYNC)):
            self._take([event])
        self._ask_policies([fact], now)

    def expire(self, now: datetime) -> None:
        """End the ignores whose time has come; the domain itself is to leave the others alone."""
        tenants = [(tenant_id, None) for tenant_id in self.world.tenant_matches]
        self._take(list(expire([*self.world.device_matches, *tenants], self.world, now)))

    def broken(self) -> list[str]:
        """The invariants that do not hold of the events so far."""
        log = Log({EVENTS: [], "matchbook.decisions": []})
        for number, event in enumerate(self.events):
            log.topics[EVENTS].append(Record(EVENTS, 0, number, f"e{number}", b"", event))
        rows = {}
        numbers = {id(event): number for number, event in enumerate(self.events)}
        for decision_id, (command, event) in self.answers.items():
            log.topics["matchbook.decisions"].append(Record("matchbook.decisions", 0, 0, decision_id, b"", command))
            outcome = "rejected" if isinstance(event, DecisionRejected) else "applied"
            rows[decision_id] = {"event_id": f"e{numbers[id(event)]}", "outcome": outcome}
        return [*one_outcome(log, rows), *versions(log), *organizations(log)]

    def _ask_policies(self, facts: Iterable[object], now: datetime) -> None:
        self.waiting += accepted(open_suggestions(facts, self.world), self.world.policies, now)

    def _take(self, events: Iterable[MatchEvent]) -> None:
        for event in events:
            aggregate = aggregate_of(event)
            assert event.version == self._versions.get(aggregate, 0) + 1, (aggregate, event)
            self._versions[aggregate] = event.version
            state = getattr(event, "state", None)
            if state is not None:
                self._states[*aggregate, event.version] = state
            self.events.append(event)
            self.world.fold((event,))

    # --- what the database would say of what was decided --------------------------------------------------------------

    def _look_back(self, command: Command) -> None:
        if isinstance(command, (UndoDeviceDecision, UndoTenantDecision, UndoConfigurationDecision)):
            found = self._undoable(command.undone_decision_id)
            self.world.undoable = {} if found is None else {command.undone_decision_id: found}
        elif isinstance(command, UndoBulk):
            self.world.bulks = {command.undone_bulk_id: self._bulk(command.undone_bulk_id)}

    def _led_to(self, decision_id: str) -> Any:
        """The state that a decision led to; None for a refusal and for what can't be undone."""
        _, event = self.answers.get(decision_id, (None, None))
        state = getattr(event, "state", None)
        return state if isinstance(state, (DeviceMatchState, TenantMatchState, ConfigurationState)) else None

    def _undoable(self, decision_id: str) -> Undoable | None:
        if self._led_to(decision_id) is None:
            return None
        event = self.answers[decision_id][1]
        kind, subject = aggregate_of(event)
        before = self._states.get((kind, subject, event.version - 1))
        return Undoable(kind, subject, event.version, before, self._created(getattr(event, "state", None)))

    def _created(self, led: Any) -> Any:
        """What a decision created for its device, as it was then."""
        if not isinstance(led, DeviceMatchState) or led.origin != "created":
            return None
        return self._states["configuration", led.configuration_id or "", 1]

    def _bulk(self, bulk_id: str) -> Bulk:
        found = [
            command
            for command, event in self.answers.values()
            if command.bulk_id == bulk_id and not isinstance(event, DecisionRejected)
        ]
        rows = [self._row(command) for command in sorted(found, key=lambda item: (item.key, item.decision_id))]
        return Bulk(tuple(rows), self._versions.get(("bulk", bulk_id), 0))

    def _row(self, command: Command) -> BulkRow:
        led = self._led_to(command.decision_id)
        if led is None:
            return BulkRow(command.decision_id, command.key, None, changed=False)
        now = self._versions[aggregate_of(self.answers[command.decision_id][1])]
        return BulkRow(command.decision_id, command.key, _subject_of(led), changed=led.version != now)


def _subject_of(state: Any) -> Subject:
    match state:
        case DeviceMatchState():
            return Subject(tenant_id=state.tenant_id, device_id=state.device_id)
        case TenantMatchState():
            return Subject(tenant_id=state.tenant_id)
        case _:
            return Subject(organization_id=state.organization_id, configuration_id=state.configuration_id)
