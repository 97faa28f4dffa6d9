"""Reads the data files: what agreement is worth, and what identifies nothing."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from matchbook_contracts.identity import normalise_serial
from pydantic import BaseModel, ConfigDict

from matchbook_matcher.domain.forms import Hygiene
from matchbook_matcher.domain.tenant_names import Vocabulary
from matchbook_matcher.domain.weights import Weights


@dataclass(frozen=True)
class Knowledge:
    """All that the matcher knows beforehand."""

    weights: Weights
    hygiene: Hygiene
    vocabulary: Vocabulary


class _Serials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    placeholders: tuple[str, ...] = ()


class _Names(BaseModel):
    model_config = ConfigDict(extra="forbid")

    default: tuple[str, ...]
    personal: tuple[str, ...]
    generic: tuple[str, ...]


class _Machines(BaseModel):
    model_config = ConfigDict(extra="forbid")

    computer: tuple[str, ...]
    mobile: tuple[str, ...]
    other: tuple[str, ...]
    titles: frozenset[str]
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
    file = _HygieneFile.model_validate(_toml(hygiene, "hygiene.toml"))
    return Knowledge(
        Weights.model_validate(_toml(weights, "weights.toml")),
        Hygiene(
            {beginning.upper().replace("-", ":"): reason for beginning, reason in file.mac_addresses.items()},
            frozenset(filter(None, map(normalise_serial, file.serial_numbers.placeholders))),
            _pattern(file.names.default),
            _pattern(file.names.personal),
            _pattern(file.names.generic),
            tuple((family, _pattern(getattr(file.machines, family))) for family in ("computer", "mobile", "other")),
            file.people.nobody,
            file.people.titles,
            file.machines.titles,
            file.machines.makers,
        ),
        Vocabulary(**file.tenants.model_dump()),
    )


def _toml(given: Path | None, name: str) -> dict[str, Any]:
    if given is not None:
        return tomllib.loads(given.read_text(encoding="utf-8"))
    return tomllib.loads(resources.files("matchbook_matcher").joinpath("data", name).read_text(encoding="utf-8"))


def _pattern(alternatives: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{alternative})" for alternative in alternatives))
