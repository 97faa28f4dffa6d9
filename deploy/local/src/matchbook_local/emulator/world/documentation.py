"""What the managed service provider wrote down: configurations with interfaces, more and less true to the machines."""

from dataclasses import replace
from random import Random

from . import dirt, writing
from .calendar import documentation_date
from .chance import guid, happens, pick, weighted
from .hardware import OPERATING_SYSTEMS, mac_address, manufacture, random_mac
from .model import Configuration, Device, FoundBy, Hardware, Interface, Kind, Platform, Tenant
from .naming import Namer
from .pools import LOCATIONS

MAC_DOCUMENTED_SHARE = 0.65
OTHER_TYPES = (
    ("Printer", "HP", "LaserJet Pro M404dn"),
    ("Printer", "Brother", "HL-L6200DW"),
    ("Switch", "Ubiquiti", "USW-24-PoE"),
    ("Switch", "Cisco", "CBS350-24T"),
    ("Firewall", "Fortinet", "FortiGate 60F"),
    ("Access Point", "Ubiquiti", "U6-Pro"),
    ("Server", "Dell Inc.", "PowerEdge T350"),
    ("UPS", "APC", "Smart-UPS 1500"),
    ("NAS", "Synology", "DS923+"),
)


class Clerk:
    """Documents one tenant's machines under its organization."""

    def __init__(self, rng: Random, tenant: Tenant) -> None:
        if tenant.organization_id is None or tenant.organization_name is None:
            raise ValueError("an undocumented tenant has no clerk")
        self._rng = rng
        self._tenant = tenant
        self._organization = (tenant.organization_id, tenant.organization_name)
        self._subnet = f"10.{tenant.index % 250}.{tenant.index // 250}"
        self._count = 0

    def document(self, device: Device, full: str, found_by: FoundBy) -> Configuration:
        """The machine's own record, true enough that `found_by` leads to it and no stronger rule does."""
        flaws: list[str] = []
        configuration = self._record(device.hardware, Kind.MATCH, device.user.name)
        configuration.device_id = device.id
        match found_by:
            case FoundBy.SERIAL:
                configuration.serial_number = writing.serial(self._rng, device.hardware, flaws)
                if happens(self._rng, MAC_DOCUMENTED_SHARE):
                    self._interfaces(configuration, self._true_macs(device))
                self._any_names(configuration, device, full, flaws)
            case FoundBy.MAC:
                configuration.serial_number = writing.worthless_serial(self._rng, flaws)
                self._interfaces(configuration, self._true_macs(device))
                self._any_names(configuration, device, full, flaws)
            case FoundBy.NAME:
                configuration.serial_number = writing.worthless_serial(self._rng, flaws)
                names = writing.recognisable_names(self._rng, self._tenant, device.name, full)
                configuration.name, configuration.hostname = names
            case FoundBy.NONE:
                configuration.name = writing.drifted(self._rng, self._tenant)
                flaws.append(dirt.LOST)
        device.organization_id, device.configuration_id = configuration.organization_id, configuration.id
        device.found_by = found_by
        device.dirt = (*device.dirt, *flaws)
        return configuration

    def duplicate(self, original: Configuration, device: Device) -> Configuration:
        """The same machine once more: imported from another tool, or typed in by somebody in a hurry."""
        device.dirt = (*device.dirt, dirt.DUPLICATED)
        return replace(
            original,
            id=guid(self._rng),
            kind=Kind.DUPLICATE,
            serial_number=original.serial_number if happens(self._rng, 0.7) else "",
            notes="Imported from RMM",
            asset_tag="",
        )

    def predecessor(self, device: Device) -> Configuration:
        """The machine that bore this name before."""
        device.dirt = (*device.dirt, dirt.REUSED_NAME)
        old = manufacture(self._rng, Platform.WINDOWS, device.hardware.bought - 1400)
        configuration = self._record(old, Kind.REPLACED, device.user.name)
        configuration.name, configuration.serial_number = device.name, old.serial
        self._interfaces(configuration, [old.ethernet_mac])
        configuration.archived = happens(self._rng, 0.4)
        configuration.configuration_status = pick(self._rng, ("Inactive", "Active", "Decommissioned"))
        return configuration

    def elsewhere(self, device: Device) -> Configuration | None:
        """The machine's record stayed with the organization from which it came."""
        if self._tenant.elsewhere is None:
            return None
        configuration = self._record(device.hardware, Kind.ELSEWHERE, "")
        configuration.organization_id, configuration.organization = self._tenant.elsewhere
        configuration.name, configuration.serial_number = device.name, device.hardware.serial
        configuration.device_id = device.id
        device.dirt = (*device.dirt, dirt.ELSEWHERE)
        return configuration

    def absent(self, namer: Namer, today: int) -> Configuration:
        """A computer that was never enrolled, or is long gone."""
        machine = manufacture(self._rng, Platform.WINDOWS, today - int(self._rng.uniform(300, 3000)))
        configuration = self._record(machine, Kind.ABSENT, "")
        configuration.name = namer.numbered(machine)
        configuration.serial_number = machine.serial
        self._interfaces(configuration, [machine.ethernet_mac, machine.wifi_mac])
        configuration.archived = happens(self._rng, 0.2)
        configuration.configuration_status = "Inactive" if configuration.archived else "Active"
        return configuration

    def other(self, today: int) -> Configuration:
        kind, maker, model = pick(self._rng, OTHER_TYPES)
        bought = today - int(self._rng.uniform(60, 2500))
        machine = manufacture(self._rng, Platform.WINDOWS, bought)
        machine = replace(machine, manufacturer=maker, model=model, serial=f"{maker[:2].upper()}{machine.serial}")
        configuration = self._record(machine, Kind.OTHER, "")
        configuration.configuration_type = kind
        configuration.operating_system = ""
        configuration.name = f"{self._tenant.short_name} {kind} {self._count}"
        configuration.serial_number = machine.serial
        self._interfaces(configuration, [mac_address(self._rng, ("788CB5", "E0553D"))])
        return configuration

    def _record(self, machine: Hardware, kind: Kind, contact: str) -> Configuration:
        self._count += 1
        rng, platform = self._rng, machine.platform
        return Configuration(
            id=guid(rng),
            organization_id=self._organization[0],
            organization=self._organization[1],
            name="",
            kind=kind,
            asset_tag=f"A{self._tenant.index:03d}{self._count:05d}" if happens(rng, 0.5) else "",
            configuration_type="Mobile Device"
            if platform.is_phone
            else pick(rng, ("Workstation", "Workstation", "Laptop")),
            manufacturer=machine.manufacturer if happens(rng, 0.85) else "",
            model=machine.model if happens(rng, 0.8) else "",
            operating_system=pick(rng, OPERATING_SYSTEMS[platform]) if happens(rng, 0.8) else "",
            location=pick(rng, LOCATIONS),
            contact=contact if happens(rng, 0.6) else "",
            installed_at=documentation_date(machine.bought + 7) if happens(rng, 0.5) else "",
            purchased_at=documentation_date(machine.bought) if happens(rng, 0.5) else "",
            warranty_expires_at=documentation_date(machine.bought + 1095) if happens(rng, 0.5) else "",
        )

    def _any_names(self, configuration: Configuration, device: Device, full: str, flaws: list[str]) -> None:
        names, has_drifted = writing.any_names(self._rng, self._tenant, device.name, full, device.user)
        configuration.name, configuration.hostname = names
        if has_drifted:
            flaws.append(dirt.DRIFTED_NAME)

    @staticmethod
    def _true_macs(device: Device) -> list[str]:
        """Those of the machine that Intune reports too."""
        own = own_macs(device)
        return [mac for mac in (device.ethernet_mac, device.wifi_mac) if mac in own]

    def _interfaces(self, configuration: Configuration, macs: list[str]) -> None:
        """`macs` in twelve digits; one of them becomes the primary interface, and sometimes a strange one is added."""
        macs = [mac for mac in macs if mac]
        if not macs:
            return
        primary = int(self._rng.random() * len(macs))
        macs += [random_mac(self._rng)] if happens(self._rng, 0.1) else []
        names = weighted(self._rng, ((0.7, ("Ethernet", "Wi-Fi", "Ethernet 2")), (0.3, ("eth0", "wlan0", "eth1"))))
        configuration.interfaces = tuple(
            Interface(names[i], self._address() if i == primary else "", writing.mac(self._rng, mac), i == primary)
            for i, mac in enumerate(macs)
        )
        configuration.primary_ip = configuration.interfaces[primary].ip
        configuration.mac_address = configuration.interfaces[primary].mac
        configuration.default_gateway = f"{self._subnet}.1"
        if happens(self._rng, 0.25):
            configuration.interfaces = ()

    def _address(self) -> str:
        return f"{self._subnet}.{2 + int(self._rng.random() * 250)}"


def own_macs(device: Device) -> list[str]:
    """The MAC addresses that Intune reports and that tell this machine from every other."""
    machine = device.hardware
    return [
        mac for mac in (device.wifi_mac, device.ethernet_mac) if mac and mac in (machine.wifi_mac, machine.ethernet_mac)
    ]
