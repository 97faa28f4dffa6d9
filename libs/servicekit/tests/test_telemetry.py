"""Logs carry no personal data, whichever way it gets in; traces pass through."""

import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
import structlog
from matchbook_contracts.discovery import DeviceDiscovered
from matchbook_servicekit import telemetry
from matchbook_servicekit.messaging import outgoing
from matchbook_servicekit.telemetry import configure_logging, configure_tracing, describe, get_logger, span_context
from opentelemetry import trace
from pydantic import ValidationError

from .conftest import device

SERIAL, UPN = "PF3X9K2L", "jo.lind@contoso-dental.example"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Configured logging, and what it wrote so far."""
    output = io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    settings = SimpleNamespace(log_format="json", otlp_endpoint=None, service_name="matcher", instance_id="matcher-0")
    logging.captureWarnings(capture=False)  # It keeps to the first that asked, whose hook may be gone by now.
    configure_logging(settings)
    yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    root.handlers[:], root.level = before
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def leak_by_key(log: Any) -> None:
    log.info("said", serial_number=SERIAL, userPrincipalName=UPN, facts={"deep": [{"wifi_mac_address": SERIAL}]})


def leak_by_text(log: Any) -> None:
    log.warning("for %s", UPN, where=f"<{UPN}>")


def leak_by_library(_log: Any) -> None:
    logging.getLogger("msal").warning("no token for %s", UPN)


def leak_by_warning(_log: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"odd name {UPN}", stacklevel=1)


def leak_by_extra(_log: Any) -> None:
    logging.getLogger("other").warning("said", extra={"serial_number": SERIAL})


def leak_by_bytes(log: Any) -> None:
    log.info("said", record=f'{{"serial_number": "{SERIAL}"}}'.encode())


def leak_by_exception(log: Any) -> None:
    try:
        int(f"bad {SERIAL} of {UPN}")
    except ValueError:
        log.exception("failed")


def leak_by_validation(log: Any) -> None:
    try:
        DeviceDiscovered.model_validate_json(json.dumps({"tenant_id": 7, "facts": {"serial_number": [SERIAL]}}))
    except ValidationError as error:
        log.exception("failed", cause=describe(error))


def leak_by_constraint(log: Any) -> None:
    error = asyncpg.UniqueViolationError(f"Key (serial)=({SERIAL}) already exists.")
    log.error("failed", exc_info=error, cause=describe(error))


LEAKS = [value for name, value in list(globals().items()) if name.startswith("leak_")]


@pytest.mark.parametrize("leak", LEAKS)
def test_personal_data_never_reaches_a_line(lines: Any, leak: Any) -> None:
    leak(get_logger("test"))
    [line] = lines()
    assert line["event"]
    assert SERIAL not in json.dumps(line)
    assert UPN not in json.dumps(line)


def test_a_line_says_who_when_and_what(lines: Any) -> None:
    get_logger("test").info("tenant synced", tenant_id="t1", devices=3)
    [line] = lines()
    assert line | {"timestamp": ""} == {
        "event": "tenant synced",
        "tenant_id": "t1",
        "devices": 3,
        "level": "info",
        "logger": "test",
        "service": "matcher",
        "instance": "matcher-0",
        "timestamp": "",
    }


def test_an_exception_is_told_by_type_and_frames(lines: Any) -> None:
    leak_by_exception(get_logger("test"))
    [line] = lines()
    assert line["failure"] == "ValueError"
    assert line["frames"][-1].endswith("leak_by_exception")


def test_a_lost_connection_is_told_in_full() -> None:
    assert describe(ConnectionRefusedError(111, "refused")) == "ConnectionRefusedError: [Errno 111] refused"
    assert "too many" in describe(asyncpg.TooManyConnectionsError("too many clients"))


def test_a_record_carries_the_running_span_or_the_one_it_is_given() -> None:
    configure_tracing(SimpleNamespace(log_format="json", otlp_endpoint=None, service_name="x", instance_id=None))
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with telemetry.tracer().start_as_current_span("outer") as span:
        inside = dict(outgoing(device(1), source="test", event_id="e").headers)["traceparent"].decode()
    assert format(span.get_span_context().trace_id, "032x") in inside
    record = outgoing(device(1), source="test", event_id="e", traceparent=given)
    assert dict(record.headers)["traceparent"].decode() == given
    found = span_context(given)
    assert found is not None
    assert found.trace_id == 0x0AF7651916CD43DD8448EB211C80319C
    assert trace.get_current_span().get_span_context().is_valid is False


@pytest.mark.parametrize("text", ["", "00-xyz", "00-" + "0" * 32 + "-" + "0" * 16 + "-00", "\ufffd"])
def test_what_is_no_traceparent_is_no_span(text: str) -> None:
    assert span_context(text) is None


def test_what_a_library_repeats_is_written_once_in_ten_seconds(lines: Any) -> None:
    for port in range(100):
        logging.getLogger("aiokafka.client").error("Unable connect to %s", port)
        logging.getLogger("ours").error("Unable connect to %s", port)
    assert [line["logger"] for line in lines()].count("aiokafka.client") == 1
    assert [line["logger"] for line in lines()].count("ours") == 100
