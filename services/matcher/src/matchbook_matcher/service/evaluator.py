"""Evaluates again what the inputs have touched: waits until they pause, stores what changed, then publishes it."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.failpoints import failpoint
from matchbook_servicekit.messaging import Publisher
from matchbook_servicekit.patience import Patience
from matchbook_servicekit.telemetry import tracer

from matchbook_matcher import metrics
from matchbook_matcher.adapters.records import records
from matchbook_matcher.adapters.store import EvaluationStore, Marked
from matchbook_matcher.domain.changes import Change
from matchbook_matcher.service.agenda import Agenda, Pace, Rests, Round, agenda_of, round_of, touched_directory
from matchbook_matcher.service.devices import DeviceWork, Evaluated
from matchbook_matcher.service.directory import DirectoryEvaluated, DirectoryWork

_POLL_SECONDS = 1.0
_ADOPT_SECONDS = 5.0
_ABANDONED_SECONDS = 15.0
_OUTDATED_SECONDS = 300.0
"""So long, while an upgrade rolls out, what a process with the former weights does in between is left as it is."""
_LONGEST_PAUSE = 5.0
_BUSY_SECONDS = 0.2
"""For so long an organization is left to the process that is at work on it."""
_DIRECTORY_UNIT = ""
_DIRECTORY_REST = 2.0
"""Whoever waits for a tenant's organization waits longer than for a device, so it rests that much longer."""


class Evaluator:
    """The component that turns marks into suggestions. Several may run: each tenant is one's at a time."""

    name = "evaluator"

    def __init__(  # noqa: PLR0913 - named at the call
        self,
        *,
        database: Database,
        publisher: Publisher,
        store: EvaluationStore,
        devices: DeviceWork,
        directory: DirectoryWork,
        knowledge: str,
        pace: Pace,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._store = store
        self._devices = devices
        self._directory = directory
        self._knowledge = knowledge
        self._pace = pace
        self._rests = Rests(pace.rest_factor)
        self._woken = asyncio.Event()
        self._patience = Patience("the evaluator", longest=_LONGEST_PAUSE, trouble="the evaluator has not begun")
        self._adopted_at = 0.0

    def wake(self) -> None:
        """Something was marked."""
        self._woken.set()

    def ready(self) -> str | None:
        """None while it works or could."""
        return self._patience.trouble

    async def run(self) -> None:
        """Evaluate until cancelled; what is away is waited for."""
        await self._patience.until_done(lambda: self._adopt(0.0, 0.0))
        while True:
            self._woken.clear()
            delay = await self._patience.until_done(self.step)
            if delay > 0:
                await self._sleep(delay)

    async def step(self) -> float:
        """Evaluate and publish what is due; the seconds after which there may be more, 0 for now."""
        if time.monotonic() - self._adopted_at > _ADOPT_SECONDS:
            await self._adopt(_ABANDONED_SECONDS, _OUTDATED_SECONDS)
        await self._spread()
        evaluated, agenda, more = await self._evaluate_devices()
        await self._publish(evaluated)
        if agenda.directory:
            await self._evaluate_directory(agenda.directory)
        if more:
            return 0.0
        return _POLL_SECONDS if agenda.delay is None else min(agenda.delay, _POLL_SECONDS)

    async def _sleep(self, delay: float) -> None:
        """Until something is marked, and then until it can be due; at most `delay` seconds."""
        deadline = time.monotonic() + delay
        try:
            async with asyncio.timeout(delay):
                await self._woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(max(0.0, min(self._pace.quiet, deadline - time.monotonic())))

    async def _adopt(self, abandoned: float, outdated: float) -> None:
        """Mark what some process stored and did not live to see published, or evaluated by other knowledge."""
        async with self._database.transaction() as connection:
            await self._store.mark_unpublished(connection, abandoned)
            await self._store.mark_outdated(connection, self._knowledge, outdated)
        self._adopted_at = time.monotonic()

    async def _spread(self) -> None:
        """Mark whom changes in other organizations concern."""
        taken = True
        while taken:
            async with self._database.transaction() as connection:
                taken = await self._store.spread_changed_serials(connection) > 0

    async def _evaluate_devices(self) -> tuple[Evaluated, Agenda, bool]:
        begun = time.monotonic()
        async with self._database.transaction() as connection:
            marks = await self._store.marks(connection)
            metrics.MARKS_WAITING.set(len(marks))
            agenda = agenda_of(marks, self._pace, self._rests, begun)
            if agenda.renamed:
                await self._store.spread_new_names(connection, [marked.subject[1] for marked in agenda.renamed])
                await self._store.delete_marks(connection, [m for marked in agenda.renamed for m in marked.marks])
            if not agenda.devices:
                return Evaluated(), agenda, bool(agenda.renamed)
            round_, evaluated = await self._evaluate(connection, agenda, begun)
        self._devices.keep(evaluated)
        now = time.monotonic()
        self._rests.took(evaluated.organizations, now - begun, now)
        self._rests.leave(set(round_.organizations) - evaluated.organizations, now + _BUSY_SECONDS)
        metrics.DEVICES_READ.inc(evaluated.read)
        metrics.CONFIGURATIONS_READ.inc(evaluated.documents)
        metrics.DEVICES_EVALUATED.inc(evaluated.answers)
        metrics.EVALUATION_SECONDS.labels("devices").observe(now - begun)
        failpoint("matcher.after_store")
        return evaluated, agenda, round_.more or bool(agenda.renamed)

    async def _evaluate(self, connection: Connection, agenda: Agenda, now: float) -> tuple[Round, Evaluated]:
        behind = await self._store.organizations_behind(connection, [marked.subject for marked in agenda.devices])
        concerned = sorted({organization for organization in behind.values() if organization is not None})
        elsewhere = await self._store.kept_elsewhere(connection, concerned, self._devices.keeper)
        round_ = round_of(agenda, behind, elsewhere, self._pace, self._rests, now)
        async with self._database.connection() as aside:
            await self._store.ensure_organizations(aside, sorted(round_.organizations))
        touched = {organization: round_.touched(organization) for organization in round_.organizations}
        evaluated = await self._devices.evaluate(connection, touched, round_.tenants)
        answered = round_.answered(evaluated.organizations, evaluated.tenants)
        if answered:
            await self._store.delete_marks(connection, answered)
        return round_, evaluated

    async def _publish(self, evaluated: Evaluated) -> None:
        if evaluated.changes:
            await self._patience.until_done(lambda: self._publish_devices(evaluated))

    async def _publish_devices(self, evaluated: Evaluated) -> None:
        """Publish under the tenants' locks: who evaluated one of them since has published its changes as well."""
        async with self._database.transaction() as connection:
            work = await self._store.hold_tenants(connection, sorted(evaluated.stored_at))
            mine = {t for t, stored_at in evaluated.stored_at.items() if work[t].evaluation == stored_at}
            await self._send([change for change in evaluated.changes if change.tenant_id in mine])
            await self._store.confirm_tenants(connection, sorted(mine))

    async def _evaluate_directory(self, marks: Sequence[Marked]) -> None:
        begun = time.monotonic()
        async with self._database.transaction() as connection:
            evaluated = await self._directory.evaluate(connection, touched_directory(marks))
            if evaluated is not None:
                await self._store.delete_marks(connection, [mark for marked in marks for mark in marked.marks])
        if evaluated is not None:
            self._directory.keep(evaluated)
            metrics.TENANTS_EVALUATED.inc(evaluated.tenants)
        seconds = time.monotonic() - begun
        self._rests.took([_DIRECTORY_UNIT], seconds * _DIRECTORY_REST, time.monotonic())
        metrics.EVALUATION_SECONDS.labels("directory").observe(seconds)
        if evaluated is not None and evaluated.changes:
            found = evaluated
            await self._patience.until_done(lambda: self._publish_directory(found))

    async def _publish_directory(self, evaluated: DirectoryEvaluated) -> None:
        async with self._database.transaction() as connection:
            locked = await self._store.lock_directory(connection, wait=True)
            if locked is not None and locked[0].evaluation == evaluated.stored_at:
                await self._send(evaluated.changes)
                await self._store.confirm_directory(connection)

    async def _send(self, changes: Sequence[Change]) -> None:
        with tracer().start_as_current_span("publish suggestions"):
            await self._publisher.publish(records(changes))
        failpoint("matcher.after_publish")
        for (subject, event), count in Counter((c.device_id is None, c.event) for c in changes).items():
            metrics.CHANGES_PUBLISHED.labels("tenant" if subject else "device", event).inc(count)
