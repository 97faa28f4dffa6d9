"""`matcher explain`: what a person reads about one device."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from matchbook_matcher.app import main

Row = dict[str, Any]
LINKS: list[Row] = [{"tenant_id": "t1", "organization_id": "o1"}, {"tenant_id": "t2", "organization_id": None}]


class Desk:
    """A folder with the files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def explain(self, device: str, **files: Sequence[Row]) -> Result:
        options = []
        for name, rows in files.items():
            path = self.folder / name
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            options += [f"--{name}", str(path)]
        return CliRunner().invoke(main, ["explain", device, *options])

    def told(self, device: str, **files: Sequence[Row]) -> str:
        """What is printed, with single blanks."""
        result = self.explain(device, **files)
        assert result.exit_code == 0, result.output
        return "\n".join(" ".join(line.split()) for line in result.stdout.splitlines())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def a_device(identity: Any = "d1", **more: Any) -> Row:
    return {"id": identity, "tenant_id": "t1", "deviceName": "LT-001", "serialNumber": "PF1AAAA1", **more}


def a_configuration(identity: Any = "c1", **more: Any) -> Row:
    return {"id": identity, "organization_id": "o1", "name": "LT-001", "serial_number": "PF1AAAA1", **more}


def test_every_field_says_its_verdict_both_values_and_the_reason(desk: Desk) -> None:
    told = desk.told(
        "d1",
        devices=[a_device(wiFiMacAddress="02-22-FB-00-00-01", model="Latitude 5440")],
        configurations=[a_configuration(mac_addresses=["3C:22:FB:00:00:01"], name="PC-7", model="OptiPlex 7010")],
        links=LINKS,
    )
    assert 'Device d1 "LT-001"' in told
    assert "linked with organization o1" in told
    assert 'Suggested configuration: c1 "PC-7", confidence 0.' in told
    assert "decided by serial_number" in told
    assert "serial_number agree PF1AAAA1 | PF1AAAA1" in told
    assert "mac_address set aside 02:22:FB:00:00:01 | 3C:22:FB:00:00:01 (randomised address)" in told
    assert "device_name disagree LT-001 | PC-7" in told
    assert "model disagree Latitude 5440 | OptiPlex 7010" in told


def test_a_field_that_neither_side_has_is_missing(desk: Desk) -> None:
    told = desk.told("d1", devices=[a_device()], configurations=[a_configuration()], links=LINKS)
    assert "mac_address missing\n" in told


def test_runners_up_and_what_is_documented_twice(desk: Desk) -> None:
    configurations = [a_configuration("c1"), a_configuration("c2", name="PC-7")]
    told = desk.told("d1", devices=[a_device()], configurations=configurations, links=LINKS)
    assert 'Suggested configuration: c1 "LT-001"' in told
    assert 'Runner-up 1: c2 "PC-7"' in told
    assert "Documented more than once, with the same serial number: c2" in told
    assert "Left out" not in told


def test_a_conflict_shows_its_candidates(desk: Desk) -> None:
    configurations = [a_configuration("c1", serial_number=None), a_configuration("c2", serial_number=None)]
    told = desk.told("d1", devices=[a_device()], configurations=configurations, links=LINKS)
    assert "Conflict, so no configuration is suggested: these can't be told apart." in told
    assert 'Candidate: c1 "LT-001"' in told
    assert 'Candidate: c2 "LT-001"' in told


def test_two_devices_for_one_configuration(desk: Desk) -> None:
    devices = [a_device("d1", serialNumber=None), a_device("d2", serialNumber=None)]
    told = desk.told("d1", devices=devices, configurations=[a_configuration(serial_number=None)], links=LINKS)
    assert "Conflict, so no configuration is suggested: another fits it just as well." in told
    assert "device_name agree LT-001 | LT-001 (another device fits this configuration just as well)" in told


def test_what_is_ruled_out_or_another_devices_is_told(desk: Desk) -> None:
    devices = [a_device("d1", serialNumber="PF1AAAA7"), a_device("d2")]
    configurations = [a_configuration("c1"), a_configuration("c2", serial_number="PF1BBBB9")]
    told = desk.told("d1", devices=devices, configurations=configurations, links=LINKS)
    assert "No configuration is suggested: none fits." in told
    assert 'Left out: c1 "LT-001", which is suggested for device d2' in told
    assert 'Left out: c2 "LT-001", ruled out\nserial_number disagree PF1AAAA7 | PF1BBBB9' in told


def test_a_superseded_enrolment_names_the_newer_one(desk: Desk) -> None:
    devices = [a_device("old"), a_device("new", lastSyncDateTime="2024-05-01T00:00:00Z")]
    told = desk.told("old", devices=devices, configurations=[a_configuration()], links=LINKS)
    assert "No configuration is suggested: device new is a newer enrolment of the same machine." in told


def test_a_serial_number_of_another_organization(desk: Desk) -> None:
    configurations = [a_configuration("c9", organization_id="o9"), a_configuration("c8", organization_id="o8")]
    told = desk.told(
        "d1",
        devices=[a_device()],
        configurations=configurations,
        organizations=[{"id": "o8", "name": "Fabrikam"}],
        links=LINKS,
    )
    assert "No configuration is suggested: none of this organization fits." in told
    assert 'The serial number is documented under another organization, o8 "Fabrikam": c8 "LT-001"' in told


@pytest.mark.parametrize(
    ("mine", "theirs"), [("PF1AAAA1", "1S20XW00A9USPF1AAAA1"), ("SPF1AAAA1", "PF1AAAA1"), ("SPF1AAAA1", "SPF1AAAA1")]
)
def test_a_serial_number_elsewhere_may_have_a_bar_codes_prefix(desk: Desk, mine: str, theirs: str) -> None:
    configurations = [a_configuration("c9", organization_id="o9", serial_number=theirs)]
    told = desk.told("d1", devices=[a_device(serialNumber=mine)], configurations=configurations, links=LINKS)
    assert 'The serial number is documented under another organization, o9 "o9": c9 "LT-001"' in told


def test_without_a_link_the_tenants_evidence_is_told_too(desk: Desk) -> None:
    told = desk.told(
        "7",
        devices=[a_device(7)],
        configurations=[a_configuration()],
        tenants=[{"tenant_id": "t1", "display_name": "Contoso Dental Ltd"}],
        organizations=[{"id": "o1", "name": "Contoso Dental"}],
    )
    assert 'Suggested organization: o1 "Contoso Dental", confidence 0.' in told
    assert "display_name agree Contoso Dental Ltd | Contoso Dental" in told
    assert 'Suggested configuration: c1 "LT-001"' in told


def test_a_tenant_without_an_organization(desk: Desk) -> None:
    told = desk.told("d1", devices=[a_device(tenant_id="t2")], configurations=[a_configuration()], links=LINKS)
    assert "linked with no organization\nNo configuration is suggested: the tenant belongs to no" in told


def test_an_id_that_two_tenants_have_is_told_for_both(desk: Desk) -> None:
    links = [LINKS[0], {"tenant_id": "t2", "organization_id": "o1"}]
    devices = [a_device(), a_device(tenant_id="t2", deviceName="LT-002", serialNumber="PF1AAAA2")]
    configurations = [a_configuration(), a_configuration("c2", name="LT-002", serial_number="PF1AAAA2")]
    told = desk.told("d1", devices=devices, configurations=configurations, links=links)
    assert 'Suggested configuration: c1 "LT-001"' in told
    assert 'Suggested configuration: c2 "LT-002"' in told


def test_a_device_is_found_by_its_name_if_no_other_has_it(desk: Desk) -> None:
    files: dict[str, Sequence[Row]] = {"devices": [a_device()], "configurations": [a_configuration()], "links": LINKS}
    assert desk.told("lt-001", **files).startswith('Device d1 "LT-001"')
    files["devices"] = [a_device(), a_device("d2")]
    result = desk.explain("lt-001", **files)
    assert result.exit_code == 1
    assert "Error: 2 devices are named lt-001: give the id of one, d1, d2." in result.output
    result = desk.explain("d3", **files)
    assert result.exit_code == 1
    assert "Error: No device has the id or the name d3: take one from the file of devices." in result.output
