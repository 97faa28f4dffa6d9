"""The sweep of one tenant: its own record, then its devices page by page, then what has been absent long enough."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from matchbook_servicekit import outbox
from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.failpoints import failpoint
from matchbook_servicekit.messaging import Outgoing, Publisher
from matchbook_servicekit.telemetry import get_logger, tracer

from matchbook_graph_ingestor import metrics
from matchbook_graph_ingestor.adapters import records, store, sweeps
from matchbook_graph_ingestor.adapters.graph import Graph
from matchbook_graph_ingestor.adapters.store import Rhythm, Standing
from matchbook_graph_ingestor.domain import devices, retirement, tenants
from matchbook_graph_ingestor.domain.devices import Comparison, Known
from matchbook_graph_ingestor.domain.failures import Failure, of_customer
from matchbook_graph_ingestor.domain.graph_objects import DevicePage, ManagedDevice, Unreadable
from matchbook_graph_ingestor.domain.retirement import Absent, Brake
from matchbook_graph_ingestor.domain.tenants import Tenant
from matchbook_graph_ingestor.errors import DeviceGone, PageExpired, SweepFailed, SweepTaken
from matchbook_graph_ingestor.service import runs
from matchbook_graph_ingestor.service import visit as visits_
from matchbook_graph_ingestor.service.runs import Clock, Run, utc_now
from matchbook_graph_ingestor.service.visit import Visit

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """What sweeps go by.

    `interval` is in seconds; `checks` and `check_concurrency` bound the reads by id of absent devices.
    """

    brake: Brake
    refresh: timedelta
    interval: int
    sync_by_default: bool
    checks: int = 1000
    check_concurrency: int = 8


async def _at_once(_: float) -> None:
    """Nobody else waits."""


class TenantSweep:
    """Sweeps tenants, any number at once.

    What is away (database, broker) is raised, and the sweep may be gone on with; a failure of Microsoft's is told.
    `turn` is awaited between the pages of a list, with the seconds that the last one took, to let others go first.
    """

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        graph: Graph,
        database: Database,
        publisher: Publisher,
        rules: Rules,
        *,
        clock: Clock = utc_now,
        turn: Callable[[float], Awaitable[None]] = _at_once,
    ) -> None:
        self.rules = rules
        self._graph = graph
        self._database = database
        self._publisher = publisher
        self._clock = clock
        self._turn = turn

    async def open(self, taken: Mapping[str, str], owner: str) -> list[Visit]:
        """Begin sweeps that `owner` took, run ids by tenant id, or go on with them, in one transaction.

        Those that sync no devices tell nothing of it.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            standings = await self._load(connection, list(taken))
            visits, told, new = list[Visit](), list[Outgoing](), list[str]()
            for tenant_id, standing in standings.items():
                found = standing.rhythm.open
                if found is None or (found.run_id, found.owner) != (taken[tenant_id], owner):
                    continue
                visits.append(await visits_.made(connection, standing.tenant, found, now))
                if found.started_at is None:
                    new.append(tenant_id)
            elsewhere = set(new) - await sweeps.begin(connection, new, owner, now)
            visits = [visit for visit in visits if visit.tenant_id not in elsewhere]
            for visit in visits:
                if visit.tenant_id in new and visit.tenant.syncs:
                    told += runs.beginning(visit.run, standings[visit.tenant_id].rhythm.requested_by)
            await outbox.append(connection, told)
        return visits

    async def run(self, visit: Visit) -> None:
        """Sweep a tenant to the end, unless another process has taken over."""
        with tracer().start_as_current_span("sweep devices"), metrics.sweeping.track_inprogress():
            try:
                await self._to_the_end(visit)
            except SweepTaken:
                log.warning(
                    "another process goes on with the sweep", tenant_id=visit.tenant_id, run_id=visit.run.run_id
                )

    async def interrupt(self, visit: Visit) -> None:
        """End a sweep that failed for a reason nobody foresaw; it is tried again later, and not at once.

        Nothing that was read is told: it may be the reason.
        """
        visit.organization_read = False
        with suppress(SweepTaken):
            await self._fail(visit, Failure("interrupted"))

    async def _to_the_end(self, visit: Visit) -> None:
        try:
            await self._sweep(visit)
        except SweepFailed as error:
            await self._fail(visit, of_customer(error.failure, has_relationship=visit.tenant.is_entitled))

    async def _load(self, connection: Connection, tenant_ids: Sequence[str]) -> dict[str, Standing]:
        return await store.load_tenants(connection, tenant_ids, sync_by_default=self.rules.sync_by_default)

    async def _sweep(self, visit: Visit) -> None:
        visit.organization = await self._graph.organization(visit.tenant_id)
        visit.organization_read = True
        if not visit.tenant.syncs:
            await self._finish_quietly(visit)
            return
        if not await self._list(visit):
            await self._retire(visit)

    async def _list(self, visit: Visit) -> bool:
        """Read the list; from its beginning, once, if Graph forgot where we were. Whether that was the sweep's end."""
        try:
            return await self._pages(visit)
        except PageExpired as error:
            log.info("the list is read again", tenant_id=visit.tenant_id, detail=error.failure.detail)
            visit.start_over()
            async with self._database.transaction() as connection:
                await self._hold(connection, visit)
                await sweeps.forget_pages(connection, visit.tenant_id)
            return await self._pages(visit)

    async def _pages(self, visit: Visit) -> bool:
        ended, began = False, time.monotonic()
        async for page in self._graph.devices(visit.tenant_id, visit.link):
            # Only now is it known that devices may be read, so the tenant is announced with its first page, and once.
            first, visit.devices_read = not visit.devices_read, True
            ended = await self._apply(visit, page, first=first)
            if page.next_link is not None:
                await self._turn(time.monotonic() - began)
            began = time.monotonic()
        return ended

    async def _apply(self, visit: Visit, page: DevicePage, *, first: bool) -> bool:
        """Publish what a page changed, then commit it: a crash in between publishes the same records again.

        Returns whether that was also the end of the sweep: the last page, and no device is absent.
        """
        listed = devices.distinct(page.value, visit.seen)
        whole = visit.run.pages == 0 and page.next_link is None
        async with self._database.transaction() as connection:
            standing = await self._hold_syncing(connection, visit)
            told = await self._learn(connection, visit, standing.tenant) if first else []
            ids = None if whole else [device.device_id for device in listed]
            known = await store.known_devices(connection, visit.tenant_id, ids)
            found = self._compared(listed, known)
            told += records.device_records(visit.tenant_id, found.changes)
            await self._publisher.publish(told)
            failpoint("ingestor.before_commit")
            await store.store_changes(connection, visit.tenant_id, found.changes)
            await store.mark_seen(connection, visit.tenant_id, found.back)
            _count(visit.run, len(listed), found)
            if whole and not standing.rhythm.braked_runs and not retirement.absent(known.values(), visit.seen):
                await self._end(connection, visit, standing.rhythm, None)
                return True
            await self._keep_place(connection, visit, page, listed)
            await outbox.append(connection, runs.progress(visit.run, self._clock()))
        return False

    async def _keep_place(
        self, connection: Connection, visit: Visit, page: DevicePage, listed: Sequence[ManagedDevice]
    ) -> None:
        if page.next_link is None:
            return
        ids, counts = [device.device_id for device in listed], visit.run.counts.model_dump()
        read = sweeps.PageRead(visit.run.pages, ids, page.next_link, counts)
        await sweeps.save_page(connection, visit.tenant_id, visit.run.run_id, read, self._clock())

    async def _hold(self, connection: Connection, visit: Visit) -> Standing:
        """Lock the tenant and read it as it is now. Raises SweepTaken where its sweep is not this one any more."""
        standing = (await self._load(connection, [visit.tenant_id])).get(visit.tenant_id)
        if standing is None or not visit.has(standing.rhythm.open):
            raise SweepTaken
        return standing

    async def _hold_syncing(self, connection: Connection, visit: Visit) -> Standing:
        """The same, for what tells of devices: raises SweepFailed where they are not to be synced any more."""
        standing = await self._hold(connection, visit)
        if not standing.tenant.syncs:
            raise SweepFailed(Failure("interrupted", "switched off or removed"))
        return standing

    async def _learn(self, connection: Connection, visit: Visit, before: Tenant) -> list[Outgoing]:
        """Keep what was read of the tenant; returns its announcement where others must know."""
        return await self._keep(connection, before, visit.learned(before))

    async def _keep(self, connection: Connection, before: Tenant, changed: Tenant) -> list[Outgoing]:
        after, event = tenants.announced(changed)
        if after != before:
            await store.save_tenants(connection, [after])
        return [records.tenant_record(event)] if event else []

    def _compared(self, listed: Sequence[ManagedDevice], known: Mapping[str, Known]) -> Comparison:
        try:
            return devices.compare(listed, known, self.rules.refresh)
        except Unreadable as error:
            raise SweepFailed(Failure("bad_answer", str(error))) from None

    async def _retire(self, visit: Visit) -> None:
        """After a complete sweep: count absences, retire what is gone for good, and end."""
        async with self._database.connection() as connection:
            live = await store.count_live(connection, visit.tenant_id)
            # What a sweep saw is live, so equal numbers are the same devices.
            absent = (
                [] if live == len(visit.seen) else await store.absent_devices(connection, visit.tenant_id, visit.seen)
            )
        async with self._database.transaction() as connection:
            rhythm = (await self._hold(connection, visit)).rhythm
        judged = retirement.judge(absent, live, self.rules.brake, rhythm.confirmed_absences)
        gone, back = await self._look_up(visit.tenant_id, judged.candidates[: self.rules.checks])
        failure = Failure("retirement_brake", count=judged.braked) if judged.braked else None
        async with self._database.transaction() as connection:
            rhythm = _braked(visit.run, (await self._hold_syncing(connection, visit)).rhythm, failure)
            if len(gone) + len(back) == len(judged.candidates) and failure is None:
                # What an administrator confirmed is done.
                rhythm = rhythm._replace(confirmed_absences=None)
            visit.run.retired = await self._publish_retired(connection, visit.tenant_id, gone)
            await store.count_absences(connection, visit.tenant_id, _left(absent, gone, back))
            await store.mark_seen(connection, visit.tenant_id, back)
            await self._end(connection, visit, rhythm, failure)

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

    async def _fail(self, visit: Visit, failure: Failure) -> None:
        """End a sweep incomplete: keep what was learned, tell of a tenant that is lost, retire nothing."""
        async with self._database.transaction() as connection:
            standing = await self._hold(connection, visit)
            changed = visit.learned(standing.tenant)
            if failure.loss:
                changed = tenants.as_lost(changed, failure.loss, failure.detail)
            await self._publisher.publish(await self._keep(connection, standing.tenant, changed))
            await self._end(connection, visit, standing.rhythm, failure)

    async def _finish_quietly(self, visit: Visit) -> None:
        async with self._database.transaction() as connection:
            standing = await self._hold(connection, visit)
            await self._publisher.publish(await self._learn(connection, visit, standing.tenant))
            await self._end(connection, visit, standing.rhythm, None)

    async def _end(self, connection: Connection, visit: Visit, rhythm: Rhythm, failure: Failure | None) -> None:
        now = self._clock()
        ended = runs.ended(visit.run, failure, now, rhythm, self.rules.interval)
        await store.end_sweep(connection, ended, rhythm, complete=failure is None)
        if visit.tenant.syncs:
            await outbox.append(connection, runs.ending(visit.run, failure, now))
            _log_end(visit.run, failure)


def _braked(run: Run, rhythm: Rhythm, failure: Failure | None) -> Rhythm:
    """The rhythm after a complete sweep that the brake stopped, or did not."""
    return rhythm._replace(braked_runs=[*rhythm.braked_runs, run.run_id] if failure else [])


def _left(absent: Sequence[Absent], gone: Sequence[str], back: Sequence[str]) -> list[str]:
    return sorted({item.device_id for item in absent}.difference(gone, back))


def _count(run: Run, listed: int, found: Comparison) -> None:
    run.pages += 1
    run.seen += listed
    run.published += len(found.changes)
    run.unchanged += found.unchanged
    metrics.pages.inc()
    metrics.devices.labels("published").inc(len(found.changes))
    metrics.devices.labels("unchanged").inc(found.unchanged)


def _log_end(run: Run, failure: Failure | None) -> None:
    counts = {"pages": run.pages, "seen": run.seen, "published": run.published, "retired": run.retired}
    if failure is None:
        log.info("sweep completed", tenant_id=run.tenant_id, run_id=run.run_id, **counts)
        return
    why = {"reason": failure.reason, "detail": failure.detail}
    log.warning("sweep failed", tenant_id=run.tenant_id, run_id=run.run_id, **why, **counts)
