"""Commands from `matchbook.sync-requests`: a batch in, settings and due times changed, changed tenants out."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from matchbook_contracts.sync import EVERY_TENANT, ConfirmRetirements, RequestSync, SetDeviceSync, SetSyncSchedule
from matchbook_servicekit.consumer import Invalid
from matchbook_servicekit.database import Connection
from matchbook_servicekit.messaging import Outgoing, Received
from matchbook_servicekit.telemetry import get_logger

from matchbook_graph_ingestor.adapters import records, store
from matchbook_graph_ingestor.domain import retirement, tenants
from matchbook_graph_ingestor.service.runs import Clock, utc_now
from matchbook_graph_ingestor.service.tenant_sweep import Rules

log = get_logger(__name__)
TOPIC = "matchbook.sync-requests"


class Commands:
    """Applies commands; `wake` is called after the commit, so that the scheduler sees at once what became due."""

    def __init__(self, rules: Rules, wake: Callable[[], None], clock: Clock = utc_now) -> None:
        self._rules = rules
        self._wake = wake
        self._clock = clock

    async def apply(self, received: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        """Apply a batch in its order; what it returns is published before the commit."""
        out: list[Outgoing] = []
        for record in received:
            out += await self._one(record, connection)
        return out

    async def after_commit(self, _: Sequence[Received]) -> None:
        """Let the scheduler look."""
        self._wake()

    async def _one(self, record: Received, connection: Connection) -> Sequence[Outgoing]:
        match record.event:
            case RequestSync() as command:
                await store.request_sync(connection, _scope(command.tenant_id), command.actor, self._clock())
            case SetSyncSchedule() as command:
                latest = self._clock() + timedelta(seconds=command.interval_seconds)
                await store.set_interval(connection, _scope(command.tenant_id), command.interval_seconds, latest)
            case SetDeviceSync() as command:
                return await self._set_device_sync(command, connection)
            case ConfirmRetirements() as command:
                await self._confirm(command, connection)
            case other:
                raise Invalid(record, f"{type(other).__name__} is no command for the ingestor")
        return ()

    async def _set_device_sync(self, command: SetDeviceSync, connection: Connection) -> Sequence[Outgoing]:
        """Set it, announce the tenants it changes, and sweep those that sync now."""
        scope = _scope(command.tenant_id)
        await store.set_device_sync(connection, scope, command.enabled)
        ids = None if scope is None else [scope]
        loaded = await store.load_tenants(connection, ids, sync_by_default=self._rules.sync_by_default)
        told = [tenants.announced(standing.tenant) for standing in loaded.values()]
        changed = [tenant for tenant, event in told if event is not None]
        await store.save_tenants(connection, changed)
        await store.make_due(connection, [tenant.tenant_id for tenant in changed if tenant.sync_devices], self._clock())
        return [records.tenant_record(event) for _, event in told if event is not None]

    async def _confirm(self, command: ConfirmRetirements, connection: Connection) -> None:
        """Release the brake for what that sweep found absent, and sweep again."""
        ids = [command.tenant_id]
        loaded = await store.load_tenants(connection, ids, sync_by_default=self._rules.sync_by_default)
        braked_runs = loaded[command.tenant_id].rhythm.braked_runs if loaded else ()
        confirmed = retirement.confirmed_absences(braked_runs, command.run_id)
        if confirmed is None:
            log.info("confirmation of a sweep that holds nothing back", tenant_id=command.tenant_id)
            return
        await store.keep_brake(connection, command.tenant_id, braked_runs, confirmed)
        await store.make_due(connection, ids, self._clock())


def _scope(tenant_id: str) -> str | None:
    return None if tenant_id == EVERY_TENANT else tenant_id
