"""Which organization a tenant is: names, domains, aliases, machines in common, and none at all."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matchbook_matcher.domain.records import Standing
from matchbook_matcher.domain.tenant_names import words_of
from matchbook_matcher.domain.tenants import Organization, Tenant

from .makes import KNOWLEDGE
from .tenant_makes import HIGH, answers, confidence, found, named


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Contoso Dental Ltd.", "Contoso Dental"),
        ("Contoso Dental GmbH & Co. KG", "contoso dental"),
        ("The Contoso Dental Company, Inc.", "Contoso Dental"),
        ("Müller Logistik GmbH", "Muller Logistik"),
        ("Smith & Jones", "Smith and Jones LLC"),
        ("Dental Contoso", "Contoso Dental"),
        ("Blue Harbor Foods", "BlueHarbor Foods"),
        ("Contoso Mfg.", "Contoso Manufacturing"),
        ("C.O.N.T. Dental", "CONT Dental"),
        ("Contosso Dental", "Contoso Dental"),
    ],
)
def test_names_that_are_written_differently_are_found(mine: str, theirs: str) -> None:
    assert found(named(mine), Organization("o1", theirs)) == "o1"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Acme Dental North", "Acme Dental South"),
        ("Acme Dental of Ohio", "Acme Dental of Iowa"),
        ("Acme Dental I", "Acme Dental II"),
        ("Acme Dental 1", "Acme Dental 2"),
        ("Keystone Dental", "Granite Dental"),
        (
            "Keystone Family Orthodontics Practice Associates East",
            "Keystone Family Orthodontics Practice Associates West",
        ),
        ("Fabrikam", "Contoso"),
    ],
)
def test_namesakes_are_not_confused(mine: str, theirs: str) -> None:
    assert found(named(mine), Organization("o1", theirs)) is None


def test_of_two_namesakes_each_gets_its_own() -> None:
    tenants = [Tenant("t1", "Acme Dental North Inc."), Tenant("t2", "Acme Dental South")]
    organizations = [Organization("o1", "Acme Dental North"), Organization("o2", "Acme Dental South LLC")]
    both = answers(tenants, organizations)
    assert [both[key].pairs[0].organization.organization_id for key in ("t1", "t2")] == ["o1", "o2"]
    assert all(len(answer.pairs) == 1 for answer in both.values())


def test_an_alias_is_as_good_as_the_name() -> None:
    organization = Organization("o1", "Old Holding", aliases=("Contoso Dental", "CD"))
    answer = answers([named("Contoso Dental Ltd")], [organization])["t1"]
    assert (answer.pairs[0].organization, answer.pairs[0].rule) == (organization, "alias")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Silverline Dental Group", "SDG"),
        ("Pemberton, Locke & Ashdown LLP", "PL&A"),
        ("Praxis Lacroix-les-Bains Dentaire", "PLD"),
        ("Accountants Las Palmas", "ALP"),
        ("Northgate and Evans", "NAE"),
    ],
)
def test_three_initials_are_a_name_that_no_other_tenant_claims_but_never_high(name: str, letters: str) -> None:
    organization = Organization("o1", letters)
    assert found(named(name), organization) == "o1"
    assert confidence(named(name), organization) < HIGH
    domains = (f"{letters.lower().replace('&', '')}.com",)
    assert confidence(named(name, *domains), Organization("o1", letters, domains=domains)) > HIGH


def test_initials_that_two_tenants_have_tell_neither() -> None:
    tenants = [Tenant("t1", "Silverline Dental Group"), Tenant("t2", "Southgate Dairy Goods")]
    both = answers(tenants, [Organization("o1", "SDG")])
    assert not any(answer.pairs and not answer.tied for answer in both.values())


def test_two_initials_tell_nothing() -> None:
    assert found(named("Silverline Dental"), Organization("o1", "SD")) is None


def test_machines_in_common_lead_to_an_organization_of_another_name() -> None:
    organization = Organization("o1", "Old Holding")
    assert found(named("Contoso Dental", serials=40, overlaps=(("o1", 37),)), organization) == "o1"
    assert found(named("Contoso Dental", serials=40, overlaps=(("o1", 2),)), organization) is None
    assert found(named("Contoso Dental", serials=2, overlaps=(("o1", 2),)), organization) is None, "two are no pattern"


def test_machines_in_common_decide_between_namesakes_with_part_of_the_name() -> None:
    both = [Organization("o1", "Contoso Dental West"), Organization("o2", "Contoso Dental East")]
    assert found(named("Contoso Dental", serials=40, overlaps=(("o2", 30),)), *both) == "o2"
    assert found(named("Contoso Dental"), *both) is None


def test_the_evidence_counts_the_machines() -> None:
    answer = answers(
        [named("Contoso Dental", serials=40, overlaps=(("o1", 37),))], [Organization("o1", "Contoso Dental")]
    )["t1"]
    entries = {entry["field"]: entry for entry in answer.pairs[0].evidence}
    assert entries["device_overlap"]["documented_value"] == "37 of 40 serial numbers"
    assert entries["display_name"]["verdict"] == "agree"


def test_two_tenants_that_fit_one_organization_in_part_and_equally_are_a_conflict() -> None:
    tenants = [Tenant("t1", "Contoso Fabrikam Dental Clinic"), Tenant("t2", "Contoso Fabrikam Dental Praxis")]
    organization = Organization("o1", "Contoso Fabrikam Dental")
    assert found(tenants[0], organization) == "o1"
    both = answers(tenants, [organization])
    assert [both[key].tied for key in ("t1", "t2")] == [1, 1]


def test_two_tenants_with_an_organizations_name_are_both_its() -> None:
    tenants = [Tenant("t1", "Contoso Dental"), Tenant("t2", "Contoso Dental Ltd")]
    both = answers(tenants, [Organization("o1", "Contoso Dental")])
    assert [both[key].tied for key in ("t1", "t2")] == [0, 0]
    assert both["t1"].pairs[0].confidence < confidence(tenants[0], Organization("o1", "Contoso Dental"))


def test_a_tenant_that_fits_better_keeps_the_others_away() -> None:
    tenants = [Tenant("t1", "Contoso Dental", ("contoso.com",)), Tenant("t2", "Contoso Dental (Columbus)")]
    both = answers(tenants, [Organization("o1", "Contoso Dental", domains=("contoso.com",))])
    assert both["t1"].pairs[0].organization.organization_id == "o1"
    assert both["t2"].pairs == ()


def test_of_two_tenants_of_one_name_the_one_with_the_domain_is_it() -> None:
    tenants = [Tenant("t1", "Contoso Dental", ("contoso.com",)), Tenant("t2", "Contoso Dental", ("other.com",))]
    both = answers(tenants, [Organization("o1", "Contoso Dental", domains=("contoso.com",))])
    assert (len(both["t1"].pairs), both["t2"].pairs) == (1, ())


def test_an_organization_with_a_tenant_needs_more_to_get_another() -> None:
    free, held = Organization("o1", "Contoso Dental"), Organization("o1", "Contoso Dental", holder="t9")
    assert confidence(named("Contoso Dental"), held) < confidence(named("Contoso Dental"), free)
    assert found(named("Contoso Dental (Columbus)"), held) is None


def test_what_people_decided_is_respected() -> None:
    organization = Organization("o1", "Contoso Dental", holder="t1")
    matched = answers([named("Contoso Dental", standing=Standing("matched", "o1"))], [organization])["t1"]
    assert (matched.pairs, matched.decided) == ((), True)
    fresh = Organization("o1", "Contoso Dental")
    seen = answers([named("Contoso Dental")], [fresh])["t1"].pairs[0].fingerprint
    undone = Standing("unmatched", None, {"o1": seen})
    assert found(named("Contoso Dental", standing=undone), fresh) is None
    assert found(named("Contoso Dental", "contoso.com", standing=undone), fresh) == "o1", "a domain is new evidence"
    assert found(named("Contoso Dental", standing=Standing("ignored")), fresh) == "o1"


def test_a_name_of_legal_forms_alone_keeps_its_words() -> None:
    assert words_of("The Company Ltd", KNOWLEDGE.vocabulary) == ("company",)
    assert words_of("AS", KNOWLEDGE.vocabulary) == ("as",)


def test_legal_forms_of_many_countries_are_left_out() -> None:
    forms = (
        "UG (haftungsbeschränkt)",
        "GmbH & Co. KG",
        "Sp. z o.o.",
        "S. de R.L. de C.V.",
        "S.à r.l.",
        "Pty Ltd",
        "B.V.",
    )
    assert {words_of(f"Contoso {form}", KNOWLEDGE.vocabulary) for form in forms} == {("contoso",)}


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Johnson & Johnson Roofing", "J&J Roofing"),
        ("Contoso Physical Therapy", "Contoso PT"),
        ("Contoso Eye Care Center", "Contoso Eyecare Center"),
        ("R. Winslade Roofing", "Robert Winslade Roofing"),
        ("Bob Winslade Roofing", "Robert Winslade Roofing"),
        ("Wm. Winslade Roofing", "William Winslade Roofing"),
        ("NW Contoso Roofing", "Northwest Contoso Roofing"),
        ("1st Contoso Roofing", "First Contoso Roofing"),
        ("5 Contoso Roofing", "Five Contoso Roofing"),
        ("Möbelhaus Contoso", "Mböelhaus Contoso"),
        ("Contoso Inc - Microsoft 365", "Contoso"),
    ],
)
def test_words_that_are_written_in_another_way_agree(mine: str, theirs: str) -> None:
    assert found(named(mine), Organization("o1", theirs)) == "o1"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Larsen & Lawson Roofing", "L&M Roofing"),
        ("R. Winslade", "Robert Winslade"),
        ("M. Winslade Roofing", "Robert Winslade Roofing"),
        ("Bob Winslade Roofing", "William Winslade Roofing"),
        ("Group A Roofing", "Group B Roofing"),
        ("NW Contoso Roofing", "Northeast Contoso Roofing"),
        ("Peterson Dental", "Pedersen Dental"),
    ],
)
def test_words_that_only_look_alike_do_not_agree(mine: str, theirs: str) -> None:
    assert found(named(mine), Organization("o1", theirs)) is None


def test_a_word_of_many_names_may_have_another_ending_and_a_proper_name_not() -> None:
    trade = [Organization(f"y{n}", f"{name} Consulting") for n, name in enumerate(("Ash", "Birch", "Oak", "Yew"))]
    assert found(named("Contoso Consultants"), Organization("o1", "Contoso Consulting"), *trade) == "o1"
    assert found(named("Kramering Law"), Organization("o1", "Kramerist Law"), *trade) is None


WORDS = st.sampled_from(["acme", "dental", "north", "south", "contoso", "group", "ltd", "1", "2"])
NAMES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
DOMAINS = st.lists(st.sampled_from(["acme.com", "contoso.com", "gmail.com"]), max_size=2).map(tuple)


@given(
    st.lists(st.tuples(NAMES, DOMAINS), max_size=6),
    st.lists(st.tuples(NAMES, DOMAINS), max_size=6),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150)
def test_the_order_of_tenants_and_organizations_makes_no_difference(
    mine: Any, theirs: Any, shuffled: random.Random
) -> None:
    tenants = [Tenant(f"t{n}", name, domains) for n, (name, domains) in enumerate(mine)]
    organizations = [Organization(f"o{n}", name, (), domains) for n, (name, domains) in enumerate(theirs)]
    expected = answers(tenants, organizations)
    shuffled.shuffle(tenants)
    shuffled.shuffle(organizations)
    assert answers(tenants, organizations) == expected
    for answer in expected.values():
        assert all(0.5 <= pair.confidence <= 0.9995 for pair in answer.pairs)
        assert len(answer.pairs) <= 6


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Röh Logistik GmbH & Co. KG", "Roeh Logistik"),
        ("Contoso Sp. z o.o.", "Contoso"),
        ("Contoso UG (haftungsbeschränkt)", "Contoso GmbH"),
        ("Stichting Contoso", "Contoso"),
        ("Contoso und Fabrikam", "Contoso y Fabrikam S.A. de C.V."),
        ("CDG Contoso Dental Group", "Contoso Dental Group"),
        ("Contoso Dental (Dev)", "Contoso Dental"),
        ("Contoso Dental", "Contoso Dental (North Adams)"),
        ("Contoso Dental (old tenant)", "Contoso Dental"),
        ("Cnotoso Dental", "Contoso Dental"),
        ("Fabrikam", "Contoso Dental (formerly Fabrikam)"),
        ("Contoso Dental dba Smiles", "Smiles"),
    ],
)
def test_what_is_put_around_a_name_does_not_hide_it(mine: str, theirs: str) -> None:
    assert found(named(mine), Organization("o1", theirs)) == "o1"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("contoso dental - prod", "Contoso Dental"),
        ("Zeta Corp d.b.a. Happy Toys", "Happy Toys"),
        ("Happy Toys t/as Zeta", "Zeta"),
        ("Çelik Makina Ltd. Şti.", "Celik Makina"),
        ("ООО Иванов", "Иванов"),  # noqa: RUF001
    ],
)
def test_it_says_nothing_of_the_company_either(mine: str, theirs: str) -> None:
    assert confidence(named(mine), Organization("o1", theirs)) >= 0.98


def test_part_of_a_name_is_never_high_by_itself() -> None:
    organization = Organization("o1", "Contoso Fabrikam Wingtip Dental")
    assert 0.9 < confidence(named("Contoso Fabrikam Wingtip"), organization) < HIGH


def test_initials_with_a_domain_that_begins_with_them_are_found() -> None:
    assert found(named("Silverline Dental Group", "sdggroup.com"), Organization("o1", "SDG")) == "o1"


def test_a_word_of_many_names_may_be_abbreviated_and_a_proper_name_not() -> None:
    trade = [Organization(f"y{n}", f"{name} Carpentry") for n, name in enumerate(("Ash", "Birch", "Oak", "Yew"))]
    assert found(named("Contoso Carp."), Organization("o1", "Contoso Carpentry"), *trade) == "o1"
    assert found(named("Will Carpentry"), Organization("o1", "Williams Carpentry"), *trade) is None


def test_part_of_a_name_is_enough_only_where_no_other_tenant_claims_the_organization() -> None:
    organization = Organization("o1", "Contoso Fabrikam Dental")
    assert found(named("Contoso Fabrikam Dental Clinic"), organization) == "o1"
    both = answers([named("Contoso Fabrikam Dental Clinic"), Tenant("t2", "Contoso Fabrikam Dental")], [organization])
    assert (both["t1"].pairs, both["t2"].pairs[0].organization) == ((), organization)


def test_of_two_organizations_that_fit_the_better_one_is_less_certain() -> None:
    equal, noted = Organization("o1", "Contoso Dental"), Organization("o2", "Contoso Dental (Columbus)")
    both = answers([named("Contoso Dental")], [equal, noted])["t1"]
    assert (both.pairs[0].organization, both.tied) == (equal, 0)
    assert both.pairs[0].confidence < confidence(named("Contoso Dental"), equal)


def test_two_machines_in_common_add_little_to_part_of_a_name() -> None:
    organization = Organization("o1", "Fabrikam Dental Supplies")
    two, most = (named("Fabrikam Dental", serials=n, overlaps=(("o1", n),)) for n in (2, 20))
    assert confidence(two, organization) < HIGH < confidence(most, organization)


def test_an_ignored_tenant_keeps_nobody_from_an_organization() -> None:
    ignored = Tenant("t2", "Fabrikam Dental Supplies", standing=Standing("ignored"))
    organization = Organization("o1", "Fabrikam Dental Supplies")
    answer = answers([named("Fabrikam Dental"), ignored], [organization])["t1"]
    assert [pair.organization.organization_id for pair in answer.pairs] == ["o1"]


def test_two_letters_make_a_short_word_another() -> None:
    assert found(named("Larsen Dental"), Organization("o1", "Lawson Dental")) is None
    assert found(named("Bond Dental"), Organization("o1", "Bend Dental")) is None
    assert found(named("ABC Dental"), Organization("o1", "ACB Dental")) is None


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Johnson Dental", "Johnston Dental"),
        ("Larsen Law", "Larson Law"),
        ("Meyer Consulting", "Meier Consulting"),
        ("Consulting Meyer", "Meier Consulting"),
        ("Bleu Fabrikam", "Blue Fabrikam"),
    ],
)
def test_a_namesake_one_letter_apart_is_high_only_with_something_else(mine: str, theirs: str) -> None:
    organization = Organization("o1", theirs, domains=("documented.com",))
    assert 0.9 < confidence(named(mine), organization) < HIGH
    assert confidence(named(mine, "documented.com"), organization) > HIGH
    assert confidence(named(mine, serials=40, overlaps=(("o1", 37),)), organization) > HIGH
    assert confidence(named(mine), Organization("o1", theirs, aliases=(mine,))) > HIGH


@pytest.mark.parametrize("form", ["GmbH", "gmbh", "G.m.b.H."])
def test_of_two_organizations_that_differ_in_the_legal_form_the_tenants_own_is_suggested(form: str) -> None:
    both = [Organization("o1", "Contoso Inc"), Organization("o2", "Contoso GmbH"), Organization("o3", "Contoso")]
    assert found(named(f"Contoso {form}"), *both) == "o2"
    assert found(named("Contoso"), *both) == "o3"
    assert found(named("Contoso Ltd"), *both[:2]) is None


def test_a_note_is_not_passed_over_where_notes_tell_sisters_apart() -> None:
    main, sister = Organization("o1", "Acme Dental"), Organization("o2", "Acme Dental (Shelbyville)")
    tenant = named("Acme Dental (Springfield)")
    assert confidence(tenant, main) >= HIGH
    assert found(tenant, main, sister) == "o1"
    assert confidence(tenant, main, sister) < HIGH
    assert found(named("Acme Dental (Shelbyville)"), main, sister) == "o2"
    assert found(tenant, sister) is None
    own = Organization("o3", "Acme Dental (Springfield)")
    assert found(tenant, main, sister, own) == "o3"
