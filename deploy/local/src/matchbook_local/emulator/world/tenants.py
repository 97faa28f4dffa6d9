"""The partner, its customers' tenants, and the organizations under which the customers are documented."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

from .calendar import DAY, graph_time
from .chance import guid, happens, pick, stream, weighted
from .model import Access, Organization, Person, Relationship, Tenant
from .pools import BRANCHES, BRANDS, COUNTRIES, SUFFIXES, TRADES, pools, slug

NAMESAKE_SHARE = 0.10
STALE_NAME_SHARE = 0.20
UNDOCUMENTED_TENANT_SHARE = 0.03
ELSEWHERE_SHARE = 0.15
FAILURE_SHARE = 0.02
SMALLEST_WITH_FAILURES = 20
SIZE_SPREAD = 1.1
"""Sigma of the log-normal tenant sizes: a few large customers, many small ones."""
LARGEST = 11.0
"""No customer outgrows the median one more than this."""

LONGEST_LABEL = 30
SHORT_ENOUGH = 2
"""Names of more words than these are known by their initials."""
ROLES = ("Administrator", "Manager", "Reader")


def home_tenant(seed: int, epoch: int) -> Tenant:
    """The partner's own tenant. It has no Intune devices and is nobody's customer."""
    rng = stream(seed, "home")
    return Tenant(
        index=0,
        tenant_id=guid(rng),
        display_name="Lantern Managed Services",
        contract_name="",
        short_name="LMS",
        domains=("lanternmsp.example",),
        initial_domain="lanternmsp.onmicrosoft.com",
        city="Columbus",
        country="US",
        access=Access.GRANTED,
        relationships=(),
        created=graph_time(epoch - 3000 * DAY),
        devices=0,
        organization_id=None,
        organization_name=None,
        elsewhere=None,
    )


def home_people(seed: int, home: Tenant) -> tuple[Person, ...]:
    """One person for each role."""
    people = []
    for role in ROLES:
        rng = stream(seed, "person", role)
        first, last = pick(rng, pools().first_names), pick(rng, pools().last_names)
        upn = f"{slug(first)}.{slug(last)}@{home.domains[0]}"
        people.append(Person(id=guid(rng), name=f"{first} {last}", upn=upn, role=role))
    return tuple(people)


def customer_tenants(seed: int, tenants: int, devices: int, epoch: int) -> list[Tenant]:
    """`tenants` customers whose enrolments add up to `devices`. Raises ValueError when there is nowhere to put them."""
    rng = stream(seed, "tenants")
    names = list(itertools.islice(_names(rng), tenants))
    access = _access(rng, tenants)
    sizes = _sizes(rng, devices, access)
    labels = _domain_labels(base for base, _ in names)
    drafts = [_draft(seed, i + 1, name, next(labels), epoch) for i, name in enumerate(names)]
    finished = _Finisher(rng)
    result = [finished.tenant(draft, access[i], sizes[i], epoch) for i, draft in enumerate(drafts)]
    return _with_elsewhere(rng, result)


def _names(rng: Random) -> Iterator[tuple[str, str]]:
    """(name without legal form, legal form); near-namesakes follow each other, and no name comes twice."""
    seen: set[str] = set()
    surnames = pools().last_names
    while True:
        brand = pick(rng, BRANDS) if happens(rng, 0.5) else pick(rng, surnames)
        if happens(rng, 0.15):
            brand = f"{brand} & {pick(rng, surnames)}"
        base = f"{brand} {pick(rng, TRADES)}"
        suffix = pick(rng, SUFFIXES)
        family = [f"{base} {branch}" for branch in pick(rng, BRANCHES)] if happens(rng, NAMESAKE_SHARE) else [base]
        if base in seen:
            continue
        seen.add(base)
        yield from ((name, suffix) for name in family)


def _access(rng: Random, tenants: int) -> list[Access]:
    """At least one tenant of each failure from 20 tenants on, about 2 % of each in a large world."""
    failures = [Access.NO_CONSENT, Access.NO_LICENCE, Access.EXPIRED, Access.NOT_INSTALLED]
    each = max(1 if tenants >= SMALLEST_WITH_FAILURES else 0, round(tenants * FAILURE_SHARE))
    access = [Access.GRANTED] * tenants
    for place, failure in zip(rng.sample(range(tenants), each * len(failures)), failures * each, strict=True):
        access[place] = failure
    return access


def _sizes(rng: Random, devices: int, access: list[Access]) -> list[int]:
    """Log-normal shares of `devices`, rounded so that they add up; a tenant that can't be read has none."""
    weights = [min(rng.lognormvariate(0, SIZE_SPREAD), LARGEST) if a is Access.GRANTED else 0.0 for a in access]
    open_tenants = [i for i, weight in enumerate(weights) if weight]
    if devices and not open_tenants:
        raise ValueError("devices need at least one tenant")
    least = 1 if devices >= len(open_tenants) else 0
    spare, total = devices - least * len(open_tenants), sum(weights)
    exact = [spare * weight / total if total else 0.0 for weight in weights]
    sizes = [int(share) + (least if weight else 0) for share, weight in zip(exact, weights, strict=True)]
    by_remainder = sorted(open_tenants, key=lambda i: (int(exact[i]) - exact[i], i))
    for i in by_remainder[: devices - sum(sizes)]:
        sizes[i] += 1
    return sizes


def _domain_labels(names: Iterable[str]) -> Iterator[str]:
    """The first part of each customer's domains; a domain belongs to one tenant only."""
    taken: set[str] = set()
    for name in names:
        start = slug(name)[:LONGEST_LABEL]
        label = next(text for text in (f"{start}{n or ''}" for n in itertools.count()) if text not in taken)
        taken.add(label)
        yield label


def _draft(seed: int, number: int, name: tuple[str, str], label: str, epoch: int) -> Tenant:
    """The tenant before its access, size and documentation are known."""
    rng = stream(seed, "tenant", number)
    base, suffix = name
    display = f"{base} {suffix}".strip()
    domains = [f"{label}.{pick(rng, ('com', 'com', 'com', 'net', 'org', 'co.uk', 'de'))}"]
    domains += [f"{label}-{extra}.com" for extra in ("group", "mail", "us") if happens(rng, 0.25)]
    return Tenant(
        index=number,
        tenant_id=guid(rng),
        display_name=display,
        contract_name=_stale(rng, base) if happens(rng, STALE_NAME_SHARE) else display,
        short_name=_short_name(base),
        domains=tuple(domains),
        initial_domain=f"{label}.onmicrosoft.com",
        city=pick(rng, pools().cities),
        country=pick(rng, COUNTRIES),
        access=Access.GRANTED,
        relationships=(),
        created=graph_time(epoch - int(rng.uniform(200, 3000)) * DAY),
        devices=0,
        organization_id=guid(rng),
        organization_name=None,
        elsewhere=None,
    )


def _stale(rng: Random, base: str) -> str:
    """How the customer was called when the partnership began."""
    brand, _, trade = base.partition(" ")
    former = pick(rng, pools().last_names)
    return pick(
        rng, (f"{base} {pick(rng, SUFFIXES)} (old)", f"{former} {trade}", f"{brand} Holdings", f"{former} & Partners")
    )


def _short_name(base: str) -> str:
    words = [slug(word) for word in base.split() if slug(word)]
    return "".join(word[0] for word in words).upper() if len(words) > SHORT_ENOUGH else words[0][:4].upper()


class _Finisher:
    """Gives each tenant its documented name, and no two organizations the same one."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._taken: set[str] = set()

    def tenant(self, draft: Tenant, access: Access, devices: int, epoch: int) -> Tenant:
        documented = not happens(self._rng, UNDOCUMENTED_TENANT_SHARE)
        return replace(
            draft,
            access=access,
            devices=devices,
            relationships=tuple(_relationships(self._rng, draft, access, epoch)),
            organization_id=draft.organization_id if documented else None,
            organization_name=self._documented_name(draft) if documented else None,
        )

    def _documented_name(self, tenant: Tenant) -> str:
        base = tenant.display_name
        for suffix in sorted(filter(None, SUFFIXES), key=len, reverse=True):
            base = base.removesuffix(f" {suffix}")
        options = (
            (0.58, tenant.display_name),
            (0.16, base),
            (0.08, f"{base} {pick(self._rng, SUFFIXES)}".strip()),
            (0.08, tenant.contract_name),
            (0.05, f"{base} ({tenant.city})"),
            (0.05, tenant.short_name),
        )
        name = weighted(self._rng, options)
        if name.casefold() in self._taken:
            name = tenant.display_name
        self._taken.add(name.casefold())
        return name


def _relationships(rng: Random, tenant: Tenant, access: Access, epoch: int) -> Iterator[Relationship]:
    """Usually one or two active ones, some about to end, Lighthouse's own, and old ones that ended."""
    expired = access is Access.EXPIRED
    yield _relationship(
        rng, f"{tenant.short_name}_GDAP_{pick(rng, ('Helpdesk', 'Admin', 'Default'))}", epoch, ended=expired
    )
    if happens(rng, 0.35):
        yield _relationship(rng, f"MLT_{tenant.tenant_id[:8]}_{rng.getrandbits(32)}", epoch, ended=expired)
    if happens(rng, 0.20):
        yield _relationship(rng, "Security Administrator access", epoch, ended=expired)
    if happens(rng, 0.15):
        yield _relationship(rng, "Migration project", epoch, ended=True)


def _relationship(rng: Random, name: str, epoch: int, *, ended: bool) -> Relationship:
    days = pick(rng, (180, 365, 730))
    soon = happens(rng, 0.08)
    left = -int(rng.uniform(2, 90)) if ended else int(rng.uniform(1, 21) if soon else rng.uniform(30, days))
    ends = epoch + left * DAY + int(rng.random() * DAY)
    return Relationship(
        id=f"{guid(rng)}-{guid(rng)}",
        name=name,
        status="expired" if ended else "active",
        created=graph_time(ends - days * DAY),
        ends=graph_time(ends),
        days=days,
        auto_extend=not ended and not soon and happens(rng, 0.5),
    )


def _with_elsewhere(rng: Random, tenants: list[Tenant]) -> list[Tenant]:
    """Some tenants have a neighbour under whose name their moved machines are still documented."""
    result = list(tenants)
    for i, (tenant, following) in enumerate(zip(tenants, tenants[1:] + tenants[:1], strict=True)):
        if following is tenant or not following.organization_id or not following.organization_name:
            continue
        if happens(rng, ELSEWHERE_SHARE):
            result[i] = replace(tenant, elsewhere=(following.organization_id, following.organization_name))
    return result


def organizations(seed: int, tenants: list[Tenant]) -> Iterator[Organization]:
    """The documented organizations: the customers', and those that never had a tenant."""
    for tenant in tenants:
        if tenant.organization_id and tenant.organization_name:
            yield _organization(seed, tenant, tenant.organization_id, tenant.organization_name)
    rng = stream(seed, "other organizations")
    taken = {tenant.organization_name for tenant in tenants} | {tenant.display_name for tenant in tenants}
    for base, suffix in itertools.islice(_names(rng), max(2, len(tenants) * 15 // 100)):
        name = f"{base} {suffix}".strip()
        if name not in taken:
            kind = pick(rng, ("Prospect", "Vendor", "Former Customer", "Customer"))
            yield Organization(guid(rng), name, _short_name(base), "", kind, pick(rng, ("Active", "Inactive")))


def _organization(seed: int, tenant: Tenant, organization_id: str, name: str) -> Organization:
    rng = stream(seed, "organization", tenant.index)
    odd = name != tenant.display_name
    aliases = [tenant.short_name] if happens(rng, 0.3) else []
    aliases += [tenant.contract_name] if odd and tenant.contract_name != name and happens(rng, 0.4) else []
    return Organization(
        id=organization_id,
        name=name,
        short_name=tenant.short_name if happens(rng, 0.5) else "",
        description=tenant.city if happens(rng, 0.5) else "",
        organization_type="Customer",
        organization_status="Active",
        domains=tenant.domains[:1] if happens(rng, 0.6) or name == tenant.short_name else (),
        aliases=tuple(aliases),
    )
