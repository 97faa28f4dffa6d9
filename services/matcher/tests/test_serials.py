"""Serial numbers: what agrees, what is junk, what vetoes."""

from importlib import resources
from pathlib import Path

import pytest
from matchbook_matcher.adapters.data import read_knowledge
from matchbook_matcher.domain.answers import Elsewhere as Place
from matchbook_matcher.domain.answers import Misplaced, Nothing, Superseded
from matchbook_matcher.domain.forms import serial_key, serial_variant
from matchbook_matcher.domain.records import Configuration, ConfigurationFacts, Device, DeviceFacts, Standing

from .makes import KNOWLEDGE, answer, configuration, device, evaluate, one, target, tied, told

JUNK = [
    "N/A",
    "(null string)",
    "INVALID",
    "SYS-1234567890",
    "SN-12345",
    "0",
    "000000",
    "1111111",
    "0123456789",
    "1234567890",
    "NNNNNNN",
    "xxxxxxxxxxx",
    "EVAL",
    "none",
    "To Be Filled By O.E.M.",
    "System Serial Number",
    "SystemSerialNumb",
    "SystemSerialNumber",
    "Not Specified",
    "OEM_Serial",
    "Unknow",
    "Unknown",
    "Default string",
    "Not Applicable",
    "00000000",
    "............",
    "System Product Name",
    "12345678",
    "To be filled",
    "No Serial",
    "see sticker",
    "pending",
    "#N/A",
    "unbekannt",
    "1234",
    "123456789012",
    "03000200-0400-0500-0006-000700080009",
    "VMware Virtual Platform",
    "ask Bob",
    "S/N: see asset sheet",
    "nicht lesbar!",
    "Lenovo",
    "ab",
    "",
    "  ",
]


@pytest.mark.parametrize("junk", JUNK)
def test_a_placeholder_matches_nothing_and_vetoes_nothing(junk: str) -> None:
    assert one(device(serial=junk, name="A-1"), configuration(serial=junk, name="B-2")) is None
    pair = one(device(serial=junk, name="LT-1"), configuration(serial="PF1ABCDE", name="LT-1"))
    assert pair is not None
    assert pair.worth.rule == "device_name"


def test_an_installation_has_placeholders_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "hygiene.toml"
    packaged = resources.files("matchbook_matcher").joinpath("data", "hygiene.toml").read_text(encoding="utf-8")
    own.write_text(packaged.replace("placeholders = [", 'placeholders = ["acme image-1", '), encoding="utf-8")
    known = read_knowledge(hygiene=own).hygiene
    for written, usable in (("ACME-IMAGE-1", False), ("SACMEIMAGE1", False), ("ACME-IMAGE-2", True)):
        key = serial_key(written)
        bare = None if key is None else serial_variant(key)
        documented = ConfigurationFacts("c1", "o1", serial=written, serial_key=key, variant=bare)
        assert bool(Configuration(documented, known).serials) is usable
    for written, usable in (("ACME-IMAGE-1", False), ("ACME-IMAGE-2", True)):
        facts = DeviceFacts("t1", "d1", serial=written, serial_key=serial_key(written))
        assert (Device(facts, known).serial_key is not None) is usable


@pytest.mark.parametrize(
    "written",
    ["pf1abcd2", " PF1A BCD2 ", "PF1-ABCD2", "S/N: PF1ABCD2", "SN PF1ABCD2", "Service Tag: PF1ABCD2", "PF1ABCD2\t",
     "PF1ABCD2 (was 5CG0000001)", ".PF1ABCD2.CN1296342I0021.", "ST: PF1ABCD2",
     "Numéro de série : PF1ABCD2", "Serial No.#: PF1ABCD2", "Seriennummer PF1ABCD2"],
)  # fmt: skip
def test_a_serial_number_is_found_however_it_is_written(written: str) -> None:
    pair = one(device(serial="PF1ABCD2", name="X-1"), configuration(serial=written, name="Y-2"))
    assert pair is not None
    assert pair.worth.rule == "serial_number"
    assert told(pair, "serial_number") == ("agree", None)


def test_a_scanned_bar_code_carries_a_prefix() -> None:
    pair = one(device(serial="PF3ABCD2"), configuration(serial="1S20XW00A9USPF3ABCD2"))
    assert pair is not None
    assert told(pair, "serial_number") == ("agree", "documented with the prefix of its bar code")
    assert one(device(serial="C02ABCDEF123"), configuration(serial="SC02ABCDEF123")) is not None
    assert serial_variant("PF3ABCD2") is None
    assert serial_key("SN") is None
    assert serial_key("Serial: 00000000") is None


def test_a_spreadsheet_drops_zeros_and_adds_a_point() -> None:
    pair = one(device(serial="004512345678", name="A-1"), configuration(serial="4512345678.0", name="B-2"))
    assert pair is not None
    assert told(pair, "serial_number") == ("agree", "written without its leading zeros")
    assert one(device(serial="4512345678", name="A-1"), configuration(serial="004512345678", name="B-2")) is not None
    assert serial_variant("0000123456") is None, "too little is left"
    assert serial_key("7.0") is None


def test_a_label_takes_no_letter_of_the_serial_number() -> None:
    assert serial_key("SN: R5C22031820") == "R5C22031820"
    assert serial_key("ST: JPCMMKH") == "JPCMMKH"
    uuid = "564D3E1F2A3B4C5D6E7F8091A2B3C4D5"
    assert serial_key("SN: VMware-56 4d 3e 1f 2a 3b 4c 5d-6e 7f 80 91 a2 b3 c4 d5") == uuid


def test_what_stands_before_a_sign_is_a_label_only_without_digits() -> None:
    assert serial_key("5CG1234ABC#ABA") == "5CG1234ABCABA"
    assert serial_key("AC:DE:48:12:34:56") == "ACDE48123456"


@pytest.mark.parametrize("written", ["PFRG SGYT", "PFRGSGYT (new)", "Service Tag PFRGSGYT"])
def test_a_serial_number_without_a_digit_is_no_prose(written: str) -> None:
    assert serial_key(written) == "PFRGSGYT"


def test_what_a_spreadsheet_has_rounded_is_no_serial_number() -> None:
    documented = configuration(serial="4.51235E+11", name="LT-7")
    pair = one(device(serial="451234567890", name="LT-7"), documented)
    assert pair is not None
    assert told(pair, "serial_number") == ("set_aside", "rounded by a spreadsheet")
    assert one(device(serial="4.51235E+11", name="A-1"), documented) is None
    assert serial_key("4E12345678") is not None


def test_a_virtual_machine_of_parallels_has_its_uuid() -> None:
    written = "Parallels-AB CD EF 12 34 56 78 90 AB CD EF 12 34 56 78 90"
    assert one(device(serial=written), configuration(serial="abcdef12-3456-7890-abcd-ef1234567890")) is not None
    zero = "0BCDEF12-3456-7890-abcd-ef1234567890"
    assert serial_variant(serial_key(zero) or "") == "12EFCD0B56349078ABCDEF1234567890"


@pytest.mark.parametrize("reported", ["1S20XW00A9USPF3ABCD2", "SPF3ABCD2", "S/N SPF3ABCD2"])
def test_a_device_may_report_that_prefix_too(reported: str) -> None:
    documented = configuration(serial="PF3ABCD2", name="LT-7")
    pair = one(device(serial=reported, name="LT-7"), documented)
    assert pair is not None
    assert pair.worth.rule == "serial_number"
    assert told(pair, "serial_number") == ("agree", "reported with the prefix of its bar code")
    assert one(device(serial="SPF3ABCD3", name="LT-7"), documented) is None


def test_a_serial_number_on_one_side_alone_makes_a_name_count_less() -> None:
    both_without = one(device(name="LT-7"), configuration(name="LT-7"))
    undocumented = one(device(name="LT-7", serial="PF1ABCD2"), configuration(name="LT-7"))
    unreported = one(device(name="LT-7", serial="N/A"), configuration(name="LT-7", serial="PF1ABCD2"))
    assert both_without is not None
    assert undocumented is not None
    assert unreported is not None
    assert max(undocumented.worth.rank, unreported.worth.rank) < both_without.worth.rank
    assert told(undocumented, "serial_number") == ("missing", None)
    assert told(unreported, "serial_number") == ("set_aside", "placeholder")


def test_one_character_apart_is_another_machine() -> None:
    assert one(device(serial="5CG1234567", name="LT-7"), configuration(serial="5CG1234568", name="LT-7")) is None


def test_a_serial_number_that_disagrees_vetoes_a_name_and_a_wired_address() -> None:
    documented = configuration(serial="OTHER123", name="LT-7", macs=("3c22fb000001",))
    assert one(device(serial="PF1ABCD2", name="LT-7", ethernet="3c22fb000001"), documented) is None


def test_a_wi_fi_address_proves_a_replaced_board() -> None:
    documented = configuration(serial="OTHER123", name="LT-7", macs=("3c22fb000001",))
    pair = one(device(serial="PF1ABCD2", name="LT-7", wifi="3c22fb000001"), documented)
    assert pair is not None
    assert told(pair, "serial_number")[0] == "disagree"
    same = one(device(serial="PF1ABCD2", name="LT-7"), configuration(serial="PF1ABCD2", name="LT-7"))
    assert same is not None
    assert same.worth.rank > pair.worth.rank
    assert one(device(serial="PF1ABCD2", name="RECEPTION", wifi="3c22fb000001"), documented) is None, "it has moved"


def test_the_newest_enrolment_in_any_tenant_of_the_organization_owns_the_configuration() -> None:
    old = device("d2", tenant="t2", serial="PF1ABCD2", name="LT-7", synced=1.0, ethernet="3c22fb000001")
    new = device("d1", serial="PF1ABCD2", name="LT-7", synced=2.0, ethernet="3c22fb000001")
    documented = configuration(serial="PF1ABCD2", name="LT-7", macs=("3c22fb000001",))
    found = evaluate([old, new], [documented])
    assert target(found.answers["t1", "d1"]) == "c1"
    assert found.answers["t2", "d2"] == Nothing("no_candidate")
    assert not found.learned.macs, "one machine shares its adapter with nobody"
    decided = device("d2", tenant="t2", serial="PF1ABCD2", standing=Standing("matched", "c1"), synced=1.0)
    answers = evaluate([decided, new], [documented], held={"c1"}).answers
    assert set(answers.values()) == {Nothing("decided"), Nothing("no_candidate")}


@pytest.mark.parametrize("serial", [None, "Default string"])
def test_enrolments_without_a_serial_number_are_one_machine_by_its_adapter_and_name(serial: str | None) -> None:
    def enrolled(identity: str, wifi: str | None, name: str, synced: float) -> Device:
        return device(identity, serial=serial, wifi=wifi, name=name, synced=synced)

    documented = configuration(name="LT-7")
    new = enrolled("d1", "3c22fb000001", "LT-7", 2.0)
    found = evaluate([new, enrolled("d2", "3c22fb000001", "lt-7", 1.0)], [documented])
    assert target(found.answers["t1", "d1"]) == "c1"
    assert found.answers["t1", "d2"] == Superseded("d1")
    for other in (enrolled("d2", "3c22fb000002", "LT-7", 1.0), enrolled("d2", None, "LT-7", 1.0)):
        assert tied(answer([new, other], [documented])) == ["c1"]
    given = [
        enrolled("d1", "3c22fb000001", "DESKTOP-7QK2M9X", 2.0),
        enrolled("d2", "3c22fb000001", "DESKTOP-7QK2M9X", 1.0),
    ]
    assert evaluate(given, []).answers["t1", "d2"] == Superseded("d1")
    models = [
        device("d1", serial=serial, wifi="3c22fb000001", name="LT-7", model="Latitude 5420"),
        device("d2", serial=serial, wifi="3c22fb000001", name="LT-7", model="ThinkPad T14"),
    ]
    assert set(evaluate(models, []).answers.values()) == {Nothing("no_candidate")}
    phones = [enrolled(identity, "3c22fb000001", "iPhone", 1.0) for identity in ("d1", "d2")]
    assert set(evaluate(phones, []).answers.values()) == {Nothing("no_candidate")}


def test_nor_does_a_serial_number_of_many_hide_that_two_enrolments_are_one_machine() -> None:
    crowd = [device(f"x{n}", serial="IMAGE-77", name=f"LT-{n}", wifi=f"3c22fb0001{n:02}") for n in range(10, 16)]
    new = device("d1", serial="IMAGE-77", name="LT-7", wifi="3c22fb000001", synced=2.0)
    old = device("d2", serial="IMAGE-77", name="LT-7", wifi="3c22fb000001", synced=1.0)
    answers = evaluate([*crowd, new, old], [configuration(name="LT-7", serial="IMAGE-77")]).answers
    assert target(answers["t1", "d1"]) == "c1"
    assert answers["t1", "d2"] == Superseded("d1")


def test_a_machine_of_one_name_may_have_got_another_adapter() -> None:
    def enrolled(identity: str, wifi: str, name: str, synced: float) -> Device:
        return device(identity, serial="PF1ABCD2", wifi=wifi, name=name, synced=synced)

    documented = configuration(serial="PF1ABCD2")
    twins = [enrolled("d1", "3c22fb000001", "LT-7", 2.0), enrolled("d2", "3c22fb000002", "lt-7", 1.0)]
    assert target(answer(twins, [documented])) == "c1"
    others = [enrolled("d1", "3c22fb000001", "LT-7", 2.0), enrolled("d2", "3c22fb000002", "LT-8", 1.0)]
    assert answer(others, [documented]) == Nothing("no_candidate")


def test_an_adapter_in_another_model_has_moved() -> None:
    documented = configuration(serial="OTHER123", name="LT-7", macs=("3c22fb000001",), model="Latitude 5420")
    found = device(serial="PF1ABCD2", name="LT-7", wifi="3c22fb000001", model="ThinkPad T14")
    assert one(found, documented) is None
    same = device(serial="PF1ABCD2", name="LT-7", wifi="3c22fb000001", model="Latitude 5420")
    assert one(same, documented) is not None


def test_a_user_may_have_two_machines_of_a_batch() -> None:
    documented = configuration(serial="5CG1249ABC", name="LT-02", people="Jane Doe", model="HP EliteBook 840")
    found = device(serial="5CG1239ABC", name="LT-01", people="jane.doe@contoso.com", model="HP EliteBook 840")
    assert one(found, documented) is None
    titled = configuration(serial="5CG1249ABC", name="Reception", people="Jane Doe", model="HP EliteBook 840")
    assert one(found, titled) is not None


def test_nobody_counts_by_changing_two_characters_places() -> None:
    documented = configuration(serial="5CG3488QD3", name="LT-7")
    pair = one(device(serial="5CG3488DQ3", name="LT-7"), documented)
    assert pair is not None
    assert told(pair, "serial_number") == ("similar", "one edit apart")
    assert one(device(serial="5CG3488DQ3", name="RECEPTION"), documented) is None
    assert one(device(serial="H9GGYY1", name="LT-7"), configuration(serial="HG9GYY1", name="LT-7")) is not None
    numbers = configuration(serial="5CG3488X21", name="LT-7")
    assert one(device(serial="5CG3488X12", name="LT-7"), numbers) is None, "nine further in the batch"


def test_a_renamed_machine_is_found_by_its_serial_number_and_the_name_says_so() -> None:
    documented = configuration(serial="PF1ABCD2", name="LT-7")
    pair, same = (one(device(serial="PF1ABCD2", name=name), documented) for name in ("RECEPTION", "LT-7"))
    assert pair is not None
    assert same is not None
    assert told(pair, "device_name")[0] == "disagree"
    assert 0.98 < pair.worth.confidence < same.worth.confidence


def test_enrolments_with_one_serial_number_are_one_machine_and_the_newest_is_current() -> None:
    old, new = device("d1", serial="PF1ABCD2", synced=1), device("d2", serial="pf1abcd2", synced=2)
    found = evaluate([old, new], [configuration(serial="PF1ABCD2")]).answers
    assert found["t1", "d1"] == Superseded("d2")
    assert target(found["t1", "d2"]) == "c1"


@pytest.mark.parametrize("order", [("d3", "d1", "d2"), ("d1", "d2", "d3")])
def test_the_same_last_sync_is_decided_by_the_ids(order: tuple[str, ...]) -> None:
    twins = [device(name, serial="PF1ABCD2", synced=5) for name in order]
    found = evaluate(twins, []).answers
    assert [found["t1", name] for name in ("d1", "d2", "d3")] == [
        Superseded("d3"),
        Superseded("d3"),
        Nothing("no_candidate"),
    ]


def test_placeholders_supersede_nobody() -> None:
    found = evaluate([device("d1", serial="N/A", synced=1), device("d2", serial="N/A", synced=2)], []).answers
    assert all(isinstance(answer, Nothing) for answer in found.values())


def test_a_serial_number_on_many_devices_is_learned_to_be_junk() -> None:
    many = [device(f"d{n}", serial="BUILT-BY-BOB", name=f"LT-{n}") for n in range(6)]
    found = evaluate(many, [configuration(serial="BUILT-BY-BOB", name="LT-3")])
    assert target(found.answers["t1", "d3"]) == "c1"
    pair = found.answers["t1", "d3"].best  # type: ignore[union-attr]
    assert pair.worth.rule == "device_name"
    assert told(pair, "serial_number", found.learned) == ("set_aside", "on many devices or configurations")
    assert not any(isinstance(answer, Superseded) for answer in found.answers.values())
    assert evaluate(many, []).unfound == {}, "junk is not looked for elsewhere either"


@pytest.mark.parametrize("common", [frozenset(), frozenset({"ABCD1234"})])
def test_where_only_the_device_has_a_usable_number_it_counts_as_undocumented(common: frozenset[str]) -> None:
    """The machine of that name may be the one before: junk proves no more than a blank does."""
    junk, mine = ("ABCD1234" if common else "N/A"), device(serial="PF1ABCD2", name="LT-7")
    blank = answer([mine], [configuration(name="LT-7")])
    found = evaluate([mine], [configuration(serial=junk, name="LT-7")], common_serials=common)
    pair = found.answers["t1", "d1"].best  # type: ignore[union-attr]
    assert pair.worth == blank.best.worth  # type: ignore[union-attr]
    assert told(pair, "serial_number", found.learned)[0] == "set_aside"
    assert told(blank.best, "serial_number")[0] == "missing"  # type: ignore[union-attr]


def test_a_serial_number_on_two_models_is_junk() -> None:
    two = [device("d1", serial="SAME123", model="Latitude"), device("d2", serial="SAME123", model="OptiPlex")]
    assert not any(isinstance(found, Superseded) for found in evaluate(two, []).answers.values())


def test_a_model_that_is_written_differently_is_no_other_model() -> None:
    two = [
        device("d1", serial="SAME123", model="Latitude 5440"),
        device("d2", serial="SAME123", model="LATITUDE 5440 "),
    ]
    assert evaluate(two, []).answers["t1", "d1"] == Superseded("d2")


def test_a_serial_number_on_many_configurations_is_junk() -> None:
    documents = [configuration(f"c{n}", serial="BUILT-BY-BOB", name=f"LT-{n}") for n in range(7)]
    assert target(answer([device(serial="BUILT-BY-BOB", name="LT-3")], documents)) == "c3"


def test_what_all_organizations_show_to_be_junk_is_junk_here() -> None:
    documents, bearer = [configuration(serial="BUILTBYBOB", name="X-1")], device(serial="BUILTBYBOB", name="LT-3")
    assert target(answer([bearer], documents)) == "c1"
    assert target(answer([bearer], documents, common_serials=frozenset({"BUILTBYBOB"}))) is None


def test_a_machine_documented_twice_is_suggested_once_and_the_duplicate_pointed_out() -> None:
    documents = [configuration("c1", serial="PF1ABCD2"), configuration("c2", serial="PF1ABCD2", name="LT-7")]
    found = answer([device(serial="PF1ABCD2", name="LT-7")], documents)
    assert (target(found), found.twice) == ("c2", ("c1",))  # type: ignore[union-attr]


def test_of_two_records_of_a_machine_the_fuller_one_is_suggested() -> None:
    mine = device(serial="PF1ABCD2", name="LT-7", model="Latitude 5440")
    poor = configuration("c2", serial="PF1ABCD2", name="LT-7")
    full = configuration("c1", serial="PF1ABCD2", name="LT-7", model="ThinkPad T14", macs=("3c22fb000001",))
    found = answer([mine], [poor, full])
    assert (target(found), found.twice) == ("c1", ("c2",))  # type: ignore[union-attr]
    assert found.best.worth.confidence > 0.98  # type: ignore[union-attr]
    assert [pair.configuration.configuration_id for pair in found.others] == ["c2"]  # type: ignore[union-attr]


def test_two_records_as_good_as_each_other_are_suggested_for_a_person_to_say() -> None:
    same = [configuration(name, serial="PF1ABCD2", name="LT-7") for name in ("c1", "c2")]
    found = answer([device(serial="PF1ABCD2", name="LT-7")], same)
    assert (target(found), found.twice) == ("c2", ("c1",))  # type: ignore[union-attr]
    assert found.best.worth.confidence == KNOWLEDGE.weights.device.undecided  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "reason"),
    [("PFIABCDO7", "they differ only in letters that are read for digits"), ("PF2ABCD07", "one edit apart")],
)
def test_a_slip_of_the_pen_is_believed_where_another_field_agrees(written: str, reason: str) -> None:
    mine = device(serial="PF1ABCD07", name="LT-7")
    pair = one(mine, configuration(serial=written, name="LT-7"))
    assert pair is not None
    assert told(pair, "serial_number") == ("similar", reason)
    assert one(mine, configuration(serial=written, name="LT-9")) is None
    found = one(
        device(serial="PF1ABCD07", name="LT-7", people="Anna Berg"),
        configuration(serial=written, name="RECEPTION", people="Anna Berg"),
    )
    assert found is not None, "the user's word is enough, and nothing else finds it"
    assert found.worth.rule == "serial_number"


@pytest.mark.parametrize(
    ("mine", "theirs"), [("PF1ABCD07", "PF1ABCD08"), ("PF1ABCD07", "PF1ABCE07"), ("4K2L3N3", "5K2L3N3")]
)
def test_one_edit_where_a_batch_counts_is_another_machine_unless_its_wi_fi_adapter_is_the_same(
    mine: str, theirs: str
) -> None:
    one_device = device(serial=mine, name="LT-7", people="Anna Berg", model="Latitude 5440")
    assert one(one_device, configuration(serial=theirs, name="LT-7", people="Anna Berg", model="Latitude 5440")) is None
    address = "3c22fb000002"
    documented = configuration(serial=theirs, name="LT-7", macs=(address,))
    assert one(device(serial=mine, name="LT-7", ethernet=address), documented) is None, "a desk keeps its dock"
    pair = one(device(serial=mine, wifi=address), documented)
    assert pair is not None
    assert told(pair, "serial_number") == ("disagree", "one edit apart, as neighbours in a batch are")


def test_where_many_serial_numbers_end_alike_no_slips_are_looked_for() -> None:
    mine = device(serial="AC12345677600", people="Anna Berg")
    documented = configuration("c1", serial="AC12395677600", people="Anna Berg")
    most = KNOWLEDGE.weights.device.limits.similarity_block
    others = [configuration(f"o{n}", serial=f"NX{n:06}Q7600") for n in range(most)]
    assert target(answer([mine], [documented, *others[1:]])) == "c1"
    assert target(answer([mine], [documented, *others])) is None


def test_a_serial_number_that_another_device_has_is_no_slip() -> None:
    devices = [device("d1", serial="PF1ABCD07", people="Anna Berg"), device("d2", serial="PF2ABCD07")]
    documents = [configuration(serial="PF2ABCD07", people="Anna Berg")]
    found = evaluate(devices, documents).answers
    assert (target(found["t1", "d1"]), target(found["t1", "d2"])) == (None, "c1")


@pytest.mark.parametrize("written", ["/4K2L3N3/CN1234567890AB/", "/4K2L3N3/", "/4K2L3N3/CN129636C80012/ "])
def test_dells_boards_report_the_service_tag_between_slashes(written: str) -> None:
    assert one(device(serial=written), configuration(serial="4K2L3N3")) is not None
    assert one(device(serial="4K2L3N3"), configuration(serial=written)) is not None


def test_virtual_machines_are_found_by_their_long_numbers() -> None:
    reported = "VMware-56 4d 8e 1b 2c 3d 4e 5f-60 71 82 93 a4 b5 c6 d7"
    for written in ("564d8e1b-2c3d-4e5f-6071-8293a4b5c6d7", "VMware-564d8e1b2c3d4e5f60718293a4b5c6d7"):
        assert one(device(serial=reported), configuration(serial=written)) is not None
    hyper_v = "1234-5678-9012-3456-7890-1234-56"
    assert one(device(serial=hyper_v), configuration(serial=hyper_v.replace("-", ""))) is not None


def test_a_virtual_machines_uuid_may_have_its_first_bytes_swapped() -> None:
    label, swapped = "VMware-56 4d 8e 1b 2c 3d 4e 5f-60 71 82 93 a4 b5 c6 d7", "1b8e4d56-3d2c-5f4e-6071-8293a4b5c6d7"
    for mine, theirs in ((label, swapped), (swapped, label)):
        pair = one(device(serial=mine), configuration(serial=theirs))
        assert pair is not None
        assert told(pair, "serial_number") == ("agree", "a UUID with bytes in another order")
        assert one(device(serial=mine, name="VM-1"), configuration(serial=f"{theirs[:-1]}8", name="VM-1")) is None
    assert serial_variant("1B8E4D563D2C5F4E60718293A4B5C6D7") == "564D8E1B2C3D4E5F60718293A4B5C6D7"
    assert serial_variant("X" * 31 + "Y") is None


def test_what_is_documented_elsewhere_is_asked_for_and_told() -> None:
    found = evaluate(
        [device(serial="PF1ABCD2"), device("d2", serial="N/A"), device("d3", serial="HERE123")],
        [configuration(serial="HERE123")],
    )
    assert found.unfound == {"PF1ABCD2": [("t1", "d1")]}
    place = Place("o2", "Fabrikam", "c9", "WS-9")
    found.complete({"PF1ABCD2": place})
    assert found.answers["t1", "d1"] == Misplaced(place)


def test_a_suggestion_by_name_also_tells_where_the_serial_number_is_documented() -> None:
    found = evaluate([device(serial="PF1ABCD2", name="LT-7")], [configuration(name="LT-7")])
    place = Place("o2", "Fabrikam", "c9", "WS-9")
    found.complete({"PF1ABCD2": place})
    assert target(found.answers["t1", "d1"]) == "c1"
    assert found.answers["t1", "d1"].elsewhere == place  # type: ignore[union-attr]


def test_a_serial_number_that_is_here_without_the_prefix_of_its_bar_code_is_not_looked_for_elsewhere() -> None:
    assert evaluate([device(serial="SPF1ABCD2")], [configuration(serial="PF1ABCD2")]).unfound == {}
    found = evaluate([device(serial="SPF1ABCD2")], [])
    assert set(found.unfound) == {"SPF1ABCD2", "PF1ABCD2"}
    first, second = Place("o2", "Fabrikam", "c8", "WS-8"), Place("o3", "Contoso", "c9", "WS-9")
    found.complete({"SPF1ABCD2": second, "PF1ABCD2": first})
    assert found.answers["t1", "d1"] == Misplaced(first), "whichever form it is found by"
