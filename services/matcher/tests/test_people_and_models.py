"""Whose machine it is, who made it, and what kind it is."""

import pytest
from matchbook_matcher.domain.people import people_in
from matchbook_matcher.offline.evaluating import HIGH

from .makes import KNOWLEDGE, answer, configuration, device, one, target, tied, told

USER = "aberg@contoso.com\nAnna Berg"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Anna Berg", "Berg, Anna"),
        ("aberg@contoso.com", "Anna Berg"),
        ("anna.berg@contoso.com", "CONTOSO\\anna.berg"),
        ("Anna Berg", "Dr. Anna Berg"),
        ("Jörg Müller", "Jorg Muller"),
        ("aberg", "aberg@contoso.com"),
        ("juergen.mueller@contoso.com", "Jürgen Müller"),
        ("jmueller", "Jürgen Müller"),
        ("A. Berg", "Anna Berg"),
    ],
)
def test_a_person_is_known_however_they_are_written(mine: str, theirs: str) -> None:
    pair = one(device(name="LT-1", people=mine), configuration(name="LT-1", people=theirs))
    assert pair is not None
    assert told(pair, "user") == ("agree", None)


def test_other_people_disagree_and_machines_change_hands() -> None:
    documented = configuration(name="LT-1", serial="PF1ABCD2", people="Jan Smit")
    pair = one(device(name="LT-1", serial="PF1ABCD2", people=USER), documented)
    assert pair is not None
    assert told(pair, "user") == ("disagree", None)
    assert pair.worth.confidence > 0.99


@pytest.mark.parametrize("serial", [None, "PF1ABCD2"])
@pytest.mark.parametrize("model", [None, "Latitude 5440"])
@pytest.mark.parametrize("other", [None, "Jan Smit"])
def test_of_two_records_of_one_name_the_users_is_meant(
    serial: str | None, model: str | None, other: str | None
) -> None:
    people = {"c1": other, "c2": "Anna Berg"}
    records = [configuration(c, name="LT-1", model=model, people=person) for c, person in people.items()]
    assert target(answer([device(name="LT-1", people=USER, serial=serial, model=model)], records)) == "c2"


def test_people_with_one_initial_are_not_one_person() -> None:
    pair = one(device(name="LT-1", people=USER), configuration(name="LT-1", people="Axel Berg"))
    assert pair is not None
    assert told(pair, "user") == ("disagree", None)


@pytest.mark.parametrize("written", ["Reception", "admin@contoso.com", "IT Support", "", "-"])
def test_an_office_is_no_person(written: str) -> None:
    assert people_in(written, KNOWLEDGE.hygiene) is None


@pytest.mark.parametrize(
    "title", ["Anna Berg", "Anna Berg laptop", "Anna's Latitude 5440", "Anna Berg - Latitude 5440"]
)
def test_a_record_titled_by_its_user_is_found_by_them(title: str) -> None:
    mine = device(name="CON-77", people=USER, model="Latitude 5440")
    pair = one(mine, configuration(name=title, people="Anna Berg", model="Latitude 5440"))
    assert pair is not None
    assert told(pair, "device_name") == ("similar", "the documented name is the user's")
    assert one(mine, configuration(name=title, people="Jan Smit", model="Latitude 5440")) is None
    assert one(mine, configuration(name=title, people="Anna Berg", model="OptiPlex 7010")) is None
    assert one(mine, configuration(name=f"{title} CON-12", people="Anna Berg", model="Latitude 5440")) is None


def test_a_name_that_says_whose_it_is_counts_as_a_title_where_the_user_is_the_same() -> None:
    mine = device(name="Anna's MacBook Air", serial="FVFWKHM6TRRM", people=USER, model="MacBook Air")
    documented = configuration(name="Anna's MacBook Air", people="Anna Berg", model="MacBook Air")
    pair = one(mine, documented)
    assert pair is not None
    assert pair.worth.confidence > 0.9
    assert one(mine, configuration(name="Anna's MacBook Air", people="Anna Holm", model="MacBook Air")) is None


def test_two_machines_of_one_user_are_not_told_apart_by_the_user() -> None:
    documents = [
        configuration(c, name="Anna Berg laptop", people="Anna Berg", model="Latitude 5440") for c in ("c1", "c2")
    ]
    assert tied(answer([device(people=USER, name="CON-77", model="Latitude 5440")], documents)) == ["c1", "c2"]


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ("Latitude 5440", "Dell Latitude 5440", "agree"),
        ("HP EliteBook 840 G9", "HP EliteBook 840 14 inch G9 Notebook PC", "agree"),
        ("Latitude 5440", "OptiPlex 7010", "disagree"),
    ],
)
def test_models_are_compared_by_their_words(mine: str, theirs: str, said: str) -> None:
    pair = one(device(serial="PF1ABCD2", model=mine), configuration(serial="PF1ABCD2", model=theirs))
    assert pair is not None
    assert told(pair, "model") == (said, None)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("20XW00A9US", "ThinkPad X1 Carbon Gen 9"),
        ("MacBookPro18,3", "MacBook Pro"),
        ("Latitude 14 5440", "Latitude 5440 BTX"),
        ("To Be Filled By O.E.M.", "OptiPlex 7010"),
    ],
)
def test_a_product_number_and_a_name_cannot_be_compared(mine: str, theirs: str) -> None:
    with_model = one(device(serial="PF1ABCD2", model=mine), configuration(serial="PF1ABCD2", model=theirs))
    without = one(device(serial="PF1ABCD2"), configuration(serial="PF1ABCD2"))
    assert with_model is not None
    assert without is not None
    assert with_model.worth == without.worth


def test_a_name_used_again_is_capped_where_make_or_model_differ() -> None:
    mine = device(name="LT-1", serial="PF1ABCD2", maker="Dell Inc.", model="Latitude 5440", people=USER)
    assert one(mine, configuration(name="LT-1", people="Anna Berg", maker="LENOVO")) is None
    assert one(mine, configuration(name="LT-1", people="Anna Berg", maker="Dell", model="OptiPlex 7010")) is None
    pair = one(mine, configuration(name="LT-1", people="Anna Berg", maker="Dell", model="Latitude 5440"))
    assert pair is not None
    unsure = one(mine, configuration(name="LT-1", people="Anna Berg"))
    assert unsure is not None
    assert unsure.worth.confidence < HIGH < pair.worth.confidence


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("HP", "Hewlett-Packard"),
        ("Dell Inc.", "DELL"),
        ("ASUSTeK COMPUTER INC.", "Asus"),
        ("Lenovo", "System manufacturer"),
    ],
)
def test_makers_are_known_by_several_names_or_not_at_all(mine: str, theirs: str) -> None:
    pair = one(device(name="LT-1", maker=mine), configuration(name="LT-1", maker=theirs))
    assert pair is not None
    assert pair.worth == one(device(name="LT-1"), configuration(name="LT-1")).worth  # type: ignore[union-attr]


def test_another_maker_is_told() -> None:
    documented = configuration(serial="PF1ABCD2", maker="LENOVO", model="ThinkPad T14")
    pair = one(device(serial="PF1ABCD2", maker="Dell Inc.", model="Latitude 5440"), documented)
    assert pair is not None
    assert told(pair, "model") == ("disagree", "of another manufacturer")


def test_a_phone_is_no_computer() -> None:
    mine = device(name="ABERG-1", system="iOS", people=USER)
    assert one(mine, configuration(name="ABERG-1", kind="Laptop", people="Anna Berg")) is None
    assert one(mine, configuration(name="ABERG-1", kind="Mobile Device")) is not None
    assert one(mine, configuration(name="ABERG-1", kind="Something else")) is not None
    assert (
        one(device(name="ABERG-1", system="Windows"), configuration(name="ABERG-1", kind="Managed Workstation"))
        is not None
    )
    pair = one(device(serial="PF1ABCD2", system="Android"), configuration(serial="PF1ABCD2", kind="Workstation"))
    assert pair is not None
    assert told(pair, "model") == ("disagree", "another kind of machine")


@pytest.mark.parametrize("kind", ["Docking Station", "Printer", "Display"])
def test_nor_is_what_stands_on_its_desk(kind: str) -> None:
    mine = device(name="LT-1", system="Windows 11", ethernet="3c22fb000001")
    assert one(mine, configuration(name="WD19", kind=kind, macs=("3c22fb000001",))) is None


def test_a_serial_number_on_machines_with_different_wi_fi_adapters_is_junk() -> None:
    two = [
        device("d1", serial="BUILT77", name="LT-1", wifi="3c22fb000001"),
        device("d2", serial="BUILT77", name="LT-2", wifi="3c22fb000002"),
    ]
    documents = [configuration("c1", serial="BUILT77", name="LT-1"), configuration("c2", serial="BUILT77", name="LT-2")]
    assert target(answer(two, documents, "d1")) == "c1"
    assert target(answer(two, documents, "d2")) == "c2"


@pytest.mark.parametrize("placeholder", ["System Product Name", "To Be Filled By O.E.M.", "Custom PC", "laptop"])
def test_a_placeholder_is_no_other_model(placeholder: str) -> None:
    documented = configuration(serial="PF1ABCD2", name="LT-7")
    without = one(device(name="LT-7", serial="N/A"), documented)
    assert without is not None
    for mine, theirs in ((placeholder, "ProArt B550"), ("ProArt B550", placeholder)):
        documented = configuration(serial="PF1ABCD2", name="LT-7", model=theirs)
        pair = one(device(name="LT-7", serial="N/A", model=mine), documented)
        assert pair is not None
        assert pair.worth == without.worth


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ("VMware7,1", "VMware Virtual Platform", "agree"),
        ("Standard PC (Q35 + ICH9, 2009)", "Proxmox VM", "agree"),
        ("Virtual Machine", "PowerEdge R740", "disagree"),
        ("PowerEdge R740", "VMware7,1", "disagree"),
    ],
)
def test_virtual_machines_are_of_one_model(mine: str, theirs: str, said: str) -> None:
    pair = one(device(serial="PF1ABCD2", model=mine), configuration(serial="PF1ABCD2", model=theirs))
    assert pair is not None
    assert told(pair, "model") == (said, None)
