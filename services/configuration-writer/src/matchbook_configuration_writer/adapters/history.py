"""The history, read whole."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from matchbook_servicekit.database import Connection, Queries

from matchbook_configuration_writer.domain.chain import Entry, Link

_AT_ONCE = 5_000


class DecidedPair(NamedTuple):
    """Whether a device is a configuration, as people said last."""

    device_id: str
    configuration_id: str
    accepted: bool


async def read_history(connection: Connection, queries: Queries) -> AsyncIterator[list[Link]]:
    """Every link in the order of its chain, a part at a time; inside a transaction."""
    cursor = await connection.cursor(queries["read_history"])
    while rows := await cursor.fetch(_AT_ONCE):
        yield [
            Link(
                Entry(row["kind"], row["subject"], row["version"], row["event_id"], row["event_type"], row["body"]),
                row["previous"],
                row["hash"],
            )
            for row in rows
        ]


async def read_decided_pairs(connection: Connection, queries: Queries) -> AsyncIterator[list[DecidedPair]]:
    """Every pair that people have decided on, a part at a time; inside a transaction."""
    cursor = await connection.cursor(queries["read_decided_pairs"])
    while rows := await cursor.fetch(_AT_ONCE):
        yield [DecidedPair(*row) for row in rows]


async def differences(connection: Connection, queries: Queries) -> list[str]:
    """Where the tables hold something else than the history, as sentences."""
    found = [_difference(row) for row in await connection.fetch(queries["history_against_states"])]
    unanswered = await connection.fetch(queries["answers_without_history"])
    return found + [f"decision {row['decision_id']}: the event that answered it is not there." for row in unanswered]


def _difference(row: Any) -> str:
    name, current, last = f"{row['kind']} {row['subject']}", row["current_version"], row["last_version"]
    if last is None:
        return f"{name}: it is at version {current}, but has no history."
    if current is None:
        return f"{name}: its history ends at version {last}, but there is no such thing."
    if current != last:
        return f"{name}: it is at version {current}, but its history ends at version {last}."
    return f"{name}: its state is not the one that its history ends with."
