"""Random histories through real Kafka and PostgreSQL: what comes of them is what the domain alone makes of them.

`REPLAYS` is how many; `make histories` takes its time.
"""

import os

import pytest
from matchbook_contracts.decisions import Decision
from matchbook_local.testing import Database

from tests.support.machine.replay import Replay, asked_differently, history, parts, told_differently
from tests.support.writer_service import rig

STEPS, AT_ONCE = 250, 60
REPLAYS = int(os.environ.get("REPLAYS", "2"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", range(1, REPLAYS + 1))
async def test_the_service_tells_what_the_domain_alone_tells(
    number: int, kafka_bootstrap: str, topic_prefix: str, database: Database
) -> None:
    journal = history(number, STEPS)
    assert sum(isinstance(step, Decision) for step in journal) > STEPS // 3
    async with rig(kafka_bootstrap, topic_prefix, database, partitions=1, expiry_seconds=3600) as writer:
        replay = Replay(writer)
        async with writer.running():
            for part in parts(journal, AT_ONCE):
                await replay.send(part)
        pure, own = await replay.decided_again()
        events = await writer.events()
        assert told_differently(events, pure.events) == []
        assert asked_differently(own, pure.waiting) == []
        assert await writer.broken() == []
        connection = await writer.connect()
        await connection.execute("UPDATE consumer_offsets SET next_offset = 0 WHERE topic LIKE '%decisions'")
        await connection.close()
        async with writer.running():
            await writer.settle()
            await writer.settle()
        assert await writer.events() == events
        assert await writer.broken() == []
