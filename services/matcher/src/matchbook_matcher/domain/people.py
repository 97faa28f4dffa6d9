"""Whose machine it is: a person as sign-in names, mail addresses and documentation write them."""

import re
from functools import lru_cache
from typing import Final

from matchbook_matcher.domain.forms import plain

_WORDS: Final = re.compile(r"[^\W_]+")
# What stands for an office or a role is no person's; whoever works there is another question.
_NOBODY: Final = frozenset(
    "ADMIN ADMINISTRATOR INFO OFFICE RECEPTION SUPPORT HELPDESK SERVICE IT USER GUEST KIOSK SHARED SCANNER TEST "
    "UNKNOWN NONE NA TBD VACANT SPARE STOCK POOL LOANER UNASSIGNED".split()
)
_TITLES: Final = frozenset("DR MR MRS MS MISS PROF HERR FRAU MME MR JR SR".split())


@lru_cache(maxsize=65_536)
def people_in(written: str) -> frozenset[str]:
    """Every form under which the people named in the lines of a text may be written elsewhere."""
    found: set[str] = set()
    for line in written.split("\n"):
        found |= _forms(line)
    return frozenset(found)


def _forms(line: str) -> set[str]:
    login = plain(line).partition("@")[0].rpartition("\\")[2]
    words = [word for word in _WORDS.findall(login) if word not in _TITLES]
    if not words or not _NOBODY.isdisjoint(words):
        return set()
    if len(words) == 1:
        return {words[0]}
    first, last = words[0], words[-1]
    # A first name alone is not one person's: it is never among the forms of a whole name.
    return {first + last, last + first, first[0] + last, last + first[0], first + last[0]}
