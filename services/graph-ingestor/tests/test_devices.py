"""Which devices changed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingestor_makes import DAY, devices_of, graph_device, known_of
from matchbook_contracts.discovery import DeviceFacts
from matchbook_graph_ingestor.domain import devices
from matchbook_graph_ingestor.domain.devices import Known
from matchbook_graph_ingestor.domain.graph_objects import Unreadable, facts_json


def facts_of(change: devices.Change) -> DeviceFacts:
    return DeviceFacts.model_validate_json(change.facts)


def after(*found: dict[str, Any], **others: Any) -> dict[str, Known]:
    return known_of(devices.compare(devices_of(*found), {}, DAY).changes, **others)


def test_a_new_device_has_revision_one() -> None:
    (change,) = devices.compare(devices_of(graph_device()), {}, DAY).changes
    assert (change.revision, facts_of(change).device_name, change.details_pending) == (1, "LT-0001", True)


def test_the_same_device_again_is_no_change() -> None:
    found = devices.compare(devices_of(graph_device()), after(graph_device()), DAY)
    assert (found.changes, found.back, found.unchanged) == ([], [], 1)


@pytest.mark.parametrize("other", [{"deviceName": "LT-9"}, {"isEncrypted": False}, {"userPrincipalName": None}])
def test_any_other_fact_is_a_change(other: dict[str, Any]) -> None:
    (change,) = devices.compare(devices_of(graph_device(**other)), after(graph_device()), DAY).changes
    assert change.revision == 2


def test_a_later_sync_alone_is_a_change_only_after_a_day() -> None:
    known = after(graph_device(lastSyncDateTime="2026-03-09T08:00:00Z"))
    soon = devices_of(graph_device(lastSyncDateTime="2026-03-10T07:59:59Z"))
    late = devices_of(graph_device(lastSyncDateTime="2026-03-10T08:00:00Z"))
    assert devices.compare(soon, known, DAY).changes == []
    (change,) = devices.compare(late, known, DAY).changes
    assert change.revision == 2
    assert change.digest == known[change.device_id].digest


def test_a_later_sync_alone_asks_for_no_read_by_id() -> None:
    known = after(graph_device(), details_pending=False)
    late = devices_of(graph_device(lastSyncDateTime="2026-03-20T08:00:00Z"))
    assert [change.details_pending for change in devices.compare(late, known, DAY).changes] == [False]


def test_a_retired_device_that_returns_is_the_same_device_with_the_next_revision() -> None:
    (change,) = devices.compare(
        devices_of(graph_device()), after(graph_device(), revision=5, retired=True), DAY
    ).changes
    assert change.revision == 6


def test_an_absent_device_that_returns_unchanged_is_only_seen_again() -> None:
    found = devices.compare(devices_of(graph_device()), after(graph_device(), absences=1), DAY)
    assert (found.changes, found.back) == ([], [graph_device()["id"]])


def test_what_only_a_read_by_id_gives_stays_in_later_changes() -> None:
    known = after(graph_device(), ethernet_mac_address="8C1D96A0B2C4", physical_memory_bytes=17)
    (change,) = devices.compare(devices_of(graph_device(deviceName="new")), known, DAY).changes
    assert (facts_of(change).ethernet_mac_address, facts_of(change).physical_memory_bytes) == ("8C1D96A0B2C4", 17)
    again = devices.compare(devices_of(graph_device(deviceName="new")), known_of([change]), DAY)
    assert again.changes == []


@pytest.mark.parametrize(
    ("system", "wanted"), [("Windows", True), ("iOS", False), ("Android Enterprise", False), (None, True)]
)
def test_phones_have_no_ethernet_to_ask_for(system: str | None, *, wanted: bool) -> None:
    (change,) = devices.compare(devices_of(graph_device(operatingSystem=system)), {}, DAY).changes
    assert change.details_pending is wanted


def test_a_device_too_large_to_be_one_is_refused() -> None:
    with pytest.raises(Unreadable):
        devices.compare(devices_of(graph_device(deviceName="x" * 70_000)), {}, DAY)


def test_details_are_a_change_where_they_are_news() -> None:
    (known,) = after(graph_device()).values()
    (read,) = devices_of(graph_device(ethernetMacAddress="8C1D96A0B2C4", physicalMemoryInBytes=17))
    told = devices.detail(read, known)
    assert told.change is not None
    assert (told.change.revision, facts_of(told.change).ethernet_mac_address) == (2, "8C1D96A0B2C4")
    assert told.change.digest == known.digest
    again = devices.detail(read, known._replace(ethernet_mac_address="8C1D96A0B2C4", physical_memory_bytes=17))
    assert again.change is None


def test_details_never_replace_a_value_with_a_blank() -> None:
    (known,) = after(graph_device(), ethernet_mac_address="8C1D96A0B2C4").values()
    told = devices.detail(devices_of(graph_device())[0], known)
    assert (told.ethernet_mac_address, told.change) == ("8C1D96A0B2C4", None)


texts = st.none() | st.text(max_size=12) | st.just('"last_sync_at":"2026-01-01T00:00:00Z"')
syncs = st.sampled_from(["2026-03-09T08:14:00Z", "2026-03-09T08:14:59.123Z", None])


@given(texts, texts, syncs, syncs)
def test_the_digest_leaves_out_the_last_sync_and_nothing_else(
    name: str | None, other: str | None, sync: str | None, later: str | None
) -> None:
    def digest(value: str | None, at: str | None) -> bytes:
        (device,) = devices_of(graph_device(deviceName=value, enrollmentProfileName=value, lastSyncDateTime=at))
        return devices.content_digest(facts_json(device))

    assert digest(name, sync) == digest(name, later)
    normal = [(text or "").replace("\x00", "") for text in (name, other)]
    assert (digest(name, sync) == digest(other, sync)) == (normal[0] == normal[1])


numbers = st.lists(st.integers(0, 12), max_size=30)


@given(st.lists(numbers, max_size=6), st.randoms(use_true_random=False))
def test_pages_repeated_reordered_or_duplicated_give_the_same_devices(pages: list[list[int]], order: Any) -> None:
    def swept(listed: list[list[int]]) -> dict[str, tuple[int, bytes]]:
        known: dict[str, Known] = {}
        seen: set[str] = set()
        for numbers_of_page in listed:
            fresh = devices.distinct(devices_of(*(graph_device(number) for number in numbers_of_page)), seen)
            known |= known_of(devices.compare(fresh, known, DAY).changes)
        return {key: (item.revision, item.digest) for key, item in known.items()}

    shuffled = [*pages, *pages]
    order.shuffle(shuffled)
    assert swept(pages) == swept(shuffled)


@given(st.lists(st.integers(1, 30), unique=True, min_size=1), st.data())
def test_pages_replayed_reordered_or_with_duplicates_give_the_same_devices(numbers: list[int], data: Any) -> None:
    whole = devices_of(*(graph_device(number) for number in numbers))
    expected = known_of(devices.compare(whole, {}, DAY).changes)
    shuffled = data.draw(st.permutations(whole)) + data.draw(st.lists(st.sampled_from(whole), max_size=10))
    size = data.draw(st.integers(1, len(shuffled)))
    pages = [shuffled[start : start + size] for start in range(0, len(shuffled), size)]
    known: dict[str, Known] = {}
    published = 0
    for _ in range(2):
        seen: set[str] = set()
        for page in [*pages, *data.draw(st.lists(st.sampled_from(pages), max_size=3))]:
            changes = devices.compare(devices.distinct(page, seen), known, DAY).changes
            published += len(changes)
            known |= known_of(changes)
        assert seen == set(expected)
    assert known == expected
    assert published == len(expected)
