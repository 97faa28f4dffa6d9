"""What an organization's data shows to identify nothing, value by value: the counts behind `Learned`."""

from collections import Counter
from collections.abc import Iterable

from matchbook_matcher.domain.compare import Learned
from matchbook_matcher.domain.forms import Kind
from matchbook_matcher.domain.index import Documents, Fleet
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.domain.terms import Term
from matchbook_matcher.domain.weights import DeviceLimits


class Lessons:
    """Counts the values of the current devices; `learned` is what follows from them and from the documents."""

    def __init__(self, fleet: Fleet, documents: Documents, limits: DeviceLimits) -> None:
        self._documents = documents
        self._limits = limits
        whole = documents.learned(fleet)
        self._junk = set(fleet.learned.serials)
        self._serials, self._macs, self._names = set(whole.serials), set(whole.macs), set(whole.names)
        self.learned = Learned(self._serials, self._macs, self._names)
        self._wired: Counter[str] = Counter()
        self._wireless: Counter[str] = Counter()
        self._named: Counter[str] = Counter()
        documents.names = self._named.keys()
        self._count(fleet.current, 1)

    def _count(self, devices: Iterable[Device], by: int) -> None:
        for device in devices:
            if device.ethernet is not None:
                _add(self._wired, device.ethernet, by)
            if device.wifi is not None:
                _add(self._wireless, device.wifi, by)
            if device.name is not None:
                _add(self._named, device.name.key, by)
                if device.name.kind is Kind.PERSONAL:
                    self._documents.personal.add(device.name.key)

    def replace(self, before: Fleet, after: Fleet) -> None:
        """Count some devices as they are now, and no more as they were."""
        self._count(before.current, -1)
        self._count(after.current, 1)
        self._junk -= before.learned.serials
        self._junk |= after.learned.serials

    def revise(self, terms: Iterable[Term]) -> list[Term]:
        """Learn again about the values whose counts may have changed; those that say something else now."""
        return [term for term in terms if self._differs(term)]

    def _differs(self, term: Term) -> bool:
        match term.field:
            case "serial":
                return _learn(self._serials, term.value, self._is_junk(term.value))
            case "mac":
                return _learn(self._macs, term.value, self._is_shared(term.value))
            case "name":
                return _learn(self._names, term.value, self._is_common(term.value))
            case _:
                return False

    def _is_junk(self, serial: str) -> bool:
        holders = self._documents.by_serial.get(serial, ())
        return serial in self._junk or len(holders) > self._limits.enrolments_of_a_machine

    def _is_shared(self, mac: str) -> bool:
        limits = self._limits
        by_devices = self._wired[mac] > limits.wired_devices or self._wireless[mac] > limits.wireless_devices
        return by_devices or len(self._documents.by_mac.get(mac, ())) > limits.address_holders

    def _is_common(self, name: str) -> bool:
        documents = self._documents
        most = max(self._named[name], len(documents.by_name.get(name, ())))
        return documents.too_many_bear(name, most)

    def says_nothing(self, term: Term) -> bool:
        """Whether nobody finds anything under it."""
        match term.field:
            case "serial":
                return term.value in self._serials
            case "mac":
                return term.value in self._macs
            case "name":
                return term.value in self._names
            case "numbers":
                return self._documents.too_many_alike(term.value)
            case "word":
                return self._documents.too_many_titled(term.value)
            case _:
                return False

    def documented_with(self, term: Term) -> tuple[Configuration, ...]:
        """The configurations that bear a value which can be learned about."""
        documents = self._documents
        index = {"serial": documents.by_serial, "mac": documents.by_mac}.get(term.field, documents.by_name)
        return index.get(term.value, ())


def _add(counts: Counter[str], value: str, by: int) -> None:
    counts[value] += by
    if not counts[value]:
        del counts[value]


def _learn(known: set[str], value: str, now: bool) -> bool:
    if (value in known) == now:
        return False
    (known.add if now else known.discard)(value)
    return True
