"""Whose machine it is: a person as sign-in names, mail addresses and documentation write them."""

import re
from functools import lru_cache
from typing import Final

from matchbook_matcher.domain.forms import Hygiene, plain

_WORDS: Final = re.compile(r"[^\W_]+")


class People:
    """`written` is each way in which they are named, for people to read; `forms` how they may be written elsewhere."""

    __slots__ = ("_words", "forms", "written")

    def __init__(self, written: str, forms: frozenset[str]) -> None:
        self.written = written
        self.forms = forms
        self._words: frozenset[str] | None = None

    @property
    def words(self) -> frozenset[str]:
        """All by which they are named: few devices are looked for by them."""
        if self._words is None:
            self._words = words_of(self.written)
        return self._words


@lru_cache(maxsize=65_536)
def people_in(written: str, hygiene: Hygiene) -> People | None:
    """The people whom the lines of a text name; None where it names nobody."""
    ways = dict.fromkeys(written.split("\n"))
    forms = frozenset([form for line in ways for form in _forms(line, hygiene)])
    return People(", ".join(ways), forms) if forms else None


@lru_cache(maxsize=8_192)
def words_of(raw: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(plain(raw)))


# Devices and documentation write most people alike, and both are read within moments.
@lru_cache(maxsize=16_384)
def _forms(line: str, hygiene: Hygiene) -> tuple[str, ...]:
    login = plain(line).partition("@")[0].rpartition("\\")[2]
    words = [word for word in _WORDS.findall(login) if word not in hygiene.person_titles]
    if not words or not hygiene.nobody.isdisjoint(words):
        return ()
    if len(words) == 1:
        return (words[0],)
    first, last = words[0], words[-1]
    # A first name alone is not one person's: it is never among the forms of a whole name.
    return first + last, last + first, first[0] + last, last + first[0], first + last[0]
