"""From a machine to the enrolment that Intune shows, with what Intune gets wrong about it."""

from random import Random

from . import dirt
from .calendar import DAY, graph_time
from .chance import guid, happens, pick, stream
from .hardware import DOCK_OUIS, mac_address, random_mac
from .model import Device, Hardware, Platform, Staff, Tenant, TenantState
from .naming import Namer, name_dirt
from .pools import pools, slug

JUNK_SERIAL_SHARE = 0.015
RANDOM_MAC_SHARE = 0.04
NO_WIFI_SHARE = 0.03
DOCK_SHARE = 0.05
DESKS_PER_DOCK = 12
VIRTUAL_MAC_SHARE = 0.02
SILENT_SHARE = 0.05
COMPLIANT_SHARE = 0.9


def hire(rng: Random, tenant: Tenant, machines: int) -> list[Staff]:
    """People for a number of machines; some have two. Logins such as jsmith repeat with a digit."""
    words, taken, staff = pools(), dict[str, int](), []
    for _ in range(max(2, machines * 3 // 4)):
        first, last = pick(rng, words.first_names), pick(rng, words.last_names)
        login = f"{slug(first)[:1]}{slug(last)}" or "user"
        taken[login] = taken.get(login, 0) + 1
        login = login if taken[login] == 1 else f"{login}{taken[login]}"
        staff.append(Staff(guid(rng), f"{first} {last}", login, tenant.domains[0]))
    return staff


class Registrar:
    """Enrols machines into one tenant. `now` is the world's clock in seconds."""

    def __init__(self, rng: Random, state: TenantState, namer: Namer, now: int) -> None:
        self._rng = rng
        self._state = state
        self._namer = namer
        self._now = now
        docks = stream(state.tenant.tenant_id, "docks")
        self._docks = [mac_address(docks, DOCK_OUIS) for _ in range(1 + len(state.staff) // DESKS_PER_DOCK)]
        self._given = {device.name.casefold() for device in state.devices}
        self._reserved: set[str] = set()

    def enrol(self, hardware: Hardware, *, distinct_name: bool = False) -> tuple[Device, str]:
        """The enrolment, appended to the tenant, and the machine's full name as its owner wrote it."""
        rng = self._rng
        user = pick(rng, self._state.staff)
        enrolled = self._enrolled(hardware)
        full, reported = self._name(hardware, user, graph_time(enrolled), distinct=distinct_name)
        flaws = name_dirt(full, reported, hardware.platform)
        device = Device(
            id=guid(rng),
            sequence=self._state.next_sequence,
            user=user,
            name=reported,
            hardware=hardware,
            serial=self._serial(hardware, flaws),
            wifi_mac=self._wifi(hardware, flaws),
            ethernet_mac=self._ethernet(hardware, flaws),
            enrolled=enrolled,
            last_sync=0,
            compliant=happens(rng, COMPLIANT_SHARE),
            free_share=0.05 + rng.random() * 0.8,
            silent=happens(rng, SILENT_SHARE),
        )
        device.last_sync = self._last_sync(device)
        device.dirt = tuple(flaws)
        self._state.next_sequence += 1
        self._state.devices.append(device)
        return device, full

    def reserve(self, name: str) -> None:
        """No later machine may get this name: something hangs on its being unique."""
        self._reserved.add(name.casefold())

    def _name(self, hardware: Hardware, user: Staff, enrolled: str, *, distinct: bool) -> tuple[str, str]:
        full = self._namer.full_name(hardware, user, enrolled)
        reported = self._namer.reported(full, hardware)
        if reported.casefold() in self._reserved or (distinct and reported.casefold() in self._given):
            full = self._namer.numbered(hardware)
            reported = self._namer.reported(full, hardware)
        self._given.add(reported.casefold())
        return full, reported

    def _enrolled(self, hardware: Hardware) -> int:
        first = max(hardware.bought * DAY, self._now - 1500 * DAY)
        return min(first + int(self._rng.random() * 30 * DAY), self._now - int(self._rng.random() * DAY))

    def _last_sync(self, device: Device) -> int:
        age = self._rng.uniform(30, 400) * DAY if device.silent else self._rng.random() ** 3 * 4 * DAY
        return max(device.enrolled, self._now - int(age))

    def _serial(self, hardware: Hardware, flaws: list[str]) -> str:
        if hardware.serial and (hardware.platform.is_phone or not happens(self._rng, JUNK_SERIAL_SHARE)):
            return hardware.serial
        flaws.append(dirt.JUNK_SERIAL)
        return pick(self._rng, dirt.JUNK_SERIALS)

    def _wifi(self, hardware: Hardware, flaws: list[str]) -> str:
        if hardware.platform.is_phone:
            flaws.append(dirt.NO_MAC)
            android = hardware.platform is Platform.ANDROID
            return dirt.ANDROID_MAC if android and happens(self._rng, 0.3) else ""
        if happens(self._rng, RANDOM_MAC_SHARE):
            flaws.append(dirt.RANDOM_MAC)
            return random_mac(self._rng)
        return "" if happens(self._rng, NO_WIFI_SHARE) else hardware.wifi_mac

    def _ethernet(self, hardware: Hardware, flaws: list[str]) -> str:
        if hardware.platform.is_phone:
            return ""
        if happens(self._rng, DOCK_SHARE):
            flaws.append(dirt.SHARED_MAC)
            return pick(self._rng, self._docks)
        if happens(self._rng, VIRTUAL_MAC_SHARE):
            flaws.append(dirt.VIRTUAL_MAC)
            return pick(self._rng, (*dirt.VIRTUAL_MACS, dirt.VPN_MAC))
        return hardware.ethernet_mac


def re_enrol(rng: Random, state: TenantState, old: Device, now: int) -> Device:
    """The machine was set up again: a new enrolment with the same hardware; the old one is superseded, not gone."""
    fresh = Device(
        id=guid(rng),
        sequence=state.next_sequence,
        user=old.user,
        name=old.name,
        hardware=old.hardware,
        serial=old.serial,
        wifi_mac=old.wifi_mac,
        ethernet_mac=old.ethernet_mac,
        enrolled=now - int(rng.random() * DAY),
        last_sync=now,
        compliant=True,
        free_share=0.8,
        organization_id=old.organization_id,
        configuration_id=old.configuration_id,
        found_by=old.found_by,
        dirt=(*old.dirt, dirt.RE_ENROLLED),
    )
    old.superseded_by = fresh.id
    old.silent = True
    state.next_sequence += 1
    state.devices.append(fresh)
    return fresh
