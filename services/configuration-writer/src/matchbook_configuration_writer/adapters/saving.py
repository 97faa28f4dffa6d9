"""From a batch's effects back into the database: one upsert a table, however many rows."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg
from matchbook_contracts.base import Contract
from matchbook_contracts.states import ConfigurationState, DeviceMatchState, OrganizationState, TenantMatchState
from matchbook_servicekit.database import Connection, Queries
from matchbook_servicekit.messaging import Transient

from matchbook_configuration_writer.domain.chain import Aggregate, Entry, Link, linked
from matchbook_configuration_writer.domain.documentation import Taken
from matchbook_configuration_writer.domain.facts import Fact
from matchbook_configuration_writer.domain.world import Device, Retirement, Suggestion, Tenant


class Answer(NamedTuple):
    """What became of one command; `reason` is None when it was applied."""

    decision_id: str
    command: str
    subject: str
    bulk_id: str | None
    reason: str | None
    event_id: str
    decided_at: datetime
    answered_at: datetime


class Stored(NamedTuple):
    """The last state of an aggregate in the batch, with its JSON as published."""

    state: Contract
    body: bytes


class Saver:
    """Writes what one batch changed, in the transaction of `connection`.

    Raises Transient where another writer was there first, which the guards' locks forbid: the constraints and versions
    are the second guard, and the batch is decided again on what they protected.
    """

    def __init__(self, queries: Queries, connection: Connection) -> None:
        self._queries = queries
        self._connection = connection

    async def save_states(self, stored: Iterable[Stored], imports: Mapping[str, int]) -> None:
        """Write the aggregates' last states and the imports' versions."""
        by_type: dict[type[Contract], list[Stored]] = {kind: [] for kind in _TABLES}
        for item in stored:
            by_type[type(item.state)].append(item)
        try:
            for kind, table in _TABLES.items():
                await self._save_table(table, [table.row(item) for item in by_type[kind]])
            await self._execute("save_imports", [(key, version) for key, version in imports.items()])
            # Deferred until here, so that one batch may hand a configuration on; checked here and not at the commit, so
            # that a breach is known for what it is.
            await self._connection.execute(self._queries["check_constraints"])
        except (asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError) as error:
            raise Transient(f"another writer changed the same rows: {error.constraint_name}") from error

    async def save_answers(self, answers: Sequence[Answer]) -> None:
        """Remember what became of each command. Raises Transient where another writer has answered one meanwhile."""
        rows = [
            (
                item.decision_id,
                item.command,
                item.subject,
                item.bulk_id,
                "applied" if item.reason is None else "rejected",
                item.reason,
                item.event_id,
                item.decided_at,
                item.answered_at,
            )
            for item in answers
        ]
        try:
            await self._execute("save_decisions", rows)
        except asyncpg.UniqueViolationError as error:
            raise Transient("another writer answered the same command") from error

    async def save_history(self, entries: Sequence[Entry]) -> None:
        """Chain the entries to what is there. Raises Transient where another writer has added to the same aggregate."""
        first: dict[Aggregate, int] = {}
        for entry in entries:
            first.setdefault(entry.aggregate, entry.version)
        wanted = [(*aggregate, version - 1) for aggregate, version in first.items() if version > 1]
        columns = map(list, zip(*wanted, strict=True))
        heads = await self._connection.fetch(self._queries["load_history_heads"], *columns) if wanted else ()
        links = linked(entries, {(row["kind"], row["subject"]): row["hash"] for row in heads})
        try:
            await self._connection.copy_records_to_table(
                "history", columns=_HISTORY, records=[_link_row(link) for link in links]
            )
        except asyncpg.UniqueViolationError as error:
            raise Transient("another writer added to the same history") from error

    async def save_taken(self, rows: Sequence[Taken]) -> None:
        """Remember what connectors' records said, field by field, and count how often each was taken."""
        times = Counter((row.source, row.resource, row.id) for row in rows)
        fields: dict[tuple[str, str, str], dict[str, str]] = {key: {} for key in times}
        refused: dict[tuple[str, str, str], str | None] = {}
        for row in rows:
            key = (row.source, row.resource, row.id)
            fields[key] |= row.fields
            refused[key] = row.refused
        # In the order of their keys, so that two writers never wait for each other in a circle.
        await self._execute(
            "save_connector_rows", [(*key, times[key], fields[key], refused[key]) for key in sorted(times)]
        )

    async def save_facts(self, facts: Iterable[Fact]) -> None:
        """Remember each fact that is newer than what is known."""
        kinds: dict[str, dict[tuple[str, str], Any]] = {kind: {} for kind in _FACTS}
        for fact in facts:
            newest = kinds[_kind(fact)]
            key = (fact.tenant_id, getattr(fact, "device_id", None) or "")
            if key not in newest or newest[key].revision <= fact.revision:
                newest[key] = fact
        for kind, (query, columns) in _FACTS.items():
            # In the order of their keys, so that two writers never wait for each other in a circle.
            found = kinds[kind]
            await self._execute(query, [columns(found[key]) for key in sorted(found)])

    async def _save_table(self, table: "_Table", rows: Sequence[tuple[Any, ...]]) -> None:
        """Add what is new, by COPY at half of what an upsert costs, and update the rest."""
        version = table.columns.index("version")
        new = [row for row in rows if row[version] == 1]
        if new:
            await self._connection.copy_records_to_table(table.name, columns=table.columns, records=new)
        await self._upsert(f"save_{table.name}", [table.as_arrays(row) for row in rows if row[version] > 1])

    async def _execute(self, query: str, rows: Sequence[tuple[Any, ...]]) -> str:
        if not rows:
            return "INSERT 0 0"
        return await self._connection.execute(self._queries[query], *map(list, zip(*rows, strict=True)))

    async def _upsert(self, query: str, rows: Sequence[tuple[Any, ...]]) -> None:
        written = int((await self._execute(query, rows)).rpartition(" ")[2])
        if written != len(rows):
            raise Transient(f"another writer changed {len(rows) - written} of {len(rows)} rows: {query}")


_HISTORY = ("kind", "subject", "version", "event_id", "event_type", "body", "previous", "hash")


def _link_row(link: Link) -> tuple[Any, ...]:
    entry = link.entry
    head = (entry.kind, entry.subject, entry.version, entry.event_id, entry.event_type)
    return (*head, entry.body, link.previous, link.hash)


def _json_array(values: tuple[str, ...]) -> bytes:
    # unnest() takes no arrays of different lengths apart, and asyncpg takes nested lists for one array.
    return json.dumps(values).encode()


def _organization_row(item: Stored) -> tuple[Any, ...]:
    state = item.state
    assert isinstance(state, OrganizationState)
    return (state.organization_id, state.version, state.name.casefold(), item.body)


def _tenant_match_row(item: Stored) -> tuple[Any, ...]:
    state = item.state
    assert isinstance(state, TenantMatchState)
    return (state.tenant_id, state.version, state.status, state.organization_id, item.body)


def _configuration_row(item: Stored) -> tuple[Any, ...]:
    state = item.state
    assert isinstance(state, ConfigurationState)
    serial = state.serial_normalised if state.serial_usable else None
    return (
        state.configuration_id,
        state.organization_id,
        state.version,
        serial,
        state.mac_addresses,
        item.body,
    )


def _device_match_row(item: Stored) -> tuple[Any, ...]:
    state = item.state
    assert isinstance(state, DeviceMatchState)
    return (
        state.tenant_id,
        state.device_id,
        state.version,
        state.status,
        state.configuration_id,
        state.organization_id,
        item.body,
    )


def _configuration_arrays(row: tuple[Any, ...]) -> tuple[Any, ...]:
    *head, mac_addresses, body = row
    # unnest() takes arrays of arrays apart down to the ground, so addresses travel as words.
    return (*head, " ".join(mac_addresses), body)


class _Table(NamedTuple):
    """Where states of a kind are kept: what to write of each, and how a row goes into arrays, one a column."""

    name: str
    columns: tuple[str, ...]
    row: Callable[[Stored], tuple[Any, ...]]
    as_arrays: Callable[[tuple[Any, ...]], tuple[Any, ...]] = tuple


# In the order of the foreign keys between them.
_TABLES: Final[Mapping[type[Contract], _Table]] = {
    OrganizationState: _Table(
        "organizations", ("organization_id", "version", "folded_name", "state"), _organization_row
    ),
    TenantMatchState: _Table(
        "tenant_matches", ("tenant_id", "version", "status", "organization_id", "state"), _tenant_match_row
    ),
    ConfigurationState: _Table(
        "configurations",
        ("configuration_id", "organization_id", "version", "serial", "mac_addresses", "state"),
        _configuration_row,
        _configuration_arrays,
    ),
    DeviceMatchState: _Table(
        "device_matches",
        ("tenant_id", "device_id", "version", "status", "configuration_id", "organization_id", "state"),
        _device_match_row,
    ),
}


def _tenant_row(tenant: Tenant) -> tuple[Any, ...]:
    domains = _json_array(tenant.verified_domains)
    return (tenant.tenant_id, tenant.revision, tenant.display_name, domains, tenant.lost)


def _device_row(device: Device) -> tuple[Any, ...]:
    return (
        device.tenant_id,
        device.device_id,
        device.revision,
        device.retired,
        device.device_name,
        device.serial_number,
        device.manufacturer,
        device.model,
        device.operating_system,
        device.os_version,
        device.wifi_mac_address,
        device.ethernet_mac_address,
        device.user_principal_name,
        device.entra_device_id,
    )


def _retirement_row(fact: Retirement) -> tuple[Any, ...]:
    return (fact.tenant_id, fact.device_id, fact.revision)


def _suggestion_row(fact: Suggestion) -> tuple[Any, ...]:
    return (
        fact.tenant_id,
        fact.device_id or "",
        fact.revision,
        fact.suggestion_id,
        fact.status,
        fact.target_id,
        fact.rule,
        fact.confidence,
        dict(fact.fingerprints),
        fact.superseded_by,
    )


def _kind(fact: Fact) -> str:
    return "Loss" if isinstance(fact, Tenant) and fact.lost is not None else type(fact).__name__


# A tenant before its loss and a device before its retirement, which keep the facts that are there.
_FACTS: Final[Mapping[str, tuple[str, Callable[[Any], tuple[Any, ...]]]]] = {
    "Tenant": ("save_tenants", _tenant_row),
    "Loss": ("save_tenants", _tenant_row),
    "Device": ("save_devices", _device_row),
    "Retirement": ("retire_devices", _retirement_row),
    "Suggestion": ("save_suggestions", _suggestion_row),
}
