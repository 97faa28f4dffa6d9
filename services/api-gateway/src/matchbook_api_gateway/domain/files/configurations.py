"""Configurations files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from matchbook_contracts.decisions import ConfigurationRow
from matchbook_contracts.states import FieldName, Interface

from matchbook_api_gateway.domain.files.lists import ITEMS, PARTS, plain, split
from matchbook_api_gateway.domain.files.organizations import once
from matchbook_api_gateway.domain.files.table import LONGEST_ID, LONGEST_NAME, Cells, Faults, Layout
from matchbook_api_gateway.domain.rows import sort_key

_LONGEST_VALUE: Final = 1000
_LONGEST_TEXT: Final = 20_000
_DATES: Final = ("installed_at", "purchased_at", "warranty_expires_at")
_FIELDS: Final[tuple[FieldName, ...]] = get_args(FieldName)
_INTERFACE_PARTS: Final = 4

LAYOUT: Final = Layout(
    lengths={
        **dict.fromkeys(_FIELDS, _LONGEST_VALUE),
        "id": LONGEST_ID,
        "name": LONGEST_NAME,
        "organization_id": LONGEST_ID,
        "organization": LONGEST_NAME,
        "notes": _LONGEST_TEXT,
        "interfaces": _LONGEST_TEXT,
        "archived": LONGEST_NAME,
    },
    required=(("id",), ("organization_id", "organization"), ("name",)),
    synonyms={
        "organization_name": "organization",
        "configuration_type_name": "configuration_type",
        "configuration_status_name": "configuration_status",
        "manufacturer_name": "manufacturer",
        "model_name": "model",
        "operating_system_name": "operating_system",
        "location_name": "location",
        "contact_name": "contact",
        "configuration_interfaces": "interfaces",
    },
)


@dataclass(frozen=True, slots=True)
class Directory:
    """The documented organizations: their ids, and the ids behind each name in lower case."""

    ids: frozenset[str]
    by_name: Mapping[str, tuple[str, ...]]


def configuration_rows(table: Iterable[Cells], faults: Faults, directory: Directory) -> Iterator[ConfigurationRow]:
    """The file's rows that are in order; the faults of the others are added."""
    first_rows: dict[str, int] = {}
    for cells in table:
        before = len(faults.found)
        row = _row(cells, faults, directory)
        if row is not None:
            once(first_rows, cells.row, row.id, faults)
        if row is not None and len(faults.found) == before:
            yield row


def _row(cells: Cells, faults: Faults, directory: Directory) -> ConfigurationRow | None:
    id_, name = faults.required(cells, "id"), faults.required(cells, "name")
    organization_id = _organization(cells, faults, directory)
    for column in _DATES:
        faults.date(cells, column)
    archived, interfaces = faults.yes_or_no(cells, "archived"), _interfaces(cells, faults)
    if id_ is None or name is None or organization_id is None:
        return None
    values = {column: value for column, value in cells.values.items() if value and column in _FIELDS}
    return ConfigurationRow(
        row=cells.row,
        id=id_,
        organization_id=organization_id,
        values=values,
        interfaces=interfaces,
        archived=archived,
        keeps_archived=True if cells.get("archived") is None else None,
    )


def _organization(cells: Cells, faults: Faults, directory: Directory) -> str | None:
    """The organization's id, by the file's id or else by its name."""
    id_ = cells.get("organization_id")
    if id_ is not None:
        if id_ not in directory.ids:
            faults.add(cells.row, "organization_id", f"The organization {id_} is not documented; import it first.")
        return id_
    name = cells.get("organization")
    if name is None:
        faults.add(cells.row, "organization_id", "The row names no organization.")
        return None
    found = directory.by_name.get(sort_key(name), ())
    if not found:
        faults.add(cells.row, "organization", f"No organization is called {name}; import it first.")
    elif len(found) > 1:
        faults.add(cells.row, "organization", f"{len(found)} organizations are called {name}; give organization_id.")
    return found[0] if found else None


def _interfaces(cells: Cells, faults: Faults) -> tuple[Interface, ...]:
    """`name|ip|mac|primary` parts, joined by semicolons; any of them may be blank."""
    found = []
    for text in filter(None, split(cells.get("interfaces") or "", ITEMS)):
        parts = [plain(part) or None for part in split(text, PARTS)]
        primary = (parts[3] or "no").lower() if len(parts) == _INTERFACE_PARTS else "no"
        if len(parts) > _INTERFACE_PARTS or primary not in ("yes", "no"):
            faults.add(cells.row, "interfaces", "An interface is written name|ip|mac|Yes or No.")
            continue
        name, address, mac = [*parts, None, None][:3]
        found.append(Interface(name=name, ip_address=address, mac_address=mac, primary=primary == "yes"))
    return tuple(found)
