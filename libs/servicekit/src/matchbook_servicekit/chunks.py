"""How the rows of an import travel: in chunks that each fit a record."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from matchbook_contracts.base import Value

MOST_ROWS: Final = 500
# A record's body has at most a mebibyte; the rest is for what stands around the rows.
MOST_BYTES: Final = 900_000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rows go into each chunk."""

    sizes: tuple[int, ...]

    @property
    def rows(self) -> int:
        return sum(self.sizes)


def plan(rows: Iterable[Value]) -> Plan:
    """Fill chunks up to MOST_ROWS rows and MOST_BYTES bytes; a row larger than that stands alone."""
    sizes: list[int] = []
    count = taken = 0
    for row in rows:
        size = len(row.model_dump_json().encode()) + 1
        if count and (count == MOST_ROWS or taken + size > MOST_BYTES):
            sizes.append(count)
            count = taken = 0
        count, taken = count + 1, taken + size
    if count:
        sizes.append(count)
    return Plan(tuple(sizes))


def chunks(rows: Iterator[Item], planned: Plan) -> Iterator[Sequence[Item]]:
    """The rows, chunk by chunk as planned."""
    for size in planned.sizes:
        yield tuple(islice(rows, size))
