"""Devices and configurations as the matcher knows them, with the forms in which they are compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from matchbook_matcher.domain.forms import (
    UUID_DIGITS,
    Hygiene,
    Name,
    family_of,
    mac_set_aside,
    maker_of,
    model_of,
    name_beside,
    name_of,
    parts_of_name,
    serial_variant,
)
from matchbook_matcher.domain.people import people_in, words_of

Status = Literal["unmatched", "matched", "ignored"]
_NO_WORDS: frozenset[str] = frozenset()
Key = tuple[str, str]
"""Tenant id and device id."""


@dataclass(slots=True, frozen=True)
class Standing:
    """What people decided about a device: `reverted` holds the fingerprint of each pair that was undone, by target."""

    status: Status = "unmatched"
    target_id: str | None = None
    reverted: Mapping[str, str | None] | None = None


class DeviceFacts(NamedTuple):
    """A device as it is kept: MAC addresses in normal form, usable or not; `serial_key` as `forms.serial_key` gives.

    `people` has a line for each way in which its user is named, `system` is the operating system.
    """

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
    maker: str | None = None


class ConfigurationFacts(NamedTuple):
    """A configuration as it is kept: MAC addresses of all interfaces in normal form, `people` as of a device."""

    configuration_id: str
    organization_id: str
    name: str = ""
    hostname: str | None = None
    serial: str | None = None
    serial_key: str | None = None
    variant: str | None = None
    macs: Sequence[str] = ()
    model: str | None = None
    people: str | None = None
    type: str | None = None
    maker: str | None = None


class Device:
    """One live enrolment. Nothing of it changes once made.

    `serial_key`, `wifi` and `ethernet` hold usable values in normal form; `set_aside` the other MAC addresses with the
    reason. `variant` is the serial number's other form, as `forms.serial_variant` gives it. `last_sync` is in
    seconds since 1970, 0 when unknown. `people` are those whose it is, `family` is what kind of machine it is and
    `maker` who built it, as far as that is said; `product` is the model where that is no placeholder.

    No dataclass: what that generates stays interpreted where this module is compiled, and takes half of its time.
    """

    __slots__ = (
        "device_id", "ethernet", "family", "last_sync", "maker", "model", "name", "people", "product", "serial",
        "serial_key", "set_aside", "standing", "tenant_id", "variant", "wifi",
    )  # fmt: skip

    def __init__(self, facts: DeviceFacts, hygiene: Hygiene, standing: Standing | None = None) -> None:
        tenant_id, device_id, name, serial, key, wifi, ethernet, model, last_sync, people, system, maker = facts
        aside: tuple[tuple[str, str], ...] = ()
        if wifi is not None and (reason := mac_set_aside(wifi, hygiene)) is not None:
            aside, wifi = ((wifi, reason),), None
        if ethernet is not None and (reason := mac_set_aside(ethernet, hygiene)) is not None:
            aside, ethernet = (*aside, (ethernet, reason)), None
        if key in hygiene.serial_numbers:
            key = None
        may_vary = key is not None and (key[0] in "01S" or len(key) == UUID_DIGITS)
        self.tenant_id = tenant_id
        self.device_id = device_id
        self.name = name_beside(model, name, hygiene) if model else name_of(name, hygiene)
        self.serial = serial
        self.serial_key = key
        self.variant = serial_variant(key) if key is not None and may_vary else None
        self.wifi = wifi
        self.ethernet = ethernet
        self.set_aside = aside
        self.model = model
        self.product = model_of(model, hygiene) if model else None
        self.last_sync = last_sync
        self.maker = maker_of(maker, hygiene) if maker else None
        self.people = people_in(people, hygiene) if people else None
        self.family = family_of(system, hygiene) if system else None
        self.standing = standing


class Configuration:
    """One documented machine that is not archived. `names` are those that it may bear: its name and its host name.

    `product` as of a device, `title` are the words of a name that may be a person's, without those of machines.
    """

    __slots__ = (
        "configuration_id", "family", "macs", "maker", "model", "name", "names", "organization_id", "people", "product",
        "serial", "serial_key", "set_aside", "title", "variant",
    )  # fmt: skip

    def __init__(self, facts: ConfigurationFacts, hygiene: Hygiene) -> None:
        identity, organization_id, name, hostname, serial, key, variant, macs, model, people, type_, maker = facts
        aside: tuple[tuple[str, str], ...] = ()
        usable: tuple[str, ...] = ()
        for mac in macs:
            reason = mac_set_aside(mac, hygiene)
            if reason is None:
                usable += (mac,)
            else:
                aside += ((mac, reason),)
        if key in hygiene.serial_numbers or variant in hygiene.serial_numbers:
            key = variant = None
        persons = people_in(people, hygiene) if people else None
        self.configuration_id = identity
        self.organization_id = organization_id
        self.name = name
        self.names = _names(name, hostname, hygiene)
        self.serial = serial
        self.serial_key = key
        self.variant = variant
        self.macs = usable
        self.set_aside = aside
        self.model = model
        self.product = model_of(model, hygiene) if model else None
        self.maker = maker_of(maker, hygiene) if maker else None
        self.people = persons
        self.family = family_of(type_, hygiene) if type_ else None
        # No machine's own name has blanks.
        is_title = persons is not None and " " in name
        self.title = words_of(name) - words_of(model or "") - hygiene.machine_titles if is_title else _NO_WORDS

    @property
    def serials(self) -> tuple[str, ...]:
        """All under which it may be found."""
        return tuple(key for key in (self.serial_key, self.variant) if key is not None)


def in_lines(values: Iterable[str | None]) -> str:
    """One text of a list, a line each: PostgreSQL wants arrays of arrays rectangular, and lists of names are not."""
    return "\n".join(cleaned for value in values if value and (cleaned := value.replace("\n", " ").strip()))


def _names(name: str, hostname: str | None, hygiene: Hygiene) -> tuple[Name, ...]:
    parts = parts_of_name(name)
    if len(parts) == 1 and hostname in (None, "", name) and parts[0] is name:
        form = name_of(name, hygiene)
        return () if form is None else (form,)
    if (len(parts) > 1 or parts[0] is not name) and not hygiene.former.isdisjoint(words_of(name)):
        # `LT-012 (old)` is the one that LT-012 has replaced.
        parts = (name,)
    found = [form for part in parts if (form := name_of(part, hygiene)) is not None]
    if hostname and hostname != name and (host := name_of(hostname, hygiene)) is not None:
        # A friendly name such as "Laptop" beside a host name is a title; the host name is what the machine is called.
        found = [form for form in found if form.identifies and form.key != host.key] + [host]
    return tuple(found)
