"""Events in few words."""

from datetime import UTC, datetime
from typing import Any

from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, DeviceRetired, TenantDiscovered, TenantLost
from matchbook_contracts.identity import normalise_mac, normalise_serial, serial_is_usable
from matchbook_contracts.states import (
    ConfigurationState,
    DeviceMatchState,
    FieldName,
    FieldValue,
    MatchStatus,
    OrganizationState,
    RevertedPair,
    TenantMatchState,
)

__all__ = ["DeviceRetired", "RevertedPair", "TenantLost"]


def tenant(
    tenant_id: str = "t1", *, name: str = "Contoso Dental Ltd", revision: int = 1, **more: Any
) -> TenantDiscovered:
    return TenantDiscovered(tenant_id=tenant_id, revision=revision, display_name=name, **more)


def device(
    device_id: str = "d1",
    *,
    tenant: str = "t1",
    revision: int = 1,
    name: str | None = "LT-001",
    serial: str | None = "PF1AAAA1",
    wifi: str | None = None,
    ethernet: str | None = None,
    synced: int = 1,
    model: str | None = None,
    **more: Any,
) -> DeviceDiscovered:
    facts = DeviceFacts(
        device_name=name,
        serial_number=serial,
        wifi_mac_address=wifi,
        ethernet_mac_address=ethernet,
        model=model,
        last_sync_at=datetime.fromtimestamp(1_700_000_000 + synced, UTC),
        **more,
    )
    return DeviceDiscovered(tenant_id=tenant, device_id=device_id, revision=revision, facts=facts)


def organization(
    organization_id: str = "o1", *, name: str = "Contoso Dental", version: int = 1, **more: Any
) -> OrganizationState:
    return OrganizationState(organization_id=organization_id, version=version, name=name, **more)


def configuration(
    configuration_id: str = "c1",
    *,
    organization: str = "o1",
    version: int = 1,
    name: str = "LT-001",
    serial: str | None = "PF1AAAA1",
    macs: tuple[str, ...] = (),
    hostname: str | None = None,
    archived: bool = False,
    contact: str | None = None,
    **more: Any,
) -> ConfigurationState:
    normal = normalise_serial(serial)
    fields: dict[FieldName, FieldValue] = {}
    if hostname is not None:
        fields["hostname"] = FieldValue(documented=hostname)
    if contact is not None:
        fields["contact"] = FieldValue(documented=contact)
    return ConfigurationState(
        configuration_id=configuration_id,
        organization_id=organization,
        version=version,
        name=name,
        serial_number=serial,
        serial_normalised=normal,
        serial_usable=serial_is_usable(normal),
        mac_addresses=tuple(filter(None, map(normalise_mac, macs))),
        archived=archived,
        fields=fields,
        **more,
    )


def tenant_match(
    tenant_id: str = "t1",
    organization_id: str | None = "o1",
    *,
    version: int = 1,
    status: MatchStatus = "matched",
    **more: Any,
) -> TenantMatchState:
    return TenantMatchState(
        tenant_id=tenant_id,
        version=version,
        status=status,
        organization_id=organization_id,
        **more,
    )


def device_match(
    device_id: str = "d1",
    configuration_id: str | None = "c1",
    *,
    tenant: str = "t1",
    version: int = 1,
    status: MatchStatus = "matched",
    **more: Any,
) -> DeviceMatchState:
    return DeviceMatchState(
        tenant_id=tenant,
        device_id=device_id,
        version=version,
        status=status,
        configuration_id=configuration_id,
        **more,
    )
