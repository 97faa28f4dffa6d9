"""Commands that need Microsoft's answer: tenants added and removed by hand, connections tested."""

import asyncio
from collections.abc import Callable

from matchbook_contracts.connections import AddTenant, RemoveTenant, TestConnection
from matchbook_servicekit import outbox
from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.messaging import Outgoing, Publisher
from matchbook_servicekit.patience import Patience, passes
from matchbook_servicekit.telemetry import get_logger

from matchbook_graph_ingestor.adapters import records, request_store, store
from matchbook_graph_ingestor.adapters.request_store import ConnectionRequest
from matchbook_graph_ingestor.adapters.tenant_lookup import TenantLookup
from matchbook_graph_ingestor.domain import tenants
from matchbook_graph_ingestor.domain.requests import Refusal
from matchbook_graph_ingestor.domain.tenants import Tenant
from matchbook_graph_ingestor.service import answers
from matchbook_graph_ingestor.service.connection_test import ConnectionTest
from matchbook_graph_ingestor.service.rest import rest
from matchbook_graph_ingestor.service.runs import Clock, utc_now
from matchbook_graph_ingestor.service.tenant_sweep import Rules

log = get_logger(__name__)


class Connections:
    """A component: does one waiting command after another until cancelled.

    Microsoft is asked outside of any transaction, and a command leaves the table together with its answer: after a
    crash, or beside a second replica, it may be asked twice but is answered once. `changed` is called when a tenant
    became due.
    """

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        lookup: TenantLookup,
        test: ConnectionTest,
        database: Database,
        publisher: Publisher,
        rules: Rules,
        *,
        changed: Callable[[], None],
        clock: Clock = utc_now,
    ) -> None:
        self.name = "connections"
        self._lookup = lookup
        self._test = test
        self._database = database
        self._publisher = publisher
        self._rules = rules
        self._changed = changed
        self._clock = clock
        self._bell = asyncio.Event()
        self._patience = Patience(self.name)

    def ready(self) -> str | None:
        """None while it works; else what it waits for."""
        return self._patience.trouble

    def wake(self) -> None:
        """Look at once for what waits."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled."""
        await self._patience.for_ever(self._turn)

    async def _turn(self) -> None:
        if await self.work():
            return
        await rest(self._bell)

    async def work(self) -> bool:
        """Do the command that waits longest; False where none does."""
        async with self._database.connection() as connection:
            command = await request_store.next_one(connection)
        if command is None:
            return False
        try:
            await self._do(command)
        except Exception as error:
            if passes(error):
                raise
            log.exception("a command failed in an unforeseen way", request_id=command.request_id)
            await self._refuse(command, Refusal("unavailable"))
        return True

    async def _do(self, command: ConnectionRequest) -> None:
        match command:
            case AddTenant():
                await self._add(command)
            case RemoveTenant():
                await self._remove(command)
            case TestConnection():
                await self._try(command)

    async def _refuse(self, command: ConnectionRequest, refusal: Refusal) -> None:
        async with self._database.transaction() as connection:
            await self._answer(connection, command, answers.refused(command, refusal, self._clock()))

    async def _answer(self, connection: Connection, command: ConnectionRequest, record: Outgoing) -> bool:
        """Answer the command; False where somebody else has done so."""
        if not await request_store.take(connection, command.request_id):
            return False
        await outbox.append(connection, [record])
        return True

    async def _add(self, command: AddTenant) -> None:
        found = await self._lookup.tenant_id(command.tenant_id)
        if isinstance(found, Refusal):
            await self._refuse(command, found)
            return
        now = self._clock()
        async with self._database.transaction() as connection:
            before = await self._tenant(connection, found)
            after = tenants.as_added(before or self._new(found), command.display_name)
            record = answers.added(command, found, now, changed=before is None or not before.manual)
            if await self._answer(connection, command, record):
                await store.save_tenants(connection, [after])
                await store.make_due(connection, [found], now)
        self._changed()

    def _new(self, tenant_id: str) -> Tenant:
        return Tenant(tenant_id, sync_devices=self._rules.sync_by_default)

    async def _tenant(self, connection: Connection, tenant_id: str) -> Tenant | None:
        loaded = await store.load_tenants(connection, [tenant_id], sync_by_default=self._rules.sync_by_default)
        return loaded[tenant_id].tenant if loaded else None

    async def _remove(self, command: RemoveTenant) -> None:
        tenant_id = command.tenant_id.lower()
        async with self._database.transaction() as connection:
            before = await self._tenant(connection, tenant_id)
            if before is None or not before.manual:
                listed = before is not None and before.listed
                refusal = Refusal("tenant_listed" if listed else "not_looked_after")
                await self._answer(connection, command, answers.refused(command, refusal, self._clock()))
                return
            if await self._answer(connection, command, answers.removed(command, tenant_id, self._clock())):
                after, event = tenants.announced(tenants.as_removed(before))
                await self._publisher.publish([records.tenant_record(event)] if event else [])
                await store.save_tenants(connection, [after])

    async def _try(self, command: TestConnection) -> None:
        tenant_id = command.tenant_id.lower()
        async with self._database.transaction() as connection:
            known = await self._tenant(connection, tenant_id)
        found = await self._test.run(command.tenant_id, known.name if known else None)
        async with self._database.transaction() as connection:
            await self._answer(connection, command, answers.tested(command, *found, self._clock()))
