"""MAC addresses: every notation, every interface, and those that identify nothing."""

from importlib import resources
from pathlib import Path

import pytest
from matchbook_matcher.adapters.data import read_knowledge
from matchbook_matcher.domain.forms import mac_set_aside

from .makes import answer, configuration, device, evaluate, one, target, tied, told

WIFI, WIRED = "3C22FB000001", "001422000002"


@pytest.mark.parametrize(
    "written", ["3c22fb000001", "3C:22:FB:00:00:01", "3c-22-fb-00-00-01", "3c22.fb00.0001", "3c:22:fb:0:0:1"]
)
def test_an_address_is_found_in_every_notation(written: str) -> None:
    pair = one(device(name="A-1", wifi=WIFI), configuration(name="B-2", macs=(written,)))
    assert pair is not None
    assert pair.worth.rule == "mac_address"


def test_every_interface_counts() -> None:
    documented = configuration(name="B-2", macs=("001422999999", "001422888888", WIRED))
    assert one(device(name="A-1", ethernet=WIRED), documented) is not None


@pytest.mark.parametrize(
    ("mac", "reason"),
    [
        ("000000000000", "placeholder"),
        ("FFFFFFFFFFFF", "placeholder"),
        ("FEFFFFFFFFFF", "placeholder"),
        ("020000000000", "placeholder"),
        ("005056C00001", "virtual adapter"),
        ("005056C00008", "virtual adapter"),
        ("0A0027000000", "virtual adapter"),
        ("02004E435049", "VPN adapter"),
        ("00059A3C7A00", "VPN adapter"),
        ("00090FFE0001", "VPN adapter"),
        ("00FF12345678", "VPN adapter"),
        ("444553544200", "VPN adapter"),
        ("001122334455", "placeholder"),
        ("000000000001", "placeholder"),
        ("ACDE48001122", "the same in every Mac"),
        ("00E04C680001", "the same in every adapter of its make"),
        ("DA1234567890", "randomised address"),
        ("36F0AA112233", "randomised address"),
        ("01005E000001", "not the address of one adapter"),
    ],
)
def test_what_is_no_adapter_of_its_own_is_set_aside_with_the_reason(mac: str, reason: str) -> None:
    assert one(device(name="A-1", wifi=mac), configuration(name="B-2", macs=(mac,))) is None
    pair = one(device(name="LT-1", wifi=mac), configuration(name="LT-1", macs=(mac,)))
    assert pair is not None
    assert told(pair, "mac_address") == ("set_aside", reason)


@pytest.mark.parametrize("listed", ["A4:BB:6D:00:00:01", "a4-bb-6d", "A4"])
def test_an_installation_lists_any_beginning_of_an_address(listed: str, tmp_path: Path) -> None:
    own = tmp_path / "hygiene.toml"
    packaged = resources.files("matchbook_matcher").joinpath("data", "hygiene.toml").read_text(encoding="utf-8")
    own.write_text(packaged.replace("[mac_addresses]", f'[mac_addresses]\n"{listed}" = "our dock"'), encoding="utf-8")
    hygiene = read_knowledge(hygiene=own).hygiene
    assert mac_set_aside("A4:BB:6D:00:00:01", hygiene) == "our dock"
    assert mac_set_aside("A8:BB:6D:00:00:01", hygiene) is None


def test_a_virtual_machines_own_adapter_is_not_its_hosts() -> None:
    assert (
        one(device(name="A-1", ethernet="005056A1B2C3"), configuration(name="B-2", macs=("005056A1B2C3",))) is not None
    )


def test_a_dock_on_two_devices_is_set_aside() -> None:
    two = [device("d1", name="LT-1", ethernet=WIRED), device("d2", name="LT-2", ethernet=WIRED)]
    assert target(answer(two, [configuration(name="B-9", macs=(WIRED,))])) is None
    found = evaluate(two, [configuration(name="LT-1", macs=(WIRED,))])
    assert target(found.answers["t1", "d1"]) == "c1"
    pair = found.answers["t1", "d1"].best  # type: ignore[union-attr]
    assert told(pair, "mac_address", found.learned) == ("set_aside", "shared by several machines, as a dock's is")


@pytest.mark.parametrize(("bearers", "verdict"), [(2, "agree"), (3, "set_aside")])
def test_a_wi_fi_address_may_be_on_two_enrolments_but_not_on_more(bearers: int, verdict: str) -> None:
    devices = [device(f"d{n}", name=f"LT-{n}", wifi=WIFI) for n in range(bearers)]
    found = evaluate(devices, [configuration(name="LT-1", macs=(WIFI,))])
    pair = found.answers["t1", "d1"].best  # type: ignore[union-attr]
    assert told(pair, "mac_address", found.learned)[0] == verdict


def test_an_older_enrolment_of_the_same_machine_does_not_make_its_address_shared() -> None:
    two = [
        device("d1", serial="PF1ABCD2", ethernet=WIRED, synced=1),
        device("d2", serial="PF1ABCD2", ethernet=WIRED, synced=2),
    ]
    found = answer(two, [configuration(name="B-9", macs=(WIRED,))], "d2")
    assert target(found) == "c1"


def test_an_address_on_many_configurations_is_a_docks() -> None:
    documents = [configuration(f"c{n}", name=f"X-{n}", macs=(WIRED,)) for n in range(4)]
    assert target(answer([device(name="A-1", ethernet=WIRED)], documents)) is None
    assert tied(answer([device(name="A-1", ethernet=WIRED)], documents)) == []
    assert tied(answer([device(name="A-1", ethernet=WIRED)], documents[:2])) == ["c0", "c1"]


def test_a_built_in_adapter_says_more_than_one_that_may_be_plugged_in() -> None:
    documented = configuration(name="B-2", macs=(WIFI, WIRED))
    wireless, wired = (
        one(device(name="A-1", wifi=WIFI), documented),
        one(device(name="A-1", ethernet=WIRED), documented),
    )
    assert wireless is not None
    assert wired is not None
    assert wireless.worth.confidence > wired.worth.confidence
