"""What is read quickly is what the contract accepts, and equal to it."""

import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from matchbook_contracts.base import Actor, Contract
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, TenantDiscovered
from matchbook_contracts.states import (
    ConfigurationState,
    DeviceMatchState,
    FieldValue,
    IgnoredSuggestion,
    Interface,
    RevertedPair,
)
from matchbook_matcher.adapters.reading import reader
from matchbook_matcher.handlers import inputs
from pydantic import BaseModel, ValidationError, field_validator

DEVICE = DeviceDiscovered(
    tenant_id="t1",
    device_id="d1",
    revision=3,
    facts=DeviceFacts.model_validate_json(
        '{"device_name":"Büro-1","is_encrypted":true,"total_storage_bytes":512,"last_sync_at":"2026-03-09T10:41:14.25Z"}'
    ),
)
CONFIGURATION = ConfigurationState(
    configuration_id="c1",
    organization_id="o1",
    version=2,
    name="LT-1",
    mac_addresses=("AA:BB:CC:DD:EE:FF", "AA:BB:CC:DD:EE:F0"),
    fields={
        "hostname": FieldValue(documented="a", synced="b", in_force="synced", locked=True),
        "contact": FieldValue(),
    },
    interfaces=(Interface(name="eth0", primary=True), Interface()),
)
MATCH = DeviceMatchState(
    tenant_id="t1",
    device_id="d1",
    version=1,
    status="matched",
    organization_id="o1",
    configuration_id="c1",
    confidence=0.5,
    decided_by=Actor(kind="person", id="p1", organizations=("o1",)),
    reverted=(RevertedPair(target_id="c2"), RevertedPair(target_id="c3", fingerprint="f")),
    ignored_suggestion=IgnoredSuggestion(status="conflict"),
)
EVENTS = (DEVICE, CONFIGURATION, MATCH)
AWKWARD = (
    b"null", b"true", b"0", b"-1", b"1", b"1.0", b"1e2", b"1e999", b"05", b"NaN", b"9" * 30, b'""', b'"1"',
    b'"\xff"', b'"\x01"', b'"\\ud800"', b'"\\u0041"', b'"\xed\xa0\x80"', b"[]", b"{}", b'[""]', b'"synced"',
    b'"' + "é".encode() * 200 + b'"', b'"' + "é".encode() * 201 + b'"', b'"2026-02-30T00:00:00Z"', b'"2026-03-09"',
    b'"2026-03-09T10:41:14"', b'"2026-03-09T10:41:14+24:00"', b'"2026-03-09T10:41:14+0100"', b'"2026-03-09T10:41:60Z"',
    b'"2026-03-09t10:41:14z"', b'"2026-03-09T10:41:14.1234569Z"', b'"1700000000"', b'"0000-01-01T00:00:00Z"',
    b'"9999-12-31T23:59:59-05:00"', b'"2026-03-09 10:41:14.123456Z"',
)  # fmt: skip
VALUES = re.compile(rb'(?<=:)(?:"[^"]*"|[0-9.]+|true|false|null|\[[^\[\]]*\])')


def as_read(value: Any) -> Any:
    """A model or a struct as plain values, with their types, times as text."""
    if isinstance(value, BaseModel):
        return {name: as_read(getattr(value, name)) for name in type(value).model_fields}
    if hasattr(value, "__struct_fields__"):
        return {name: as_read(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {as_read(key): as_read(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(map(as_read, value))
    return (type(value).__name__, value.isoformat() if hasattr(value, "isoformat") else value)


def agree(contract: type[Contract], read: Callable[[bytes], Any], body: bytes) -> bool:
    """Whether the reader read it; then the contract must accept the same, as equal values."""
    try:
        found = read(body)
    except ValueError:
        return False
    try:
        accepted = contract.from_body(body)
    except ValidationError as error:
        raise AssertionError(f"the contract refuses what was read: {body!r}") from error
    assert as_read(found) == as_read(accepted), body
    return True


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_what_a_service_writes_is_read_quickly(event: Contract) -> None:
    assert agree(type(event), reader(type(event)), event.body())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_nothing_is_read_that_the_contract_refuses_or_reads_otherwise(event: Contract) -> None:
    contract, read, body = type(event), reader(type(event)), event.body()
    places = [match.span() for match in VALUES.finditer(body)]
    assert len(places) > 5
    outcomes = {agree(contract, read, body[:start] + value + body[end:]) for start, end in places for value in AWKWARD}
    assert outcomes == {True, False}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_bytes_that_went_astray_are_judged_alike(event: Contract) -> None:
    contract, read, body, rng = type(event), reader(type(event)), event.body(), Random(1)
    for _ in range(3_000):
        start = rng.randrange(len(body))
        end = min(len(body), start + rng.randrange(4))
        agree(contract, read, body[:start] + rng.randbytes(rng.randrange(3)) + body[end:])
        other = rng.randrange(len(body))
        agree(contract, read, body[:start] + body[other : other + 5] + body[end:])


def test_unknown_fields_are_for_the_contract_to_pass_over() -> None:
    body = DEVICE.body()[:-1] + b',"news":{"of":"tomorrow"}}'
    assert not agree(DeviceDiscovered, reader(DeviceDiscovered), body)
    assert DeviceDiscovered.from_body(body) == DEVICE


def test_a_field_that_might_be_read_otherwise_has_no_reader() -> None:
    class Strange(TenantDiscovered):
        pattern: set[str] = set()  # noqa: RUF012 - a field of a model

    class Careful(TenantDiscovered):
        @field_validator("display_name")
        @classmethod
        def _polite(cls, value: str) -> str:
            return value

    for contract in (Strange, Careful):
        with pytest.raises(TypeError, match="no struct"):
            reader(contract)


def test_the_matcher_reads_its_large_topics_quickly() -> None:
    readers = inputs(None, lambda: None, 1).readers  # type: ignore[arg-type]
    assert set(readers) == {DeviceDiscovered, ConfigurationState, DeviceMatchState}
