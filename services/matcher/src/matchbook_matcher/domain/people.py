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

    `names` are first and last names where both are told, in an order of their own; `words` are all of them.
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
        if len(words) <= 1:
            forms.update(words)
            continue
        first, last = words[0], words[-1]
        one, other = first + last, last + first
        # A first name alone is not one person's: it is never among the forms of a whole name.
        forms.update((one, other, first[0] + last, last + first[0], first + last[0]))
        if len(first) > 1 < len(last) and first.isalpha() and last.isalpha():
            names.add(min(one, other))
    ways = dict.fromkeys(written.split("\n"))
    return People(", ".join(ways), frozenset(forms), frozenset(names), words_of(written)) if forms else None


@lru_cache(maxsize=8_192)
def words_of(raw: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(plain(raw)))


def _person(line: str, hygiene: Hygiene) -> list[str]:
    """The words that name somebody, with one spelling for `mueller` and `muller`; none where they name an office."""
    login = plain(line).partition("@")[0].rpartition("\\")[2]
    words = [word for word in _WORDS.findall(login) if word not in hygiene.person_titles]
    if not hygiene.nobody.isdisjoint(words):
        return []
    if "AE" in login or "OE" in login or "UE" in login:
        return [word.replace("AE", "A").replace("OE", "O").replace("UE", "U") for word in words]
    return words
