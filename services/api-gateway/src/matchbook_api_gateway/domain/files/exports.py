"""What is documented as a file: a line for each organization or configuration, in the columns that an import takes."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, get_args

from matchbook_contracts.states import ConfigurationState, FieldName, Interface, OrganizationState
from pydantic_core import to_json

from matchbook_api_gateway.domain.files.lists import ITEMS, PARTS, escaped

Format: TypeAlias = Literal["csv", "jsonl"]
Line: TypeAlias = Mapping[str, Any]
"""Values by column; those of a CSV file's cells are made of them."""

ORGANIZATION_COLUMNS: Final = ("id", "name", "aliases", "domains", "archived")
CONFIGURATION_COLUMNS: Final = (
    "id", "organization_id", "organization", *get_args(FieldName), "interfaces", "psa_sync", "archived",
)  # fmt: skip
# What a spreadsheet would take for a formula, or for the way to one.
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\x00")


def organization_line(state: OrganizationState) -> Line:
    """An organization."""
    return {
        "id": state.organization_id,
        "name": state.name,
        "aliases": list(state.aliases),
        "domains": list(state.domains),
        "archived": state.archived,
    }


def configuration_line(state: ConfigurationState, organization: str | None) -> Line:
    """A configuration with the values in force: what the page shows and a PSA system gets."""
    return {
        "id": state.configuration_id,
        "organization_id": state.organization_id,
        "organization": organization,
        **{name: field.value for name, field in state.fields.items() if field.value is not None},
        "name": state.name,
        "interfaces": [interface.model_dump() for interface in state.interfaces],
        "psa_sync": state.psa_sync,
        "archived": state.archived,
    }


def writer_of(format_: Format, columns: Sequence[str]) -> tuple[bytes, Callable[[Line], bytes]]:
    """What a file begins with, and how a line of it is written."""
    if format_ == "jsonl":
        return b"", lambda line: to_json(line) + b"\n"
    return _row(columns), lambda line: _row([_cell(line.get(column)) for column in columns])


def _row(cells: Sequence[str]) -> bytes:
    """A row after RFC 4180."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "Yes" if value else "No"
        case list():
            return harmless("; ".join(_part(item) for item in value))
        case _:
            return harmless(str(value))


def _part(item: Any) -> str:
    if not isinstance(item, dict):
        return escaped(str(item), ITEMS)
    interface = Interface(**item)
    texts = (interface.name, interface.ip_address, interface.mac_address, "Yes" if interface.primary else "No")
    return PARTS.join(escaped(text or "", ITEMS, PARTS) for text in texts)


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it and never runs it: what looks like a formula gets an apostrophe before it.

    So does what has one already, so that an import that takes one off gives the text itself.
    """
    return f"'{text}" if text.lstrip("'").startswith(_RISKY) else text
