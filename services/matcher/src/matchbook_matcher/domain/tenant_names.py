"""Names of companies: the words that tell them apart, and what each word is worth."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.fuzz import ratio

from matchbook_matcher.domain.forms import plain

Words = tuple[str, ...]
_WORD = re.compile(r"[0-9A-Z]+(?:'[0-9A-Z]+)?|[^\W_]+")
_APART = re.compile(r"[&+]")
_SPELLED = re.compile(r"\b(?:[A-Z]\.){2,}")
_FEWEST_FOR_INITIALS = 2


@dataclass(frozen=True)
class Vocabulary:
    """What is known of company names and domains in general; all in lower case."""

    legal_forms: AbstractSet[str] = frozenset()
    filler: AbstractSet[str] = frozenset()
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    public_domains: AbstractSet[str] = frozenset()
    initial_domain_suffix: str = ".onmicrosoft.com"
    second_level: AbstractSet[str] = frozenset()


def words_of(name: str, vocabulary: Vocabulary) -> Words:
    """The words of a name in their order, in lower case and without accents, legal forms and filler.

    A name made of nothing else keeps all of its words.
    """
    text = _SPELLED.sub(lambda match: match[0].replace(".", ""), _APART.sub(" and ", plain(name).replace("’", "'")))  # noqa: RUF001
    spoken = [word.replace("'", "").lower() for word in _WORD.findall(text)]
    words = [vocabulary.abbreviations.get(word, word) for word in spoken if word not in vocabulary.filler]
    kept = list(words)
    while len(kept) > 1 and kept[-1] in vocabulary.legal_forms:
        kept.pop()
    return tuple(kept or spoken)


def initials_of(words: Words) -> str | None:
    """`sdg` for Silverline Dental Group; None for a single word."""
    return "".join(word[0] for word in words) if len(words) >= _FEWEST_FOR_INITIALS else None


def domain_label(domain: str, vocabulary: Vocabulary) -> str | None:
    """The part of a domain that a company chose: `contoso` of `contoso.co.uk` and of its initial domain."""
    name = domain.lower().strip(".")
    if name in vocabulary.public_domains:
        return None
    if name.endswith(vocabulary.initial_domain_suffix):
        return re.sub(r"[0-9]+$", "", name.removesuffix(vocabulary.initial_domain_suffix)) or None
    labels = name.split(".")
    above = 2 if len(labels) > 2 and labels[-2] in vocabulary.second_level else 1  # noqa: PLR2004
    return labels[-above - 1] if len(labels) > above else None


def own_domains(domains: Iterable[str], vocabulary: Vocabulary) -> frozenset[str]:
    """The domains that can tell a company: neither a mail provider's nor Microsoft's."""
    names = {domain.lower().strip(".") for domain in domains}
    return frozenset(
        n for n in names if n not in vocabulary.public_domains and not n.endswith(vocabulary.initial_domain_suffix)
    )


class Rarity:
    """What a word is worth: the rarer among all names, the more."""

    def __init__(self, names: Iterable[Words]) -> None:
        counts: Counter[str] = Counter()
        total = 0
        for words in names:
            counts.update(set(words))
            total += 1
        self._worth = {word: math.log(1 + total / count) for word, count in counts.items()}
        self._unseen = math.log(2 + total)

    def __call__(self, word: str) -> float:
        return self._worth.get(word, self._unseen)


@dataclass(frozen=True, slots=True)
class NameComparison:
    """Two names: the worth of the words in common, and of those that only one of them has."""

    common: float
    only_first: float
    only_second: float

    @property
    def share(self) -> float:
        total = self.common + self.only_first + self.only_second
        return self.common / total if total else 0.0

    @property
    def equal(self) -> bool:
        return self.common > 0 and not self.only_first and not self.only_second

    @property
    def contradiction(self) -> float:
        """0 when one name's words are all in the other, up to 1 when both have a telling word that the other lacks."""
        lacking = min(self.only_first, self.only_second)
        return min(1.0, lacking / (self.common / 2)) if self.common else 0.0


def compare_names(first: Words, second: Words, rarity: Rarity, *, likeness: float, length: int) -> NameComparison:
    """`likeness` in percent is how alike two words of at least `length` letters must be to count as one mistyped."""
    if "".join(first) == "".join(second):
        worth = sum(map(rarity, first))
        return NameComparison(worth, 0.0, 0.0)
    mine, theirs = Counter(first), Counter(second)
    both = mine & theirs
    only_mine, only_theirs = sorted((mine - both).elements()), sorted((theirs - both).elements())
    common = sum(rarity(word) for word in both.elements())
    for word in list(only_mine):
        twin = _mistyped(word, only_theirs, likeness, length)
        if twin is not None:
            only_mine.remove(word)
            only_theirs.remove(twin)
            common += min(rarity(word), rarity(twin))
    return NameComparison(common, sum(map(rarity, only_mine)), sum(map(rarity, only_theirs)))


def _mistyped(word: str, others: list[str], likeness: float, length: int) -> str | None:
    if len(word) < length or not word.isalpha():
        return None
    usable = [other for other in others if len(other) >= length and other.isalpha()]
    found = process.extractOne(word, usable, scorer=ratio, score_cutoff=likeness)
    return None if found is None else str(found[0])
