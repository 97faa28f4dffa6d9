"""Processes killed at every named place: nothing is lost, nothing applied twice, order kept."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from matchbook_servicekit import outbox
from matchbook_servicekit.outbox import Relay

from .conftest import World, device, running, sent, until

CONSUMER_FAILPOINTS = (
    "publisher.before_publish",
    "publisher.after_publish",
    "consumer.before_commit",
    "consumer.after_commit",
    "consumer.before_offset_commit",
)
RELAY_FAILPOINTS = ("relay.before_publish", "relay.after_publish", "relay.after_settle")
SUGGESTIONS = "matchbook.suggestions"


async def victim(world: World, what: str, failpoint: str) -> asyncio.subprocess.Process:
    target = {
        "what": what,
        "bootstrap": world.kafka.bootstrap,
        "prefix": world.kafka.prefix,
        "dsn": world.settings.dsn,
        "schema": world.settings.schema,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("victim.py")),
        json.dumps(target),
        env={**os.environ, "MATCHBOOK_FAILPOINTS": failpoint},
    )


async def killed_at(world: World, what: str, failpoint: str) -> None:
    process = await victim(world, what, failpoint)
    try:
        code = await asyncio.wait_for(process.wait(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert code == -signal.SIGKILL


@pytest.mark.parametrize("failpoint", CONSUMER_FAILPOINTS)
async def test_a_consumer_killed_anywhere_applies_each_record_once(world: World, failpoint: str) -> None:
    ids = [f"e{number}" for number in range(120)]
    await world.publish(*((event_id, device(number)) for number, event_id in enumerate(ids)))
    await killed_at(world, "consumer", failpoint)
    process = await victim(world, "consumer", "")
    try:
        assert await world.until_applied(120) == ids
        answers = await world.read(SUGGESTIONS, 120)
    finally:
        process.terminate()
        await process.wait()
    assert await world.applied() == ids
    # Published before the commit, so perhaps twice, but then the same: one id, one body.
    bodies = {dict(record.headers)["ce_id"]: {record.value} for record in answers}
    for record in await world.read(SUGGESTIONS):
        bodies[dict(record.headers)["ce_id"]].add(record.value)
    assert len(bodies) == 120
    assert all(len(values) == 1 for values in bodies.values())


@pytest.mark.parametrize("failpoint", RELAY_FAILPOINTS)
async def test_a_relay_killed_anywhere_publishes_all_in_order(world: World, failpoint: str) -> None:
    events = [sent(device(1, revision=number), f"e{number}") for number in range(1, 51)]
    async with world.database.transaction() as connection:
        await outbox.append(connection, events)
    await killed_at(world, "relay", failpoint)
    async with running(Relay(world.database, world.publisher)):
        await until(lambda: left(world), lambda count: count == 0)
    found = [dict(record.headers)["ce_id"].decode() for record in await world.read("matchbook.devices")]
    assert list(dict.fromkeys(found)) == [event.event_id for event in events]
    async with world.database.connection() as connection:
        published = [row["event_id"] for row in await connection.fetch("SELECT event_id FROM outbox_published")]
    assert sorted(published) == sorted(set(found))


async def left(world: World) -> int:
    async with world.database.connection() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM outbox")
    return count
