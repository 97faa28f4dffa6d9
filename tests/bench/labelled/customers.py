"""The tenants, the organizations, and which of them belong together."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from matchbook_local.emulator.world.chance import guid, happens, pick, stream, weighted
from matchbook_local.emulator.world.pools import pools, slug

from .company_names import WRITINGS, CompanyName, Writing, family, invent, same
from .dirt import Level
from .model import Customer, Organization
from .records import new_id

NAMESAKES_SHARE = 0.06
UNDOCUMENTED_NAMESAKE_SHARE = 0.5
NO_ORGANIZATION_SHARE = 0.03
SEVERAL_TENANTS_SHARE = 0.03
TRADE_NAME_SHARE = 0.05
INITIAL_DOMAIN_SHARE = 0.15
NO_TENANT_SHARE = 0.12
SIZE_SPREAD = 1.3
_TRIES = 8
TOP_DOMAINS = {"en": ("com", "com", "net", "co.uk", "org"), "de": ("de",), "fr": ("fr",), "nl": ("nl",), "es": ("es",)}


@dataclass(slots=True)
class Directory:
    """`spare` are organizations without a tenant."""

    customers: list[Customer] = field(default_factory=list)
    organizations: list[Organization] = field(default_factory=list)
    spare: list[Organization] = field(default_factory=list)


def directory(seed: int, tenants: int, devices: int, level: Level) -> Directory:
    rng = stream(seed, "labelled", "customers")
    made = _Founder(rng, level).found(tenants)
    sizes = _sizes(rng, devices, tenants)
    made.customers = [replace(c, devices=size) for c, size in zip(made.customers, sizes, strict=True)]
    rng.shuffle(made.organizations)
    return made


class _Founder:
    """Invents companies until there are enough tenants; no two organizations get the same name."""

    def __init__(self, rng: Random, level: Level) -> None:
        self._rng = rng
        self._level = level
        self._made = Directory()
        self._taken: set[str] = set()
        self._labels: set[str] = set()

    def found(self, tenants: int) -> Directory:
        made = self._made
        while len(made.customers) < tenants:
            made.customers += self._next()
        del made.customers[tenants:]
        while len(made.spare) < tenants * NO_TENANT_SHARE:
            made.spare.append(self._organization(str(self._new_name())))
        return made

    def _next(self) -> Iterator[Customer]:
        name, draw = self._new_name(), self._rng.random()
        shares = (
            (NAMESAKES_SHARE, self._namesakes),
            (NO_ORGANIZATION_SHARE, self._undocumented),
            (SEVERAL_TENANTS_SHARE, self._several_tenants),
            (TRADE_NAME_SHARE, self._trade_name),
        )
        for share, story in shares:
            draw -= share * self._level.trouble
            if draw < 0:
                return story(name)
        return iter([self._documented(name)])

    def _new_name(self) -> CompanyName:
        while (name := invent(self._rng)).bare.casefold() in self._taken:
            continue
        self._taken.add(name.bare.casefold())
        return name

    def _documented(self, name: CompanyName) -> Customer:
        for _ in range(_TRIES):
            writing = self._writing()
            written = writing(self._rng, name)
            if written is not None and written.casefold() not in self._taken - {name.bare.casefold()}:
                return self._tenant(str(name), name, self._organization(written), writing.__name__)
        return self._tenant(str(name), name, self._organization(str(name)), same.__name__)

    def _writing(self) -> Writing:
        if happens(self._rng, self._level.names_spared):
            return same
        drawn = weighted(self._rng, WRITINGS)
        return weighted(self._rng, WRITINGS) if drawn is same and self._level.harsh else drawn

    def _namesakes(self, name: CompanyName) -> Iterator[Customer]:
        """Acme Dental North, South and plain: each may be missing in the documentation, but not all of them."""
        names = family(self._rng, name)
        certain = pick(self._rng, names)
        for member in names:
            if member is not certain and happens(self._rng, UNDOCUMENTED_NAMESAKE_SHARE):
                yield self._tenant(str(member), member, None, "undocumented_namesake")
            else:
                self._taken.add(member.bare.casefold())
                written = str(member) if happens(self._rng, 0.6) else member.bare
                yield self._tenant(str(member), member, self._organization(written), "namesake")

    def _undocumented(self, name: CompanyName) -> Iterator[Customer]:
        yield self._tenant(str(name), name, None, "no_organization")

    def _several_tenants(self, name: CompanyName) -> Iterator[Customer]:
        """A second tenant of one company: bought, split off, or a trial that stayed."""
        organization = self._organization(str(name))
        yield self._tenant(str(name), name, organization, "several_tenants")
        second = pick(self._rng, (str(name), f"{name.bare} Online", f"{name.bare} (old tenant)", f"{name.bare} EU"))
        tenant = self._tenant(second, name, organization, "several_tenants")
        yield replace(tenant, short_name=f"{tenant.short_name}2")

    def _trade_name(self, name: CompanyName) -> Iterator[Customer]:
        """Registered under one name, known by another. Its domain may bear the known one."""
        known = self._new_name()
        by_domain = happens(self._rng, 0.6)
        category = "trade_name_in_domain" if by_domain else "trade_name"
        domain_of = known if by_domain else name
        yield self._tenant(str(name), domain_of, self._organization(str(known)), category, plain_domain=by_domain)

    def _organization(self, name: str) -> Organization:
        self._taken.add(name.casefold())
        organization = Organization(new_id(self._rng), name)
        self._made.organizations.append(organization)
        return organization

    def _tenant(
        self,
        display: str,
        domain_of: CompanyName,
        organization: Organization | None,
        category: str,
        *,
        plain_domain: bool = False,
    ) -> Customer:
        default, domains = self._domains(domain_of, plain=plain_domain)
        return Customer(
            tenant_id=guid(self._rng),
            display_name=display,
            default_domain=default,
            verified_domains=domains,
            short_name=_short(domain_of),
            city=pick(self._rng, pools().cities),
            category=category,
            organization_id=organization.id if organization else None,
            organization_name=organization.name if organization else None,
        )

    def _domains(self, name: CompanyName, *, plain: bool) -> tuple[str, tuple[str, ...]]:
        """The default domain, and all of them with the initial one. Seven in ten bear the company's whole name."""
        rng = self._rng
        words = [slug(word) for word in name.words if slug(word)]
        label = name.label
        if not plain and happens(rng, 0.3):
            label = pick(rng, (words[0], "-".join(words)[:40], name.initials.lower() + words[-1], words[-1] + "24"))
        while label in self._labels:
            label += str(2 + int(rng.random() * 90))
        self._labels.add(label)
        initial = f"{label[:27]}.onmicrosoft.com"
        own = f"{label}.{pick(rng, TOP_DOMAINS[name.language])}"
        further = (f"{label}-{pick(rng, ('group', 'mail', 'online'))}.com",) if happens(rng, 0.2) else ()
        if happens(rng, INITIAL_DOMAIN_SHARE):
            return initial, ((initial, own) if happens(rng, 0.5) else (initial,))
        return own, (own, *further, initial)


def _short(name: CompanyName) -> str:
    if len(name.words) > 2:
        return name.initials
    return slug(name.words[0])[:4].upper() or "ACME"


def _sizes(rng: Random, devices: int, tenants: int) -> list[int]:
    """Log-normal shares: some customers have a thousand machines, many have five. They add up to `devices`."""
    weights = [rng.lognormvariate(0, SIZE_SPREAD) for _ in range(tenants)]
    total = sum(weights)
    sizes = [max(1, int(devices * weight / total)) for weight in weights]
    order = sorted(range(tenants), key=lambda i: -sizes[i])
    missing = devices - sum(sizes)
    for i in order:
        change = max(missing, 1 - sizes[i]) if missing < 0 else missing
        sizes[i] += change
        missing -= change
    return sizes
