"""The log of changes that batches leave for live streams: read in order, by every replica, nothing skipped."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from matchbook_servicekit.database import Connection, Database, load_queries

QUERIES: Final = load_queries("matchbook_api_gateway")
_MOST = 500
# How long a number that was passed over may still turn up: its transaction may be running, or was rolled back.
_PATIENCE_SECONDS = 60.0
_MOST_GAPS = 1000


@dataclass
class ChangeLog:
    """A reading position. Numbers are taken before transactions commit, so a lower one may appear after a higher."""

    database: Database
    last: int | None = None
    gaps: dict[int, float] = field(default_factory=dict)

    async def begin(self, connection: Connection) -> None:
        """Start at the newest change, unless a position is known already."""
        if self.last is None:
            row = await connection.fetchrow(QUERIES["newest_change"])
            assert row is not None
            self.last = row["newest"]

    async def read(self, connection: Connection) -> list[tuple[int, dict[str, Any]]]:
        """What is new since the last call, at most a few hundred changes; call again until it is empty."""
        assert self.last is not None
        rows = await connection.fetch(QUERIES["changes_after"], self.last, list(self.gaps), _MOST)
        now = time.monotonic()
        for row in rows:
            self._advance(row["number"], now)
        self.gaps = {number: since for number, since in self.gaps.items() if now - since < _PATIENCE_SECONDS}
        return [(row["number"], row["document"]) for row in rows]

    def _advance(self, number: int, now: float) -> None:
        assert self.last is not None
        if number <= self.last:
            self.gaps.pop(number, None)
            return
        missing = range(max(self.last + 1, number - _MOST_GAPS), number)
        self.gaps |= dict.fromkeys(missing, now)
        self.last = number

    async def between(self, first: int, last: int) -> list[tuple[int, dict[str, Any]]] | None:
        """What a stream missed after `first` up to `last`; None where the log does not reach back that far."""
        async with self.database.connection() as connection:
            ends = await connection.fetchrow(QUERIES["newest_change"])
            assert ends is not None
            if first > ends["newest"] or last - first > _MOST or (first < last and first + 1 < ends["oldest"]):
                return None
            rows = await connection.fetch(QUERIES["changes_after"], first, [], _MOST)
        return [(row["number"], row["document"]) for row in rows if row["number"] <= last]
