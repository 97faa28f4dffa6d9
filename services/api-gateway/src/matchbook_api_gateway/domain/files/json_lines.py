"""A JSON Lines file as rows of named cells, like a CSV file's: an object a line."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from matchbook_api_gateway.domain.files.lists import ITEMS, PARTS, escaped
from matchbook_api_gateway.domain.files.table import (
    Cells,
    Faults,
    Layout,
    Unreadable,
    check_text,
    column_of,
    printable,
    twice,
)

# An object's members with their values, one after the other, since a name may come again.
Members: TypeAlias = tuple[tuple[str, Any], ...]
_INTERFACE: Final = ("name", "ip_address", "mac_address")


class JsonLines:
    """The rows of a file. `lines` is its text, decoded as UTF-8 with surrogates in place of what is not."""

    def __init__(self, lines: Iterable[str], layout: Layout, faults: Faults) -> None:
        self._lines = lines
        self._layout = layout
        self._faults = faults
        self._ignored: set[str] = set()

    @property
    def ignored(self) -> tuple[str, ...]:
        """The members that Matchbook has no use for, of the rows read so far."""
        return tuple(sorted(self._ignored))

    def __iter__(self) -> Iterator[Cells]:
        """Rows without faults of their own; raises FileRejected where there are too many."""
        for row, line in enumerate(self._lines, 1):
            before = len(self._faults.found)
            found = self._object(row, line) if line.strip() else None
            if found is not None:
                cells = Cells(row, dict(self._cells(row, found)))
                if len(self._faults.found) == before:
                    yield cells

    def _object(self, row: int, line: str) -> Members | None:
        try:
            found = json.loads(line, object_pairs_hook=tuple)
        except (ValueError, RecursionError):
            self._faults.add(row, None, "This line is no JSON; write one object a line.")
            return None
        if not isinstance(found, tuple):
            self._faults.add(row, None, "This line is no JSON object; write its columns as members.")
            return None
        return found

    def _cells(self, row: int, found: Members) -> Iterator[tuple[str, str]]:
        names: dict[str, str] = {}
        for name, value in found:
            column = column_of(name, self._layout)
            if column is None:
                self._ignored.add(printable(name))
                continue
            if column in names:
                self._faults.add(row, column, twice("row", names[column], name))
                continue
            names[column] = name
            try:
                text = _text(value).strip()
            except Unreadable as error:
                self._faults.add(row, column, str(error))
                continue
            check_text(row, column, text, self._layout, self._faults)
            if text:
                yield column, text


def _text(value: Any) -> str:
    """A member as a CSV file would have it in its cell. Raises Unreadable."""
    match value:
        case None:
            return ""
        case bool():
            return "Yes" if value else "No"
        case str():
            return value
        case list():
            return ITEMS.join(_part(item) for item in value)
        case _:
            raise Unreadable("This must be text, true or false, or a list.")


def _part(item: Any) -> str:
    match item:
        case str():
            return escaped(item, ITEMS)
        case tuple():
            return _interface(item)
        case _:
            raise Unreadable("This list must hold texts or, for interfaces, objects.")


def _interface(members: Members) -> str:
    found = dict(members)
    if len(found) < len(members):
        raise Unreadable("An interface of this list names a member twice.")
    texts = (escaped(_text_of(found.get(name) or ""), ITEMS, PARTS) for name in _INTERFACE)
    return PARTS.join((*texts, "Yes" if found.get("primary") is True else "No"))


def _text_of(part: Any) -> str:
    if not isinstance(part, str):
        raise Unreadable(f"An interface's {', '.join(_INTERFACE)} must be text.")
    return part
