"""Whether the history is as it was written: `configuration-writer verify-history`."""

from dataclasses import dataclass

from matchbook_servicekit.database import Database, Queries

from matchbook_configuration_writer.adapters.history import differences, read_history
from matchbook_configuration_writer.domain.chain import Checker

_DEADLINE_SECONDS = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much was read, and what is wrong with it, as sentences."""

    events: int
    aggregates: int
    faults: tuple[str, ...]


async def verify(database: Database, queries: Queries) -> Verdict:
    """Read the whole history, beside a running writer, and compare its end with what the tables hold.

    Memory does not grow with the history.
    """
    checker = Checker()
    faults: list[str] = []
    async with database.transaction(deadline=_DEADLINE_SECONDS) as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        async for links in read_history(connection, queries):
            faults += [fault for link in links for fault in checker.faults(link)]
        faults += await differences(connection, queries)
    return Verdict(checker.events, checker.aggregates, tuple(faults))
