"""What Microsoft Graph answers, in our names. Sources: `managedDevice`, `organization`, `contract`,
`delegatedAdminRelationship`.

A page is checked whole: a field of a wrong type makes the answer a bad one, and is never guessed at.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Generic, TypeVar

from matchbook_contracts.base import Id, Timestamp
from matchbook_contracts.discovery import DeviceFacts
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

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
_SPACED_BLANK = re.compile(rb':\s+""')
_BLANK_LINK = re.compile(rb'@odata\.nextLink":\s*""')
_NO_DATE = b'"0001-01-01T00:00:00Z"'
_NUL = b"\\u0000"


Text = Annotated[str, Field(max_length=1024)]
"""A name or a domain: Entra allows at most 256 characters. What is much longer is none, and would burst a record."""


class _GraphObject(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class ManagedDevice(DeviceFacts):
    """One enrolment: the facts as a contract has them, and Intune's id."""

    model_config = ConfigDict(alias_generator=_PROPERTIES.__getitem__)

    device_id: Id


class VerifiedDomain(_GraphObject):
    """A domain that the tenant proved to own."""

    name: Text
    is_default: bool = Field(default=False, alias="isDefault")


class Organization(_GraphObject):
    """The tenant's own record: the only current source of its name and domains."""

    display_name: Text | None = Field(default=None, alias="displayName")
    verified_domains: tuple[VerifiedDomain, ...] = Field(default=(), alias="verifiedDomains")


class PartnerContract(_GraphObject):
    """A customer as the partnership's beginning copied it; never refreshed by Microsoft."""

    tenant_id: Id = Field(alias="customerId")
    display_name: Text | None = Field(default=None, alias="displayName")
    default_domain: Text | None = Field(default=None, alias="defaultDomainName")


class RelationshipCustomer(_GraphObject):
    """The customer's side of a relationship."""

    tenant_id: Id = Field(alias="tenantId")
    display_name: Text | None = Field(default=None, alias="displayName")


class AdminRelationship(_GraphObject):
    """A delegated admin relationship (GDAP); a customer may have several."""

    status: str | None = None
    customer: RelationshipCustomer | None = None
    ends_at: Timestamp | None = Field(default=None, alias="endDateTime")


class Page(_GraphObject, Generic[_ITEM]):
    """One page of a list. `next_link` is opaque; None on the last page."""

    value: tuple[_ITEM, ...]
    next_link: Annotated[str, Field(min_length=1)] | None = Field(default=None, alias="@odata.nextLink")


class Unreadable(Exception):  # noqa: N818 - becomes a classified failure at the edge
    """An answer that is not what Graph documents; the message names the places and kinds of fault, never a value."""


DevicePage = Page[ManagedDevice]
OrganizationPage = Page[Organization]
ContractPage = Page[PartnerContract]
RelationshipPage = Page[AdminRelationship]
_Model = TypeVar("_Model", bound=BaseModel)
_AS_JSON: Final = TypeAdapter(DeviceFacts).serializer


def read(model: type[_Model], body: bytes) -> _Model:
    """Read an answer's body; raises Unreadable for what breaks the documented shape."""
    if _BLANK_LINK.search(body):
        # Read as an absent value it would make a list that goes on look complete.
        raise Unreadable("a next page without an address")
    try:
        return model.model_validate_json(without_blanks(body))
    except ValidationError as error:
        raise Unreadable(_faults(error)) from None


def without_blanks(body: bytes) -> bytes:
    """The same JSON with empty strings, Graph's date of year 1 and NUL characters as absent values.

    Intune answers "" for what it does not know. In valid JSON a colon followed by two quotation marks can only be a
    key's empty value, because a quotation mark inside a string is escaped; so this needs no parser and costs next to
    nothing.
    """
    body = body.replace(b':""', b":null").replace(_NO_DATE, b"null")
    if b'""' in body:
        body = _SPACED_BLANK.sub(b":null", body)
    # PostgreSQL's text, and so every reader's, holds no NUL.
    return _without_nul(body) if _NUL in body else body


def _without_nul(body: bytes) -> bytes:
    # An even run of backslashes before it means that the one in front of u0000 is itself escaped text.
    return re.sub(rb"(?<!\\)((?:\\\\)*)\\u0000", rb"\1", body)


def facts_json(facts: DeviceFacts) -> bytes:
    """The facts as they stand in the body of DeviceDiscovered."""
    return _AS_JSON.to_json(facts, exclude_none=True)


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['type']}" for fault in faults[:3])
