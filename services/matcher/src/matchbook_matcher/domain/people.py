"""Whose machine it is: a person as sign-in names, mail addresses and documentation write them."""

import re
from functools import lru_cache
from typing import Final

from matchbook_matcher.domain.forms import Hygiene, plain

_WORDS: Final = re.compile(r"[^\W_]+")


class People:
    """`written` is each way in which they are named, for people to read; `forms` how they may be written elsewhere.

    `names` are first and last names where both are told, in an order of their own.
    """

    __slots__ = ("_words", "forms", "names", "written")

    def __init__(self, written: str, forms: frozenset[str], names: frozenset[str]) -> None:
        self.written = written
        self.forms = forms
        self.names = names
        self._words: frozenset[str] | None = None

    @property
    def words(self) -> frozenset[str]:
        """All by which they are named: few devices are looked for by them."""
        if self._words is None:
            self._words = words_of(self.written)
        return self._words

    def are(self, others: "People") -> bool:
        """Whether they may be the same: Jane Doe is jdoe, and so is John Doe, but one is not the other."""
        if self.names and others.names:
            return not self.names.isdisjoint(others.names)
        return not self.forms.isdisjoint(others.forms)


@lru_cache(maxsize=65_536)
def people_in(written: str, hygiene: Hygiene) -> People | None:
    """The people whom the lines of a text name; None where it names nobody."""
    ways = dict.fromkeys(written.split("\n"))
    told = [_forms(line, hygiene) for line in ways]
    forms = frozenset([form for forms, _ in told for form in forms])
    names = frozenset([name for _, name in told if name is not None])
    return People(", ".join(ways), forms, names) if forms else None


@lru_cache(maxsize=8_192)
def words_of(raw: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(plain(raw)))


# Devices and documentation write most people alike, and both are read within moments.
@lru_cache(maxsize=16_384)
def _forms(line: str, hygiene: Hygiene) -> tuple[tuple[str, ...], str | None]:
    """How whoever is named in a line may be written, and first and last name where both are told."""
    words = _person(line, hygiene)
    if len(words) <= 1:
        return tuple(words), None
    first, last = words[0], words[-1]
    one, other = first + last, last + first
    is_whole = len(first) > 1 < len(last) and first.isalpha() and last.isalpha()
    # A first name alone is not one person's: it is never among the forms of a whole name.
    forms = (one, other, first[0] + last, last + first[0], first + last[0])
    return forms, min(one, other) if is_whole else None


def _person(line: str, hygiene: Hygiene) -> list[str]:
    """The words that name somebody, with one spelling for `mueller` and `muller`; none where they name an office."""
    login = plain(line).partition("@")[0].rpartition("\\")[2]
    words = [word for word in _WORDS.findall(login) if word not in hygiene.person_titles]
    if not hygiene.nobody.isdisjoint(words):
        return []
    if "AE" in login or "OE" in login or "UE" in login:
        return [word.replace("AE", "A").replace("OE", "O").replace("UE", "U") for word in words]
    return words
