"""Records on their way to Kafka and from it: CloudEvents headers, stable ids, and the publisher that keeps order."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidMessageError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)
from aiokafka.partitioner import murmur2
from matchbook_contracts.base import Contract

from matchbook_servicekit.failpoints import failpoint
from matchbook_servicekit.telemetry import current_traceparent, metrics

LARGEST_BODY_BYTES = 1024 * 1024
# Room for whatever a producer outside Matchbook may put on a topic, so that it can be read and set aside.
LARGEST_RECORD_BYTES = 8 * 1024 * 1024
LARGEST_DEAD_RECORD_BYTES = LARGEST_RECORD_BYTES + 1024 * 1024
CONTENT_TYPE = b"application/json"
_VERSION = ("ce_specversion", b"1.0")
_CONTENT = ("content-type", CONTENT_TYPE)

_NAMESPACE = UUID("c1ad3a0e-4d68-5c77-9a0d-6f1a3c0de5b7")
_BATCH_BYTES = 512 * 1024
_FLUSH_SECONDS = 5.0
# What a later attempt cannot change; everything else means that the broker is away or busy.
_HOPELESS = (
    InvalidMessageError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)


class Transient(Exception):  # noqa: N818 - a kind of outcome, not a programming error
    """What is needed is away for now; the same work is tried again, without bound, with growing pauses."""


class PublishRefused(Exception):  # noqa: N818
    """The broker will never take this record, however often it is sent."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach Kafka. `prefix` goes before every topic name and group; times are in seconds.

    `instance_id` makes consumers static members: a restart within the session time-out moves no partitions. The brake
    stops a consumer after `brake_run` dead letters in a row on one partition, or past a share of `brake_share`.
    """

    bootstrap: str
    prefix: str = ""
    client_id: str = "matchbook"
    instance_id: str | None = None
    publish_timeout: float = 30.0
    session_timeout: float = 10.0
    brake_run: int = 50
    brake_share: float = 0.5

    def physical(self, topic: str) -> str:
        """The topic's name on the broker."""
        return self.prefix + topic

    def logical(self, topic: str) -> str:
        """The topic's name in the registry."""
        return topic.removeprefix(self.prefix)


class Outgoing(NamedTuple):
    """A record ready to be sent: `topic` without the prefix, `headers` as they go on the wire."""

    topic: str
    key: str
    partition_key: str
    event_id: str
    body: bytes
    headers: tuple[tuple[str, bytes], ...]


class Received(NamedTuple):
    """A decoded record: `topic` without the prefix, `timestamp` as the producer or broker set it, `body` as it came.

    `event` may also be what a reader of the subscription made of it: something with the contract's fields.
    """

    event: Contract
    event_id: str
    topic: str
    partition: int
    offset: int
    timestamp: datetime
    traceparent: str | None
    body: bytes


def outgoing(  # noqa: PLR0913 - named at each call
    event: Contract,
    *,
    source: str,
    event_id: str,
    time: datetime | None = None,
    traceparent: str | None = None,
    body: bytes | None = None,
) -> Outgoing:
    """The record of an event: CloudEvents 1.0, Kafka binary mode.

    `source` names the service; `event_id` must be the same whenever the same event is sent again. `traceparent`
    continues the trace of one record; without it the running span's travels, and none where it is empty. It is the one
    header that may differ between two sendings. `body` is the event's, where it is written already.
    """
    key = event.key
    headers = [
        _VERSION,
        ("ce_id", event_id.encode()),
        ("ce_type", event.ce_type().encode()),
        ("ce_source", source.encode()),
        ("ce_subject", key.encode()),
        _CONTENT,
    ]
    if time is not None:
        headers.append(("ce_time", _written(time)))
    if trace := current_traceparent() if traceparent is None else traceparent:
        headers.append(("traceparent", trace.encode()))
    return Outgoing(event.topic, key, event.partition_key, event_id, body or event.body(), tuple(headers))


# The events of a command share their time.
@lru_cache(maxsize=256)
def _written(time: datetime) -> bytes:
    return time.isoformat().encode()


def derived_id(*parts: str | int) -> str:
    """The id of an event that is a function of its input: the same parts give the same id (UUID version 5)."""
    # What `uuid5` makes, at a third of its price: two of these are made for each decision.
    digits = sha1(_NAMESPACE.bytes + "\x1f".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def partition_of(partition_key: bytes, partitions: int) -> int:
    """The partition that Java's and aiokafka's default partitioners choose for the same bytes."""
    return _hash_of(partition_key) % partitions


@lru_cache(maxsize=16_384)
def _hash_of(partition_key: bytes) -> int:
    # aiokafka computes it in Python, and the records of a batch share few keys.
    return int(murmur2(partition_key)) & 0x7FFFFFFF


class Wire(NamedTuple):
    """A record as bytes. `topic` is the name on the broker; `partition` None lets `partition_key` choose."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    partition: int | None = None
    partition_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the records: where each lies (partition, offset; None when unknown), and the first failure."""

    places: Sequence[tuple[int, int] | None]
    failure: Exception | None


class Publisher:
    """An idempotent producer, `acks=all`, that keeps the order of records that share a partition.

    Each partition's records go in batches of which the next is sent only after the one before was acknowledged, so a
    batch that fails is never overtaken by a later one. A batch that is not acknowledged in time stays with the
    producer, whose sequence numbers keep it from being written twice; until its fate is known nothing more is sent to
    its partition. With `abandon`, for commands that a person was told had failed, such a batch is given up instead.
    """

    def __init__(self, settings: KafkaSettings, *, abandon: bool = False) -> None:
        self.settings = settings
        self.abandon = abandon
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()
        self._undecided: dict[tuple[str, int], asyncio.Future[Any]] = {}

    async def start(self) -> None:
        """Connect; raises Transient when no broker answers."""
        try:
            await self._ready()
        except (KafkaError, OSError, TimeoutError) as error:
            raise _classified(error) from error

    async def stop(self) -> None:
        """Send what is on its way, as far as the broker takes it within a few seconds, then close.

        What it does not take was never acknowledged, so whoever published it does so again after the restart.
        """
        async with self._lock:
            producer, self._producer = self._producer, None
        if producer is not None:
            await _close(producer, _FLUSH_SECONDS)

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Send all records and return when all are acknowledged.

        Raises Transient when the broker is away, after which the whole call may be repeated: some records may then be
        on the topic twice, in order and with the same `ce_id`. Raises PublishRefused for a record the broker never
        takes.
        """
        if not records:
            return
        delivery = await self.deliver(records)
        if delivery.failure is not None:
            raise delivery.failure

    async def deliver(self, records: Sequence[Outgoing]) -> Delivery:
        """Like `publish`, but says of each record where it went instead of raising."""
        physical = self.settings.physical
        return await self.send(
            [
                Wire(
                    physical(item.topic), item.key.encode(), item.body, item.headers, None, item.partition_key.encode()
                )
                for item in records
            ]
        )

    async def send(self, records: Sequence[Wire]) -> Delivery:
        """Send raw records; the same promises as `deliver`."""
        failpoint("publisher.before_publish")
        places: list[tuple[int, int] | None] = [None] * len(records)
        try:
            producer = await self._ready()
            chains = await _chains(producer, records)
        except (KafkaError, OSError, TimeoutError) as error:
            return Delivery(places, _classified(error))
        ends = await asyncio.gather(
            *(self._send_chain(producer, place, records, chain, places) for place, chain in chains.items()),
            return_exceptions=True,
        )
        failures = [end for end in ends if end is not None]
        if any(not isinstance(end, _Unanswered) for end in failures) or (failures and self.abandon):
            await self._forget(producer)
        failpoint("publisher.after_publish")
        return Delivery(places, _first_failure(failures))

    async def _send_chain(
        self,
        producer: AIOKafkaProducer,
        place: tuple[str, int],
        records: Sequence[Wire],
        chain: Sequence[int],
        places: list[tuple[int, int] | None],
    ) -> None:
        await self._decided(place)
        topic, partition = place
        at = 0
        while at < len(chain):
            batch, count = _batch(producer, records, chain[at:])
            written = await self._acknowledged(place, await producer.send_batch(batch, topic, partition=partition))
            for step, index in enumerate(chain[at : at + count]):
                places[index] = (partition, written.offset + step)
            metrics.records_published.labels(topic).inc(count)
            at += count

    async def _decided(self, place: tuple[str, int]) -> None:
        """Wait for the fate of a batch that an earlier call left behind, whatever it is."""
        earlier = self._undecided.get(place)
        if earlier is not None:
            await asyncio.wait([earlier], timeout=self.settings.publish_timeout)
            if not earlier.done():
                raise _Unanswered(f"Kafka has not answered for {place[0]}-{place[1]} yet")
            self._undecided.pop(place, None)

    async def _acknowledged(self, place: tuple[str, int], answer: "asyncio.Future[Any]") -> Any:
        try:
            await asyncio.wait([answer], timeout=self.settings.publish_timeout)
            if not answer.done():
                raise _Unanswered(f"Kafka did not answer for {place[0]}-{place[1]} in time")
            return answer.result()
        finally:
            # Also when the caller is cancelled: its deadline says nothing of the batch.
            if not answer.done():
                self._undecided[place] = answer
                answer.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _ready(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is not None and _is_dead(self._producer):
                # What it held is lost with it, and the futures of that are never resolved.
                await _close(self._producer, 0)
                self._producer = None
                self._undecided.clear()
                metrics.producer_restarts.inc()
            if self._producer is None:
                self._producer = await _connected(self.settings)
            return self._producer

    async def _forget(self, producer: AIOKafkaProducer) -> None:
        # After some broker failures aiokafka's producer stays closed for good (aiokafka#1133); a new one does not.
        async with self._lock:
            if self._producer is producer:
                self._producer = None
                self._undecided.clear()
                metrics.producer_restarts.inc()
        await _close(producer, 0 if self.abandon else _FLUSH_SECONDS)


class _Unanswered(Transient):
    """A batch is with the producer, and perhaps on the topic."""


def _is_dead(producer: AIOKafkaProducer) -> bool:
    """Whether the task that sends has ended, after which a producer takes records and sends none."""
    sender = producer._sender  # noqa: SLF001 - it has no public sign of it
    return sender is None or sender.sender_task is None or sender.sender_task.done()


async def _close(producer: AIOKafkaProducer, seconds: float) -> None:
    """Let the producer send what it holds for that long, then end it whatever it holds."""
    closing = asyncio.ensure_future(producer.stop())
    closing.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait([closing], timeout=seconds)
    if not closing.done():
        closing.cancel()
        # It retries for ever and has no public way to be told otherwise.
        sender = producer._sender  # noqa: SLF001
        if sender is not None and sender.sender_task is not None:
            sender.sender_task.cancel()
        with contextlib.suppress(KafkaError, OSError):
            await producer.client.close()


async def _connected(settings: KafkaSettings) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap,
        client_id=settings.client_id,
        acks="all",
        enable_idempotence=True,
        max_batch_size=_BATCH_BYTES,
        max_request_size=LARGEST_DEAD_RECORD_BYTES,
        request_timeout_ms=int(settings.publish_timeout * 1000),
        metadata_max_age_ms=60_000,
    )
    try:
        # An idempotent producer waits for its id without bound when the broker went away in between.
        async with asyncio.timeout(settings.publish_timeout):
            await producer.start()
    except BaseException:
        await _close(producer, _FLUSH_SECONDS)
        raise
    return producer


def _classified(error: BaseException) -> Exception:
    """Refused for good, or away for now; what is neither is returned as it is."""
    if isinstance(error, _HOPELESS):
        return PublishRefused(f"Kafka refused a record: {type(error).__name__}")
    if isinstance(error, Transient):
        return error
    if isinstance(error, (KafkaError, OSError, TimeoutError)):
        return Transient(f"Kafka did not take the records: {type(error).__name__}: {error}")
    return error if isinstance(error, Exception) else Transient(repr(error))


def _first_failure(ends: Iterable[BaseException]) -> Exception | None:
    failures = [_classified(end) for end in ends]
    # A record that can never be sent says more than the neighbours that are to be tried again.
    return next((item for item in failures if isinstance(item, PublishRefused)), next(iter(failures), None))


async def _chains(producer: AIOKafkaProducer, records: Sequence[Wire]) -> dict[tuple[str, int], list[int]]:
    """The records' indexes by topic and partition, in their order."""
    counts = {topic: len(await producer.partitions_for(topic)) for topic in {record.topic for record in records}}
    chains: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        partition = record.partition
        if partition is None:
            partition = partition_of(record.partition_key, counts[record.topic])
        chains[record.topic, partition % counts[record.topic]].append(index)
    return chains


def _batch(producer: AIOKafkaProducer, records: Sequence[Wire], chain: Sequence[int]) -> tuple[Any, int]:
    batch = producer.create_batch()
    count = 0
    for index in chain:
        record = records[index]
        if batch.append(timestamp=None, key=record.key, value=record.value, headers=list(record.headers)) is None:
            break
        count += 1
    batch.close()
    return batch, count
