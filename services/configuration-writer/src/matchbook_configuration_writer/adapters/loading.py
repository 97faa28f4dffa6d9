"""From the database into a World: locks first, then a fixed number of queries whatever the size of the batch."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

from matchbook_contracts.match_events import AutoAcceptPoliciesSet
from matchbook_contracts.states import (
    ConfigurationState,
    DeviceMatchState,
    OrganizationState,
    RevertedPair,
    TenantMatchState,
)
from matchbook_servicekit.database import Connection, Queries
from pydantic import TypeAdapter

from matchbook_configuration_writer.domain.mapping import device_identities
from matchbook_configuration_writer.domain.needs import Needs
from matchbook_configuration_writer.domain.outcomes import Subject
from matchbook_configuration_writer.domain.policies import Open
from matchbook_configuration_writer.domain.world import (
    Bulk,
    BulkRow,
    Device,
    DeviceId,
    Policies,
    Suggestion,
    Tenant,
    Undoable,
    UndoableState,
    World,
)

_REVERTED = TypeAdapter(tuple[RevertedPair, ...])
_UNDOABLE: Final[Mapping[str, type[UndoableState]]] = {
    "device-match": DeviceMatchState,
    "tenant-match": TenantMatchState,
    "configuration": ConfigurationState,
}
_NOTHING: Final = Subject()
_AT_ONCE: Final = 500


class Loader:
    """Loads what one batch needs, in the transaction of `connection`, and keeps it locked until that ends.

    Everything a decision reads hangs below a tenant or an organization, so these are what is locked: tenants first,
    then the organizations that their matches, suggestions and commands lead to, each in a fixed order.
    """

    def __init__(self, queries: Queries, connection: Connection, needs: Needs) -> None:
        self._queries = queries
        self._connection = connection
        self._needs = needs
        self._world = World()

    async def lock(self) -> tuple[list[str], list[str]]:
        """Lock what the needs touch; the organizations locked, and the names of those to be created.

        Waits for transactions that touch the same tenants or organizations.
        """
        await self._lock(f"bulk {bulk_id}" for bulk_id in self._needs.bulks)
        await self._lock(["policies"] if self._needs.policies else [])
        # What was is not changed by anybody, so it may be read before what it leads to is locked.
        await self._load_undoable()
        await self._lock(f"tenant {tenant_id}" for tenant_id in self._needs.tenants)
        if self._needs.tenants:
            await self._load_below_tenants()
        organizations, names = await self._organizations(), self._names()
        await self._lock(
            [*(f"organization {item}" for item in organizations), *(f"organization named {name}" for name in names)]
        )
        return organizations, names

    async def load(self) -> World:
        """The world as far as the needs go, locked."""
        organizations, names = await self.lock()
        await self._load_configurations(organizations)
        await self._load_organizations(organizations, names)
        await self._load_imports()
        await self._load_bulks()
        if self._needs.policies:
            self._world.policies = await load_policies(self._connection, self._queries)
        return self._world

    async def _rows(self, query: str, *arguments: Any) -> Sequence[Any]:
        """The query's rows; none, without asking, where its first argument names nothing."""
        return await self._connection.fetch(self._queries[query], *arguments) if arguments[0] else ()

    async def _lock(self, guards: Iterable[str]) -> None:
        wanted = sorted(set(guards))
        if wanted:
            await self._connection.execute(self._queries["ensure_guards"], wanted)
            await self._connection.execute(self._queries["lock_guards"], wanted)

    # --- below the locked tenants: nothing of this changes until the transaction ends ---------------------------------

    async def _load_below_tenants(self) -> None:
        needs, world = self._needs, self._world
        tenants = sorted(needs.tenants)
        for row in await self._rows("load_tenants", tenants):
            world.tenants[row["tenant_id"]] = _tenant(row)
        for row in await self._rows("load_tenant_matches", tenants):
            state = TenantMatchState.model_validate_json(row["state"])
            world.tenant_matches[state.tenant_id] = state
        for row in await self._rows("load_suggestions", *_columns(needs.suggestions)):
            world.put_suggestion(_suggestion(row))
        await self._load_older_enrolments()
        await self._load_matches("load_device_matches", *_columns(needs.devices | needs.observed))
        await self._load_matches("load_matches_of_tenants", sorted(needs.realigned))
        suggested = world.suggestions.values()
        # A refusal names the newer enrolment.
        newer = {(item.tenant_id, item.superseded_by) for item in suggested if item.superseded_by is not None}
        await self._load_devices(needs.devices | set(world.device_matches) | newer)

    async def _load_older_enrolments(self) -> None:
        """The enrolments that observed devices replace, as far as something was decided for them."""
        older: set[DeviceId] = set()
        newer: set[DeviceId] = set()
        for row in await self._rows("load_superseded", *_columns(self._needs.observed)):
            self._world.put_suggestion(_suggestion(row))
            older.add((row["tenant_id"], row["device_id"]))
            newer.add((row["tenant_id"], row["superseded_by"]))
        await self._load_matches("load_device_matches", *_columns(older))
        await self._load_devices(newer)

    async def _load_undoable(self) -> None:
        """What decisions did, and how it was before."""
        for row in await self._rows("load_undoable", sorted(self._needs.undone)):
            before = None if row["before"] is None else _UNDOABLE[row["kind"]].model_validate_json(row["before"])
            created = None if row["created"] is None else ConfigurationState.model_validate_json(row["created"])
            self._world.undoable[row["decision_id"]] = Undoable(
                row["kind"], row["subject"], row["version"], before, created
            )

    async def _load_matches(self, query: str, *arguments: Any) -> None:
        for row in await self._rows(query, *arguments):
            self._world.put_device_match(DeviceMatchState.model_validate_json(row["state"]))

    async def _load_devices(self, keys: Iterable[DeviceId]) -> None:
        for row in await self._rows("load_devices", *_columns(set(keys) - set(self._world.devices))):
            device = Device(**row)
            self._world.devices[device.id] = device

    def _names(self) -> list[str]:
        tenants = self._world.tenants
        own = {key: tenants[key].label if key in tenants else key for key, _ in self._needs.naming}
        return sorted({((name or "").strip() or own[key]).casefold() for key, name in self._needs.naming})

    # --- below the locked organizations ------------------------------------------------------------------------------

    async def _organizations(self) -> list[str]:
        """Every organization that a command names or a loaded state leads to.

        A configuration never moves to another organization, so what is found here before the lock holds after it.
        """
        world, needs = self._world, self._needs
        states = (*world.tenant_matches.values(), *world.device_matches.values())
        found = needs.organizations | {state.organization_id for state in states if state.organization_id is not None}
        before = (item.before for item in world.undoable.values())
        found |= {state.organization_id for state in before if state is not None and state.organization_id is not None}
        suggested = world.suggestions.values()
        found |= {item.target_id for item in suggested if item.device_id is None and item.target_id is not None}
        rows = await self._rows("find_organizations_of", sorted(self._configuration_ids()))
        return sorted(found | {row["organization_id"] for row in rows})

    def _configuration_ids(self) -> set[str]:
        world = self._world
        suggested = (item.target_id for item in world.suggestions.values() if item.device_id is not None)
        before = (item.before for item in world.undoable.values() if isinstance(item.before, DeviceMatchState))
        matched = (state.configuration_id for state in (*world.device_matches.values(), *before))
        return self._needs.configurations | {item for item in (*suggested, *matched) if item is not None}

    async def _load_configurations(self, organizations: Sequence[str]) -> None:
        ids = sorted(self._configuration_ids() | await self._twins(organizations))
        for row in await self._rows("load_configurations", ids):
            self._world.put_configuration(ConfigurationState.model_validate_json(row["state"]))
        await self._load_matches("load_holders", ids)
        await self._load_devices(self._world.device_matches)

    async def _twins(self, organizations: Sequence[str]) -> set[str]:
        """Configurations that share a serial number or a MAC address with a device that is to be documented."""
        devices = (self._world.devices.get(key) for key in self._needs.creating)
        identities = sorted({item for device in devices if device is not None for item in device_identities(device)})
        if not identities:
            return set()
        values: dict[str, list[str]] = {"serial": [], "mac": []}
        for identity in identities:
            kind, _, value = identity.partition(":")
            values[kind].append(value)
        rows = await self._rows("find_twins", list(organizations), values["serial"], values["mac"])
        return {row["configuration_id"] for row in rows}

    async def _load_organizations(self, organizations: Sequence[str], names: Sequence[str]) -> None:
        if organizations or names:
            rows = await self._connection.fetch(self._queries["load_organizations"], organizations, names)
            for row in rows:
                self._world.put_organization(OrganizationState.model_validate_json(row["state"]))

    async def _load_bulks(self) -> None:
        bulks = sorted(self._needs.bulks)
        undone = {row["bulk_id"]: row["version"] for row in await self._rows("load_bulk_versions", bulks)}
        rows: dict[str, list[BulkRow]] = {bulk_id: [] for bulk_id in bulks}
        for row in await self._rows("load_bulk_rows", bulks):
            about = Subject(row["tenant_id"], row["device_id"], row["organization_id"], row["configuration_id"])
            undoable = about if about != _NOTHING else None
            rows[row["bulk_id"]].append(BulkRow(row["decision_id"], row["subject"], undoable, row["changed"]))
        for bulk_id, found in rows.items():
            self._world.bulks[bulk_id] = Bulk(tuple(found), undone.get(bulk_id, 0))

    async def _load_imports(self) -> None:
        for row in await self._rows("load_imports", sorted(self._needs.imports)):
            self._world.imports[row["import_id"]] = row["version"]


async def load_policies(connection: Connection, queries: Queries) -> Policies:
    """The auto-accept policies in force."""
    row = await connection.fetchrow(queries["load_policies"])
    if row is None:
        return Policies()
    return Policies(row["version"], AutoAcceptPoliciesSet.model_validate_json(row["event"]).policies)


async def load_open_suggestions(connection: Connection, queries: Queries) -> AsyncIterator[Open]:
    """Every suggestion that a policy may accept, a few hundred in memory at a time."""
    async for row in connection.cursor(queries["load_open_suggestions"], prefetch=_AT_ONCE):
        yield _open(row)


def _open(row: Any) -> Open:
    values = dict(row)
    organization_id, reverted = values.pop("organization_id"), values.pop("reverted")
    return Open(_suggestion(values), organization_id, _REVERTED.validate_json(reverted or "[]"))


def _columns(keys: Iterable[tuple[str, str | None]]) -> tuple[list[str], list[str]]:
    ordered = sorted((first, second or "") for first, second in keys)
    return [first for first, _ in ordered], [second for _, second in ordered]


def _tenant(row: Any) -> Tenant:
    return Tenant(
        row["tenant_id"], row["revision"], row["display_name"], tuple(row["verified_domains"]), lost=row["lost"]
    )


def _suggestion(row: Any) -> Suggestion:
    return Suggestion(**{**row, "device_id": row["device_id"] or None})
