"""Whether the facts that are on Kafka have reached the database yet."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from matchbook_servicekit.database import Connection, Queries
from matchbook_servicekit.messaging import KafkaSettings, Transient

_ANSWER_SECONDS = 10.0


class FactsLag:
    """Compares the ends of the facts' topics with the offsets that their subscription has applied."""

    def __init__(self, kafka: KafkaSettings, *, group: str, queries: Queries) -> None:
        self._kafka = kafka
        self._group = group
        self._queries = queries
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Nothing: Kafka is asked when there is a question."""

    async def stop(self) -> None:
        """Close the connection that questions were asked by."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def behind(self, connection: Connection) -> bool:
        """Whether a facts topic holds a record that the database does not reflect. Raises Transient if nobody knows."""
        rows = await connection.fetch(self._queries["facts_offsets"], self._group)
        applied = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        try:
            async with self._lock, asyncio.timeout(_ANSWER_SECONDS):
                ends = await self._ends(list(applied))
        except (KafkaError, OSError, TimeoutError) as error:
            raise Transient(f"Kafka does not say where its topics end: {error!r}") from error
        # Without a row the subscription has not begun.
        return not applied or any(applied[partition] < end for partition, end in ends.items())

    async def _ends(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        if self._consumer is None:
            # Without a group and a subscription it fetches nothing.
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._kafka.bootstrap, client_id=f"{self._kafka.client_id}-ends"
            )
            await consumer.start()
            self._consumer = consumer
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(partitions)
        return ends
