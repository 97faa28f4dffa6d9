"""Serial numbers and names that are nearly right, and users' names: filed so that few have to be compared."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet

from rapidfuzz import process
from rapidfuzz.fuzz import ratio

from matchbook_matcher.domain.compare import Learned, unequal_serials
from matchbook_matcher.domain.forms import OWN, Name, unconfused
from matchbook_matcher.domain.people import People
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.domain.scale import Serial
from matchbook_matcher.domain.weights import DeviceLimits

Held = tuple[Configuration, ...]


class Slips:
    """By serial number those that it may stand for, with a slip of the pen or letters for digits.

    An edit before the last three characters leaves those alone. One among them that leaves a character out, or puts one
    in, leaves what is before them: all but two of the shorter number are all but three of the longer. The numbers of
    some makers all end alike: where many do, they are not compared.
    """

    def __init__(self, serials: Iterable[tuple[str, Held]], limits: DeviceLimits) -> None:
        self._most = limits.similarity_block
        self._by_end: defaultdict[str, list[Configuration]] = defaultdict(list)
        self._longer: defaultdict[str, list[Configuration]] = defaultdict(list)
        self._shorter: defaultdict[str, list[Configuration]] = defaultdict(list)
        for serial, held in serials:
            for index, key in self._places(serial):
                index[key].extend(held)

    def add(self, serial: str, configuration: Configuration) -> None:
        for index, key in self._places(serial):
            index[key].append(configuration)

    def remove(self, serial: str, configuration: Configuration) -> None:
        for index, key in self._places(serial):
            if left := [other for other in index.pop(key, ()) if other is not configuration]:
                index[key] = left

    def _places(self, serial: str) -> tuple[tuple[defaultdict[str, list[Configuration]], str], ...]:
        end, longer, shorter = filings(serial)
        return (self._by_end, end), (self._longer, longer), (self._shorter, shorter)

    def of(self, serial: str) -> Held:
        end, shorter, longer = filings(serial)
        blocks = (self._by_end.get(end, ()), self._longer.get(longer, ()), self._shorter.get(shorter, ()))
        # A configuration is filed by its serial number and by that one's other form.
        small = (dict.fromkeys(block) for block in blocks if len(block) <= self._most * 2)
        found: Held = ()
        for held in small:
            if len(held) <= self._most:
                found = joined(found, tuple(each for each in held if _has_slip(serial, each)))
        return found


def _has_slip(serial: str, configuration: Configuration) -> bool:
    return any(unequal_serials(serial, other) in (Serial.SLIP, Serial.CONFUSED) for other in configuration.serials)


class LikeNames:
    """By name those with the same numbers and nearly the same letters."""

    def __init__(self, limits: DeviceLimits) -> None:
        self._limits = limits
        self._blocks: dict[tuple[str, ...], tuple[list[Name], list[Configuration]]] = {}

    def add(self, configurations: Iterable[Configuration], borne: AbstractSet[str]) -> None:
        """File them by those of their names that are not `borne`."""
        for configuration in configurations:
            for name in configuration.names:
                if name.key not in borne and name.kind is OWN:
                    names, bearers = self._blocks.setdefault(name.numbers, ([], []))
                    names.append(name)
                    bearers.append(configuration)

    def remove(self, configuration: Configuration) -> None:
        for numbers in {name.numbers for name in configuration.names}:
            names, bearers = self._blocks.get(numbers, ([], []))
            for place in reversed(range(len(names))):
                if bearers[place] is configuration:
                    del names[place], bearers[place]

    def too_many(self, numbers: tuple[str, ...]) -> bool:
        """Whether likeness says little, since so many have these numbers."""
        return len(self._blocks.get(numbers, ((), ()))[0]) > self._limits.similarity_block

    def of(self, name: Name) -> Held:
        names, bearers = self._blocks.get(name.numbers, ([], []))
        if not names or len(names) > self._limits.similarity_block:
            return ()
        forms, least = [other.alike for other in names], self._limits.similar
        found: Held = ()
        for _, _, place in process.extract(name.alike, forms, scorer=ratio, score_cutoff=least, limit=None):
            found = joined(found, (bearers[place],))
        return found


class Titles:
    """By a person those whose name has a word of theirs."""

    def __init__(self, limits: DeviceLimits) -> None:
        self._limits = limits
        self._by_word: defaultdict[str, list[Configuration]] = defaultdict(list)

    def add(self, configuration: Configuration) -> None:
        for word in configuration.title:
            self._by_word[word].append(configuration)

    def remove(self, configuration: Configuration) -> None:
        for word in configuration.title:
            self._by_word[word].remove(configuration)

    def too_many(self, word: str) -> bool:
        return len(self._by_word.get(word, ())) > self._limits.similarity_block

    def of(self, people: People) -> Held:
        found: Held = ()
        for word in people.words:
            if (held := self._by_word.get(word)) is not None and len(held) <= self._limits.similarity_block:
                found = joined(found, tuple(held))
        return found


class Doubtful:
    """Everything by which a device finds configurations where nothing else has found any.

    A serial number or a name that a device bears is that device's, and no slip of another's.
    """

    def __init__(
        self,
        serials: Iterable[tuple[str, Held]],
        configurations: Collection[Configuration],
        borne_names: AbstractSet[str],
        limits: DeviceLimits,
    ) -> None:
        """`serials` are those that no device bears, with the configurations that do."""
        self.slips, self.names, self.titles = Slips(serials, limits), LikeNames(limits), Titles(limits)
        self.names.add(configurations, borne_names)
        for configuration in configurations:
            if configuration.title:
                self.titles.add(configuration)

    def add(self, configuration: Configuration, borne_serials: AbstractSet[str], borne_names: AbstractSet[str]) -> None:
        for serial in configuration.serials:
            if serial not in borne_serials:
                self.slips.add(serial, configuration)
        self.names.add((configuration,), borne_names)
        self.titles.add(configuration)

    def remove(self, configuration: Configuration) -> None:
        """Take one out again, whatever of it was borne."""
        for serial in configuration.serials:
            self.slips.remove(serial, configuration)
        self.names.remove(configuration)
        self.titles.remove(configuration)

    def of(self, device: Device, learned: Learned) -> Held:
        """Those with nearly the same serial number or name, or with the same user."""
        found: Held = ()
        name, serial = device.name, device.serial_key
        if name is not None and name.kind is OWN and name.key not in learned.names:
            found = self.names.of(name)
        if serial is not None and serial not in learned.serials:
            found = joined(found, self.slips.of(serial))
        return found if device.people is None else joined(found, self.titles.of(device.people))


def filings(serial: str) -> tuple[str, str, str]:
    """By what a serial number is filed: its end; what is left of it as the longer one, and as the shorter one.

    It is sought by the same, the last two the other way round.
    """
    form = unconfused(serial)
    return form[-3:], form[:-3], form[:-2]


def joined(found: Held, more: Held) -> Held:
    """Both, each configuration once."""
    if not found or found is more:
        return more
    for configuration in more:
        if configuration not in found:
            found = (*found, configuration)
    return found
