"""Whose machine it is: a person as sign-in names, mail addresses and documentation write them."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from matchbook_matcher.domain.forms import Hygiene, plain

_WORDS: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class People:
    """`written` is each way in which they are named, for people to read; `forms` is how they may be written elsewhere.

    `words` are all of them.
    """

    written: str
    forms: frozenset[str]
    words: frozenset[str]


@lru_cache(maxsize=65_536)
def people_in(written: str, hygiene: Hygiene) -> People | None:
    """The people whom the lines of a text name; None where it names nobody."""
    forms: set[str] = set()
    for line in written.split("\n"):
        forms |= _forms(line, hygiene)
    ways = dict.fromkeys(written.split("\n"))
    return People(", ".join(ways), frozenset(forms), words_of(written)) if forms else None


@lru_cache(maxsize=8_192)
def words_of(raw: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(plain(raw)))


def _forms(line: str, hygiene: Hygiene) -> set[str]:
    login = plain(line).partition("@")[0].rpartition("\\")[2]
    words = [word for word in _WORDS.findall(login) if word not in hygiene.person_titles]
    if not words or not hygiene.nobody.isdisjoint(words):
        return set()
    if len(words) == 1:
        return {words[0]}
    first, last = words[0], words[-1]
    # A first name alone is not one person's: it is never among the forms of a whole name.
    return {first + last, last + first, first[0] + last, last + first[0], first + last[0]}
