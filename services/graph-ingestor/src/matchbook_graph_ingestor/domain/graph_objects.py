"""What Microsoft Graph answers, in our names. Sources: `managedDevice`, `organization`, `contract`,
`delegatedAdminRelationship`.

A page is checked whole: a field of a wrong type makes the answer a bad one, and is never guessed at.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Generic, TypeVar

from matchbook_contracts.discovery import DeviceFacts
from msgspec import Meta, MsgspecError, Struct, defstruct, field, json
from msgspec.structs import astuple, replace

# Microsoft Graph's property of each field, for the pages and for the read of one device by its id.
LISTED: Final[Mapping[str, str]] = {
    "device_id": "id",
    "device_name": "deviceName",
    "managed_device_name": "managedDeviceName",
    "operating_system": "operatingSystem",
    "os_version": "osVersion",
    "serial_number": "serialNumber",
    "manufacturer": "manufacturer",
    "model": "model",
    "imei": "imei",
    "meid": "meid",
    "wifi_mac_address": "wiFiMacAddress",
    "user_id": "userId",
    "user_principal_name": "userPrincipalName",
    "user_display_name": "userDisplayName",
    "email_address": "emailAddress",
    "phone_number": "phoneNumber",
    "entra_device_id": "azureADDeviceId",
    "entra_registered": "azureADRegistered",
    "category": "deviceCategoryDisplayName",
    "owner_type": "managedDeviceOwnerType",
    "compliance_state": "complianceState",
    "management_agent": "managementAgent",
    "management_state": "managementState",
    "enrollment_type": "deviceEnrollmentType",
    "enrollment_profile": "enrollmentProfileName",
    "is_encrypted": "isEncrypted",
    "is_supervised": "isSupervised",
    "jail_broken": "jailBroken",
    "total_storage_bytes": "totalStorageSpaceInBytes",
    "enrolled_at": "enrolledDateTime",
    "last_sync_at": "lastSyncDateTime",
}
# Null in every list, whatever $select says.
BY_ID_ONLY: Final[Mapping[str, str]] = {
    "ethernet_mac_address": "ethernetMacAddress",
    "physical_memory_bytes": "physicalMemoryInBytes",
}
_PROPERTIES: Final[Mapping[str, str]] = {**LISTED, **BY_ID_ONLY}
_ITEM = TypeVar("_ITEM")
_BLANK = re.compile(rb':\s*"(?:|(?:0001-01-01|9999-12-31)T[0-9:.+Z-]{1,30})"')
_BLANK_LINK = re.compile(rb'@odata\.nextLink":\s*""')
_NUL = b"\\u0000"


Id = Annotated[str, Meta(min_length=1, max_length=200)]
Timestamp = Annotated[datetime, Meta(tz=True)]
Size = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""Bytes, an `Edm.Int64` as Graph documents it; a larger number has no place in PostgreSQL either."""
Text = Annotated[str, Meta(max_length=1024)]
"""A name or a domain: Entra allows at most 256 characters. What is much longer is none, and would burst a record."""


class ManagedDevice(Struct, frozen=True, gc=False, rename=_PROPERTIES.__getitem__):
    """One enrolment: Intune's id, and the facts as a contract has them, in the contract's order."""

    device_id: Id
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
    total_storage_bytes: Size | None = None
    physical_memory_bytes: Size | None = None
    enrolled_at: Timestamp | None = None
    last_sync_at: Timestamp | None = None


class VerifiedDomain(Struct, frozen=True):
    """A domain that the tenant proved to own."""

    name: Text
    is_default: bool = field(default=False, name="isDefault")


class Organization(Struct, frozen=True):
    """The tenant's own record: the only current source of its name and domains."""

    display_name: Text | None = field(default=None, name="displayName")
    verified_domains: tuple[VerifiedDomain, ...] = field(default=(), name="verifiedDomains")


class PartnerContract(Struct, frozen=True):
    """A customer as the partnership's beginning copied it; never refreshed by Microsoft."""

    tenant_id: Id = field(name="customerId")
    display_name: Text | None = field(default=None, name="displayName")
    default_domain: Text | None = field(default=None, name="defaultDomainName")


class RelationshipCustomer(Struct, frozen=True):
    """The customer's side of a relationship."""

    tenant_id: Id = field(name="tenantId")
    display_name: Text | None = field(default=None, name="displayName")


class AdminRelationship(Struct, frozen=True):
    """A delegated admin relationship (GDAP); a customer may have several."""

    status: str | None = None
    customer: RelationshipCustomer | None = None
    ends_at: Timestamp | None = field(default=None, name="endDateTime")


class Page(Struct, Generic[_ITEM], frozen=True):
    """One page of a list. `next_link` is opaque; None on the last page."""

    value: tuple[_ITEM, ...]
    next_link: Annotated[str, Meta(min_length=1)] | None = field(default=None, name="@odata.nextLink")


class Unreadable(Exception):  # noqa: N818 - becomes a classified failure at the edge
    """An answer that is not what Graph documents; the message names the places and kinds of fault, never a value."""


DevicePage = Page[ManagedDevice]
OrganizationPage = Page[Organization]
ContractPage = Page[PartnerContract]
RelationshipPage = Page[AdminRelationship]
_Model = TypeVar("_Model", bound=Struct)
_Facts = defstruct("_Facts", [(name, Any, None) for name in DeviceFacts.model_fields], omit_defaults=True, gc=False)
_JSON: Final = json.Encoder()


def read(model: type[_Model], body: bytes) -> _Model:
    """Read an answer's body; raises Unreadable for what breaks the documented shape."""
    body = _without_nul(body)
    if _BLANK_LINK.search(body):
        # Read as an absent value it would make a list that goes on look complete.
        raise Unreadable("a next page without an address")
    decoder: json.Decoder[_Model] = _decoder(model)
    try:
        return decoder.decode(without_blanks(body))
    except MsgspecError as error:
        raise Unreadable(str(error)) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None


_decoder = lru_cache(json.Decoder)


def without_blanks(body: bytes) -> bytes:
    """The same JSON with empty strings, .NET's first and last day and NUL characters as absent values.

    Intune answers "" for what it does not know, and those days for never; in another zone they are no date at all. In
    valid JSON a colon followed by two quotation marks can only be a key's empty value, because a quotation mark inside
    a string is escaped; so this needs no parser and costs next to nothing.
    """
    return _BLANK.sub(b":null", _without_nul(body))


def _without_nul(body: bytes) -> bytes:
    """PostgreSQL's text, and so every reader's, holds no NUL. Where there is nothing else, the value is empty."""
    if _NUL not in body:
        return body
    # An even run of backslashes before it means that the one in front of u0000 is itself escaped text.
    return re.sub(rb"(?<!\\)((?:\\\\)*)\\u0000", rb"\1", body)


def facts_json(device: ManagedDevice) -> bytes:
    """The facts as they stand in the body of DeviceDiscovered."""
    return _JSON.encode(_Facts(*astuple(device)[1:]))


def with_details(device: ManagedDevice, ethernet: str | None, memory: int | None) -> ManagedDevice:
    """The device with its wired address and its memory in bytes, which only a read by id gives."""
    return replace(device, ethernet_mac_address=ethernet, physical_memory_bytes=memory)
