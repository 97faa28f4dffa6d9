"""Weighted words and domains: what most would write to match tenants, for comparison.

Words weigh by how rare they are; what two names share of their weight is the score, and a domain that spells the
organization's name beats it. The best pairs first, one to one; the threshold is the best one for F1, found with the
truth.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from matchbook_matcher.domain.forms import plain
from matchbook_matcher.domain.tenants import Organization, Tenant

_CONNECTORS = frozenset({"AND", "UND", "ET", "THE"})
_TELLING = 7


class Best(NamedTuple):
    """At the threshold with the best F1."""

    f1: float
    precision: float
    recall: float


class Claim(NamedTuple):
    """A tenant's organization, each by its id."""

    score: float
    tenant_id: str
    organization_id: str


def claims(
    tenants: Iterable[Tenant], organizations: Iterable[Organization], legal_forms: AbstractSet[str]
) -> list[Claim]:
    """One to one, those with the best score first."""
    mine = {t.tenant_id: (_words(t.display_name, legal_forms), set(map(_label, t.domains))) for t in tenants}
    theirs = {o.organization_id: _words(o.name, legal_forms) for o in organizations}
    weights = _rarity([*(words for words, _ in mine.values()), *theirs.values()])
    found = [
        Claim(score, tenant_id, organization_id)
        for tenant_id, (words, labels) in mine.items()
        for organization_id, others in theirs.items()
        if (score := max(_shared(set(words), set(others), weights), _spelt("".join(others), labels))) > 0
    ]
    return list(_one_to_one(sorted(found, key=lambda claim: -claim.score)))


def best(found: Sequence[tuple[float, bool]], documented: int) -> Best:
    """`found` are scores, each with whether it is right; `documented` is how many there are to be found."""
    right, reached = 0, Best(0.0, 0.0, 0.0)
    for count, (_, is_right) in enumerate(sorted(found, key=lambda each: -each[0]), 1):
        right += is_right
        reached = max(reached, Best(2 * right / (count + documented), right / count, right / documented))
    return reached


def _words(name: str, legal_forms: AbstractSet[str]) -> list[str]:
    text = plain(name).replace("'", "").replace(".", "").replace("&", " AND ")
    words = [word for word in re.findall("[0-9A-Z]+", text) if word not in _CONNECTORS]
    return [word for word in words if word.lower() not in legal_forms] or words


def _label(domain: str) -> str:
    return plain(domain.partition(".")[0]).replace("-", "")


def _rarity(names: Sequence[Iterable[str]]) -> Mapping[str, float]:
    holders = Counter(word for words in names for word in set(words))
    return {word: math.log(1 + len(names) / count) for word, count in holders.items()}


def _shared(mine: set[str], theirs: set[str], weights: Mapping[str, float]) -> float:
    total = sum(weights[word] for word in mine | theirs)
    return sum(weights[word] for word in mine & theirs) / total if total else 0.0


def _spelt(name: str, labels: AbstractSet[str]) -> float:
    if name in labels:
        return 1.0
    telling = (label for label in labels if min(len(label), len(name)) >= _TELLING)
    return 0.6 if any(name in label or label in name for label in telling) else 0.0


def _one_to_one(found: Iterable[Claim]) -> Iterator[Claim]:
    taken: set[tuple[str, str]] = set()
    for claim in found:
        ends = {("tenant", claim.tenant_id), ("organization", claim.organization_id)}
        if taken.isdisjoint(ends):
            taken |= ends
            yield claim
