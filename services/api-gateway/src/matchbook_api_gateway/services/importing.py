"""Imports: a file is checked whole, then sent in chunks; nothing of a file with a fault is sent."""

import asyncio
import codecs
import io
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal, TypeAlias

from matchbook_contracts.decisions import (
    ConfigurationRow,
    ImportConfigurations,
    ImportOrganizations,
    OrganizationRow,
)
from matchbook_servicekit.chunks import Plan, chunks, plan
from matchbook_servicekit.messaging import derived_id

from matchbook_api_gateway.adapters.decision_store import DecisionStore
from matchbook_api_gateway.adapters.read_store import ReadStore
from matchbook_api_gateway.domain.files import configurations, organizations
from matchbook_api_gateway.domain.files.json_lines import JsonLines
from matchbook_api_gateway.domain.files.table import MOST_FAULTS, Cells, Faults, FileRejected, Layout, Table
from matchbook_api_gateway.domain.people import Person
from matchbook_api_gateway.domain.views import ImportAccepted
from matchbook_api_gateway.errors import ProblemError, forbidden, invalid, unavailable
from matchbook_api_gateway.services.sending import Sending, new_id, now

Subject = Literal["organizations", "configurations"]
Row: TypeAlias = OrganizationRow | ConfigurationRow

_ATTEMPTS: Final = 3
_LONGEST_START: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Checked:
    """A file without faults."""

    planned: Plan
    ignored: tuple[str, ...]


class Importing:
    """Takes files to the decisions topic."""

    def __init__(self, store: ReadStore, decisions: DecisionStore, sending: Sending) -> None:
        self._store = store
        self._decisions = decisions
        self._sending = sending

    async def take(self, person: Person, subject: Subject, file: BinaryIO) -> ImportAccepted:
        """Check the file and send it. Raises the 422 problem that lists its faults, with nothing sent."""
        if person.organizations is not None:
            raise forbidden("Only someone who sees all organizations may import documentation.")
        directory = await self._directory() if subject == "configurations" else None
        try:
            checked = await asyncio.to_thread(_check, file, subject, directory)
        except FileRejected as error:
            raise _rejected(error) from error
        import_id = new_id()
        await self._send(person, subject, import_id, checked.planned, _Reader(file, subject, directory))
        return ImportAccepted(
            import_id=import_id,
            rows=checked.planned.rows,
            chunks=len(checked.planned.sizes),
            ignored_columns=list(checked.ignored),
        )

    async def _directory(self) -> configurations.Directory:
        by_name: dict[str, tuple[str, ...]] = {}
        rows = await self._store.rows("organization_names")
        for row in rows:
            by_name[row["sort_name"]] = (*by_name.get(row["sort_name"], ()), row["organization_id"])
        return configurations.Directory(frozenset(row["organization_id"] for row in rows), by_name)

    async def _send(self, person: Person, subject: Subject, import_id: str, planned: Plan, reader: "_Reader") -> None:
        at, total = now(), len(planned.sizes)
        # Closed here also after an error: the file is not there any more when the collector comes by.
        with closing(reader.chunks(planned)) as parts:
            for number in range(1, total + 1):
                rows = await asyncio.to_thread(next, parts)
                fields = {"decision_id": derived_id("imports", import_id, number), "actor": person.actor}
                decision = _COMMANDS[subject](
                    **fields, decided_at=at, import_id=import_id, chunk=number, chunks=total, rows=rows
                )
                await self._send_chunk(decision, number, total)
                if number == 1:
                    await self._decisions.put_import(
                        import_id, subject=subject, chunks=total, rows=planned.rows, actor=person.actor, at=at
                    )
                await self._decisions.sent([decision], import_id)

    async def _send_chunk(self, decision: Any, number: int, total: int) -> None:
        """Patiently after the first: a file half sent is worse than a slow answer."""
        for attempt in range(_ATTEMPTS):
            try:
                await self._sending.send([(decision.decision_id, decision)], decision.decided_at)
            except ProblemError as error:
                if number == 1:
                    raise
                if attempt == _ATTEMPTS - 1:
                    detail = (
                        f"The message broker went away after part {number - 1} of {total} "
                        f"of import {decision.import_id}. Send the file again: rows already imported stay as they are."
                    )
                    raise unavailable(detail) from error
            else:
                return


class _Reader:
    """A checked file, read a second time."""

    def __init__(self, file: BinaryIO, subject: Subject, directory: configurations.Directory | None) -> None:
        self._file = file
        self._subject: Subject = subject
        self._directory = directory

    def chunks(self, planned: Plan) -> Generator[Sequence[Row], None, None]:
        with _text_of(self._file) as text:
            faults = Faults()
            table = _table(self._file, text, _LAYOUTS[self._subject], faults)
            yield from chunks(_rows(table, faults, self._directory), planned)


def _check(file: BinaryIO, subject: Subject, directory: configurations.Directory | None) -> _Checked:
    """Read the file to its end; raises FileRejected with its faults. Blocking: call it in a thread."""
    faults = Faults()
    with _text_of(file) as text:
        table = _table(file, text, _LAYOUTS[subject], faults)
        planned = plan(_rows(table, faults, directory))
    if not planned.rows and not faults.found:
        faults.add(None, None, "The file has no rows below its header.")
    if faults.found:
        raise FileRejected(faults.found)
    return _Checked(planned, table.ignored)


def _table(file: BinaryIO, text: io.TextIOWrapper, layout: Layout, faults: Faults) -> Table | JsonLines:
    """What the file is shows in how it begins: no CSV file that names a column can begin with a brace."""
    start = file.read(_LONGEST_START).removeprefix(codecs.BOM_UTF8).lstrip()
    file.seek(0)
    return (JsonLines if start.startswith(b"{") else Table)(text, layout, faults)


def _rows(table: Iterable[Cells], faults: Faults, directory: configurations.Directory | None) -> Iterator[Row]:
    if directory is None:
        return organizations.organization_rows(table, faults)
    return configurations.configuration_rows(table, faults, directory)


@contextmanager
def _text_of(file: BinaryIO) -> Iterator[io.TextIOWrapper]:
    """The file from its beginning as text; bytes that are not UTF-8 stay recognisable, to be named where they stand."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield text
    finally:
        text.detach()


def _rejected(error: FileRejected) -> ProblemError:
    count = len(error.faults)
    more = "The first faults are listed" if count >= MOST_FAULTS else "Its faults are listed"
    return invalid(f"The file was not imported, and nothing of it was sent. {more} with row and column.", error.faults)


_COMMANDS: Final[dict[Subject, Any]] = {"organizations": ImportOrganizations, "configurations": ImportConfigurations}
_LAYOUTS: Final = {"organizations": organizations.LAYOUT, "configurations": configurations.LAYOUT}
