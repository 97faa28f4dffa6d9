"""Which organization each tenant is: names, domains, aliases and the machines they have in common."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from matchbook_contracts.suggestions import Rule

from matchbook_matcher.domain.pairs import CandidateData, Evidence, shown
from matchbook_matcher.domain.records import Standing
from matchbook_matcher.domain.scale import logistic
from matchbook_matcher.domain.tenant_names import (
    NameComparison,
    Rarity,
    Vocabulary,
    Words,
    compare_names,
    domain_label,
    initials_of,
    own_domains,
    words_of,
)
from matchbook_matcher.domain.weights import TenantWeights

Overlap = Literal["none", "few", "some", "most"]
_MOST_OTHERS = 5
_SHORTEST_PART = 12
_AGREE_SHARE = 0.999


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant that can be read. `serials` counts the usable serial numbers of its live devices."""

    tenant_id: str
    display_name: str
    domains: tuple[str, ...] = ()
    standing: Standing | None = None
    serials: int = 0
    overlaps: tuple[tuple[str, int], ...] = ()
    """Organization ids with how many of those serial numbers are documented there."""


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization that is not archived. `holder` is the id of a tenant already matched to it."""

    organization_id: str
    name: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    holder: str | None = None


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
class _Forms:
    """What of a tenant or an organization is compared."""

    names: tuple[tuple[str, Words], ...]
    """As written, and as words; the first is the current name."""
    domains: frozenset[str]
    labels: frozenset[str]

    @property
    def words(self) -> Words:
        return self.names[0][1]


@dataclass(frozen=True, slots=True)
class _Findings:
    name: NameComparison
    initials: bool
    alias: str | None
    domains: tuple[str, ...]
    shared_domain: bool
    label: str | None
    domains_disagree: bool
    overlap: Overlap
    common: int


class Directory:
    """All organizations, filed under what may find them."""

    def __init__(
        self,
        organizations: Iterable[Organization],
        tenants: Sequence[Tenant],
        weights: TenantWeights,
        known: Vocabulary,
    ) -> None:
        self.weights, self.limits, self.known = weights, weights.limits, known
        self.organizations = {o.organization_id: o for o in organizations}
        self.forms = {key: self._organization_forms(o) for key, o in self.organizations.items()}
        self.tenants = {tenant.tenant_id: tenant for tenant in tenants}
        self.tenant_forms = {tenant.tenant_id: self._tenant_forms(tenant) for tenant in tenants}
        self.rarity = Rarity(
            [forms.words for forms in self.forms.values()] + [forms.words for forms in self.tenant_forms.values()]
        )
        self.domain_holders = Counter(domain for forms in self.forms.values() for domain in forms.domains)
        self._by_word: defaultdict[str, list[str]] = defaultdict(list)
        self._by_whole: defaultdict[str, list[str]] = defaultdict(list)
        for key, forms in sorted(self.forms.items()):
            self._file(key, forms)

    def answers(self) -> dict[str, TenantAnswer]:
        """The answer for each tenant, whatever the order of tenants and organizations."""
        open_tenants = [t for t in self.tenants.values() if t.standing is None or t.standing.status != "matched"]
        pairs = {tenant.tenant_id: self._pairs(tenant) for tenant in open_tenants}
        best = _best_claims(open_tenants, pairs)
        answers = {tenant.tenant_id: self._answer(pairs[tenant.tenant_id], best) for tenant in open_tenants}
        return {key: answers.get(key, TenantAnswer(decided=True)) for key in self.tenants}

    def _organization_forms(self, organization: Organization) -> _Forms:
        names = (organization.name, *organization.aliases)
        domains = own_domains(organization.domains, self.known)
        return _Forms(tuple((name, words_of(name, self.known)) for name in names), domains, self._labels(domains))

    def _tenant_forms(self, tenant: Tenant) -> _Forms:
        domains = own_domains(tenant.domains, self.known)
        named = ((tenant.display_name, words_of(tenant.display_name, self.known)),)
        return _Forms(named, domains, self._labels(tenant.domains))

    def _labels(self, domains: Iterable[str]) -> frozenset[str]:
        return frozenset(label for domain in domains if (label := domain_label(domain, self.known)) is not None)

    def _file(self, key: str, forms: _Forms) -> None:
        for word in {word for _, words in forms.names for word in words}:
            self._by_word[word].append(key)
        for _, words in forms.names:
            self._by_whole["".join(words)].append(key)
        for domain in forms.domains:
            self._by_whole[domain].append(key)

    def _pairs(self, tenant: Tenant) -> list[TenantPair]:
        forms = self.tenant_forms[tenant.tenant_id]
        reverted = (tenant.standing.reverted if tenant.standing is not None else None) or {}
        found = (self._pair(tenant, forms, key) for key in self._candidates(tenant, forms))
        return [pair for pair in found if pair is not None and not _is_reverted(pair, reverted)]

    def _candidates(self, tenant: Tenant, forms: _Forms) -> list[str]:
        """Organizations worth comparing in full, the most promising ones."""
        worth: Counter[str] = Counter()
        for word in set(forms.words):
            for key in self._holders(word):
                worth[key] += int(1000 * self.rarity(word))
        certain = {key for key, _ in tenant.overlaps if key in self.organizations}
        wholes = {*forms.domains, *forms.labels, "".join(forms.words), initials_of(forms.words) or ""}
        for whole in wholes:
            certain.update(self._by_whole.get(whole, ()))
        ranked = sorted(worth, key=lambda key: (-worth[key], key))[: self.limits.candidates]
        return sorted(certain.union(ranked))

    def _holders(self, word: str) -> Sequence[str]:
        holders = self._by_word.get(word, ())
        return holders if len(holders) <= self.limits.word_holders else ()

    def _pair(self, tenant: Tenant, forms: _Forms, key: str) -> TenantPair | None:
        organization = self.organizations[key]
        findings = self._findings(tenant, forms, organization)
        rule = _rule(findings, self.limits.overlap_least)
        if rule is None:
            return None
        score = self._score(findings)
        if organization.holder not in (None, tenant.tenant_id):
            score += self.weights.claims.matched_elsewhere
        print_ = _fingerprint(forms, self.forms[key], findings.overlap)
        told = _evidence(tenant, organization, findings)
        return self._worth(TenantPair(organization, score, 0, rule, 0.0, print_, told), 0.0)

    def _findings(self, tenant: Tenant, forms: _Forms, organization: Organization) -> _Findings:
        theirs = self.forms[organization.organization_id]
        wholes = {"".join(words): name for name, words in reversed(theirs.names)}
        whole = "".join(forms.words)
        equal = tuple(sorted(forms.domains & theirs.domains))
        common = dict(tenant.overlaps).get(organization.organization_id, 0)
        return _Findings(
            name=compare_names(
                forms.words,
                theirs.words,
                self.rarity,
                likeness=self.limits.word_likeness,
                length=self.limits.word_length,
            ),
            initials=initials_of(forms.words) in wholes,
            alias=wholes[whole] if whole in wholes and wholes[whole] != organization.name else None,
            domains=equal,
            shared_domain=bool(equal) and all(self.domain_holders[domain] > 1 for domain in equal),
            label=_label(forms.labels, wholes),
            domains_disagree=bool(forms.domains and theirs.domains) and not equal,
            overlap=self._overlap(common, tenant.serials),
            common=common,
        )

    def _overlap(self, common: int, total: int) -> Overlap:
        limits = self.limits
        if common < limits.overlap_least or not total:
            return "few" if common else "none"
        share = common / total
        if share >= limits.overlap_most:
            return "most"
        return "some" if share >= limits.overlap_some else "few"

    def _score(self, findings: _Findings) -> float:
        weights, name = self.weights, findings.name
        score = weights.base
        if name.equal:
            score += weights.name.equal
        elif findings.alias is not None:
            score += weights.alias.equal
        elif findings.initials:
            # Initials are a name of their own, whose letters contradict nothing.
            score += weights.name.initials
        elif not name.common:
            score += weights.name.different
        else:
            score += weights.name.part * name.share + weights.name.contradiction * name.contradiction
        if findings.domains:
            score += weights.domain.shared if findings.shared_domain else weights.domain.equal
        else:
            score += weights.domain.disagree if findings.domains_disagree else 0.0
            score += weights.domain.label if findings.label is not None else 0.0
        overlaps = {"none": 0.0, "few": weights.overlap.few, "some": weights.overlap.some, "most": weights.overlap.most}
        return score + overlaps[findings.overlap]

    def _worth(self, pair: TenantPair, change: float) -> TenantPair:
        score = pair.score + change
        confidence = round(min(logistic(score), self.weights.greatest), 4)
        rank = round(score / self.weights.margin)
        return TenantPair(pair.organization, score, rank, pair.rule, confidence, pair.fingerprint, pair.evidence)

    def _answer(self, pairs: Iterable[TenantPair], best: Mapping[str, tuple[int, int]]) -> TenantAnswer:
        judged = (self._judged(pair, best) for pair in pairs)
        kept = [pair for pair in judged if pair.confidence >= self.weights.suggest_from]
        if not kept:
            return TenantAnswer()
        kept.sort(key=lambda pair: (-pair.rank, pair.organization.organization_id))
        tied = sum(pair.rank == kept[0].rank for pair in kept)
        # Two tenants that fit one organization equally well can't be told apart either.
        rank, claims = best.get(kept[0].organization.organization_id, (0, 0))
        contested = rank == kept[0].rank and claims > 1
        return TenantAnswer(tuple(kept[: _MOST_OTHERS + 1]), tied if tied > 1 or contested else 0)

    def _judged(self, pair: TenantPair, best: Mapping[str, tuple[int, int]]) -> TenantPair:
        rank, _ = best.get(pair.organization.organization_id, (pair.rank, 1))
        return self._worth(pair, self.weights.claims.better_tenant) if pair.rank < rank else pair


def _best_claims(tenants: Iterable[Tenant], pairs: Mapping[str, Iterable[TenantPair]]) -> dict[str, tuple[int, int]]:
    """By organization: the highest rank any unmatched tenant reaches, and how many reach it."""
    best: dict[str, tuple[int, int]] = {}
    for tenant in tenants:
        if tenant.standing is not None and tenant.standing.status == "ignored":
            continue
        for pair in pairs[tenant.tenant_id]:
            key = pair.organization.organization_id
            rank, count = best.get(key, (pair.rank, 0))
            if pair.rank > rank:
                best[key] = (pair.rank, 1)
            elif pair.rank == rank:
                best[key] = (rank, count + 1)
    return best


def _rule(findings: _Findings, overlap_least: int) -> Rule | None:
    """The strongest field that speaks for the pair."""
    if findings.name.equal:
        return "tenant_name"
    if findings.domains:
        return "domain"
    if findings.alias is not None:
        return "alias"
    if findings.common >= overlap_least:
        return "device_overlap"
    if findings.label is not None:
        return "domain"
    return "tenant_name" if findings.name.common or findings.initials else None


def _label(labels: AbstractSet[str], wholes: Mapping[str, str]) -> str | None:
    for label in sorted(labels):
        bare = label.replace("-", "")
        for whole in sorted(wholes):
            if bare == whole or (len(bare) >= _SHORTEST_PART and whole.startswith(bare)):
                return label
    return None


def _is_reverted(pair: TenantPair, reverted: Mapping[str, str | None]) -> bool:
    target = pair.organization.organization_id
    return target in reverted and reverted[target] in (None, pair.fingerprint)


def _fingerprint(tenant: _Forms, organization: _Forms, overlap: Overlap) -> str:
    sides = [" ".join(words) for _, words in (*tenant.names, *organization.names[:1], *sorted(organization.names[1:]))]
    parts = [*sides, ",".join(sorted(tenant.domains)), ",".join(sorted(organization.domains)), overlap]
    return blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()


def _evidence(tenant: Tenant, organization: Organization, findings: _Findings) -> tuple[Evidence, ...]:
    told = [_name_evidence(tenant, organization, findings)]
    if findings.alias is not None:
        told.append(
            {
                "field": "alias",
                "verdict": "agree",
                "device_value": shown(tenant.display_name),
                "documented_value": shown(findings.alias),
            }
        )
    told += _domain_evidence(tenant, organization, findings)
    if findings.common:
        told.append(
            {
                "field": "device_overlap",
                "verdict": "agree" if findings.overlap == "most" else "similar",
                "documented_value": f"{findings.common} of {tenant.serials} serial numbers",
            }
        )
    if organization.holder not in (None, tenant.tenant_id):
        told.append({"field": "organization", "verdict": "disagree", "reason": "matched to another tenant already"})
    return tuple(told)


def _name_evidence(tenant: Tenant, organization: Organization, findings: _Findings) -> Evidence:
    name = findings.name
    evidence: Evidence = {
        "field": "display_name",
        "verdict": "disagree",
        "device_value": shown(tenant.display_name),
        "documented_value": shown(organization.name),
    }
    if name.equal:
        evidence["verdict"] = "agree"
    elif findings.initials:
        evidence["verdict"], evidence["reason"] = "similar", "initials"
    elif name.common:
        namesake = bool(name.only_first and name.only_second)
        evidence["verdict"] = "disagree" if namesake else "similar"
        evidence["reason"] = "both names have words that the other lacks" if namesake else "some words in common"
    return evidence


def _domain_evidence(tenant: Tenant, organization: Organization, findings: _Findings) -> list[Evidence]:
    theirs = shown(", ".join(sorted(organization.domains)))
    if findings.domains:
        common = shown(", ".join(findings.domains))
        evidence: Evidence = {
            "field": "verified_domains",
            "verdict": "agree",
            "device_value": common,
            "documented_value": common,
        }
        if findings.shared_domain:
            evidence["reason"] = "documented for several organizations"
        return [evidence]
    if findings.label is not None:
        named = next(d for d in sorted(tenant.domains) if findings.label in d)
        reason = "the domain bears the organization's name"
        return [{"field": "verified_domains", "verdict": "similar", "device_value": shown(named), "reason": reason}]
    if findings.domains_disagree:
        mine = shown(", ".join(sorted(tenant.domains)))
        return [{"field": "verified_domains", "verdict": "disagree", "device_value": mine, "documented_value": theirs}]
    return []
