"""When unmatched devices were read by their id, in PostgreSQL. All in the caller's transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from matchbook_servicekit.database import Connection, load_queries

from matchbook_graph_ingestor.domain.devices import Known

_QUERIES: Final = load_queries("matchbook_graph_ingestor")


async def set_matched(connection: Connection, matched: Mapping[tuple[str, str], bool]) -> None:
    """Keep whether devices, by tenant and device id, are matched or ignored."""
    if matched:
        # In one order, so that two transactions that hold several rows can't wait for each other.
        tenants, devices = zip(*sorted(matched), strict=True)
        await connection.execute(_QUERIES["set_matched"], tenants, devices, [matched[key] for key in sorted(matched)])


async def note(connection: Connection, tenant_id: str, device_ids: Iterable[str], at: datetime) -> None:
    """Keep that devices were read by their id, or that Graph did not know it."""
    if ids := sorted(device_ids):
        await connection.execute(_QUERIES["note_reads"], tenant_id, ids, at)


async def tenant_with_unmatched(
    connection: Connection, before: datetime, but: Iterable[str], *, sync_by_default: bool
) -> str | None:
    """The first tenant that is looked after and syncs devices, some of which are unmatched and were last read before
    then; `but` for these.
    """
    found: str | None = await connection.fetchval(_QUERIES["unmatched_tenant"], sync_by_default, before, list(but))
    return found


async def unmatched(connection: Connection, tenant_id: str, limit: int, before: datetime) -> list[Known]:
    """Some unmatched devices that were last read by their id before then, those read longest ago first."""
    return [Known._make(row) for row in await connection.fetch(_QUERIES["unmatched_devices"], tenant_id, limit, before)]
