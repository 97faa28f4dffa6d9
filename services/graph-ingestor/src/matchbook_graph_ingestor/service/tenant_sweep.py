"""The sweep of one tenant: its own record, then its devices page by page, then what has been absent long enough."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.failpoints import failpoint
from matchbook_servicekit.messaging import Publisher
from matchbook_servicekit.telemetry import get_logger

from matchbook_graph_ingestor import metrics
from matchbook_graph_ingestor.adapters import records, store
from matchbook_graph_ingestor.adapters.graph import Graph
from matchbook_graph_ingestor.domain import devices, retirement, tenants
from matchbook_graph_ingestor.domain.failures import Failure, of_customer, sentence
from matchbook_graph_ingestor.domain.graph_objects import DevicePage, Organization, Unreadable
from matchbook_graph_ingestor.domain.retirement import Brake
from matchbook_graph_ingestor.domain.tenants import Tenant
from matchbook_graph_ingestor.errors import DeviceGone, SweepFailed
from matchbook_graph_ingestor.service import runs
from matchbook_graph_ingestor.service.runs import Clock, Ended, Run, utc_now

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """What sweeps go by.

    `interval` in seconds, `checks` and `check_concurrency` bound the reads by id of absent devices.
    """

    brake: Brake
    refresh: timedelta
    interval: int
    sync_by_default: bool
    checks: int = 1000
    check_concurrency: int = 8


class TenantSweep:
    """Sweeps tenants, any number at once.

    What is away (database, broker) is raised, and the sweep may be begun again.
    """

    def __init__(
        self, graph: Graph, database: Database, publisher: Publisher, rules: Rules, clock: Clock = utc_now
    ) -> None:
        self.rules = rules
        self._graph = graph
        self._database = database
        self._publisher = publisher
        self._clock = clock

    async def run(self, tenant_id: str) -> int:
        """Sweep a tenant; returns how many devices were published. A failure of Microsoft's is told and not raised."""
        tenant = await self._tenant(tenant_id)
        if tenant is None:
            return 0
        if not tenant.sync_devices:
            await self._read_record_only(tenant)
            return 0
        run = await self._begin(tenant_id)
        failure: Failure | None = None
        with metrics.sweeping.track_inprogress():
            try:
                failure = await self._sweep(tenant, run)
            except SweepFailed as error:
                failure = await self._refused(tenant, error)
        await self._end(tenant, run, failure)
        return run.published

    async def interrupt(self, tenant_id: str) -> None:
        """End a sweep that failed for a reason nobody foresaw, so that it is tried again later and not at once."""
        now = self._clock()
        async with self._database.transaction() as connection:
            await runs.set_next(connection, Ended(tenant_id, now, now, Failure("interrupted")), self.rules.interval)

    async def _tenant(self, tenant_id: str) -> Tenant | None:
        async with self._database.transaction() as connection:
            return (await self._load(connection, tenant_id)).get(tenant_id)

    async def _load(self, connection: Connection, tenant_id: str) -> dict[str, Tenant]:
        return await store.load_tenants(connection, [tenant_id], sync_by_default=self.rules.sync_by_default)

    async def _begin(self, tenant_id: str) -> Run:
        async with self._database.transaction() as connection:
            return await runs.begin(connection, tenant_id, "devices", self._clock())

    async def _read_record_only(self, tenant: Tenant) -> None:
        started, failure = self._clock(), None
        try:
            organization = await self._graph.organization(tenant.tenant_id)
            await self._update(tenant.tenant_id, lambda it: tenants.as_read(it, organization, devices_read=False))
        except SweepFailed as error:
            failure = await self._refused(tenant, error)
        async with self._database.transaction() as connection:
            ended = Ended(tenant.tenant_id, started, self._clock(), failure)
            await runs.set_next(connection, ended, self.rules.interval)

    async def _sweep(self, tenant: Tenant, run: Run) -> Failure | None:
        organization = await self._graph.organization(tenant.tenant_id)
        pages = self._graph.devices(tenant.tenant_id)
        first = await self._first(tenant, organization, pages)
        await self._update(tenant.tenant_id, lambda it: tenants.as_read(it, organization, devices_read=True))
        seen: set[str] = set()
        await self._apply(run, first, seen)
        del first
        async for page in pages:
            await self._apply(run, page, seen)
        return await self._retire(run, seen)

    async def _first(
        self, tenant: Tenant, organization: Organization | None, pages: AsyncIterator[DevicePage]
    ) -> DevicePage:
        """The first page says whether devices may be read, so the tenant is announced only after it, and once."""
        try:
            return await anext(pages)
        except SweepFailed as error:
            failure = of_customer(error.failure, has_relationship=tenant.has_relationship)
            await self._update(tenant.tenant_id, lambda it: _refused(it, organization, failure))
            raise

    async def _refused(self, tenant: Tenant, error: SweepFailed) -> Failure:
        failure = of_customer(error.failure, has_relationship=tenant.has_relationship)
        reason = failure.loss
        if reason is not None:
            await self._update(tenant.tenant_id, lambda it: tenants.as_lost(it, reason, failure.detail))
        return failure

    async def _update(self, tenant_id: str, change: Callable[[Tenant], Tenant]) -> None:
        """Change a tenant's state, and announce it where others must know."""
        async with self._database.transaction() as connection:
            before = (await self._load(connection, tenant_id)).get(tenant_id)
            if before is None:
                return
            after, announced = tenants.announced(change(before))
            if announced is not None:
                await self._publisher.publish([records.tenant_record(announced)])
            if after != before:
                await store.save_tenants(connection, [after])

    async def _apply(self, run: Run, page: DevicePage, seen: set[str]) -> None:
        """Publish what a page changed, then commit it: a crash in between publishes the same records again."""
        listed = devices.distinct(page.value, seen)
        async with self._database.transaction() as connection:
            await store.lock_devices(connection, run.tenant_id)
            known = await store.known_devices(connection, run.tenant_id, [device.device_id for device in listed])
            try:
                found = devices.compare(listed, known, self.rules.refresh)
            except Unreadable as error:
                raise SweepFailed(Failure("bad_answer", str(error))) from None
            await self._publisher.publish(records.device_records(run.tenant_id, found.changes))
            failpoint("ingestor.before_commit")
            await store.store_changes(connection, run.tenant_id, found.changes)
            await store.mark_seen(connection, run.tenant_id, found.back)
            _count(run, len(listed), len(found.changes), found.unchanged)
            await runs.progress(connection, run, self._clock())

    async def _retire(self, run: Run, seen: set[str]) -> Failure | None:
        """After a complete sweep: count absences, and retire what is gone for good."""
        async with self._database.connection() as connection:
            live, absent = await store.absent_devices(connection, run.tenant_id, seen)
            rhythm = await store.schedule_of(connection, run.tenant_id, self.rules.interval)
        if not absent and not rhythm.braked_runs:
            return None
        judged = retirement.judge(absent, live, self.rules.brake, rhythm.confirmed_absences)
        gone, back = await self._look_up(run.tenant_id, judged.candidates[: self.rules.checks])
        braked_runs = [*rhythm.braked_runs, run.run_id] if judged.braked else []
        async with self._database.transaction() as connection:
            await store.lock_devices(connection, run.tenant_id)
            run.retired = await self._publish_retired(connection, run.tenant_id, gone)
            left = {item.device_id for item in absent} - set(gone) - set(back)
            await store.count_absences(connection, run.tenant_id, sorted(left))
            await store.mark_seen(connection, run.tenant_id, back)
            # What was confirmed holds until the brake is off, since a sweep looks up only so many.
            kept = rhythm.confirmed_absences if braked_runs or len(gone) + len(back) < len(judged.candidates) else None
            await store.keep_brake(connection, run.tenant_id, braked_runs, kept)
        return Failure("retirement_brake", str(judged.braked)) if judged.braked else None

    async def _publish_retired(self, connection: Connection, tenant_id: str, gone: Sequence[str]) -> int:
        known = await store.known_devices(connection, tenant_id, gone)
        revisions = {item.device_id: item.revision for item in known.values() if not item.retired}
        await self._publisher.publish(records.retired_records(tenant_id, revisions))
        await store.retire(connection, tenant_id, sorted(revisions))
        metrics.devices.labels("retired").inc(len(revisions))
        return len(revisions)

    async def _look_up(self, tenant_id: str, candidates: Sequence[str]) -> tuple[list[str], list[str]]:
        """Ask for each candidate by its id; returns those that Graph does not know, and those that it still has."""
        gone: list[str] = []
        back: list[str] = []
        limit = asyncio.Semaphore(self.rules.check_concurrency)

        async def ask(device_id: str) -> None:
            async with limit:
                try:
                    await self._graph.device(tenant_id, device_id)
                except DeviceGone:
                    gone.append(device_id)
                except SweepFailed as error:
                    log.info("absent device not looked up", tenant_id=tenant_id, reason=error.failure.reason)
                else:
                    back.append(device_id)

        await asyncio.gather(*(ask(device_id) for device_id in candidates))
        return sorted(gone), sorted(back)

    async def _end(self, tenant: Tenant, run: Run, failure: Failure | None) -> None:
        now = self._clock()
        count = int(failure.detail) if failure and failure.reason == "retirement_brake" else 0
        message = sentence(failure.reason, tenant.name, count) if failure else ""
        braked = failure is not None and failure.reason == "retirement_brake"
        async with self._database.transaction() as connection:
            await runs.end(connection, run, failure, now, message)
            later = None if braked else failure
            await runs.set_next(connection, Ended(run.tenant_id, run.started_at, now, later), self.rules.interval)
        _log_end(run, failure)


def _refused(tenant: Tenant, organization: Organization | None, failure: Failure) -> Tenant:
    read = tenants.as_read(tenant, organization, devices_read=False)
    return tenants.as_lost(read, failure.loss, failure.detail) if failure.loss else read


def _count(run: Run, seen: int, published: int, unchanged: int) -> None:
    run.pages += 1
    run.seen += seen
    run.published += published
    run.unchanged += unchanged
    metrics.pages.inc()
    metrics.devices.labels("published").inc(published)
    metrics.devices.labels("unchanged").inc(unchanged)


def _log_end(run: Run, failure: Failure | None) -> None:
    about = {
        "tenant_id": run.tenant_id,
        "run_id": run.run_id,
        "pages": run.pages,
        "seen": run.seen,
        "published": run.published,
    }
    if failure is None:
        log.info("sweep completed", retired=run.retired, **about)
    else:
        log.warning("sweep failed", reason=failure.reason, detail=failure.detail, **about)
