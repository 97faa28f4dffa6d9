"""A tenant's sweep in the hands of one process."""

from dataclasses import dataclass, field
from datetime import datetime

from matchbook_servicekit.database import Connection

from matchbook_graph_ingestor.adapters import sweeps
from matchbook_graph_ingestor.adapters.store import Open
from matchbook_graph_ingestor.domain import tenants
from matchbook_graph_ingestor.domain.graph_objects import Organization
from matchbook_graph_ingestor.domain.tenants import Tenant
from matchbook_graph_ingestor.service.runs import Run


@dataclass(slots=True)
class Visit:
    """What of the tenant was read so far, the ids of the devices that were, and where the next page is.

    `link` is None at the beginning of the list.
    """

    tenant: Tenant
    run: Run
    owner: str
    organization: Organization | None = None
    organization_read: bool = False
    devices_read: bool = False
    seen: set[str] = field(default_factory=set)
    link: str | None = None

    @property
    def tenant_id(self) -> str:
        return self.tenant.tenant_id

    def has(self, open_: Open | None) -> bool:
        """Whether the tenant's open sweep is still this one."""
        return open_ is not None and (open_.run_id, open_.owner) == (self.run.run_id, self.owner)

    def learned(self, tenant: Tenant) -> Tenant:
        """The tenant with what this visit read of it."""
        if not self.organization_read:
            return tenant
        return tenants.as_read(tenant, self.organization, devices_read=self.devices_read)

    def start_over(self) -> None:
        """Read the list from its beginning; what was published is not undone."""
        self.seen.clear()
        self.link = None
        self.run.seen = self.run.unchanged = 0


async def made(connection: Connection, tenant: Tenant, found: Open, now: datetime) -> Visit:
    """The visit of an open sweep that somebody has: at its beginning, or where it was."""
    assert found.owner is not None
    run = Run(found.run_id, tenant.tenant_id, "devices", tenant.name, found.started_at or now, now)
    visit = Visit(tenant, run, found.owner)
    place = await sweeps.place(connection, tenant.tenant_id, found.run_id) if found.started_at is not None else None
    if place is not None:
        visit.seen, visit.link = place.device_ids, place.next_link
        for name, count in place.counts.items():
            setattr(run, name, count)
    return visit
