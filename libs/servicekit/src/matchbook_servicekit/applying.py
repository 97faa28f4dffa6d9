"""One batch, one transaction: what the batch consumer does between Kafka's records and the database's commit."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from matchbook_contracts import registry

from matchbook_servicekit.database import Connection, Database, DeadlineExceeded, is_transient, load_queries
from matchbook_servicekit.dead_letters import (
    Brake,
    BrakeEngaged,
    Dead,
    DeadLetterLog,
    Decoder,
    Readers,
    Reason,
    dead_letter,
    stack_of,
)
from matchbook_servicekit.failpoints import failpoint
from matchbook_servicekit.messaging import KafkaSettings, Outgoing, Publisher, Received, Transient
from matchbook_servicekit.telemetry import describe, get_logger, metrics

log = get_logger(__name__)

Apply = Callable[[Sequence[Received], Connection], Awaitable[Sequence[Outgoing]]]
AfterCommit = Callable[[Sequence[Received]], Awaitable[None]]
Offsets = Mapping[TopicPartition, int]
Condemned = Mapping[tuple[str, int, int], Dead]

_PARTITION = attrgetter("topic", "partition")
_BUG_ATTEMPTS = 3
_LONGEST_PAUSE = 15.0


class Invalid(Exception):  # noqa: N818 - a kind of outcome, not a programming error
    """The handler's word that a record breaks the contract: it is dead-lettered and the batch applied without it."""

    def __init__(self, record: Received, reason: str) -> None:
        super().__init__(reason)
        self.record = record
        self.reason = reason


class Rewound(Exception):  # noqa: N818
    """The database knows less than this member has applied: it was restored or emptied. Read again from there."""


@dataclass(frozen=True)
class Subscription:
    """What a service does with some topics.

    `apply` gets the decoded records of a batch, in order within each partition, inside one transaction, and returns
    what is to be published before the commit. It may be called again with the same records, or with a part of them.
    `after_commit` gets what was applied; its failures are logged and change nothing, and after a crash it may not be
    called at all. `readers` read events of a contract more quickly, see `Decoder`. `max_records` bounds a batch,
    `batch_timeout_ms` the wait for its first record, `max_bytes` what goes into one transaction, which is one record at
    least.
    """

    name: str
    topics: tuple[str, ...]
    apply: Apply
    max_records: int = 1000
    max_bytes: int = 4 * 1024 * 1024
    batch_timeout_ms: int = 20
    after_commit: AfterCommit | None = None
    readers: Readers = field(default_factory=dict)


@dataclass
class Work:
    """A batch on its way: the pieces still to be applied, in order, and the records found to be at fault."""

    pieces: deque[Sequence[Any]]
    condemned: dict[tuple[str, int, int], Dead] = field(default_factory=dict)
    attempts: int = 0
    pauses: int = 0
    searching: bool = False


@dataclass
class _Sorted:
    """The records of a piece by what is to become of them; `outcomes` say by partition, in order, which are dead."""

    received: list[Received] = field(default_factory=list)
    dead: list[Dead] = field(default_factory=list)
    outcomes: dict[TopicPartition, list[bool]] = field(default_factory=dict)
    counts: Counter[tuple[TopicPartition, str]] = field(default_factory=Counter)
    next_offsets: dict[TopicPartition, int] = field(default_factory=dict)


def place_of(record: Any) -> tuple[str, int, int]:
    """Topic (as on the broker), partition and offset of a raw record."""
    return (record.topic, record.partition, record.offset)


class Applier:
    """Applies the batches of one consumer group.

    `stopping` ends waiting for what is away; `expected` gives the offsets this member has applied up to.
    """

    def __init__(  # noqa: PLR0913 - the parts of one machine, named at the one call
        self,
        subscription: Subscription,
        *,
        group: str,
        kafka: KafkaSettings,
        database: Database,
        publisher: Publisher,
        brake: Brake,
        stopping: asyncio.Event,
    ) -> None:
        self.subscription = subscription
        self.group = group
        self.kafka = kafka
        self.database = database
        self.publisher = publisher
        self.brake = brake
        self.trouble: str | None = None
        self._stopping = stopping
        self._decoder = Decoder(kafka, registry.contracts(), subscription.readers)
        self._queries = load_queries("matchbook_servicekit")
        self._letters = DeadLetterLog()

    async def stored_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The next offset of each partition as the database has it; 0 for a partition it has not seen."""
        async with self.database.transaction() as connection:
            await connection.execute(self._queries["ensure_offsets"], self.group, *_columns(partitions))
            rows = await connection.fetch(self._queries["read_offsets"], self.group, *_columns(partitions))
        return {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}

    async def apply(self, records: Sequence[Any], expected: Offsets, done: Callable[[Offsets], None]) -> None:
        """Apply a batch of raw records; `done` is told the next offsets after each commit.

        Returns early, with the rest not applied, when stopping. Raises BrakeEngaged or Rewound; anything else only when
        a record can neither be applied nor set aside.
        """
        work = Work(deque(_pieces(records, self.subscription.max_bytes)))
        while work.pieces and not self._stopping.is_set():
            try:
                sorted_ = await self._unit(work.pieces[0], work.condemned, expected)
            except (BrakeEngaged, Rewound):
                raise
            except Exception as error:  # noqa: BLE001 - every failure is classified in one place
                await self._judge(work, error)
            else:
                work.pieces.popleft()
                work.pauses, self.trouble = 0, None
                done(sorted_.next_offsets)
                await self._after_commit(sorted_)

    async def _judge(self, work: Work, error: Exception) -> None:
        piece = work.pieces[0]
        if isinstance(error, Invalid) and self._condemn_invalid(work, error):
            return
        if isinstance(error, DeadlineExceeded) and len(piece) > 1:
            # Perhaps it was only too much for one transaction.
            _halve(work)
        if isinstance(error, (Transient, KafkaError)) or is_transient(error):
            await self._wait_for_recovery(work, error)
        else:
            await self._search(work, error)

    def _condemn_invalid(self, work: Work, error: Invalid) -> bool:
        record = error.record
        place = (self.kafka.physical(record.topic), record.partition, record.offset)
        raw = next((item for item in work.pieces[0] if place_of(item) == place), None)
        if raw is None or place in work.condemned:
            return False
        work.condemned[place] = Dead(raw, Reason.INVALID, error.reason, stack=stack_of(error))
        return True

    async def _wait_for_recovery(self, work: Work, error: Exception) -> None:
        work.pauses += 1
        self.trouble = describe(error)
        metrics.retries.labels(self.group, "transient").inc()
        if work.pauses & (work.pauses - 1) == 0:
            log.warning("batch waits for what is away", group=self.group, attempt=work.pauses, cause=describe(error))
        await self._pause(min(_LONGEST_PAUSE, 0.05 * 2 ** min(work.pauses, 10)))

    async def _search(self, work: Work, error: Exception) -> None:
        """A bug, or a record that no one foresaw: try again, then halve until the record stands alone."""
        piece = work.pieces[0]
        work.attempts += 1
        metrics.retries.labels(self.group, "failure").inc()
        if work.attempts == 1:
            log.error("handler failed", group=self.group, records=len(piece), exc_info=error)
        if work.attempts < _BUG_ATTEMPTS and not (work.searching and len(piece) > 1):
            await self._pause(0.1 * work.attempts)
        elif len(piece) > 1:
            work.searching = True
            _halve(work)
            work.attempts = 1
        elif place_of(piece[0]) in work.condemned:
            # Not even setting it aside works; nothing here can help, so the process ends with the error.
            raise error
        else:
            detail = f"{type(error).__name__}: {error}"
            raw = piece[0]
            work.condemned[place_of(raw)] = Dead(raw, Reason.HANDLER_FAILED, detail, work.attempts, stack_of(error))
            work.attempts = 0

    async def _pause(self, seconds: float) -> None:
        """Wait between half and the whole of `seconds`, or until stopping."""
        try:
            async with asyncio.timeout(seconds * random.uniform(0.5, 1)):  # noqa: S311 - jitter
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _unit(
        self, piece: Sequence[Any], condemned: Mapping[tuple[str, int, int], Dead], expected: Offsets
    ) -> _Sorted:
        partitions = sorted(TopicPartition(*place) for place in set(map(_PARTITION, piece)))
        async with self.database.transaction() as connection:
            rows = await connection.fetch(self._queries["lock_offsets"], self.group, *_columns(partitions))
            stored = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
            if any(stored.get(item, -1) < expected.get(item, 0) for item in partitions):
                raise Rewound
            runs = {TopicPartition(row["topic"], row["partition"]): row["dead_run"] for row in rows}
            found = self._sort(piece, condemned, stored)
            runs = self.brake.check(runs, found.outcomes)
            await self._effects(found, connection)
            await self._advance(connection, found.next_offsets, runs)
            failpoint("consumer.before_commit")
        failpoint("consumer.after_commit")
        self.brake.record(found.outcomes)
        self._account(found)
        return found

    def _sort(self, piece: Sequence[Any], condemned: Condemned, stored: Offsets) -> _Sorted:
        found = _Sorted(next_offsets=dict(stored))
        for (topic, number), run in groupby(piece, key=_PARTITION):
            self._sort_run(TopicPartition(topic, number), list(run), condemned, found)
        return found

    def _sort_run(self, partition: TopicPartition, run: list[Any], condemned: Condemned, found: _Sorted) -> None:
        """One partition's records, which stand together in a batch."""
        decode, received, start = self._decoder.decode, found.received, found.next_offsets[partition]
        flags = found.outcomes.setdefault(partition, [])
        counts = Counter[str]()
        for raw in run:
            if raw.offset < start:
                counts["duplicate"] += 1
                continue
            result = (condemned.get(place_of(raw)) if condemned else None) or decode(raw)
            if type(result) is Received:
                received.append(result)
                flags.append(False)
            elif type(result) is Dead:
                found.dead.append(result)
                flags.append(True)
            else:
                counts["tombstone"] += 1
        found.next_offsets[partition] = max(start, run[-1].offset + 1)
        counts["dead"] = sum(flags)
        counts["applied"] = len(flags) - counts["dead"]
        found.counts.update({(partition, outcome): count for outcome, count in counts.items()})

    async def _effects(self, found: _Sorted, connection: Connection) -> None:
        if found.received:
            produced = await self.subscription.apply(found.received, connection)
            if produced:
                await self.publisher.publish(produced)
        if found.dead:
            now = datetime.now(UTC)
            delivery = await self.publisher.send([dead_letter(dead, group=self.group, at=now) for dead in found.dead])
            if delivery.failure is not None:
                raise delivery.failure
            failpoint("consumer.after_dead_letters")

    async def _advance(self, connection: Connection, offsets: Offsets, runs: Mapping[TopicPartition, int]) -> None:
        moved = sorted(offsets)
        await connection.execute(
            self._queries["advance_offsets"],
            self.group,
            *_columns(moved),
            [offsets[item] for item in moved],
            [runs.get(item, 0) for item in moved],
        )

    def _account(self, found: _Sorted) -> None:
        for (partition, outcome), count in found.counts.items():
            metrics.records.labels(self.group, partition.topic, partition.partition, outcome).inc(count)
        for dead in found.dead:
            self._letters.write(dead, self.group)

    async def _after_commit(self, found: _Sorted) -> None:
        if self.subscription.after_commit is None or not found.received:
            return
        try:
            async with asyncio.timeout(self.database.settings.deadline):
                await self.subscription.after_commit(found.received)
        except Exception:
            log.exception("what follows a commit failed", group=self.group)


def _pieces(records: Sequence[Any], most_bytes: int) -> Iterator[Sequence[Any]]:
    """The records in parts of about that many bytes at most, of one record at least."""
    first = held = 0
    for index, raw in enumerate(records):
        size = len(raw.value or b"")
        if index > first and held + size > most_bytes:
            yield records[first:index]
            first, held = index, 0
        held += size
    if records:
        yield records[first:]


def _halve(work: Work) -> None:
    piece = work.pieces.popleft()
    middle = len(piece) // 2
    work.pieces.extendleft((piece[middle:], piece[:middle]))


def _columns(partitions: Sequence[TopicPartition]) -> tuple[list[str], list[int]]:
    return [item.topic for item in partitions], [item.partition for item in partitions]
