"""Machines as they leave the factory: makers, models, serial numbers, MAC addresses, operating systems."""

from dataclasses import dataclass
from random import Random

from .chance import hexadecimal, pick, weighted
from .model import Hardware, Platform

ALPHANUMERIC = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
DELL_OUIS = ("001422", "18DBF2", "8CEC4B", "D89EF3")
LENOVO_OUIS = ("3C18A0", "54E1AD", "8C8CAA", "E86A64")
HP_OUIS = ("3024A9", "705A0F", "C8D9D2", "84A93E")
APPLE_OUIS = ("A4C361", "F0189E", "3C22FB", "BCD074")
INTEL_OUIS = ("7C5CF8", "A0C589", "DC41A9", "F4D108")
DOCK_OUIS = ("106530", "00E04C", "482AE3")


@dataclass(frozen=True, slots=True)
class Line:
    """One maker's product line. `serial` is a pattern: # a digit, ? a letter or digit, the rest as it is."""

    manufacturer: str
    models: tuple[str, ...]
    serial: str
    ouis: tuple[str, ...]
    label_prefix: str = ""
    """What the bar code on the case carries in front of the serial number, and people scan with it."""


DELL = Line("Dell Inc.", ("Latitude 5440", "Latitude 7430", "OptiPlex 7010", "Precision 3581"), "???????", DELL_OUIS)
LENOVO = Line(
    "LENOVO",
    ("20XW00A9US", "21HD004LUS", "ThinkCentre M70q", "20S0CTO1WW"),
    "PF?????#",
    LENOVO_OUIS,
    "1S20XW00A9US",
)
HEWLETT = Line("HP", ("HP EliteBook 840 G9", "HP ProDesk 400 G7", "HP ZBook Firefly 14 G8"), "5CG####???", HP_OUIS)
SURFACE = Line("Microsoft Corporation", ("Surface Pro 9", "Surface Laptop 5"), "0############", INTEL_OUIS)
WHITE_BOX = Line(
    "Gigabyte Technology Co., Ltd.", ("B550M DS3H", "Default string", "To Be Filled By O.E.M."), "", INTEL_OUIS
)
VIRTUAL = Line("VMware, Inc.", ("VMware7,1", "VMware20,1"), "VMware-56 4d ", ("005056", "000C29"))
MACBOOK = Line("Apple", ("MacBook Pro", "MacBook Air", "iMac", "Mac mini"), "C02?????????", APPLE_OUIS, "S")
IPHONE = Line(
    "Apple", ("iPhone 13", "iPhone 14", "iPhone 15 Pro", "iPad (10th generation)"), "F??????????#", APPLE_OUIS
)
GALAXY = Line("samsung", ("SM-S911B", "SM-A546B", "SM-G990B"), "R5C#######?", APPLE_OUIS)
PIXEL = Line("Google", ("Pixel 7", "Pixel 8", "Pixel 6a"), "##########????", APPLE_OUIS)

LINES: dict[Platform, tuple[tuple[float, Line], ...]] = {
    Platform.WINDOWS: (
        (0.38, DELL),
        (0.27, LENOVO),
        (0.22, HEWLETT),
        (0.06, SURFACE),
        (0.04, WHITE_BOX),
        (0.03, VIRTUAL),
    ),
    Platform.MACOS: ((1.0, MACBOOK),),
    Platform.LINUX: ((0.6, DELL), (0.4, LENOVO)),
    Platform.IOS: ((1.0, IPHONE),),
    Platform.ANDROID: ((0.7, GALAXY), (0.3, PIXEL)),
}
VERSIONS: dict[Platform, tuple[str, ...]] = {
    Platform.WINDOWS: ("10.0.19045.4529", "10.0.22621.3737", "10.0.22631.3880", "10.0.26100.1742"),
    Platform.MACOS: ("13.6.7 (22G720)", "14.5 (23F79)", "15.1 (24B83)"),
    Platform.LINUX: ("22.04", "24.04"),
    Platform.IOS: ("16.7.8", "17.5.1", "18.1"),
    Platform.ANDROID: ("12.0", "13.0", "14.0"),
}
PLATFORMS: tuple[tuple[float, Platform], ...] = (
    (0.70, Platform.WINDOWS),
    (0.08, Platform.MACOS),
    (0.02, Platform.LINUX),
    (0.12, Platform.IOS),
    (0.08, Platform.ANDROID),
)
OPERATING_SYSTEMS = {
    Platform.WINDOWS: ("Windows 11 Pro", "Windows 10 Pro", "Microsoft Windows 11 Business"),
    Platform.MACOS: ("macOS", "macOS Sonoma"),
    Platform.LINUX: ("Ubuntu 22.04", "Linux"),
    Platform.IOS: ("iOS",),
    Platform.ANDROID: ("Android",),
}


def serial_number(rng: Random, line: Line) -> str:
    if line is WHITE_BOX:
        return ""
    if line is VIRTUAL:
        body = [hexadecimal(rng, 2).lower() for _ in range(14)]
        return f"{line.serial}{' '.join(body[:6])}-{' '.join(body[6:])}"
    return "".join(_character(rng, c) for c in line.serial)


def _character(rng: Random, pattern: str) -> str:
    if pattern == "#":
        return pick(rng, "0123456789")
    return pick(rng, ALPHANUMERIC) if pattern == "?" else pattern


def neighbour(serial: str) -> str:
    """The next serial number off the same pallet: one character differs, or two after a carry."""
    for position in range(len(serial) - 1, -1, -1):
        index = ALPHANUMERIC.find(serial[position])
        if index < 0:
            return serial + "1"
        step = 10 if serial[position].isdigit() else len(ALPHANUMERIC)
        following = ALPHANUMERIC[(index + 1) % step]
        serial = serial[:position] + following + serial[position + 1 :]
        if following != "0":
            return serial
    return serial


def mac_address(rng: Random, ouis: tuple[str, ...]) -> str:
    return pick(rng, ouis) + hexadecimal(rng, 6)


def random_mac(rng: Random) -> str:
    """A locally administered address, as private Wi-Fi addresses are: second digit 2, 6, A or E."""
    return hexadecimal(rng, 1) + pick(rng, "26AE") + hexadecimal(rng, 10)


def manufacture(rng: Random, platform: Platform, bought: int, previous: Hardware | None = None) -> Hardware:
    """A machine; with `previous`, which comes in series, the next one of the same order."""
    if previous is not None:
        line = next(line for _, line in LINES[platform] if line.manufacturer == previous.manufacturer)
        model, serial, bought = previous.model, neighbour(previous.serial), previous.bought
    else:
        line = weighted(rng, LINES[platform])
        model, serial = pick(rng, line.models), serial_number(rng, line)
    wired = not platform.is_phone
    return Hardware(
        platform=platform,
        manufacturer=line.manufacturer,
        model=model,
        serial=serial,
        wifi_mac=mac_address(rng, INTEL_OUIS if platform is Platform.WINDOWS else line.ouis),
        ethernet_mac=mac_address(rng, line.ouis) if wired else "",
        os_version=pick(rng, VERSIONS[platform]),
        bought=bought,
        storage_gib=pick(rng, (128, 256, 512, 512, 1024)),
        memory_gib=pick(rng, (4, 6, 8)) if platform.is_phone else pick(rng, (8, 16, 16, 32)),
    )


def comes_in_series(hardware: Hardware) -> bool:
    """Whether the next one off the pallet has the next serial number."""
    return bool(hardware.serial) and hardware.manufacturer != VIRTUAL.manufacturer


def label_prefix(hardware: Hardware) -> str:
    for _, line in LINES[hardware.platform]:
        if line.manufacturer == hardware.manufacturer:
            return line.label_prefix
    return ""
