"""One read of another documentation system: page by page into import commands on the decisions topic."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from matchbook_contracts.decisions import ConfigurationRow, ImportConfigurations, ImportOrganizations
from matchbook_servicekit.chunks import chunks, plan
from matchbook_servicekit.failpoints import failpoint
from matchbook_servicekit.messaging import Publisher, derived_id, outgoing
from matchbook_servicekit.telemetry import get_logger

from matchbook_configuration_writer import metrics
from matchbook_configuration_writer.adapters.connector_store import ConnectorStore
from matchbook_configuration_writer.domain.documentation import (
    News,
    Page,
    Reading,
    Resource,
    begin,
    fingerprint,
    moved,
    news,
)
from matchbook_configuration_writer.source import DocumentationSource

log = get_logger(__name__)
Clock = Callable[[], datetime]
Import: TypeAlias = ImportOrganizations | ImportConfigurations
SOURCE: Final = "configuration-writer"
_PATIENCE: Final = timedelta(minutes=15)


class Reader:
    """Reads a source. A page is published before the next is asked for, so that memory holds one page."""

    def __init__(
        self,
        source: DocumentationSource,
        store: ConnectorStore,
        publisher: Publisher,
        whole_every: timedelta,
        clock: Clock,
    ) -> None:
        self._source = source
        self._store = store
        self._publisher = publisher
        self._whole_every = whole_every
        self._clock = clock
        self._sent: set[str] = set()
        self._last: str | None = None
        self._last_at = clock()

    async def read(self) -> None:
        """Read what is new, organizations first.

        Raises what the source raises, Transient where the broker is away, and what the database says. Nothing is lost
        with it: the next read begins where the last one that came to its end did.
        """
        if await self._is_behind():
            return
        self._sent.clear()
        await self._resource("organizations")
        await self._resource("configurations")

    async def _is_behind(self) -> bool:
        """Whether the writer has yet to take what was sent last: all of it would be new once more.

        It is not waited for without end: what was set aside as a dead letter is never answered.
        """
        if self._last is None or self._clock() - self._last_at > _PATIENCE or await self._store.answered(self._last):
            return False
        log.info("what was read last is not taken yet", since=self._last_at.isoformat())
        return True

    async def _resource(self, resource: Resource) -> None:
        began = self._clock()
        cursor = await self._store.cursor(resource)
        # Asked before the first page: what changes from here on is read next time.
        newest = await self._source.newest(resource)
        reading = begin(resource, cursor, newest, began, self._whole_every)
        if reading is not None:
            await self._pages(reading)
            failpoint(f"connector.before_cursor.{resource}")
            await self._store.move(resource, moved(cursor, reading, newest, began))
        metrics.read_at.labels(resource).set(began.timestamp())

    async def _pages(self, reading: Reading) -> None:
        published = 0
        while reading.number is not None:
            page = await self._source.page(reading.resource, reading.number, whole=reading.whole)
            published += await self._take(reading.resource, page, whole=reading.whole)
            reading.take(page)
        log.info("documentation read", resource=reading.resource, whole=reading.whole, published=published)

    async def _take(self, resource: Resource, page: Page, *, whole: bool) -> int:
        """Publish what is new of a page; how many rows that were."""
        known = await self._store.known(resource, [record.row.id for record in page.records])
        found = news(page.records, known, whole=whole)
        metrics.rows.labels(resource, "unchanged").inc(len(page.records) - len(found))
        if resource == "configurations":
            await self._read_their_organizations(found)
        await self._publish(resource, found)
        return len(found)

    async def _read_their_organizations(self, found: Sequence[News]) -> None:
        """Read the organizations again where one has come since: the writer refuses what belongs to nobody."""
        named = {item.row.organization_id for item in found if isinstance(item.row, ConfigurationRow)} - self._sent
        if named and named - await self._store.documented(named):
            await self._resource("organizations")

    async def _publish(self, resource: Resource, found: Sequence[News]) -> None:
        commands = list(self._commands(resource, found))
        await self._publisher.publish(
            [
                outgoing(command, source=SOURCE, event_id=command.decision_id, time=command.decided_at)
                for command in commands
            ]
        )
        failpoint(f"connector.after_publish.{resource}")
        if commands:
            self._last, self._last_at = commands[-1].decision_id, commands[-1].decided_at
        metrics.rows.labels(resource, "published").inc(len(found))
        if resource == "organizations":
            self._sent.update(item.row.id for item in found)

    def _commands(self, resource: Resource, found: Sequence[News]) -> Iterator[Import]:
        """Each an import of its own: how many there will be is not known before the last page.

        Its id is made of what it brings in and how often that was taken before, so that the same read, repeated after a
        crash, asks for nothing twice, and a record that changes back is taken again.
        """
        at, actor = self._clock(), self._source.actor
        for part in chunks(iter(found), plan(item.row for item in found)):
            says = (f"{item.row.id}/{item.version}/{fingerprint(item.row)}" for item in part)
            key = derived_id("connector", actor.id, resource, *says)
            rows = [item.row.model_copy(update={"row": number}) for number, item in enumerate(part, 1)]
            common = {"decision_id": key, "import_id": key, "actor": actor, "decided_at": at, "chunk": 1, "chunks": 1}
            kind = ImportOrganizations if resource == "organizations" else ImportConfigurations
            yield kind.model_validate({**common, "rows": tuple(rows)})
