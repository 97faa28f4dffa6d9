"""The service's state in PostgreSQL. Every function works in the caller's transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, NamedTuple

from asyncpg import Record
from matchbook_contracts.base import Actor
from matchbook_contracts.discovery import TenantDiscovered, TenantLost
from matchbook_servicekit.database import Connection, load_queries

from matchbook_graph_ingestor.domain.devices import Change, Detailed, Known
from matchbook_graph_ingestor.domain.retirement import Absent
from matchbook_graph_ingestor.domain.tenants import Tenant

_QUERIES: Final = load_queries("matchbook_graph_ingestor")
_COPIED: Final = ("tenant_id", "device_id", "revision", "digest", "last_sync_at", "details_pending")
_TENANT_FIELDS: Final = tuple(field.name for field in fields(Tenant))
_EVENTS: Final[Mapping[str, type[TenantDiscovered | TenantLost]]] = {
    "TenantDiscovered": TenantDiscovered,
    "TenantLost": TenantLost,
}


class Open(NamedTuple):
    """A sweep that has not ended: `started_at` is None until it began, `owner` while nobody has it."""

    run_id: str
    started_at: datetime | None
    owner: str | None


class Rhythm(NamedTuple):
    """How a tenant, or the customer lists, are swept.

    `interval` is in seconds, None for the configured one; `failures` counts failed sweeps in a row. The brake is a
    tenant's alone.
    """

    interval: int | None
    failures: int
    requested_by: Actor | None
    open: Open | None
    braked_runs: Sequence[str] = ()
    confirmed_absences: int | None = None


class Standing(NamedTuple):
    """A tenant and its rhythm."""

    tenant: Tenant
    rhythm: Rhythm


class Ended(NamedTuple):
    """A sweep's end, and what holds until the next."""

    tenant_id: str
    run_id: str
    started_at: datetime
    due_at: datetime
    failures: int


async def lock_tenant(connection: Connection, tenant_id: str) -> None:
    """Keep every other transaction from changing the tenant or its devices until this one ends."""
    await connection.execute(_QUERIES["lock_tenant"], tenant_id)


async def known_devices(connection: Connection, tenant_id: str, device_ids: Sequence[str] | None) -> dict[str, Known]:
    """What is known of these devices, or of all of the tenant's for None, by id."""
    if device_ids is None:
        rows = await connection.fetch(_QUERIES["all_devices"], tenant_id)
    else:
        rows = await connection.fetch(_QUERIES["known_devices"], tenant_id, device_ids)
    return {row[0]: Known._make(row) for row in rows}


async def store_changes(connection: Connection, tenant_id: str, changes: Sequence[Change]) -> None:
    """Keep what was published of a page's new and changed devices. The tenant must be locked."""
    if new := [(tenant_id, *change[:-1]) for change in changes if change.revision == 1]:
        # Twice as fast as an upsert, and safe: nobody else can add the same devices while the tenant is locked.
        await connection.copy_records_to_table("devices", records=new, columns=_COPIED)
    if changed := [change for change in changes if change.revision > 1]:
        ids, revisions, digests, syncs, pending, _ = zip(*changed, strict=True)
        await connection.execute(_QUERIES["update_devices"], tenant_id, ids, revisions, digests, syncs, pending)


async def mark_seen(connection: Connection, tenant_id: str, device_ids: Sequence[str]) -> None:
    """Forget the absences of devices that a sweep listed again."""
    if device_ids:
        await connection.execute(_QUERIES["mark_seen"], tenant_id, device_ids)


async def count_live(connection: Connection, tenant_id: str) -> int:
    """How many devices of the tenant are not retired."""
    return int(await connection.fetchval(_QUERIES["count_live"], tenant_id))


async def absent_devices(connection: Connection, tenant_id: str, seen: Iterable[str]) -> list[Absent]:
    """The live devices that are not among the `seen`."""
    rows = await connection.fetch(_QUERIES["absent_devices"], tenant_id, list(seen))
    return [Absent._make(row) for row in rows]


async def count_absences(connection: Connection, tenant_id: str, device_ids: Sequence[str]) -> None:
    """Count one more complete sweep without these devices."""
    if device_ids:
        await connection.execute(_QUERIES["count_absences"], tenant_id, device_ids)


async def retire(connection: Connection, tenant_id: str, device_ids: Sequence[str]) -> None:
    """Retire devices; each gets its next revision."""
    if device_ids:
        await connection.execute(_QUERIES["retire_devices"], tenant_id, device_ids)


async def tenants_with_pending_details(connection: Connection, *, sync_by_default: bool) -> list[str]:
    """The tenants that are looked after and sync devices, some of which are still to be read by id."""
    return [row[0] for row in await connection.fetch(_QUERIES["pending_tenants"], sync_by_default)]


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
) -> dict[str, Standing]:
    """Lock and read tenants, all of them for None."""
    rows = await connection.fetch(_QUERIES["load_tenants"], ids, sync_by_default)
    return {row["tenant_id"]: Standing(_tenant(row), _rhythm(row)) for row in rows}


def _tenant(row: Record) -> Tenant:
    values = {name: row[name] for name in _TENANT_FIELDS}
    kind = row["announced_type"]
    values["announced"] = _EVENTS[kind].from_body(row["announced"].encode()) if kind else None
    values["verified_domains"] = tuple(row["verified_domains"])
    return Tenant(**values)


def _rhythm(row: Record) -> Rhythm:
    asked = row["requested_by"]
    return Rhythm(
        row["interval"],
        row["failures"],
        Actor.model_validate(asked, strict=False) if asked else None,
        Open(row["run_id"], row["started_at"], row.get("owner")) if row["run_id"] else None,
        row.get("braked_runs", ()),
        row.get("confirmed_absences"),
    )


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
        "manual": tenant.manual,
        "manual_name": tenant.manual_name,
    }


async def customers_due(connection: Connection, now: datetime) -> bool:
    """Whether the customer lists are to be read."""
    return bool(await connection.fetchval(_QUERIES["customers_due"], now))


async def end_sweep(connection: Connection, ended: Ended, rhythm: Rhythm, *, complete: bool) -> None:
    """Note that a tenant's sweep ended, when the next is due, and how the brake stands."""
    brake = (rhythm.braked_runs, rhythm.confirmed_absences)
    await connection.execute(_QUERIES["end_tenant_sweep"], *ended, *brake, complete)


async def customer_lists(connection: Connection, partner: str) -> Rhythm:
    """Lock and read how the customer lists are swept."""
    row = await connection.fetchrow(_QUERIES["load_customer_lists"], partner)
    assert row is not None
    return _rhythm(row)


async def begin_customer_sweep(connection: Connection, partner: str, run_id: str, at: datetime) -> None:
    """Note that a sweep of the customer lists began; who asked for it is forgotten."""
    await connection.execute(_QUERIES["begin_customer_sweep"], partner, run_id, at)


async def end_customer_sweep(connection: Connection, ended: Ended) -> None:
    """Note that a sweep of the customer lists ended, and when the next is due."""
    await connection.execute(_QUERIES["end_customer_sweep"], *ended)


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


async def set_device_sync(connection: Connection, tenant_id: str | None, enabled: bool | None) -> None:
    """Set Sync Intune Devices of a tenant, or the account's default for None."""
    if tenant_id is None:
        await connection.execute(_QUERIES["set_account_device_sync"], enabled)
    else:
        await connection.execute(_QUERIES["set_tenant_device_sync"], tenant_id, enabled)


async def set_interval(
    connection: Connection, tenant_id: str | None, seconds: int | None, now: datetime, configured: int
) -> None:
    """Set how often a tenant, or the account for None, is swept; without `seconds` as the account is, or as configured.

    No next sweep is later than an interval from now.
    """
    if tenant_id is None:
        await connection.execute(_QUERIES["set_account_schedule"], seconds, now, configured)
    else:
        await connection.execute(_QUERIES["set_tenant_schedule"], tenant_id, seconds)
    await connection.execute(_QUERIES["sooner"], tenant_id, now, configured)
