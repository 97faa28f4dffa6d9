"""managedDevice as Graph v1.0 prints it: each property with where its value comes from."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from matchbook_local.emulator.world.calendar import DAY, graph_time
from matchbook_local.emulator.world.model import Device, Platform

from .errors import no_such_property

Getter = Callable[[Device], Any]
GIB = 1 << 30
NEVER = "0001-01-01T00:00:00Z"

_ENROLMENT_TYPES = {
    Platform.WINDOWS: "windowsAzureADJoin",
    Platform.MACOS: "userEnrollment",
    Platform.LINUX: "userEnrollment",
    Platform.IOS: "appleUserEnrollment",
    Platform.ANDROID: "androidEnterpriseFullyManaged",
}
_PROFILES = {Platform.WINDOWS: "Autopilot user-driven", Platform.IOS: "iOS ADE"}


def _digest(purpose: bytes, source: str) -> str:
    """32 hexadecimal digits that follow from the source. A tenth of the cost of a version 5 UUID."""
    return hashlib.blake2b(source.encode(), digest_size=16, key=purpose).hexdigest()


def _entra_id(device: Device) -> str:
    text = _digest(b"entra", device.id)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _digits(purpose: bytes, source: str, count: int) -> str:
    return str(int(_digest(purpose, source), 16))[:count]


def _imei(device: Device) -> str:
    return f"35{_digits(b'imei', device.hardware.serial, 13)}" if device.hardware.platform.is_phone else ""


def _managed_name(device: Device) -> str:
    kind = device.hardware.platform.split(" ")[0]
    return f"{device.user.login}_{kind}_{graph_time(device.enrolled)[:16].replace('T', '_')}"


VARYING: dict[str, Getter] = {
    "id": lambda d: d.id,
    "userId": lambda d: d.user.id,
    "deviceName": lambda d: d.name,
    "managedDeviceName": _managed_name,
    "managedDeviceOwnerType": lambda d: "personal" if d.hardware.platform is Platform.ANDROID else "company",
    "enrolledDateTime": lambda d: graph_time(d.enrolled),
    "lastSyncDateTime": lambda d: graph_time(d.last_sync),
    "operatingSystem": lambda d: str(d.hardware.platform),
    "osVersion": lambda d: d.hardware.os_version,
    "complianceState": lambda d: "compliant" if d.compliant else "noncompliant",
    "jailBroken": lambda d: "False" if d.hardware.platform.is_phone else "Unknown",
    "deviceEnrollmentType": lambda d: _ENROLMENT_TYPES[d.hardware.platform],
    "azureADDeviceId": _entra_id,
    "emailAddress": lambda d: d.user.upn,
    "userPrincipalName": lambda d: d.user.upn,
    "userDisplayName": lambda d: d.user.name,
    "isSupervised": lambda d: d.hardware.platform is Platform.IOS,
    "isEncrypted": lambda d: d.compliant,
    "model": lambda d: d.hardware.model,
    "manufacturer": lambda d: d.hardware.manufacturer,
    "serialNumber": lambda d: d.serial,
    "imei": _imei,
    "wiFiMacAddress": lambda d: d.wifi_mac,
    "totalStorageSpaceInBytes": lambda d: d.hardware.storage_gib * GIB,
    "freeStorageSpaceInBytes": lambda d: int(d.hardware.storage_gib * GIB * d.free_share),
    "enrollmentProfileName": lambda d: _PROFILES.get(d.hardware.platform, ""),
    "easDeviceId": lambda d: _digest(b"eas", d.id).upper(),
    "managementCertificateExpirationDate": lambda d: graph_time(d.enrolled + 365 * DAY),
    "androidSecurityPatchLevel": lambda d: "2025-11-01" if d.hardware.platform is Platform.ANDROID else "",
}
CONSTANT: dict[str, Any] = {
    "managementAgent": "mdm",
    "managementState": "managed",
    "deviceRegistrationState": "registered",
    "azureADRegistered": True,
    "easActivated": True,
    "easActivationDateTime": NEVER,
    "exchangeLastSuccessfulSyncDateTime": NEVER,
    "exchangeAccessState": "none",
    "exchangeAccessStateReason": "none",
    "complianceGracePeriodExpirationDateTime": "9999-12-31T23:59:59Z",
    "deviceCategoryDisplayName": "Unknown",
    "phoneNumber": "",
    "meid": "",
    "subscriberCarrier": "",
    "activationLockBypassCode": None,
    "remoteAssistanceSessionUrl": None,
    "remoteAssistanceSessionErrorDetails": None,
    "requireUserEnrollmentApproval": None,
    "configurationManagerClientEnabledFeatures": None,
    "deviceHealthAttestationState": None,
    "partnerReportedThreatState": "unknown",
    "deviceActionResults": [],
}
ONLY_BY_ID: dict[str, Getter] = {
    "ethernetMacAddress": lambda d: d.ethernet_mac or None,
    "physicalMemoryInBytes": lambda d: d.hardware.memory_gib * GIB,
    "iccid": lambda d: f"89{_digits(b'iccid', d.id, 18)}" if d.hardware.platform.is_phone else None,
    "udid": lambda d: _digest(b"udid", d.id) if d.hardware.platform is Platform.IOS else None,
    "notes": lambda _: None,
}
"""Null in every list, even when selected; a read by id gives them, and only when they are selected."""

ALL = (*VARYING, *CONSTANT, *ONLY_BY_ID)


class Renderer:
    """Prints devices with a set of properties. What no device changes is encoded once."""

    def __init__(self, select: Sequence[str] = (), *, by_id: bool = False) -> None:
        names = known(select) or ALL
        self._by_id = by_id and bool(select)
        self._varying = [(name, getter) for name in names if (getter := self._getter(name)) is not None]
        fixed = {name: CONSTANT.get(name) for name in names if self._getter(name) is None}
        self._fixed = json.dumps(fixed, separators=(",", ":")).encode()[1:] if fixed else b"}"
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def _getter(self, name: str) -> Getter | None:
        return VARYING.get(name) or (ONLY_BY_ID.get(name) if self._by_id else None)

    def __call__(self, device: Device) -> bytes:
        start = self._encode({name: getter(device) for name, getter in self._varying}).encode()
        if not self._varying:
            return b"{" + self._fixed
        return start if self._fixed == b"}" else start[:-1] + b"," + self._fixed


def known(select: Iterable[str]) -> tuple[str, ...]:
    """The names as given. Raises GraphError for the first that managedDevice does not have."""
    names = tuple(dict.fromkeys(select))
    for name in names:
        if name not in VARYING and name not in CONSTANT and name not in ONLY_BY_ID:
            raise no_such_property(name, "managedDevice")
    return names
