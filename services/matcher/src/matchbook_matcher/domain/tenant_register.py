"""Which organizations a tenant is compared with."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from matchbook_matcher.domain.tenant_comparing import Rarity
from matchbook_matcher.domain.tenant_forms import Forms, Tenant
from matchbook_matcher.domain.tenant_names import folded
from matchbook_matcher.domain.weights import TenantLimits

_SHORTEST_IN_LABEL = 4


class Register:
    """Organizations, filed under what may find them."""

    def __init__(self, limits: TenantLimits) -> None:
        self._limits = limits
        self._words: defaultdict[str, set[str]] = defaultdict(set)
        self._wholes: defaultdict[str, set[str]] = defaultdict(set)

    def file(self, key: str, forms: Forms) -> None:
        for drawers, names in self._drawers(forms):
            for name in names:
                drawers[name].add(key)

    def take_out(self, key: str, forms: Forms) -> None:
        for drawers, names in self._drawers(forms):
            for name in names:
                drawers[name].discard(key)
                if not drawers[name]:
                    del drawers[name]

    def candidates(self, tenant: Tenant, forms: Forms, rarity: Rarity) -> list[str]:
        """Organizations worth comparing in full: those with a whole name or domain, and the most promising others."""
        worth: Counter[str] = Counter()
        for word in _sought_words(forms):
            holders = self._words.get(word, ())
            for key in holders if len(holders) <= self._limits.word_holders else ():
                worth[key] += int(1000 * rarity(word))
        certain = self.with_any(_sought_wholes(forms))
        certain.update(key for key, _ in tenant.overlaps)
        ranked = sorted(worth, key=lambda key: (-worth[key], key))[: self._limits.candidates]
        return sorted(certain.union(ranked))

    def with_any(self, wholes: Iterable[str]) -> set[str]:
        """Organizations with one of the domains or spellings."""
        return {key for whole in wholes for key in self._wholes.get(whole, ())}

    def _drawers(self, forms: Forms) -> Iterator[tuple[defaultdict[str, set[str]], AbstractSet[str]]]:
        yield self._words, words_of_forms(forms)
        yield self._wholes, _wholes(forms, self._limits.label_cut)


class Net:
    """Catches the tenants that are compared with any of some organizations, or could be."""

    def __init__(self, limits: TenantLimits) -> None:
        self._cut = limits.label_cut
        self._keys: set[str] = set()
        self._words: set[str] = set()
        self._wholes: set[str] = set()

    def add(self, key: str, forms: Forms) -> None:
        self._keys.add(key)
        self._words |= words_of_forms(forms)
        self._wholes |= _wholes(forms, self._cut)

    def catches(self, tenant: Tenant, forms: Forms) -> bool:
        if not self._words.isdisjoint(words_of_forms(forms)) or not self._wholes.isdisjoint(_sought_wholes(forms)):
            return True
        ends = tuple(self._words)
        if any(label.startswith(ends) or label.endswith(ends) for label in forms.labels):
            return True
        return any(key in self._keys for key, _ in tenant.overlaps)


def words_of_forms(forms: Forms) -> set[str]:
    return {word for name in forms.names for word in name.all_words}


def _wholes(forms: Forms, cut: int) -> set[str]:
    """Domains and spellings, and those that a label may be which had to be cut."""
    spellings = {spelling for name in forms.names for spelling in name.spellings}
    cuts = {spelling[:length] for spelling in spellings for length in range(cut, len(spelling))}
    return {*forms.domains, *spellings, *cuts}


def _sought_words(forms: Forms) -> set[str]:
    """Words of the names, and those that a domain's label may begin or end with."""
    return words_of_forms(forms).union(*map(_ends, forms.labels))


def _ends(label: str) -> Iterator[str]:
    for length in range(_SHORTEST_IN_LABEL, len(label) + 1):
        yield label[:length]
        yield label[-length:]


def _sought_wholes(forms: Forms) -> set[str]:
    named: Iterable[str] = (whole for name in forms.names for whole in (*name.spellings, *map(folded, name.initials)))
    return {*forms.domains, *forms.labels, *named}
