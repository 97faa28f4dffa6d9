"""The life of one sweep: what it counts, and what is told of each step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from matchbook_contracts.base import Actor
from matchbook_contracts.sync import SyncCompleted, SyncCounts, SyncFailed, SyncProgressed, SyncScope, SyncStarted
from matchbook_servicekit.messaging import Outgoing

from matchbook_graph_ingestor import metrics
from matchbook_graph_ingestor.adapters import records
from matchbook_graph_ingestor.adapters.store import Ended, Rhythm
from matchbook_graph_ingestor.domain import schedule
from matchbook_graph_ingestor.domain.failures import Failure, sentence

PROGRESS_SECONDS: Final = 2.0
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time, for all who are given a clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Run:
    """A sweep under way; the counts grow with it. `subject` is what its sentences call it."""

    run_id: str
    tenant_id: str
    scope: SyncScope
    subject: str
    started_at: datetime
    told_at: datetime
    pages: int = 0
    seen: int = 0
    published: int = 0
    unchanged: int = 0
    retired: int = 0

    @property
    def counts(self) -> SyncCounts:
        return SyncCounts(
            pages=self.pages,
            seen=self.seen,
            published=self.published,
            unchanged=self.unchanged,
            retired=self.retired,
        )


def new_id(at: datetime) -> str:
    """An id for a sweep. Ids sort by time."""
    return f"{at:%Y%m%dT%H%M%S}-{uuid4().hex[:12]}"


def beginning(run: Run, requested_by: Actor | None) -> list[Outgoing]:
    """What is told when a sweep begins."""
    event = SyncStarted(
        run_id=run.run_id, tenant_id=run.tenant_id, scope=run.scope, at=run.started_at, requested_by=requested_by
    )
    return [records.run_record(event)]


def interrupted(run: Run, at: datetime) -> list[Outgoing]:
    """What is told of a sweep that began and of which nothing was heard again."""
    return [records.run_record(_failed(run, Failure("interrupted"), at))]


def progress(run: Run, now: datetime) -> list[Outgoing]:
    """What is told now and then while a sweep runs."""
    if now - run.told_at < timedelta(seconds=PROGRESS_SECONDS):
        return []
    run.told_at = now
    event = SyncProgressed(run_id=run.run_id, tenant_id=run.tenant_id, scope=run.scope, at=now, counts=run.counts)
    return [records.run_record(event)]


def ending(run: Run, failure: Failure | None, now: datetime) -> list[Outgoing]:
    """What is told when a sweep ends."""
    metrics.sweeps.labels(run.scope, failure.reason if failure else "completed").inc()
    metrics.sweep_seconds.labels(run.scope).observe((now - run.started_at).total_seconds())
    return [records.run_record(_completed(run, now) if failure is None else _failed(run, failure, now))]


def ended(run: Run, failure: Failure | None, now: datetime, rhythm: Rhythm, interval: int) -> Ended:
    """When the next sweep is due; `interval` is the configured one, in seconds.

    The brake is no failure to sweep: the next regular sweep looks again.
    """
    if failure is not None and failure.reason == "retirement_brake":
        failure = None
    failures = 0 if failure is None or failure.loss else rhythm.failures + 1
    due = schedule.next_sweep(run.started_at, now, rhythm.interval or interval, failure, failures)
    return Ended(run.tenant_id, run.run_id, run.started_at, due, failures)


def _completed(run: Run, now: datetime) -> SyncCompleted:
    return SyncCompleted(
        run_id=run.run_id,
        tenant_id=run.tenant_id,
        scope=run.scope,
        at=now,
        started_at=run.started_at,
        counts=run.counts,
    )


def _failed(run: Run, failure: Failure, now: datetime) -> SyncFailed:
    return SyncFailed(
        run_id=run.run_id,
        tenant_id=run.tenant_id,
        scope=run.scope,
        at=now,
        started_at=run.started_at,
        counts=run.counts,
        reason=failure.reason,
        message=sentence(failure.reason, run.subject, failure.count),
    )
