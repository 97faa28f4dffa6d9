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
Filed = tuple[str, Held]


class Slips:
    """By serial number those that it may stand for, with a slip of the pen or letters for digits.

    An edit before the last three characters leaves those alone. One among them that leaves a character out, or puts one
    in, leaves what is before them: all but two of the shorter number are all but three of the longer.
    """

    def __init__(self, serials: Iterable[Filed]) -> None:
        self._by_end: dict[str, list[Filed]] = {}
        self._longer: dict[str, list[Filed]] = {}
        self._shorter: dict[str, list[Filed]] = {}
        for filed in serials:
            form = unconfused(filed[0])
            self._by_end.setdefault(form[-3:], []).append(filed)
            self._longer.setdefault(form[:-3], []).append(filed)
            self._shorter.setdefault(form[:-2], []).append(filed)

    def of(self, serial: str) -> Held:
        form = unconfused(serial)
        near = (
            *self._by_end.get(form[-3:], ()),
            *self._longer.get(form[:-2], ()),
            *self._shorter.get(form[:-3], ()),
        )
        found: Held = ()
        for other, held in near:
            if unequal_serials(serial, other) in (Serial.SLIP, Serial.CONFUSED):
                found = joined(found, held)
        return found


class LikeNames:
    """By name those with the same numbers and nearly the same letters."""

    def __init__(self, names: Iterable[tuple[Name, Configuration]], limits: DeviceLimits) -> None:
        self._limits = limits
        self._blocks: dict[tuple[str, ...], tuple[list[str], list[Configuration]]] = {}
        for name, configuration in names:
            if name.kind is Kind.OWN:
                forms, configurations = self._blocks.setdefault(name.numbers, ([], []))
                forms.append(alike_form(name.key))
                configurations.append(configuration)

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
