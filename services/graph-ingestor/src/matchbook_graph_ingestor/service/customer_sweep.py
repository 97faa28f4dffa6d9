"""The sweep of the partner's customer lists: which tenants there are."""

from collections.abc import Mapping
from typing import Final

from matchbook_servicekit import outbox
from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.messaging import Publisher
from matchbook_servicekit.telemetry import get_logger, tracer

from matchbook_graph_ingestor.adapters import records, store
from matchbook_graph_ingestor.adapters.graph import Graph
from matchbook_graph_ingestor.domain import customers, tenants
from matchbook_graph_ingestor.domain.customers import Customer
from matchbook_graph_ingestor.domain.failures import Failure
from matchbook_graph_ingestor.domain.graph_objects import AdminRelationship, PartnerContract
from matchbook_graph_ingestor.domain.tenants import Tenant
from matchbook_graph_ingestor.errors import SweepFailed
from matchbook_graph_ingestor.service import runs
from matchbook_graph_ingestor.service.runs import Clock, Run, utc_now
from matchbook_graph_ingestor.service.tenant_sweep import Rules

log = get_logger(__name__)
_SUBJECT: Final = "the partner tenant"


class CustomerSweep:
    """Reads the customer lists of one partner tenant.

    New tenants become due; they are announced when they were read.
    """

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        graph: Graph,
        database: Database,
        publisher: Publisher,
        rules: Rules,
        *,
        partner: str,
        clock: Clock = utc_now,
    ) -> None:
        self._graph = graph
        self._database = database
        self._publisher = publisher
        self._rules = rules
        self._partner = partner
        self._clock = clock

    async def run(self) -> None:
        """Read both lists. Without a partner there are none, and nothing is told.

        What is away (database, broker) is raised; a failure of Microsoft's is told and not raised.
        """
        if not self._partner:
            await self._skip()
            return
        with tracer().start_as_current_span("sweep customers"):
            run = await self._begin()
            found, failure = await self._read(run)
            async with self._database.transaction() as connection:
                failure = await self._apply(connection, run, found, failure)
                await self._end(connection, run, failure)
        reason = failure.reason if failure else None
        log.info("customer lists read", run_id=run.run_id, tenants=len(found), published=run.published, reason=reason)

    async def interrupt(self) -> None:
        """End a sweep that failed for a reason nobody foresaw; it is tried again later, and not at once."""
        run = await self._begin()
        async with self._database.transaction() as connection:
            await self._end(connection, run, Failure("interrupted"))

    async def _skip(self) -> None:
        now = self._clock()
        run = Run(runs.new_id(now), self._partner, "customers", _SUBJECT, now, now)
        async with self._database.transaction() as connection:
            rhythm = await store.customer_lists(connection, self._partner)
            ended = runs.ended(run, None, now, rhythm, self._rules.interval)
            await store.end_customer_sweep(connection, ended)

    async def _begin(self) -> Run:
        now = self._clock()
        run = Run(runs.new_id(now), self._partner, "customers", _SUBJECT, now, now)
        async with self._database.transaction() as connection:
            rhythm = await store.customer_lists(connection, self._partner)
            await store.begin_customer_sweep(connection, self._partner, run.run_id, now)
            told = runs.beginning(run, rhythm.requested_by)
            if rhythm.open is not None:
                begun = rhythm.open.started_at or now
                before = Run(rhythm.open.run_id, self._partner, "customers", _SUBJECT, begun, begun)
                told = [*runs.interrupted(before, now), *told]
            await outbox.append(connection, told)
        return run

    async def _end(self, connection: Connection, run: Run, failure: Failure | None) -> None:
        now = self._clock()
        rhythm = await store.customer_lists(connection, self._partner)
        await store.end_customer_sweep(connection, runs.ended(run, failure, now, rhythm, self._rules.interval))
        await outbox.append(connection, runs.ending(run, failure, now))

    async def _read(self, run: Run) -> tuple[Mapping[str, Customer], Failure | None]:
        """Both lists as far as they could be read: a tenant that is named is there, whatever became of the rest."""
        relationships = list[AdminRelationship]()
        contracts = list[PartnerContract]()
        failure: Failure | None = None
        try:
            async for related in self._graph.relationships(self._partner):
                relationships += related.value
                run.pages += 1
            async for contracted in self._graph.contracts(self._partner):
                contracts += contracted.value
                run.pages += 1
        except SweepFailed as error:
            failure = error.failure
        found = customers.merge(relationships, contracts)
        run.seen = len(found)
        return found, failure

    async def _apply(
        self, connection: Connection, run: Run, found: Mapping[str, Customer], failure: Failure | None
    ) -> Failure | None:
        default = self._rules.sync_by_default
        loaded = await store.load_tenants(connection, None, sync_by_default=default)
        known = {key: standing.tenant for key, standing in loaded.items()}
        now = self._clock()
        after = {
            key: tenants.as_listed(known.get(key) or Tenant(key, sync_devices=default), customer)
            for key, customer in found.items()
        }
        missing = [tenant for key, tenant in known.items() if _is_missing(tenant) and key not in found]
        if failure is None and tenants.too_many_missing(missing, len(found), self._rules.brake):
            failure = Failure("retirement_brake", count=len(missing))
        if failure is None:
            after |= {tenant.tenant_id: tenants.as_unlisted(tenant, now) for tenant in missing}
        await self._store(connection, run, known, after)
        back = [key for key in found if key in known and not known[key].listed]
        await store.make_due(connection, back, now)
        return failure

    async def _store(
        self, connection: Connection, run: Run, known: Mapping[str, Tenant], after: Mapping[str, Tenant]
    ) -> None:
        told = [tenants.announced(tenant) for _, tenant in sorted(after.items())]
        events = [event for _, event in told if event is not None]
        changed = [tenant for tenant, _ in told if tenant != known.get(tenant.tenant_id)]
        await self._publisher.publish([records.tenant_record(event) for event in events])
        await store.save_tenants(connection, changed)
        run.published = len(events)
        run.unchanged = len(after) - len(changed)
        run.retired = sum(1 for tenant in changed if not tenant.listed)


def _is_missing(tenant: Tenant) -> bool:
    """Whether a customer list without the tenant says something: it was in the last, or is known by the lists alone."""
    return tenant.listed and (tenant.in_customer_lists or not tenant.manual)
