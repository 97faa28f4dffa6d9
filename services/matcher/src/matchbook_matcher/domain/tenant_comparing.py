"""Two names of companies compared: which of their words agree, and what the others are worth."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

from matchbook_matcher.domain.tenant_names import CompanyName, Vocabulary, Words, is_branch

_SHORTEST_ABBREVIATED = 3
_SHORTEST_STEM = 6
_SHORTEST_SWAPPED = 4
"""Letters: Bleu is Blue, where Bond and Bend are two companies, and so are ABC and ACB."""
_INITIALS = range(2, 5)
_FEWEST_BESIDE_A_LETTER = 2
_LONG_WORD = 10
_AKIN = 0.5
_EXACT = 4


class Rarity:
    """What a word is worth: the rarer among all names, the more.

    Counts go in steps, so that most names that come or go change no other word's worth.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._names = 0
        self._settled_names = 0
        self._settled: dict[str, int] = {}

    def add(self, words: Words, times: int = 1) -> None:
        """Count a name, or with -1 no longer."""
        for word in set(words):
            self._settled.setdefault(word, self.holders(word))
            self._counts[word] += times
            if not self._counts[word]:
                del self._counts[word]
        self._names += times

    def settle(self) -> AbstractSet[str] | None:
        """The words whose worth has changed since the last call; None where all may have."""
        words = {word for word, held in self._settled.items() if self.holders(word) != held}
        names = _stepped(self._names)
        all_words = self._settled_names != names
        self._settled, self._settled_names = {}, names
        return None if all_words else words

    def __call__(self, word: str) -> float:
        # A new word is worth as much as one that a single name has.
        return self.of(_stepped(self._counts.get(word, 1)))

    def of(self, holders: int) -> float:
        """What a word in so many names is worth."""
        return math.log(1 + _stepped(self._names) / holders)

    def holders(self, word: str) -> int:
        """In about how many names it stands; exact as far as four."""
        return _stepped(self._counts.get(word, 0))


def _stepped(count: int) -> int:
    """1, 2, 3, 4, 8, 16, 32…"""
    return count if count <= _EXACT else 1 << (count.bit_length() - 1)


@dataclass(frozen=True, slots=True)
class NameComparison:
    """Two names: the worth of the words in common, and of those that only one of them has."""

    common: float = 0.0
    only_first: float = 0.0
    only_second: float = 0.0
    slips: int = 0
    """Words in common that one of them misspells or abbreviates."""
    noted: bool = False
    """One has notes that the other lacks, and nothing else is between them."""
    branch: bool = False
    """A word that tells sister companies apart is on one side only."""
    reordered: bool = False
    verbatim: bool = False
    """The same words in the same order, legal forms and all, but for notes."""

    @property
    def share(self) -> float:
        total = self.common + self.only_first + self.only_second
        return self.common / total if total else 0.0

    @property
    def akin(self) -> bool:
        """Most of what the names say is the same: sisters, or one company."""
        return self.share >= _AKIN

    @property
    def same(self) -> bool:
        """The same words, be they misspelt, or with a note."""
        return self.common > 0 and not self.only_first and not self.only_second

    @property
    def equal(self) -> bool:
        return self.same and not self.slips and not self.noted

    @property
    def exact(self) -> bool:
        return self.equal and self.verbatim

    @property
    def contradiction(self) -> float:
        """0 when one name's words are all in the other, up to 1 when both have a telling word that the other lacks."""
        lacking = min(self.only_first, self.only_second)
        return min(1.0, lacking / (self.common / 2)) if self.common else 0.0


class Comparer:
    """Compares names with what the installation's own names teach."""

    def __init__(self, rarity: Rarity, vocabulary: Vocabulary, *, slip_length: int, ordinary: int) -> None:
        """`slip_length`: shorter words are never misspelt. `ordinary`: a word in so many names is no proper name."""
        self._rarity, self._vocabulary = rarity, vocabulary
        self._slip_length, self._ordinary = slip_length, ordinary

    def __call__(self, first: CompanyName, second: CompanyName) -> NameComparison:
        mine, theirs, both = _apart(first, second)
        common = self._worth(both)
        common += self._joined(mine, theirs) + self._joined(theirs, mine)
        slips = list(self._slips(mine, theirs, {**first.unfolded, **second.unfolded}))
        if both:
            slips += self._initialled(mine, theirs), self._initialled(theirs, mine)
        if (
            len(both) >= _FEWEST_BESIDE_A_LETTER
            and first.words[:1] == tuple(mine)
            and second.words[:1] == tuple(theirs)
        ):
            slips.append(self._first_letter(mine, theirs))
        noted = self._only_notes(mine, theirs, first, second)
        return NameComparison(
            common=common + sum(slips),
            only_first=0.0 if noted else self._worth(mine),
            only_second=0.0 if noted else self._worth(theirs),
            slips=sum(slip > 0 for slip in slips),
            noted=noted,
            branch=not noted and any(map(self._is_branch, (*mine, *theirs))),
            reordered=sorted(first.words) == sorted(second.words) and first.words != second.words,
            verbatim=first.spoken == second.spoken,
        )

    # What follows takes the words out of the lists that it finds to agree, and tells what they are worth.

    def _joined(self, apart: list[str], together: list[str]) -> float:
        """Neighbours on one side that the other writes as one word."""
        worth = 0.0
        for word in list(together):
            at = next((at for at, pair in enumerate(pairwise(apart)) if "".join(pair) == word), None)
            if at is not None:
                del apart[at : at + 2]
                together.remove(word)
                worth += self._rarity(word)
        return worth

    def _slips(self, mine: list[str], theirs: list[str], unfolded: Mapping[str, str]) -> Iterator[float]:
        """Words that one side misspells, abbreviates, or gives another ending."""
        for word in list(mine):
            twin = next((other for other in theirs if self._same(word, other, unfolded)), None)
            if twin is not None:
                mine.remove(word)
                theirs.remove(twin)
                yield min(self._rarity(word), self._rarity(twin))

    def _initialled(self, short: list[str], long: list[str]) -> float:
        """J&J Roofing of Johnson & Johnson Roofing."""
        letters = [word for word in short if len(word) == 1]
        written = {word: [word] for word in short if len(word) in _INITIALS}
        written |= {"".join(letters): letters} if len(letters) in _INITIALS else {}
        for initials, words in written.items():
            for at in range(len(long) - len(initials) + 1):
                run = long[at : at + len(initials)]
                if "".join(word[0] for word in run) == initials and min(map(len, run)) > 1:
                    del long[at : at + len(initials)]
                    for word in words:
                        short.remove(word)
                    return self._worth(run)
        return 0.0

    def _first_letter(self, mine: list[str], theirs: list[str]) -> float:
        """R. Winslade Architects of Robert Winslade Architects."""
        short, long = sorted((mine[0], theirs[0]), key=len)
        if len(short) > 1 or not long.startswith(short) or self._is_branch(short) or self._is_branch(long):
            return 0.0
        mine.clear()
        theirs.clear()
        return self._rarity(long)

    def _worth(self, words: Iterable[str]) -> float:
        return sum(map(self._rarity, words))

    def _only_notes(self, mine: list[str], theirs: list[str], first: CompanyName, second: CompanyName) -> bool:
        if bool(mine) == bool(theirs):
            return False
        lacking, notes = (mine, first.notes) if mine else (theirs, second.notes)
        # (North) is a branch, (North Adams) a place.
        return all(word in notes for word in lacking) and not all(map(self._is_branch, lacking))

    def _is_branch(self, word: str) -> bool:
        return is_branch(word, self._vocabulary)

    def _same(self, word: str, other: str, unfolded: Mapping[str, str]) -> bool:
        if self._is_branch(word) or self._is_branch(other):
            return False
        if self._is_misspelt(word, other) or self._abbreviates(word, other) or self._abbreviates(other, word):
            return True
        if self._differs_in_ending(word, other) or self._is_called(word, other) or self._is_called(other, word):
            return True
        written = unfolded.get(word, word), unfolded.get(other, other)
        return written != (word, other) and self._is_misspelt(*written)

    def _is_misspelt(self, word: str, other: str) -> bool:
        shorter = min(len(word), len(other))
        if word[0] != other[0] or not (word + other).isalpha():
            return False
        are_swapped = shorter >= _SHORTEST_SWAPPED and sorted(word) == sorted(other)
        if shorter < self._slip_length and not are_swapped:
            return False
        most = 2 if shorter >= _LONG_WORD else 1
        return int(OSA.distance(word, other, score_cutoff=most)) <= most

    def _abbreviates(self, short: str, long: str) -> bool:
        """`constr` for construction: a word of many names, never a proper name."""
        if not _SHORTEST_ABBREVIATED <= len(short) < len(long) or self._rarity.holders(long) < self._ordinary:
            return False
        return long.startswith(short)

    def _differs_in_ending(self, word: str, other: str) -> bool:
        """`consultants` and `consulting`: words of many names, never proper names."""
        if (
            word[:_SHORTEST_STEM] != other[:_SHORTEST_STEM]
            or max(map(self._rarity.holders, (word, other))) < self._ordinary
        ):
            return False
        stem = next((at for at, (mine, theirs) in enumerate(zip(word, other, strict=False)) if mine != theirs), None)
        stem = min(len(word), len(other)) if stem is None else stem
        endings = {word[stem:], other[stem:]} - {""}
        return stem >= _SHORTEST_STEM and endings <= self._vocabulary.word_endings

    def _is_called(self, nickname: str, name: str) -> bool:
        return self._vocabulary.nicknames.get(nickname) == name


def _apart(first: CompanyName, second: CompanyName) -> tuple[list[str], list[str], list[str]]:
    """The words that only the first has, those that only the second has, and those of both; in the names' order."""
    if first.words != second.words and first.spellings & second.spellings:
        lacking = (Counter(first.notes) - Counter(second.notes), Counter(second.notes) - Counter(first.notes))
        return list(lacking[0].elements()), list(lacking[1].elements()), list(first.words)
    mine, theirs = Counter(first.all_words), Counter(second.all_words)
    both = mine & theirs
    return list((mine - both).elements()), list((theirs - both).elements()), list(both.elements())
