"""A history of the machine once more: through Kafka and PostgreSQL, then by the domain in the order it had there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from matchbook_configuration_writer.app import PACKAGE
from matchbook_configuration_writer.domain.decide import is_command
from matchbook_configuration_writer.domain.events import aggregate_of
from matchbook_configuration_writer.service import Writer
from matchbook_contracts.base import Contract
from matchbook_contracts.decisions import Decision
from matchbook_contracts.match_events import MatchEvent
from matchbook_servicekit.database import Database, load_queries

from tests.support.invariants import input_ends
from tests.support.machine.drawing import draw
from tests.support.machine.pure import PureWriter
from tests.support.machine.steps import Machine
from tests.support.writer_service import Rig
from tests.support.writer_world import NOW

DECISIONS = "matchbook.decisions"
SUGGESTIONS = "matchbook.suggestions"
Step = Contract | datetime


def history(number: int, steps: int) -> list[Step]:
    """Of some histories that Hypothesis draws from a seed, the one in which the most different things happened."""
    found: list[tuple[int, list[Step]]] = []

    class Recorded(Machine):
        def teardown(self) -> None:
            super().teardown()
            found.append((len(set(map(_kind, self.pure.events))), self.journal))

    draw(Recorded, number, histories=25, steps=steps)
    return max(found, key=lambda item: item[0])[1]


def _kind(event: MatchEvent) -> tuple[Any, ...]:
    actor = event.cause.actor
    return (type(event), getattr(event, "reason", None), actor.kind if actor is not None else None)


def parts(journal: Sequence[Step], size: int) -> Iterator[list[Step]]:
    """The history in parts that may be sent at once: time, then each kind of news, then the commands.

    Only one partition of one topic has an order, so news is sorted by topic and a suggestion, which a policy may answer
    at once, is a part of its own. What comes of it is another history, as good as the one it was made of.
    """
    for start in range(0, len(journal), size):
        window = sorted(journal[start : start + size], key=_order)
        for order, group in groupby(window, key=_order):
            found = list(group)
            if order == _order_of(SUGGESTIONS):
                yield from ([item] for item in found)
            else:
                yield found


def _order(step: Step) -> int:
    return 0 if isinstance(step, datetime) else _order_of(step.topic)


def _order_of(topic: str) -> int:
    return 1 + ("matchbook.tenants", "matchbook.devices", SUGGESTIONS, DECISIONS).index(topic)


@dataclass
class Replay:
    """Sends parts to a writer on one partition, and remembers how far the decisions' topic went with each."""

    writer: Rig
    sent: list[tuple[list[Step], int]] = field(default_factory=list)

    async def send(self, part: list[Step]) -> None:
        times = [step for step in part if isinstance(step, datetime)]
        for now in times:
            await self._expire(now)
        await self.writer.publish(*(step for step in part if isinstance(step, Contract)))
        # What the writer asks itself comes back to it.
        await self.writer.settle()
        await self.writer.settle()
        configured = self.writer.settings
        ends = await input_ends(configured.kafka_bootstrap, configured.topic_prefix)
        self.sent.append((part, ends[configured.topic_prefix + DECISIONS, 0]))

    async def _expire(self, now: datetime) -> None:
        """End ignores with the history's clock instead of the service's."""
        database = Database(self.writer.settings.database)
        await database.start()
        try:
            async with database.transaction() as connection:
                await Writer(load_queries(PACKAGE), clock=lambda: now, lag=cast("Any", None)).expire(connection)
        finally:
            await database.stop()

    async def decided_again(self) -> tuple[PureWriter, list[Decision]]:
        """The domain after the same news and decisions in the same order, and what the writer had asked itself."""
        records = (await self.writer.log()).topics[DECISIONS]
        pure, begin = PureWriter(), 0
        given = {step.decision_id for part, _ in self.sent for step in part if isinstance(step, Decision)}
        for part, end in self.sent:
            for step in part:
                if isinstance(step, datetime):
                    pure.expire(step)
                elif not isinstance(step, Decision):
                    pure.observe(step, NOW)
            for record in records[begin:end]:
                assert record.event is not None
                assert is_command(record.event)
                pure.decide(record.event, NOW)
            begin = end
        own = (record.event for record in records if isinstance(record.event, Decision))
        return pure, [item for item in own if item.decision_id not in given]


def told_differently(real: Sequence[MatchEvent], alone: Sequence[MatchEvent]) -> list[str]:
    """What the service's events say that the domain's don't, whatever the time at which they were told."""
    return _different(*({(*aggregate_of(event), event.version): event for event in events} for events in (real, alone)))


def asked_differently(real: Sequence[Decision], alone: Sequence[Decision]) -> list[str]:
    """The same of the commands that follow from others."""
    return _different(*({item.decision_id: item for item in commands} for commands in (real, alone)))


def _different(real: Mapping[Any, Contract], alone: Mapping[Any, Contract]) -> list[str]:
    sentences = [f"{key}: only the service has {real[key]!r}" for key in sorted(real.keys() - alone.keys())]
    sentences += [f"{key}: only the domain has {alone[key]!r}" for key in sorted(alone.keys() - real.keys())]
    for key in sorted(real.keys() & alone.keys()):
        said, expected = _shown(real[key]), _shown(alone[key])
        names = [name for name in {**said, **expected} if said.get(name) != expected.get(name)]
        sentences += [f"{key} {name}: {said.get(name)!r}, by the domain {expected.get(name)!r}" for name in names]
    return sentences


def _shown(record: Contract) -> dict[str, Any]:
    """All that a record says but for the moment of the service that it was made in."""
    own = {"occurred_at"} if isinstance(record, MatchEvent) else {"decided_at"}
    return {"type": type(record).__name__, **record.model_dump(exclude=own)}
