"""Devices and configurations as the matcher knows them, with the forms in which they are compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from matchbook_matcher.domain.forms import Hygiene, Kind, Name, family_of, mac_set_aside, name_of, without_note

Status = Literal["unmatched", "matched", "ignored"]
Key = tuple[str, str]
"""Tenant id and device id."""


@dataclass(slots=True, frozen=True)
class Standing:
    """What people decided about a device: `reverted` holds the fingerprint of each pair that was undone, by target."""

    status: Status = "unmatched"
    target_id: str | None = None
    reverted: Mapping[str, str | None] | None = None


@dataclass(slots=True, eq=False)
class Device:
    """One live enrolment. Nothing of it changes once made; `frozen` would only make a hundred thousand of them slower.

    `serial_key`, `wifi` and `ethernet` hold usable values in normal form; `set_aside` the other MAC addresses with the
    reason. `last_sync` is in seconds since 1970, 0 when unknown. `people` are lines that name whose it is, `family`
    is what kind of machine it is, as far as that is said.
    """

    tenant_id: str
    device_id: str
    name: Name | None
    serial: str | None
    serial_key: str | None
    wifi: str | None
    ethernet: str | None
    set_aside: tuple[tuple[str, str], ...]
    model: str | None
    last_sync: float
    people: str | None
    family: str | None
    standing: Standing | None


@dataclass(slots=True, eq=False)
class Configuration:
    """One documented machine that is not archived. `names` are those that it may bear: its name and its host name."""

    configuration_id: str
    organization_id: str
    name: str
    names: tuple[Name, ...]
    serial: str | None
    serial_key: str | None
    scanned: str | None
    macs: tuple[str, ...]
    set_aside: tuple[tuple[str, str], ...]
    model: str | None
    people: str | None
    family: str | None


class DeviceFacts(NamedTuple):
    """A device as it is kept: MAC addresses in normal form, usable or not; `serial_key` as `forms.serial_key` gives."""

    tenant_id: str
    device_id: str
    name: str | None = None
    serial: str | None = None
    serial_key: str | None = None
    wifi: str | None = None
    ethernet: str | None = None
    model: str | None = None
    last_sync: float = 0.0
    people: str | None = None
    system: str | None = None


class ConfigurationFacts(NamedTuple):
    """A configuration as it is kept: MAC addresses of all interfaces in normal form."""

    configuration_id: str
    organization_id: str
    name: str = ""
    hostname: str | None = None
    serial: str | None = None
    serial_key: str | None = None
    scanned: str | None = None
    macs: Sequence[str] = ()
    model: str | None = None
    people: str | None = None
    type: str | None = None


def make_device(facts: DeviceFacts, hygiene: Hygiene, standing: Standing | None = None) -> Device:
    tenant_id, device_id, name, serial, key, wifi, ethernet, model, last_sync, people, system = facts
    aside: tuple[tuple[str, str], ...] = ()
    if wifi is not None and (reason := mac_set_aside(wifi, hygiene)) is not None:
        aside, wifi = ((wifi, reason),), None
    if ethernet is not None and (reason := mac_set_aside(ethernet, hygiene)) is not None:
        aside, ethernet = (*aside, (ethernet, reason)), None
    form = name_of(name, hygiene)
    family = family_of(system, hygiene.families) if system else None
    return Device(
        tenant_id, device_id, form, serial, key, wifi, ethernet, aside, model, last_sync, people, family, standing
    )


def make_configuration(facts: ConfigurationFacts, hygiene: Hygiene) -> Configuration:
    configuration_id, organization_id, name, hostname, serial, key, scanned, macs, model, people, type_ = facts
    aside: tuple[tuple[str, str], ...] = ()
    usable: tuple[str, ...] = ()
    for mac in macs:
        reason = mac_set_aside(mac, hygiene)
        if reason is None:
            usable += (mac,)
        else:
            aside += ((mac, reason),)
    names = _names(name, hostname, hygiene)
    family = family_of(type_, hygiene.families) if type_ else None
    return Configuration(
        configuration_id, organization_id, name, names, serial, key, scanned, usable, aside, model, people, family
    )


def _names(name: str, hostname: str | None, hygiene: Hygiene) -> tuple[Name, ...]:
    first = name_of(without_note(name) if name.endswith((")", "]")) else name, hygiene)
    if not hostname or hostname == name:
        return () if first is None else (first,)
    second = name_of(hostname, hygiene)
    if second is None:
        return () if first is None else (first,)
    if first is None or second.key == first.key:
        return (second,)
    # A friendly name such as "Laptop" beside a host name is a title; the host name is what the machine is called.
    return (second,) if first.kind is Kind.GENERIC else (first, second)
