"""Commands from `matchbook.sync-requests`: a batch in, settings and due times changed, changed tenants out. And from
`matchbook.device-matches` which devices are matched.

Each command is answered on `matchbook.sync-runs`, also one that changes nothing; what needs Microsoft's answer
waits for `service/connections.py`. Answers carry the time, so they go through the outbox.
"""

from collections.abc import Callable, Sequence

from matchbook_contracts.connections import AddTenant, RefusalReason, RemoveTenant, TestConnection
from matchbook_contracts.states import DeviceMatchState
from matchbook_contracts.sync import (
    EVERY_TENANT,
    ConfirmRetirements,
    RequestSync,
    ResetSyncSchedule,
    SetDeviceSync,
    SetSyncSchedule,
)
from matchbook_servicekit import outbox
from matchbook_servicekit.consumer import Invalid
from matchbook_servicekit.database import Connection
from matchbook_servicekit.messaging import Outgoing, Received

from matchbook_graph_ingestor.adapters import reads_by_id, records, request_store, store
from matchbook_graph_ingestor.adapters.request_store import ConnectionRequest, SyncSettings
from matchbook_graph_ingestor.domain import retirement, tenants
from matchbook_graph_ingestor.domain.requests import LONGEST_INTERVAL, Refusal
from matchbook_graph_ingestor.service import answers
from matchbook_graph_ingestor.service.answers import Command
from matchbook_graph_ingestor.service.runs import Clock, utc_now
from matchbook_graph_ingestor.service.tenant_sweep import Rules

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
                await self._request_sync(command, connection)
            case SetSyncSchedule(interval_seconds=seconds) as command:
                await self._set_schedule(command, seconds, connection)
            case ResetSyncSchedule() as command:
                await self._set_schedule(command, None, connection)
            case SetDeviceSync() as command:
                return await self._set_device_sync(command, connection)
            case ConfirmRetirements() as command:
                await self._confirm(command, connection)
            case AddTenant() | RemoveTenant() | TestConnection() as command:
                await self._let_wait(command, connection)
            case other:
                raise Invalid(record, f"{type(other).__name__} is no command for the ingestor")
        return ()

    async def _request_sync(self, command: RequestSync, connection: Connection) -> None:
        """Make it due; the sweep's events are the answer."""
        scope = _scope(command)
        if scope is not None and not await request_store.is_listed(connection, scope):
            await self._refuse(command, connection, "not_looked_after")
            return
        await store.request_sync(connection, scope, command.actor, self._clock())

    async def _set_schedule(
        self, command: SetSyncSchedule | ResetSyncSchedule, seconds: int | None, connection: Connection
    ) -> None:
        if seconds is not None and seconds > LONGEST_INTERVAL:
            await self._refuse(command, connection, "out_of_range")
            return
        scope = _scope(command)
        before = await request_store.settings_of(connection, scope)
        await store.set_interval(connection, scope, seconds, self._clock(), self._rules.interval)
        await self._tell_settings(command, connection, before)

    async def _tell_settings(self, command: Command, connection: Connection, before: SyncSettings) -> None:
        after = await request_store.settings_of(connection, _scope(command))
        await outbox.append(connection, [answers.settings_changed(command, before, after, self._clock())])

    async def _refuse(self, command: Command, connection: Connection, reason: RefusalReason) -> None:
        await outbox.append(connection, [answers.refused(command, Refusal(reason), self._clock())])

    async def _let_wait(self, command: ConnectionRequest, connection: Connection) -> None:
        if command.tenant_id == EVERY_TENANT:
            await self._refuse(command, connection, "one_tenant_only")
        else:
            await request_store.put(connection, command)

    async def _set_device_sync(self, command: SetDeviceSync, connection: Connection) -> Sequence[Outgoing]:
        """Set it, announce the tenants it changes, and sweep those that sync now."""
        scope = _scope(command)
        before = await request_store.settings_of(connection, scope)
        await store.set_device_sync(connection, scope, command.enabled)
        await self._tell_settings(command, connection, before)
        ids = None if scope is None else [scope]
        loaded = await store.load_tenants(connection, ids, sync_by_default=self._rules.sync_by_default)
        told = [tenants.announced(standing.tenant) for standing in loaded.values()]
        changed = [tenant for tenant, event in told if event is not None]
        await store.save_tenants(connection, changed)
        await store.make_due(connection, [tenant.tenant_id for tenant in changed if tenant.sync_devices], self._clock())
        return [records.tenant_record(event) for _, event in told if event is not None]

    async def _confirm(self, command: ConfirmRetirements, connection: Connection) -> None:
        """Release the brake for what that sweep found absent, and sweep again."""
        tenant_id = _known_as(command)
        loaded = await store.load_tenants(connection, [tenant_id], sync_by_default=self._rules.sync_by_default)
        braked_runs = loaded[tenant_id].rhythm.braked_runs if loaded else ()
        confirmed = retirement.confirmed_absences(braked_runs, command.run_id)
        if confirmed is None:
            await self._refuse(command, connection, "nothing_held_back")
            return
        await store.keep_brake(connection, tenant_id, braked_runs, confirmed)
        await store.make_due(connection, [tenant_id], self._clock())


def _scope(command: Command) -> str | None:
    return None if command.tenant_id == EVERY_TENANT else _known_as(command)


def _known_as(command: Command) -> str:
    """The id as Microsoft writes it; people may write it in capitals."""
    return command.tenant_id.lower()


async def note_matches(received: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
    """Keep which devices need no match any more, since they have one or are ignored."""
    states = [record.event for record in received if isinstance(record.event, DeviceMatchState)]
    await reads_by_id.set_matched(
        connection, {(state.tenant_id, state.device_id): state.status != "unmatched" for state in states}
    )
    return ()
