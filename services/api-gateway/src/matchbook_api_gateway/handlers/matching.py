"""match-events and the writer's state topics into the read model.

A match event carries the state after it, and both are written with the outcome it is for a decision: a row is never
seen with its decision done and its state still the old one. The state topics then bring the same versions again, which
are passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from matchbook_contracts.base import Contract
from matchbook_contracts.match_events import (
    AutoAcceptPoliciesSet,
    BulkUndone,
    ImportApplied,
    ImportRowResult,
    MatchEvent,
)
from matchbook_contracts.states import ConfigurationState, DeviceMatchState, OrganizationState, TenantMatchState
from matchbook_servicekit.database import Connection
from matchbook_servicekit.messaging import Outgoing, Received
from pydantic import TypeAdapter

from matchbook_api_gateway.adapters.write_store import QUERIES, put, put_by_key, tell
from matchbook_api_gateway.domain.history import history_row, outcomes_of
from matchbook_api_gateway.domain.live import Changes
from matchbook_api_gateway.domain.rows import (
    configuration_row,
    device_match_row,
    organization_row,
    tenant_match_row,
)
from matchbook_api_gateway.handlers.newest import newest

TOPICS = (
    "matchbook.match-events",
    "matchbook.device-matches",
    "matchbook.tenant-matches",
    "matchbook.configurations",
    "matchbook.organizations",
)

# As bytes: of a list of lists PostgreSQL would make one array of all their elements.
_RESULTS = TypeAdapter(list[ImportRowResult])


@dataclass
class _States:
    """The newest state of each aggregate that a batch speaks of."""

    devices: dict[tuple[str, str], Any] = field(default_factory=dict)
    tenants: dict[str, Any] = field(default_factory=dict)
    configurations: dict[str, Any] = field(default_factory=dict)
    organizations: dict[str, Any] = field(default_factory=dict)

    def take(self, state: Contract | None, record: Received) -> None:
        match state:
            case DeviceMatchState():
                newest(self.devices, (state.tenant_id, state.device_id), device_match_row(state), 2)
            case TenantMatchState():
                newest(self.tenants, state.tenant_id, tenant_match_row(state), 1)
            case ConfigurationState():
                known = self.configurations.get(state.configuration_id)
                if known is None or known.version < state.version:
                    self.configurations[state.configuration_id] = configuration_row(state, _body(state, record))
            case OrganizationState():
                newest(self.organizations, state.organization_id, organization_row(state, _body(state, record)), 1)
            case _:
                pass

    async def write(self, connection: Connection, changes: Changes) -> set[str]:
        """Write what is news; returns the tenants whose devices changed."""
        devices = await put_by_key(connection, "put_device_matches", self.devices)
        tenants = await put_by_key(connection, "put_tenant_matches", self.tenants)
        documented = [
            *await put_by_key(connection, "put_configurations", self.configurations),
            *await put_by_key(connection, "put_organizations", self.organizations),
        ]
        changes.devices |= {(tenant, device) for tenant, device in devices}
        changes.tenants |= {tenant for (tenant,) in tenants}
        changes.summary |= bool(tenants or documented)
        return {tenant for tenant, _ in devices}


async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
    """One batch of what happened and of where things stand."""
    states, changes = _States(), Changes()
    events = [record for record in records if isinstance(record.event, MatchEvent)]
    for record in records:
        if isinstance(record.event, MatchEvent):
            states.take(getattr(record.event, "state", None), record)
            states.take(getattr(record.event, "configuration", None), record)
            _note(record.event, changes)
        else:
            states.take(record.event, record)
    stale = await states.write(connection, changes)
    await _put_events(events, connection, changes)
    await tell(connection, changes, stale)
    return ()


def _body(state: Contract, record: Received) -> bytes:
    return record.body if state is record.event else state.body()


def _note(event: MatchEvent, changes: Changes) -> None:
    tenant, device = getattr(event, "tenant_id", None), getattr(event, "device_id", None)
    if tenant and device:
        changes.devices.add((tenant, device))
    elif tenant:
        changes.tenants.add(tenant)
    if isinstance(event, ImportApplied):
        changes.imports.add(event.import_id)


async def _put_events(records: Sequence[Received], connection: Connection, changes: Changes) -> None:
    """History, outcomes and import chunks."""
    events = [record.event for record in records if isinstance(record.event, MatchEvent)]
    history = {
        row[:3]: row
        for record in records
        if isinstance(record.event, MatchEvent)
        for row in (history_row(record.event, record.event_id),)
    }
    await put_by_key(connection, "put_history", history)
    outcomes = outcomes_of(events)
    await put_by_key(connection, "put_outcomes", {key: outcome.columns() for key, outcome in outcomes.items()})
    changes.decisions |= {key: outcome.told() for key, outcome in outcomes.items()}
    changes.bulks |= {(item.bulk_id, item.tenant_id) for item in outcomes.values() if item.bulk_id}
    await _put_imports([event for event in events if isinstance(event, ImportApplied)], connection)
    await _put_policies([event for event in events if isinstance(event, AutoAcceptPoliciesSet)], connection)
    await _put_undoings([event for event in events if isinstance(event, BulkUndone)], connection)


async def _put_policies(events: Sequence[AutoAcceptPoliciesSet], connection: Connection) -> None:
    for event in events:
        policies = [policy.model_dump(mode="json") for policy in event.policies]
        row = (event.version, policies, _actor_id(event), event.occurred_at)
        await connection.execute(QUERIES["put_policies"], *row)


async def _put_undoings(events: Sequence[BulkUndone], connection: Connection) -> None:
    """The writer undoes a bulk action as another one, whose id is the decision's."""
    for event in events:
        actor, at = _actor_id(event) or "", event.occurred_at
        await connection.execute(QUERIES["put_bulk"], event.decision_id, "undo", event.undone, actor, None, at)


async def _put_imports(events: Sequence[ImportApplied], connection: Connection) -> None:
    imports = {
        event.import_id: (event.import_id, event.subject, event.chunks, None, _actor_id(event), event.occurred_at)
        for event in events
    }
    chunks = {
        (event.import_id, event.chunk): (
            event.import_id,
            event.chunk,
            event.created,
            event.updated,
            event.unchanged,
            event.rejected,
            _RESULTS.dump_json(list(event.results)),
        )
        for event in events
    }
    await put_by_key(connection, "put_imports", imports)
    await put(connection, "put_import_chunks", list(chunks.values()))


def _actor_id(event: MatchEvent) -> str | None:
    return event.cause.actor.id if event.cause.actor else None
