"""An organization's devices and free configurations, filed under everything by which they may find each other."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from matchbook_matcher.domain.compare import Learned, cut, likeness, may_be_cut
from matchbook_matcher.domain.forms import Kind, Name
from matchbook_matcher.domain.records import Configuration, Device, Key
from matchbook_matcher.domain.scale import Named
from matchbook_matcher.domain.weights import DeviceLimits

Blocks = dict[tuple[str, ...], list[tuple[Name, Configuration]]]
_LONGEST = 64
"""No more than this many configurations are ever kept under one value: what so many share finds none of them."""


@dataclass(slots=True)
class Fleet:
    """The live devices: `current` ones, and the enrolments that a newer one of the same machine has superseded."""

    current: list[Device] = field(default_factory=list)
    superseded: dict[Key, Device] = field(default_factory=dict)
    """By the superseded device's key: the current device."""
    twins: dict[Key, list[Device]] = field(default_factory=dict)
    """By the current device's key: what it superseded."""
    learned: Learned = field(default_factory=Learned)


def fleet_of(devices: Iterable[Device], limits: DeviceLimits, common_serials: AbstractSet[str]) -> Fleet:
    """Sort the devices out. `common_serials` are known to be junk from all organizations together."""
    by_serial: dict[str, Device | list[Device]] = {}
    fleet = Fleet()
    for device in devices:
        key = device.serial_key
        if key is None or key in common_serials:
            fleet.current.append(device)
        elif (other := by_serial.get(key)) is None:
            by_serial[key] = device
        elif isinstance(other, list):
            other.append(device)
        else:
            by_serial[key] = [other, device]
    junk = set(common_serials)
    for key, holders in by_serial.items():
        if not isinstance(holders, list):
            fleet.current.append(holders)
        elif _is_junk(holders, limits):
            junk.add(key)
            fleet.current.extend(holders)
        else:
            _supersede(holders, fleet)
    fleet.learned = Learned(junk, _shared_macs(fleet.current, limits), _common_names(fleet.current, limits))
    return fleet


def _is_junk(holders: Sequence[Device], limits: DeviceLimits) -> bool:
    """A machine is not enrolled any number of times, and it is of one model."""
    models = {device.model for device in holders if device.model}
    return len(holders) > limits.enrolments_of_a_machine or len(models) > 1


def _supersede(holders: Iterable[Device], fleet: Fleet) -> None:
    by_tenant: defaultdict[str, list[Device]] = defaultdict(list)
    for device in holders:
        by_tenant[device.tenant_id].append(device)
    for enrolments in by_tenant.values():
        newest = max(enrolments, key=lambda device: (device.last_sync, device.device_id))
        fleet.current.append(newest)
        older = [device for device in enrolments if device is not newest]
        if older:
            fleet.twins[newest.tenant_id, newest.device_id] = older
            fleet.superseded.update(((device.tenant_id, device.device_id), newest) for device in older)


def _shared_macs(devices: Sequence[Device], limits: DeviceLimits) -> set[str]:
    wired = Counter(device.ethernet for device in devices)
    wireless = Counter(device.wifi for device in devices)
    shared = {mac for mac, count in wired.items() if mac is not None and count > limits.wired_devices}
    return shared | {mac for mac, count in wireless.items() if mac is not None and count > limits.wireless_devices}


def _common_names(devices: Sequence[Device], limits: DeviceLimits) -> set[str]:
    counts = Counter(device.name.key for device in devices if device.name is not None)
    return {name for name, count in counts.items() if count > limits.name_holders}


class Documents:
    """The configurations that a device may be matched to."""

    def __init__(self, configurations: Iterable[Configuration], limits: DeviceLimits) -> None:
        self.limits = limits
        self.all: dict[str, Configuration] = {}
        self.by_serial: dict[str, tuple[Configuration, ...]] = {}
        self.by_mac: dict[str, tuple[Configuration, ...]] = {}
        self.by_name: dict[str, tuple[Configuration, ...]] = {}
        self.by_cut_name: dict[str, tuple[Configuration, ...]] = {}
        self._alike: Blocks | None = None
        for configuration in configurations:
            self.add(configuration)

    def add(self, configuration: Configuration) -> None:
        """File a configuration that is not filed yet."""
        self.all[configuration.configuration_id] = configuration
        if (key := configuration.serial_key) is not None:
            _add(self.by_serial, key, configuration)
            if configuration.scanned is not None:
                _add(self.by_serial, configuration.scanned, configuration)
        for mac in configuration.macs:
            _add(self.by_mac, mac, configuration)
        for name in configuration.names:
            if name.kind is not Kind.GENERIC:
                _add(self.by_name, name.key, configuration)
                if (short := cut(name.short)) is not None:
                    _add(self.by_cut_name, short, configuration)
        if self._alike is not None:
            _add_to_blocks(self._alike, configuration)

    def remove(self, configuration: Configuration) -> None:
        """Take one out again. Only right where none of its values is `full`."""
        del self.all[configuration.configuration_id]
        for index, value in self._places(configuration):
            _remove(index, value, configuration)
        if self._alike is not None:
            for name in configuration.names:
                if (block := self._alike.get(name.numbers)) is not None:
                    self._alike[name.numbers] = [entry for entry in block if entry[1] is not configuration]

    def full(self, configuration: Configuration) -> bool:
        """Whether it has a value under which not all configurations are kept."""
        return any(len(index.get(value, ())) > _LONGEST for index, value in self._places(configuration))

    def _places(self, configuration: Configuration) -> Iterator[tuple[dict[str, tuple[Configuration, ...]], str]]:
        """Every index with every value under which a configuration may be in it."""
        yield from ((self.by_serial, key) for key in (configuration.serial_key, configuration.scanned) if key)
        yield from ((self.by_mac, mac) for mac in configuration.macs)
        for name in configuration.names:
            yield self.by_name, name.key
            if (short := cut(name.short)) is not None:
                yield self.by_cut_name, short

    def learned(self, fleet: Fleet) -> Learned:
        """What devices and configurations together show to identify nothing."""
        limits = self.limits
        junk = {serial for serial, held in self.by_serial.items() if len(held) > limits.enrolments_of_a_machine}
        shared = {mac for mac, held in self.by_mac.items() if len(held) > limits.address_holders}
        common = {name for name, held in self.by_name.items() if len(held) > limits.name_holders}
        theirs = fleet.learned
        return Learned(theirs.serials | junk, theirs.macs | shared, theirs.names | common)

    def candidates(self, device: Device, learned: Learned) -> tuple[Configuration, ...]:
        """Those that share a usable serial number, MAC address or name with the device, in no particular order."""
        found: tuple[Configuration, ...] = ()
        if (key := device.serial_key) is not None and key not in learned.serials:
            found = self.by_serial.get(key, ())
        for mac in (device.wifi, device.ethernet):
            if mac is not None and (held := self.by_mac.get(mac)) is not None and mac not in learned.macs:
                found = _joined(found, held)
        if (name := device.name) is not None and name.kind is not Kind.GENERIC and name.key not in learned.names:
            if (held := self.by_name.get(name.key)) is not None:
                found = _joined(found, held)
            if may_be_cut(name.short) and (held := self.by_cut_name.get(name.short)) is not None:
                found = _joined(found, held) if len(held) <= self.limits.name_holders else found
            if (short := cut(name.short)) is not None:
                found = _joined(found, self._named(short))
        return found

    def _named(self, short: str) -> tuple[Configuration, ...]:
        held = self.by_name.get("".join(c for c in short if c.isalnum()), ())
        return tuple(c for c in held if any(name.short == short for name in c.names))

    def alike(self, device: Device, learned: Learned) -> tuple[Configuration, ...]:
        """Those whose name is like the device's and has the same numbers: for a device that nothing else has found."""
        name = device.name
        if name is None or name.kind is not Kind.OWN or name.key in learned.names:
            return ()
        block = self.block(name.numbers)
        wanted = (Named.ALIKE, Named.SIMILAR)
        found = {c.configuration_id: c for other, c in block if likeness(name, other, self.limits) in wanted}
        return tuple(found.values())

    def block(self, numbers: tuple[str, ...]) -> Sequence[tuple[Name, Configuration]]:
        """The names with these numbers; none where they are too many to be compared by likeness."""
        if self._alike is None:
            self._alike = {}
            for configuration in self.all.values():
                _add_to_blocks(self._alike, configuration)
        block = self._alike.get(numbers, ())
        return block if len(block) <= self.limits.similarity_block else ()


def _add_to_blocks(blocks: Blocks, configuration: Configuration) -> None:
    for name in configuration.names:
        if name.kind is Kind.OWN:
            blocks.setdefault(name.numbers, []).append((name, configuration))


def _add(index: dict[str, tuple[Configuration, ...]], key: str, configuration: Configuration) -> None:
    held = index.get(key)
    if held is None:
        index[key] = (configuration,)
    elif len(held) <= _LONGEST and held[-1] is not configuration:
        index[key] = (*held, configuration)


def _remove(index: dict[str, tuple[Configuration, ...]], key: str, configuration: Configuration) -> None:
    left = tuple(other for other in index.get(key, ()) if other is not configuration)
    if left:
        index[key] = left
    else:
        index.pop(key, None)


def _joined(found: tuple[Configuration, ...], more: tuple[Configuration, ...]) -> tuple[Configuration, ...]:
    if not found:
        return more
    for configuration in more:
        if configuration not in found:
            found = (*found, configuration)
    return found
