"""The things a managed service provider's world is made of, as plain data."""

from dataclasses import dataclass, field
from enum import StrEnum


class Access(StrEnum):
    """What the partner's application meets when it asks for a tenant's data."""

    GRANTED = "granted"
    NO_CONSENT = "no_consent"
    """A token is issued, Graph answers 401 Authorization_IdentityNotFound."""
    NOT_INSTALLED = "not_installed"
    """No token: AADSTS700016, the application is not in the tenant's directory."""
    NO_LICENCE = "no_licence"
    """The directory answers, Intune says 400 "Request not applicable to target tenant."."""
    EXPIRED = "expired"
    """The delegated relationship has ended, Graph answers 403 Authorization_RequestDenied."""


class Platform(StrEnum):
    WINDOWS = "Windows"
    MACOS = "macOS"
    LINUX = "Linux (ubuntu)"
    IOS = "iOS"
    ANDROID = "Android"

    @property
    def is_phone(self) -> bool:
        return self is Platform.IOS or self is Platform.ANDROID


class FoundBy(StrEnum):
    """The strongest rule that leads from a device to the configuration which documents it."""

    SERIAL = "serial"
    MAC = "mac"
    NAME = "name"
    NONE = "none"
    """Nothing agrees any more, or nobody documented the machine."""


class Kind(StrEnum):
    """Why a configuration is in the documentation."""

    MATCH = "match"
    DUPLICATE = "duplicate"
    """A second record of a machine that another configuration documents."""
    REPLACED = "replaced"
    """The predecessor whose name a newer machine took over."""
    ELSEWHERE = "elsewhere"
    """A machine of another organization: it moved, its record stayed."""
    ABSENT = "absent"
    """A computer that is not in Intune."""
    OTHER = "other"
    """A printer, a switch, a server: never in Intune."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """A delegated admin relationship; times are ISO 8601 in UTC, as Graph prints them."""

    id: str
    name: str
    status: str
    created: str
    ends: str
    days: int
    auto_extend: bool


@dataclass(frozen=True, slots=True)
class Staff:
    id: str
    name: str
    login: str
    """The part of the user principal name before the @."""
    domain: str

    @property
    def upn(self) -> str:
        return f"{self.login}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the managed service provider who signs in to Matchbook."""

    id: str
    name: str
    upn: str
    role: str
    """The application role: Administrator, Manager or Reader."""

    @property
    def login_hint(self) -> str:
        return self.role.lower()


@dataclass(frozen=True, slots=True)
class Tenant:
    index: int
    """1..n; 0 is the partner's own tenant."""
    tenant_id: str
    display_name: str
    contract_name: str
    """The partner's copy of the name, made when the partnership began and never refreshed."""
    short_name: str
    domains: tuple[str, ...]
    """Verified domains, the default one first."""
    initial_domain: str
    city: str
    country: str
    access: Access
    relationships: tuple[Relationship, ...]
    created: str
    devices: int
    """Live enrolments at step 0."""
    organization_id: str | None
    """The documented organization, if the tenant is documented at all."""
    organization_name: str | None
    elsewhere: tuple[str, str] | None
    """Id and name of an organization under which some of this tenant's machines are wrongly documented."""


@dataclass(frozen=True, slots=True)
class Organization:
    id: str
    name: str
    short_name: str
    description: str
    organization_type: str
    organization_status: str
    domains: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a machine is, whatever Intune or the documentation say of it."""

    platform: Platform
    manufacturer: str
    model: str
    serial: str
    wifi_mac: str
    """Twelve hexadecimal digits, or empty."""
    ethernet_mac: str
    os_version: str
    bought: int
    """Days since 1970-01-01."""
    storage_gib: int
    memory_gib: int


@dataclass(slots=True)
class Device:
    """One Intune enrolment, as Intune reports it. Times are seconds since 1970-01-01 in UTC."""

    id: str
    sequence: int
    """Position in the tenant's list; grows for ever, so that page tokens survive changes."""
    user: Staff
    name: str
    hardware: Hardware
    serial: str
    wifi_mac: str
    ethernet_mac: str
    enrolled: int
    last_sync: int
    compliant: bool
    free_share: float
    silent: bool = False
    """Switched off for good or in a drawer: it does not sync any more, but is still enrolled."""
    organization_id: str | None = None
    configuration_id: str | None = None
    found_by: FoundBy = FoundBy.NONE
    superseded_by: str | None = None
    dirt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interface:
    name: str
    ip: str
    mac: str
    primary: bool


@dataclass(slots=True)
class Configuration:
    id: str
    organization_id: str
    organization: str
    name: str
    kind: Kind
    hostname: str = ""
    primary_ip: str = ""
    mac_address: str = ""
    default_gateway: str = ""
    serial_number: str = ""
    asset_tag: str = ""
    configuration_type: str = "Workstation"
    configuration_status: str = "Active"
    manufacturer: str = ""
    model: str = ""
    operating_system: str = ""
    location: str = ""
    contact: str = ""
    notes: str = ""
    installed_at: str = ""
    purchased_at: str = ""
    warranty_expires_at: str = ""
    archived: bool = False
    interfaces: tuple[Interface, ...] = ()
    device_id: str | None = None


@dataclass(slots=True)
class TenantState:
    """A tenant with what is enrolled in it now."""

    tenant: Tenant
    staff: list[Staff]
    devices: list[Device] = field(default_factory=list)
    """In the order of `Device.sequence`."""
    next_sequence: int = 0
    next_number: int = 1
    """For names such as ACME-LT-012."""
    version: int = 0
    """Grows whenever a device of the tenant changed; caches of rendered pages hang on it."""
