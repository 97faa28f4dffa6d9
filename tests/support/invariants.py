"""Checks what must hold of the configuration-writer after anything at all: I1 to I6 of the reliability matrix.

It reads the topics from their beginning and the writer's schema, changes nothing, and says in sentences what is broken.
Run it when the service is idle: `python -m tests.support.invariants --bootstrap … --dsn … --schema … [--prefix …]`.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import click
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from matchbook_contracts import registry
from matchbook_contracts.base import Contract
from matchbook_contracts.decisions import (
    ConfigurationDecision,
    Decision,
    DeviceDecision,
    EditOrganization,
    TenantDecision,
)
from matchbook_contracts.match_events import (
    AutoAcceptPoliciesSet,
    BulkUndone,
    DecisionRejected,
    ImportApplied,
    MatchEvent,
)
from matchbook_contracts.states import ConfigurationState, DeviceMatchState, OrganizationState, TenantMatchState
from pydantic import ValidationError

GROUP = "configuration-writer"
INPUTS = {
    "decisions": ("matchbook.decisions",),
    "facts": ("matchbook.devices", "matchbook.tenants", "matchbook.suggestions"),
}
EVENTS = "matchbook.match-events"
TABLES: Mapping[type[Contract], str] = {
    DeviceMatchState: "device_matches",
    TenantMatchState: "tenant_matches",
    ConfigurationState: "configurations",
    OrganizationState: "organizations",
}
Aggregate = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a topic; `event` is None where it doesn't decode."""

    topic: str
    partition: int
    offset: int
    event_id: str
    value: bytes
    event: Contract | None


@dataclass(slots=True)
class Log:
    """Everything the checks read. `topics` are by name without prefix; `ends` by topic and partition."""

    topics: dict[str, list[Record]] = field(default_factory=dict)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    dead: set[tuple[str, int, int]] = field(default_factory=set)

    def events(self) -> list[tuple[Record, MatchEvent]]:
        """The published events, each id once, in the order of its partition."""
        seen: set[str] = set()
        found = []
        for record in self.topics[EVENTS]:
            if isinstance(record.event, MatchEvent) and record.event_id not in seen:
                seen.add(record.event_id)
                found.append((record, record.event))
        return found

    def decisions(self) -> dict[str, Decision]:
        """The commands, by their ids; the first of each."""
        found: dict[str, Decision] = {}
        for record in self.topics["matchbook.decisions"]:
            if isinstance(record.event, Decision):
                found.setdefault(record.event.decision_id, record.event)
        return found


# --- reading ---------------------------------------------------------------------------------------------------------


async def read_log(bootstrap: str, prefix: str = "") -> Log:
    """Read every topic that the writer reads or writes, with the dead letters of its inputs."""
    inputs = [topic for names in INPUTS.values() for topic in names]
    outputs = [EVENTS, *(kind.topic for kind in TABLES)]
    letters = [f"{name}.dlq" for name in inputs]
    log = Log({name: [] for name in (*inputs, *outputs)})
    partitions = await _partitions(bootstrap, {prefix + name for name in (*inputs, *outputs, *letters)})
    ends: dict[TopicPartition, int] = {}
    async for raw in _whole(bootstrap, partitions, ends):
        name = raw.topic.removeprefix(prefix)
        if name in letters:
            log.dead.add(_source(name.removesuffix(".dlq"), raw))
        else:
            log.topics[name].append(_record(name, raw))
    for records in log.topics.values():
        records.sort(key=lambda record: (record.partition, record.offset))
    names = {prefix + name: name for name in inputs}
    log.ends = {(names[place.topic], place.partition): end for place, end in ends.items() if place.topic in names}
    return log


async def input_ends(bootstrap: str, prefix: str = "") -> dict[tuple[str, int], int]:
    """Where the writer's input topics end, by their physical name and partition."""
    names = {prefix + name for topics in INPUTS.values() for name in topics}
    # It first asks without knowing the partitions' leaders, and again after this pause, once for each topic.
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, retry_backoff_ms=5)
    partitions = await _partitions(bootstrap, names)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    return {(place.topic, place.partition): end for place, end in ends.items()}


async def _partitions(bootstrap: str, names: set[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(sorted(names))
    finally:
        await admin.close()
    return [TopicPartition(item["topic"], part["partition"]) for item in described for part in item["partitions"]]


async def _whole(
    bootstrap: str, partitions: Sequence[TopicPartition], ends: dict[TopicPartition, int]
) -> AsyncIterator[Any]:
    """Every record from the beginning to the end as it is now, which is noted in `ends`."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=16 * 1024 * 1024,
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    try:
        ends.update(await consumer.end_offsets(partitions))
        left = {place: end for place, end in ends.items() if end}
        consumer.assign(list(left))
        if left:
            await consumer.seek_to_beginning()
        while left:
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                for raw in records:
                    yield raw
                if await consumer.position(place) >= left.get(place, 0):
                    left.pop(place, None)
                    consumer.pause(place)
    finally:
        await consumer.stop()


def _record(topic: str, raw: Any) -> Record:
    headers = {name: value.decode("utf-8", "replace") for name, value in raw.headers}
    model = registry.contracts().get(headers.get("ce_type", ""))
    event: Contract | None = None
    if model is not None and raw.value is not None:
        try:
            event = model.from_body(raw.value)
        except ValidationError:
            event = None
    return Record(topic, raw.partition, raw.offset, headers.get("ce_id", ""), raw.value or b"", event)


def _source(topic: str, raw: Any) -> tuple[str, int, int]:
    headers = {name: value.decode("utf-8", "replace") for name, value in raw.headers}
    return (topic, int(headers["dlq_source_partition"]), int(headers["dlq_source_offset"]))


def aggregate(event: MatchEvent) -> Aggregate:
    """Kind and id of the aggregate whose events are counted together."""
    state = getattr(event, "state", None)
    if state is not None:
        return (type(state).__name__, event.key)
    kind = "import" if isinstance(event, ImportApplied) else type(event).__name__
    return (kind, event.key)


# --- I1: one outcome a decision --------------------------------------------------------------------------------------


def answers(decision: Decision, event: MatchEvent) -> bool:
    """Whether an event with the decision's id is its outcome, and not merely something it brought about."""
    if isinstance(event, DecisionRejected):
        return True
    match decision:
        case DeviceDecision() | TenantDecision():
            kinds: tuple[type[object], ...] = (DeviceMatchState, TenantMatchState)
            return isinstance(getattr(event, "state", None), kinds) and event.key == decision.key
        case ConfigurationDecision() | EditOrganization():
            return event.key == decision.key
        case _:
            return isinstance(event, (ImportApplied, AutoAcceptPoliciesSet, BulkUndone))


def one_outcome(log: Log, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """I1: every decision on the topic has one outcome there, and the writer remembers the same."""
    by_decision: defaultdict[str, list[tuple[Record, MatchEvent]]] = defaultdict(list)
    for record, event in log.events():
        if event.cause.decision_id is not None:
            by_decision[event.cause.decision_id].append((record, event))
    decisions = log.decisions()
    for decision_id, decision in decisions.items():
        outcomes = [(record, event) for record, event in by_decision[decision_id] if answers(decision, event)]
        if len(outcomes) != 1:
            found = ", ".join(type(event).__name__ for _, event in outcomes) or "none"
            yield f"I1: {type(decision).__name__} {decision_id} has {len(outcomes)} outcomes: {found}"
            continue
        record, event = outcomes[0]
        yield from _same_answer(decision_id, record, event, rows.get(decision_id))
    for decision_id in sorted((set(by_decision) | set(rows)) - set(decisions)):
        yield f"I1: decision {decision_id} has effects, but is not on the topic"


def _same_answer(decision_id: str, record: Record, event: MatchEvent, row: Mapping[str, Any] | None) -> Iterator[str]:
    rejected = isinstance(event, DecisionRejected)
    if row is None:
        yield f"I1: decision {decision_id} is answered on the topic, but not in the database"
    elif (row["event_id"], row["outcome"]) != (record.event_id, "rejected" if rejected else "applied"):
        yield f"I1: decision {decision_id} was {row['outcome']} by {row['event_id']}, the topic says {record.event_id}"


# --- I2: versions ----------------------------------------------------------------------------------------------------


def versions(log: Log) -> Iterator[str]:
    """I2: each aggregate's events have versions 1..n in the order of the topic; a repeated id repeats its bytes."""
    bodies: dict[str, bytes] = {}
    for record in log.topics[EVENTS]:
        if bodies.setdefault(record.event_id, record.value) != record.value:
            yield f"I2: event id {record.event_id} stands for two different events"
    last: defaultdict[Aggregate, int] = defaultdict(int)
    for _, event in log.events():
        key = aggregate(event)
        if event.version != last[key] + 1:
            yield f"I2: {key} goes from version {last[key]} to {event.version}"
        last[key] = max(last[key], event.version)
        state = getattr(event, "state", None)
        if state is not None and (state.version, state.key) != (event.version, event.key):
            yield f"I2: {type(event).__name__} {key} version {event.version} carries the state of {state.version}"


# --- I3: state = fold of the log -------------------------------------------------------------------------------------


def fold(log: Log) -> dict[type[Contract], dict[str, Contract]]:
    """The last state of every aggregate, from the events alone."""
    states: dict[type[Contract], dict[str, Contract]] = {kind: {} for kind in TABLES}
    for _, event in log.events():
        state = getattr(event, "state", None)
        if state is not None:
            states[type(state)][state.key] = state
    return states


def folded(log: Log, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """I3: the database and the state topics hold what the events add up to, nothing else."""
    for kind, expected in fold(log).items():
        stored = {state.key: (state, row) for row in rows[TABLES[kind]] for state in [kind.from_body(row["state"])]}
        published = {record.event.key: record.event for record in log.topics[kind.topic] if record.event is not None}
        yield from _compare(TABLES[kind], expected, {key: state for key, (state, _) in stored.items()})
        yield from _compare(kind.topic, expected, published)
        for key, (state, row) in stored.items():
            yield from _columns_agree(TABLES[kind], key, state, row)
    taken = [row["configuration_id"] for row in rows["device_matches"] if row["configuration_id"] is not None]
    if len(taken) != len(set(taken)):
        yield "I3: a configuration is matched to two devices"


def _compare(where: str, expected: Mapping[str, Contract], found: Mapping[str, Contract]) -> Iterator[str]:
    for key in sorted(set(expected) | set(found)):
        if expected.get(key) != found.get(key):
            yield f"I3: {where} {key} is not the fold of its events"


def _columns_agree(table: str, key: str, state: Any, row: Mapping[str, Any]) -> Iterator[str]:
    for column in ("version", "status", "organization_id", "configuration_id"):
        if column in row and row[column] != getattr(state, column):
            yield f"I3: {table} {key} has {column} {row[column]!r} beside a state with {getattr(state, column)!r}"


# --- I4: outbox ------------------------------------------------------------------------------------------------------


def outbox(log: Log, pending: int, published: Sequence[str]) -> Iterator[str]:
    """I4: what went through the outbox is what lies on the topics."""
    if pending:
        yield f"I4: {pending} records still wait in the outbox"
    on_topics = {record.event_id for name in (EVENTS, *(kind.topic for kind in TABLES)) for record in log.topics[name]}
    # The writer's own commands lie among everybody's.
    commands = {record.event_id for name in INPUTS["decisions"] for record in log.topics[name]}
    on_topics |= commands & set(published)
    if len(published) != len(set(published)):
        yield "I4: an event id went through the outbox twice"
    for event_id in sorted(set(published) ^ on_topics):
        where = "the outbox, but not on a topic" if event_id in set(published) else "a topic, but not in the outbox"
        yield f"I4: event {event_id} is in {where}"


# --- I5: offsets -----------------------------------------------------------------------------------------------------


def offsets(log: Log, rows: Sequence[Mapping[str, Any]], prefix: str = "") -> Iterator[str]:
    """I5: every input record was applied, or is a duplicate, or lies among the dead letters."""
    applied = {(row["consumer_group"], row["topic"], row["partition"]): row["next_offset"] for row in rows}
    for subscription, topics in INPUTS.items():
        for (topic, partition), end in log.ends.items():
            group = f"{prefix}{GROUP}.{subscription}"
            if topic in topics and applied.get((group, prefix + topic, partition), 0) != end:
                found = applied.get((group, prefix + topic, partition), 0)
                yield f"I5: {topic}-{partition} ends at {end}, {group} has applied up to {found}"
    for topic in (topic for topics in INPUTS.values() for topic in topics):
        for record in log.topics[topic]:
            if record.event is None and record.value and (topic, record.partition, record.offset) not in log.dead:
                yield f"I5: {topic}-{record.partition}@{record.offset} is unreadable and not among the dead letters"


# --- I6: organizations -----------------------------------------------------------------------------------------------


def organizations(log: Log) -> Iterator[str]:
    """I6: an event speaks of one organization, which its actor may decide for."""
    for record, event in log.events():
        state = getattr(event, "state", None)
        configuration = getattr(event, "configuration", None)
        named = {getattr(event, "organization_id", None), getattr(state, "organization_id", None)} - {None}
        if isinstance(state, DeviceMatchState) and configuration is not None:
            let_go = getattr(event, "previous_organization_id", None)
            if configuration.organization_id not in named | {let_go}:
                yield f"I6: {record.event_id} carries a configuration of organization {configuration.organization_id}"
        if len(named) > 1:
            yield f"I6: {record.event_id} names the organizations {sorted(map(str, named))}"
        actor = event.cause.actor
        if actor is not None and actor.organizations is not None and not isinstance(event, DecisionRejected):
            foreign = named - set(actor.organizations)
            if foreign:
                yield f"I6: {record.event_id} changed {sorted(map(str, foreign))} for an actor of {actor.organizations}"


# --- all -------------------------------------------------------------------------------------------------------------


async def violations(bootstrap: str, dsn: str, schema: str, prefix: str = "") -> list[str]:
    """Every broken invariant, as a sentence; empty when all hold."""
    log = await read_log(bootstrap, prefix)
    connection = await asyncpg.connect(dsn, server_settings={"search_path": f'"{schema}"'})
    try:
        decided = {row["decision_id"]: dict(row) for row in await connection.fetch("SELECT * FROM decisions")}
        tables = {table: await _table(connection, table) for table in TABLES.values()}
        pending = await connection.fetchval("SELECT count(*) FROM outbox")
        published = [row["event_id"] for row in await connection.fetch("SELECT event_id FROM outbox_published")]
        applied = [dict(row) for row in await connection.fetch("SELECT * FROM consumer_offsets")]
    finally:
        await connection.close()
    return [
        *one_outcome(log, decided),
        *versions(log),
        *folded(log, tables),
        *outbox(log, pending, published),
        *offsets(log, applied, prefix),
        *organizations(log),
    ]


async def _table(connection: Any, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(f"SELECT * FROM {table}")]


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--dsn", required=True)
@click.option("--schema", default="configuration_writer")
@click.option("--prefix", default="")
def main(bootstrap: str, dsn: str, schema: str, prefix: str) -> None:
    """Print what is broken and end with 1; end with 0 when everything holds."""
    broken = asyncio.run(violations(bootstrap, dsn, schema, prefix))
    for sentence in broken:
        click.echo(sentence)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
