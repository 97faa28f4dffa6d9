"""The directory after changes is what a new one says, and what a change can't touch is left alone."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from matchbook_matcher.domain.records import Standing
from matchbook_matcher.domain.tenant_comparing import Rarity
from matchbook_matcher.domain.tenant_forms import organization_forms, tenant_forms
from matchbook_matcher.domain.tenant_register import Register
from matchbook_matcher.domain.tenants import Directory, Organization, Tenant

from .makes import KNOWLEDGE

WORDS = ["acme", "contoso", "fabrikam", "dental", "dentist", "law", "north", "group", "gmbh", "a", "cd", "cdg", "2"]
NOTES = st.sampled_from(["", "", "", " (salem)", " (lowell)"])
NAMES = st.builds(
    lambda words, note: " ".join(words) + note, st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), NOTES
)
DOMAINS = st.lists(
    st.sampled_from(["acme.com", "contosodental.com", "cdg.com", "lawgroup.de", "contosofabrikamdentalgroupn.com"]),
    max_size=2,
).map(tuple)
TENANT_IDS, ORGANIZATION_IDS = [f"t{n}" for n in range(8)], [f"o{n}" for n in range(8)]
STANDINGS = st.sampled_from([None, None, None, Standing("ignored"), Standing("matched", "o1")])
OVERLAPS = st.sampled_from([(), (), (), (("o1", 8),), (("o2", 3), ("o3", 9))])
TENANTS = st.builds(
    lambda key, name, domains, standing, overlaps: Tenant(key, name, domains, standing, 10, overlaps),
    st.sampled_from(TENANT_IDS),
    NAMES,
    DOMAINS,
    STANDINGS,
    OVERLAPS,
)
ORGANIZATIONS = st.builds(
    Organization,
    st.sampled_from(ORGANIZATION_IDS),
    NAMES,
    st.lists(NAMES, max_size=1).map(tuple),
    DOMAINS,
    st.sampled_from([None, None, "t1", "t9"]),
)
GONE = st.sampled_from([*TENANT_IDS, *ORGANIZATION_IDS])
CHANGES = st.lists(st.lists(st.one_of(TENANTS, ORGANIZATIONS, GONE), max_size=3), max_size=8)
# So many that a single change is a small one.
CROWD = [Organization(f"x{n}", f"Company{chr(97 + n)} {WORDS[n % len(WORDS)]}") for n in range(40)]


def directory(organizations: Any, tenants: Any) -> Directory:
    return Directory(organizations, tenants, KNOWLEDGE.weights.tenant, KNOWLEDGE.vocabulary)


@given(st.lists(TENANTS, max_size=8), st.lists(ORGANIZATIONS, max_size=8), CHANGES)
@settings(max_examples=300)
def test_after_any_changes_the_answers_are_those_of_a_new_directory(first: Any, documented: Any, changes: Any) -> None:
    tenants = {tenant.tenant_id: tenant for tenant in first}
    organizations = {o.organization_id: o for o in [*CROWD, *documented]}
    kept = directory(organizations.values(), tenants.values())
    for change in changes:
        mine: dict[str, Tenant | None] = {}
        theirs: dict[str, Organization | None] = {}
        for new in change:
            if isinstance(new, Tenant):
                mine[new.tenant_id] = new
            elif isinstance(new, Organization):
                theirs[new.organization_id] = new
            else:
                (mine if new.startswith("t") else theirs)[new] = None
        before = kept.answers()
        again = kept.change(theirs, mine)
        tenants = {key: t for key, t in {**tenants, **mine}.items() if t is not None}
        organizations = {key: o for key, o in {**organizations, **theirs}.items() if o is not None}
        after = kept.answers()
        assert after == directory(organizations.values(), tenants.values()).answers()
        assert all(before.get(key) == after.get(key) for key in {*before, *after} - again), "what it says it left alone"


def test_who_is_gone_is_no_candidate_any_more() -> None:
    register = Register(KNOWLEDGE.weights.tenant.limits)
    forms = organization_forms(Organization("o1", "Contoso", domains=("contoso.com",)), KNOWLEDGE.vocabulary)
    tenant = Tenant("t1", "Contoso", ("contoso.com",))
    mine = tenant_forms(tenant, KNOWLEDGE.vocabulary)
    register.file("o1", forms)
    assert register.candidates(tenant, mine, Rarity()) == ["o1"]
    register.take_out("o1", forms)
    assert register.candidates(tenant, mine, Rarity()) == []


def world() -> Directory:
    """Eighty companies of two words of their own, each with a tenant."""
    names = [f"{chr(97 + n // 10)}{chr(97 + n % 10)}corp {chr(97 + n % 10)}{chr(97 + n // 10)}works" for n in range(80)]
    organizations = [Organization(f"o{n}", name) for n, name in enumerate(names)]
    return directory(organizations, [Tenant(f"t{n}", name) for n, name in enumerate(names)])


def test_machines_of_a_tenant_touch_that_tenant_alone() -> None:
    kept = world()
    tenant = kept.tenants["t3"]
    more = Tenant("t3", tenant.display_name, serials=10, overlaps=(("o3", 9),))
    assert kept.change({}, {"t3": more}) == {"t3"}
    assert kept.change({}, {"t3": more}) == set(), "nothing new"


def test_a_renamed_organization_touches_those_with_its_words_before_and_after() -> None:
    kept = world()
    words = kept.tenants["t5"].display_name
    assert kept.change({"o3": Organization("o3", words)}, {}) == {"t3", "t5"}


def test_a_tenant_touches_the_rivals_for_what_it_claims() -> None:
    kept = world()
    name = kept.tenants["t3"].display_name
    assert kept.change({}, {"t90": Tenant("t90", f"{name} online")}) == {"t3", "t90"}
