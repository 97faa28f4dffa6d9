"""What becomes of Graph's answers before anybody decides anything by them."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingestor_makes import devices_of, graph_device, page_body
from matchbook_contracts.discovery import DeviceFacts
from matchbook_graph_ingestor.domain.graph_objects import (
    BY_ID_ONLY,
    LISTED,
    DevicePage,
    Unreadable,
    facts_json,
    read,
    without_blanks,
)

DEEP = b'{"value":[],"x":%b}' % (b"[" * 100_000)


def test_every_fact_of_the_contract_has_a_source() -> None:
    assert {*LISTED, *BY_ID_ONLY} == {*DeviceFacts.model_fields, "device_id"}


def test_a_device_is_read_with_our_names_and_types() -> None:
    (device,) = devices_of(graph_device(7, model="21CB0056GE", complianceState="compliant", freeStorageSpaceInBytes=1))
    assert device.device_id == "00000000-0000-4000-8000-000000000007"
    assert (device.device_name, device.serial_number, device.model) == ("LT-0007", "PF000007", "21CB0056GE")
    assert device.last_sync_at == datetime(2026, 3, 9, 8, 14, tzinfo=UTC)
    assert device.is_encrypted is True
    assert device.ethernet_mac_address is None


def test_blanks_and_the_date_of_year_one_are_nothing() -> None:
    blank = graph_device(imei="", serialNumber="", enrolledDateTime="0001-01-01T00:00:00Z", lastSyncDateTime=None)
    (device,) = devices_of(blank)
    assert (device.imei, device.serial_number, device.enrolled_at, device.last_sync_at) == (None, None, None, None)
    assert read(DevicePage, json.dumps({"value": [blank]}, indent=2).encode()).value[0] == device


@pytest.mark.parametrize(
    "never",
    [
        "0001-01-01T00:00:00+05:00",
        "0001-01-01T00:00:00.0000000Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59.9999999Z",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_the_first_and_last_day_of_dotnet_are_no_date(never: str) -> None:
    """In another zone, or rounded, they are beyond what a date can be."""
    (device,) = devices_of(graph_device(enrolledDateTime=never, lastSyncDateTime=never, notes=":" + never))
    assert (device.enrolled_at, device.last_sync_at) == (None, None)


def test_a_nul_character_does_not_get_through() -> None:
    (device,) = devices_of(graph_device(deviceName="LT\x00-1", serialNumber="back\\u0000slash", model="\x00\x00"))
    assert (device.device_name, device.serial_number, device.model) == ("LT-1", "back\\u0000slash", None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_removing_blanks_changes_nothing_but_blanks(value: Any) -> None:
    """Whatever the JSON, it stays JSON with the same content; only empty values of keys become null."""
    body = json.dumps({"value": value}, separators=(",", ":")).encode()
    assert json.loads(without_blanks(body)) == {"value": _without_blanks(value)}


def _without_blanks(value: Any, *, in_object: bool = True) -> Any:
    if isinstance(value, dict):
        return {key.replace("\x00", ""): _without_blanks(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_blanks(item, in_object=False) for item in value]
    kept = value.replace("\x00", "") if isinstance(value, str) else value
    return None if kept == "" and in_object else kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", ""),
        ("deviceName", 12),
        ("isEncrypted", "yes"),
        ("totalStorageSpaceInBytes", "much"),
        ("totalStorageSpaceInBytes", 2**63),
        ("physicalMemoryInBytes", 10**30),
        ("lastSyncDateTime", "yesterday"),
        ("serialNumber", ["a"]),
    ],
)
def test_a_wrong_type_makes_the_page_a_bad_answer_and_is_not_quoted(field: str, value: Any) -> None:
    with pytest.raises(Unreadable) as caught:
        devices_of(graph_device(**{field: value}))
    assert field in str(caught.value)
    assert "yesterday" not in str(caught.value)
    assert "contoso" not in str(caught.value)


@pytest.mark.parametrize(
    "link", ['"@odata.nextLink":""', '"@odata.nextLink":"\\u0000"', '"@odata.nextLink" : ""', '"@odata.nextLink":7']
)
def test_a_next_page_without_an_address_is_no_end_of_the_list(link: str) -> None:
    with pytest.raises(Unreadable):
        read(DevicePage, b'{"value":[],%b}' % link.replace(" :", ":").encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"value":{}}',
        b'{"value":[{}',
        page_body([])[:-3],
        DEEP,
        page_body([graph_device()]).replace(b"LT-", b"\xff"),
    ],
)
def test_what_is_no_page_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(DevicePage, body)


@given(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC) | st.just(timezone(timedelta(hours=5, minutes=30)))),  # noqa: DTZ001
)
def test_facts_are_written_as_the_contract_writes_them(name: str, enrolled: datetime) -> None:
    (device,) = devices_of(graph_device(deviceName=name, enrolledDateTime=enrolled.isoformat(), jailBroken=None))
    facts = DeviceFacts.model_validate_json(facts_json(device))
    assert facts_json(device) == facts.model_dump_json(exclude_none=True).encode()
    assert (facts.device_name, facts.enrolled_at) == (name.replace("\x00", "") or None, enrolled)
    assert b"device_id" not in facts_json(device)
