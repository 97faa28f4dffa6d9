"""The read model's tables, as topics fill them: sets of rows, each guarded by its own revision or version."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matchbook_servicekit.database import Connection, load_queries

from matchbook_api_gateway.domain.live import Changes

CHANNEL: Final = "gateway_changes"
QUERIES: Final = load_queries("matchbook_api_gateway")
Row = tuple[Any, ...]


async def put(connection: Connection, query: str, rows: Sequence[Row]) -> list[Row]:
    """Write rows, a column each, with the named query; returns what it says it changed.

    A key may stand in `rows` only once.
    """
    if not rows:
        return []
    return [tuple(row) for row in await connection.fetch(QUERIES[query], *map(list, zip(*rows, strict=True)))]


async def put_by_key(connection: Connection, query: str, rows: Mapping[Any, Row]) -> list[Row]:
    """Write rows in the order of their keys: two replicas that write the same rows then wait instead of deadlocking."""
    return await put(connection, query, [rows[key] for key in sorted(rows)])


async def tell(connection: Connection, changes: Changes, stale: set[str]) -> None:
    """Note what a batch changed: for the counts, and for the live streams of all replicas.

    The notification is only a hint; a replica that misses it polls.
    """
    if stale:
        await connection.execute(QUERIES["mark_stale"], sorted(stale))
    if changes:
        await connection.fetchval(QUERIES["put_change"], changes.document())
        await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
