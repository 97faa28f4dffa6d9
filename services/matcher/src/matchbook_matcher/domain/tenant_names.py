"""Names of companies and their domains: the words and spellings that tell them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Vocabulary:
    """What is known of company names and domains in general; all in lower case and without accents."""

    legal_forms: AbstractSet[str] = frozenset()
    """Run together: `spzoo` for Sp. z o.o."""
    leading_forms: AbstractSet[str] = frozenset()
    connectors: AbstractSet[str] = frozenset()
    filler: AbstractSet[str] = frozenset()
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    nicknames: Mapping[str, str] = field(default_factory=dict)
    """First names by what their bearers are called."""
    word_endings: AbstractSet[str] = frozenset()
    """In which words of one trade differ: `consultants`, `consulting`."""
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
    unfolded: Mapping[str, str] = field(default_factory=dict)
    """How words are written that `folded` changed, for where a slip of the pen may have met it."""

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
        frozenset(_initials(bare, vocabulary)) | frozenset(_initials(_hyphened(written, bare), vocabulary)),
        {folded(word): word for word in (*words, *told) if folded(word) != word},
    )


def folded(text: str) -> str:
    """One spelling for `mueller` and `muller`, which `müller` is written as."""
    return _TWO_LETTERS.sub(r"\1", text)


def is_branch(word: str, vocabulary: Vocabulary) -> bool:
    """Whether a word tells a company from its sister."""
    return word in vocabulary.branches or _NUMERAL.fullmatch(word) is not None


def _spoken(text: str) -> list[str]:
    upper = plain(_APART.sub(" and ", text.translate(_LETTERS)).replace("’", "'"))  # noqa: RUF001
    joined = _SPELLED.sub(lambda match: match[0].replace(".", ""), upper)
    return [word.replace("'", "").lower() for word in _WORD.findall(joined)]


def _hyphened(written: str, bare: Sequence[str]) -> list[str]:
    """The words of which `bare` are the first, with Lacroix-les-Bains as one."""
    words, length = [], 0
    for spoken in map(_spoken, _NOTE.sub(" ", written).split()):
        length += len(spoken)
        if length > len(bare):
            break
        words += spoken[:1]
    return words


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
    words = _without_legal_forms(words, vocabulary) if asides else words
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
    for kept in (spoken, words, [word for word in words if word not in vocabulary.connectors]):
        if len(kept) >= _FEWEST_FOR_INITIALS:
            yield "".join(word[0] for word in kept)


def domain_label(domain: str, vocabulary: Vocabulary) -> str | None:
    """The part of a domain that a company chose: `contoso` of `contoso.co.uk` and of its initial domain."""
    name = domain.lower().strip(".")
    if name in vocabulary.public_domains:
        return None
    if "xn--" in name:
        name = _decoded(name)
    if name.endswith(vocabulary.initial_domain_suffix):
        return re.sub(r"[0-9]+$", "", name.removesuffix(vocabulary.initial_domain_suffix)) or None
    labels = name.split(".")
    above = 2 if len(labels) > 2 and labels[-2] in vocabulary.second_level else 1  # noqa: PLR2004
    return labels[-above - 1] if len(labels) > above else None


def _decoded(name: str) -> str:
    """`müller.de` for `xn--mller-kva.de`; what is no such domain stays as it is."""
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name


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
