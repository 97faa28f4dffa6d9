"""A CSV file as rows of named cells, with its faults collected."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from matchbook_api_gateway.domain.views import Fault

MOST_FAULTS = 100
LONGEST_NAME = 255
LONGEST_ID = 200
# Tab, line feed and carriage return are text; the other control characters come from a broken export.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# The apostrophe that an export puts before what a spreadsheet would run.
_PROTECTED = re.compile(r"^'(?='*[=+\-@\t\r])")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_YES = frozenset({"yes", "true", "1"})
_NO = frozenset({"no", "false", "0"})
_UTF16 = ("\udcff\udcfe", "\udcfe\udcff")


class FileRejected(Exception):  # noqa: N818 - an outcome of a check, not a programming error
    """The file is not sent; `faults` says why, at most MOST_FAULTS of them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class Unreadable(Exception):  # noqa: N818 - an outcome of a check
    """A value that no cell can hold; the message says why."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a kind of file may have. `lengths` holds every known column with its longest value, in characters.

    `required` groups of columns are alternatives: one of each group has to be there.
    """

    lengths: Mapping[str, int]
    required: tuple[tuple[str, ...], ...]
    synonyms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cells:
    """One row of the file: its line, and its cells by column, without blanks around them."""

    row: int
    values: Mapping[str, str]

    def get(self, column: str) -> str | None:
        """The cell's text, None for a blank or absent one."""
        return self.values.get(column) or None


@dataclass
class Faults:
    """What is wrong with the file so far."""

    found: list[Fault] = field(default_factory=list)

    def add(self, row: int | None, column: str | None, message: str) -> None:
        """Note a fault; raises FileRejected when there are as many as are ever listed."""
        self.found.append(Fault(row=row, column=column, message=message))
        if len(self.found) >= MOST_FAULTS:
            raise FileRejected(self.found)

    def date(self, cells: Cells, column: str) -> None:
        value = cells.get(column)
        if value is not None and not _is_date(value):
            self.add(cells.row, column, f"{_quoted(value)} is no date; write it as yyyy-mm-dd.")

    def yes_or_no(self, cells: Cells, column: str) -> bool:
        """The cell as a boolean; blank is no."""
        value = (cells.get(column) or "no").lower()
        if value not in _YES | _NO:
            self.add(cells.row, column, f"{_quoted(value)} is neither Yes nor No.")
        return value in _YES

    def required(self, cells: Cells, column: str) -> str | None:
        value = cells.get(column)
        if value is None:
            self.add(cells.row, column, "This must not be blank.")
        return value


@dataclass(frozen=True, slots=True)
class Header:
    """The file's columns under their own names; `ignored` are those Matchbook has no use for."""

    columns: tuple[str | None, ...]
    ignored: tuple[str, ...]


class Table:
    """The rows of a file. `lines` is its text, decoded as UTF-8 with surrogates in place of what is not."""

    def __init__(self, lines: Iterable[str], layout: Layout, faults: Faults) -> None:
        self._reader = csv.reader(lines, strict=True)
        self._layout = layout
        self._faults = faults
        self.header = self._read_header()

    def _read_header(self) -> Header:
        try:
            names = next(self._reader, [])
        except csv.Error as error:
            raise FileRejected([_broken(1, error)]) from error
        first = names[0] if names else ""
        if first.startswith(_UTF16) or "\x00" in first:
            raise FileRejected([Fault(row=1, column=None, message="The file is UTF-16; save it as CSV in UTF-8.")])
        header = _header([name.strip() for name in names], self._layout, self._faults)
        if self._faults.found:
            raise FileRejected(self._faults.found)
        return header

    @property
    def ignored(self) -> tuple[str, ...]:
        """The columns that Matchbook has no use for."""
        return self.header.ignored

    def __iter__(self) -> Iterator[Cells]:
        """Rows without faults of their own; raises FileRejected where the rest can't be read."""
        line = self._reader.line_num
        while True:
            row, line = line + 1, self._reader.line_num
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                self._faults.found.append(_broken(row, error))
                raise FileRejected(self._faults.found) from error
            if cells is None:
                return
            line = self._reader.line_num
            if any(cells) and (checked := self._checked(row, cells)) is not None:
                yield checked

    def _checked(self, row: int, cells: list[str]) -> Cells | None:
        header, before = self.header, len(self._faults.found)
        if len(cells) != len(header.columns):
            self._faults.add(row, None, f"The row has {len(cells)} cells, the header has {len(header.columns)}.")
            return None
        values = {}
        for column, cell in zip(header.columns, cells, strict=True):
            if column is not None and cell:
                values[column] = value = _PROTECTED.sub("", cell.strip())
                check_text(row, column, value, self._layout, self._faults)
        return Cells(row, values) if len(self._faults.found) == before else None


def check_text(row: int, column: str, value: str, layout: Layout, faults: Faults) -> None:
    """Add a fault for a value that is no text, or too much of it."""
    longest = layout.lengths[column]
    if not value.isascii() and _SURROGATE.search(value):
        faults.add(row, column, "This is not UTF-8 text; save the file in UTF-8.")
    elif _CONTROL.search(value):
        faults.add(row, column, "This holds a control character.")
    elif len(value) > longest:
        faults.add(row, column, f"This has {len(value)} characters; at most {longest} are taken.")


def _header(names: list[str], layout: Layout, faults: Faults) -> Header:
    if not any(names):
        faults.add(1, None, "The file is empty; its first row has to name the columns.")
        return Header((), ())
    columns: list[str | None] = []
    for name in names:
        column = column_of(name, layout)
        if column is not None and column in columns:
            faults.add(1, column, twice("header", names[columns.index(column)], name))
        columns.append(column)
    for group in layout.required:
        if not any(column in columns for column in group):
            faults.add(1, group[0], f"The column {' or '.join(group)} is missing.")
    ignored = tuple(printable(name) for name, column in zip(names, columns, strict=True) if column is None and name)
    return Header(tuple(columns), ignored)


def twice(what: str, first: str, second: str) -> str:
    """The fault of a header or row with two names for one column."""
    return f"The {what} names this column twice, as {_quoted(first)} and as {_quoted(second)}."


def column_of(name: str, layout: Layout) -> str | None:
    """The column that a name stands for, however it is spelled; None for one that is not known."""
    plain = re.sub(r"[\s-]+", "_", name.lower())
    plain = layout.synonyms.get(plain, plain)
    return plain if plain in layout.lengths else None


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _broken(row: int, error: csv.Error) -> Fault:
    return Fault(row=row, column=None, message=f"The file can't be read as CSV from here on: {error}.")


def printable(text: str) -> str:
    """A column's name as an answer can hold it."""
    return text.encode("utf-8", "replace").decode()[:LONGEST_NAME]


def _quoted(value: str) -> str:
    shown = 40
    return f"“{value[:shown]}…”" if len(value) > shown else f"“{value}”"
