"""One device against one configuration, field by field."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from matchbook_matcher.domain.forms import NETBIOS_LENGTH, OWN, Name, parted_alike, unconfused
from matchbook_matcher.domain.people import words_of
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.domain.scale import (
    ETHERNET_AGREES,
    MAC_STEP,
    NAME_AGREES,
    NAME_STEP,
    NO_MAC,
    NO_USER,
    SERIAL_AGREES,
    SERIAL_STEP,
    UNDOCUMENTED,
    USER_STEP,
    WIFI_AGREES,
    Mac,
    Model,
    Named,
    Serial,
    User,
)
from matchbook_matcher.domain.weights import DeviceLimits

_SHORTEST_EDITED: Final = 6
_LONGEST_EDITED: Final = 16
_COUNTED: Final = 3
"""The characters of a serial number in which the machines of a batch differ."""
_SERVICE_TAG: Final = 7
_NEARLY: Final = frozenset((Named.ALIKE, Named.SIMILAR))
_GENITIVE: Final = frozenset("S")
SHORTEST_CUT: Final = NETBIOS_LENGTH - 2
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_LONGEST_CODE: Final = 3
_PRODUCT_NUMBER: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])\S{6,}")
_MODEL_NUMBER: Final = re.compile(r"(?=.*[0-9])[0-9A-Z]{3,}")


@dataclass(frozen=True, slots=True)
class Learned:
    """Values that the organization's own data shows to identify nothing, in normal form."""

    serials: AbstractSet[str] = frozenset()
    macs: AbstractSet[str] = frozenset()
    names: AbstractSet[str] = frozenset()


def compare(device: Device, configuration: Configuration, learned: Learned, limits: DeviceLimits) -> int:
    """What the pair's fields say, as a code of `scale`."""
    named = names(device.name, configuration, learned, limits)
    if named in _NEARLY and _bears_another_serial(device, configuration):
        named = Named.DISAGREE
    user: User = NO_USER
    if device.people is not None and configuration.people is not None:
        user = User.AGREE if device.people.are(configuration.people) else User.DISAGREE
        if user is User.AGREE and _is_untold(device.name, named) and is_titled(device, configuration.title):
            named = Named.TITLED
    return (
        user * USER_STEP
        + serials(device, configuration, learned) * SERIAL_STEP
        + macs(device, configuration, learned) * MAC_STEP
        + named * NAME_STEP
        + models(device, configuration)
    )


def _bears_another_serial(device: Device, configuration: Configuration) -> bool:
    """Whether a device is called by its serial number, and a configuration like it by another one of that length."""
    mine, serial = device.name, device.serial_key
    if mine is None or serial is None or serial not in mine.key:
        return False
    return all(len(name.key) == len(mine.key) and serial not in name.key for name in configuration.names)


def serials(device: Device, configuration: Configuration, learned: Learned) -> Serial:
    mine, theirs = device.serial_key, configuration.serial_key
    if mine is not None and mine not in learned.serials:
        if theirs is not None and theirs not in learned.serials:
            if mine in (theirs, configuration.variant):
                return SERIAL_AGREES
            return SERIAL_AGREES if device.variant in configuration.serials else unequal_serials(mine, theirs)
        return UNDOCUMENTED
    if theirs is not None and theirs not in learned.serials:
        return Serial.UNREPORTED
    return Serial.SET_ASIDE if device.serial or configuration.serial else Serial.MISSING


def unequal_serials(mine: str, theirs: str) -> Serial:
    """What two usable serial numbers say that are not the same."""
    if unconfused(mine) == unconfused(theirs):
        return Serial.CONFUSED
    if not may_slip(mine) or not may_slip(theirs) or OSA.distance(mine, theirs, score_cutoff=1) > 1:
        return Serial.DISAGREE
    return Serial.NEIGHBOUR if len(mine) == len(theirs) and _in_a_batch(mine, theirs) else Serial.SLIP


def _in_a_batch(mine: str, theirs: str) -> bool:
    """Whether makers count where two serial numbers differ: at the end, and Dell at the start of its service tags."""
    if _are_swapped(mine, theirs):
        return False
    if mine[:-_COUNTED] == theirs[:-_COUNTED]:
        return True
    return len(mine) == _SERVICE_TAG and mine[_COUNTED:] == theirs[_COUNTED:]


def _are_swapped(mine: str, theirs: str) -> bool:
    """Whether two characters, of which one is a letter, have changed places: nobody counts like that."""
    changed = "".join(character for character, other in zip(mine, theirs, strict=True) if character != other)
    return len(changed) > 1 and not changed.isdigit()


def may_slip(serial: str) -> bool:
    """Whether one edit leaves enough of a serial number to know it by; what is longer nobody types."""
    return _SHORTEST_EDITED <= len(serial) <= _LONGEST_EDITED


def macs(device: Device, configuration: Configuration, learned: Learned) -> Mac:
    theirs = configuration.macs
    wifi, ethernet, common = device.wifi, device.ethernet, learned.macs
    usable = False
    if wifi is not None and wifi not in common:
        if wifi in theirs:
            return WIFI_AGREES
        usable = True
    if ethernet is not None and ethernet not in common:
        if ethernet in theirs:
            return ETHERNET_AGREES
        usable = True
    if usable and theirs and any(mac not in common for mac in theirs):
        return Mac.DISAGREE
    has_any = wifi or ethernet or device.set_aside
    return Mac.SET_ASIDE if has_any and (theirs or configuration.set_aside) else NO_MAC


def names(mine: Name | None, configuration: Configuration, learned: Learned, limits: DeviceLimits) -> Named:
    """The best that any of the configuration's names says."""
    if mine is None or not configuration.names:
        return Named.MISSING
    if not mine.identifies or mine.key in learned.names:
        return Named.SET_ASIDE
    for name in configuration.names:
        if name is mine or (name.key == mine.key and parted_alike(mine.short, name.short)):
            return NAME_AGREES if mine.kind is OWN else Named.PERSONAL
    if len(configuration.names) == 1:
        return _unequal(mine, configuration.names[0], limits)
    return min(_unequal(mine, name, limits) for name in configuration.names)


def _unequal(mine: Name, theirs: Name, limits: DeviceLimits) -> Named:
    if not theirs.identifies:
        return Named.SET_ASIDE
    if is_cut(mine, theirs) or is_cut(theirs, mine):
        return Named.TRUNCATED
    return likeness(mine, theirs, limits)


def likeness(mine: Name, theirs: Name, limits: DeviceLimits) -> Named:
    """How alike two unequal names are; names that differ in a number, or in what tells as much,
    are different however alike their letters. So are those that differ in an initial, as JSMITH-PC and KSMITH-PC do.

    Those with one key are unequal only where their digits make other numbers.
    """
    if mine.numbers != theirs.numbers or mine.key == theirs.key:
        return Named.OTHER_NUMBER if mine.frame == theirs.frame else Named.DISAGREE
    given = mine.kind is not OWN or theirs.kind is not OWN
    is_short = min(len(mine.key), len(theirs.key)) < limits.shortest_similar and mine.alike != theirs.alike
    if given or is_short or _words_differ(mine.short, theirs.short):
        return Named.DISAGREE
    score = ratio(mine.alike, theirs.alike)
    if score >= limits.alike:
        return Named.ALIKE
    return Named.SIMILAR if score >= limits.similar else Named.DISAGREE


def _words_differ(mine: str, theirs: str) -> bool:
    """Whether names of as many parts differ in a short one: `NYC-LT-012` stands elsewhere than `NYE-LT-012`, and
    `NYC-DT-012` on a desk. Or in an initial: `CON-JSMITH` is not `CON-KSMITH`'s.
    """
    first, second = _LETTERS.findall(mine), _LETTERS.findall(theirs)
    return len(first) == len(second) and any(
        one[1:] == other[1:] if len(one) > _LONGEST_CODE else sorted(one) != sorted(other)
        for one, other in zip(first, second, strict=True)
        if len(one) == len(other) and one != other
    )


def cut(short: str) -> str | None:
    """What is left of a long name in 15 characters, as NetBIOS has it; None for a name that fits."""
    return short[:NETBIOS_LENGTH].rstrip("-") if len(short) > NETBIOS_LENGTH else None


def may_be_cut(short: str) -> bool:
    return SHORTEST_CUT <= len(short) <= NETBIOS_LENGTH


def is_cut(short: Name, long: Name) -> bool:
    return may_be_cut(short.short) and cut(long.short) == short.short


def _is_untold(mine: Name | None, named: Named) -> bool:
    """Whether the documented name may still be the user's: what so many machines are called is none of theirs.

    `Anna's iPhone` is both a device's name and what says whose it is: there the user tells the Annas apart.
    """
    untold = (Named.DISAGREE, Named.PERSONAL)
    return named in untold or (named is Named.SET_ASIDE and mine is not None and not mine.identifies)


def is_titled(device: Device, title: AbstractSet[str]) -> bool:
    """Whether a documented name, by its words, is that of the device's user: `Anna Berg laptop`, `Anna's Latitude`."""
    if device.people is None:
        return False
    others = title - words_of(device.model or "")
    return not others.isdisjoint(device.people.words) and others - device.people.words <= _GENITIVE


def models(device: Device, configuration: Configuration) -> Model:
    """What kind of machine both say it is."""
    if device.family is not None and configuration.family not in (None, device.family):
        return Model.OTHER_FAMILY
    if device.maker is not None and configuration.maker not in (None, device.maker):
        return Model.OTHER_MAKER
    return _models(device.product, configuration.product)


@lru_cache(maxsize=8192)
def _models(mine: str | None, theirs: str | None) -> Model:
    """Makers and sellers add words to a model, so one may contain the other.

    A product number such as `20XW00A9US` can't be compared with a name, nor two names with one number in common.
    """
    first, second = _model_words(mine), _model_words(theirs)
    if not first or not second:
        return Model.MISSING
    if first <= second or second <= first:
        return Model.AGREE
    if _is_product_number(mine) != _is_product_number(theirs) or any(map(_MODEL_NUMBER.fullmatch, first & second)):
        return Model.MISSING
    return Model.DISAGREE


def _is_product_number(model: str | None) -> bool:
    return _PRODUCT_NUMBER.fullmatch((model or "").strip()) is not None


def _model_words(raw: str | None) -> frozenset[str]:
    return frozenset() if raw is None else words_of(raw)
