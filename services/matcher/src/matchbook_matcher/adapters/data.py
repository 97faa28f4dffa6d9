"""The data files: what agreement is worth, how that is fitted, and what identifies nothing."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from matchbook_contracts.identity import normalise_serial
from pydantic import BaseModel, ConfigDict

from matchbook_matcher.domain.digests import short_digest
from matchbook_matcher.domain.fitting import FittingRules, Values, values_of
from matchbook_matcher.domain.forms import Hygiene
from matchbook_matcher.domain.tenant_names import Vocabulary
from matchbook_matcher.domain.weights import DeviceWeights, Weights

_DECIMALS = 2


@dataclass(frozen=True)
class Knowledge:
    """All that the matcher knows beforehand. `digest` names it, and the release that makes something of it."""

    weights: Weights
    hygiene: Hygiene
    vocabulary: Vocabulary
    digest: str


class _Serials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    placeholders: tuple[str, ...] = ()


class _Names(BaseModel):
    model_config = ConfigDict(extra="forbid")

    default: tuple[str, ...]
    personal: tuple[str, ...]
    generic: tuple[str, ...]
    telling: tuple[str, ...] = ()
    former: frozenset[str] = frozenset()


class _Machines(BaseModel):
    model_config = ConfigDict(extra="forbid")

    computer: tuple[str, ...]
    mobile: tuple[str, ...]
    other: tuple[str, ...]
    titles: frozenset[str]
    placeholders: tuple[str, ...] = ()
    virtual: tuple[str, ...] = ()
    makers: dict[str, str]


class _People(BaseModel):
    model_config = ConfigDict(extra="forbid")

    nobody: frozenset[str]
    titles: frozenset[str]


class _Tenants(BaseModel):
    model_config = ConfigDict(extra="forbid")

    legal_forms: frozenset[str]
    leading_forms: frozenset[str]
    connectors: frozenset[str]
    filler: frozenset[str]
    branches: frozenset[str]
    asides: frozenset[str]
    other_names: tuple[str, ...]
    label_endings: tuple[str, ...]
    abbreviations: dict[str, str]
    nicknames: dict[str, str]
    word_endings: frozenset[str]
    public_domains: frozenset[str]
    initial_domain_suffix: str
    second_level: frozenset[str]


class _HygieneFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    serial_numbers: _Serials = _Serials()
    mac_addresses: dict[str, str]
    names: _Names
    machines: _Machines
    people: _People
    tenants: _Tenants


def read_knowledge(weights: Path | None = None, hygiene: Path | None = None) -> Knowledge:
    """The data files of an installation, or the package's own. Raises `pydantic.ValidationError` for a wrong file."""
    texts = _text(weights, "weights.toml"), _text(hygiene, "hygiene.toml")
    file = _HygieneFile.model_validate(tomllib.loads(texts[1]))
    telling_words = {*file.names.former, *map(str.upper, file.tenants.branches)}
    return Knowledge(
        Weights.model_validate(tomllib.loads(texts[0])),
        Hygiene(
            {beginning.upper().replace("-", ":"): reason for beginning, reason in file.mac_addresses.items()},
            _normal(file.serial_numbers.placeholders),
            _pattern(file.names.default),
            _pattern(file.names.personal),
            _pattern(file.names.generic),
            _parts((*file.names.telling, *_by_first_letter(telling_words))),
            tuple((family, _pattern(getattr(file.machines, family))) for family in ("computer", "mobile", "other")),
            file.people.nobody,
            file.people.titles,
            file.machines.titles,
            file.machines.makers,
            file.names.former,
            _normal(file.machines.placeholders),
            _pattern(file.machines.virtual),
        ),
        Vocabulary(**file.tenants.model_dump()),
        short_digest("\x1f".join((version("matchbook-matcher"), *texts))),
    )


def _normal(placeholders: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, map(normalise_serial, placeholders)))


def read_fitting(given: Path | None = None) -> FittingRules:
    """How weights are fitted. Raises `pydantic.ValidationError` for a wrong file."""
    return FittingRules.model_validate(tomllib.loads(_text(given, "fitting.toml")))


def weights_text(given: Path | None, weights: DeviceWeights) -> str:
    """The file of weights with other device weights, to two decimals, and the same comments.

    Raises ValueError for a file that does not have each weight on a line of its own.
    """
    values = {feature: round(value, _DECIMALS) + 0.0 for feature, value in values_of(weights).items()}
    text = "\n".join(_rewritten(_text(given, "weights.toml").split("\n"), values))
    if values_of(Weights.model_validate(tomllib.loads(text)).device) != values:
        raise ValueError("the file of weights must have each weight on a line of its own, in sections")
    return text


def _rewritten(lines: Sequence[str], values: Values) -> Iterator[str]:
    section = ""
    for line in lines:
        if heading := re.match(r"\s*\[(.*)\]", line):
            section = heading[1].removeprefix("device.")
        value = values.get((section, line.partition("=")[0].strip()))
        if value is None:
            yield line
        else:
            number, comment = f"{line.partition('=')[0].strip()} = {value:.{_DECIMALS}f}", line.partition("#")[2]
            yield f"{number:<28}#{comment}" if comment else number


def _text(given: Path | None, name: str) -> str:
    source = resources.files("matchbook_matcher").joinpath("data", name) if given is None else given
    return source.read_text(encoding="utf-8")


def _parts(alternatives: Sequence[str]) -> re.Pattern[str]:
    """Parts of names that begin with a letter: none stands beside them, nor an apostrophe, as in Anna's and O'Brien."""
    return re.compile(rf"(?<![A-Z'’])(?=[^\W\d_])(?:{'|'.join(alternatives)})(?![A-Z'’])")  # noqa: RUF001


def _by_first_letter(words: Iterable[str]) -> Iterator[str]:
    """Alternatives of which only those with the right letter are looked at."""
    for letter, alike in groupby(sorted(words), key=lambda word: word[:1]):
        yield f"{letter}(?:{'|'.join(word[1:] for word in alike)})"


def _pattern(alternatives: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{alternative})" for alternative in alternatives) or "(?!)")
