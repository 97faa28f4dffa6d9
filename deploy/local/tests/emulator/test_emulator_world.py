"""The world: deterministic, of the size asked for, and as dirty as it claims; the truth about it is true."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from matchbook_local.emulator.world import Access, Configuration, Device, FoundBy, Kind, Size, TenantState, World, dirt
from matchbook_local.emulator.world.calendar import DAY, graph_time
from matchbook_local.emulator.world.export import CONFIGURATION_COLUMNS, ORGANIZATION_COLUMNS, write_world
from matchbook_local.emulator.world.hardware import label_prefix, neighbour
from matchbook_local.emulator.world.model import Platform
from matchbook_local.emulator.world.tenants import customer_tenants, organizations

TENANTS, DEVICES = 100, 10_000


class Built:
    """A world with its documentation, and both by id."""

    def __init__(self, seed: int, tenants: int, devices: int) -> None:
        self.configurations: list[Configuration] = []
        self.world = World.build(seed, tenants, devices, keep=self.configurations.extend)
        self.by_id = {c.id: c for c in self.configurations}
        self.devices = list(all_devices(self.world))


def all_devices(world: World) -> Iterator[Device]:
    return (device for state in world.states.values() for device in state.devices)


@pytest.fixture(scope="module")
def built() -> Built:
    return Built(seed=11, tenants=TENANTS, devices=DEVICES)


def share(items: Iterable[object], of: int = DEVICES) -> float:
    return sum(1 for _ in items) / of


@pytest.mark.parametrize(("tenants", "count"), [(1, 1), (1, 500), (3, 0), (40, 2_000), (60, 20), (400, 5_000)])
def test_sizes_are_exact(tenants: int, count: int) -> None:
    world = World.build(seed=2, tenants=tenants, devices=count)
    assert len(world.states) == tenants
    assert sum(len(state.devices) for state in world.states.values()) == count
    assert all(not state.devices for state in world.states.values() if state.tenant.access is not Access.GRANTED)


def test_equal_sizes_give_equal_worlds_and_other_seeds_other_ones() -> None:
    first, second, other = (Built(seed=seed, tenants=6, devices=300) for seed in (4, 4, 5))
    assert list(all_devices(first.world)) == list(all_devices(second.world))
    assert first.configurations == second.configurations
    assert [c for tenant in first.world.documentation() for c in tenant] == first.configurations
    assert not {d.id for d in all_devices(first.world)} & {d.id for d in all_devices(other.world)}


def test_days_one_by_one_or_at_once_lead_to_the_same_world() -> None:
    slow, quick = (World.build(seed=4, tenants=4, devices=800) for _ in range(2))
    for _ in range(12):
        slow.advance(1)
    quick.advance(12)
    assert list(all_devices(slow)) == list(all_devices(quick))
    assert slow.now == quick.now


def test_tenant_sizes_are_a_few_large_and_many_small(built: Built) -> None:
    sizes = sorted((len(s.devices) for s in built.world.states.values() if s.devices), reverse=True)
    assert sum(sizes[: len(sizes) // 5]) > 0.4 * DEVICES
    assert sizes[0] > 4 * sizes[len(sizes) // 2]


def test_tenants_fail_in_every_way_from_twenty_on(built: Built) -> None:
    for world in (built.world, World.build(seed=9, tenants=20, devices=50)):
        assert set(Access) == {t.access for t in world.customers}
    assert {t.access for t in World.build(seed=9, tenants=5, devices=50).customers} == {Access.GRANTED}


def test_names_of_tenants_are_distinct_stale_and_nearly_alike(built: Built) -> None:
    customers = built.world.customers
    names = [t.display_name for t in customers]
    assert len(set(names)) == len(names)
    assert 0.1 < share((t for t in customers if t.contract_name != t.display_name), TENANTS) < 0.32
    pairs = [(a, b) for a, b in pairwise(names) if a != b and a.split()[:2] == b.split()[:2]]
    assert len(pairs) >= 3
    assert share((t for t in customers if len(t.domains) > 1), TENANTS) > 0.3
    domains = [d for t in built.world.tenants for d in (*t.domains, t.initial_domain)]
    assert len(set(domains)) == len(domains)
    documented = [o.name for o in built.world.organizations()]
    assert len(set(documented)) == len(documented) > len(customers)
    changed = [t for t in customers if t.organization_name and t.organization_name != t.display_name]
    assert 0.2 < len(changed) / TENANTS < 0.55


def test_names_stay_distinct_among_thousands() -> None:
    customers = customer_tenants(seed=1, tenants=4_000, devices=0, epoch=0)
    documented = [o.name.casefold() for o in organizations(1, customers)]
    assert len(set(documented)) == len(documented)
    for names in ([t.display_name for t in customers], [t.initial_domain for t in customers]):
        assert len(set(names)) == len(names)


def test_shares_are_as_documented(built: Built) -> None:
    found = Counter(d.found_by for d in built.devices)
    assert abs(share(d for d in built.devices if d.configuration_id) - 0.85) < 0.04
    assert abs(found[FoundBy.SERIAL] / DEVICES - 0.65) < 0.04
    assert 0.05 < found[FoundBy.MAC] / DEVICES < 0.11
    assert 0.05 < found[FoundBy.NAME] / DEVICES < 0.11


@pytest.mark.parametrize(
    ("label", "least", "most"),
    [
        (dirt.JUNK_SERIAL, 0.02, 0.05),
        (dirt.RANDOM_MAC, 0.02, 0.05),
        (dirt.SHARED_MAC, 0.02, 0.06),
        (dirt.VIRTUAL_MAC, 0.008, 0.03),
        (dirt.NO_MAC, 0.15, 0.25),
        (dirt.DEFAULT_NAME, 0.08, 0.25),
        (dirt.TRUNCATED_NAME, 0.005, 0.15),
        (dirt.FQDN_NAME, 0.005, 0.04),
        (dirt.ANDROID_NAME, 0.05, 0.12),
        (dirt.NEIGHBOUR_SERIAL, 0.35, 0.5),
        (dirt.RE_ENROLLED, 0.02, 0.04),
        (dirt.DUPLICATED, 0.01, 0.035),
        (dirt.REUSED_NAME, 0.01, 0.03),
        (dirt.SERIAL_STYLE, 0.07, 0.15),
        (dirt.LABEL_PREFIX, 0.003, 0.02),
        (dirt.DOCUMENTED_JUNK, 0.02, 0.07),
        (dirt.DRIFTED_NAME, 0.07, 0.16),
        (dirt.LOST, 0.02, 0.06),
        (dirt.ELSEWHERE, 0.0005, 0.01),
        (dirt.UNDOCUMENTED, 0.09, 0.2),
    ],
)
def test_every_kind_of_dirt_is_there(built: Built, label: str, least: float, most: float) -> None:
    assert least < share(d for d in built.devices if label in d.dirt) < most


def test_dirt_is_what_its_label_says(built: Built) -> None:
    for device in built.devices:
        is_junk = device.serial in dirt.JUNK_SERIALS
        assert is_junk == (dirt.JUNK_SERIAL in device.dirt)
        assert device.serial
        if dirt.RANDOM_MAC in device.dirt:
            assert device.wifi_mac[1] in "26AE"
        if device.hardware.platform is Platform.ANDROID:
            assert (
                re.fullmatch(r"\w+_AndroidForWork_\d+/\d+/\d{4}_\d+:\d\d [AP]M", device.name) or "-LT-" in device.name
            )
        if device.hardware.platform is Platform.WINDOWS:
            assert len(device.name) <= 15
        if device.hardware.platform.is_phone:
            assert device.wifi_mac in ("", dirt.ANDROID_MAC)
            assert not device.ethernet_mac
    for state in built.world.states.values():
        docks = Counter(d.ethernet_mac for d in state.devices if dirt.SHARED_MAC in d.dirt)
        if sum(docks.values()) > 30:
            assert docks.most_common(1)[0][1] > 1
    following = {neighbour(d.hardware.serial) for d in built.devices if d.hardware.serial}
    assert all(d.hardware.serial in following for d in built.devices if dirt.NEIGHBOUR_SERIAL in d.dirt)


# An independent reading of the documentation, to hold the truth files to account.


def plain(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def serial_agrees(device: Device, configuration: Configuration) -> bool:
    if device.serial in dirt.JUNK_SERIALS or configuration.serial_number in ("", *dirt.JUNK_SERIALS):
        return False
    written = re.sub(r"^(S/?N[: ]|SERVICE TAG:)\s*", "", configuration.serial_number.strip().upper())
    prefix = label_prefix(device.hardware)
    return plain(device.serial) in {plain(written), plain(written).removeprefix(prefix or "\0")}


def mac_agrees(device: Device, configuration: Configuration) -> bool:
    documented = {plain(configuration.mac_address), *(plain(i.mac) for i in configuration.interfaces)} - {""}
    own = {device.hardware.wifi_mac, device.hardware.ethernet_mac}
    return bool(documented & own & {device.wifi_mac, device.ethernet_mac})


def name_agrees(device: Device, configuration: Configuration) -> bool:
    reported = device.name.casefold().split(".")[0]
    for text in (configuration.name, configuration.hostname):
        name = text.casefold().split(".")[0]
        if reported in (name, name[:15].rstrip("-"), name.split(" (")[0]):
            return True
    return False


def strongest(device: Device, configuration: Configuration) -> FoundBy:
    for rule, agrees in ((FoundBy.SERIAL, serial_agrees), (FoundBy.MAC, mac_agrees), (FoundBy.NAME, name_agrees)):
        if agrees(device, configuration):
            return rule
    return FoundBy.NONE


def test_each_device_is_found_by_the_rule_the_truth_names(built: Built) -> None:
    wrong = [
        (d.name, d.found_by, strongest(d, built.by_id[d.configuration_id]))
        for d in built.devices
        if d.configuration_id and strongest(d, built.by_id[d.configuration_id]) is not d.found_by
    ]
    assert wrong == []


def test_no_other_configuration_of_the_organization_claims_a_device(built: Built) -> None:
    """Duplicates aside, a serial number leads to one record only."""
    by_serial: dict[tuple[str, str], list[Configuration]] = {}
    for configuration in built.configurations:
        if configuration.kind not in (Kind.DUPLICATE, Kind.ELSEWHERE):
            key = (configuration.organization_id, plain(configuration.serial_number))
            by_serial.setdefault(key, []).append(configuration)
    for device in built.devices:
        if device.organization_id and device.serial not in dirt.JUNK_SERIALS:
            claims = by_serial.get((device.organization_id, plain(device.serial)), [])
            assert {c.id for c in claims} <= {device.configuration_id}


def test_every_kind_of_configuration_is_there(built: Built) -> None:
    kinds = Counter(c.kind for c in built.configurations)
    assert set(kinds) == set(Kind)
    assert kinds[Kind.MATCH] == len({d.configuration_id for d in built.devices if d.configuration_id})
    assert kinds[Kind.ABSENT] > 0.07 * DEVICES
    assert {"Printer", "Switch", "Firewall", "Server"} <= {c.configuration_type for c in built.configurations}
    several = [c for c in built.configurations if len(c.interfaces) > 1]
    assert share(several) > 0.2
    assert all(sum(i.primary for i in c.interfaces) == 1 for c in several)
    formats = Counter(re.sub(r"[0-9a-fA-F]", "", c.mac_address) for c in built.configurations if c.mac_address)
    assert set(formats) == {"", ":::::", "-----", ".."}


def test_documents_elsewhere_name_another_organization(built: Built) -> None:
    by_id = {d.id: d for d in built.devices}
    owner = {d.id: s.tenant.organization_id for s in built.world.states.values() for d in s.devices}
    moved = [c for c in built.configurations if c.kind is Kind.ELSEWHERE]
    assert moved
    for configuration in moved:
        assert configuration.device_id
        assert configuration.organization_id != owner[configuration.device_id]
        assert by_id[configuration.device_id].configuration_id is None


def test_re_enrolments_share_a_serial_and_the_newest_is_current(built: Built) -> None:
    by_id = {d.id: d for d in built.devices}
    superseded = [d for d in built.devices if d.superseded_by]
    assert len(superseded) > 200
    for old in superseded:
        assert old.superseded_by
        fresh = by_id[old.superseded_by]
        assert (fresh.serial, fresh.configuration_id) == (old.serial, old.configuration_id)
        assert fresh.last_sync > old.last_sync
        assert fresh.enrolled > old.enrolled


def test_a_quarter_changes_what_a_quarter_changes() -> None:
    world = World.build(seed=8, tenants=30, devices=4_000)
    before = {d.id: (d.name, d.serial, d.last_sync, d.silent) for d in all_devices(world)}
    versions = {t: s.version for t, s in world.states.items()}
    world.advance(90)
    after = {d.id: d for d in all_devices(world)}
    kept = before.keys() & after.keys()
    fresh = [d for d in after.values() if d.id not in before]
    serials = {serial for _, serial, _, _ in before.values()}
    assert 0.05 < share((i for i in kept if after[i].name != before[i][0]), len(before)) < 0.2
    assert 0.05 < share((d for d in fresh if d.hardware.serial in serials), len(before)) < 0.15
    assert 0.1 < share((d for d in fresh if d.hardware.serial not in serials), len(before)) < 0.35
    assert 0.1 < share(before.keys() - after.keys(), len(before)) < 0.35
    assert all(after[i].last_sync > before[i][2] for i in kept if not after[i].silent and not before[i][3])
    assert all(after[i].last_sync >= before[i][2] for i in kept)
    assert all(world.states[t].version > v for t, v in versions.items())
    for state in world.states.values():
        check_order(state)
    assert max(d.last_sync for d in after.values()) <= world.now
    assert max(d.last_sync for d in after.values()) > world.now - DAY


def check_order(state: TenantState) -> None:
    sequences = [d.sequence for d in state.devices]
    assert sequences == sorted(set(sequences))
    assert len({d.id for d in state.devices}) == len(state.devices)
    assert all(s < state.next_sequence for s in sequences)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_files_are_complete_and_agree_with_each_other(tmp_path: Path) -> None:
    world = write_world(tmp_path, Size(seed=3, tenants=12, devices=600))
    organizations = {row["id"]: row for row in rows(tmp_path / "organizations.csv")}
    configurations = {row["id"]: row for row in rows(tmp_path / "configurations.csv")}
    assert tuple(next(iter(organizations.values()))) == ORGANIZATION_COLUMNS
    assert tuple(next(iter(configurations.values()))) == CONFIGURATION_COLUMNS
    for row in configurations.values():
        assert row["organization"] == organizations[row["organization_id"]]["name"]
        assert row["name"]
        assert row["archived"] in ("Yes", "No")
        for column in ("installed_at", "purchased_at", "warranty_expires_at"):
            assert re.fullmatch(r"(\d{4}-\d\d-\d\d)?", row[column])
        for interface in filter(None, row["interfaces"].split(";")):
            assert re.fullmatch(r"[\w -]+\|[\d.]*\|[0-9a-fA-F:.-]+\|(Yes|No)", interface)
    truths = rows(tmp_path / "truth" / "devices.csv")
    assert [t["device_id"] for t in truths] == [d.id for d in all_devices(world)]
    assert {t["configuration_id"] for t in truths if t["configuration_id"]} <= set(configurations)
    kinds = {t["configuration_id"]: t["kind"] for t in rows(tmp_path / "truth" / "configurations.csv")}
    assert list(kinds) == list(configurations)
    assert {kinds[t["configuration_id"]] for t in truths if t["configuration_id"]} == {"match"}
    tenants = rows(tmp_path / "truth" / "tenants.csv")
    assert [t["tenant_id"] for t in tenants] == list(world.states)
    assert {t["organization_id"] for t in tenants if t["organization_id"]} <= set(organizations)


def test_graph_time_prints_iso_8601() -> None:
    assert graph_time(0) == "1970-01-01T00:00:00Z"
    assert graph_time(1_767_571_200 + 3_661) == "2026-01-05T01:01:01Z"


def test_the_next_serial_number_carries() -> None:
    assert neighbour("ABC1") == "ABC2"
    assert neighbour("ABC9") == "ABD0"
    assert neighbour("5CG909Z") == "5CG9100"
