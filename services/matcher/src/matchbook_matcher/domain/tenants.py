"""Which organization each tenant is: names, domains, aliases and the machines they have in common."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from matchbook_contracts.suggestions import Rule

from matchbook_matcher.domain.pairs import CandidateData, Evidence, shown
from matchbook_matcher.domain.tenant_evidence import evidence_of, fingerprint
from matchbook_matcher.domain.tenant_forms import (
    Finder,
    Forms,
    Organization,
    Register,
    Tenant,
    confidence_of,
    organization_forms,
    rule_of,
    score_of,
    tenant_forms,
)
from matchbook_matcher.domain.tenant_comparing import NameComparison
from matchbook_matcher.domain.tenant_names import Vocabulary, folded
from matchbook_matcher.domain.weights import TenantWeights

__all__ = ["Directory", "Organization", "Tenant", "TenantAnswer", "TenantPair"]
_MOST_OTHERS = 5
_SHORTEST_IN_LABEL = 4


@dataclass(frozen=True, slots=True)
class TenantPair:
    """A tenant and an organization it may be, and what speaks for it."""

    organization: Organization
    score: float
    rank: int
    rule: Rule
    confidence: float
    fingerprint: str
    evidence: tuple[Evidence, ...]
    name: NameComparison
    whole: bool
    """More than part of the name speaks for it."""

    def candidate(self) -> CandidateData:
        return {
            "target_id": self.organization.organization_id,
            "target_name": shown(self.organization.name),
            "rule": self.rule,
            "confidence": self.confidence,
            "fingerprint": self.fingerprint,
            "evidence": list(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class TenantAnswer:
    """Empty `pairs`: no suggestion. `tied`: the first `tied` of them can't be told apart."""

    pairs: tuple[TenantPair, ...] = ()
    tied: int = 0
    decided: bool = False


@dataclass(frozen=True, slots=True)
class _Claim:
    """The strongest claim of an unmatched tenant on an organization, and how many reach it."""

    score: float
    rank: int
    count: int = 1


class Directory:
    """All organizations and all tenants."""

    def __init__(
        self,
        organizations: Iterable[Organization],
        tenants: Sequence[Tenant],
        weights: TenantWeights,
        known: Vocabulary,
    ) -> None:
        self.weights, self.limits = weights, weights.limits
        self.organizations = {o.organization_id: o for o in organizations}
        self.forms = {key: organization_forms(o, known) for key, o in self.organizations.items()}
        self.tenants = {tenant.tenant_id: tenant for tenant in tenants}
        self.tenant_forms = {tenant.tenant_id: tenant_forms(tenant, known) for tenant in tenants}
        both = [*self.forms.values(), *self.tenant_forms.values()]
        self._finder = Finder(both, self.forms.values(), weights.limits, known)
        self._register = Register(self.forms)

    def answers(self) -> dict[str, TenantAnswer]:
        """The answer for each tenant, whatever the order of tenants and organizations."""
        open_tenants = [t for t in self.tenants.values() if t.standing is None or t.standing.status != "matched"]
        pairs = {tenant.tenant_id: self._pairs(tenant) for tenant in open_tenants}
        claims = self._claims(open_tenants, pairs)
        answers = {tenant.tenant_id: self._answer(pairs[tenant.tenant_id], claims) for tenant in open_tenants}
        return {key: answers.get(key, TenantAnswer(decided=True)) for key in self.tenants}

    def _pairs(self, tenant: Tenant) -> list[TenantPair]:
        forms = self.tenant_forms[tenant.tenant_id]
        reverted = (tenant.standing.reverted if tenant.standing is not None else None) or {}
        found = (self._pair(tenant, forms, key) for key in self._candidates(tenant, forms))
        return self._with_forms([pair for pair in found if pair is not None and not _is_reverted(pair, reverted)])

    def _with_forms(self, pairs: list[TenantPair]) -> list[TenantPair]:
        """Of Contoso Inc. and Contoso GmbH, a tenant by that name is the one with its legal form."""
        if not any(pair.name.exact for pair in pairs):
            return pairs
        worth = self.weights.name.other_form
        return [self._worth(pair, worth) if pair.name.equal and not pair.name.exact else pair for pair in pairs]

    def _candidates(self, tenant: Tenant, forms: Forms) -> list[str]:
        """Organizations worth comparing in full, the most promising ones."""
        worth: Counter[str] = Counter()
        for word in self._words(forms):
            holders = self._register.with_word(word)
            for key in holders if len(holders) <= self.limits.word_holders else ():
                worth[key] += int(1000 * self._finder.rarity(word))
        certain = {key for key, _ in tenant.overlaps if key in self.organizations}
        named = {whole for name in forms.names for whole in (*name.spellings, *map(folded, name.initials))}
        certain |= self._register.with_whole({*forms.domains, *forms.labels, *named})
        for label in forms.labels:
            if len(label) >= self.limits.label_cut:
                certain |= self._register.with_beginning(label)
        ranked = sorted(worth, key=lambda key: (-worth[key], key))[: self.limits.candidates]
        return sorted(certain.union(ranked))

    def _words(self, forms: Forms) -> set[str]:
        """Words of the names, and those that a domain's label begins or ends with."""
        found = {word for name in forms.names for word in name.all_words}
        for label in forms.labels:
            for length in range(_SHORTEST_IN_LABEL, len(label) + 1):
                found.add(label[:length])
                found.add(label[-length:])
        return found

    def _pair(self, tenant: Tenant, forms: Forms, key: str) -> TenantPair | None:
        organization, theirs = self.organizations[key], self.forms[key]
        findings = self._finder.findings(tenant, forms, organization, theirs)
        rule = rule_of(findings, self.limits.overlap_least)
        if rule is None:
            return None
        score = score_of(findings, self.weights)
        if organization.holder not in (None, tenant.tenant_id):
            score += self.weights.claims.matched_elsewhere
        pair = TenantPair(
            organization=organization,
            score=score,
            rank=round(score / self.weights.margin),
            rule=rule,
            confidence=0.0,
            fingerprint=fingerprint(forms, theirs, findings.overlap),
            evidence=evidence_of(tenant, organization, findings),
            name=findings.name,
            whole=findings.whole,
        )
        return self._worth(pair, 0.0)

    def _worth(self, pair: TenantPair, change: float) -> TenantPair:
        score = pair.score + change
        confidence = round(min(confidence_of(score, self.weights), self.weights.greatest), 4)
        return replace(pair, score=score, rank=round(score / self.weights.margin), confidence=confidence)

    def _claims(self, tenants: Iterable[Tenant], pairs: Mapping[str, Sequence[TenantPair]]) -> dict[str, _Claim]:
        """By organization. A tenant claims what fits it best."""
        claims: dict[str, _Claim] = {}
        for tenant in tenants:
            if tenant.standing is not None and tenant.standing.status == "ignored":
                continue
            fitting = [pair for pair in pairs[tenant.tenant_id] if self._may_fit(pair)]
            highest = max((pair.rank for pair in fitting), default=0)
            for pair in fitting:
                if pair.rank == highest:
                    _claim(claims, pair)
        return claims

    def _may_fit(self, pair: TenantPair) -> bool:
        return self._worth(pair, self.weights.claims.alone).confidence >= self.weights.suggest_from

    def _answer(self, pairs: Iterable[TenantPair], claims: Mapping[str, _Claim]) -> TenantAnswer:
        judged = (self._judged(pair, claims) for pair in pairs)
        kept = [pair for pair in judged if pair.confidence >= self.weights.suggest_from]
        if not kept:
            return TenantAnswer()
        kept.sort(key=lambda pair: (-pair.rank, pair.organization.organization_id))
        tied = sum(pair.rank == kept[0].rank for pair in kept)
        others = tuple(kept[1 : _MOST_OTHERS + 1])
        best = self._worth(kept[0], -_softplus_sum(pair.score for pair in kept[1:]))
        if tied > 1 or best.confidence < self.weights.suggest_from:
            return TenantAnswer((kept[0], *others), max(tied, 2))
        # Two tenants that fit one organization equally well can't be told apart either.
        claim = claims.get(best.organization.organization_id)
        contested = claim is not None and claim.rank == kept[0].rank and claim.count > 1 and not best.whole
        return TenantAnswer((best, *others), 1 if contested else 0)

    def _judged(self, pair: TenantPair, claims: Mapping[str, _Claim]) -> TenantPair:
        """Less for a pair whose organization another tenant fits better, more where no other claims it."""
        worth = self.weights.claims
        claim = claims.get(pair.organization.organization_id)
        if claim is None or claim.rank < pair.rank or (claim.rank == pair.rank and claim.count == 1):
            return self._worth(pair, worth.alone) if pair.organization.holder is None else pair
        if claim.rank == pair.rank:
            return pair
        lead = claim.score - pair.score
        return self._worth(pair, worth.second_tenant * lead if pair.whole else worth.better_tenant)


def _claim(claims: dict[str, _Claim], pair: TenantPair) -> None:
    key = pair.organization.organization_id
    held = claims.get(key)
    if held is None or pair.rank > held.rank:
        claims[key] = _Claim(pair.score, pair.rank)
    elif pair.rank == held.rank:
        claims[key] = _Claim(max(pair.score, held.score), pair.rank, held.count + 1)


def _softplus_sum(scores: Iterable[float]) -> float:
    return math.log1p(sum(map(math.exp, scores)))


def _is_reverted(pair: TenantPair, reverted: Mapping[str, str | None]) -> bool:
    target = pair.organization.organization_id
    return target in reverted and reverted[target] in (None, pair.fingerprint)
