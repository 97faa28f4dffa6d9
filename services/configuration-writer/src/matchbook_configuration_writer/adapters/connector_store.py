"""What a connector remembers: how far it has read, and, written by the writer as it takes rows, what they said."""

from collections.abc import Collection

from matchbook_servicekit.database import Database, Queries

from matchbook_configuration_writer.domain.documentation import Cursor, Known, Resource


class ConnectorStore:
    """The memory of one source, by its actor's id."""

    def __init__(self, database: Database, queries: Queries, source: str) -> None:
        self._database = database
        self._queries = queries
        self._source = source

    async def cursor(self, resource: Resource) -> Cursor:
        """How far the resource was read; nothing yet, where it never was."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(self._queries["connector_cursor"], self._source, resource)
        return Cursor(**row) if row is not None else Cursor()

    async def move(self, resource: Resource, cursor: Cursor) -> None:
        """Remember how far the resource was read."""
        async with self._database.connection() as connection:
            await connection.execute(
                self._queries["save_connector_cursor"],
                self._source,
                resource,
                cursor.newest,
                cursor.newest_at,
                cursor.read_at,
                cursor.whole_at,
            )

    async def known(self, resource: Resource, ids: Collection[str]) -> dict[str, Known]:
        """What the records said when they were last taken."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(self._queries["connector_rows"], self._source, resource, list(ids))
        return {row["id"]: Known(row["version"], row["fields"], row["refused"]) for row in rows}

    async def answered(self, decision_id: str) -> bool:
        """Whether the writer has answered a command."""
        async with self._database.connection() as connection:
            return bool(await connection.fetch(self._queries["find_decided"], [decision_id]))

    async def documented(self, organization_ids: Collection[str]) -> set[str]:
        """Those of the organizations that are documented."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(self._queries["known_organizations"], list(organization_ids))
        return {row["organization_id"] for row in rows}
