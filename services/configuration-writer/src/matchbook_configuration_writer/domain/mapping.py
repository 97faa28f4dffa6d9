"""Which facts of a device go into which field of a configuration, and which facts are not worth writing."""

from collections.abc import Mapping
from typing import Final

from matchbook_contracts.identity import normalise_mac, normalise_serial, serial_is_usable
from matchbook_contracts.states import ConfigurationState, FieldName

from matchbook_configuration_writer.domain.world import Device

_NO_MACHINE_MACS: Final = frozenset(
    {"00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF", "FE:FF:FF:FF:FF:FF", "0A:00:27:00:00:00", "02:00:4E:43:50:49"}
)
_VIRTUAL_HOST_PREFIX: Final = "00:50:56:C0:"
_LOCALLY_ADMINISTERED: Final = frozenset("26AE")


def mac_identifies(normalised: str) -> bool:
    """Whether a MAC address can stand for one machine: no placeholder, virtual adapter or randomised address."""
    if normalised in _NO_MACHINE_MACS or normalised.startswith(_VIRTUAL_HOST_PREFIX):
        return False
    return normalised[1] not in _LOCALLY_ADMINISTERED


def mac_addresses(device: Device) -> tuple[str, ...]:
    """The device's MAC addresses that identify it, normalised, the wired one first."""
    found = map(normalise_mac, (device.ethernet_mac_address, device.wifi_mac_address))
    return tuple(dict.fromkeys(address for address in found if address is not None and mac_identifies(address)))


def device_identities(device: Device) -> frozenset[str]:
    """What a configuration of the same machine would share with the device; see `world.identities`."""
    serial = normalise_serial(device.serial_number)
    macs = frozenset(f"mac:{address}" for address in mac_addresses(device))
    return macs | {f"serial:{serial}"} if serial_is_usable(serial) else macs


def mapped(device: Device, documented_macs: tuple[str, ...] = ()) -> Mapping[FieldName, str]:
    """The values that sync writes for a device: never a blank, a junk serial number or a MAC of no machine.

    Where documentation has one of the device's MAC addresses already, in whatever notation, there is nothing to write.
    """
    usable = serial_is_usable(normalise_serial(device.serial_number))
    macs = mac_addresses(device)
    values: dict[FieldName, str | None] = {
        "hostname": device.device_name,
        "serial_number": device.serial_number if usable else None,
        "mac_address": macs[0] if macs and set(macs).isdisjoint(documented_macs) else None,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "operating_system": " ".join(part for part in (device.operating_system, device.os_version) if part),
        "primary_user": device.user_principal_name,
    }
    return {name: text for name, value in values.items() if value is not None and (text := value.strip())}


def mapped_onto(device: Device, state: ConfigurationState) -> Mapping[FieldName, str]:
    """`mapped` for a configuration that exists."""
    return mapped(device, state.mac_addresses)
