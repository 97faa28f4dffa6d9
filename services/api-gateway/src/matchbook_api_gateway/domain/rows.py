"""Rows of the read model, made from events: what lists show, sort by and search in."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, TenantDiscovered
from matchbook_contracts.identity import normalise_mac, normalise_serial
from matchbook_contracts.states import ConfigurationState, DeviceMatchState, OrganizationState, TenantMatchState
from matchbook_contracts.suggestions import MatchSuggested, SuggestionWithdrawn
from pydantic_core import to_json

# PostgreSQL's text takes everything but NUL, and an index entry has to fit a page.
_LONGEST_KEY = 200


class TenantRow(NamedTuple):
    """Columns of `put_tenants`."""

    tenant_id: str
    revision: int
    display_name: str
    sort_name: str
    search: str
    body: bytes
    sync_devices: bool


class DeviceRow(NamedTuple):
    """Columns of `put_devices`."""

    tenant_id: str
    device_id: str
    revision: int
    sort_name: str
    sort_serial: str
    sort_user: str
    last_sync_at: datetime | None
    search: str
    body: bytes


class SuggestionRow(NamedTuple):
    """Columns of `put_suggestions`; a withdrawn one has no status."""

    tenant_id: str
    device_id: str
    revision: int
    status: str | None
    suggestion_id: str | None
    confidence: float | None
    target_id: str | None
    target_name: str | None
    fingerprint: str | None
    body: bytes


class DeviceMatchRow(NamedTuple):
    """Columns of `put_device_matches`."""

    tenant_id: str
    device_id: str
    version: int
    status: str
    configuration_id: str | None
    orphaned: bool
    superseded: bool
    ignored_reason: str | None
    ignored_until: datetime | None
    ignored_suggestion: str | None
    reverted: str


class TenantMatchRow(NamedTuple):
    """Columns of `put_tenant_matches`."""

    tenant_id: str
    version: int
    status: str
    organization_id: str | None
    ignored_reason: str | None
    ignored_until: datetime | None


class OrganizationRow(NamedTuple):
    """Columns of `put_organizations`."""

    organization_id: str
    version: int
    name: str
    sort_name: str
    archived: bool
    body: bytes


class ConfigurationRow(NamedTuple):
    """Columns of `put_configurations`."""

    configuration_id: str
    organization_id: str
    version: int
    name: str
    sort_name: str
    psa_sync: str
    archived: bool
    search: str
    body: bytes


def text(value: str | None) -> str | None:
    """Text that PostgreSQL takes: without NUL."""
    return value.replace("\x00", "") if value and "\x00" in value else value


def sort_key(value: str | None) -> str:
    """What a column is sorted by: lower case, of bounded length."""
    return (text(value) or "").lower()[:_LONGEST_KEY]


def search_text(*values: str | None) -> str:
    """What a search looks in: the values in lower case, apart from each other."""
    return (text("\n".join(filter(None, values))) or "").lower()


def plain_macs(macs: Iterable[str | None]) -> list[str]:
    """Normalised MAC addresses without their colons, as someone types them in any notation."""
    return [mac.replace(":", "") for raw in macs if (mac := normalise_mac(raw))]


def mac_addresses(facts: DeviceFacts) -> list[str]:
    """A device's MAC addresses in normal form, wired first, each once."""
    found = (normalise_mac(facts.ethernet_mac_address), normalise_mac(facts.wifi_mac_address))
    return list(dict.fromkeys(mac for mac in found if mac))


def tenant_row(event: TenantDiscovered, body: bytes) -> TenantRow:
    name = text(event.display_name) or ""
    search = search_text(name, event.default_domain, *event.verified_domains)
    return TenantRow(event.tenant_id, event.revision, name, sort_key(name), search, body, event.sync_intune_devices)


def device_row(event: DeviceDiscovered, body: bytes) -> DeviceRow:
    facts = event.facts
    search = search_text(
        facts.device_name,
        facts.serial_number,
        normalise_serial(facts.serial_number),
        facts.user_principal_name,
        facts.user_display_name,
        *plain_macs((facts.ethernet_mac_address, facts.wifi_mac_address)),
    )
    return DeviceRow(
        event.tenant_id,
        event.device_id,
        event.revision,
        sort_key(facts.device_name),
        sort_key(facts.serial_number),
        sort_key(facts.user_principal_name),
        facts.last_sync_at,
        search,
        body,
    )


def suggestion_row(event: MatchSuggested | SuggestionWithdrawn, body: bytes) -> SuggestionRow:
    device = event.device_id or ""
    if isinstance(event, SuggestionWithdrawn):
        return SuggestionRow(event.tenant_id, device, event.revision, None, None, None, None, None, None, body)
    best = event.candidate
    return SuggestionRow(
        event.tenant_id,
        device,
        event.revision,
        event.status,
        event.suggestion_id,
        best.confidence if best else None,
        best.target_id if best else None,
        sort_key(best.target_name) if best else None,
        event.fingerprint,
        body,
    )


def device_match_row(state: DeviceMatchState) -> DeviceMatchRow:
    return DeviceMatchRow(
        state.tenant_id,
        state.device_id,
        state.version,
        state.status,
        state.configuration_id,
        state.orphaned,
        state.superseded_by is not None,
        text(state.ignored_reason),
        state.ignored_until,
        state.ignored_suggestion.model_dump_json() if state.ignored_suggestion is not None else None,
        to_json([pair.target_id for pair in state.reverted]).decode(),
    )


def tenant_match_row(state: TenantMatchState) -> TenantMatchRow:
    return TenantMatchRow(
        state.tenant_id,
        state.version,
        state.status,
        state.organization_id,
        text(state.ignored_reason),
        state.ignored_until,
    )


def organization_row(state: OrganizationState, body: bytes) -> OrganizationRow:
    name = text(state.name) or ""
    return OrganizationRow(state.organization_id, state.version, name, sort_key(name), state.archived, body)


def configuration_row(state: ConfigurationState, body: bytes) -> ConfigurationRow:
    name = text(state.name) or ""
    search = search_text(name, state.serial_number, state.serial_normalised, *plain_macs(state.mac_addresses))
    return ConfigurationRow(
        state.configuration_id,
        state.organization_id,
        state.version,
        name,
        sort_key(name),
        state.psa_sync,
        state.archived,
        search,
        body,
    )
