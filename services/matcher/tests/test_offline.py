"""`matcher match` from outside: files in, files out, and one sentence for what is wrong with them."""

import codecs
import json
import random
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from matchbook_matcher.app import main

Row = dict[str, Any]


def a_device(identity: Any = "d1", tenant: Any = "t1", **more: Any) -> Row:
    return {"id": identity, "tenant_id": tenant, "deviceName": "LT-001", "serialNumber": "PF1AAAA1", **more}


def a_configuration(identity: Any = "c1", organization: Any = "o1", **more: Any) -> Row:
    return {"id": identity, "organization_id": organization, "name": "LT-001", "serial_number": "PF1AAAA1", **more}


class Desk:
    """A folder with the files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lay(self, name: str, rows: Sequence[Row]) -> Path:
        path = self.folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def match(self, *more: str, **files: Sequence[Row]) -> Result:
        options = [text for name, rows in files.items() for text in (f"--{name}", str(self.lay(name, rows)))]
        return CliRunner().invoke(main, ["match", *options, "--out", str(self.folder / "out.jsonl"), *more])

    def read(self, name: str = "out") -> list[Row]:
        return [json.loads(line) for line in (self.folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]

    def matched(self, *more: str, **files: Sequence[Row]) -> list[Row]:
        """What a run that must succeed writes."""
        result = self.match(*more, **files)
        assert result.exit_code == 0, result.output
        return self.read()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


LINK = {"tenant_id": "t1", "organization_id": "o1"}


def test_a_blank_time_is_no_time(desk: Desk) -> None:
    devices = [a_device("d1", lastSyncDateTime=""), a_device("d2", lastSyncDateTime="2026-01-01T00:00:00Z")]
    found = desk.matched(devices=devices, configurations=[a_configuration()], links=[LINK])
    assert [row["device_id"] for row in found] == ["d2"]


def test_a_file_with_nothing_but_a_byte_order_mark_is_empty(desk: Desk) -> None:
    configurations, devices = desk.lay("configurations", [a_configuration()]), desk.folder / "devices.jsonl"
    devices.write_bytes(codecs.BOM_UTF8)
    result = desk.match("--devices", str(devices), "--configurations", str(configurations))
    assert result.exit_code == 0, result.output
    assert desk.read() == []


def test_a_line_for_each_suggested_match(desk: Desk) -> None:
    devices = [a_device(), a_device("d2", deviceName="LT-002", serialNumber="PF1AAAA2")]
    found = desk.matched(devices=devices, configurations=[a_configuration()], links=[LINK])
    assert [(row["device_id"], row["configuration_id"], row["rule"]) for row in found] == [
        ("d1", "c1", "serial_number")
    ]
    assert 0.99 < found[0]["confidence"] <= 1
    assert list(found[0]) == ["device_id", "configuration_id", "confidence", "rule"]


def test_every_field_is_read(desk: Desk) -> None:
    """Each device is found by one field alone."""
    devices = [
        {"id": "serial", "tenant_id": "t1", "serialNumber": "pf1-aaaa1"},
        {"id": "wifi", "tenant_id": "t1", "wiFiMacAddress": "3c22fb000001"},
        {"id": "ethernet", "tenant_id": "t1", "ethernetMacAddress": "3C22.FB00.0002"},
        {"id": "name", "tenant_id": "t1", "deviceName": "LT-031"},
        {"id": "hostname", "tenant_id": "t1", "deviceName": "LT-032"},
        {"id": "lines", "tenant_id": "t1", "wiFiMacAddress": "3C22FB000004"},
        {"id": "text", "tenant_id": "t1", "wiFiMacAddress": "3c22fb000003"},
    ]
    configurations: list[Row] = [
        {"id": "by serial", "organization_id": "o1", "serial_number": "PF1AAAA1"},
        {"id": "by wifi", "organization_id": "o1", "mac_addresses": ["3C:22:FB:00:00:01"], "name": None},
        {"id": "by ethernet", "organization_id": "o1", "mac_addresses": [None, "3C-22-FB-00-00-02"]},
        {"id": "by name", "organization_id": "o1", "name": "LT-031", "mac_addresses": None},
        {"id": "by hostname", "organization_id": "o1", "name": "Front desk of Ms. Jones", "hostname": "LT-032"},
        {"id": "by text", "organization_id": "o1", "mac_addresses": "3C-22-FB-AA-AA-AA; 3C-22-FB-00-00-03"},
        {"id": "by lines", "organization_id": "o1", "mac_addresses": "3C-22-FB-AA-AA-AB\nWi-Fi: 3C-22-FB-00-00-04"},
    ]
    found = desk.matched(devices=devices, configurations=configurations, links=[LINK])
    assert {row["device_id"]: row["configuration_id"] for row in found} == {
        row["id"]: f"by {row['id']}" for row in devices
    }


def test_the_newest_enrolment_gets_the_suggestion(desk: Desk) -> None:
    devices = [
        a_device("new", lastSyncDateTime="2024-05-02T00:00:00.1234567Z"),
        a_device("old", lastSyncDateTime="2024-05-01T23:00:00Z"),
        a_device("older", lastSyncDateTime=None),
    ]
    found = desk.matched(devices=devices, configurations=[a_configuration()], links=[LINK])
    assert [row["device_id"] for row in found] == ["new"]


def test_a_conflict_is_no_match(desk: Desk) -> None:
    configurations = [a_configuration("c1", serial_number=None), a_configuration("c2", serial_number=None)]
    assert desk.matched(devices=[a_device()], configurations=configurations, links=[LINK]) == []


def test_ids_come_back_as_they_went_in_and_find_each_other_across_files(desk: Desk) -> None:
    found = desk.matched(
        devices=[a_device(7, 1), a_device("8", "1", deviceName="LT-008", serialNumber="PF1AAAA8")],
        configurations=[
            a_configuration(2**60, "5"),
            a_configuration("c8", 5.0, name="LT-008", serial_number="PF1AAAA8"),
        ],
        tenants=[{"tenant_id": "1", "display_name": "Contoso Dental Ltd"}],
        organizations=[{"id": 5, "name": "Contoso Dental"}],
    )
    assert [(row["device_id"], row["configuration_id"]) for row in found] == [(7, 2**60), ("8", "c8")]
    assert [(row["tenant_id"], row["organization_id"]) for row in desk.read("out.tenants")] == [("1", 5)]


@pytest.mark.parametrize(
    "written",
    [
        "7",
        "7.0",
        "7.50",
        "1e2",
        "1E+2",
        "-2.5e-3",
        "1e400",
        "12345678901234567890.5",
        "1e9999999",
        "1e99999999999999999999",
    ],
)
def test_a_number_comes_back_to_the_letter(desk: Desk, written: str) -> None:
    (devices := desk.folder / "d").write_text(f'{{"id": {written}, "serialNumber": "PF1AAAA1"}}\n')
    (configurations := desk.folder / "c").write_text(f'{{"id": {written}, "serial_number": "PF1AAAA1"}}\n')
    desk.matched("--devices", str(devices), "--configurations", str(configurations))
    line = (desk.folder / "out.jsonl").read_text(encoding="utf-8")
    assert line.startswith(f'{{"device_id":{written},"configuration_id":{written},"confidence":0.')


def test_half_an_emoji_at_the_end_of_a_name_hides_nothing(desk: Desk) -> None:
    name = r"Anna \ud83d\ude00 \ud83d"
    (devices := desk.folder / "d").write_text(f'{{"id": 1, "deviceName": "{name}", "serialNumber": "PF1AAAA1"}}\n')
    (configurations := desk.folder / "c").write_text(r'{"id": 2, "serial_number": "PF1AAAA1", "name": "\udc00"}' + "\n")
    desk.matched("--devices", str(devices), "--configurations", str(configurations))
    assert [row["configuration_id"] for row in desk.read("out")] == [2]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("100", "1e2", True), ('"100"', "100.0", True), ("7.5", "7.50", True), ("1e400", "1e401", False),
     ("1e400", "10e399", True),
     ("9007199254740992.0", "9007199254740993.0", False)],
)  # fmt: skip
def test_numbers_are_one_id_where_they_are_equal(desk: Desk, first: str, second: str, *, same: bool) -> None:
    (path := desk.folder / "d").write_text(f'{{"id": {first}}}\n{{"id": {second}}}\n')
    result = desk.match("--devices", str(path), configurations=[])
    assert ("has a line before this one" in result.output) is same


def test_without_links_tenants_are_matched_and_their_devices_follow(desk: Desk) -> None:
    found = desk.matched(
        "--tenants-out",
        str(desk.folder / "places.jsonl"),
        devices=[a_device(), a_device("d2", "t2")],
        configurations=[a_configuration(), a_configuration("c2", "o2")],
        tenants=[
            {"tenant_id": "t1", "display_name": "Contoso Dental Ltd", "default_domain": "contoso.onmicrosoft.com"},
            {"tenant_id": "t2", "display_name": "Fabrikam", "verified_domains": None},
            {"tenant_id": "t3", "display_name": "Nobody We Know", "verified_domains": ["nobody.example"]},
        ],
        organizations=[{"id": "o1", "name": "Contoso Dental"}, {"id": "o2", "name": "Fabrikam Inc."}],
    )
    assert [(row["device_id"], row["configuration_id"]) for row in found] == [("d1", "c1"), ("d2", "c2")]
    places = desk.read("places")
    assert [(row["tenant_id"], row["organization_id"]) for row in places] == [("t1", "o1"), ("t2", "o2")]
    assert list(places[0]) == ["tenant_id", "organization_id", "confidence"]


def test_verified_domains_are_read_as_graph_has_them(desk: Desk) -> None:
    domains = [{"name": "fabrikamlaw.com", "isDefault": True, "type": "Managed"}, {"name": None}, "fabrikam.net", None]
    desk.matched(
        devices=[],
        configurations=[],
        tenants=[{"tenant_id": "t1", "display_name": "FL", "verified_domains": domains}],
        organizations=[{"id": "o1", "name": "Fabrikam Law"}],
    )
    assert [row["organization_id"] for row in desk.read("out.tenants")] == ["o1"]


def test_tenants_that_only_devices_name_are_matched_by_their_machines(desk: Desk) -> None:
    serials = [f"PF1AAAA{number}" for number in range(8)]
    devices = [a_device(serial, serialNumber=serial, deviceName=serial) for serial in serials]
    configurations = [a_configuration(serial, serial_number=serial, name=serial) for serial in serials]
    assert len(desk.matched(devices=devices, configurations=configurations)) == len(serials)
    assert [row["organization_id"] for row in desk.read("out.tenants")] == ["o1"]


def test_machines_are_not_counted_by_placeholders(desk: Desk) -> None:
    serials = ["See label", "No Serial", "TBD", "Pending", "123456"]
    devices = [a_device(serial, serialNumber=serial) for serial in serials]
    configurations = [a_configuration(serial, serial_number=serial, name="X") for serial in serials]
    desk.matched(devices=devices, configurations=configurations)
    assert not desk.read("out.tenants")


@pytest.mark.parametrize(("mine", "theirs"), [("1S20XW00A9US", ""), ("", "1S20XW00A9US")])
def test_machines_are_counted_in_whatever_form_their_serial_numbers_are_written(
    desk: Desk, mine: str, theirs: str
) -> None:
    numbers = [f"PF1AAAA{number}" for number in range(8)]
    devices = [a_device(number, serialNumber=mine + number, deviceName=number) for number in numbers]
    configurations = [a_configuration(number, serial_number=theirs + number, name=f"X-{number}") for number in numbers]
    desk.matched(devices=devices, configurations=configurations)
    assert [row["organization_id"] for row in desk.read("out.tenants")] == ["o1"]


def test_with_links_only_linked_tenants_have_devices_to_match(desk: Desk) -> None:
    """A tenant that the links leave out is still told which organization it may be."""
    found = desk.matched(
        devices=[a_device(), a_device("d2", "t2"), a_device("d3", "t3")],
        configurations=[a_configuration(), a_configuration("c2", "o2"), a_configuration("c3", "o3")],
        tenants=[{"tenant_id": f"t{n}", "display_name": name} for n, name in enumerate("ABC", 1)],
        organizations=[{"id": "o1", "name": "X"}, {"id": "o2", "name": "B"}, {"id": "o3", "name": "C"}],
        links=[LINK, {"tenant_id": "t3", "organization_id": None}],
    )
    assert [row["device_id"] for row in found] == ["d1"]
    assert [(row["tenant_id"], row["organization_id"]) for row in desk.read("out.tenants")] == [("t2", "o2")]


def test_two_organizations_that_fit_a_tenant_equally_well_are_no_match(desk: Desk) -> None:
    found = desk.matched(
        devices=[a_device()],
        configurations=[a_configuration(serial_number=None)],
        tenants=[{"tenant_id": "t1", "display_name": "Contoso"}],
        organizations=[{"id": "o1", "name": "Contoso"}, {"id": "o2", "name": "Contoso"}],
    )
    assert found == []
    assert desk.read("out.tenants") == []


def test_an_organization_that_has_a_linked_tenant_is_less_likely_anothers(desk: Desk) -> None:
    files: dict[str, Sequence[Row]] = {
        "devices": [],
        "configurations": [],
        "tenants": [{"tenant_id": "t1", "display_name": "Contoso"}, {"tenant_id": "t2", "display_name": "Contoso"}],
        "organizations": [{"id": "o1", "name": "Contoso"}, {"id": "o2", "name": "Fabrikam"}],
    }
    desk.matched(**files, links=[{"tenant_id": "t1", "organization_id": "o2"}])
    free = desk.read("out.tenants")[0]["confidence"]
    desk.matched(**files, links=[LINK])
    assert desk.read("out.tenants")[0]["confidence"] < free


def test_what_speaks_of_unknown_tenants_or_organizations_is_told_and_passed_over(desk: Desk) -> None:
    result = desk.match(
        devices=[a_device()],
        configurations=[a_configuration(), a_configuration("c2", "o2"), a_configuration("c3", "o2")],
        tenants=[{"tenant_id": "t1", "display_name": "Contoso"}],
        organizations=[{"id": "o1", "name": "Contoso"}],
        links=[
            LINK,
            {"tenant_id": "t8", "organization_id": "o1"},
            {"tenant_id": "t9", "organization_id": "o9"},
            {"tenant_id": "t7", "organization_id": None},
        ],
    )
    assert result.exit_code == 0
    asked = desk.folder / "organizations.jsonl"
    assert [line for line in result.stderr.splitlines() if line.startswith("Warning")] == [
        "Warning: links of tenants that no other file has: 3, the first of tenant t8.",
        "Warning: links with organizations that no other file has: 1, the first with organization o9.",
        f"Warning: configurations of organizations that {asked} does not have: 2, the first c2 of organization o2.",
    ]
    assert [row["device_id"] for row in desk.read()] == ["d1"]
    known = desk.match(devices=[a_device()], configurations=[a_configuration()], links=[LINK])
    assert "Warning" not in known.output, "without a file of organizations, the configurations tell which there are"


def test_one_customer_needs_neither_tenants_nor_organizations(desk: Desk) -> None:
    found = desk.matched(devices=[a_device(tenant=None)], configurations=[a_configuration(organization=None)])
    assert [row["configuration_id"] for row in found] == ["c1"]
    assert not (desk.folder / "out.tenants.jsonl").exists()


def test_a_serial_number_of_many_tenants_is_junk(desk: Desk) -> None:
    devices = [a_device(f"d{n}", f"t{n}", deviceName=f"LT-{n}") for n in range(4)]
    links = [{"tenant_id": f"t{n}", "organization_id": f"o{n}"} for n in range(4)]
    configurations = [a_configuration("c1", "o1", name="PC-77")]
    assert desk.matched(devices=devices, configurations=configurations, links=links) == []
    few = desk.matched(devices=devices[:3], configurations=configurations, links=links)
    assert [row["device_id"] for row in few] == ["d1"]


def test_the_order_of_lines_changes_nothing(desk: Desk) -> None:
    order = random.Random(3)
    files: dict[str, list[Row]] = {
        "devices": [
            a_device(n, f"t{n % 3}", serialNumber=f"PF1AAA{n // 2:03}", deviceName=f"LT-{n % 40}") for n in range(90)
        ],
        "configurations": [
            a_configuration(n, f"o{n % 4}", serial_number=f"PF1AAA{n:03}" if n % 3 else None, name=f"LT-{n}")
            for n in range(60)
        ],
        "tenants": [{"tenant_id": f"t{n}", "display_name": f"Customer {'ABC'[n]}"} for n in range(3)],
        "organizations": [{"id": f"o{n}", "name": f"Customer {'ABCD'[n]}"} for n in range(4)],
    }
    first = desk.matched(**files), desk.read("out.tenants")
    assert first[0]
    for rows in files.values():
        order.shuffle(rows)
    assert (desk.matched(**files), desk.read("out.tenants")) == first


def test_blank_lines_byte_order_marks_and_unknown_fields_are_passed_over(desk: Desk) -> None:
    configurations = desk.lay("c", [a_configuration(colour="red", interfaces=[{}])])
    configurations.write_bytes(b"\xef\xbb\xbf" + configurations.read_bytes() + b"\r\n\n")
    found = desk.matched(
        "--configurations", str(configurations), devices=[a_device(hardwareInformation={"a": 1})], links=[LINK]
    )
    assert len(found) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "d2", "tenant_id"', "must be one JSON object in UTF-8, on one line"),
        ("[]", "must be one JSON object in UTF-8, on one line"),
        ('{"tenant_id": "t1"}', '"id" is missing'),
        ('{"id": null}', '"id" must be a string or a number'),
        ('{"id": true}', '"id" must be a string or a number'),
        ('{"id": NaN}', '"id" must be a string or a number'),
        ('{"id": -Infinity}', '"id" must be a string or a number'),
        ('{"id": 1e2, "deviceName": []}', '"deviceName": Input should be a valid string'),
        ('{"id": "d2", "deviceName": ["LT-1"]}', '"deviceName": Input should be a valid string'),
        ('{"id": "d2", "lastSyncDateTime": "soon"}', '"lastSyncDateTime": Input should be a valid datetime'),
        (json.dumps(a_device()), "device d1 has a line before this one"),
    ],
)
def test_a_faulty_line_is_named_with_the_remedy(desk: Desk, line: str, said: str) -> None:
    devices = desk.lay("faulty", [a_device()])
    devices.write_text(devices.read_text(encoding="utf-8") + "\n" + line + "\n", encoding="utf-8")
    result = desk.match("--devices", str(devices), configurations=[a_configuration()])
    assert result.exit_code == 1
    assert f"Error: {devices}, line 3: {said}" in result.output
    assert "Correct the line or leave it out" in result.output
    assert not (desk.folder / "out.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("configurations", [a_configuration(), a_configuration()], "line 2: configuration c1 has a line before"),
        ("tenants", [{"tenant_id": 1}, {"tenant_id": "1"}], "line 2: tenant 1 has a line before"),
        ("organizations", [{"id": "o1"}, {"id": "o1"}], "line 2: organization o1 has a line before"),
        ("links", [LINK, {**LINK, "organization_id": "o2"}], "line 2: tenant t1 is linked with organization o1"),
    ],
)
def test_what_is_there_twice_is_named(desk: Desk, name: str, rows: list[Row], said: str) -> None:
    files: dict[str, Sequence[Row]] = {"devices": [a_device()], "configurations": [a_configuration()], name: rows}
    result = desk.match(**files)
    assert result.exit_code == 1
    assert said in result.output


def test_a_folder_that_is_not_there_is_told_before_the_work(desk: Desk, tmp_path: Path) -> None:
    result = desk.match("--out", str(tmp_path / "no" / "out.jsonl"), devices=[a_device()], configurations=[])
    assert result.exit_code == 1
    assert f"{tmp_path / 'no'} is no folder" in result.output
    assert "Reading" not in result.output


def test_weights_of_an_installation_are_used(desk: Desk, tmp_path: Path) -> None:
    package = resources.files("matchbook_matcher").joinpath("data", "weights.toml").read_text(encoding="utf-8")
    weights = tmp_path / "weights.toml"
    weights.write_text(package.replace("suggest_from = 0.5 ", "suggest_from = 0.9999 "), encoding="utf-8")
    inputs = {"devices": [a_device()], "configurations": [a_configuration()], "links": [LINK]}
    assert desk.matched("--weights", str(weights), **inputs) == []
    weights.write_text("version = 2", encoding="utf-8")
    result = desk.match("--weights", str(weights), **inputs)
    assert result.exit_code == 1
    assert "does not do" in result.output
