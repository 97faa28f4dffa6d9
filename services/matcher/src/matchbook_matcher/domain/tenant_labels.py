"""What the label of a domain says of an organization's name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from matchbook_matcher.domain.tenant_comparing import NameComparison, Rarity
from matchbook_matcher.domain.tenant_names import CompanyName, Vocabulary, folded, is_branch

_SHORTEST_SPELLING = 3
_SHORTEST_BEGINNING = 4


class LabelReader:
    """Reads labels as names run together: `lakemontvet` has two of the words of Lakemont Veterinary Clinic."""

    def __init__(self, rarity: Rarity, vocabulary: Vocabulary, *, cut: int) -> None:
        """`cut`: letters from which on a label may break off within a word."""
        self._rarity, self._vocabulary, self._cut = rarity, vocabulary, cut
        self._silent = vocabulary.connectors | vocabulary.filler | set(vocabulary.label_endings)
        self._short: defaultdict[str, list[str]] = defaultdict(list)
        for short, word in sorted(vocabulary.abbreviations.items()):
            self._short[folded(word)].append(folded(short))

    def __call__(self, label: str, name: CompanyName) -> tuple[NameComparison, frozenset[str]]:
        """How the label agrees with the name, and which words of the name it has."""
        rest, found = label, list[str]()
        # The most labels have none of the words, which is to be seen at once.
        spelled = [(word, s) for word in set(name.words) if (s := self._spelling(word, label)) is not None]
        for word, spelling in sorted(spelled, key=lambda pair: (-len(pair[0]), pair[0])):
            if spelling in rest:
                rest = rest.replace(spelling, " ", 1)
                found.append(word)
        if not found:
            return NameComparison(), frozenset()
        lacking = [word for word in name.words if word not in found]
        pieces = rest.split()
        begun = self._begun(label, pieces, lacking)
        if begun is not None:
            pieces.pop()
            lacking.remove(begun)
            found.append(begun)
        said = [piece for piece in pieces if len(piece) > 1 and piece not in self._silent]
        comparison = NameComparison(
            common=self._worth(found),
            only_first=len(said) * self._rarity.of(1),
            only_second=self._worth(lacking),
            branch=any(is_branch(word, self._vocabulary) for word in (*said, *lacking)),
        )
        return comparison, frozenset(found)

    def _spelling(self, word: str, label: str) -> str | None:
        """How the label spells the word, in full or abbreviated."""
        if word in label and len(word) >= _SHORTEST_SPELLING:
            return word
        short = self._short.get(word, ())
        return next((s for s in short if s in label and len(s) >= _SHORTEST_SPELLING), None)

    def _begun(self, label: str, pieces: Sequence[str], lacking: Iterable[str]) -> str | None:
        """The word of the name whose beginning the label ends with: `ortho` of orthodontics."""
        if not pieces or not label.endswith(pieces[-1]):
            return None
        if len(pieces[-1]) < _SHORTEST_BEGINNING and len(label) < self._cut:
            return None
        return next((word for word in lacking if word.startswith(pieces[-1])), None)

    def _worth(self, words: Iterable[str]) -> float:
        return sum(map(self._rarity, words))
