"""One process at a time leads, and knows when it does no longer."""

import asyncio

import asyncpg
import pytest
from matchbook_local.testing import Database as Schema
from matchbook_servicekit import leadership
from matchbook_servicekit.database import Database, DatabaseSettings
from matchbook_servicekit.leadership import Leadership, LeadershipLost


def made(schema: Schema) -> Database:
    return Database(DatabaseSettings(schema.dsn, schema.schema, application="leader"))


async def test_the_second_waits_until_the_first_is_done(database: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leadership, "_STANDBY_SECONDS", 0.05)
    order, told = list[str](), asyncio.Event()

    async def second() -> None:
        async with Leadership(made(database), "matchbook.work").held(standing_by=told.set):
            order.append("second")

    async with Leadership(made(database), "matchbook.work").held():
        waiting = asyncio.create_task(second())
        async with Leadership(made(database), "matchbook.other work").held():
            await asyncio.wait_for(told.wait(), 60)
            await asyncio.sleep(0.2)
        order.append("first")
    await waiting
    assert order == ["first", "second"]


async def test_who_stands_by_is_told_that_another_leads(database: Schema) -> None:
    told = asyncio.Event()

    async def second() -> None:
        async with Leadership(made(database), "matchbook.work").held(standing_by=told.set):
            pass

    async with Leadership(made(database), "matchbook.work").held(standing_by=pytest.fail):
        waiting = asyncio.create_task(second())
        await asyncio.wait_for(told.wait(), 60)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_leader_whose_connection_ends_stops_working(database: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leadership, "_CHECK_SECONDS", 0.05)
    begun, works = asyncio.Event(), True

    async def work() -> None:
        nonlocal works
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            works = False

    async with Leadership(made(database), "matchbook.work").held() as leader:
        other = await asyncpg.connect(database.dsn)
        task = asyncio.create_task(leader.lead(work()))
        await asyncio.wait_for(begun.wait(), 60)
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'leader' "
            "AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
        )
        with pytest.raises(LeadershipLost, match="ended"):
            await asyncio.wait_for(task, 60)
        assert not works
        await other.close()
