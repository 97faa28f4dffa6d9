"""What cannot be processed: how it is recognised, what is kept of it, and when there is too much of it."""

import re
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from matchbook_contracts.base import Contract
from pydantic import ValidationError

from matchbook_servicekit.messaging import LARGEST_BODY_BYTES, KafkaSettings, Received, Wire
from matchbook_servicekit.telemetry import get_logger

log = get_logger(__name__)

_STACK_LIMIT = 8_000
_DETAIL_LIMIT = 1_000
# An escape, and not a backslash that is itself escaped.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_READ = ("ce_id", "ce_type", "traceparent")


class Reason(StrEnum):
    """Why a record was set aside; travels in the `dlq_reason` header."""

    NOT_JSON = "not_json"
    CONTRACT_BROKEN = "contract_broken"
    HEADER_NOT_UTF8 = "header_not_utf8"
    UNKNOWN_TYPE = "unknown_type"
    OVERSIZED = "oversized"
    MISSING_HEADER = "missing_header"
    WRONG_TOPIC = "wrong_topic"
    INVALID = "invalid"
    HANDLER_FAILED = "handler_failed"


@dataclass(frozen=True, slots=True)
class Dead:
    """A record to be set aside. `raw` is aiokafka's ConsumerRecord; `detail` may quote it, so it is never logged."""

    raw: Any
    reason: Reason
    detail: str
    attempts: int = 1
    stack: str = ""


class Tombstone:
    """A record without a body: compaction's mark of deletion. It is passed over."""


TOMBSTONE = Tombstone()


class BrakeEngaged(Exception):  # noqa: N818 - a decision, not an accident
    """Too many dead letters; the consumer stopped before it set any more aside. The message holds the remedy."""


def decode(raw: Any, kafka: KafkaSettings, contracts: Mapping[str, type[Contract]]) -> Received | Dead | Tombstone:
    """The event of a raw record, or why there is none. Never raises for anything a record may hold."""
    value = raw.value
    if value is None:
        return TOMBSTONE
    if len(value) > LARGEST_BODY_BYTES:
        return Dead(raw, Reason.OVERSIZED, f"the body has {len(value)} bytes, more than {LARGEST_BODY_BYTES}")
    found: dict[str, str] = {}
    for name, header in raw.headers:
        # Another program's headers may be anything; only those that are read have to be text.
        if name in _READ or name.startswith("ce_"):
            try:
                found[name] = header.decode()
            except (UnicodeDecodeError, AttributeError):
                return Dead(raw, Reason.HEADER_NOT_UTF8, f"header {name} is not UTF-8 text")
    for name in ("ce_type", "ce_id"):
        if not found.get(name):
            return Dead(raw, Reason.MISSING_HEADER, f"header {name} is missing or empty")
    return _decode_body(raw, found, kafka, contracts)


def _decode_body(
    raw: Any, headers: Mapping[str, str], kafka: KafkaSettings, contracts: Mapping[str, type[Contract]]
) -> Received | Dead:
    model = contracts.get(headers["ce_type"])
    if model is None:
        return Dead(raw, Reason.UNKNOWN_TYPE, f"no contract is called {headers['ce_type']}")
    topic = kafka.logical(raw.topic)
    if model.topic != topic:
        return Dead(raw, Reason.WRONG_TOPIC, f"{headers['ce_type']} belongs on {model.topic}")
    if b"u0000" in raw.value and _NUL.search(raw.value):
        return Dead(raw, Reason.CONTRACT_BROKEN, "a text holds the character NUL, which no database column takes")
    try:
        event = model.from_body(raw.value)
    except ValidationError as error:
        return Dead(raw, _body_reason(error), _explain(error))
    except (ValueError, RecursionError) as error:
        return Dead(raw, Reason.CONTRACT_BROKEN, f"{type(error).__name__}: {error}")
    return Received(
        event,
        headers["ce_id"],
        topic,
        raw.partition,
        raw.offset,
        datetime.fromtimestamp(max(raw.timestamp, 0) / 1000, UTC),
        headers.get("traceparent"),
        raw.value,
    )


def _body_reason(error: ValidationError) -> Reason:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return Reason.NOT_JSON if first["type"] == "json_invalid" else Reason.CONTRACT_BROKEN


def _explain(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)[:_DETAIL_LIMIT]


def stack_of(error: BaseException) -> str:
    """The end of a traceback, short enough for a header."""
    return "".join(traceback.format_exception(error))[-_STACK_LIMIT:]


def dead_letter(dead: Dead, *, group: str, at: datetime) -> Wire:
    """The record for `<topic>.dlq`: key, body and headers as they were, and what an operator needs to redrive it."""
    raw = dead.raw
    added = {
        "dlq_reason": dead.reason.value,
        "dlq_detail": dead.detail[:_DETAIL_LIMIT],
        "dlq_source_topic": raw.topic,
        "dlq_source_partition": str(raw.partition),
        "dlq_source_offset": str(raw.offset),
        "dlq_source_timestamp": str(raw.timestamp),
        "dlq_group": group,
        "dlq_attempts": str(dead.attempts),
        "dlq_stack": dead.stack,
        "dlq_at": at.isoformat(),
    }
    headers = (*raw.headers, *((name, text.encode("utf-8", "replace")) for name, text in added.items()))
    return Wire(f"{raw.topic}.dlq", raw.key, raw.value, headers, raw.partition)


@dataclass(frozen=True, slots=True)
class BrakeLimits:
    """When a consumer stops: `run` dead letters of one partition with no good record between them, or a share of
    `share` among the last `window` records once `least` of those are dead.
    """

    run: int = 50
    share: float = 0.5
    window: int = 1_000
    least: int = 100


class Brake:
    """Counts outcomes and says when to stop. Runs are per partition and live in the offsets table; shares in memory."""

    def __init__(self, limits: BrakeLimits) -> None:
        self.limits = limits
        self._recent: deque[tuple[int, int]] = deque()
        self._seen = 0
        self._dead = 0

    def check(self, runs: Mapping[Any, int], outcomes: Sequence[tuple[Any, bool]]) -> dict[Any, int]:
        """The runs after a batch whose `outcomes` are (partition, is dead) in order. Raises BrakeEngaged at a limit.

        Nothing is recorded until `record` is called, so a batch that is tried again does not count twice.
        """
        after = dict(runs)
        for partition, is_dead in outcomes:
            after[partition] = after.get(partition, 0) + 1 if is_dead else 0
            if after[partition] > self.limits.run:
                raise BrakeEngaged(f"more than {self.limits.run} records in a row of {partition} cannot be processed")
        dead = self._dead + sum(is_dead for _, is_dead in outcomes)
        seen = self._seen + len(outcomes)
        if dead > self.limits.least and dead > self.limits.share * seen:
            raise BrakeEngaged(f"{dead} of the last {seen} records cannot be processed")
        return after

    def record(self, outcomes: Sequence[tuple[Any, bool]]) -> None:
        """Add a committed batch to the window."""
        dead = sum(is_dead for _, is_dead in outcomes)
        self._recent.append((len(outcomes), dead))
        self._seen += len(outcomes)
        self._dead += dead
        while self._recent and self._seen - self._recent[0][0] >= self.limits.window:
            seen, gone = self._recent.popleft()
            self._seen -= seen
            self._dead -= gone


class DeadLetterLog:
    """At most one line a second, however many letters; each line says how many were not shown before it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, interval: float = 1.0) -> None:
        self._clock = clock
        self._interval = interval
        self._next = 0.0
        self._suppressed = 0

    def write(self, dead: Dead, group: str) -> None:
        """Log where the record lies and why it was set aside, never what it holds."""
        now = self._clock()
        if now < self._next:
            self._suppressed += 1
            return
        self._next = now + self._interval
        log.warning(
            "record set aside as a dead letter",
            reason=dead.reason.value,
            topic=dead.raw.topic,
            partition=dead.raw.partition,
            offset=dead.raw.offset,
            group=group,
            attempts=dead.attempts,
            suppressed=self._suppressed,
        )
        self._suppressed = 0
