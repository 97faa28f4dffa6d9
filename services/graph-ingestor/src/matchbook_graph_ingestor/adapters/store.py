"""The service's state in PostgreSQL. Every function works in the caller's transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from matchbook_contracts.base import Actor
from matchbook_contracts.discovery import TenantDiscovered, TenantLost
from matchbook_contracts.sync import SyncScope
from matchbook_servicekit.database import Connection, load_queries

from matchbook_graph_ingestor.domain.devices import Change, Detailed, Known
from matchbook_graph_ingestor.domain.retirement import Absent
from matchbook_graph_ingestor.domain.tenants import Tenant

_QUERIES: Final = load_queries("matchbook_graph_ingestor")
_EVENTS: Final[Mapping[str, type[TenantDiscovered | TenantLost]]] = {
    "TenantDiscovered": TenantDiscovered,
    "TenantLost": TenantLost,
}


class Opening(NamedTuple):
    """Who asked for the sweep that begins, and the run that never ended, if there is one."""

    requested_by: Actor | None
    interrupted: tuple[str, datetime] | None


class Schedule(NamedTuple):
    """A tenant's or the customer list's rhythm, and the tenant's brake. `interval` is in seconds."""

    interval: int
    failures: int
    braked_runs: Sequence[str] = ()
    confirmed_absences: int | None = None


async def lock_devices(connection: Connection, tenant_id: str) -> None:
    """Keep every other transaction from changing the tenant's devices until this one ends."""
    await connection.execute(_QUERIES["lock_tenant_devices"], tenant_id)


async def known_devices(connection: Connection, tenant_id: str, device_ids: Sequence[str]) -> dict[str, Known]:
    """What is known of these devices, by id."""
    rows = await connection.fetch(_QUERIES["known_devices"], tenant_id, device_ids)
    return {row[0]: Known._make(row) for row in rows}


async def store_changes(connection: Connection, tenant_id: str, changes: Sequence[Change]) -> None:
    """Keep what was published of a page's new and changed devices."""
    if changes:
        ids, revisions, digests, syncs, pending, _ = zip(*changes, strict=True)
        await connection.execute(_QUERIES["upsert_devices"], tenant_id, ids, revisions, digests, syncs, pending)


async def mark_seen(connection: Connection, tenant_id: str, device_ids: Sequence[str]) -> None:
    """Forget the absences of devices that a sweep listed again."""
    if device_ids:
        await connection.execute(_QUERIES["mark_seen"], tenant_id, device_ids)


async def absent_devices(connection: Connection, tenant_id: str, seen: set[str]) -> tuple[int, list[Absent]]:
    """How many devices are live, and those of them that are not among the `seen`, all of which are live."""
    live: int = await connection.fetchval(_QUERIES["count_live"], tenant_id)
    if live == len(seen):
        return live, []
    rows = await connection.fetch(_QUERIES["absent_devices"], tenant_id, list(seen))
    return live, [Absent._make(row) for row in rows]


async def count_absences(connection: Connection, tenant_id: str, device_ids: Sequence[str]) -> None:
    """Count one more complete sweep without these devices."""
    if device_ids:
        await connection.execute(_QUERIES["count_absences"], tenant_id, device_ids)


async def retire(connection: Connection, tenant_id: str, device_ids: Sequence[str]) -> None:
    """Retire devices; each gets its next revision."""
    if device_ids:
        await connection.execute(_QUERIES["retire_devices"], tenant_id, device_ids)


async def tenants_with_pending_details(connection: Connection) -> list[str]:
    """The tenants some of whose devices are still to be read by id."""
    return [row[0] for row in await connection.fetch(_QUERIES["pending_tenants"])]


async def pending_details(connection: Connection, tenant_id: str, limit: int) -> list[Known]:
    """Some devices that are still to be read by id."""
    return [Known._make(row) for row in await connection.fetch(_QUERIES["pending_devices"], tenant_id, limit)]


async def store_details(connection: Connection, tenant_id: str, details: Sequence[Detailed]) -> None:
    """Keep what reading devices by id gave; they are not pending any more."""
    if details:
        await connection.execute(
            _QUERIES["store_details"],
            tenant_id,
            [item.device_id for item in details],
            [item.change.revision if item.change else item.revision for item in details],
            [item.change.last_sync_at if item.change else None for item in details],
            [item.ethernet_mac_address for item in details],
            [item.physical_memory_bytes for item in details],
        )


async def drop_details(connection: Connection, tenant_id: str, device_ids: Sequence[str]) -> None:
    """Read these devices by id no more; Graph does not have them."""
    if device_ids:
        await connection.execute(_QUERIES["drop_details"], tenant_id, device_ids)


async def load_tenants(
    connection: Connection, ids: Sequence[str] | None, *, sync_by_default: bool
) -> dict[str, Tenant]:
    """Lock and read tenants, all of them for None."""
    rows = await connection.fetch(_QUERIES["load_tenants"], ids, sync_by_default)
    return {row["tenant_id"]: _tenant(dict(row)) for row in rows}


def _tenant(fields: dict[str, Any]) -> Tenant:
    kind, body = fields.pop("announced_type"), fields["announced"]
    fields["announced"] = _EVENTS[kind].from_body(body.encode()) if kind else None
    fields["verified_domains"] = tuple(fields["verified_domains"])
    return Tenant(**fields)


async def save_tenants(connection: Connection, tenants: Iterable[Tenant]) -> None:
    """Write tenants as they are now."""
    items = [_row(tenant) for tenant in tenants]
    if items:
        await connection.execute(_QUERIES["save_tenants"], items)


def _row(tenant: Tenant) -> dict[str, Any]:
    ends_at, announced = tenant.relationship_ends_at, tenant.announced
    return {
        "tenant_id": tenant.tenant_id,
        "revision": tenant.revision,
        "announced_type": type(announced).__name__ if announced else None,
        "announced": json.loads(announced.body()) if announced else None,
        "listed": tenant.listed,
        "listed_name": tenant.listed_name,
        "listed_domain": tenant.listed_domain,
        "has_relationship": tenant.has_relationship,
        "relationship_ends_at": ends_at.isoformat() if ends_at else None,
        "absences": tenant.absences,
        "display_name": tenant.display_name,
        "default_domain": tenant.default_domain,
        "verified_domains": list(tenant.verified_domains),
        "lost_reason": tenant.lost_reason,
        "lost_detail": tenant.lost_detail,
    }


async def due_tenants(connection: Connection, now: datetime, besides: Iterable[str]) -> list[str]:
    """The tenants whose time has come, the longest waiting first."""
    return [row[0] for row in await connection.fetch(_QUERIES["due_tenants"], now, list(besides))]


async def customers_due(connection: Connection, now: datetime) -> bool:
    """Whether the customer lists are to be read."""
    return bool(await connection.fetchval(_QUERIES["customers_due"], now))


async def opening(connection: Connection, scope: SyncScope, tenant_id: str) -> Opening:
    """Take along what a new sweep needs to know; who asked is forgotten in the same transaction."""
    query = "begin_tenant_sweep" if scope == "devices" else "begin_customer_sweep"
    row = await connection.fetchrow(_QUERIES[query], tenant_id)
    if row is None:
        return Opening(None, None)
    actor = Actor.model_validate(row["requested_by"], strict=False) if row["requested_by"] else None
    return Opening(actor, (row["run_id"], row["started_at"]) if row["run_id"] else None)


async def open_sweep(connection: Connection, tenant_id: str, scope: SyncScope, run_id: str, at: datetime) -> None:
    """Note that a sweep began."""
    await connection.execute(_QUERIES["open_sweep"], tenant_id, scope, run_id, at)


async def close_sweep(connection: Connection, tenant_id: str, scope: SyncScope, run_id: str) -> None:
    """Note that a sweep ended."""
    await connection.execute(_QUERIES["close_sweep"], tenant_id, scope, run_id)


async def schedule_of(connection: Connection, tenant_id: str | None, interval: int) -> Schedule:
    """The rhythm of a tenant, or of the customer lists for None; `interval` is the configured one, in seconds."""
    if tenant_id is None:
        row = await connection.fetchrow(_QUERIES["account_schedule"], interval)
        return Schedule(row["interval_seconds"], row["failures"]) if row else Schedule(interval, 0)
    row = await connection.fetchrow(_QUERIES["tenant_schedule"], tenant_id, interval)
    if row is None:
        return Schedule(interval, 0)
    return Schedule(row["interval_seconds"], row["failures"], row["braked_runs"], row["confirmed_absences"])


async def reschedule(
    connection: Connection, tenant_id: str | None, started: datetime, due: datetime, failures: int
) -> None:
    """Set when a tenant, or the customer lists for None, come next, unless somebody asked while the sweep ran."""
    if tenant_id is None:
        await connection.execute(_QUERIES["schedule_customers"], started, due, failures)
    else:
        await connection.execute(_QUERIES["schedule_tenant"], tenant_id, started, due, failures)


async def keep_brake(connection: Connection, tenant_id: str, braked_runs: Sequence[str], confirmed: int | None) -> None:
    """Keep which sweeps the brake stopped, and how far an administrator released it."""
    await connection.execute(_QUERIES["keep_brake"], tenant_id, braked_runs, confirmed)


async def request_sync(connection: Connection, tenant_id: str | None, actor: Actor, now: datetime) -> None:
    """Make a tenant due, or all and the customer lists for None."""
    who = actor.model_dump(mode="json", exclude_none=True)
    if tenant_id is None:
        await connection.execute(_QUERIES["request_all"], now, who)
    else:
        await connection.execute(_QUERIES["request_tenant"], tenant_id, now, who)


async def make_due(connection: Connection, tenant_ids: Sequence[str], now: datetime) -> None:
    """Make tenants due without anybody having asked for a sweep."""
    await connection.execute(_QUERIES["make_due"], tenant_ids, now)


async def set_device_sync(connection: Connection, tenant_id: str | None, enabled: Literal[True, False] | None) -> None:
    """Set Sync Intune Devices of a tenant, or the account's default for None."""
    if tenant_id is None:
        await connection.execute(_QUERIES["set_account_device_sync"], enabled)
    else:
        await connection.execute(_QUERIES["set_tenant_device_sync"], tenant_id, enabled)


async def set_interval(connection: Connection, tenant_id: str | None, seconds: int, latest: datetime) -> None:
    """Set how often a tenant, or the account for None, is swept; the next sweep is at `latest` at the latest."""
    if tenant_id is None:
        await connection.execute(_QUERIES["set_account_schedule"], seconds, latest)
    else:
        await connection.execute(_QUERIES["set_tenant_schedule"], tenant_id, seconds)
    await connection.execute(_QUERIES["sooner"], tenant_id, latest)
