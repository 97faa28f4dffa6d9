"""The batch consumer's Kafka side: a FastStream batch subscriber on raw bytes, positions from the database, health."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaAckableMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber
from opentelemetry.trace import SpanKind

from matchbook_servicekit.applying import Applier, Apply, Invalid, Offsets, Rewound, Subscription
from matchbook_servicekit.database import Database, is_transient, stop_if_cancelled
from matchbook_servicekit.dead_letters import Brake, BrakeEngaged, BrakeLimits
from matchbook_servicekit.failpoints import failpoint
from matchbook_servicekit.header_names import tolerate_header_names
from matchbook_servicekit.messaging import LARGEST_RECORD_BYTES, KafkaSettings, Publisher, Transient
from matchbook_servicekit.telemetry import describe, get_logger, metrics, span_context, tracer

__all__ = [
    "Apply",
    "BatchConsumer",
    "BrakeEngaged",
    "ConsumerStalled",
    "Invalid",
    "Subscription",
    "Transient",
    "register",
]

log = get_logger(__name__)

_LINKS = 64
_WATCH_SECONDS = 1.0
_SILENCE_SECONDS = 60.0
_READY_SILENCE_SECONDS = 30.0
# aiokafka rejoins a group in the background; its poll interval would only punish patience. The watchdog judges instead.
_POLL_INTERVAL_MS = 24 * 60 * 60 * 1000


class ConsumerStalled(Exception):  # noqa: N818
    """The consumer makes no progress although Kafka answers; the process should end and begin anew."""


def register(
    broker: KafkaBroker, consumer: "BatchConsumer", *, listener: ConsumerRebalanceListener | None = None
) -> BatchSubscriber:
    """Subscribe `consumer` on `broker`: batches of raw records, acknowledged by nobody but the consumer itself."""
    tolerate_header_names()
    kafka, subscription = consumer.kafka, consumer.subscription
    subscriber: Any = broker.subscriber(
        *map(kafka.physical, subscription.topics),
        group_id=consumer.group,
        group_instance_id=f"{consumer.group}.{kafka.instance_id}" if kafka.instance_id else None,
        batch=True,
        max_records=subscription.max_records,
        batch_timeout_ms=subscription.batch_timeout_ms,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        partition_assignment_strategy=(RangePartitionAssignor,),
        listener=listener,
        parser=_whole_batch,
        decoder=_raw_records,
        fetch_max_bytes=LARGEST_RECORD_BYTES,
        max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
        fetch_max_wait_ms=500,
        max_poll_interval_ms=_POLL_INTERVAL_MS,
        session_timeout_ms=int(kafka.session_timeout * 1000),
        heartbeat_interval_ms=int(kafka.session_timeout * 1000 / 3),
        no_reply=True,
    )
    subscriber(consumer.handle)
    return cast("BatchSubscriber", subscriber)


async def _whole_batch(records: tuple[Any, ...]) -> KafkaAckableMessage:
    # FastStream's own parser decodes headers and raises for one that is not UTF-8, before any ack policy applies.
    return KafkaAckableMessage(body=b"", headers={}, raw_message=records, message_id="", consumer=FAKE_CONSUMER)


async def _raw_records(message: Any) -> tuple[Any, ...]:
    records: tuple[Any, ...] = message.raw_message
    return records


class BatchConsumer:
    """Applies a subscription's records exactly once, as the group `<group>.<subscription name>`.

    A component: `run` ends only by cancellation (stop polling, finish the batch, commit), by BrakeEngaged, or by
    ConsumerStalled.
    """

    def __init__(  # noqa: PLR0913 - all but the subscription is named at the call
        self,
        subscription: Subscription,
        *,
        kafka: KafkaSettings,
        database: Database,
        publisher: Publisher,
        group: str,
        limits: BrakeLimits | None = None,
    ) -> None:
        self.subscription = subscription
        self.kafka = kafka
        self.group = f"{kafka.prefix}{group}.{subscription.name}"
        self.name = f"consumer {subscription.name}"
        self._stopping = asyncio.Event()
        self._applier = Applier(
            subscription,
            group=self.group,
            kafka=kafka,
            database=database,
            publisher=publisher,
            brake=Brake(limits or BrakeLimits(run=kafka.brake_run, share=kafka.brake_share)),
            stopping=self._stopping,
        )
        self._subscriber: BatchSubscriber | None = None
        self._failure: asyncio.Future[None] | None = None
        self._busy = asyncio.Lock()
        self._expected: dict[TopicPartition, int] = {}
        self._joined = False
        self._generation = 0
        self._positioning: asyncio.Task[None] | None = None
        self._uncommitted: dict[TopicPartition, int] = {}
        self._commit_wanted = asyncio.Event()
        self._progress = time.monotonic()

    async def run(self) -> None:
        """Consume until cancelled. Raises BrakeEngaged, ConsumerStalled, or what made Kafka unusable."""
        self._failure = asyncio.get_running_loop().create_future()
        self._failure.add_done_callback(lambda future: future.cancelled() or future.exception())
        metrics.brake.labels(self.group).set(0)
        broker = _broker(self.kafka)
        self._subscriber = register(broker, self, listener=_Listener(self))
        helpers: list[asyncio.Task[None]] = []
        try:
            await self._start(broker)
            helpers = [asyncio.create_task(self._commit_loop()), asyncio.create_task(self._watch())]
            await asyncio.wait([self._failure, *helpers], return_when=asyncio.FIRST_COMPLETED)
            self._raise_failure(helpers)
        finally:
            await _through(self._stop(broker, helpers))

    def _raise_failure(self, helpers: Sequence[asyncio.Task[None]]) -> None:
        assert self._failure is not None
        if self._failure.done():
            self._failure.result()
        for helper in helpers:
            if helper.done():
                helper.result()

    async def _start(self, broker: KafkaBroker) -> None:
        """Join the group; waits for a broker that is away."""
        pause = 0.2
        while True:
            try:
                await broker.start()
            except (KafkaError, OSError) as error:
                log.warning("Kafka is away, consumer waits", group=self.group, cause=describe(error))
                with contextlib.suppress(Exception):
                    await broker.stop()
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 2)
            else:
                self._progress = time.monotonic()
                return

    async def _stop(self, broker: KafkaBroker, helpers: Sequence[asyncio.Task[None]]) -> None:
        self._stopping.set()
        with contextlib.suppress(TimeoutError):
            # The batch under way is finished and committed; what was polled after it is left for the next member.
            async with asyncio.timeout(self._applier.database.settings.deadline):
                async with self._busy:
                    pass
        for task in (*helpers, *filter(None, [self._positioning])):
            task.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        await self._commit()
        self._joined = False
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(20):
                await broker.stop()

    # --- positions

    @property
    def _consumer(self) -> AIOKafkaConsumer:
        consumer = self._subscriber.consumer if self._subscriber is not None else None
        if consumer is None:
            raise IllegalStateError("the consumer is not running")
        return consumer

    def revoked(self) -> None:
        """The group rebalances: nothing is ours until the next assignment."""
        for partition in self._expected:
            with contextlib.suppress(KeyError):
                metrics.lag.remove(self.group, partition.topic, str(partition.partition))
        self._generation += 1
        self._expected.clear()
        self._uncommitted.clear()
        self._joined = False

    def assigned(self, partitions: set[TopicPartition]) -> None:
        """Hold the new partitions until the database has said where to begin.

        No await before the pause: until the first one, no position can have been fetched and no record returned.
        """
        self._generation += 1
        self._expected.clear()
        self._consumer.pause(*partitions)
        if self._positioning is not None:
            self._positioning.cancel()
        self._positioning = asyncio.create_task(self._position(sorted(partitions), self._generation))

    async def _position(self, partitions: list[TopicPartition], generation: int) -> None:
        """Seek to the database's offsets, however long it takes to get them, then let records flow.

        A task of its own: the group's heartbeats wait for the listener.
        """
        pause = 0.1
        while generation == self._generation:
            try:
                stored, begins, ends = await self._offsets(partitions)
            except Exception as error:  # noqa: BLE001 - what is not an outage goes to `run`
                if not (isinstance(error, (KafkaError, Transient)) or is_transient(error)):
                    self._fail(error)
                    return
                self._applier.trouble = describe(error)
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 2)
            else:
                if generation == self._generation:
                    self._seek(stored, begins, ends)
                return

    async def _offsets(self, partitions: list[TopicPartition]) -> tuple[Offsets, Offsets, Offsets]:
        """What the database has applied up to, and what the broker has: first and next offset."""
        if not partitions:
            return {}, {}, {}
        stored = await self._applier.stored_offsets(partitions)
        return stored, await self._consumer.beginning_offsets(partitions), await self._consumer.end_offsets(partitions)

    def _seek(self, stored: Offsets, begins: Offsets, ends: Offsets) -> None:
        for partition, offset in stored.items():
            if offset > ends[partition]:
                self._fail(_ahead(self.group, partition, offset, ends[partition]))
                return
            if 0 < offset < begins[partition]:
                log.error(
                    "records were deleted before they were applied; rebuild from a topic that is kept",
                    group=self.group,
                    topic=partition.topic,
                    partition=partition.partition,
                    lost=begins[partition] - offset,
                )
        for partition, offset in stored.items():
            self._consumer.seek(partition, offset)
            self._expected[partition] = offset
            self._consumer.resume(partition)
        self._joined = True
        self._applier.trouble = None
        metrics.assigned.labels(self.group).set(len(stored))
        log.info("partitions assigned", group=self.group, partitions=len(stored))

    # --- batches

    async def handle(self, records: tuple[Any, ...]) -> None:
        """What FastStream calls with each batch; a failure goes to `run`, since FastStream would swallow it."""
        async with self._busy:
            if self._stopping.is_set() or self._failure is None or self._failure.done():
                return
            # Records polled before a rebalance belong to whoever has their partition now.
            known = [raw for raw in records if (raw.topic, raw.partition) in self._expected]
            try:
                with tracer().start_as_current_span(
                    f"process {self.subscription.name}", kind=SpanKind.CONSUMER
                ) as span:
                    if span.is_recording():
                        _link(span, known)
                    with metrics.batch_seconds.labels(self.group).time():
                        await self._applier.apply(known, self._expected, self._done)
            except Rewound:
                log.warning("database is behind this member, reading again from its offsets", group=self.group)
                self.assigned(set(self._consumer.assignment()))
            except Exception as error:  # noqa: BLE001 - all of them go to `run`
                self._fail(error)
            self._progress = time.monotonic()

    def _done(self, offsets: Offsets) -> None:
        self._progress = time.monotonic()
        for partition, offset in offsets.items():
            if partition in self._expected:
                self._expected[partition] = offset
                self._uncommitted[partition] = offset
        failpoint("consumer.before_offset_commit")
        self._commit_wanted.set()

    def _fail(self, error: Exception) -> None:
        if isinstance(error, BrakeEngaged):
            metrics.brake.labels(self.group).set(1)
            log.error(
                "dead-letter brake engaged, consumer stopped",
                group=self.group,
                cause=str(error),
                remedy=f"look at the newest records of {', '.join(self.subscription.topics)} and of their .dlq topics, "
                "mend the producer or this service and restart it, or set them aside all the same with a higher "
                "MATCHBOOK_BRAKE_RUN or MATCHBOOK_BRAKE_SHARE; nothing was skipped",
            )
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)

    # --- Kafka's own offsets

    async def _commit_loop(self) -> None:
        """Tell Kafka how far the database is. It only informs lag tools, so it never delays a batch."""
        while True:
            await self._commit_wanted.wait()
            self._commit_wanted.clear()
            await self._commit()
            stop_if_cancelled()

    async def _commit(self) -> None:
        offsets, self._uncommitted = self._uncommitted, {}
        try:
            mine = self._consumer.assignment()
            offsets = {partition: offset for partition, offset in offsets.items() if partition in mine}
            if offsets:
                async with asyncio.timeout(10):
                    await self._consumer.commit(offsets)
        except (KafkaError, IllegalStateError, TimeoutError, OSError) as error:
            # Another member has the partition now, or the broker is away: the database's offsets are what counts.
            log.info("Kafka took no offsets", group=self.group, cause=describe(error))

    # --- health

    def ready(self) -> str | None:
        """None while records flow or could; else why not, as a sentence."""
        if self._failure is not None and self._failure.done() and not self._failure.cancelled():
            error = self._failure.exception()
            return f"{self.name} stopped: {error}" if isinstance(error, BrakeEngaged) else f"{self.name} stopped"
        if not self._joined:
            return f"{self.name} has no assignment yet"
        if self._applier.trouble is not None:
            return f"{self.name} waits: {self._applier.trouble}"
        silence = self._silence()
        return f"{self.name} has not heard from Kafka for {silence:.0f} s" if silence > _READY_SILENCE_SECONDS else None

    def _silence(self) -> float:
        """Seconds since Kafka last answered a fetch, or since a batch moved on."""
        last = self._progress
        if self._busy.locked():
            return 0.0
        with contextlib.suppress(IllegalStateError, AssertionError):
            consumer = self._consumer
            polled = [consumer.last_poll_timestamp(partition) for partition in consumer.assignment()]
            if not polled:
                return 0.0 if self._joined else time.monotonic() - last
            answered = max(filter(None, polled), default=0) / 1000
            last = max(last, time.monotonic() - max(0.0, time.time() - answered))
        return time.monotonic() - last

    async def _watch(self) -> None:
        """Raise ConsumerStalled when the consume loop died, or hears nothing from a Kafka that answers others."""
        strikes = 0
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            self._measure_lag()
            tasks = self._subscriber.tasks if self._subscriber is not None else []
            if len(tasks) > 1 or all(task.done() for task in tasks):
                broken = [task.exception() for task in tasks if task.done() and not task.cancelled()]
                raise ConsumerStalled(f"{self.name}: the consume loop ended") from next(filter(None, broken), None)
            if self._silence() < _SILENCE_SECONDS:
                strikes = 0
            elif await _answers(self.kafka):
                strikes += 1
            if strikes > _STRIKES:
                raise ConsumerStalled(f"{self.name}: Kafka answers, but this consumer hears nothing")

    def _measure_lag(self) -> None:
        with contextlib.suppress(IllegalStateError, AssertionError):
            for partition, offset in self._expected.items():
                highwater = self._consumer.highwater(partition)
                if highwater is not None:
                    lag = max(0, highwater - offset)
                    metrics.lag.labels(self.group, partition.topic, partition.partition).set(lag)


_STRIKES = 10


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: BatchConsumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        del revoked
        self._consumer.revoked()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._consumer.assigned(assigned)


def _broker(kafka: KafkaSettings) -> KafkaBroker:
    return KafkaBroker(
        kafka.bootstrap,
        client_id=kafka.client_id,
        consumer_only=True,
        allow_auto_create_topics=False,
        apply_types=False,
        metadata_max_age_ms=60_000,
        logger=_FastStreamLog(),
    )


class _FastStreamLog:
    """FastStream tells of assignments and topics at every start; only its errors are news here."""

    def log(self, level: int, msg: Any, /, *, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        del extra
        if level >= logging.ERROR:
            log.error("FastStream reports a failure", what=str(msg), exc_info=exc_info)


def _ahead(group: str, partition: TopicPartition, offset: int, end: int) -> Exception:
    return ConsumerStalled(
        f"{group} has applied {partition.topic}-{partition.partition} up to offset {offset}, but it ends at {end}: "
        "the topic was deleted or lost records. Rebuild the service from its topics, or restore the topic."
    )


def _link(span: Any, records: Sequence[Any]) -> None:
    seen: set[bytes] = set()
    for raw in records:
        for name, value in raw.headers:
            if name == "traceparent" and value not in seen and len(seen) < _LINKS:
                seen.add(value)
                context = span_context(value.decode("ascii", "replace"))
                if context is not None:
                    span.add_link(context)


async def _answers(kafka: KafkaSettings) -> bool:
    """Whether Kafka answers a connection made for the question."""
    client = AIOKafkaClient(bootstrap_servers=kafka.bootstrap, client_id=kafka.client_id)
    try:
        async with asyncio.timeout(5):
            await client.bootstrap()
    except (KafkaError, OSError, TimeoutError):
        return False
    else:
        return True
    finally:
        await client.close()


async def _through(work: Any) -> None:
    """Run to the end although the caller is cancelled, then let the cancellation go on."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
