"""An organization's devices and free configurations, filed under everything by which they may find each other."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from matchbook_matcher.domain.compare import SHORTEST_CUT, Learned, cut
from matchbook_matcher.domain.forms import GENERIC, PERSONAL, Name, letters_and_digits, plain
from matchbook_matcher.domain.records import Configuration, Device, Key
from matchbook_matcher.domain.slips import Doubtful, joined
from matchbook_matcher.domain.weights import DeviceLimits

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
    displaced: list[Device] = field(default_factory=list)
    """Enrolments that nobody has decided on, of machines with a newer one in another tenant of the organization."""
    learned: Learned = field(default_factory=Learned)
    serials: AbstractSet[str] = frozenset()
    names: AbstractSet[str] = frozenset()
    """All that there are, usable or not, in normal form."""


def fleet_of(devices: Iterable[Device], limits: DeviceLimits, common_serials: AbstractSet[str]) -> Fleet:
    """Sort the devices out. `common_serials` are known to be junk from all organizations together."""
    by_serial: dict[str, Device | list[Device]] = {}
    fleet = Fleet()
    for device in devices:
        key = machine_of(device, common_serials)
        if key is None:
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
            for enrolments in _by_adapter_and_name(holders):
                if len(enrolments) == 1 or _is_junk(enrolments, limits):
                    fleet.current.extend(enrolments)
                else:
                    _supersede(enrolments, fleet)
        else:
            _supersede(holders, fleet)
    fleet.serials = by_serial.keys()
    fleet.names = {device.name.key for device in fleet.current if device.name is not None}
    fleet.learned = Learned(junk, _shared_macs(fleet.current, limits), _common_names(fleet.current, limits))
    return fleet


def machine_of(device: Device, common_serials: AbstractSet[str]) -> str | None:
    """What enrolments of one machine have in common: a serial number, or where it has none its Wi-Fi adapter and name.

    The latter is never a serial number's normal form. None where nothing tells.
    """
    key = device.serial_key
    if key is not None and key not in common_serials:
        return key
    return _adapter_and_name(device)


def _adapter_and_name(device: Device) -> str | None:
    if device.wifi is None or device.name is None or device.name.kind is GENERIC:
        return None
    return f"{device.wifi} {device.name.key}"


def _by_adapter_and_name(devices: Iterable[Device]) -> Iterable[list[Device]]:
    """The machines among devices whose serial number is junk."""
    found: defaultdict[str | int, list[Device]] = defaultdict(list)
    for place, device in enumerate(devices):
        found[_adapter_and_name(device) or place].append(device)
    return found.values()


def _is_junk(holders: Sequence[Device], limits: DeviceLimits) -> bool:
    """A machine is not enrolled any number of times; it is of one model and has one Wi-Fi adapter, or else one name."""
    models = {plain(device.model).strip() for device in holders if device.model}
    adapters = {device.wifi for device in holders if device.wifi}
    if len(holders) > limits.enrolments_of_a_machine or len(models) > 1:
        return True
    return len(adapters) > 1 and len({device.name and device.name.key for device in holders}) > 1


def _supersede(holders: Iterable[Device], fleet: Fleet) -> None:
    by_tenant: defaultdict[str, list[Device]] = defaultdict(list)
    for device in holders:
        by_tenant[device.tenant_id].append(device)
    newest_of_tenants = [max(enrolments, key=_recency) for enrolments in by_tenant.values()]
    latest = max(newest_of_tenants, key=_recency)
    for newest, enrolments in zip(newest_of_tenants, by_tenant.values(), strict=True):
        undecided = newest.standing is None or newest.standing.status == "unmatched"
        (fleet.displaced if undecided and newest is not latest else fleet.current).append(newest)
        older = [device for device in enrolments if device is not newest]
        if older:
            fleet.twins[newest.tenant_id, newest.device_id] = older
            fleet.superseded.update(((device.tenant_id, device.device_id), newest) for device in older)


def _recency(device: Device) -> tuple[float, str, str]:
    return device.last_sync, device.device_id, device.tenant_id


def _shared_macs(devices: Sequence[Device], limits: DeviceLimits) -> set[str]:
    wired = _more_often([device.ethernet for device in devices], limits.wired_devices)
    return wired | _more_often([device.wifi for device in devices], limits.wireless_devices)


def _more_often(values: Sequence[str | None], most: int) -> set[str]:
    """Those that are there more often than that."""
    return {value for value, count in Counter(values).items() if count > most and value is not None}


def _common_names(devices: Sequence[Device], limits: DeviceLimits) -> set[str]:
    names = [device.name for device in devices if device.name is not None]
    counts = Counter([name.key for name in names])
    if max(counts.values(), default=0) <= min(limits.personal_holders, limits.name_holders):
        return set()
    return {name.key for name in names if counts[name.key] > most_holders(limits, personal=name.kind is PERSONAL)}


def most_holders(limits: DeviceLimits, *, personal: bool) -> int:
    """How many may bear a name that still tells one of them; `personal`: it is made of somebody's first name."""
    return limits.personal_holders if personal else limits.name_holders


class Documents:
    """The configurations that a device of the fleet may be matched to."""

    def __init__(
        self, configurations: Iterable[Configuration], limits: DeviceLimits, fleet: Fleet | None = None
    ) -> None:
        self.limits = limits
        fleet = fleet or Fleet()
        self.serials, self.names = fleet.serials, fleet.names
        """What devices bear. Where that changes, the configurations that bear the same have to be filed anew."""
        self.all: dict[str, Configuration] = {}
        self.by_serial: dict[str, tuple[Configuration, ...]] = {}
        self.by_mac: dict[str, tuple[Configuration, ...]] = {}
        self.by_name: dict[str, tuple[Configuration, ...]] = {}
        self.by_cut_name: dict[str, tuple[Configuration, ...]] = {}
        self.personal: set[str] = set()
        """The names that are made of somebody's first name; some may be borne by nobody any more."""
        self._doubtful: Doubtful | None = None
        for configuration in configurations:
            self.add(configuration)

    def add(self, configuration: Configuration) -> None:
        """File a configuration that is not filed yet."""
        self.all[configuration.configuration_id] = configuration
        alone = (configuration,)
        if (key := configuration.serial_key) is not None:
            _add(self.by_serial, key, alone)
            if configuration.variant is not None:
                _add(self.by_serial, configuration.variant, alone)
        for mac in configuration.macs:
            _add(self.by_mac, mac, alone)
        for name in configuration.names:
            if name.identifies:
                _add(self.by_name, name.key, alone)
                if name.kind is PERSONAL:
                    self.personal.add(name.key)
                if len(name.short) > SHORTEST_CUT and (short := cut(name.short)) is not None:
                    _add(self.by_cut_name, short, alone)
        if self._doubtful is not None:
            self._doubtful.add(configuration, self.serials, self.names)

    def remove(self, configuration: Configuration) -> None:
        """Take one out again. Only right where none of its values is `full`."""
        del self.all[configuration.configuration_id]
        for index, value in self._places(configuration):
            _remove(index, value, configuration)
        if self._doubtful is not None:
            self._doubtful.remove(configuration)

    def full(self, configuration: Configuration) -> bool:
        """Whether it has a value under which not all configurations are kept."""
        return any(len(index.get(value, ())) > _LONGEST for index, value in self._places(configuration))

    def _places(self, configuration: Configuration) -> Iterator[tuple[dict[str, tuple[Configuration, ...]], str]]:
        """Every index with every value under which a configuration may be in it."""
        yield from ((self.by_serial, key) for key in configuration.serials)
        yield from ((self.by_mac, mac) for mac in configuration.macs)
        for name in configuration.names:
            yield self.by_name, name.key
            if (short := cut(name.short)) is not None:
                yield self.by_cut_name, short

    def learned(self, fleet: Fleet) -> Learned:
        """What devices and configurations together show to identify nothing."""
        limits = self.limits
        junk = _held_by_more(self.by_serial, limits.enrolments_of_a_machine)
        shared = _held_by_more(self.by_mac, limits.address_holders)
        common = {
            name
            for name in _held_by_more(self.by_name, min(limits.personal_holders, limits.name_holders))
            if self.too_many_bear(name, len(self.by_name[name]))
        }
        theirs = fleet.learned
        return Learned(theirs.serials | junk, theirs.macs | shared, theirs.names | common)

    def too_many_bear(self, name: str, count: int) -> bool:
        return count > most_holders(self.limits, personal=name in self.personal)

    def candidates(self, device: Device, learned: Learned) -> tuple[Configuration, ...]:
        """Those that share a usable serial number, MAC address or name with the device, in no particular order."""
        found: tuple[Configuration, ...] = ()
        if (key := device.serial_key) is not None and key not in learned.serials:
            found = self.by_serial.get(key, ())
            if (bare := device.variant) is not None and bare not in learned.serials:
                found = joined(found, self.by_serial.get(bare, ()))
        for mac in (device.wifi, device.ethernet):
            if mac is not None and (held := self.by_mac.get(mac)) is not None and mac not in learned.macs:
                found = joined(found, held)
        if (name := device.name) is not None and name.identifies and name.key not in learned.names:
            if (held := self.by_name.get(name.key)) is not None:
                found = joined(found, held)
            if len(name.short) >= SHORTEST_CUT:
                found = joined(found, self._cut(name))
        return found

    def _cut(self, name: Name) -> tuple[Configuration, ...]:
        """Those whose name is cut, or of which the device's is."""
        if (short := cut(name.short)) is not None:
            return self._named(short)
        held = self.by_cut_name.get(name.short, ())
        return held if len(held) <= self.limits.name_holders else ()

    def _named(self, short: str) -> tuple[Configuration, ...]:
        held = self.by_name.get(letters_and_digits(short), ())
        return tuple(c for c in held if any(name.short == short for name in c.names))

    def doubtful(self, device: Device, learned: Learned) -> tuple[Configuration, ...]:
        """Those with nearly the same serial number or name, or with the same user: where nothing else was found."""
        if self._doubtful is None:
            unborne = ((serial, held) for serial, held in self.by_serial.items() if serial not in self.serials)
            self._doubtful = Doubtful(unborne, self.all.values(), self.names, self.limits)
        return self._doubtful.of(device, learned)

    def too_many_alike(self, numbers: tuple[str, ...]) -> bool:
        """Whether so many names have these numbers that none is found by likeness."""
        return self._doubtful is not None and self._doubtful.names.too_many(numbers)

    def too_many_titled(self, word: str) -> bool:
        """Whether so many names have this word that it finds nobody's."""
        return self._doubtful is not None and self._doubtful.titles.too_many(word)


def _held_by_more(index: dict[str, tuple[Configuration, ...]], most: int) -> set[str]:
    return {value for value, held in index.items() if len(held) > most}


def _add(index: dict[str, tuple[Configuration, ...]], key: str, alone: tuple[Configuration]) -> None:
    """File a configuration, given as a tuple that all of its places share as long as it is alone there."""
    held = index.setdefault(key, alone)
    if held is not alone and len(held) <= _LONGEST and held[-1] is not alone[0]:
        index[key] = (*held, *alone)


def _remove(index: dict[str, tuple[Configuration, ...]], key: str, configuration: Configuration) -> None:
    left = tuple(other for other in index.get(key, ()) if other is not configuration)
    if left:
        index[key] = left
    else:
        index.pop(key, None)
