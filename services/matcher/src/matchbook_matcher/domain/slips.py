"""Serial numbers and names that are nearly right: filed so that few have to be compared."""

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.fuzz import ratio

from matchbook_matcher.domain.compare import alike_form, unequal_serials
from matchbook_matcher.domain.forms import Kind, Name, unconfused
from matchbook_matcher.domain.records import Configuration
from matchbook_matcher.domain.scale import Serial
from matchbook_matcher.domain.weights import DeviceLimits

Held = tuple[Configuration, ...]


class Slips:
    """By serial number those that it may stand for, with a slip of the pen or letters for digits.

    An edit before the last three characters leaves those alone. One among them that leaves a character out, or puts one
    in, leaves what is before them: all but two of the shorter number are all but three of the longer.
    """

    def __init__(self, serials: Iterable[tuple[str, Held]]) -> None:
        self._by_end: dict[str, Held] = {}
        self._longer: dict[str, Held] = {}
        self._shorter: dict[str, Held] = {}
        for serial, held in serials:
            form = unconfused(serial)
            _file(self._by_end, form[-3:], held)
            _file(self._longer, form[:-3], held)
            _file(self._shorter, form[:-2], held)

    def of(self, serial: str) -> Held:
        form = unconfused(serial)
        near = joined(self._by_end.get(form[-3:], ()), self._longer.get(form[:-2], ()))
        near = joined(near, self._shorter.get(form[:-3], ()))
        return tuple(
            configuration
            for configuration in near
            if any(
                other is not None and unequal_serials(serial, other) in (Serial.SLIP, Serial.CONFUSED)
                for other in (configuration.serial_key, configuration.scanned)
            )
        )


class LikeNames:
    """By name those with the same numbers and nearly the same letters."""

    def __init__(self, names: Iterable[tuple[Name, Configuration]], limits: DeviceLimits) -> None:
        self._limits = limits
        self._blocks: dict[tuple[str, ...], tuple[list[str], list[Configuration]]] = {}
        for name, configuration in names:
            if name.kind is Kind.OWN:
                numbers = name.numbers
                if (block := self._blocks.get(numbers)) is None:
                    block = self._blocks[numbers] = ([], [])
                block[0].append(alike_form(name.key))
                block[1].append(configuration)

    def of(self, name: Name) -> Held:
        """Nothing where so many have its numbers that likeness says little."""
        forms, configurations = self._blocks.get(name.numbers, ([], []))
        if len(forms) > self._limits.similarity_block:
            return ()
        least = self._limits.similar
        hits = process.extract(alike_form(name.key), forms, scorer=ratio, score_cutoff=least, limit=None)
        found: Held = ()
        for _, _, place in hits:
            found = joined(found, (configurations[place],))
        return found


def joined(found: Held, more: Held) -> Held:
    """Both, each configuration once."""
    if not found:
        return more
    for configuration in more:
        if configuration not in found:
            found = (*found, configuration)
    return found


def _file(index: dict[str, Held], key: str, held: Held) -> None:
    # Most keys have one: nothing new is made for those.
    others = index.get(key)
    index[key] = held if others is None else joined(others, held)
