"""The transactional outbox: events are written with the state they speak of, and relayed to Kafka in order."""

import asyncio
import contextlib
import re
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json

from matchbook_servicekit.database import Connection, Database, load_queries, stop_if_cancelled
from matchbook_servicekit.failpoints import failpoint
from matchbook_servicekit.leadership import Leadership
from matchbook_servicekit.messaging import Delivery, Outgoing, Publisher, PublishRefused
from matchbook_servicekit.patience import Patience
from matchbook_servicekit.telemetry import metrics

CHANNEL = "matchbook_outbox"
_CHUNK = 4_000
_COPIED = 2_000
_FEW = 20
_KNOWN_BYTES = 32 * 1024 * 1024
# What a record takes beside its body: its ids, and its headers.
_BESIDE = 1_000
_POLL_SECONDS = 0.25
_BACKLOG_SECONDS = 5.0
_DAY = re.compile(r"outbox_published_(\d{8})")
_QUERIES = load_queries("matchbook_servicekit")
_COLUMNS = ("position", "topic", "key", "partition_key", "event_id", "body", "headers")


async def append(connection: Connection, records: Sequence[Outgoing]) -> None:
    """Write records into the outbox, in the caller's transaction.

    Their order here is their order on the topic for each partition key. Two transactions that write for the same
    aggregate keep its order only if both hold its row's lock before they number the event.
    """
    if not records:
        return
    if len(records) <= _FEW:
        # One statement; numbering, COPY and the notification are three.
        columns = map(list, zip(*map(_row, records), strict=True))
        await connection.execute(_QUERIES["append_outbox"], *columns, CHANNEL)
        return
    numbered = await connection.fetchrow(_QUERIES["number_outbox"], len(records))
    assert numbered is not None
    rows = list(zip(numbered["positions"], records, strict=True))
    # COPY takes the rows at a third of what an INSERT of as many costs; in parts, since each is encoded in one turn of
    # the event loop.
    for first in range(0, len(rows), _COPIED):
        part = ((position, *_row(record)) for position, record in rows[first : first + _COPIED])
        await connection.copy_records_to_table("outbox", columns=_COLUMNS, records=part)
    if known := _KNOWN.get(numbered["schema"]):
        known.add(rows)
    await connection.execute("SELECT pg_notify($1, current_schema())", CHANNEL)


class Known:
    """The newest records that this process has written, by position, so that its relay need not read them back.

    What is published is for the database to say: of a transaction that was rolled back no position is ever asked for.
    """

    def __init__(self, most_bytes: int = _KNOWN_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._records: dict[int, Outgoing] = {}

    def add(self, rows: Iterable[tuple[int, Outgoing]]) -> None:
        """Keep records; the oldest go where there are too many bytes."""
        for position, record in rows:
            self._records[position] = record
            self._bytes += len(record.body) + _BESIDE
        while self._bytes > self._most_bytes:
            self.take(next(iter(self._records)))

    def take(self, position: int) -> Outgoing | None:
        """The record at a position, which is forgotten then; None for one that is not known."""
        record = self._records.pop(position, None)
        if record is not None:
            self._bytes -= len(record.body) + _BESIDE
        return record


# By schema: of the relays that are at work in this process, nearly always one.
_KNOWN: dict[str, Known] = {}


class Relay:
    """Publishes the outbox. Of all processes on a schema the one that holds the advisory lock works, the others wait.

    A component: `run` ends only by cancellation or by a record that Kafka refuses for good.
    """

    def __init__(self, database: Database, publisher: Publisher, *, keep: timedelta = timedelta(days=7)) -> None:
        self.name = "outbox relay"
        self.database = database
        self.publisher = publisher
        self.keep = keep
        self._patience = Patience(self.name, trouble=f"{self.name} is starting")
        self._wake = asyncio.Event()
        self._known = Known()
        self._today: date | None = None
        self._measured = 0.0

    def ready(self) -> str | None:
        """None while the outbox is relayed here or elsewhere; else why it is not."""
        return self._patience.trouble

    async def run(self) -> None:
        """Relay until cancelled; what is away is waited for."""
        await self._patience.for_ever(self._hold)

    async def _hold(self) -> None:
        """Stand by for the lock, then relay for as long as its connection lives."""
        lock = Leadership(self.database, "matchbook.outbox")
        async with lock.held(standing_by=self._patience.at_ease):
            metrics.relay_active.set(1)
            schema = await lock.connection.fetchval("SELECT current_schema()")
            self._known = _KNOWN[schema] = Known()
            try:
                await lock.connection.add_listener(CHANNEL, self._hint)
                await self._relay(lock.connection)
            finally:
                # Another relay of this process may be at work already, where this one's connection was lost.
                if _KNOWN.get(schema) is self._known:
                    del _KNOWN[schema]
                metrics.relay_active.set(0)

    def _hint(self, *_: Any) -> None:
        self._wake.set()

    async def _relay(self, connection: Connection) -> None:
        while True:
            self._wake.clear()
            await self._tend(connection)
            await self._drain(connection)
            stop_if_cancelled()
            self._patience.at_ease()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._wake.wait()

    async def _drain(self, connection: Connection) -> None:
        """Publish until the outbox is empty, reading the next rows while the last are on their way.

        Raises what kept any of them from Kafka; what was read ahead is then forgotten, so that nothing overtakes.
        """
        rows = await self._read(connection, ())
        while rows:
            ahead, delivery = await asyncio.gather(self._read(connection, rows), self._deliver([*rows.values()]))
            await self._settle(connection, rows, delivery)
            stop_if_cancelled()
            if delivery.failure is not None:
                raise delivery.failure
            rows = ahead

    async def _read(self, connection: Connection, under_way: Collection[int]) -> dict[int, Outgoing]:
        """The next records by position, in order; those that are not known are read from the database."""
        found = await connection.fetch(_QUERIES["select_outbox"], _CHUNK + len(under_way), timeout=30)
        known = {position: self._known.take(position) for (position,) in found if position not in under_way}
        unknown = [position for position, record in known.items() if record is None]
        if unknown:
            rows = await connection.fetch(_QUERIES["read_outbox"], unknown, timeout=30)
            known |= {row["position"]: _outgoing(row) for row in rows}
        return {position: record for position, record in known.items() if record is not None}

    async def _deliver(self, records: Sequence[Outgoing]) -> Delivery:
        failpoint("relay.before_publish")
        delivery = await self.publisher.deliver(records)
        failpoint("relay.after_publish")
        return delivery

    async def _settle(self, connection: Connection, positions: Iterable[int], delivery: Delivery) -> None:
        # Of each partition a leading part was acknowledged, so what stays behind is still in order.
        settled = [(position, *place) for position, place in zip(positions, delivery.places, strict=True) if place]
        if settled:
            await connection.execute(_QUERIES["settle_outbox"], *map(list, zip(*settled, strict=True)), timeout=30)
            failpoint("relay.after_settle")
            metrics.outbox_published.inc(len(settled))

    async def _tend(self, connection: Connection) -> None:
        """Once a day make room for tomorrow and drop what is past keeping; now and then measure the backlog."""
        today = datetime.now(UTC).date()
        if today != self._today:
            await tend_published(connection, today, self.keep)
            self._today = today
        if time.monotonic() - self._measured > _BACKLOG_SECONDS:
            self._measured = time.monotonic()
            backlog = await connection.fetchrow(_QUERIES["outbox_backlog"], timeout=30)
            assert backlog is not None
            metrics.outbox_pending.set(backlog["pending"])
            metrics.outbox_age.set(backlog["oldest"])


def _row(item: Outgoing) -> tuple[Any, ...]:
    headers = to_json(item.headers).decode()
    return (item.topic, item.key, item.partition_key, item.event_id, item.body, headers)


def _outgoing(row: Any) -> Outgoing:
    headers = tuple((name, value.encode()) for name, value in from_json(row["headers"]))
    return Outgoing(row["topic"], row["key"], row["partition_key"], row["event_id"], row["body"], headers)


async def tend_published(connection: Connection, today: date, keep: timedelta) -> None:
    """Make `outbox_published`'s partitions, one a UTC day, around `today`; drop what is older than `keep`."""
    for offset in range(-1, 3):
        day = today + timedelta(days=offset)
        # Names and dates are made here from a date, so nothing foreign enters the statement.
        await connection.execute(
            f"CREATE TABLE IF NOT EXISTS outbox_published_{day:%Y%m%d} PARTITION OF outbox_published "
            f"FOR VALUES FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')",
            timeout=30,
        )
    for row in await connection.fetch(_QUERIES["published_days"], timeout=30):
        match = _DAY.fullmatch(row["name"])
        if match and datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC).date() < today - keep:
            await connection.execute(f"DROP TABLE IF EXISTS {row['name']}", timeout=30)


__all__ = ["CHANNEL", "PublishRefused", "Relay", "append", "tend_published"]
