"""What cannot be processed: how it is recognised, what is kept of it, and when there is too much of it."""

import re
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from matchbook_contracts.base import Contract
from pydantic import ValidationError

from matchbook_servicekit.header_names import printable
from matchbook_servicekit.messaging import LARGEST_BODY_BYTES, LARGEST_RECORD_BYTES, KafkaSettings, Received, Wire
from matchbook_servicekit.telemetry import get_logger

log = get_logger(__name__)

_STACK_LIMIT = 8_000
_DETAIL_LIMIT = 1_000
# An escape, and not a backslash that is itself escaped.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


Readers = Mapping[type[Contract], Callable[[bytes], Any]]


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


class BrakeEngaged(Exception):  # noqa: N818 - a decision, not an accident
    """Too many dead letters; the consumer stopped before it set any more aside. The message holds the remedy."""


class Decoder:
    """Turns raw records into events; what it looks up is prepared once for each topic.

    `readers` are quicker ways to read what belongs to a contract. What a reader refuses is for the contract to judge.
    """

    def __init__(
        self, kafka: KafkaSettings, contracts: Mapping[str, type[Contract]], readers: Readers | None = None
    ) -> None:
        self._kafka = kafka
        self._contracts = contracts
        self._readers = readers or {}
        self._topics: dict[str, tuple[str, Mapping[bytes, type[Contract]]]] = {}

    def decode(self, raw: Any) -> Received | Dead | None:
        """The event of a raw record, why there is none, or None for a tombstone; never raises."""
        body = raw.value
        if body is None:
            return None
        if len(body) > LARGEST_BODY_BYTES:
            return Dead(raw, Reason.OVERSIZED, f"the body has {len(body)} bytes, more than {LARGEST_BODY_BYTES}")
        headers = dict(raw.headers)
        topic, models = self._topics.get(raw.topic) or self._prepare(raw.topic)
        model = models.get(headers.get("ce_type", b""))
        if model is None or not headers.get("ce_id") or not _all_text(headers):
            return self._explain_headers(raw, headers)
        if b"\x00" in headers["ce_id"] or (b"u0000" in body and _NUL.search(body)):
            return Dead(raw, Reason.CONTRACT_BROKEN, "a text holds the character NUL, which no database column takes")
        try:
            event = self._read(model, body)
        except (ValueError, RecursionError) as error:
            return _broken(raw, error)
        trace = headers.get("traceparent")
        return Received(
            event,
            headers["ce_id"].decode(),
            topic,
            raw.partition,
            raw.offset,
            _moment(raw.timestamp),
            trace.decode() if trace else None,
            body,
        )

    def _read(self, model: type[Contract], body: bytes) -> Any:
        reader = self._readers.get(model)
        if reader is not None:
            try:
                return reader(body)
            except (ValueError, RecursionError):
                # No `suppress`: making one for each record costs a twentieth of reading it.
                pass
        # What `from_body` does, without two calls a record.
        return model.__pydantic_validator__.validate_json(body)

    def _prepare(self, physical: str) -> tuple[str, Mapping[bytes, type[Contract]]]:
        topic = self._kafka.logical(physical)
        models = {name.encode(): model for name, model in self._contracts.items() if model.topic == topic}
        return self._topics.setdefault(physical, (topic, models))

    def _explain_headers(self, raw: Any, headers: Mapping[str, bytes | None]) -> Dead:
        for name, value in headers.items():
            if value is None or not _all_text({name: value}):
                return Dead(raw, Reason.HEADER_NOT_UTF8, f"header {printable(name)} is not UTF-8 text")
        for name in ("ce_type", "ce_id"):
            if not headers.get(name):
                return Dead(raw, Reason.MISSING_HEADER, f"header {name} is missing or empty")
        kind = (headers["ce_type"] or b"").decode()
        if kind in self._contracts:
            return Dead(raw, Reason.WRONG_TOPIC, f"{kind} belongs on {self._contracts[kind].topic}")
        return Dead(raw, Reason.UNKNOWN_TYPE, f"no contract is called {kind}")


# The records of a batch share few.
@lru_cache(maxsize=1_024)
def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(max(milliseconds, 0) / 1000, UTC)


def _all_text(headers: Mapping[str, bytes | None]) -> bool:
    try:
        # NUL between the values, so that the end of one and the start of the next never make a character.
        b"\x00".join(headers.values()).decode()  # type: ignore[arg-type]
        # Lone surrogates stand for the bytes of a name that is not UTF-8.
        names = "".join(headers)
        return names.isascii() or bool(names.encode())
    except (UnicodeError, TypeError):
        return False


def _broken(raw: Any, error: ValueError | RecursionError) -> Dead:
    if isinstance(error, ValidationError):
        return Dead(raw, _body_reason(error), _explain(error))
    return Dead(raw, Reason.CONTRACT_BROKEN, f"{type(error).__name__}: {error}"[:_DETAIL_LIMIT])


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
    value, headers = raw.value, raw.headers
    if len(value or b"") + _size(headers) > LARGEST_RECORD_BYTES:
        # A compressed record can be larger than what any topic takes; better its beginning than nothing.
        added["dlq_truncated_from"] = str(len(value or b""))
        value = value and value[:LARGEST_BODY_BYTES]
        headers = headers if _size(headers) < LARGEST_BODY_BYTES else ()
    ours = ((name, text.encode("utf-8", "replace")) for name, text in added.items())
    kept = ((printable(name), text) for name, text in headers)
    return Wire(f"{raw.topic}.dlq", raw.key, value, (*kept, *ours), raw.partition)


def _size(headers: Sequence[tuple[str, bytes | None]]) -> int:
    return sum(len(name) + len(value or b"") for name, value in headers)


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

    def check(self, runs: Mapping[Any, int], outcomes: Mapping[Any, Sequence[bool]]) -> dict[Any, int]:
        """The runs after a batch whose `outcomes` say, by partition and in order, which records are dead.

        Raises BrakeEngaged at a limit. Nothing is kept until `record` is called, so a batch that is tried again does
        not count twice.
        """
        after = {
            partition: self._run(partition, runs.get(partition, 0), flags) for partition, flags in outcomes.items()
        }
        dead = self._dead + sum(map(sum, outcomes.values()))
        seen = self._seen + sum(map(len, outcomes.values()))
        if dead > self.limits.least and dead > self.limits.share * seen:
            raise BrakeEngaged(f"{dead} of the last {seen} records cannot be processed")
        return {**runs, **after}

    def _run(self, partition: Any, run: int, flags: Sequence[bool]) -> int:
        if not any(flags):
            return 0 if flags else run
        for is_dead in flags:
            run = run + 1 if is_dead else 0
            if run > self.limits.run:
                raise BrakeEngaged(f"more than {self.limits.run} records in a row of {partition} cannot be processed")
        return run

    def record(self, outcomes: Mapping[Any, Sequence[bool]]) -> None:
        """Add a committed batch to the window."""
        seen, dead = sum(map(len, outcomes.values())), sum(map(sum, outcomes.values()))
        self._recent.append((seen, dead))
        self._seen += seen
        self._dead += dead
        while self._recent and self._seen - self._recent[0][0] >= self.limits.window:
            seen, dead = self._recent.popleft()
            self._seen -= seen
            self._dead -= dead


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
