"""Reading another system's documentation: what to ask for next, what of it is new, what has been taken.

The system lists its records newest first, by number of page. Between two pages records come, change and go. What comes
or changes moves to the front and pushes the others to later pages, where they are read twice. What goes lets the others
move up, past the reader; the system's count of records falls then, and as many pages are read again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from math import ceil
from typing import Any, Final, Literal, TypeAlias

from matchbook_contracts.decisions import (
    ConfigurationRow,
    ImportConfigurations,
    ImportOrganizations,
    OrganizationRow,
)
from matchbook_contracts.match_events import ImportApplied

Resource = Literal["organizations", "configurations"]
Row: TypeAlias = OrganizationRow | ConfigurationRow

# What is committed late carries an earlier time than what was read already.
OVERLAP: Final = timedelta(minutes=10)


class Unreadable(Exception):  # noqa: N818 - an outcome of reading
    """An answer that can't be understood; the message is a sentence that says which and why."""


@dataclass(frozen=True, slots=True)
class Documented:
    """A record as a row of an import, and when its system says that it last changed."""

    row: Row
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, counted from 1; of how many pages and records in all, as the system counted when it made it."""

    number: int
    pages: int
    total: int
    records: tuple[Documented, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a resource was read: up to the change at `newest`, by its system's clock.

    By ours: when a read first found that change the latest (`newest_at`), when the last read began (`read_at`), and
    when the last of the whole did (`whole_at`).
    """

    newest: datetime | None = None
    newest_at: datetime | None = None
    read_at: datetime | None = None
    whole_at: datetime | None = None

    @property
    def settled(self) -> bool:
        """Whether all up to `newest` was read after the last of it must have been committed."""
        return self.newest_at is not None and self.read_at is not None and self.read_at - self.newest_at >= OVERLAP


@dataclass(slots=True)
class Reading:
    """One read of a resource. `since` None reads the whole, by id; else what changed since then, by time of change.

    `number` is the page to ask for next, None when nothing is left to read.
    """

    resource: Resource
    since: datetime | None
    number: int | None = 1
    _seen: int = 0
    _size: int = 1
    _total: int | None = None
    _before: Page | None = None

    @property
    def whole(self) -> bool:
        return self.since is None

    def take(self, page: Page) -> None:
        """Go on to the page after this one, or where the list has moved meanwhile.

        Raises Unreadable for a list that breaks off before its end.
        """
        gone = 0 if self._total is None else self._total - page.total
        self._seen += len(page.records)
        self._size = max(self._size, len(page.records))
        if self._parts_equals(page):
            self._start_over()
            return
        self._total, self._before = page.total, page
        if gone > 0 and page.number > 1:
            self.number = max(1, page.number - ceil(gone / self._size))
        elif page.number >= page.pages or self._is_past(page):
            self._end(page)
        elif not page.records:
            raise Unreadable(f"Page {page.number} of {page.pages} of the {self.resource} is empty.")
        else:
            self.number = page.number + 1

    def _parts_equals(self, page: Page) -> bool:
        """Whether records of one instant stand on both sides of the page's beginning.

        Nothing says in which order they are listed, and in another order for another page some would be missed.
        """
        before = self._before
        if self.whole or before is None or before.number != page.number - 1 or not (before.records and page.records):
            return False
        return before.records[-1].updated_at == page.records[0].updated_at

    def _start_over(self) -> None:
        """Read the whole instead: ids are never equal."""
        self.since, self.number, self._seen, self._total, self._before = None, 1, 0, None, None

    def _is_past(self, page: Page) -> bool:
        last = page.records[-1].updated_at if page.records else None
        return self.since is not None and last is not None and last < self.since

    def _end(self, page: Page) -> None:
        if self.whole and self._seen < page.total:
            raise Unreadable(f"Of {page.total} {self.resource} only {self._seen} were listed.")
        self.number = None


def begin(
    resource: Resource, cursor: Cursor, newest: datetime | None, now: datetime, whole_every: timedelta
) -> Reading | None:
    """Read what changed since the last time, or the whole where that is due; None where nothing can have changed.

    `newest` is the latest change there is. Only the whole shows a changed interface that left its configuration's time
    of change as it was, and rows that were refused before.
    """
    if cursor.newest is None or cursor.whole_at is None or now - cursor.whole_at >= whole_every:
        return Reading(resource, None)
    if newest == cursor.newest and cursor.settled:
        return None
    return Reading(resource, cursor.newest - OVERLAP)


def moved(cursor: Cursor, reading: Reading, newest: datetime | None, began: datetime) -> Cursor:
    """The cursor after a read. `newest` is the latest change there was before its first page was asked for."""
    newest_at = cursor.newest_at if newest == cursor.newest and cursor.newest_at is not None else began
    return Cursor(newest, newest_at, began, began if reading.whole else cursor.whole_at)


# --- what is new -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """A record as it was last taken: how often, what each field said then (`digests`), and what was refused since."""

    version: int
    fields: Mapping[str, str]
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """A row that says what is new of a record, and nothing else; `version` is how often the record was taken before."""

    row: Row
    version: int


def news(records: Iterable[Documented], known: Mapping[str, Known], *, whole: bool) -> list[News]:
    """What the records say that they did not say when they were last taken.

    A field that is as it was is left out, so that what a person has corrected here stands until it changes there. What
    was refused comes again with the whole: it may be taken now.
    """
    found: dict[str, News] = {}
    for record in records:
        last = known.get(record.row.id, Known(0, {}))
        row = _since(record.row, last.fields)
        if row is not None and (whole or last.refused is None or last.refused != fingerprint(row)):
            found[row.id] = News(row, last.version)
    return list(found.values())


def _since(row: Row, before: Mapping[str, str]) -> Row | None:
    """The row with the fields alone that differ from what they said before; None where none does."""
    changed = {name for name, digest in digests(row).items() if before.get(name) != digest}
    if not changed or isinstance(row, OrganizationRow):
        return row if changed else None
    return row.model_copy(
        update={
            "values": {name: value for name, value in row.values.items() if name in changed},
            "interfaces": row.interfaces if "interfaces" in changed else (),
            "keeps_archived": None if "archived" in changed else True,
        }
    )


def digests(row: Row) -> dict[str, str]:
    """What each field of a row says; fields that are blank or absent say nothing."""
    said = row.model_dump(
        mode="json", exclude={"row", "id", "values", "archived", "keeps_archived"}, exclude_defaults=True
    )
    if not row.keeps_archived:
        said["archived"] = row.archived
    fields = said | (row.values if isinstance(row, ConfigurationRow) else {})
    return {name: _digest(value) for name, value in fields.items()}


def fingerprint(row: Row) -> str:
    """What a row says as a whole, wherever it stands in its list."""
    return _digest(digests(row))


def _digest(value: Any) -> str:
    # Most are text, and JSON costs more than the digest.
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=8).hexdigest()


# --- what was taken --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """What to remember of a record: what its fields said when they were taken, or the fingerprint of a refused row."""

    source: str
    resource: Resource
    id: str
    fields: Mapping[str, str]
    refused: str | None


def taken(command: ImportOrganizations | ImportConfigurations, answer: ImportApplied) -> list[Taken]:
    """What to remember of a connector's command; nothing of a person's import."""
    if command.actor.kind != "system":
        return []
    rows: tuple[Row, ...] = command.rows
    return [
        _taken(command.actor.id, answer.subject, row, refused=result.result == "rejected")
        for row, result in zip(rows, answer.results, strict=True)
    ]


def _taken(source: str, resource: Resource, row: Row, *, refused: bool) -> Taken:
    if refused:
        return Taken(source, resource, row.id, {}, fingerprint(row))
    return Taken(source, resource, row.id, digests(row), None)
