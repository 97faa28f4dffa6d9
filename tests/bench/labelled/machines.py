"""Machines in the order in which a customer bought them, and their enrolments."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from matchbook_local.emulator.world.chance import guid, happens, pick, weighted
from matchbook_local.emulator.world.hardware import comes_in_series, manufacture
from matchbook_local.emulator.world.model import Hardware, Platform

from .macs import HYPER_V_OUI
from .model import Case, Enrolment
from .naming import NETBIOS_LENGTH
from .place import Place
from .serials import UNLISTED_JUNK

NOW = 1_750_000_000
DAY = 86_400
PLATFORMS = (
    (0.74, Platform.WINDOWS),
    (0.08, Platform.MACOS),
    (0.02, Platform.LINUX),
    (0.10, Platform.IOS),
    (0.06, Platform.ANDROID),
)
SAME_ORDER_SHARE = 0.1
NO_WIFI_SHARE = 0.08
HYPER_V_SHARE = 0.5


def machines(rng: Random) -> Iterator[tuple[Hardware, bool]]:
    """Machines for ever, and whether each has the serial number after that of the one before."""
    previous: Hardware | None = None
    while True:
        platform = previous.platform if previous else weighted(rng, PLATFORMS)
        hardware = _finished(rng, manufacture(rng, platform, int(NOW / DAY - rng.random() ** 2 * 1800), previous))
        yield hardware, previous is not None
        previous = hardware if _in_series(hardware) and happens(rng, SAME_ORDER_SHARE) else None


def enrol(place: Place, hardware: Hardware) -> Case:
    """The machine with a user and a name, as Graph lists it; nobody has documented it yet."""
    rng = place.rng
    user = pick(rng, place.staff)
    name, names_it = place.namer.name(hardware, user)
    reported = _reported(hardware, name)
    enrolled = NOW - int(rng.random() * 1200 * DAY)
    enrolment = Enrolment(
        id=guid(rng),
        name=reported,
        serial=hardware.serial or pick(rng, (*UNLISTED_JUNK[:2], "To be filled by O.E.M.", "Default string")),
        wifi=None if hardware.platform.is_phone or happens(rng, NO_WIFI_SHARE) else hardware.wifi_mac,
        ethernet=hardware.ethernet_mac if place.reads_ethernet and not hardware.platform.is_phone else None,
        user=user,
        manufacturer=hardware.manufacturer,
        model=hardware.model,
        platform=hardware.platform.value.split(" ")[0],
        enrolled=enrolled,
        last_sync=max(enrolled, NOW - int(rng.random() ** 3 * 30 * DAY)),
    )
    return Case(rng, place, hardware, user, name, place.is_new(reported) and names_it, enrolment)


def enrol_again(case: Case, days: int) -> Enrolment:
    """What is left of an enrolment `days` before the present one: the same machine, perhaps under another name."""
    rng, enrolment = case.rng, case.enrolment
    last = enrolment.enrolled - days * DAY
    renamed = happens(rng, 0.3) and not case.is_phone
    return replace(
        enrolment,
        id=guid(rng),
        name=case.place.namer.old_name(case.hardware)[:NETBIOS_LENGTH] if renamed else enrolment.name,
        user=pick(rng, case.place.staff) if happens(rng, 0.3) else enrolment.user,
        enrolled=last - 300 * DAY,
        last_sync=last,
    )


def _reported(hardware: Hardware, name: str) -> str:
    return name[:NETBIOS_LENGTH].rstrip("-") if hardware.platform is Platform.WINDOWS else name


def _finished(rng: Random, hardware: Hardware) -> Hardware:
    """Some virtual machines are Hyper-V's, whose serial numbers are thirty digits in groups."""
    if not hardware.serial.startswith("VMware") or not happens(rng, HYPER_V_SHARE):
        return hardware
    digits = "".join(pick(rng, "0123456789") for _ in range(30))
    return replace(
        hardware,
        manufacturer="Microsoft Corporation",
        model="Virtual Machine",
        serial="-".join((*(digits[i : i + 4] for i in range(0, 28, 4)), digits[28:])),
        wifi_mac=HYPER_V_OUI + hardware.wifi_mac[6:],
        ethernet_mac=HYPER_V_OUI + hardware.ethernet_mac[6:],
    )


def _in_series(hardware: Hardware) -> bool:
    return comes_in_series(hardware) and hardware.model != "Virtual Machine"
