"""Reading devices by their id, for what no list gives: after the sweeps, slowly, and without end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.messaging import Publisher
from matchbook_servicekit.patience import passes
from matchbook_servicekit.telemetry import describe, get_logger

from matchbook_graph_ingestor import metrics
from matchbook_graph_ingestor.adapters import reads_by_id, records, store
from matchbook_graph_ingestor.adapters.graph import Graph
from matchbook_graph_ingestor.domain import devices
from matchbook_graph_ingestor.domain.devices import Detailed, Known
from matchbook_graph_ingestor.domain.graph_objects import ManagedDevice, Unreadable
from matchbook_graph_ingestor.errors import DeviceGone, SweepFailed
from matchbook_graph_ingestor.service.runs import Clock, utc_now

log = get_logger(__name__)
_BATCH: Final = 100
_LOOK_SECONDS: Final = 2.0
_SET_ASIDE_SECONDS: Final = 300.0
_TURN_SECONDS: Final = 60.0
"""After so long with one tenant it is looked up again whether it still syncs devices."""


class DetailReader:
    """Reads devices while no sweep runs, at most `per_second` of them; 0 reads none.

    First those that are new or changed, then, where there are none, unmatched ones that were last read longer than
    `reread` ago; zero reads none of these. A component. A tenant whose devices can't be read now is set aside for some
    minutes, so that the others go on.
    """

    def __init__(  # noqa: PLR0913 - all but the collaborators is named at the call
        self,
        graph: Graph,
        database: Database,
        publisher: Publisher,
        *,
        idle: Callable[[], bool],
        per_second: float,
        concurrency: int,
        sync_by_default: bool,
        reread: timedelta,
        clock: Clock = utc_now,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = "detail reader"
        self._graph = graph
        self._database = database
        self._publisher = publisher
        self._idle = idle
        self._per_second = per_second
        self._limit = asyncio.Semaphore(concurrency)
        self._sync_by_default = sync_by_default
        self._reread = reread
        self._clock = clock
        self._pause = pause
        self._aside: dict[str, float] = {}

    def ready(self) -> str | None:
        """None: details are an improvement that nothing waits for."""
        return None

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                busy = self._per_second > 0 and self._idle() and await self.step()
            except Exception as error:
                if not passes(error):
                    raise
                log.warning("details wait for what is away", cause=describe(error))
                busy = False
            if not busy:
                await self._pause(_LOOK_SECONDS)

    async def step(self) -> bool:
        """Read devices of the first tenant that has any to be read; returns whether there was one."""
        now = time.monotonic()
        async with self._database.connection() as connection:
            tenant_id, unmatched_before = await self._next(connection, now)
        if tenant_id is None:
            return False
        try:
            while (
                time.monotonic() < now + _TURN_SECONDS
                and self._idle()
                and await self._batch(tenant_id, unmatched_before)
            ):
                pass
        except Exception as error:
            if passes(error):
                raise
            # One device that nobody foresaw must not end the process, again and again.
            log.exception("devices read by their id failed in an unforeseen way", tenant_id=tenant_id)
            self._set_aside(tenant_id)
        return True

    async def _next(self, connection: Connection, now: float) -> tuple[str | None, datetime | None]:
        """Whose devices to read, and, where it is the unmatched ones' turn, last read before when."""
        waiting = await store.tenants_with_pending_details(connection, sync_by_default=self._sync_by_default)
        aside = {item for item, until in self._aside.items() if until > now}
        tenant_id = next((item for item in waiting if item not in aside), None)
        if tenant_id is not None or not self._reread:
            return tenant_id, None
        before = self._clock() - self._reread
        found = await reads_by_id.tenant_with_unmatched(
            connection, before, aside, sync_by_default=self._sync_by_default
        )
        return found, before

    async def _batch(self, tenant_id: str, unmatched_before: datetime | None = None) -> bool:
        async with self._database.connection() as connection:
            if unmatched_before is None:
                chosen = await store.pending_details(connection, tenant_id, _BATCH)
            else:
                chosen = await reads_by_id.unmatched(connection, tenant_id, _BATCH, unmatched_before)
        if not chosen:
            return False
        began = time.monotonic()
        answers = await asyncio.gather(*(self._read(tenant_id, item) for item in chosen))
        read = {item.device_id: item for item in answers if isinstance(item, ManagedDevice)}
        gone = [known.device_id for known, item in zip(chosen, answers, strict=True) if item is None]
        failures = {
            known.device_id: item.failure.reason
            for known, item in zip(chosen, answers, strict=True)
            if isinstance(item, SweepFailed)
        }
        # Where others can be read it is the device's own answer that makes no sense. Waiting for it would leave its
        # tenant with one batch each time that it was set aside.
        odd = [device_id for device_id, reason in failures.items() if read and reason == "bad_answer"]
        await self._apply(tenant_id, chosen, read, [*gone, *odd])
        if len(failures) > len(odd):
            self._set_aside(tenant_id)
            return False
        await self._pause(max(0.0, len(chosen) / self._per_second - (time.monotonic() - began)))
        return True

    def _set_aside(self, tenant_id: str) -> None:
        self._aside[tenant_id] = time.monotonic() + _SET_ASIDE_SECONDS

    async def _read(self, tenant_id: str, known: Known) -> ManagedDevice | SweepFailed | None:
        async with self._limit:
            try:
                device = await self._graph.device(tenant_id, known.device_id)
            except DeviceGone:
                metrics.details.labels("gone").inc()
                return None
            except SweepFailed as error:
                metrics.details.labels(error.failure.reason).inc()
                return error
        metrics.details.labels("read").inc()
        return device

    async def _apply(
        self, tenant_id: str, before: Sequence[Known], read: dict[str, ManagedDevice], gone: Sequence[str]
    ) -> None:
        """Publish what was added, then commit. A device that a sweep changed in the meantime stays pending."""
        asked = {item.device_id: item for item in before}
        async with self._database.transaction() as connection:
            await store.lock_tenant(connection, tenant_id)
            now = await store.known_devices(connection, tenant_id, list(read))
            details = [
                _detail(read[key], known)
                for key, known in sorted(now.items())
                if known.revision == asked[key].revision and not known.retired
            ]
            changes = [item.change for item in details if item.change is not None]
            await self._publisher.publish(records.device_records(tenant_id, changes))
            await store.store_details(connection, tenant_id, details)
            await store.drop_details(connection, tenant_id, gone)
            asked_for = [*gone, *(item.device_id for item in details)]
            await reads_by_id.note(connection, tenant_id, asked_for, self._clock())


def _detail(device: ManagedDevice, known: Known) -> Detailed:
    try:
        return devices.detail(device, known)
    except Unreadable:
        # Larger than any device: nothing of it is kept, and it is not asked for again until the list changes.
        return Detailed(known.device_id, known.revision, known.ethernet_mac_address, known.physical_memory_bytes, None)
