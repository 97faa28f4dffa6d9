"""Tenants and organizations, and what is found when one of each is compared."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from matchbook_contracts.suggestions import Rule

from matchbook_matcher.domain.records import Standing
from matchbook_matcher.domain.scale import logistic
from matchbook_matcher.domain.tenant_comparing import Comparer, NameComparison, Rarity
from matchbook_matcher.domain.tenant_labels import LabelReader
from matchbook_matcher.domain.tenant_names import (
    CompanyName,
    Vocabulary,
    company_names,
    domain_label,
    label_spellings,
    own_domains,
)
from matchbook_matcher.domain.weights import TenantLimits, TenantWeights

_LONGEST_IN_LETTERS = 2
Overlap = Literal["none", "few", "some", "most"]
Label = Literal["name", "word", "part", "initials"]
"""What of an organization's name a domain bears: all of it, all of a short or common one, some of its words that the
display name lacks, or its initials."""


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
class Forms:
    """What of a tenant or an organization is compared."""

    names: tuple[CompanyName, ...]
    """The first is the current name."""
    domains: frozenset[str]
    labels: Mapping[str, str]
    """Domain by the spellings of its label."""

    @property
    def name(self) -> CompanyName:
        return self.names[0]


@dataclass(frozen=True, slots=True)
class Findings:
    """What speaks for and against a tenant being an organization."""

    name: NameComparison
    initials: int
    """How many letters one's name is made of, that are the initials of the other's; 0 where it isn't."""
    alias: str | None
    domains: tuple[str, ...]
    shared_domain: bool
    label: Label | None
    labelled: str | None
    """The domain whose label it is."""
    reading: NameComparison
    """How the label agrees with the name, for a part of it."""
    domains_disagree: bool
    overlap: Overlap
    common: int

    @property
    def whole(self) -> bool:
        """More than part of a name speaks for the pair, as it may for a second tenant of one company too."""
        return self.name.same or self.alias is not None or self.label == "name" or self.overlap == "most"


def tenant_forms(tenant: Tenant, known: Vocabulary) -> Forms:
    labels = {
        spelling: domain
        for domain in sorted(tenant.domains, reverse=True)
        if (label := domain_label(domain, known)) is not None
        for spelling in label_spellings(label, known)
    }
    return Forms(company_names(tenant.display_name, known), own_domains(tenant.domains, known), labels)


def organization_forms(organization: Organization, known: Vocabulary) -> Forms:
    written = (organization.name, *organization.aliases)
    names = tuple(name for text in written for name in company_names(text, known))
    return Forms(names, own_domains(organization.domains, known), {})


class Finder:
    """Compares tenants with organizations, knowing how often words and domains are used."""

    def __init__(self, limits: TenantLimits, known: Vocabulary) -> None:
        self.limits = limits
        self.rarity = Rarity()
        self._domain_holders: Counter[str] = Counter()
        self._compare = Comparer(self.rarity, known, slip_length=limits.slip_length, ordinary=limits.ordinary_word)
        self._read_label = LabelReader(self.rarity, known, cut=limits.label_cut)

    def learn_tenant(self, forms: Forms, times: int = 1) -> None:
        """Count its words, or with -1 no longer."""
        self.rarity.add(forms.name.all_words, times)

    def learn_organization(self, forms: Forms, times: int = 1) -> None:
        self.rarity.add(forms.name.all_words, times)
        for domain in forms.domains:
            self._domain_holders[domain] += times

    def findings(self, tenant: Tenant, mine: Forms, organization: Organization, theirs: Forms) -> Findings:
        equal = tuple(sorted(mine.domains & theirs.domains))
        common = dict(tenant.overlaps).get(organization.organization_id, 0)
        label, labelled, reading = self._label(mine, theirs)
        return Findings(
            name=max((self._compare(name, theirs.name) for name in mine.names), key=_closeness),
            initials=max(_initials(mine.name, theirs.names), _initials(theirs.name, mine.names)),
            alias=_alias(mine.names, theirs.names),
            domains=equal,
            shared_domain=bool(equal) and all(self._domain_holders[domain] > 1 for domain in equal),
            label=label,
            labelled=labelled,
            reading=reading,
            domains_disagree=bool(mine.domains and theirs.domains) and not equal,
            overlap=self._overlap(common, tenant.serials),
            common=common,
        )

    def _label(self, mine: Forms, theirs: Forms) -> tuple[Label | None, str | None, NameComparison]:
        labels, unread = sorted(mine.labels), NameComparison()
        for name in theirs.names:
            for spelling in sorted(name.spellings):
                whole = _bearing(labels, spelling, self.limits.label_cut)
                if whole is not None and not self._is_cut(whole, mine):
                    telling = len(name.words) > 1 and len(spelling) >= self.limits.label_telling
                    ordinary = self.rarity.holders(name.words[0]) > self.limits.ordinary_word
                    if telling or not ordinary:
                        # What the display name says as well, notes aside, is no word for one of its sisters.
                        news = telling and all(whole not in own.spellings for own in mine.names)
                        return "name" if news else "word", mine.labels[whole], unread
        initials = _initials(mine.name, theirs.names)
        for label in labels:
            if initials and any(label.startswith(name.words[0]) for name in theirs.names):
                return "initials", mine.labels[label], unread
        read = [(self._part(mine, label, name), label) for name in theirs.names for label in labels]
        reading, label = max(read, key=lambda found: (found[0].share, found[1]), default=(unread, ""))
        return ("part", mine.labels[label], reading) if reading.common else (None, None, unread)

    def _part(self, mine: Forms, label: str, name: CompanyName) -> NameComparison:
        """Nothing for a trade alone, and for what the display name says as well."""
        reading, words = self._read_label(label, name)
        repeated = any(words <= set(own.words) or label in own.spellings for own in mine.names)
        if repeated or self._is_cut(label, mine) or reading.common < self.rarity.of(self.limits.ordinary_word):
            return NameComparison()
        return reading

    def _is_cut(self, label: str, mine: Forms) -> bool:
        """Whether it is the beginning of the display name, which was too long for a domain."""
        if len(label) < self.limits.label_cut:
            return False
        return any(
            spelling.startswith(label) and spelling != label for name in mine.names for spelling in name.spellings
        )

    def _overlap(self, common: int, total: int) -> Overlap:
        limits = self.limits
        if common < limits.overlap_least or not total:
            return "few" if common else "none"
        share = common / total
        if share >= limits.overlap_most:
            return "most"
        return "some" if share >= limits.overlap_some else "few"


def score_of(findings: Findings, weights: TenantWeights) -> float:
    """In natural-log odds."""
    overlaps = {"none": 0.0, "few": weights.overlap.few, "some": weights.overlap.some, "most": weights.overlap.most}
    return weights.base + _name_score(findings, weights) + _domain_score(findings, weights) + overlaps[findings.overlap]


def _name_score(findings: Findings, weights: TenantWeights) -> float:
    worth, name = weights.name, findings.name
    if name.same:
        whole = worth.misspelt if name.slips else worth.noted if name.noted else worth.equal
        whole += worth.reordered if name.reordered else 0.0
        return whole if findings.alias is None else max(whole, weights.alias.equal)
    if findings.alias is not None:
        return weights.alias.equal
    if findings.initials:
        # Initials are a name of their own, whose letters contradict nothing. Two letters tell little.
        return min(worth.initials + worth.initials_letter * (findings.initials - 2), worth.misspelt)
    if not name.common:
        return worth.different
    branch = worth.branch if name.branch else 0.0
    # Part of a name is worth no more than one misspelt: by itself, neither is ever high.
    part = min(worth.part_least + worth.part * name.share, worth.misspelt)
    part += worth.contradiction * name.contradiction + branch
    # Where a domain bears the organization's name, a trade in common makes no namesake.
    return max(part, worth.different) if findings.label in {"name", "part"} and not name.akin else part


def _domain_score(findings: Findings, weights: TenantWeights) -> float:
    worth = weights.domain
    if findings.domains:
        return worth.shared if findings.shared_domain else worth.equal
    disagree = worth.disagree if findings.domains_disagree else 0.0
    if findings.label == "initials":
        return disagree + worth.initials
    if findings.label is None:
        return disagree
    if findings.label == "part":
        read = findings.reading
        branch = weights.name.branch if read.branch else 0.0
        return disagree + max(0.0, worth.label * read.share + weights.name.contradiction * read.contradiction + branch)
    # A domain that repeats the name that is compared already, or a sister's, proves little.
    repeats = findings.name.same or (findings.name.branch and findings.name.akin)
    if findings.label == "word" and not findings.name.common:
        return disagree + worth.label_alone
    return disagree + (worth.label_word if repeats or findings.label == "word" else worth.label)


def confidence_of(score: float, weights: TenantWeights) -> float:
    """What a score proved to be worth: between two points of the calibration a straight line, beyond them as it is."""
    points = weights.calibration
    at = bisect_left(points, (score,))
    if at in {0, len(points)}:
        return logistic(score + (points[-1][1] - points[-1][0] if at else 0.0))
    (low, low_odds), (high, high_odds) = points[at - 1], points[at]
    return logistic(low_odds + (high_odds - low_odds) * (score - low) / (high - low))


def rule_of(findings: Findings, overlap_least: int) -> Rule | None:
    """The strongest field that speaks for the pair."""
    if findings.name.same:
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


def _closeness(name: NameComparison) -> tuple[bool, bool, bool, float]:
    return name.exact, name.equal, name.same, name.share


def _initials(name: CompanyName, others: Iterable[CompanyName]) -> int:
    """How many letters one of the others consists of, that are the name's initials."""
    return max((len(letters) for letters in map(_letters, others) if letters and letters in name.initials), default=0)


def _letters(name: CompanyName) -> str | None:
    """What a name may be initials by: its only word, or PL&A."""
    words = [name.unfolded.get(word, word) for word in name.words]
    return "".join(words) if len(words) == 1 or all(len(word) <= _LONGEST_IN_LETTERS for word in words) else None


def _alias(mine: Iterable[CompanyName], theirs: Sequence[CompanyName]) -> str | None:
    for alias in theirs[1:]:
        if any(name.spellings & alias.spellings for name in mine):
            return alias.written
    return None


def _bearing(labels: Sequence[str], spelling: str, cut: int) -> str | None:
    """The label that is the spelling, or so long that it had to be cut."""
    if spelling in labels:
        return spelling
    return next((label for label in labels if len(label) >= cut and spelling.startswith(label)), None)
