"""The matcher's tables: one method a statement, whose text is in `sql/queries`."""

from collections.abc import Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg
from matchbook_servicekit.database import Connection, Queries
from matchbook_servicekit.messaging import Transient

from matchbook_matcher.domain.changes import Known, Work

Row = tuple[Any, ...]
Subject = tuple[str, str]
Mark = tuple[str, str, str]
"""Kind, subject, and a part of the subject: the device of a tenant, else empty."""


_COPIED: Mapping[str, Sequence[str]] = {
    "devices": (
        "tenant_id", "device_id", "revision", "live", "name", "serial", "serial_key", "wifi", "ethernet", "model",
        "last_sync", "people", "system", "maker", "scanned",
    ),
    "configurations": (
        "configuration_id", "organization_id", "version", "archived", "name", "hostname", "serial", "serial_key",
        "scanned", "macs", "model", "people", "type", "maker",
    ),
    "device_suggestions": ("tenant_id", "device_id", "revision", "evaluation", "live", "content"),
}  # fmt: skip
"""Of tables whose new rows are copied, the columns in the order of a row."""
_MACS = _COPIED["configurations"].index("macs")
_REVISION = _COPIED["devices"].index("revision")


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    """Rows as one array for each column, which is how a whole batch travels in one statement."""
    return [list(column) for column in zip(*rows, strict=True)]


async def _copy(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    """Add rows that are not there. Raises Transient where somebody else has just added one."""
    if rows:
        try:
            await connection.copy_records_to_table(table, columns=_COPIED[table], records=rows)
        except asyncpg.UniqueViolationError as error:
            raise Transient(f"somebody else added the same to {table}") from error


async def _copied(connection: Connection, table: str, rows: Sequence[Row]) -> bool:
    """Add rows; none of them, and False, where one is there."""
    try:
        async with connection.transaction():
            await _copy(connection, table, rows)
    except Transient:
        return False
    return True


def _known(rows: Iterable[Any]) -> dict[Subject, Known]:
    return {(row[0], row[1]): Known(row[2], row[3], row[4], row[5]) for row in rows}


class KnownConfiguration(NamedTuple):
    """What other organizations can see of a configuration."""

    organization_id: str
    serial_key: str | None
    archived: bool
    name: str


class IntakeStore:
    """Statements of the consumer."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    async def upsert(self, connection: Connection, table: str, rows: Sequence[Row]) -> None:
        """Rows in the order of the table's columns; those not newer than what is known are left out by the database."""
        if rows:
            await connection.execute(self._queries[f"upsert_{table}"], *_columns(rows))

    async def add_devices(self, connection: Connection, rows: Mapping[Subject, Row]) -> None:
        """Like `upsert`; new rows are copied, at a third of the price.

        First revisions are new, but where a topic is read once more: they are looked up when it turns out that not.
        """
        later: Mapping[Subject, Row] = {key: row for key, row in rows.items() if row[_REVISION] > 1}
        if not await _copied(connection, "devices", [row for key, row in rows.items() if key not in later]):
            later = rows
        if not later:
            return
        found = await connection.fetch(self._queries["known_devices"], *_columns(list(later)))
        known = {(row["tenant_id"], row["device_id"]) for row in found}
        await _copy(connection, "devices", [row for key, row in later.items() if key not in known])
        await self.upsert(connection, "devices", [row for key, row in later.items() if key in known])

    async def add_configurations(self, connection: Connection, rows: Mapping[str, Row], known: Container[str]) -> None:
        """The same, where it is known already which are."""
        new = [row for key, row in rows.items() if key not in known]
        await _copy(connection, "configurations", [(*r[:_MACS], r[_MACS].split(), *r[_MACS + 1 :]) for r in new])
        await self.upsert(connection, "configurations", [rows[key] for key in rows if key in known])

    async def mark(self, connection: Connection, marks: Sequence[Mark]) -> None:
        await connection.execute(self._queries["insert_marks"], *_columns(marks))

    async def change_serials(self, connection: Connection, changed: Sequence[tuple[str, str]]) -> None:
        """Organization ids with serial keys."""
        await connection.execute(self._queries["insert_changed_serials"], *_columns(changed))

    async def organizations_of_tenants(self, connection: Connection, tenants: Sequence[str]) -> set[str]:
        rows = await connection.fetch(self._queries["known_tenant_matches"], tenants)
        return {row["organization_id"] for row in rows}

    async def configurations_of_devices(self, connection: Connection, keys: Sequence[Subject]) -> set[str]:
        rows = await connection.fetch(self._queries["known_device_matches"], *_columns(keys))
        return {row["configuration_id"] for row in rows}

    async def organization_names(self, connection: Connection, organizations: Sequence[str]) -> dict[str, str]:
        rows = await connection.fetch(self._queries["known_organizations"], organizations)
        return {row["organization_id"]: row["name"] for row in rows}

    async def configurations(self, connection: Connection, ids: Sequence[str]) -> dict[str, KnownConfiguration]:
        rows = await connection.fetch(self._queries["known_configurations"], ids)
        return {row[4]: KnownConfiguration(row[0], row[1], row[2], row[3]) for row in rows}


@dataclass(frozen=True, slots=True)
class Marked:
    """One subject's marks: their ids, seconds since the oldest and since the newest, and the parts that they name."""

    subject: Subject
    marks: Sequence[int]
    waited: float
    quiet: float
    parts: Sequence[str] = ()


class Turn(NamedTuple):
    """How often an organization was evaluated, and by which process the last time."""

    evaluation: int = 0
    keeper: str | None = None


class DeviceInputs(NamedTuple):
    """What the evaluation of some organizations, or of single devices and configurations, needs, as rows."""

    devices: Sequence[Any] = ()
    standings: Sequence[Any] = ()
    configurations: Sequence[Any] = ()
    holders: Sequence[Any] = ()


class DirectoryInputs(NamedTuple):
    """What the evaluation of the tenants needs, as rows."""

    tenants: Sequence[Any]
    organizations: Sequence[Any]
    overlaps: Sequence[Any]


@dataclass(frozen=True, slots=True)
class TouchedDirectory:
    """Which tenants and organizations may have changed."""

    tenants: AbstractSet[str] = frozenset()
    organizations: AbstractSet[str] = frozenset()


class EvaluationStore:
    """Statements of the evaluator."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    # --- marks

    async def marks(self, connection: Connection) -> list[Marked]:
        rows = await connection.fetch(self._queries["read_marks"])
        return [Marked((kind, subject), *rest) for kind, subject, *rest in rows]

    async def delete_marks(self, connection: Connection, marks: Sequence[int]) -> None:
        await connection.execute(self._queries["delete_marks"], marks)

    async def spread_changed_serials(self, connection: Connection) -> int:
        """Mark who may bear the next changed serial numbers; how many batches of changes that were."""
        return int(await connection.fetchval(self._queries["take_changed_serials"]))

    async def spread_new_names(self, connection: Connection, organizations: Sequence[str]) -> None:
        await connection.execute(self._queries["mark_renamed"], organizations)

    async def mark_unpublished(self, connection: Connection, older_than: float) -> None:
        """Mark what an ended process left unconfirmed `older_than` seconds ago."""
        await connection.execute(self._queries["mark_unpublished"], older_than)

    async def mark_outdated(self, connection: Connection, knowledge: str, older_than: float) -> None:
        """Mark what was evaluated last by other knowledge, `older_than` seconds ago."""
        await connection.execute(self._queries["mark_outdated"], knowledge, older_than)

    # --- whose work it is

    async def organizations_behind(
        self, connection: Connection, subjects: Iterable[Subject]
    ) -> dict[Subject, str | None]:
        """The organization of each mark; None for a tenant without a match or an unknown configuration."""
        by_kind: dict[str, list[str]] = {"organization": [], "tenant": [], "device": [], "configuration": []}
        for kind, subject in subjects:
            by_kind[kind].append(subject)
        rows = await connection.fetch(self._queries["resolve_organizations"], *by_kind.values())
        return {(row["kind"], row["subject"]): row["organization_id"] for row in rows}

    async def ensure_organizations(self, connection: Connection, organizations: Sequence[str]) -> None:
        """Make room to count their evaluations, outside of a transaction: others wait for a new row until it ends."""
        await connection.execute(self._queries["ensure_organizations"], organizations)

    async def lock_organizations(self, connection: Connection, organizations: Sequence[str]) -> dict[str, Turn]:
        """Those on which no other evaluator is at work, locked, with their last evaluation."""
        rows = await connection.fetch(self._queries["lock_organizations"], organizations)
        return {row["organization_id"]: Turn(row["evaluation"], row["keeper"]) for row in rows}

    async def advance_organizations(
        self, connection: Connection, organizations: Sequence[str], keeper: str, knowledge: str
    ) -> None:
        """Count an evaluation by the process that calls itself `keeper`, and by this knowledge."""
        await connection.execute(self._queries["advance_organizations"], organizations, keeper, knowledge)

    async def kept_elsewhere(self, connection: Connection, organizations: Sequence[str], keeper: str) -> set[str]:
        """Those of the organizations that another process evaluated last."""
        rows = await connection.fetch(self._queries["kept_elsewhere"], organizations, keeper)
        return {row["organization_id"] for row in rows}

    async def tenants_of(self, connection: Connection, organizations: Sequence[str]) -> dict[str, str]:
        """Organization by tenant."""
        rows = await connection.fetch(self._queries["tenants_of_organizations"], organizations)
        return {row["tenant_id"]: row["organization_id"] for row in rows}

    async def organizations_of(self, connection: Connection, tenants: Sequence[str]) -> dict[str, str]:
        """Organization by matched tenant."""
        rows = await connection.fetch(self._queries["matched_organizations"], tenants)
        return {row["tenant_id"]: row["organization_id"] for row in rows}

    async def lock_tenants(self, connection: Connection, tenants: Sequence[str]) -> dict[str, Work]:
        """Those of the tenants on which no other evaluator is at work, locked until the transaction ends."""
        await connection.execute(self._queries["ensure_work"], tenants)
        rows = await connection.fetch(self._queries["lock_work"], tenants)
        return {row["tenant_id"]: Work(row["evaluation"], row["published"]) for row in rows}

    async def hold_tenants(self, connection: Connection, tenants: Sequence[str]) -> dict[str, Work]:
        """The same, but waits for other evaluators."""
        rows = await connection.fetch(self._queries["hold_work"], tenants)
        return {row["tenant_id"]: Work(row["evaluation"], row["published"]) for row in rows}

    async def advance_tenants(self, connection: Connection, tenants: Sequence[str]) -> None:
        await connection.execute(self._queries["advance_work"], tenants)

    async def confirm_tenants(self, connection: Connection, tenants: Sequence[str]) -> None:
        await connection.execute(self._queries["confirm_work"], tenants)

    async def lock_directory(self, connection: Connection, *, wait: bool) -> tuple[Work, int] | None:
        """And how often it was evaluated; None when another evaluator is at work and `wait` is false."""
        row = await connection.fetchrow(self._queries["hold_directory" if wait else "lock_directory"])
        return None if row is None else (Work(row["evaluation"], row["published"]), row["turn"])

    async def take_directory_turn(self, connection: Connection, knowledge: str) -> None:
        """Count an evaluation by this knowledge, with changes or without."""
        await connection.execute(self._queries["take_directory_turn"], knowledge)

    async def advance_directory(self, connection: Connection) -> None:
        await connection.execute(self._queries["advance_directory"])

    async def confirm_directory(self, connection: Connection) -> None:
        await connection.execute(self._queries["confirm_directory"])

    # --- inputs and results

    async def device_inputs(
        self, connection: Connection, tenants: Sequence[str], organizations: Sequence[str]
    ) -> DeviceInputs:
        query = self._queries
        return DeviceInputs(
            await connection.fetch(query["devices_of_tenants"], tenants),
            await connection.fetch(query["standings_of_tenants"], tenants),
            await connection.fetch(query["configurations_of_organizations"], organizations),
            await connection.fetch(query["holders_of_configurations"], organizations),
        )

    async def single_inputs(
        self, connection: Connection, keys: Sequence[Subject], configurations: Sequence[str]
    ) -> DeviceInputs:
        """Of these devices and configurations alone."""
        query, columns = self._queries, _columns(keys) if keys else [[], []]
        return DeviceInputs(
            await connection.fetch(query["devices_by_key"], *columns),
            await connection.fetch(query["standings_by_key"], *columns),
            await connection.fetch(query["configurations_by_id"], configurations),
            await connection.fetch(query["holders_by_id"], configurations),
        )

    async def common_serials(self, connection: Connection) -> frozenset[str]:
        return frozenset(row["serial_key"] for row in await connection.fetch(self._queries["common_serials"]))

    async def suggestions_of(self, connection: Connection, tenants: Sequence[str]) -> dict[Subject, Known]:
        """The last suggestions for the devices of these tenants."""
        return _known(await connection.fetch(self._queries["suggestions_of_tenants"], tenants))

    async def suggestions_for(self, connection: Connection, keys: Sequence[Subject]) -> dict[Subject, Known]:
        """The last suggestions for these devices."""
        return _known(await connection.fetch(self._queries["suggestions_by_key"], *_columns(keys)))

    async def documented_elsewhere(self, connection: Connection, wanted: Sequence[tuple[str, str]]) -> Sequence[Any]:
        """`wanted`: serial keys with the organizations that look for them."""
        return await connection.fetch(self._queries["documented_elsewhere"], *_columns(wanted))

    async def retired(self, connection: Connection, keys: Sequence[Subject]) -> set[Subject]:
        rows = await connection.fetch(self._queries["retired_devices"], *_columns(keys))
        return {(row["tenant_id"], row["device_id"]) for row in rows}

    async def keep_device_suggestions(
        self, connection: Connection, new: Mapping[Subject, Known], known: Container[Subject]
    ) -> None:
        """`known` are the subjects that have had one before."""
        await _copy(connection, "device_suggestions", [(*key, *new[key]) for key in new if key not in known])
        if rows := [(*key, *new[key]) for key in new if key in known]:
            await connection.execute(self._queries["upsert_device_suggestions"], *_columns(rows))

    async def learn_common_serials(
        self, connection: Connection, most_tenants: int, tenants: Sequence[str] | None
    ) -> None:
        """As far as devices of these tenants may have changed it; None for all."""
        await connection.execute(self._queries["learn_common_serials"], most_tenants, tenants)

    async def directory_inputs(
        self, connection: Connection, touched: TouchedDirectory | None, placeholders: Sequence[str]
    ) -> DirectoryInputs:
        """Of what was touched, None for all. `placeholders` are serial numbers that say nothing here."""
        query = self._queries
        wanted = (None, None) if touched is None else (sorted(touched.tenants), sorted(touched.organizations))
        tenants = await connection.fetch(query["directory_tenants"], wanted[0])
        unmatched = [row["tenant_id"] for row in tenants if row["status"] != "matched" and not row["lost"]]
        return DirectoryInputs(
            tenants,
            await connection.fetch(query["directory_organizations"], wanted[1]),
            await connection.fetch(query["directory_overlaps"], unmatched, placeholders),
        )

    async def tenant_suggestions(self, connection: Connection, tenants: Sequence[str] | None) -> Sequence[Any]:
        """The last ones for these tenants, None for all."""
        return await connection.fetch(self._queries["tenant_suggestions"], tenants)

    async def keep_tenant_suggestions(self, connection: Connection, known: Mapping[str, Known]) -> None:
        rows = [(key, k.revision, k.evaluation, k.live, k.content) for key, k in known.items()]
        await connection.execute(self._queries["upsert_tenant_suggestions"], *_columns(rows))
