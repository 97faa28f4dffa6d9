"""The sweep of the partner's customer lists: which tenants there are."""

from collections.abc import Mapping
from typing import Final

from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.messaging import Publisher
from matchbook_servicekit.telemetry import get_logger

from matchbook_graph_ingestor.adapters import records, store
from matchbook_graph_ingestor.adapters.graph import Graph
from matchbook_graph_ingestor.domain import customers, tenants
from matchbook_graph_ingestor.domain.customers import Customer
from matchbook_graph_ingestor.domain.failures import Failure, sentence
from matchbook_graph_ingestor.domain.graph_objects import AdminRelationship, PartnerContract
from matchbook_graph_ingestor.domain.tenants import Tenant
from matchbook_graph_ingestor.errors import SweepFailed
from matchbook_graph_ingestor.service import runs
from matchbook_graph_ingestor.service.runs import Clock, Ended, Run, utc_now
from matchbook_graph_ingestor.service.tenant_sweep import Rules

log = get_logger(__name__)
_PARTNER: Final = "the partner tenant"


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
        """Read both lists.

        What is away (database, broker) is raised; a failure of Microsoft's is told and not raised.
        """
        async with self._database.transaction() as connection:
            run = await runs.begin(connection, self._partner, "customers", self._clock())
        found, failure = await self._read(run)
        async with self._database.transaction() as connection:
            failure = await self._apply(connection, run, found, failure)
            now = self._clock()
            message = sentence(failure.reason, _PARTNER, run.retired) if failure else ""
            await runs.end(connection, run, failure, now, message)
            await runs.set_next(connection, Ended(None, run.started_at, now, failure), self._rules.interval)
        reason = failure.reason if failure else None
        log.info("customer lists read", run_id=run.run_id, tenants=len(found), published=run.published, reason=reason)

    async def interrupt(self) -> None:
        """End a sweep that failed for a reason nobody foresaw, so that it is tried again later and not at once."""
        now = self._clock()
        async with self._database.transaction() as connection:
            await runs.set_next(connection, Ended(None, now, now, Failure("interrupted")), self._rules.interval)

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
        known = await store.load_tenants(connection, None, sync_by_default=default)
        now = self._clock()
        after = {
            key: tenants.as_listed(known.get(key) or Tenant(key, sync_devices=default), customer)
            for key, customer in found.items()
        }
        missing = [tenant for key, tenant in known.items() if tenant.listed and key not in found]
        if failure is None and tenants.too_many_missing(missing, len(found), self._rules.brake):
            failure = Failure("retirement_brake", str(len(missing)))
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
