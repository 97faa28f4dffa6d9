"""Names of companies: the words that tell them apart, and what each word is worth."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from rapidfuzz.distance import OSA

from matchbook_matcher.domain.forms import plain

Words = tuple[str, ...]
_WORD = re.compile(r"[0-9A-Z]+(?:'[0-9A-Z]+)?|[^\W_]+")
_APART = re.compile(r"[&+]")
_SPELLED = re.compile(r"\b(?:[A-Z]\.){2,}(?:[A-Z]\b)?")
_NOTE = re.compile(r"[(\[]([^)\]]*)[)\]]?")
_TWO_LETTERS = re.compile(r"([aou])e")
_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d"})
_NUMERAL = re.compile(r"[0-9]+|i{1,3}|iv|vi{0,3}|ix")
_FEWEST_FOR_INITIALS = 2
_LONGEST_LEGAL_FORM = 6
_SHORTEST_ABBREVIATED = 3
_LONG_WORD = 10
_AKIN = 0.5


@dataclass(frozen=True)
class Vocabulary:
    """What is known of company names and domains in general; all in lower case and without accents."""

    legal_forms: AbstractSet[str] = frozenset()
    """Run together: `spzoo` for Sp. z o.o."""
    leading_forms: AbstractSet[str] = frozenset()
    connectors: AbstractSet[str] = frozenset()
    filler: AbstractSet[str] = frozenset()
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    branches: AbstractSet[str] = frozenset()
    """Words that tell a company from its sister."""
    asides: AbstractSet[str] = frozenset()
    """Words that tell a company's second tenant from its first."""
    other_names: tuple[str, ...] = ()
    """What stands before another name of the same company."""
    label_endings: tuple[str, ...] = ()
    public_domains: AbstractSet[str] = frozenset()
    initial_domain_suffix: str = ".onmicrosoft.com"
    second_level: AbstractSet[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CompanyName:
    """`words` tell the company; `notes` are words in parentheses, or that only tell one of its tenants from another.

    `spoken` are all words outside of parentheses, legal forms too.
    """

    written: str
    spoken: Words
    words: Words
    notes: Words
    spellings: frozenset[str]
    """The words run together, in the ways in which a domain or another writer may do it."""
    initials: frozenset[str]

    @property
    def all_words(self) -> Words:
        return (*self.words, *self.notes)


def company_names(written: str, vocabulary: Vocabulary) -> tuple[CompanyName, ...]:
    """The name, and further ones that it tells: two for `Contoso (formerly Fabrikam)`."""
    phrases = "|".join(map(re.escape, vocabulary.other_names)) or "(?!)"
    parts = re.split(rf"[(\[,;-]?\s*(?<!\w)(?:{phrases})(?!\w)[:.]?\s*", written, flags=re.IGNORECASE)
    named = [part.strip(" )],;-") if len(parts) > 1 else part for part in parts]
    return tuple(_company_name(part, vocabulary) for part in named if part) or (_company_name(written, vocabulary),)


def words_of(name: str, vocabulary: Vocabulary) -> Words:
    """The words of a name in their order, in lower case and without accents, legal forms and filler.

    A name made of nothing else keeps all of its words.
    """
    return _company_name(name, vocabulary).all_words


def _company_name(written: str, vocabulary: Vocabulary) -> CompanyName:
    spoken, noted = _spoken(_NOTE.sub(" ", written)), _spoken(" ".join(_NOTE.findall(written)))
    if not spoken:
        spoken, noted = noted, []
    bare = _without_legal_forms(spoken, vocabulary)
    words, asides = _telling(bare, vocabulary)
    notes = [word for word in noted if word not in vocabulary.legal_forms]
    told = [*asides, *_telling(notes, vocabulary)[0]] if notes else asides
    words = words or [word for word in bare if word not in vocabulary.filler] or bare
    return CompanyName(
        written,
        tuple(map(folded, spoken)),
        tuple(map(folded, words)),
        tuple(map(folded, told)),
        frozenset(_spellings(bare, vocabulary)) | {folded("".join(words))},
        frozenset(_initials(bare, vocabulary)),
    )


def folded(text: str) -> str:
    """One spelling for `mueller` and `muller`, which `müller` is written as."""
    return _TWO_LETTERS.sub(r"\1", text)


def _spoken(text: str) -> list[str]:
    upper = plain(_APART.sub(" and ", text.translate(_LETTERS)).replace("’", "'"))  # noqa: RUF001
    joined = _SPELLED.sub(lambda match: match[0].replace(".", ""), upper)
    return [word.replace("'", "").lower() for word in _WORD.findall(joined)]


def _without_legal_forms(spoken: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    words = list(spoken)
    least = 1 + (words[0] in vocabulary.filler if words else 0)
    while length := _legal_form(words, least, vocabulary):
        del words[-length:]
    if len(words) > 1 and words[0] in vocabulary.leading_forms:
        del words[0]
    return words


def _legal_form(words: Sequence[str], least: int, vocabulary: Vocabulary) -> int:
    """How many of the last words are a legal form; a connector goes with what stood behind it. `least` words stay."""
    for length in range(min(_LONGEST_LEGAL_FORM, len(words) - least), 0, -1):
        if "".join(words[-length:]) in vocabulary.legal_forms:
            return length
    ends = len(words) > least and words[-1] in vocabulary.connectors | vocabulary.filler
    return 1 if ends else 0


def _telling(spoken: Sequence[str], vocabulary: Vocabulary) -> tuple[list[str], list[str]]:
    """The words that tell the company, and those that don't: what marks a tenant, and its own initials beside it."""
    kept = [word for word in spoken if word not in vocabulary.filler and word not in vocabulary.connectors]
    words = [vocabulary.abbreviations.get(word, word) for word in kept]
    asides = []
    while len(words) > 1 and words[-1] in vocabulary.asides:
        asides.append(words.pop())
    for at in (0, -1):
        rest = words[1:] if at == 0 else words[:-1]
        if len(rest) >= _FEWEST_FOR_INITIALS and words[at] in _initials(_others(spoken, words[at]), vocabulary):
            del words[at]
    return words, asides


def _others(spoken: Sequence[str], word: str) -> list[str]:
    return [other for other in spoken if other != word]


def _spellings(spoken: Sequence[str], vocabulary: Vocabulary) -> Iterator[str]:
    """`smithandjonesmfg`, `smithjonesmfg`, `smithundjonesmanufacturing`…"""
    plain_words = [word for word in spoken if word not in vocabulary.filler]
    for words in (spoken, plain_words, [vocabulary.abbreviations.get(word, word) for word in plain_words]):
        yield folded("".join(words))
        yield folded("".join(word for word in words if word not in vocabulary.connectors))
        if not vocabulary.connectors.isdisjoint(words):
            for connector in ("and", "und"):
                yield folded("".join(connector if word in vocabulary.connectors else word for word in words))


def _initials(spoken: Sequence[str], vocabulary: Vocabulary) -> Iterator[str]:
    """`sdg` for Silverline Dental Group, `sj` and `saj` for Smith & Jones; none for a single word."""
    words = [word for word in spoken if word not in vocabulary.filler]
    for kept in (words, [word for word in words if word not in vocabulary.connectors]):
        if len(kept) >= _FEWEST_FOR_INITIALS:
            yield "".join(word[0] for word in kept)


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


def label_spellings(label: str, vocabulary: Vocabulary) -> frozenset[str]:
    """A domain's label as a name run together: as it stands, and without what is only put behind a name."""
    whole = folded("".join(_spoken(label)))
    found = {whole, re.sub(r"[0-9]+$", "", whole)}
    for ending in vocabulary.label_endings:
        found |= {spelling.removesuffix(ending) for spelling in found}
    return frozenset(found - {""})


def own_domains(domains: Iterable[str], vocabulary: Vocabulary) -> frozenset[str]:
    """The domains that can tell a company: neither a mail provider's nor Microsoft's."""
    names = {domain.lower().strip(".") for domain in domains}
    return frozenset(
        n for n in names if n not in vocabulary.public_domains and not n.endswith(vocabulary.initial_domain_suffix)
    )


class Rarity:
    """What a word is worth: the rarer among all names, the more."""

    def __init__(self, names: Iterable[Words]) -> None:
        self._counts: Counter[str] = Counter()
        total = 0
        for words in names:
            self._counts.update(set(words))
            total += 1
        self._worth = {word: math.log(1 + total / count) for word, count in self._counts.items()}
        self._unseen = math.log(2 + total)

    def __call__(self, word: str) -> float:
        return self._worth.get(word, self._unseen)

    def holders(self, word: str) -> int:
        """In how many names it stands."""
        return self._counts[word]


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
        mine, theirs, both = self._apart(first, second)
        common = sum(map(self._rarity, both))
        slips = 0
        for word in list(mine):
            twin = next((other for other in theirs if self._same(word, other)), None)
            if twin is not None:
                mine.remove(word)
                theirs.remove(twin)
                common += min(self._rarity(word), self._rarity(twin))
                slips += 1
        noted = self._only_notes(mine, theirs, first, second)
        return NameComparison(
            common=common,
            only_first=0.0 if noted else sum(map(self._rarity, mine)),
            only_second=0.0 if noted else sum(map(self._rarity, theirs)),
            slips=slips,
            noted=noted,
            branch=not noted and any(map(self._is_branch, (*mine, *theirs))),
            reordered=sorted(first.words) == sorted(second.words) and first.words != second.words,
            verbatim=first.spoken == second.spoken,
        )

    def _apart(self, first: CompanyName, second: CompanyName) -> tuple[list[str], list[str], list[str]]:
        if first.words != second.words and first.spellings & second.spellings:
            lacking = (Counter(first.notes) - Counter(second.notes), Counter(second.notes) - Counter(first.notes))
            return sorted(lacking[0].elements()), sorted(lacking[1].elements()), list(first.words)
        mine, theirs = Counter(first.all_words), Counter(second.all_words)
        both = mine & theirs
        return sorted((mine - both).elements()), sorted((theirs - both).elements()), sorted(both.elements())

    def _only_notes(self, mine: list[str], theirs: list[str], first: CompanyName, second: CompanyName) -> bool:
        if bool(mine) == bool(theirs):
            return False
        lacking, notes = (mine, first.notes) if mine else (theirs, second.notes)
        # (North) is a branch, (North Adams) a place.
        return all(word in notes for word in lacking) and not all(map(self._is_branch, lacking))

    def _is_branch(self, word: str) -> bool:
        return word in self._vocabulary.branches or _NUMERAL.fullmatch(word) is not None

    def _same(self, word: str, other: str) -> bool:
        if self._is_branch(word) or self._is_branch(other):
            return False
        return self._is_misspelt(word, other) or self._abbreviates(word, other) or self._abbreviates(other, word)

    def _is_misspelt(self, word: str, other: str) -> bool:
        shorter = min(len(word), len(other))
        if shorter < self._slip_length or word[0] != other[0] or not (word + other).isalpha():
            return False
        most = 2 if shorter >= _LONG_WORD else 1
        return int(OSA.distance(word, other, score_cutoff=most)) <= most

    def _abbreviates(self, short: str, long: str) -> bool:
        """`constr` for construction: a word of many names, never a proper name."""
        if not _SHORTEST_ABBREVIATED <= len(short) < len(long) or self._rarity.holders(long) < self._ordinary:
            return False
        return long.startswith(short)
