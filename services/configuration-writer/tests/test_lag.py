"""What a decision waits for when it seems to come before its facts."""

from typing import Any

from aiokafka import TopicPartition
from matchbook_configuration_writer.adapters.lag import FactsLag
from matchbook_servicekit.messaging import KafkaSettings

PLACE = TopicPartition("matchbook.devices", 0)


class Applied:
    """A connection that knows how far the facts' subscription is."""

    def __init__(self, offset: int | None) -> None:
        self.offset = offset

    async def fetch(self, *_: Any) -> list[dict[str, Any]]:
        if self.offset is None:
            return []
        return [{"topic": PLACE.topic, "partition": PLACE.partition, "next_offset": self.offset}]


class Growing(FactsLag):
    """A topic that has ten records more each time someone looks."""

    end = 0

    async def _ends(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        self.end += 10
        return dict.fromkeys(partitions, self.end)


def growing() -> Growing:
    return Growing(KafkaSettings("unused"), group="g", queries={"facts_offsets": ""})  # type: ignore[arg-type]


async def test_a_decision_waits_for_what_was_there_when_it_came_and_not_for_what_comes_later() -> None:
    lag, connection = growing(), Applied(9)
    assert await lag.behind(["d1"], connection)  # type: ignore[arg-type]
    connection.offset = 10
    assert await lag.behind(["d1", "d2"], connection), "d2 came later"  # type: ignore[arg-type]
    assert not await lag.behind(["d1"], connection)  # type: ignore[arg-type]
    connection.offset = 20
    assert not await lag.behind(["d2"], connection)  # type: ignore[arg-type]


async def test_a_decision_waits_for_a_subscription_that_has_not_begun() -> None:
    assert await growing().behind(["d1"], Applied(None))  # type: ignore[arg-type]


async def test_decisions_that_another_member_answers_are_forgotten() -> None:
    lag = growing()
    for number in range(10_002):
        lag._awaited[f"old{number}"] = {PLACE: 10**9}
    assert await lag.behind(["new"], Applied(0))  # type: ignore[arg-type]
    assert set(lag._awaited) == {"new"}
