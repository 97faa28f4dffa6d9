"""What a batch does: load what it touches, decide in memory, write back and publish, all in one transaction."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, TypeGuard, assert_never

from matchbook_contracts.base import Contract
from matchbook_contracts.decisions import (
    Decision,
    ImportConfigurations,
    ImportOrganizations,
    SetAutoAcceptPolicies,
    UndoBulk,
    UndoConfigurationDecision,
    UndoDeviceDecision,
    UndoTenantDecision,
)
from matchbook_contracts.match_events import ImportApplied, MatchEvent
from matchbook_servicekit import outbox
from matchbook_servicekit.database import Connection, Queries
from matchbook_servicekit.messaging import Outgoing, Transient, derived_id, outgoing
from matchbook_servicekit.telemetry import current_traceparent

from matchbook_configuration_writer.adapters.loading import Loader, load_open_suggestions, load_policies
from matchbook_configuration_writer.adapters.saving import Answer, Saver, Stored
from matchbook_configuration_writer.domain.chain import Entry
from matchbook_configuration_writer.domain.decide import Command, decide
from matchbook_configuration_writer.domain.documentation import Taken, taken
from matchbook_configuration_writer.domain.events import aggregate_of, cause_of, rejection
from matchbook_configuration_writer.domain.expiry import expire
from matchbook_configuration_writer.domain.facts import SYNC, Fact, observe
from matchbook_configuration_writer.domain.needs import needs_of_commands, needs_of_facts, needs_of_subjects
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome, Rejected
from matchbook_configuration_writer.domain.policies import accepted, open_suggestions
from matchbook_configuration_writer.domain.world import World

SOURCE = "configuration-writer"
_SLICE = 2_000
_TURN = 200
_EXPIRED_AT_ONCE = 500
NO_TRACES: Mapping[str, str] = MappingProxyType({})


class Lag(Protocol):
    """Says whether facts that came before some decisions are still on their way to the database."""

    async def behind(self, decision_ids: Collection[str], connection: Connection) -> bool: ...


@dataclass(slots=True)
class Effects:
    """What a batch has brought about so far, in order.

    `traces` are the decisions' `traceparent`s by decision id: what a decision brings about continues its trace, the
    rest belongs to the batch's own.
    """

    traces: Mapping[str, str] = field(default_factory=dict)
    own_trace: str = field(default_factory=lambda: current_traceparent() or "")
    records: list[Outgoing] = field(default_factory=list)
    states: dict[tuple[str, str], Stored] = field(default_factory=dict)
    imports: dict[str, int] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    _bodies: dict[int, tuple[Contract, bytes]] = field(default_factory=dict)

    async def ask(self, commands: Iterable[Decision]) -> None:
        """Take decisions that follow from one, for publication; their ids are their events' ids."""
        for number, item in enumerate(commands, 1):
            self.records.append(outgoing(item, source=SOURCE, event_id=item.decision_id, time=item.decided_at))
            if number % _TURN == 0:
                await asyncio.sleep(0)

    def add(self, event: MatchEvent) -> str:
        """Take an event, and the state it led to, for publication; returns the event's id."""
        kind, key = aggregate_of(event)
        event_id = derived_id("match-events", kind, key, event.version)
        trace = self.traces.get(event.cause.decision_id or "", self.own_trace)
        body = event.body(self._body)
        record = outgoing(event, source=SOURCE, event_id=event_id, time=event.occurred_at, traceparent=trace, body=body)
        self.records.append(record)
        self.history.append(Entry(kind, key, event.version, event_id, type(event).__name__, record.body))
        state = getattr(event, "state", None)
        if state is not None:
            body = self._body(state)
            own_id = f"{event_id}.state"
            record = outgoing(
                state, source=SOURCE, event_id=own_id, time=event.occurred_at, traceparent=trace, body=body
            )
            self.records.append(record)
            self.states[kind, key] = Stored(state, body)
        elif isinstance(event, ImportApplied):
            self.imports[event.import_id] = event.version
        return event_id

    def _body(self, state: Contract) -> bytes:
        """The JSON of a state, which goes into events and on a topic of its own."""
        # The state is kept, too: only while it lives is its id its own.
        known = self._bodies.get(id(state))
        if known is None:
            known = self._bodies[id(state)] = (state, state.body())
        return known[1]


class Writer:
    """Applies commands and facts. Every method works in the caller's transaction and leaves the commit to it."""

    def __init__(self, queries: Queries, *, clock: Callable[[], datetime], lag: Lag) -> None:
        self._queries = queries
        self._clock = clock
        self._lag = lag

    async def decide(
        self, commands: Sequence[Command], connection: Connection, traces: Mapping[str, str] = NO_TRACES
    ) -> None:
        """Answer each command once, in order, with events in the outbox; `traces` are by decision id.

        Raises Transient where a refusal rests on facts that are still on their way, or where another writer interfered.
        """
        new = await self._undecided(commands, connection)
        slices = list(_slices(new))
        if len(slices) > 1:
            # All locks before the first slice: taken slice by slice, two batches could wait for each other in a circle.
            await Loader(self._queries, connection, needs_of_commands(new)).lock()
        for part in slices:
            await self._decide(part, connection, traces)

    async def _decide(self, commands: Sequence[Command], connection: Connection, traces: Mapping[str, str]) -> None:
        world = await Loader(self._queries, connection, needs_of_commands(commands)).load()
        now, effects, work = self._clock(), Effects(traces), 0
        policies = world.policies
        early: list[str] = []
        for command in commands:
            outcome = _answer(command, world, now, effects)
            match outcome:
                case Applied(commands=asked):
                    await effects.ask(asked)
                case Rejected(may_be_early=True):
                    early.append(command.decision_id)
                case _:
                    pass
            work += _weight(command)
            if work >= _TURN:
                work = 0
                # The group's heartbeats, the relay and the health checks share the loop.
                await asyncio.sleep(0)
        if early and await self._lag.behind(early, connection):
            raise Transient(f"{len(early)} decisions may be ahead of the facts they rest on")
        if world.policies is not policies and world.policies.policies:
            async for found in load_open_suggestions(connection, self._queries):
                await effects.ask(accepted([found], world.policies, now))
        await self._save(effects, connection)

    async def observe(self, facts: Sequence[Fact], connection: Connection) -> None:
        """Remember facts, and bring what was decided up to date with them. Raises Transient like `decide`."""
        await connection.execute(self._queries["share_policies"])
        policies = await load_policies(connection, self._queries)
        needs = needs_of_facts(facts, policies=bool(policies.policies))
        world = await Loader(self._queries, connection, needs).load()
        moment, effects = Moment(self._clock(), SYNC), Effects()
        for number, fact in enumerate(facts, 1):
            for event in observe(fact, world, moment):
                world.fold((event,))
                effects.add(event)
            if number % _TURN == 0:
                await asyncio.sleep(0)
        if policies.policies:
            await effects.ask(accepted(open_suggestions(facts, world), policies, moment.now))
        saver = Saver(self._queries, connection)
        await saver.save_facts(facts)
        await self._save(effects, connection)

    async def expire(self, connection: Connection) -> int:
        """End some of the ignores whose time has come; how many were found, 0 when none is left."""
        now = self._clock()
        rows = await connection.fetch(self._queries["expired_ignores"], now, _EXPIRED_AT_ONCE)
        if not rows:
            return 0
        subjects = [(row["tenant_id"], row["device_id"]) for row in rows]
        world = await Loader(self._queries, connection, needs_of_subjects(subjects)).load()
        effects = Effects()
        for event in expire(subjects, world, now):
            effects.add(event)
        await self._save(effects, connection)
        return len(rows)

    async def _undecided(self, commands: Sequence[Command], connection: Connection) -> list[Command]:
        """The commands that were not answered before, each once."""
        first: dict[str, Command] = {}
        for command in commands:
            first.setdefault(command.decision_id, command)
        rows = await connection.fetch(self._queries["find_decided"], list(first))
        for row in rows:
            del first[row["decision_id"]]
        return list(first.values())

    async def _save(self, effects: Effects, connection: Connection) -> None:
        if not effects.records:
            return
        saver = Saver(self._queries, connection)
        await saver.save_answers(effects.answers)
        await saver.save_states(effects.states.values(), effects.imports)
        await saver.save_history(effects.history)
        await saver.save_taken(effects.taken)
        await outbox.append(connection, effects.records)


def _weight(command: Command) -> int:
    """How much work a command is: one, or one a row."""
    return len(command.rows) if _is_import(command) else 1


def _is_import(command: Command) -> TypeGuard[ImportOrganizations | ImportConfigurations]:
    return type(command) in (ImportOrganizations, ImportConfigurations)


def _looks_back(command: Command, decided: Collection[str]) -> bool:
    """Whether a command reads in the database what commands of its slice did, whose ids are `decided`."""
    match command:
        case UndoDeviceDecision() | UndoTenantDecision() | UndoConfigurationDecision():
            return command.undone_decision_id in decided
        case UndoBulk() | SetAutoAcceptPolicies():
            return True
        case _:
            return False


def _slices(commands: Sequence[Command]) -> Iterator[Sequence[Command]]:
    """The commands in parts of bounded work, so that neither memory nor one query grows with the batch."""
    part: dict[str, Command] = {}
    work = 0
    for command in commands:
        if part and (work + _weight(command) > _SLICE or _looks_back(command, part)):
            yield [*part.values()]
            part, work = {}, 0
        part[command.decision_id] = command
        work += _weight(command)
    if part:
        yield [*part.values()]


def _answer(command: Command, world: World, now: datetime, effects: Effects) -> Outcome:
    """Decide a command and take the events of it."""
    outcome = decide(command, world, now)
    match outcome:
        case Applied(events=events):
            world.fold(events)
            effects.answers.append(_row(command, None, _add_all(effects, events), now))
            if isinstance(events[-1], ImportApplied) and _is_import(command):
                effects.taken += taken(command, events[-1])
        case Rejected():
            event_id = effects.add(rejection(command, outcome, Moment(now, cause_of(command))))
            effects.answers.append(_row(command, outcome.reason, event_id, now))
        case _:
            assert_never(outcome)
    return outcome


def _add_all(effects: Effects, events: Iterable[MatchEvent]) -> str:
    """Add events; the id of the last, which answers the command."""
    *_, last = [effects.add(event) for event in events]
    return last


def _row(command: Command, reason: str | None, event_id: str, now: datetime) -> Answer:
    return Answer(
        decision_id=command.decision_id,
        command=type(command).__name__,
        subject=command.key,
        bulk_id=command.bulk_id,
        reason=reason,
        event_id=event_id,
        decided_at=command.decided_at,
        answered_at=now,
    )
