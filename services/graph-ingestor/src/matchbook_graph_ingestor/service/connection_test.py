"""The test of a connection: a few reads, none of which changes anything."""

from collections.abc import Awaitable, Sequence
from typing import Literal, NamedTuple

from matchbook_contracts.connections import ConnectionStep

from matchbook_graph_ingestor.adapters.graph import Graph
from matchbook_graph_ingestor.adapters.tenant_lookup import TenantLookup
from matchbook_graph_ingestor.adapters.tokens import Tokens
from matchbook_graph_ingestor.domain import connection
from matchbook_graph_ingestor.domain.connection import Findings, Read
from matchbook_graph_ingestor.domain.failures import Failure, lost
from matchbook_graph_ingestor.domain.graph_objects import AdminRelationship, Organization
from matchbook_graph_ingestor.domain.requests import Refusal
from matchbook_graph_ingestor.errors import SweepFailed
from matchbook_graph_ingestor.service.runs import Clock, utc_now


class Tested(NamedTuple):
    """What a test found of which tenant: its id, or what it was named by where there is no such tenant."""

    tenant_id: str
    steps: tuple[ConnectionStep, ...]


class ConnectionTest:
    """Tests connections; `graph` should have little patience and small pages. Without `partner` no relationships."""

    def __init__(
        self, lookup: TenantLookup, graph: Graph, tokens: Tokens, *, partner: str, clock: Clock = utc_now
    ) -> None:
        self._lookup = lookup
        self._graph = graph
        self._tokens = tokens
        self._partner = partner
        self._clock = clock

    async def run(self, named: str, called: str | None = None) -> Tested:
        """Try each step with the tenant of this id or domain.

        It goes by its own name as soon as that was read, until then by `called` or what it was named by.
        """
        found = await self._lookup.tenant_id(named)
        organization: Organization | None = None
        if isinstance(found, Refusal):
            findings = Findings({"token": _of_lookup(found)})
        else:
            reads: dict[Read, Failure | None] = {}
            organization = await self._read(found, reads)
            findings = Findings(reads, await self._relationships(found))
        name = (organization.display_name if organization else None) or called or named
        tenant_id = named.lower() if isinstance(found, Refusal) else found
        return Tested(tenant_id, connection.steps(findings, name, self._clock()))

    async def _read(self, tenant_id: str, reads: dict[Read, Failure | None]) -> Organization | None:
        # A new token, for the old one says nothing of the credential.
        reads["token"] = await _failure(self._tokens.get(tenant_id, renew=True))
        if reads["token"] is not None:
            return None
        organization = await self._organization(tenant_id, reads)
        failure = reads["organization"]
        # What is not permitted for the directory may be for Intune.
        if failure is None or failure.reason == "permission_missing":
            reads["devices"] = await _failure(self._first_devices(tenant_id))
        return organization

    async def _organization(self, tenant_id: str, reads: dict[Read, Failure | None]) -> Organization | None:
        try:
            organization = await self._graph.organization(tenant_id)
        except SweepFailed as error:
            reads["organization"] = error.failure
            return None
        reads["organization"] = None
        return organization

    async def _first_devices(self, tenant_id: str) -> None:
        async for _ in self._graph.devices(tenant_id):
            return

    async def _relationships(self, tenant_id: str) -> Sequence[AdminRelationship] | Failure | Literal["no partner"]:
        if not self._partner:
            return "no partner"
        found: list[AdminRelationship] = []
        try:
            async for page in self._graph.relationships_with(self._partner, tenant_id):
                found += [item for item in page.value if item.customer and item.customer.tenant_id.lower() == tenant_id]
        except SweepFailed as error:
            return error.failure
        return found


async def _failure(read: Awaitable[object]) -> Failure | None:
    try:
        await read
    except SweepFailed as error:
        return error.failure
    return None


def _of_lookup(refusal: Refusal) -> Failure:
    return lost("relationship_expired", "", "removed") if refusal.reason == "tenant_unknown" else Failure("unavailable")
