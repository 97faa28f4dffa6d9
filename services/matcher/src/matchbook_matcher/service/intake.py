"""Keeps what the topics say, and marks what has to be evaluated again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from matchbook_contracts.discovery import DeviceDiscovered, DeviceRetired, TenantDiscovered, TenantLost
from matchbook_contracts.identity import normalise_mac
from matchbook_contracts.states import (
    ConfigurationState,
    DeviceMatchState,
    FieldName,
    OrganizationState,
    RevertedPair,
    TenantMatchState,
)
from matchbook_servicekit.database import Connection

from matchbook_matcher.adapters.store import IntakeStore, KnownConfiguration, Mark, Row
from matchbook_matcher.domain.forms import serial_key, serial_variant
from matchbook_matcher.domain.records import in_lines

_MOST_SINGLE = 50
"""When a batch changes more devices of a tenant, or configurations of an organization, all of it is marked."""


@dataclass(slots=True)
class Batch:
    """The rows of a batch by table, the newest of each subject, and what they touch."""

    tenants: dict[str, Row] = field(default_factory=dict)
    devices: dict[tuple[str, str], Row] = field(default_factory=dict)
    organizations: dict[str, Row] = field(default_factory=dict)
    configurations: dict[str, Row] = field(default_factory=dict)
    tenant_matches: dict[str, Row] = field(default_factory=dict)
    device_matches: dict[tuple[str, str], Row] = field(default_factory=dict)

    def add(self, event: object) -> None:
        """File one event; KeyError for one that no topic of the matcher holds."""
        _FILING[type(event).__name__](self, event)


async def take_in(events: Iterable[object], connection: Connection, store: IntakeStore) -> None:
    """Store a batch in the caller's transaction. Older versions than what is known change nothing."""
    batch = Batch()
    for event in events:
        batch.add(event)
    marks: set[Mark] = set()
    await _take_tenants(batch, connection, store, marks)
    await _take_devices(batch, connection, store, marks)
    await _take_organizations(batch, connection, store, marks)
    await _take_configurations(batch, connection, store, marks)
    if marks:
        await store.mark(connection, sorted(marks))


async def _take_tenants(batch: Batch, connection: Connection, store: IntakeStore, marks: set[Mark]) -> None:
    if batch.tenants:
        await store.upsert(connection, "tenants", _in_order(batch.tenants))
        marks |= _directory("tenant", batch.tenants)
    if batch.tenant_matches:
        former = await store.organizations_of_tenants(connection, list(batch.tenant_matches))
        await store.upsert(connection, "tenant_matches", _in_order(batch.tenant_matches))
        marks.update(("organization", organization, "") for organization in former)
        marks.update(("tenant", tenant, "") for tenant in batch.tenant_matches)
        now = {row[3] for row in batch.tenant_matches.values() if row[3] is not None}
        marks |= _directory("tenant", batch.tenant_matches) | _directory("organization", former | now)


async def _take_devices(batch: Batch, connection: Connection, store: IntakeStore, marks: set[Mark]) -> None:
    if batch.devices:
        await store.add_devices(connection, {key: batch.devices[key] for key in sorted(batch.devices)})
        marks |= _directory("tenant", {tenant for tenant, _ in batch.devices})
    if batch.device_matches:
        former = await store.configurations_of_devices(connection, list(batch.device_matches))
        await store.upsert(connection, "device_matches", _in_order(batch.device_matches))
        now = {row[4] for row in batch.device_matches.values() if row[4] is not None}
        marks.update(("configuration", configuration, "") for configuration in former | now)
    marks |= _marks_of_devices({*batch.devices, *batch.device_matches})


async def _take_organizations(batch: Batch, connection: Connection, store: IntakeStore, marks: set[Mark]) -> None:
    if not batch.organizations:
        return
    names = await store.organization_names(connection, list(batch.organizations))
    await store.upsert(connection, "organizations", _in_order(batch.organizations))
    renamed = [key for key, row in batch.organizations.items() if names.get(key) != row[2]]
    marks.update(("renamed", key, "") for key in renamed)
    marks |= _directory("organization", batch.organizations)


async def _take_configurations(batch: Batch, connection: Connection, store: IntakeStore, marks: set[Mark]) -> None:
    if not batch.configurations:
        return
    former = await store.configurations(connection, list(batch.configurations))
    await store.add_configurations(connection, dict(sorted(batch.configurations.items())), former)
    now = {row[0]: KnownConfiguration(row[1], row[7], row[3], row[4]) for row in batch.configurations.values()}
    marks |= _marks_of_configurations(former, now)
    # What another organization's device, and a tenant without one, see of it: number, place and name.
    changed = {
        (known.organization_id, serial)
        for key, after in now.items()
        if (before := former.get(key)) != after
        for known in (before, after)
        if known is not None and known.serial_key is not None
        for serial in (known.serial_key, serial_variant(known.serial_key))
        if serial is not None
    }
    if changed:
        await store.change_serials(connection, sorted(changed))


def _directory(kind: Literal["tenant", "organization"], ids: Iterable[str]) -> set[Mark]:
    return {("directory", kind, key) for key in ids}


def _marks_of_devices(keys: Iterable[tuple[str, str]]) -> set[Mark]:
    by_tenant: defaultdict[str, list[str]] = defaultdict(list)
    for tenant, device in keys:
        by_tenant[tenant].append(device)
    marks: set[Mark] = set()
    for tenant, devices in by_tenant.items():
        many = len(devices) > _MOST_SINGLE
        marks |= {("tenant", tenant, "")} if many else {("device", tenant, device) for device in devices}
    return marks


def _marks_of_configurations(
    former: Mapping[str, KnownConfiguration], now: Mapping[str, KnownConfiguration]
) -> set[Mark]:
    by_organization: defaultdict[str, list[str]] = defaultdict(list)
    marks: set[Mark] = set()
    for key, after in now.items():
        by_organization[after.organization_id].append(key)
        if (before := former.get(key)) is not None and before.organization_id != after.organization_id:
            # A mark of the configuration would lead to where it is, and not to where it was.
            marks |= {("organization", known.organization_id, "") for known in (before, after)}
    for organization, keys in by_organization.items():
        many = len(keys) > _MOST_SINGLE
        marks |= {("organization", organization, "")} if many else {("configuration", key, "") for key in keys}
    return marks


def _in_order(rows: Mapping[Any, Row]) -> list[Row]:
    """By key, so that two transactions that write the same rows do not wait for each other in a circle."""
    return [rows[key] for key in sorted(rows)]


def _keep(rows: dict[Any, Row], key: Any, version: int, row: Row, place: int) -> None:
    """Of several states of one subject in a batch, the newest; `place` is where a row has its version."""
    known = rows.get(key)
    if known is None or known[place] < version:
        rows[key] = row


def _tenant(batch: Batch, event: TenantDiscovered) -> None:
    domains = dict.fromkeys(filter(None, (event.default_domain, *event.verified_domains)))
    row = (event.tenant_id, event.revision, event.display_name, in_lines(domains), False)
    _keep(batch.tenants, event.tenant_id, event.revision, row, 1)


def _tenant_lost(batch: Batch, event: TenantLost) -> None:
    row = (event.tenant_id, event.revision, event.display_name, "", True)
    _keep(batch.tenants, event.tenant_id, event.revision, row, 1)


def _device(batch: Batch, event: DeviceDiscovered) -> None:
    facts = event.facts
    synced, key = facts.last_sync_at, serial_key(facts.serial_number)
    row = (
        event.tenant_id,
        event.device_id,
        event.revision,
        True,
        facts.device_name,
        facts.serial_number,
        key,
        normalise_mac(facts.wifi_mac_address),
        normalise_mac(facts.ethernet_mac_address),
        facts.model,
        0.0 if synced is None else synced.timestamp(),
        in_lines((facts.user_principal_name, facts.email_address, facts.user_display_name)) or None,
        facts.operating_system,
        facts.manufacturer,
        None if key is None else serial_variant(key),
    )
    _keep(batch.devices, (event.tenant_id, event.device_id), event.revision, row, 2)


def _device_retired(batch: Batch, event: DeviceRetired) -> None:
    key = (event.tenant_id, event.device_id)
    row = (*key, event.revision, False, None, None, None, None, None, None, 0.0, None, None, None, None)
    _keep(batch.devices, key, event.revision, row, 2)


def _organization(batch: Batch, event: OrganizationState) -> None:
    row = (
        event.organization_id,
        event.version,
        event.name,
        in_lines(event.aliases),
        in_lines(event.domains),
        event.archived,
    )
    _keep(batch.organizations, event.organization_id, event.version, row, 1)


def _configuration(batch: Batch, event: ConfigurationState) -> None:
    key = serial_key(event.serial_number)
    people = (_in_force(event, "primary_user"), _in_force(event, "contact"))
    row = (
        event.configuration_id,
        event.organization_id,
        event.version,
        event.archived,
        event.name,
        _in_force(event, "hostname"),
        event.serial_number,
        key,
        None if key is None else serial_variant(key),
        " ".join(filter(None, map(normalise_mac, event.mac_addresses))),
        event.model,
        in_lines(people) or None,
        event.configuration_type,
        event.manufacturer,
    )
    _keep(batch.configurations, event.configuration_id, event.version, row, 2)


def _in_force(event: ConfigurationState, field: FieldName) -> str | None:
    told = event.fields.get(field)
    if told is None:
        return None
    # What the contract's `value` says: a struct has no properties.
    return told.synced if told.in_force == "synced" else told.documented


def _tenant_match(batch: Batch, event: TenantMatchState) -> None:
    reverted = _reverted(event.reverted)
    row = (event.tenant_id, event.version, event.status, event.organization_id, reverted)
    _keep(batch.tenant_matches, event.tenant_id, event.version, row, 1)


def _device_match(batch: Batch, event: DeviceMatchState) -> None:
    key = (event.tenant_id, event.device_id)
    row = (*key, event.version, event.status, event.configuration_id, _reverted(event.reverted))
    _keep(batch.device_matches, key, event.version, row, 2)


def _reverted(pairs: Sequence[RevertedPair]) -> dict[str, str | None] | None:
    """By target; a pair undone once without a known fingerprint stays undone whatever another entry says."""
    seen: defaultdict[str, list[str | None]] = defaultdict(list)
    for pair in pairs:
        seen[pair.target_id].append(pair.fingerprint)
    return {target: None if None in prints else prints[-1] for target, prints in seen.items()} or None


# By name, which a contract and the struct that it is read into share.
_FILING: dict[str, Any] = {
    contract.__name__: filing
    for contract, filing in (
        (TenantDiscovered, _tenant),
        (TenantLost, _tenant_lost),
        (DeviceDiscovered, _device),
        (DeviceRetired, _device_retired),
        (OrganizationState, _organization),
        (ConfigurationState, _configuration),
        (TenantMatchState, _tenant_match),
        (DeviceMatchState, _device_match),
    )
}
