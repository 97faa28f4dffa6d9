"""Which organization each tenant is: names, domains, aliases and the machines they have in common."""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from matchbook_contracts.suggestions import Rule

from matchbook_matcher.domain.pairs import CandidateData, Evidence, shown
from matchbook_matcher.domain.tenant_comparing import NameComparison
from matchbook_matcher.domain.tenant_evidence import evidence_of, fingerprint
from matchbook_matcher.domain.tenant_forms import (
    Finder,
    Forms,
    Organization,
    Tenant,
    confidence_of,
    organization_forms,
    rule_of,
    score_of,
    tenant_forms,
)
from matchbook_matcher.domain.tenant_names import Vocabulary
from matchbook_matcher.domain.tenant_register import Net, Register, words_of_forms
from matchbook_matcher.domain.weights import TenantWeights

__all__ = ["Directory", "Organization", "Tenant", "TenantAnswer", "TenantPair"]
_MOST_OTHERS = 5
_MOST_SINGLE = 0.1
"""When more of the organizations change, or weigh otherwise, all tenants are paired again."""


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
    """All organizations and all tenants. After a change only those tenants are evaluated again that it can touch."""

    def __init__(
        self,
        organizations: Iterable[Organization],
        tenants: Iterable[Tenant],
        weights: TenantWeights,
        known: Vocabulary,
    ) -> None:
        self.weights, self.limits, self._known = weights, weights.limits, known
        self.organizations: dict[str, Organization] = {}
        self.tenants: dict[str, Tenant] = {}
        self._forms: dict[str, Forms] = {}
        self._tenant_forms: dict[str, Forms] = {}
        self._finder = Finder(weights.limits, known)
        self._register = Register(weights.limits)
        self._compared: dict[str, dict[str, TenantPair | None]] = {}
        self._pairs: dict[str, list[TenantPair]] = {}
        self._claims: dict[str, _Claim] = {}
        self._answers: dict[str, TenantAnswer] = {}
        self.change({o.organization_id: o for o in organizations}, {t.tenant_id: t for t in tenants})

    def answers(self) -> dict[str, TenantAnswer]:
        """The answer for each tenant, whatever the order of tenants and organizations, and of changes."""
        return dict(self._answers)

    def answer(self, tenant_id: str) -> TenantAnswer:
        """An empty one for a tenant that is not there."""
        return self._answers.get(tenant_id, TenantAnswer())

    def change(
        self, organizations: Mapping[str, Organization | None], tenants: Mapping[str, Tenant | None]
    ) -> AbstractSet[str]:
        """Take in new states, None for what is gone; gives the tenants that were evaluated again."""
        organizations = {key: new for key, new in organizations.items() if self.organizations.get(key) != new}
        tenants = {key: new for key, new in tenants.items() if self.tenants.get(key) != new}
        met, domains = self._meeting(organizations), self._domains_of(organizations)
        for key, organization in organizations.items():
            self._file(key, organization)
        # A domain may be shared now, or no longer.
        sharing = self._register.with_any(domains | self._domains_of(organizations))
        for key, tenant in tenants.items():
            self._file_tenant(key, tenant)
        anew, weighed = self._weighing_otherwise()
        stale = {*organizations, *sharing, *weighed}
        anew |= tenants.keys()
        met |= self._meeting(stale) - anew
        for key in anew:
            self._compared.pop(key, None)
        for key in anew | met:
            self._pair_again(key, stale)
        return anew | met | self._answer_again(anew | met)

    def _domains_of(self, organizations: Iterable[str]) -> set[str]:
        return {domain for key in organizations if key in self._forms for domain in self._forms[key].domains}

    def _file(self, key: str, organization: Organization | None) -> None:
        if key in self.organizations:
            former = self._forms.pop(key)
            self._register.take_out(key, former)
            self._finder.learn_organization(former, -1)
            del self.organizations[key]
        if organization is not None:
            forms = organization_forms(organization, self._known)
            self._register.file(key, forms)
            self._finder.learn_organization(forms)
            self.organizations[key], self._forms[key] = organization, forms

    def _file_tenant(self, key: str, tenant: Tenant | None) -> None:
        if key in self.tenants:
            self._finder.learn_tenant(self._tenant_forms.pop(key), -1)
            del self.tenants[key]
        if tenant is not None:
            forms = tenant_forms(tenant, self._known)
            self._finder.learn_tenant(forms)
            self.tenants[key], self._tenant_forms[key] = tenant, forms

    def _meeting(self, organizations: Iterable[str]) -> set[str]:
        """Tenants that are compared with any of these, or could be."""
        present = [key for key in organizations if key in self.organizations]
        if not present:
            return set()
        if len(present) > _MOST_SINGLE * len(self.organizations):
            return set(self.tenants)
        net = Net(self.limits)
        for key in present:
            net.add(key, self._forms[key])
        return {key for key, tenant in self.tenants.items() if net.catches(tenant, self._tenant_forms[key])}

    def _weighing_otherwise(self) -> tuple[set[str], set[str]]:
        """The tenants and the organizations with words whose worth has changed."""
        words = self._finder.rarity.settle()
        if words is None:
            return set(self.tenants), set()
        return _with_words(self._tenant_forms, words), _with_words(self._forms, words)

    def _pair_again(self, key: str, stale: AbstractSet[str]) -> None:
        """With the organizations that are stale, or that it was not compared with before."""
        self._pairs.pop(key, None)
        former = self._compared.pop(key, {})
        tenant = self.tenants.get(key)
        if tenant is None or _is_matched(tenant):
            return
        forms, compared = self._tenant_forms[key], dict[str, TenantPair | None]()
        for other in self._register.candidates(tenant, forms, self._finder.rarity):
            if other in self.organizations:
                known = other in former and other not in stale
                compared[other] = former[other] if known else self._pair(tenant, forms, other)
        reverted = (tenant.standing.reverted if tenant.standing is not None else None) or {}
        self._compared[key] = compared
        pairs = [p for p in compared.values() if p and not _is_reverted(p, reverted)]
        if any(pair.name.noted for pair in pairs) and any(_is_parted(forms, self._forms[other]) for other in compared):
            pairs = [self._worth(p, self.weights.name.parted) if p.name.noted else p for p in pairs]
        self._pairs[key] = self._with_forms(pairs)

    def _with_forms(self, pairs: list[TenantPair]) -> list[TenantPair]:
        """Of Contoso Inc. and Contoso GmbH, a tenant by that name is the one with its legal form."""
        if not any(pair.name.exact for pair in pairs):
            return pairs
        worth = self.weights.name.other_form
        return [self._worth(pair, worth) if pair.name.equal and not pair.name.exact else pair for pair in pairs]

    def _pair(self, tenant: Tenant, forms: Forms, key: str) -> TenantPair | None:
        """None where not even the lack of any rival could make it a suggestion."""
        organization, theirs = self.organizations[key], self._forms[key]
        findings = self._finder.findings(tenant, forms, organization, theirs)
        rule = rule_of(findings, self.limits.overlap_least)
        score = score_of(findings, self.weights)
        if organization.holder not in (None, tenant.tenant_id):
            score += self.weights.claims.matched_elsewhere
        if rule is None or not self._may_fit(score):
            return None
        return TenantPair(
            organization=organization,
            score=score,
            rank=round(score / self.weights.margin),
            rule=rule,
            confidence=self._confidence(score),
            fingerprint=fingerprint(forms, theirs, findings.overlap),
            evidence=evidence_of(tenant, organization, findings),
            name=findings.name,
            whole=findings.whole,
        )

    def _worth(self, pair: TenantPair, change: float) -> TenantPair:
        score = pair.score + change
        return replace(pair, score=score, rank=round(score / self.weights.margin), confidence=self._confidence(score))

    def _confidence(self, score: float) -> float:
        return round(min(confidence_of(score, self.weights), self.weights.greatest), 4)

    def _may_fit(self, score: float) -> bool:
        return self._confidence(score + self.weights.claims.alone) >= self.weights.suggest_from

    def _answer_again(self, touched: AbstractSet[str]) -> set[str]:
        """Answers these, and those whose rivals claim something else now; gives all of them."""
        former, self._claims = self._claims, self._all_claims()
        changed = {key for key in former.keys() | self._claims.keys() if former.get(key) != self._claims.get(key)}
        rivals = {
            key for key, pairs in self._pairs.items() if any(p.organization.organization_id in changed for p in pairs)
        }
        for key in touched | rivals:
            self._answers.pop(key, None)
            if key in self._pairs:
                self._answers[key] = self._answer(self._pairs[key])
            elif key in self.tenants:
                self._answers[key] = TenantAnswer(decided=True)
        return rivals

    def _all_claims(self) -> dict[str, _Claim]:
        """By organization. A tenant claims what fits it best."""
        claims: dict[str, _Claim] = {}
        for key, pairs in self._pairs.items():
            standing = self.tenants[key].standing
            if standing is not None and standing.status == "ignored":
                continue
            fitting = [pair for pair in pairs if self._may_fit(pair.score)]
            highest = max((pair.rank for pair in fitting), default=0)
            for pair in fitting:
                if pair.rank == highest:
                    _claim(claims, pair)
        return claims

    def _answer(self, pairs: Iterable[TenantPair]) -> TenantAnswer:
        judged = (self._judged(pair) for pair in pairs)
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
        claim = self._claims.get(best.organization.organization_id)
        contested = claim is not None and claim.rank == kept[0].rank and claim.count > 1 and not best.whole
        return TenantAnswer((best, *others), 1 if contested else 0)

    def _judged(self, pair: TenantPair) -> TenantPair:
        """Less for a pair whose organization another tenant fits better, more where no other claims it."""
        worth = self.weights.claims
        claim = self._claims.get(pair.organization.organization_id)
        if claim is None or claim.rank < pair.rank or (claim.rank == pair.rank and claim.count == 1):
            return self._worth(pair, worth.alone) if pair.organization.holder is None else pair
        if claim.rank == pair.rank:
            return pair
        lead = claim.score - pair.score
        return self._worth(pair, worth.second_tenant * lead if pair.whole else worth.better_tenant)


def _is_parted(mine: Forms, theirs: Forms) -> bool:
    """Whether an organization has a tenant's name with another note: the notes tell sisters apart there."""
    return any(
        name.spoken == other.spoken and name.notes and other.notes and name.notes != other.notes
        for name in mine.names
        for other in theirs.names
    )


def _claim(claims: dict[str, _Claim], pair: TenantPair) -> None:
    key = pair.organization.organization_id
    held = claims.get(key)
    if held is None or pair.rank > held.rank:
        claims[key] = _Claim(pair.score, pair.rank)
    elif pair.rank == held.rank:
        claims[key] = _Claim(max(pair.score, held.score), pair.rank, held.count + 1)


def _with_words(forms: Mapping[str, Forms], words: AbstractSet[str]) -> set[str]:
    if not words:
        return set()
    return {key for key, of in forms.items() if not words.isdisjoint(words_of_forms(of))}


def _is_matched(tenant: Tenant) -> bool:
    return tenant.standing is not None and tenant.standing.status == "matched"


def _softplus_sum(scores: Iterable[float]) -> float:
    return math.log1p(sum(map(math.exp, scores)))


def _is_reverted(pair: TenantPair, reverted: Mapping[str, str | None]) -> bool:
    target = pair.organization.organization_id
    return target in reverted and reverted[target] in (None, pair.fingerprint)
