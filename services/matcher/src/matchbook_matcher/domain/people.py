"""Whose machine it is: a person as sign-in names, mail addresses and documentation write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from matchbook_matcher.domain.forms import Hygiene, plain

_UMLAUT: Final = re.compile("([AOU])E")
_WORDS: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class People:
    """`written` is each way in which they are named, for people to read; `forms` is how they may be written elsewhere.

    `names` are first and last names, whole, in either order; `words` are all of them.
    """

    written: str
    forms: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]

    def are(self, others: "People") -> bool:
        """Whether they may be the same: Jane Doe is jdoe, and so is John Doe, but one is not the other."""
        if self.names and others.names:
            return not self.names.isdisjoint(others.names)
        return not self.forms.isdisjoint(others.forms)


@lru_cache(maxsize=65_536)
def people_in(written: str, hygiene: Hygiene) -> People | None:
    """The people whom the lines of a text name; None where it names nobody."""
    forms: set[str] = set()
    names: set[str] = set()
    for line in written.split("\n"):
        words = _person(line, hygiene)
        forms |= _forms(words)
        names |= _names(words)
    ways = dict.fromkeys(written.split("\n"))
    return People(", ".join(ways), frozenset(forms), frozenset(names), words_of(written)) if forms else None


@lru_cache(maxsize=8_192)
def words_of(raw: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(plain(raw)))


def _person(line: str, hygiene: Hygiene) -> list[str]:
    """The words that name somebody, with one spelling for `mueller` and `muller`; none where they name an office."""
    login = plain(line).partition("#EXT#")[0]
    if len(login) < len(line):
        login = login.rpartition("_")[0]
    login = login.partition("@")[0].rpartition("\\")[2]
    words = [word for word in _WORDS.findall(login) if word not in hygiene.person_titles]
    return [] if not hygiene.nobody.isdisjoint(words) else [_UMLAUT.sub(r"\1", word) for word in words]


def _forms(words: Sequence[str]) -> set[str]:
    if len(words) <= 1:
        return set(words)
    first, last = words[0], words[-1]
    # A first name alone is not one person's: it is never among the forms of a whole name.
    return {first + last, last + first, first[0] + last, last + first[0], first + last[0]}


def _names(words: Sequence[str]) -> set[str]:
    whole = [word for word in words if len(word) > 1 and word.isalpha()]
    return {whole[0] + whole[-1], whole[-1] + whole[0]} if len(whole) > 1 else set()
