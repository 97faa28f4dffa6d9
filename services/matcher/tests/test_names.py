"""Names: domains, truncation, numbers, likeness, and names that say nothing."""

from typing import Any

import pytest
from matchbook_matcher.domain.answers import Nothing, Suggested
from matchbook_matcher.domain.forms import Kind, name_of
from matchbook_matcher.offline.evaluating import HIGH

from .makes import KNOWLEDGE, answer, configuration, device, evaluate, one, target, tied, told

REASON = "a name the operating system gave, new with every installation"
GIVEN = ("DESKTOP-7QK2M9X", "EC2AMAZ-7QK2M9X", "android-1234567890abcdef", "LAPTOP-AB12CD34", "WIN-ABCDEFGHIJK")
ADDRESS = "3c22fb000001"


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("LT-012", "lt-012"),
        ("LT-012", "LT-012.contoso.local"),
        ("lt-012.contoso.local", "LT-012"),
        ("LT-012.corp.contoso.com", "lt_012"),
        ("MUELLER-PC", "Müller-PC".replace("ü", "ue")),
        ("MULLER-PC", "Müller-PC"),
        ("Anna MacBook.local", "Anna MacBook"),
        ("LT-012", "LT-012 (Jane Doe)"),
        ("LT-012", "LT-012 - Jane Doe"),
        ("LT-012", "LT-012 / Jane"),
        ("LT-012", "Jane Doe - LT-012"),
        ("LT-012", "Jane Doe (LT-012)"),
        ("LT-012", "LT-012, Jane"),
        ("LT-012", "LT-012: reception"),
        ("LT-012", "Jane's laptop LT-012"),
        ("LT-012", "LT-012 5CG1234ABC"),
        ("LT-012", "CONTOSO\\lt-012"),
    ],
)
def test_names_that_are_written_differently_agree(mine: str, theirs: str) -> None:
    pair = one(device(name=mine), configuration(name=theirs))
    assert pair is not None
    assert told(pair, "device_name") == ("agree", None)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("LT-012", "LT-021"),
        ("LT-012", "LT-013"),
        ("ACME-LT-12", "ACME-LT-2"),
        ("PC1", "PC2"),
        ("RECEPTION-1", "RECEPTION"),
        ("LT-1-12", "LT-11-2"),
        ("FLOOR1-12", "FLOOR11-2"),
        ("OFFICE-A", "OFFICE-B"),
        ("LAPTOP-012A", "LAPTOP-012B"),
        ("LAPTOP-A012", "LAPTOP-B012"),
        ("RECEPTION-LAPTOP", "RECEPTION-LAPTOP-B"),
        ("SERVER-I", "SERVER-II"),
        ("PRINTSERVER-IV", "PRINTSERVER-VI"),
        ("SALES-EAST", "SALES-WEST"),
        ("sales-east-laptop", "Sales-West-Laptop"),
    ],
)
def test_names_that_differ_in_a_number_are_different(mine: str, theirs: str) -> None:
    assert one(device(name=mine), configuration(name=theirs)) is None


@pytest.mark.parametrize(("mine", "theirs"), [("LT-7", "LT-007"), ("A07", "A7")])
def test_zeros_before_a_number_are_no_other_name_however_short(mine: str, theirs: str) -> None:
    pair = one(device(name=mine), configuration(name=theirs))
    assert pair is not None
    assert told(pair, "device_name") == ("similar", None)


@pytest.mark.parametrize(
    "theirs",
    ["LT-012 (old)", "LT-012 OLD", "LT-012-OLD", "LT-012 - replaced", "Old LT-012", "LT-012 (archived)", "LT-012 lost"],
)
def test_a_name_is_not_that_of_the_machine_which_another_has_replaced(theirs: str) -> None:
    assert one(device(name="LT-012"), configuration(name=theirs)) is None
    assert one(device(name="LT-012-old"), configuration(name="LT-012 OLD")) is not None
    assert one(device(name="LT-012", serial="PF1ABCD2"), configuration(name=theirs, serial="PF1ABCD2")) is not None


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("ACME-LT-012", "ACME-DT-012"),
        ("NYC-LT-012", "NYE-LT-012"),
        ("ACME-HR-PC-12", "ACME-FR-PC-12"),
        ("JSMITH-PC", "KSMITH-PC"),
        ("CON-JSMITH", "CON-KSMITH"),
    ],
)
def test_names_that_differ_in_a_code_or_an_initial_are_different(mine: str, theirs: str) -> None:
    assert one(device(name=mine), configuration(name=theirs)) is None


def test_who_is_called_by_a_serial_number_is_not_the_next_of_the_batch() -> None:
    found = device(name="LT-PFTCVVVP", serial="PFTCVVVP", model="20XW00A9US")
    assert one(found, configuration(name="LT-PFTCVVVS", model="20XW00A9US")) is None
    assert one(found, configuration(name="LTT-PFTCVVVP", model="20XW00A9US")) is not None
    assert one(found, configuration(name="LT-PFTCVVVVP", model="20XW00A9US")) is not None


def test_nearly_one_name_is_another_where_the_user_is_another() -> None:
    found = device(name="SMITHSON-PC", people="a.smithson@contoso.com", model="Latitude 5420")
    assert one(found, configuration(name="SMITHON-PC", people="A Smithson", model="Latitude 5420")) is not None
    assert one(found, configuration(name="SMITHON-PC", people="Kim Smithon", model="Latitude 5420")) is None
    slip = configuration(name="SMITHON-PC", people="Kim Smithon", serial="5CG2234ABC")
    assert one(device(name="SMITHSON-PC", people="a.smithson@contoso.com", serial="5CG1234ABC"), slip) is not None


def test_numbers_may_be_written_together_but_not_parted_elsewhere() -> None:
    pair = one(device(name="PC202301"), configuration(name="PC-2023-01"))
    assert pair is not None
    assert told(pair, "device_name") == ("agree", None)
    documented = configuration(name="LT-11-2", macs=("3c22fb000001",))
    pair = one(device(name="LT-1-12", wifi="3c22fb000001"), documented)
    assert pair is not None
    assert told(pair, "device_name") == ("disagree", "the numbers differ")


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [("SALES-EAST", "SALES-EAST"), ("OFFICE-1A", "OFFICE-1-A"), ("RECEPTION-A", "RECPTION-A"),
     ("ANNA'S-LAPTOP", "ANNAS-LPTOP"), ("SERVER-II", "SERVERII")],
)  # fmt: skip
def test_the_same_telling_part_makes_no_difference(mine: str, theirs: str) -> None:
    assert one(device(name=mine), configuration(name=theirs)) is not None


@pytest.mark.parametrize(("mine", "theirs"), [("LT-012", "LT-021"), ("OFFICE-A", "OFFICE-B"), ("PC-EAST", "PC-WEST")])
def test_another_number_counts_against_what_else_agrees(mine: str, theirs: str) -> None:
    documented = configuration(name=theirs, macs=("3c22fb000001",))
    pair = one(device(name=mine, wifi="3c22fb000001"), documented)
    other = one(device(name="RECEPTION", wifi="3c22fb000001"), documented)
    assert pair is not None
    assert other is not None
    assert told(pair, "device_name") == ("disagree", "the numbers differ")
    assert pair.worth.rank < other.worth.rank


def test_zeros_in_front_make_no_other_number() -> None:
    pair = one(device(name="ACME-LT-012"), configuration(name="ACME-LT-12"))
    assert pair is not None
    assert told(pair, "device_name")[0] == "similar"


def test_a_slip_of_the_pen_is_similar_and_counts_less() -> None:
    mine = device(name="RECEPTION-LAPTOP", serial="PF1ABCD2")
    exact, slip = (one(mine, configuration(name=name)) for name in ("RECEPTION-LAPTOP", "RECPTION-LAPTOP"))
    assert exact is not None
    assert slip is not None
    assert told(slip, "device_name")[0] == "similar"
    assert slip.worth.confidence < exact.worth.confidence
    assert one(device(name="RECEPTION"), configuration(name="WAREHOUSE")) is None


def test_a_name_cut_to_fifteen_characters_is_found() -> None:
    pair = one(device(name="ACME-RECEPTION-"), configuration(name="ACME-RECEPTION-WEST"))
    assert pair is not None
    assert told(pair, "device_name") == ("agree", "cut to 15 characters")
    pair = one(device(name="ACME-RECEPTION-WEST"), configuration(name="ACME-RECEPTION-"))
    assert pair is not None
    assert told(pair, "device_name") == ("agree", "cut to 15 characters")
    assert one(device(name="ACME-RECEPTION"), configuration(name="ACME-RECEPTION-WEST")) is not None
    assert one(device(name="ACME-RECEPT"), configuration(name="ACME-RECEPTION-WEST")) is None


def test_a_cut_that_lost_the_number_is_a_conflict() -> None:
    documents = [configuration("c1", name="ACME-WORKSTATION-01"), configuration("c2", name="ACME-WORKSTATION-02")]
    assert tied(answer([device(name="ACME-WORKSTATIO")], documents)) == ["c1", "c2"]
    many = [configuration(f"c{n}", name=f"ACME-WORKSTATION-{n}") for n in range(9)]
    assert answer([device(name="ACME-WORKSTATIO")], many) == Nothing("no_candidate")


@pytest.mark.parametrize(
    ("mine", "theirs", "verdict"),
    [
        ("DESKTOP-AB12CD3", "DESKTOP-AB12CE3", ("set_aside", REASON)),
        ("LT-7", "Laptop", ("set_aside", "says only what the machine is")),
    ],
)
def test_names_without_likeness(mine: str, theirs: str, verdict: tuple[str, str | None]) -> None:
    pair = one(device(name=mine, wifi=ADDRESS), configuration(name=theirs, macs=(ADDRESS,)))
    assert pair is not None
    assert told(pair, "device_name") == verdict


MODELS = (
    "iPhone 13 Pro Max",
    "iPad Pro",
    "Galaxy S21 5G",
    "Latitude 5420",
    "ThinkPad T14 Gen 3",
    "HP EliteBook 840 G8",
    "Pixel 7 Pro",
    "Surface Pro",
    "Samsung Galaxy A53",
    "Android Device",
    "Windows-10",
    "USER-PC",
    "Dell",
)


@pytest.mark.parametrize(
    "name", ["SURFACE-012", "IPAD-0012", "HP-PC-7", "DELL-ANNA", "GALAXY-ROOM", "ADMIN-PC", "CORSAIR"]
)
def test_an_own_name_may_begin_with_what_the_machine_is(name: str) -> None:
    found = name_of(name, KNOWLEDGE.hygiene)
    assert found is not None
    assert found.kind is Kind.OWN


@pytest.mark.parametrize("name", ["iPhone", "iPad", "MacBook Pro", "android", "localhost", "12", *MODELS])
def test_what_a_machine_is_does_not_say_which_one(name: str) -> None:
    assert one(device(name=name), configuration(name=name)) is None
    found = name_of(name, KNOWLEDGE.hygiene)
    assert found is not None
    assert found.kind is Kind.GENERIC


@pytest.mark.parametrize("name", ["SM-G991B", "Surface Pro 9 for Business"])
def test_a_device_that_is_called_like_its_model_has_no_name(name: str) -> None:
    documented = configuration(name=name)
    assert one(device(name=name, model=name), documented) is None
    assert one(device(name=name, model="Latitude 5440"), documented) is not None


@pytest.mark.parametrize("name", GIVEN)
def test_a_name_that_the_system_gave_is_no_evidence(name: str) -> None:
    assert one(device(name=name), configuration(name=name)) is None
    facts: dict[str, Any] = {"model": "Latitude 5440", "people": "Anna Berg"}
    assert one(device(name=name, **facts), configuration(name=name, **facts)) is None
    with_address = one(device(name=name, wifi=ADDRESS), configuration(name=name, macs=(ADDRESS,)))
    nameless = one(device(wifi=ADDRESS), configuration(name="", macs=(ADDRESS,)))
    assert with_address is not None
    assert nameless is not None
    assert with_address.worth == nameless.worth
    assert told(with_address, "device_name") == ("set_aside", REASON)


@pytest.mark.parametrize("name", GIVEN)
def test_a_name_that_the_system_gave_speaks_against_nothing(name: str) -> None:
    for mine, theirs in ((name, "LT-7"), ("LT-7", name), (name, "DESKTOP-0000000")):
        pair = one(device(name=mine, wifi=ADDRESS), configuration(name=theirs, macs=(ADDRESS,)))
        assert pair is not None
        assert told(pair, "device_name") == ("set_aside", REASON)


def test_a_name_that_the_system_gave_supports_no_slip_of_the_pen() -> None:
    for name, found in (("DESKTOP-7QK2M9X", False), ("LT-7", True)):
        pair = one(device(name=name, serial="AB12CD34EF"), configuration(name=name, serial="AB12CX34EF"))
        assert (pair is not None) == found


def test_the_host_name_counts_beside_a_title_that_the_system_gave() -> None:
    pair = one(device(name="LT-7"), configuration(name="DESKTOP-7QK2M9X", hostname="LT-7"))
    assert pair is not None
    assert told(pair, "device_name") == ("agree", None)


def test_a_machine_with_a_name_that_the_system_gave_is_found_by_its_users_name() -> None:
    facts: dict[str, Any] = {"model": "Latitude 5440", "people": "Anna Berg"}
    pair = one(device(name="DESKTOP-7QK2M9X", **facts), configuration(name="Anna Berg laptop", **facts))
    assert pair is not None
    assert told(pair, "device_name") == ("similar", "the documented name is the user's")


@pytest.mark.parametrize(
    "name",
    [
        "Anna\u2019s iPhone",
        "Anna's MacBook Pro",
        "Annas-iMac",
        "iPhone von Anna",
        "iPad Pro de Anna",
        "Galaxy S21 von Anna",
        "Anna's iPhone 13 Pro",
        "Annas-MBP",
        "Anna's Galaxy S21",
        "Mac mini de Anna",
    ],
)
def test_a_first_name_is_not_enough_to_tell_machines_apart(name: str) -> None:
    assert one(device(name=name), configuration(name=name)) is None
    documented = configuration(name=name, model="MacBook Air", serial="PF1ABCD2")
    assert one(device(name=name, model="MacBook Air", serial="PF1ABCD2"), documented) is not None


def test_a_name_that_may_be_used_again_is_never_high_by_itself() -> None:
    facts: dict[str, Any] = {"name": "LT-7", "model": "Latitude 5440"}

    def confidence(mine: dict[str, Any], theirs: dict[str, Any]) -> float:
        pair = one(device(**facts, **mine), configuration(**facts, **theirs))
        assert pair is not None
        return pair.worth.confidence

    for serials in ({}, {"serial": "PF1ABCD2"}):
        assert confidence(serials, {}) < HIGH
        assert confidence({}, serials) < HIGH
    assert confidence({"people": "Anna Berg"}, {"people": "Jan Smit"}) < HIGH
    assert confidence({"people": "Anna Berg"}, {"people": "Anna Berg"}) >= HIGH
    assert confidence({"serial": "Default string"}, {"people": "Jan Smit"}) >= HIGH, "what replaces it has a number"
    assert confidence({"serial": "Default string"}, {"serial": "PF1ABCD2"}) < HIGH
    assert confidence({"wifi": ADDRESS}, {"macs": (ADDRESS,)}) >= HIGH
    assert confidence({"serial": "PF1ABCD2"}, {"serial": "PF1ABCD2"}) >= HIGH
    assert confidence({"serial": "PF1ABCD2"}, {"serial": "PFIABCD2"}) >= HIGH
    assert confidence({"serial": "AB12CD34EF"}, {"serial": "AB12CX34EF"}) >= HIGH
    no_model = one(device(name="LT-7", serial="Default string"), configuration(name="LT-7"))
    assert no_model is not None
    assert no_model.worth.confidence < HIGH
    theirs: dict[str, Any] = {"model": "Latitude 5440", "people": "Anna Berg"}
    titled = one(device(name="DESKTOP-7QK2M9X", **theirs), configuration(name="Anna Berg laptop", **theirs))
    assert titled is not None
    assert titled.worth.confidence < HIGH, "her next laptop is called the same"


def test_a_first_name_on_three_machines_names_none_of_them() -> None:
    facts: dict[str, Any] = {"name": "John\u2019s MacBook Pro", "model": "MacBook Pro", "people": "John Doe"}
    documented = configuration("c1", **facts)
    other = {**facts, "model": "MacBook Air"}
    assert target(answer([device("d1", **facts), device("d2", **other)], [documented], "d1")) == "c1"
    three = [device("d1", **facts), device("d2", **other), device("d3", **other)]
    assert answer(three, [documented], "d1") == Nothing("no_candidate")
    with_serial = [device(serial="PF1ABCD2", **facts)], [configuration(serial="PF1ABCD2", **facts)]
    more = [device(f"d{n}", **facts) for n in (2, 3)]
    for found, verdict in (
        (evaluate(*with_serial), ("agree", "a first name says whose it is, not which one")),
        (evaluate(with_serial[0] + more, with_serial[1]), ("set_aside", "on many devices or configurations")),
    ):
        machine = found.answers["t1", "d1"]
        assert isinstance(machine, Suggested)
        assert told(machine.best, "device_name", found.learned) == verdict


def test_a_name_on_many_devices_or_configurations_names_nothing() -> None:
    many = [device(f"d{n}", name="KIOSK") for n in range(9)]
    assert target(answer(many, [configuration(name="KIOSK")], "d3")) is None
    assert tied(answer(many, [configuration(name="KIOSK")], "d3")) == []
    documents = [configuration(f"c{n}", name="KIOSK") for n in range(9)]
    assert tied(answer([device(name="KIOSK")], documents)) == []


def test_the_host_name_counts_as_well_as_the_title() -> None:
    pair = one(device(name="LT-012"), configuration(name="Front desk", hostname="lt-012.contoso.local"))
    assert pair is not None
    assert told(pair, "device_name") == ("agree", None)


def test_two_devices_of_one_name_and_one_configuration_are_a_conflict_for_both() -> None:
    found = evaluate([device("d1", name="LT-1"), device("d2", name="LT-1")], [configuration(name="LT-1")]).answers
    assert tied(found["t1", "d1"]) == tied(found["t1", "d2"]) == ["c1"]
    assert found["t1", "d1"].contested == {"c1"}  # type: ignore[union-attr]


def test_two_configurations_of_one_name_are_a_conflict_with_both_side_by_side() -> None:
    found = answer([device(name="LT-1")], [configuration("c2", name="LT-1"), configuration("c1", name="LT-1")])
    assert tied(found) == ["c1", "c2"]


def test_more_agreement_decides_between_equal_names() -> None:
    documents = [configuration("c1", name="LT-1"), configuration("c2", name="LT-1", macs=("3c22fb000001",))]
    found = answer([device(name="LT-1", wifi="3c22fb000001")], documents)
    assert target(found) == "c2"
    assert [pair.configuration.configuration_id for pair in found.others] == ["c1"]  # type: ignore[union-attr]


def test_a_phone_without_anything_documented_has_no_suggestion() -> None:
    phone = device(name="jsmith_AndroidForWork_3/4/2024_2:11 PM", wifi="020000000000")
    assert one(phone, configuration(name="LT-1"), configuration("c2", name="jsmith")) is None
