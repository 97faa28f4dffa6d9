"""Whether the facts that were on Kafka when a decision came have reached the database yet."""

import asyncio
from collections.abc import Collection, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from matchbook_servicekit.database import Connection, Queries
from matchbook_servicekit.messaging import KafkaSettings, Transient

_ANSWER_SECONDS = 10.0
_REMEMBERED = 10_000


class FactsLag:
    """Compares where the facts' topics ended when a decision was first found early with what was applied of them.

    The ends are remembered per decision: on topics that never rest, newer records would otherwise keep it waiting.
    """

    def __init__(self, kafka: KafkaSettings, *, group: str, queries: Queries) -> None:
        self._kafka = kafka
        self._group = group
        self._queries = queries
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()
        self._awaited: dict[str, Mapping[TopicPartition, int]] = {}

    async def start(self) -> None:
        """Nothing: Kafka is asked when there is a question."""

    async def stop(self) -> None:
        """Close the connection that questions were asked by."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def behind(self, decision_ids: Collection[str], connection: Connection) -> bool:
        """Whether facts that came before these decisions are not applied yet. Raises Transient if nobody knows."""
        rows = await connection.fetch(self._queries["facts_offsets"], self._group)
        applied = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        if not applied:
            # The subscription has not begun.
            return True
        await self._remember(decision_ids, list(applied))
        awaited = [self._awaited[decision_id] for decision_id in decision_ids]
        late = any(applied.get(place, 0) < end for ends in awaited for place, end in ends.items())
        if not late:
            for decision_id in decision_ids:
                del self._awaited[decision_id]
        return late

    async def _remember(self, decision_ids: Collection[str], partitions: list[TopicPartition]) -> None:
        new = [decision_id for decision_id in decision_ids if decision_id not in self._awaited]
        if not new:
            return
        try:
            async with self._lock, asyncio.timeout(_ANSWER_SECONDS):
                ends = await self._ends(partitions)
        except (KafkaError, OSError, TimeoutError) as error:
            raise Transient(f"Kafka does not say where its topics end: {error!r}") from error
        if len(self._awaited) > _REMEMBERED:
            # Left behind by decisions that another member answered.
            self._awaited = {key: value for key, value in self._awaited.items() if key in set(decision_ids)}
        self._awaited.update(dict.fromkeys(new, ends))

    async def _ends(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        if self._consumer is None:
            # Without a group and a subscription it fetches nothing.
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._kafka.bootstrap, client_id=f"{self._kafka.client_id}-ends"
            )
            await consumer.start()
            self._consumer = consumer
        ends: Mapping[TopicPartition, int] = await self._consumer.end_offsets(partitions)
        return ends
