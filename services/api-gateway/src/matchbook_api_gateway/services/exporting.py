"""Exports: what a person may see of the documentation, streamed."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

from matchbook_contracts.states import ConfigurationState, OrganizationState

from matchbook_api_gateway.adapters.read_store import ReadStore
from matchbook_api_gateway.domain.files.exports import (
    CONFIGURATION_COLUMNS,
    ORGANIZATION_COLUMNS,
    Format,
    Line,
    configuration_line,
    organization_line,
    writer_of,
)
from matchbook_api_gateway.domain.people import Person

Subject: TypeAlias = Literal["organizations", "configurations"]


class Exporting:
    """Files of any size in bounded memory: a few hundred rows at a time."""

    def __init__(self, store: ReadStore) -> None:
        self._store = store

    async def lines(self, person: Person, subject: Subject, format_: Format) -> AsyncIterator[bytes]:
        """The file, in parts."""
        columns, line_of = _SUBJECTS[subject]
        head, write = writer_of(format_, columns)
        if head:
            yield head
        async for rows in self._store.stream(f"export_{subject}", person.scope):
            yield b"".join(write(line_of(row)) for row in rows)


def _organization(row: Any) -> Line:
    return organization_line(OrganizationState.from_body(row["body"]))


def _configuration(row: Any) -> Line:
    return configuration_line(ConfigurationState.from_body(row["body"]), row["organization"])


_SUBJECTS: Final[Mapping[Subject, tuple[tuple[str, ...], Callable[[Any], Line]]]] = {
    "organizations": (ORGANIZATION_COLUMNS, _organization),
    "configurations": (CONFIGURATION_COLUMNS, _configuration),
}
