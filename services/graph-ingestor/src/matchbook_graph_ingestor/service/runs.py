"""The life of one sweep: how it begins, what it counts, how it ends, and what is told of each step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import uuid4

from matchbook_contracts.base import Actor
from matchbook_contracts.sync import SyncCompleted, SyncCounts, SyncFailed, SyncProgressed, SyncScope, SyncStarted
from matchbook_servicekit import outbox
from matchbook_servicekit.database import Connection

from matchbook_graph_ingestor import metrics
from matchbook_graph_ingestor.adapters import records, store
from matchbook_graph_ingestor.domain import schedule
from matchbook_graph_ingestor.domain.failures import Failure

PROGRESS_SECONDS: Final = 2.0
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time, for all who are given a clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Run:
    """A sweep under way; the counts grow with it."""

    run_id: str
    tenant_id: str
    scope: SyncScope
    started_at: datetime
    pages: int = 0
    seen: int = 0
    published: int = 0
    unchanged: int = 0
    retired: int = 0
    told_at: datetime = field(default_factory=lambda: datetime.min.replace(tzinfo=UTC))

    @property
    def counts(self) -> SyncCounts:
        return SyncCounts(
            pages=self.pages,
            seen=self.seen,
            published=self.published,
            unchanged=self.unchanged,
            retired=self.retired,
        )


class Ended(NamedTuple):
    """What the next sweep's time depends on; `tenant_id` is None for the customer lists."""

    tenant_id: str | None
    started_at: datetime
    at: datetime
    failure: Failure | None


async def begin(connection: Connection, tenant_id: str, scope: SyncScope, now: datetime) -> Run:
    """Open a sweep. One of the same kind that never ended is told to have been interrupted."""
    opening = await store.opening(connection, scope, tenant_id)
    run = Run(f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:12]}", tenant_id, scope, now, told_at=now)
    events = [_started(run, opening.requested_by)]
    if opening.interrupted is not None:
        before = Run(opening.interrupted[0], tenant_id, scope, opening.interrupted[1])
        events.insert(0, _failed(before, Failure("interrupted"), now, tenant_id))
    await store.open_sweep(connection, tenant_id, scope, run.run_id, now)
    await outbox.append(connection, [records.run_record(event) for event in events])
    return run


async def progress(connection: Connection, run: Run, now: datetime) -> None:
    """Tell how far the sweep is, now and then."""
    if now - run.told_at >= timedelta(seconds=PROGRESS_SECONDS):
        run.told_at = now
        event = SyncProgressed(run_id=run.run_id, tenant_id=run.tenant_id, scope=run.scope, at=now, counts=run.counts)
        await outbox.append(connection, [records.run_record(event)])


async def end(connection: Connection, run: Run, failure: Failure | None, now: datetime, message: str) -> None:
    """Close the sweep and tell how it ended; `message` is for a person and only told of a failure."""
    await store.close_sweep(connection, run.tenant_id, run.scope, run.run_id)
    event = _completed(run, now) if failure is None else _failed(run, failure, now, message)
    await outbox.append(connection, [records.run_record(event)])
    outcome = failure.reason if failure else "completed"
    metrics.sweeps.labels(run.scope, outcome).inc()
    metrics.sweep_seconds.labels(run.scope).observe((now - run.started_at).total_seconds())


async def set_next(connection: Connection, ended: Ended, interval: int) -> None:
    """Set when the tenant, or the customer lists, are read again; `interval` is the configured one, in seconds."""
    current = await store.schedule_of(connection, ended.tenant_id, interval)
    failures = 0 if ended.failure is None or ended.failure.loss else current.failures + 1
    due = schedule.next_sweep(ended.started_at, ended.at, current.interval, ended.failure, failures)
    await store.reschedule(connection, ended.tenant_id, ended.started_at, due, failures)


def _started(run: Run, requested_by: Actor | None) -> SyncStarted | SyncFailed:
    return SyncStarted(
        run_id=run.run_id, tenant_id=run.tenant_id, scope=run.scope, at=run.started_at, requested_by=requested_by
    )


def _completed(run: Run, now: datetime) -> SyncCompleted:
    return SyncCompleted(
        run_id=run.run_id,
        tenant_id=run.tenant_id,
        scope=run.scope,
        at=now,
        started_at=run.started_at,
        counts=run.counts,
    )


def _failed(run: Run, failure: Failure, now: datetime, message: str) -> SyncFailed:
    return SyncFailed(
        run_id=run.run_id,
        tenant_id=run.tenant_id,
        scope=run.scope,
        at=now,
        started_at=run.started_at,
        counts=run.counts,
        reason=failure.reason,
        message=message,
    )
