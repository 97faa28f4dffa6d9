"""What people decided about suggestions, for `matcher fit`: `configuration-writer export-decisions`."""

from collections.abc import AsyncIterator

from matchbook_servicekit.database import Database, Queries
from pydantic_core import to_json

from matchbook_configuration_writer.adapters.history import read_decided_pairs

_DEADLINE_SECONDS = 6 * 3600.0


async def decided_pairs(database: Database, queries: Queries) -> AsyncIterator[bytes]:
    """A line of JSON for each pair that people accepted or refused. Memory does not grow with the history."""
    async with database.transaction(deadline=_DEADLINE_SECONDS) as connection:
        async for pairs in read_decided_pairs(connection, queries):
            yield b"".join(to_json(pair._asdict()) + b"\n" for pair in pairs)
