"""The read model's tables, as the API asks for them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from matchbook_servicekit.database import Connection, Database, load_queries

from matchbook_api_gateway.domain.queries import Place, Words

QUERIES: Final = load_queries("matchbook_api_gateway")
Row = Any
# A page that takes longer than this is worth less than an error.
_DEADLINE_SECONDS = 15.0
# A reader slower than this loses the rest: a connection is held for it.
_EXPORT_SECONDS = 600.0
_STREAMED_AT_ONCE = 500


class ReadStore:
    """One query a method; a scope is a list of organization ids, or None for all."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def row(self, query: str, *values: Any) -> Row | None:
        async with self.database.connection(deadline=_DEADLINE_SECONDS) as connection:
            return await connection.fetchrow(QUERIES[query], *values)

    async def rows(self, query: str, *values: Any) -> list[Row]:
        async with self.database.connection(deadline=_DEADLINE_SECONDS) as connection:
            return await connection.fetch(QUERIES[query], *values)

    async def stream(self, query: str, *values: Any) -> AsyncIterator[list[Row]]:
        """All rows of a query, a few at a time."""
        async with self.database.transaction(deadline=_EXPORT_SECONDS) as connection:
            cursor = await connection.cursor(QUERIES[query], *values)
            while rows := await cursor.fetch(_STREAMED_AT_ONCE):
                yield rows

    async def tenants_page(  # noqa: PLR0913 - the query's parameters
        self,
        *,
        scope: Sequence[str] | None,
        words: Words | None,
        status: str | None,
        sort: str,
        descending: bool,
        after: Place | None,
        limit: int,
    ) -> list[Row]:
        """Rows with `listed`, how many there are; where the page is empty, one row without a tenant."""
        typed = words.typed if words else None
        return await self.rows("tenants_page", scope, typed, status, sort, descending, *_place(after), limit)

    async def devices_page(  # noqa: PLR0913 - the query's parameters
        self,
        tenant_id: str,
        *,
        words: Words | None,
        status: str | None,
        suggestion: str | None,
        sort: str,
        descending: bool,
        after: Place | None,
        limit: int,
    ) -> list[Row]:
        """Rows with `counts`; where the page is empty, one row without a device."""
        found = _words(words)
        async with self.database.connection(deadline=_DEADLINE_SECONDS) as connection:
            statement = await _planned_for_values(connection, "devices_page")
            rows: list[Row] = await statement.fetch(
                tenant_id, *found, status, suggestion, sort, descending, *_place(after), limit,
            )  # fmt: skip
        return rows

    async def bulk_selection(  # noqa: PLR0913 - the query's parameters
        self,
        tenant_id: str,
        *,
        words: Words | None,
        status: str | None,
        suggestion: str | None,
        eligible: Sequence[str],
        suggested_only: bool,
        excluded: Sequence[str],
    ) -> list[Row]:
        """Device ids, each with its suggestion's id."""
        found = _words(words)
        async with self.database.connection() as connection:
            statement = await _planned_for_values(connection, "bulk_selection")
            rows: list[Row] = await statement.fetch(
                tenant_id, *found, status, suggestion, list(eligible), suggested_only, list(excluded),
            )  # fmt: skip
        return rows

    async def held_selection(
        self,
        scope: Sequence[str] | None,
        organization_id: str | None,
        *,
        words: Words | None,
        excluded: Sequence[str],
    ) -> list[Row]:
        """Organization and configuration ids of what is held from PSA sync."""
        return await self.rows("held_selection", scope, organization_id, *_words(words), list(excluded))


def _words(words: Words | None) -> tuple[str | None, str | None]:
    return (words.typed, words.plain) if words else (None, None)


def _place(after: Place | None) -> tuple[str | None, str | None]:
    return (after.value, after.id) if after else (None, None)


async def _planned_for_values(connection: Connection, query: str) -> Any:
    # A new statement is planned for the values it is given: a plan for tenants of middling size would be many times too
    # slow for the largest, and parameters that are absent fold away with what they would have joined.
    return await connection.prepare(QUERIES[query])
