"""What the ingestor finds at Microsoft: tenants and devices, with their full state."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from matchbook_contracts.base import Contract, Id, Timestamp, Value, device_key

LossReason = Literal[
    "consent_missing", "permission_missing", "licence_missing", "relationship_expired", "credential_rejected", "removed"
]


class TenantDiscovered(Contract):
    """A Microsoft Entra tenant the MSP looks after; a rename or a new domain publishes it again with the next revision.

    `display_name` and `verified_domains` come from the tenant's own organization record where it can be read, else from
    the partner's customer list, which keeps stale copies.
    """

    topic: ClassVar[str] = "matchbook.tenants"

    tenant_id: Id
    revision: Annotated[int, Field(ge=1)]
    display_name: str
    default_domain: str | None = None
    verified_domains: tuple[str, ...] = ()
    relationship: Literal["partner", "manual"] = "partner"
    relationship_ends_at: Timestamp | None = None
    sync_intune_devices: bool = True

    @property
    def key(self) -> str:
        return self.tenant_id


class TenantLost(Contract):
    """Access to a tenant is gone, and why. Its devices and decisions stay."""

    topic: ClassVar[str] = "matchbook.tenants"

    tenant_id: Id
    revision: Annotated[int, Field(ge=1)]
    display_name: str = ""
    reason: LossReason
    detail: str = ""

    @property
    def key(self) -> str:
        return self.tenant_id


class DeviceFacts(Value):
    """What Intune says of an enrolment, in our names; source: Microsoft Graph `managedDevice`.

    Sizes are bytes. MAC addresses and serial numbers are as Graph gave them; see `identity` for their normal forms.
    """

    device_name: str | None = None
    managed_device_name: str | None = None
    operating_system: str | None = None
    os_version: str | None = None
    serial_number: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    imei: str | None = None
    meid: str | None = None
    wifi_mac_address: str | None = None
    ethernet_mac_address: str | None = None
    user_id: str | None = None
    user_principal_name: str | None = None
    user_display_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    entra_device_id: str | None = None
    entra_registered: bool | None = None
    category: str | None = None
    owner_type: str | None = None
    compliance_state: str | None = None
    management_agent: str | None = None
    management_state: str | None = None
    enrollment_type: str | None = None
    enrollment_profile: str | None = None
    is_encrypted: bool | None = None
    is_supervised: bool | None = None
    jail_broken: str | None = None
    total_storage_bytes: int | None = None
    physical_memory_bytes: int | None = None
    enrolled_at: Timestamp | None = None
    last_sync_at: Timestamp | None = None


class DeviceDiscovered(Contract):
    """One Intune enrolment, whole. `revision` grows by one with each published change of the device."""

    topic: ClassVar[str] = "matchbook.devices"

    tenant_id: Id
    device_id: Id
    revision: Annotated[int, Field(ge=1)]
    facts: DeviceFacts

    @property
    def key(self) -> str:
        return device_key(self.tenant_id, self.device_id)

    @property
    def partition_key(self) -> str:
        return self.tenant_id


class DeviceRetired(Contract):
    """The device was absent from complete sweeps. When it comes back, it is the same device with the next revision."""

    topic: ClassVar[str] = "matchbook.devices"

    tenant_id: Id
    device_id: Id
    revision: Annotated[int, Field(ge=1)]

    @property
    def key(self) -> str:
        return device_key(self.tenant_id, self.device_id)

    @property
    def partition_key(self) -> str:
        return self.tenant_id
