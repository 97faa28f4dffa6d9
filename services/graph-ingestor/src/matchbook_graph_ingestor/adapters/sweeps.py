"""The sweeps under way, in PostgreSQL: who has which, and how far each is. All in the caller's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from matchbook_servicekit.database import Connection, load_queries

_QUERIES: Final = load_queries("matchbook_graph_ingestor")
Runs = Mapping[str, str]
"""Run ids by tenant id."""


class Place(NamedTuple):
    """How far a sweep of several pages is: the devices read, where the next page is, and the run's counts."""

    device_ids: set[str]
    next_link: str
    counts: Mapping[str, int]


class PageRead(NamedTuple):
    """A page that is not the last: its number, its devices, where the next one is, and the run's counts with it."""

    number: int
    device_ids: Sequence[str]
    next_link: str
    counts: Mapping[str, int]


class Stuck(NamedTuple):
    """A sweep that came no further since `moved_at`."""

    tenant_id: str
    run_id: str
    owner: str
    moved_at: datetime


async def due(connection: Connection, now: datetime, at_most: int) -> list[str]:
    """Tenants whose time has come, the longest waiting first."""
    return [row[0] for row in await connection.fetch(_QUERIES["due_tenants"], now, at_most)]


async def queue(connection: Connection, runs: Runs, now: datetime) -> Runs:
    """Open sweeps that anybody may take; returns those that were not open yet."""
    rows = await connection.fetch(_QUERIES["queue_sweeps"], list(runs), list(runs.values()), now) if runs else []
    return _runs(rows)


async def count_open(connection: Connection) -> int:
    """How many sweeps wait or run, in all processes together."""
    return int(await connection.fetchval(_QUERIES["count_open_sweeps"]))


async def owners(connection: Connection) -> list[str]:
    """Who has sweeps."""
    return [row[0] for row in await connection.fetch(_QUERIES["sweep_owners"])]


async def queue_again(connection: Connection, gone: Sequence[str], forgotten: datetime, now: datetime) -> Runs:
    """Free the sweeps of owners that are gone, and those that were queued before `forgotten` and taken by nobody."""
    return _runs(await connection.fetch(_QUERIES["queue_again"], now, gone, forgotten))


async def take(connection: Connection, runs: Runs, owner: str) -> Runs:
    """Make `owner` have those that nobody has; returns them."""
    return _runs(await connection.fetch(_QUERIES["take_sweeps"], list(runs), list(runs.values()), owner))


async def take_over(connection: Connection, owner: str, at_most: int) -> Runs:
    """Make `owner` have some that others took and have not begun; returns them."""
    return _runs(await connection.fetch(_QUERIES["take_over_sweeps"], owner, at_most))


async def taken(connection: Connection, owner: str, but: Sequence[str], at_most: int) -> Runs:
    """What `owner` has, `but` for these runs, the longest waiting first."""
    return _runs(await connection.fetch(_QUERIES["taken_sweeps"], owner, but, at_most))


async def release(connection: Connection, owner: str) -> None:
    """Give back what `owner` has."""
    await connection.execute(_QUERIES["release_sweeps"], owner)


async def begin(connection: Connection, tenant_ids: Sequence[str], owner: str, at: datetime) -> set[str]:
    """Note that tenants' sweeps began, and forget who asked for them; returns those that are still `owner`'s."""
    rows = await connection.fetch(_QUERIES["begin_tenant_sweeps"], tenant_ids, at, owner) if tenant_ids else []
    return {row["tenant_id"] for row in rows}


async def save_page(connection: Connection, tenant_id: str, run_id: str, page: PageRead, now: datetime) -> None:
    """Keep what a page held, so that whoever goes on need not read it again."""
    await connection.execute(_QUERIES["save_page"], tenant_id, run_id, *page, now)


async def place(connection: Connection, tenant_id: str, run_id: str) -> Place | None:
    """How far a sweep is; None for one that is at its beginning."""
    rows = await connection.fetch(_QUERIES["load_pages"], tenant_id, run_id)
    if not rows:
        return None
    return Place({item for row in rows for item in row["device_ids"]}, rows[-1]["next_link"], rows[-1]["counts"])


async def forget_pages(connection: Connection, tenant_id: str) -> None:
    """Let the tenant's sweep be at its beginning."""
    await connection.execute(_QUERIES["forget_pages"], tenant_id)


async def stuck(connection: Connection, since: datetime) -> list[Stuck]:
    """Sweeps that somebody has and that came no further since then."""
    return [Stuck._make(row) for row in await connection.fetch(_QUERIES["stuck_sweeps"], since)]


async def freshness(connection: Connection) -> Mapping[str, datetime | None]:
    """When the latest complete sweep of each tenant began; None where there was none yet."""
    return {row[0]: row[1] for row in await connection.fetch(_QUERIES["freshness"])}


def _runs(rows: Sequence[Any]) -> Runs:
    return {row["tenant_id"]: row["run_id"] for row in rows}
