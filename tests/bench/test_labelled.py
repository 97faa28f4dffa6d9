"""The labelled worlds: the same for the same seed, sound, and as dirty as they say."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.bench.labelled import files
from tests.bench.labelled.__main__ import main
from tests.bench.labelled.company_names import WRITINGS
from tests.bench.labelled.customers import directory
from tests.bench.labelled.dirt import CATEGORIES, LEVELS
from tests.bench.labelled.strays import STRAYS
from tests.bench.labelled.world import write_world

DEVICES = 20_000
STORIES = {
    "clean",
    "undocumented_phone",
    "undocumented_computer",
    "undocumented_tenant",
    "superseded",
    "documented_twice",
    "name_reused_documented",
    "name_reused_undocumented",
    "name_reused_old_serial_unknown",
    "board_replaced",
    "neighbour_serial",
}
UNDOCUMENTED = {"undocumented_namesake", "no_organization"}
CUSTOMERS = {"namesake", "several_tenants", "trade_name", "trade_name_in_domain"} | UNDOCUMENTED
NAMES = (
    files.DEVICES,
    files.CONFIGURATIONS,
    files.TENANTS,
    files.ORGANIZATIONS,
    files.LINKS,
    files.TRUTH_DEVICES,
    files.TRUTH_TENANTS,
)
World = dict[str, list[dict[str, Any]]]


def read(folder: Path) -> World:
    return {name: [json.loads(line) for line in (folder / name).open(encoding="utf-8")] for name in NAMES}


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("field")
    write_world(folder, DEVICES, seed=1)
    return read(folder)


@pytest.fixture(scope="module")
def categories(field: World) -> Counter[str]:
    return Counter(row["category"] for row in field[files.TRUTH_DEVICES])


def share(world: World, *wanted: str) -> float:
    truths = world[files.TRUTH_DEVICES]
    return sum(row["category"] in wanted for row in truths) / len(truths)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("first", 7), ("again", 7), ("other", 8)):
        result = CliRunner().invoke(main, ["--out", str(tmp_path / name), "--devices", "600", "--seed", str(seed)])
        assert result.exit_code == 0, result.output
    for name in NAMES:
        first = (tmp_path / "first" / name).read_bytes()
        assert first == (tmp_path / "again" / name).read_bytes()
        assert first != (tmp_path / "other" / name).read_bytes()


@pytest.mark.parametrize("dirt", ["mild", "field", "harsh"])
def test_a_few_devices_make_a_sound_world_too(tmp_path: Path, dirt: str) -> None:
    for devices in (1, 5, 900):
        write_world(tmp_path, devices, seed=2, dirt=dirt)
        assert len(read(tmp_path)[files.DEVICES]) == devices


def test_ids_are_unique(field: World) -> None:
    for name, key in (
        (files.DEVICES, "id"),
        (files.CONFIGURATIONS, "id"),
        (files.TENANTS, "tenant_id"),
        (files.ORGANIZATIONS, "id"),
        (files.TRUTH_DEVICES, "device_id"),
        (files.TRUTH_TENANTS, "tenant_id"),
    ):
        ids = [row[key] for row in field[name]]
        assert len(ids) == len(set(ids)), name


def test_the_truth_speaks_of_what_is_there(field: World) -> None:
    assert {t["device_id"] for t in field[files.TRUTH_DEVICES]} == {d["id"] for d in field[files.DEVICES]}
    assert {t["tenant_id"] for t in field[files.TRUTH_TENANTS]} == {t["tenant_id"] for t in field[files.TENANTS]}
    organizations = {o["id"] for o in field[files.ORGANIZATIONS]}
    known = {t["organization_id"] for t in field[files.TRUTH_TENANTS]} | {
        c["organization_id"] for c in field[files.CONFIGURATIONS]
    }
    assert known - {None} <= organizations


def test_a_device_is_documented_under_its_own_organization_and_alone(field: World) -> None:
    tenant_of = {device["id"]: device["tenant_id"] for device in field[files.DEVICES]}
    organization_of = {row["tenant_id"]: row["organization_id"] for row in field[files.LINKS]}
    documented = {row["id"]: row["organization_id"] for row in field[files.CONFIGURATIONS]}
    seen: set[int] = set()
    for truth in field[files.TRUTH_DEVICES]:
        found = [i for i in (truth["configuration_id"], *truth["also"]) if i is not None]
        for configuration in found:
            assert documented[configuration] == organization_of[tenant_of[truth["device_id"]]]
        assert seen.isdisjoint(found)
        seen.update(found)


def test_devices_do_not_say_what_is_true(field: World) -> None:
    for name in NAMES[:5]:
        assert not {"category", "dirt", "also", "configuration_id"} & set(field[name][0])
    places = {row["id"]: number for number, row in enumerate(field[files.CONFIGURATIONS])}
    tenant = field[files.DEVICES][0]["tenant_id"]
    mine = {d["id"] for d in field[files.DEVICES] if d["tenant_id"] == tenant}
    order = [
        places[t["configuration_id"]]
        for t in field[files.TRUTH_DEVICES]
        if t["device_id"] in mine and t["configuration_id"] is not None
    ]
    assert order != sorted(order)


def test_every_kind_of_dirt_is_there(field: World, categories: Counter[str]) -> None:
    dirt = Counter(kind for row in field[files.TRUTH_DEVICES] for kind in row["dirt"])
    assert set(categories) == CATEGORIES | STORIES
    assert set(dirt) == CATEGORIES | {"neighbour_serial"} | {stray.__name__ for stray in STRAYS}


def test_every_kind_of_customer_is_there() -> None:
    made = directory(1, 400, 100_000, LEVELS["field"])
    found = {customer.category for customer in made.customers}
    assert found == CUSTOMERS | {writing.__name__ for _, writing in WRITINGS}
    assert len({organization.name for organization in made.organizations}) == len(made.organizations)
    assert all((c.organization_id is None) == (c.category in UNDOCUMENTED) for c in made.customers)


def test_the_field_is_as_dirty_as_it_says(field: World) -> None:
    assert share(field, "clean") == pytest.approx(0.45, abs=0.03)
    without = share(field, "undocumented_phone", "undocumented_computer", "undocumented_tenant")
    assert without == pytest.approx(0.14, abs=0.03)
    assert share(field, "superseded") == pytest.approx(0.03, abs=0.01)
    assert len(field[files.CONFIGURATIONS]) == pytest.approx(1.27 * DEVICES, rel=0.01)


def test_harsh_is_dirtier_than_the_field_and_mild_cleaner(tmp_path: Path, field: World) -> None:
    for dirt in ("mild", "harsh"):
        write_world(tmp_path / dirt, DEVICES // 2, seed=1, dirt=dirt)
    mild, harsh = read(tmp_path / "mild"), read(tmp_path / "harsh")
    assert share(harsh, "clean") < share(field, "clean") / 2
    assert share(mild, "clean") > share(field, "clean") + 0.1


def test_customers_are_of_very_different_sizes(field: World) -> None:
    sizes = sorted(Counter(device["tenant_id"] for device in field[files.DEVICES]).values())
    assert len(sizes) == len(field[files.TENANTS])
    assert sizes[-1] > 8 * sizes[len(sizes) // 2]
    assert sizes[0] < sizes[len(sizes) // 2] / 8


def test_a_superseded_enrolment_is_older_than_its_machines_last(field: World) -> None:
    devices = {device["id"]: device for device in field[files.DEVICES]}
    last: dict[tuple[str, str], str] = {}
    for truth in field[files.TRUTH_DEVICES]:
        device = devices[truth["device_id"]]
        if truth["configuration_id"] is not None:
            last[device["tenant_id"], device["serialNumber"]] = device["lastSyncDateTime"]
    old = [devices[t["device_id"]] for t in field[files.TRUTH_DEVICES] if t["category"] == "superseded"]
    known = [d for d in old if (d["tenant_id"], d["serialNumber"]) in last]
    assert len(known) > len(old) / 2
    newer = sum(d["lastSyncDateTime"] < last[d["tenant_id"], d["serialNumber"]] for d in known)
    assert newer > 0.98 * len(known)  # junk serial numbers bring some together that are not one machine
