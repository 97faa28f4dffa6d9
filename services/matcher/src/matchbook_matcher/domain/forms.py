"""Forms in which names and MAC addresses can be compared, and the reasons for which some say nothing."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from itertools import accumulate
from typing import Final

from matchbook_contracts.identity import normalise_serial, serial_is_usable

NETBIOS_LENGTH = 15
UUID_DIGITS = 32
RANDOMISED = "randomised address"
_SHORTEST_MAKER = 2
_VIRTUAL = "virtual machine"
NO_ADAPTER = "not the address of one adapter"
_LOCAL_DIGITS = frozenset("26AE")
_GROUP_DIGITS = frozenset("13579BDF")
_WORD = re.compile(r"[0-9A-Z]+")
_NUMBERS = re.compile(r"[0-9]+")
_NUMBERS_WITHOUT_ZEROS = re.compile(r"[1-9][0-9]*|(?<![0-9])0+(?![0-9])")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_LABEL = r"\.[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*"
_LOCAL_DOMAINS = r"\.(?:ad|com|corp|domain|home|internal|intern|intra|lan|local|net|org)"
_DOMAIN_NAME = re.compile(rf"[^.]+(?:(?:{_LABEL}){{2,}}|{_LOCAL_DOMAINS})\.?", re.IGNORECASE)
_NOTES = re.compile(r"\s+[-\u2013\u2014/|]\s+|\s*[(\[]|[)\]]\s*|[,;:]\s+")
_NAME_IN_TEXT = re.compile(r"(?<!\S)(?=\S*[0-9])[^\W_]+(?:[-_][^\W_]+)+(?!\S)")
_MACHINE_LIKE = re.compile(r"(?=.*[0-9])[^\s]{4,}")
_LENOVO_LABEL = re.compile(r"1S(?:[0-9A-Z]{10}|[0-9A-Z]{4})(?=[0-9A-Z]{7,8}$)")
_S_LABEL = re.compile(r"S(?=[0-9A-Z]{7,14}$)")
_VMWARE_LABEL = re.compile(r"VMWARE(?=[0-9A-F]{32}$)")
_UUID = re.compile("([0-9A-F]{2})" * 8 + "([0-9A-F]{16})")
_PARALLELS_LABEL = re.compile(r"PARALLELS(?=[0-9A-F]{32}$)")
_WRITTEN_LABEL = re.compile(
    r"(?:SERVICETAG|SVCTAG|SERIAL(?:NUMBER|NO)?|SERIEN?(?:NUMMER|NR)|SERNR|SN|TAG)(?=[0-9A-Z]{5,})"
)
_ZEROS_OF_A_SERIAL = re.compile(r"0+(?=[1-9][0-9]{6,}$)")
_SIGN = re.compile(r"[:#=][\s:#=]*")
_VOWEL = re.compile("[AEIOU]")
_REMARK = re.compile(r"(?<=[0-9A-Za-z])\s*[(\[].*", re.DOTALL)
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+E\+?|E\+)[0-9]+", re.IGNORECASE)
_WITH_A_POINT = re.compile(r"[0-9]+\.0")
Families = tuple[tuple[str, re.Pattern[str]], ...]
_LABELS = {"P": _PARALLELS_LABEL, "S": _WRITTEN_LABEL, "T": _WRITTEN_LABEL, "V": _VMWARE_LABEL}


class Kind(IntEnum):
    """How much a machine's name can say."""

    OWN = 0
    PERSONAL = 1
    """Says whose phone or Mac it is, by a first name that others bear too."""
    DEFAULT = 2
    """Given by the operating system, and anew with every installation."""
    GENERIC = 3
    """Says what the machine is, not which one."""


# Looked up for every name: Python 3.11 takes four times as long for a member of an enum.
OWN: Final = Kind.OWN
PERSONAL: Final = Kind.PERSONAL
GENERIC: Final = Kind.GENERIC


class Name:
    """A machine's name: `key` has only letters and digits, without the domain; `short` keeps the punctuation.

    `telling` finds the parts that tell a machine from its neighbour as a number does. `identifies`: whether it can be
    evidence at all; what the system calls a machine, or what says only what it is, is none.
    """

    __slots__ = ("_alike", "_frame", "_numbers", "identifies", "key", "kind", "raw", "short", "telling")

    def __init__(self, raw: str, short: str, key: str, kind: Kind, telling: re.Pattern[str]) -> None:
        self.raw = raw
        self.short = short
        self.key = key
        self.kind = kind
        self.identifies = kind is OWN or kind is PERSONAL
        self.telling = telling
        self._numbers: tuple[str, ...] | None = None
        self._frame: str | None = None
        self._alike: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Its numbers without leading zeros, then its telling parts. Names that differ in one are different machines.

        In a name that the system gave, a letter tells nothing.
        """
        if self._numbers is None:
            telling = self.telling.findall(self.short) if self.kind is OWN else ()
            self._numbers = (*_NUMBERS_WITHOUT_ZEROS.findall(self.key), *telling)
        return self._numbers

    @property
    def frame(self) -> str:
        """What is left of the key without them."""
        if self._frame is None:
            # Telling parts begin with a letter.
            is_told = bool(self.numbers) and not self.numbers[-1].isdigit()
            text = letters_and_digits(self.telling.sub("0", self.short)) if is_told else self.key
            self._frame = _NUMBERS.sub("#", text)
        return self._frame

    @property
    def alike(self) -> str:
        """The key for likeness: LT-07 and LT-7 bear the same number, so its zeros must not count as a difference."""
        if self._alike is None:
            self._alike = _LEADING_ZEROS.sub("", self.key) if "0" in self.key else self.key
        return self._alike


@dataclass(frozen=True, eq=False)
class Hygiene:
    """What identifies nothing: beginnings of MAC addresses with the reason, and patterns of names.

    `families` are kinds of machines with the pattern of operating systems and documented types that speak of them; the
    first that fits counts, and no machine is of two.
    """

    mac_addresses: Mapping[str, str] = field(default_factory=dict)
    """The reason by the beginning of an address in normal form, of one octet or more."""
    serial_numbers: frozenset[str] = frozenset()
    """Placeholders in normal form, beside those of the wire contracts."""
    default_names: re.Pattern[str] = re.compile(r"(?!)")
    personal_names: re.Pattern[str] = re.compile(r"(?!)")
    generic_names: re.Pattern[str] = re.compile(r"(?!)")
    telling_parts: re.Pattern[str] = re.compile(r"(?!)")
    families: Families = ()
    nobody: frozenset[str] = frozenset()
    person_titles: frozenset[str] = frozenset()
    machine_titles: frozenset[str] = frozenset()
    """Words, in upper case, of offices and roles, before people's names, and for machines."""
    makers: Mapping[str, str] = field(default_factory=dict)
    """The first word of a manufacturer's name, by another first word under which it is known."""
    former: frozenset[str] = frozenset()
    """Words, in upper case, beside the name of a machine that another has replaced."""
    models: frozenset[str] = frozenset()
    """Placeholders in the normal form of serial numbers, beside those of the wire contracts."""
    virtual_models: re.Pattern[str] = re.compile(r"(?!)")

    kinds: re.Pattern[str] = field(init=False)
    """Fits every name that is not a machine's own, in a group by its kind."""
    usable_octets: frozenset[str] = field(init=False)
    """With which no address begins that is listed, made up by software, or a group's."""
    mac_lengths: tuple[int, ...] = field(init=False)
    """Of the listed beginnings, the longest first, which knows best."""

    def __post_init__(self) -> None:
        kinds = f"(?P<GENERIC>{self.generic_names.pattern})|(?P<PERSONAL>{self.personal_names.pattern})"
        object.__setattr__(self, "kinds", re.compile(f"{kinds}|(?P<DEFAULT>{self.default_names.pattern})"))
        listed = {beginning[:2] for beginning in self.mac_addresses}
        object.__setattr__(self, "usable_octets", frozenset(f"{octet:02X}" for octet in range(0, 256, 4)) - listed)
        object.__setattr__(self, "mac_lengths", tuple(sorted(set(map(len, self.mac_addresses)), reverse=True)))


def parted_alike(first: str, second: str) -> bool:
    """Whether the digits of two names with one key can make the same numbers: `1-12` is `112`, but never `11-2`."""
    if first == second:
        return True
    mine, theirs = (set(accumulate(map(len, _NUMBERS.findall(short)))) for short in (first, second))
    return mine <= theirs or theirs <= mine


def plain(text: str) -> str:
    """Upper case without accents: `Müller` and `MULLER` are written for each other."""
    if text.isascii():
        return text.upper()
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).upper()


def letters_and_digits(text: str) -> str:
    text = text.replace("-", "")
    return text if text.isalnum() else "".join(filter(str.isalnum, text))


# Most devices' names are documented, and both are read within moments.
@lru_cache(maxsize=16_384)
def name_of(raw: str | None, hygiene: Hygiene) -> Name | None:
    """The forms of a machine's name; None where it has no letter or digit."""
    if not raw:
        return None
    short = raw.strip()
    if "\\" in short:
        short = short.rpartition("\\")[2]
    if "." in short and _DOMAIN_NAME.fullmatch(short):
        short = short.partition(".")[0]
    short = plain(short).rstrip("-")
    key = letters_and_digits(short)
    return Name(raw, short, key, _kind(key, hygiene), hygiene.telling_parts) if key else None


def name_beside(model: str, raw: str | None, hygiene: Hygiene) -> Name | None:
    """The forms of a device's name. What is called like its model, as `SM-G991B`, has none of its own."""
    name = name_of(raw, hygiene)
    if name is None or name.key != _key_of_model(model):
        return name
    return Name(name.raw, name.short, name.key, GENERIC, name.telling)


@lru_cache(maxsize=4_096)
def _key_of_model(model: str) -> str:
    return letters_and_digits(plain(model))


def parts_of_name(raw: str) -> tuple[str, ...]:
    """What may be a machine's name in a documented one: `LT-012 (Jane Doe)` and `Jane - LT-012` say whose it is too.

    The first part always, further ones where they look like a machine's, and what does in `Jane's laptop LT-012`.
    """
    if " " not in raw and not raw.endswith((")", "]")):
        return (raw,)
    first, *others = (part.strip() for part in _NOTES.split(raw))
    named = (first, *(part for part in others if _MACHINE_LIKE.fullmatch(part)))
    if len(named) == 1 and " " in first and ("-" in first or "_" in first):
        return (first, *_NAME_IN_TEXT.findall(first))
    return named


def _kind(key: str, hygiene: Hygiene) -> Kind:
    found = hygiene.kinds.fullmatch(key)
    return OWN if found is None else Kind[found.lastgroup or ""]


def mac_set_aside(mac: str, hygiene: Hygiene) -> str | None:
    """Why an address in its normal form can't identify a machine; None where it can."""
    if mac[:2] in hygiene.usable_octets:
        return None
    for length in hygiene.mac_lengths:
        reason = hygiene.mac_addresses.get(mac[:length])
        if reason is not None:
            return reason
    if mac[1] in _LOCAL_DIGITS:
        return RANDOMISED
    return NO_ADAPTER if mac[1] in _GROUP_DIGITS else None


def serial_key(raw: str | None) -> str | None:
    """The normal form of a serial number that can identify a machine, without what labels put in front; else None."""
    if raw is not None and not raw.isalnum():
        raw = _serial_in(raw)
    normalised = normalise_serial(raw)
    if normalised is None or not serial_is_usable(normalised):
        return None
    label = _LABELS.get(normalised[0])
    if label is None:
        return normalised
    bare = label.sub("", normalised, count=1)
    return bare if serial_is_usable(bare) else None


def _serial_in(raw: str) -> str | None:
    """What of a text is the serial number; None where a spreadsheet has rounded it, or somebody has left a note."""
    text = _without_label(raw.strip())
    if text.startswith(("/", ".")):
        # Dell boards: the service tag stands between the first two signs, the board's own number after them.
        return text[1:].partition(text[0])[0]
    if is_rounded(text):
        return None
    if _WITH_A_POINT.fullmatch(text):
        return text.removesuffix(".0")
    bare = _REMARK.sub("", text) if text.endswith((")", "]")) else text
    return None if _is_prose(bare) else bare


def _without_label(text: str) -> str:
    """`5CG1234ABC` of `Seriennummer: 5CG1234ABC`: whatever the label's language, it has no digit."""
    label, *others = _SIGN.split(text)
    is_label = any(map(str.isalpha, label)) and not any(map(str.isdigit, label))
    return others[0] if is_label and len(others) == 1 else text


def is_rounded(raw: str) -> bool:
    """Whether a spreadsheet has made a number of a long serial number: `4.51235E+11`."""
    return _ROUNDED.fullmatch(raw.strip()) is not None


def _is_prose(raw: str) -> bool:
    """Whether somebody wrote words, as `ask Bob` or `see label`: several without a digit, and each can be spoken."""
    words = raw.split()
    return len(words) > 1 and not any(map(str.isdigit, raw)) and all(map(_VOWEL.search, map(plain, words)))


def unconfused(key: str) -> str:
    """The serial number with digits for the letters that are read for them: equal where two differ in nothing else."""
    return key.replace("O", "0").replace("I", "1")


def serial_variant(key: str) -> str | None:
    """The other form in which the same serial number is written; None where it has none.

    What remains of a number scanned with its bar code's prefix; a bare one may begin the same way, so both have to be
    tried. The UUID of a virtual machine with the bytes of its first three groups reversed, as SMBIOS has them. A number
    without the zeros before it, which spreadsheets drop.
    """
    if key.startswith("1S"):
        other = _LENOVO_LABEL.sub("", key, count=1)
    elif key.startswith("S"):
        other = _S_LABEL.sub("", key, count=1)
    elif len(key) == UUID_DIGITS:
        other = _UUID.sub(r"\4\3\2\1\6\5\8\7\9", key)
    elif key.startswith("0"):
        other = _ZEROS_OF_A_SERIAL.sub("", key, count=1)
    else:
        return None
    return other if other != key and serial_is_usable(other) else None


@lru_cache(maxsize=4_096)
def family_of(said: str, hygiene: Hygiene) -> str | None:
    """The family of machines that an operating system or a documented type speaks of; None where it tells nothing."""
    text = said.strip().upper()
    return next((family for family, pattern in hygiene.families if pattern.fullmatch(text)), None)


@lru_cache(maxsize=4_096)
def maker_of(raw: str, hygiene: Hygiene) -> str | None:
    """The first word of a manufacturer's name, which is as much as all write alike; None for placeholders."""
    normal = normalise_serial(raw)
    if normal is None or (len(normal) > _SHORTEST_MAKER and not serial_is_usable(normal)):
        return None
    found = _WORD.search(plain(raw))
    return None if found is None else hygiene.makers.get(found[0], found[0]) or None


@lru_cache(maxsize=4_096)
def model_of(raw: str, hygiene: Hygiene) -> str | None:
    """A model as it is written, but one for all virtual machines; None for placeholders."""
    if hygiene.virtual_models.fullmatch(raw.strip().upper()):
        return _VIRTUAL
    normal = normalise_serial(raw)
    return raw if normal not in hygiene.models and serial_is_usable(normal) else None
