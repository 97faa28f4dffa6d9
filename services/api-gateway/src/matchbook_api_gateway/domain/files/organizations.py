"""Organizations files."""

from collections.abc import Iterable, Iterator
from typing import Final

from matchbook_contracts.decisions import OrganizationRow

from matchbook_api_gateway.domain.files.lists import ITEMS, plain, split
from matchbook_api_gateway.domain.files.table import LONGEST_ID, LONGEST_NAME, Cells, Faults, Layout

_LONGEST_LIST: Final = 20_000

LAYOUT: Final = Layout(
    lengths={
        "id": LONGEST_ID,
        "name": LONGEST_NAME,
        "aliases": _LONGEST_LIST,
        "domains": _LONGEST_LIST,
        "archived": LONGEST_NAME,
    },
    required=(("id",), ("name",)),
)


def organization_rows(table: Iterable[Cells], faults: Faults) -> Iterator[OrganizationRow]:
    """The file's rows that are in order; the faults of the others are added."""
    first_rows: dict[str, int] = {}
    for cells in table:
        before = len(faults.found)
        row = _row(cells, faults)
        if row is not None:
            once(first_rows, cells.row, row.id, faults)
        if row is not None and len(faults.found) == before:
            yield row


def _row(cells: Cells, faults: Faults) -> OrganizationRow | None:
    id_, name = faults.required(cells, "id"), faults.required(cells, "name")
    archived = faults.yes_or_no(cells, "archived")
    if id_ is None or name is None:
        return None
    return OrganizationRow(
        row=cells.row,
        id=id_,
        name=name,
        aliases=_list(cells, "aliases"),
        domains=tuple(domain.lower() for domain in _list(cells, "domains")),
        archived=archived,
        keeps_archived=True if cells.get("archived") is None else None,
    )


def _list(cells: Cells, column: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain(part) for part in split(cells.get(column) or "", ITEMS) if part))


def once(first_rows: dict[str, int], row: int, id_: str, faults: Faults) -> None:
    """Add a fault for an id that an earlier row has."""
    first = first_rows.setdefault(id_, row)
    if first != row:
        faults.add(row, "id", f"The id {id_} is that of row {first} already.")
