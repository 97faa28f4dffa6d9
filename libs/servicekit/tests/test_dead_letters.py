"""The parts that need no broker: the brake's arithmetic, the letter itself, the log's patience."""

from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st
from matchbook_contracts import registry
from matchbook_servicekit.dead_letters import (
    Brake,
    BrakeEngaged,
    BrakeLimits,
    Dead,
    DeadLetterLog,
    Decoder,
    Reason,
    dead_letter,
)
from matchbook_servicekit.messaging import (
    LARGEST_DEAD_RECORD_BYTES,
    LARGEST_RECORD_BYTES,
    KafkaSettings,
    Received,
)

from .conftest import device

AT = datetime(2026, 3, 9, tzinfo=UTC)


def record(value: bytes | None, headers: Any = (), key: bytes | None = b"k") -> Any:
    return ConsumerRecord("p.matchbook.devices", 2, 17, 1_700_000_000_000, 0, key, value, 0, 1, 1, tuple(headers))


@given(st.binary(max_size=200), st.lists(st.tuples(st.text(max_size=12), st.binary(max_size=20)), max_size=6))
def test_no_record_makes_the_decoder_raise(value: bytes, headers: list[tuple[str, bytes]]) -> None:
    decoder = Decoder(KafkaSettings("x", "p."), registry.contracts())
    assert decoder.decode(record(value, headers)) is not None
    named = [*headers, ("ce_type", b"matchbook.DeviceDiscovered.v1"), ("ce_id", b"1")]
    assert decoder.decode(record(value, named)) is not None


def test_a_good_record_is_decoded_with_where_it_lies() -> None:
    decoder = Decoder(KafkaSettings("x", "p."), registry.contracts())
    event = device(1)
    headers = [("ce_type", event.ce_type().encode()), ("ce_id", b"e1"), ("traceparent", b"00-a-b-01")]
    assert decoder.decode(record(event.body(), headers)) == Received(
        event,
        "e1",
        "matchbook.devices",
        2,
        17,
        datetime.fromtimestamp(1_700_000_000, UTC),
        "00-a-b-01",
        event.body(),
    )


def test_what_a_reader_refuses_is_for_the_contract_to_judge() -> None:
    event = device(1)

    def only_short(body: bytes) -> str:
        if len(body) > len(event.body()):
            raise ValueError("too long for me")
        return "read quickly"

    decoder = Decoder(KafkaSettings("x", "p."), registry.contracts(), {type(event): only_short})
    headers = [("ce_type", event.ce_type().encode()), ("ce_id", b"e1")]
    outcomes: list[Any] = [
        decoder.decode(record(body, headers))
        for body in (event.body(), event.body()[:-1] + b',"new":1}', event.body() + b"}")
    ]
    quick, slow, dead = outcomes
    assert (quick.event, slow.event, dead.reason) == ("read quickly", event, Reason.NOT_JSON)


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    decoder = Decoder(KafkaSettings("x", "p."), registry.contracts())
    event = device(1, name="a\\u0000")
    headers = [("ce_type", event.ce_type().encode()), ("ce_id", b"e1")]
    assert isinstance(decoder.decode(record(event.body(), headers)), Received)
    assert isinstance(decoder.decode(record(device(1, name="a\\\x00").body(), headers)), Dead)


def test_a_letter_larger_than_its_topic_takes_is_cut_and_says_so() -> None:
    raw = record(b"x" * (LARGEST_RECORD_BYTES + 1), [("mine", b"1")])
    letter = dead_letter(Dead(raw, Reason.OVERSIZED, "", stack="s" * 8000), group="g", at=AT)
    headers = dict(letter.headers)
    assert letter.value is not None
    assert len(letter.value) < LARGEST_DEAD_RECORD_BYTES / 2
    assert headers["dlq_truncated_from"] == str(LARGEST_RECORD_BYTES + 1).encode()
    assert headers["mine"] == b"1"
    swollen = record(b"x", [("mine", b"h" * LARGEST_RECORD_BYTES)])
    assert "mine" not in dict(dead_letter(Dead(swollen, Reason.OVERSIZED, ""), group="g", at=AT).headers)


def test_a_letter_keeps_a_missing_key_and_the_partition() -> None:
    letter = dead_letter(Dead(record(b"x", key=None), Reason.NOT_JSON, ""), group="g", at=AT)
    assert (letter.key, letter.partition, letter.topic) == (None, 2, "p.matchbook.devices.dlq")


def test_a_good_record_ends_a_run() -> None:
    brake = Brake(BrakeLimits(run=3))
    assert brake.check({"p": 3}, {"p": [False, True, True, True]}) == {"p": 3}
    with pytest.raises(BrakeEngaged):
        brake.check({"p": 3}, {"p": [True]})
    with pytest.raises(BrakeEngaged):
        brake.check({"p": 0}, {"p": [True, True, True, True, False]})
    assert brake.check({"p": 3}, {"p": []}) == {"p": 3}
    assert brake.check({"p": 3, "q": 1}, {"p": [False]}) == {"p": 0, "q": 1}


def test_a_share_counts_only_within_its_window() -> None:
    brake = Brake(BrakeLimits(run=1000, share=0.5, window=100, least=10))
    bad, good = {"p": [True] * 20}, {"p": [False] * 20}
    brake.check({}, {"p": [True] * 10})
    with pytest.raises(BrakeEngaged):
        brake.check({}, bad)
    for _ in range(5):
        brake.check({}, good)
        brake.record(good)
    brake.check({}, bad)
    brake.record(bad)
    brake.check({}, bad)
    brake.record(bad)
    # Sixty good ones are left in the window by now, and sixty bad.
    brake.check({}, bad)
    brake.record(bad)
    with pytest.raises(BrakeEngaged):
        brake.check({}, bad)


def test_a_flood_of_letters_is_one_line_a_second_with_their_count() -> None:
    now = 0.0
    patient = DeadLetterLog(clock=lambda: now)
    letter = Dead(record(b"PF3X9K2L"), Reason.NOT_JSON, "PF3X9K2L")
    with structlog.testing.capture_logs() as logs:
        for _ in range(100):
            patient.write(letter, "g")
        now = 1.0
        patient.write(letter, "g")
    assert [line["suppressed"] for line in logs] == [0, 99]
    assert logs[0]["reason"] == "not_json"
    assert "PF3X9K2L" not in str(logs)
