"""What a tenant's domains say of its organization."""

import pytest
from matchbook_matcher.domain.tenant_names import domain_label
from matchbook_matcher.domain.tenants import Organization

from .makes import KNOWLEDGE
from .tenant_makes import HIGH, answers, confidence, found, named


def test_a_verified_domain_leads_to_an_organization_of_another_name() -> None:
    organization = Organization("o1", "Old Holding", domains=("Contoso.com",))
    assert found(named("Contoso Dental", "contoso.com"), organization) == "o1"
    assert found(named("Contoso Dental", "fabrikam.com"), organization) is None


def test_a_mail_providers_domain_says_nothing() -> None:
    assert (
        found(named("Contoso Dental", "gmail.com"), Organization("o1", "Old Holding", domains=("gmail.com",))) is None
    )


def test_a_domain_documented_for_two_organizations_tells_neither() -> None:
    both = [
        Organization("o1", "Old Holding", domains=("contoso.com",)),
        Organization("o2", "New Holding", domains=("contoso.com",)),
    ]
    assert answers([named("Contoso Dental", "contoso.com")], both)["t1"].pairs == ()


def test_other_domains_speak_against_an_equal_name() -> None:
    alone = confidence(named("Contoso Dental", "contoso.com"), Organization("o1", "Contoso Dental"))
    against = confidence(
        named("Contoso Dental", "contoso.com"), Organization("o1", "Contoso Dental", domains=("other.com",))
    )
    assert 0.5 < against < alone


@pytest.mark.parametrize(
    ("domain", "label"),
    [
        ("contoso.com", "contoso"),
        ("mail.contoso.co.uk", "contoso"),
        ("contoso7.onmicrosoft.com", "contoso"),
        ("gmail.com", None),
        ("xn--mller-maschinen-zvb.de", "müller-maschinen"),
        ("xn--\x80.de", "xn--\x80"),
        ("local", None),
    ],
)
def test_the_label_of_a_domain(domain: str, label: str | None) -> None:
    assert domain_label(domain, KNOWLEDGE.vocabulary) == label


@pytest.mark.parametrize(
    "domain", ["contosodental.com", "contoso-dental.co.uk", "contosodental7.onmicrosoft.com", "contosodental-group.com"]
)
def test_a_domain_that_bears_the_organizations_name_outweighs_another_display_name(domain: str) -> None:
    organization = Organization("o1", "Contoso Dental Ltd.")
    answer = answers([named("Old Holding", domain)], [organization])["t1"]
    assert (answer.pairs[0].organization, answer.pairs[0].rule) == (organization, "domain")


def test_a_label_that_was_cut_bears_the_beginning_of_the_name() -> None:
    organization = Organization("o1", "Contoso Manufacturing International")
    assert found(named("Old Holding", "contosomanufacturinginterna.onmicrosoft.com"), organization) == "o1"
    assert found(named("Old Holding", "contoso.onmicrosoft.com"), organization) is None


def test_a_domain_that_is_a_trade_bears_no_name() -> None:
    others = [Organization(f"y{n}", f"{name} Plumbing") for n, name in enumerate(("Ash", "Birch", "Oak", "Yew"))]
    organizations = Organization("o1", "Plumbing"), *others
    alone = confidence(named("Contoso Plumbing"), *organizations)
    assert confidence(named("Contoso Plumbing", "plumbing.com"), *organizations) == alone
    assert found(named("Contoso", "plumbing.com"), *organizations) is None


@pytest.mark.parametrize(
    ("domain", "theirs"),
    [
        ("vandermeer.com", "Vandermeer Group"),
        ("pembertonlocke.com", "Pemberton Locke & Ashdown"),
        ("lakemontvet.com", "Lakemont Veterinary Clinic"),
        ("ravensdaleortho.com", "Ravensdale Orthodontics"),
        ("vandermeer.com", "Vandermeer"),
    ],
)
def test_a_domain_that_bears_part_of_a_name_leads_to_it(domain: str, theirs: str) -> None:
    organization = Organization("o1", theirs)
    answer = answers([named("Old Trading", domain)], [organization, Organization("o2", "Wingtip Group")])["t1"]
    assert (answer.pairs[0].organization, answer.pairs[0].rule) == (organization, "domain")


def test_one_word_that_a_domain_bears_is_not_high() -> None:
    for theirs in ("Vandermeer", "Vandermeer Group"):
        assert confidence(named("Old Trading", "vandermeer.com"), Organization("o1", theirs)) < HIGH


@pytest.mark.parametrize(
    ("domain", "theirs"),
    [
        ("vandermeerfoods.com", "Vandermeer Dental"),
        ("vandermeernorth.com", "Vandermeer"),
        ("dental.com", "Wingtip Dental"),
        ("partner.com", "Art Supplies"),
    ],
)
def test_a_domain_that_bears_another_name_too_leads_nowhere(domain: str, theirs: str) -> None:
    trade = [Organization(f"y{n}", f"{name} Dental") for n, name in enumerate(("Ash", "Birch", "Oak", "Yew"))]
    assert found(named("Old Trading", domain), Organization("o1", theirs), *trade) is None


def test_a_domain_that_says_what_the_display_name_says_adds_nothing() -> None:
    organization = Organization("o1", "Vandermeer Dairy Supplies")
    plain, again = named("Vandermeer Foods Dairy"), named("Vandermeer Foods Dairy", "vandermeerdairy.com")
    assert confidence(plain, organization) == confidence(again, organization)


def test_a_label_that_was_cut_from_the_display_name_adds_nothing() -> None:
    trade = [Organization(f"y{n}", f"{name} Manufacturing") for n, name in enumerate(("Ash", "Birch", "Oak", "Yew"))]
    organization = Organization("o1", "Steuerberatung Manufacturing")
    mine = named("Steuerberatung Manufacturing Garrison", "steuerberatungmanufacturing.onmicrosoft.com")
    assert confidence(mine, organization, *trade) < HIGH


def test_the_domain_of_both_is_no_word_for_a_sister_in_another_town() -> None:
    springfield = named("Acme Dental (Springfield)", "acmedental.com")
    assert found(springfield, Organization("o1", "Acme Dental (Shelbyville)")) is None
    assert confidence(springfield, Organization("o1", "Acme Dental (Springfield)")) >= 0.98


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Acme Dental North", "Acme Dental"),
        ("Acme Dental", "Acme Dental (South)"),
        ("Acme Dental 2", "Acme Dental"),
        ("Acme Holding", "Acme"),
        ("Acme Stiftung", "Acme"),
        ("Acme Foundation", "Acme Inc."),
    ],
)
def test_a_sister_is_not_the_company_even_with_its_domain(mine: str, theirs: str) -> None:
    assert found(named(mine), Organization("o1", theirs)) is None
    assert confidence(named(mine, "acmedental.com"), Organization("o1", theirs)) < 0.9
