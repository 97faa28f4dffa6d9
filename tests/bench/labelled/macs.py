"""How MAC addresses go wrong. Each function spoils one case and says whether it could."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from matchbook_local.emulator.world.chance import happens, hexadecimal, pick
from matchbook_local.emulator.world.dirt import VIRTUAL_MACS, VPN_MAC
from matchbook_local.emulator.world.hardware import mac_address, random_mac

from .model import Case, Proof


def _grouped(mac: str, by: int, separator: str) -> str:
    return separator.join(mac[i : i + by] for i in range(0, 12, by))


NOTATIONS: Final[dict[str, Callable[[str], str]]] = {
    "colons": lambda mac: _grouped(mac, 2, ":"),
    "hyphens": lambda mac: _grouped(mac, 2, "-"),
    "bare": lambda mac: mac,
    "lower": lambda mac: _grouped(mac, 2, ":").lower(),
    "cisco": lambda mac: _grouped(mac, 4, ".").lower(),
    "blanks": lambda mac: f" {_grouped(mac, 2, ' ')}",
}
_OTHER_STYLES = tuple(NOTATIONS)[1:]
HYPER_V_OUI = "00155D"


def mac_notation(case: Case) -> bool:
    case.documented.mac_style = pick(case.rng, _OTHER_STYLES)
    return bool(case.documented.macs)


def one_interface_documented(case: Case) -> bool:
    """Often the wired one, which Graph's lists do not show."""
    if case.is_phone:
        return False
    before = list(case.documented.macs)
    case.documented.macs = [pick(case.rng, case.own_macs)]
    return _kept(case, before)


def several_interfaces(case: Case) -> bool:
    """All that ipconfig prints: both adapters, Bluetooth one after Wi-Fi, and a dongle of long ago."""
    if case.is_phone:
        return False
    dongle = mac_address(case.rng, ("00E04C", "A0CEC8"))
    case.documented.macs = [*case.own_macs, following(case.hardware.wifi_mac), dongle]
    case.rng.shuffle(case.documented.macs)
    return case.weigh_macs()


def macs_not_documented(case: Case) -> bool:
    if not case.documented.macs or not case.loses(Proof.MAC):
        return False
    case.documented.macs = []
    return True


def dock_shared(case: Case) -> bool:
    """The wired address is the dock's, which several people use; some documented it as the machine's."""
    if case.is_phone:
        return False
    dock, before = pick(case.rng, case.place.docks), list(case.documented.macs)
    wired = case.enrolment.ethernet
    case.enrolment.ethernet = dock
    if happens(case.rng, 0.6):
        case.documented.macs = [dock] if happens(case.rng, 0.4) else [*before, dock]
    if _kept(case, before):
        return True
    case.enrolment.ethernet = wired
    return False


def dongle_moved(case: Case) -> bool:
    """An adapter that is documented with a colleague's machine, and plugged into this one by now."""
    other = case.place.earlier()
    if other is None or other.record is None or case.is_phone or other.is_phone:
        return False
    wired, case.enrolment.ethernet = case.enrolment.ethernet, mac_address(case.rng, ("00E04C", "A0CEC8"))
    if case.record is not None and not case.weigh_macs():
        case.enrolment.ethernet = wired
        return False
    other.record.macs.append(case.enrolment.ethernet)
    return True


def virtual_adapter_documented(case: Case) -> bool:
    """The host adapters of VMware, VirtualBox and Hyper-V, and a VPN's, beside the real ones or alone."""
    if case.is_phone:
        return False
    virtual = pick(case.rng, (*VIRTUAL_MACS, VPN_MAC, HYPER_V_OUI + hexadecimal(case.rng, 6)))
    before = list(case.documented.macs)
    case.documented.macs = [virtual] if happens(case.rng, 0.25) else [*before, virtual]
    return _kept(case, before)


def virtual_adapter_reported(case: Case) -> bool:
    """A VPN's or a virtual switch's address, the same on many devices."""
    if case.is_phone:
        return False
    wired, case.enrolment.ethernet = case.enrolment.ethernet, pick(case.rng, (*VIRTUAL_MACS, VPN_MAC))
    if happens(case.rng, 0.3):
        case.documented.macs.append(case.enrolment.ethernet or VPN_MAC)
    if case.weigh_macs():
        return True
    case.enrolment.ethernet = wired
    return False


def randomised_wifi(case: Case) -> bool:
    if case.is_phone:
        return False
    before, case.enrolment.wifi = case.enrolment.wifi, random_mac(case.rng)
    if case.weigh_macs():
        return True
    case.enrolment.wifi = before
    return False


def mac_mistyped(case: Case) -> bool:
    record = case.documented
    if not record.macs or not case.loses(Proof.MAC):
        return False
    digit = pick(case.rng, "0123456789ABCDEF")
    at = 6 + int(case.rng.random() * 6)
    record.macs = [mac[:at] + digit + mac[at + 1 :] if mac[at] != digit else following(mac) for mac in record.macs[:1]]
    return True


def macs_one_apart(case: Case) -> bool:
    """Adapters numbered in a row: this machine's Wi-Fi follows the wired address of the machine before it."""
    others = case.place.cases[-1:]
    if not others or case.is_phone or others[0].is_phone:
        return False
    wifi = following(others[0].hardware.ethernet_mac)
    old, case.hardware = case.own_macs, replace(case.hardware, wifi_mac=wifi, ethernet_mac=following(wifi))
    renamed = dict(zip(old, case.own_macs, strict=True))
    case.enrolment.wifi = renamed.get(case.enrolment.wifi or "", case.enrolment.wifi)
    case.enrolment.ethernet = renamed.get(case.enrolment.ethernet or "", case.enrolment.ethernet)
    case.documented.macs = [renamed.get(mac, mac) for mac in case.documented.macs]
    return True


def following(mac: str) -> str:
    return f"{(int(mac, 16) + 1) % (1 << 48):012X}"


def _kept(case: Case, before: list[str]) -> bool:
    """Takes a change of the documented addresses back where nothing would prove the machine any more."""
    if case.weigh_macs():
        return case.documented.macs != before or case.enrolment.ethernet not in (None, *case.own_macs)
    case.documented.macs = before
    return False
