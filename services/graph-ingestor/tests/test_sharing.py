"""Sweeps that several processes share: each is swept by one, and goes on where a process that ended left it."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from ingestor_world import (
    DEVICES,
    RUNS,
    Ingesting,
    all_swept,
    by_the_real_clock,
    devices_list,
    ingesting,
    largest,
    readable,
    refusal,
    working,
)
from matchbook_contracts.sync import SyncCompleted, SyncFailed, SyncStarted
from matchbook_graph_ingestor.adapters import sweeps
from matchbook_graph_ingestor.service.sweep_queue import Filled
from matchbook_graph_ingestor.service.visit import Visit
from matchbook_local.emulator.faults import Call
from matchbook_servicekit.leadership import Leadership, held_now


@pytest.fixture
async def half_way(world: Ingesting, monkeypatch: pytest.MonkeyPatch) -> tuple[Ingesting, Visit]:
    """A sweep whose process ended after two pages."""
    await world.customers()
    (visit,) = await world.opened(largest(world)[0])
    read = asyncio.Event()

    async def turn(_: float) -> None:
        if visit.run.pages == 2:
            read.set()
            await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(world.parts.tenants, "_turn", turn)
        task = asyncio.create_task(world.parts.tenants.run(visit))
        await asyncio.wait_for(read.wait(), 60)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return world, visit


async def test_a_sweep_goes_on_where_its_process_ended(half_way: tuple[Ingesting, Visit]) -> None:
    world, visit = half_way
    tenant_id, ids = largest(world)
    read = visit.run.pages
    filled = await world.parts.scheduler._queue.fill()
    assert filled.open == 1
    (again,) = await world.opened(tenant_id, owner="another")
    assert (again.run.run_id, again.run.pages) == (visit.run.run_id, read)
    world.mischief.reset()
    await world.parts.tenants.run(again)
    pages = -(-len(ids) // 5)
    assert len([call for call in world.mischief.calls if devices_list(call)]) == pages - read
    assert sorted(event.device_id for event in await world.events(DEVICES)) == sorted(ids)
    runs = [event for event in await world.events(RUNS) if event.tenant_id == tenant_id]
    assert [type(event) for event in runs if not hasattr(event, "counts") or hasattr(event, "started_at")] == [
        SyncStarted,
        SyncCompleted,
    ]
    completed = await world.last_run(tenant_id)
    assert (completed.counts.pages, completed.counts.seen, completed.counts.retired) == (pages, len(ids), 0)
    assert not await world.rows("SELECT FROM sweep_pages")
    assert not await world.rows("SELECT FROM devices WHERE absences > 0")


async def test_a_link_elsewhere_is_not_followed_by_who_goes_on_either(half_way: tuple[Ingesting, Visit]) -> None:
    """It is kept with its page before it is looked at."""
    world, _ = half_way
    tenant_id, _ = largest(world)
    await world.rows("UPDATE sweep_pages SET next_link = 'https://localhost:1/v1.0/devices' RETURNING 1")
    await world.parts.scheduler._queue.fill()
    (again,) = await world.opened(tenant_id, owner="another")
    await world.parts.tenants.run(again)
    run = await world.last_run(tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "bad_answer"


async def test_what_another_process_took_over_is_left_to_it(half_way: tuple[Ingesting, Visit]) -> None:
    """The first process was only thought to be gone: whatever it does now is without effect."""
    world, visit = half_way
    tenant_id, _ = largest(world)
    await world.parts.scheduler._queue.fill()
    (again,) = await world.opened(tenant_id, owner="another")
    before = (await world.events(DEVICES), await world.events(RUNS))
    await world.parts.tenants.run(visit)
    await world.parts.tenants.interrupt(visit)
    assert (await world.events(DEVICES), await world.events(RUNS)) == before
    await world.parts.tenants.run(again)
    assert isinstance(await world.last_run(tenant_id), SyncCompleted)


async def test_only_sweeps_whose_process_is_gone_are_queued_again(world: Ingesting) -> None:
    await world.customers()
    queue, clock = world.parts.scheduler._queue, world.clock
    tenants = len(world.microsoft.world.customers)
    assert await queue.fill() == Filled(tenants, 0)
    assert await queue.fill() == Filled(0, tenants)
    async with Leadership(world.parts.database, "another").held():
        await world.rows("UPDATE open_sweeps SET owner = 'another' RETURNING 1")
        assert await queue.fill() == Filled(0, tenants)
    await world.until(lambda: _gone(world, "another"))
    assert await queue.fill() == Filled(tenants, tenants)
    # A message may be lost, and is not missed for long.
    clock.now = clock.now.replace(hour=9)
    assert await queue.fill() == Filled(tenants, tenants)


async def _gone(world: Ingesting, name: str) -> bool:
    async with world.parts.database.connection() as connection:
        return not await held_now(connection, [name])


async def test_no_more_is_queued_than_may_be_open(configure: Any, microsoft: Any, mischief: Any) -> None:
    async with ingesting(configure(sweeps_ahead=5), microsoft, mischief) as world:
        await world.customers()
        queue = world.parts.scheduler._queue
        assert await queue.fill() == Filled(5, 0)
        assert await queue.fill() == Filled(0, 5)


async def test_replicas_share_the_work_and_one_that_joins_or_leaves_loses_and_doubles_nothing(
    service: Ingesting, configure: Any
) -> None:
    swept: Counter[str] = Counter()
    leaves, in_the_middle = False, asyncio.Event()

    def counted(name: str, world: Ingesting) -> None:
        real = world.parts.tenants.run

        async def run(visit: Visit) -> None:
            if name == "first" and leaves:
                in_the_middle.set()
                await asyncio.Event().wait()
            await real(visit)
            swept[name] += 1

        world.parts.tenants.run = run  # type: ignore[method-assign]

    async with (
        ingesting(configure(), service.microsoft, service.mischief) as second,
        ingesting(configure(), service.microsoft, service.mischief) as third,
    ):
        for name, world in (("first", service), ("second", second), ("third", third)):
            by_the_real_clock(world)
            counted(name, world)
        async with working(second):
            async with working(service):
                await _taking_part(service, swept, {"first", "second"})
                leaves = True
                await _everything_again(service)
                await asyncio.wait_for(in_the_middle.wait(), 60)
            async with working(third):
                await _taking_part(service, swept, {"second", "third"})
                await service.until(lambda: all_swept(service))
    assert set(swept) == {"first", "second", "third"}
    events = [event for event in await service.events(RUNS) if event.scope == "devices"]
    begun = Counter(event.run_id for event in events if isinstance(event, SyncStarted))
    ended = Counter(event.run_id for event in events if isinstance(event, (SyncCompleted, SyncFailed)))
    assert begun == ended
    assert set(begun.values()) == {1}
    assert not [event for event in events if isinstance(event, SyncFailed) and event.reason == "interrupted"]
    assert len(await service.events(DEVICES)) == sum(len(state.devices) for state in readable(service))


async def test_a_process_that_joins_takes_over_what_another_took_and_has_not_begun(
    service: Ingesting, configure: Any, microsoft: Any, mischief: Any
) -> None:
    """The first was alone and has taken everything before the second came."""
    settings = configure(sweep_concurrency=1, graph_page_size=1000)
    async with (
        ingesting(settings, microsoft, mischief) as first,
        ingesting(settings, microsoft, mischief) as second,
    ):
        for world in (first, second):
            by_the_real_clock(world)
        others_turn = asyncio.Event()
        _waiting_for(others_turn, first)
        swept = _counted(second)
        async with working(first):
            await first.customers()
            await first.until(lambda: _all_taken(first))
            async with working(second):
                await first.until(lambda: _more_than(swept, 10))
                others_turn.set()
                await first.until(lambda: all_swept(first))
    events = [event for event in await service.events(RUNS) if event.scope == "devices"]
    begun = Counter(event.run_id for event in events if isinstance(event, SyncStarted))
    ended = Counter(event.run_id for event in events if isinstance(event, (SyncCompleted, SyncFailed)))
    assert begun == ended
    assert set(begun.values()) == {1}


def _waiting_for(event: asyncio.Event, world: Ingesting) -> None:
    real = world.parts.tenants.run

    async def run(visit: Visit) -> None:
        await event.wait()
        await real(visit)

    world.parts.tenants.run = run  # type: ignore[method-assign]


def _counted(world: Ingesting) -> list[str]:
    """Whose sweeps come to their end here."""
    real, swept = world.parts.tenants.run, list[str]()

    async def run(visit: Visit) -> None:
        await real(visit)
        swept.append(visit.tenant_id)

    world.parts.tenants.run = run  # type: ignore[method-assign]
    return swept


async def _more_than(items: list[str], number: int) -> bool:
    return len(items) > number


async def _all_taken(world: Ingesting) -> bool:
    open_ = await world.rows("SELECT owner FROM open_sweeps WHERE scope = 'devices'")
    return len(open_) > 20 and all(row["owner"] for row in open_)


async def test_what_was_begun_is_taken_over_from_nobody(world: Ingesting) -> None:
    await world.customers()
    one, other = (state.tenant.tenant_id for state in readable(world)[:2])
    await world.opened(one)
    async with world.parts.database.transaction() as connection:
        runs = await sweeps.queue(connection, {other: "waits"}, world.clock())
        assert await sweeps.take_over(connection, "another", 5) == {}, "nobody has it"
        await sweeps.take(connection, runs, "the first")
        assert await sweeps.take_over(connection, "the first", 5) == {}
        assert await sweeps.take_over(connection, "another", 5) == {other: "waits"}


async def test_a_sweep_that_is_taken_over_while_it_is_opened_begins_once(
    world: Ingesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first process looked at it before the other became its owner, and holds the tenant only now."""
    await world.customers()
    tenant_id, _ = largest(world)
    tenants = world.parts.tenants
    async with world.parts.database.transaction() as connection:
        runs = await sweeps.queue(connection, {tenant_id: "the-run"}, world.clock())
        await sweeps.take(connection, runs, "the first")
    async with world.parts.database.transaction() as connection:
        standings = await tenants._load(connection, [tenant_id])
    async with world.parts.database.transaction() as connection:
        await sweeps.take_over(connection, "the other", 1)

    async def stale(*_: Any) -> Any:
        return standings

    with monkeypatch.context() as patched:
        patched.setattr(tenants, "_load", stale)
        assert await tenants.open(runs, "the first") == []
    assert len(await tenants.open(runs, "the other")) == 1
    assert len([event for event in await world.events(RUNS) if isinstance(event, SyncStarted)]) == 2, (
        "one is the lists'"
    )


async def _taking_part(world: Ingesting, swept: Counter[str], names: set[str]) -> None:
    """Have everything swept again until all have swept something: who joins gets nothing of what was taken before."""
    async with asyncio.timeout(60):
        while not names <= set(swept):
            await world.until(lambda: all_swept(world))
            await _everything_again(world)


async def _everything_again(world: Ingesting) -> None:
    await world.rows("UPDATE tenants SET due_at = now() RETURNING 1")


async def test_a_message_that_comes_twice_or_late_takes_nothing_from_whoever_has_it(world: Ingesting) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    (visit,) = await world.opened(tenant_id)
    async with world.parts.database.transaction() as connection:
        assert await sweeps.take(connection, {tenant_id: visit.run.run_id}, "another") == {}
        await sweeps.release(connection, visit.owner)
        assert await sweeps.take(connection, {tenant_id: "an older run"}, "another") == {}


async def test_what_was_taken_by_a_commit_whose_answer_was_lost_is_swept(service: Ingesting) -> None:
    await service.customers()
    tenant_id, _ = largest(service)
    parts, sweeper = service.parts, service.parts.sweeper
    task = asyncio.create_task(sweeper.run())
    try:
        await service.until(lambda: _has_a_lock(service))
        assert sweeper._owner is not None
        async with parts.database.transaction() as connection:
            runs = await sweeps.queue(connection, {tenant_id: "the-run"}, service.clock())
            await sweeps.take(connection, runs, sweeper._owner)
        await service.until(lambda: _nothing_open(service))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert isinstance(await service.last_run(tenant_id), SyncCompleted)


async def _has_a_lock(world: Ingesting) -> bool:
    return world.parts.sweeper._owner is not None


async def _nothing_open(world: Ingesting) -> bool:
    return not await world.rows("SELECT FROM open_sweeps")


async def test_with_one_slot_a_tenant_that_waits_for_microsoft_lets_the_others_go_first(
    configure: Any, microsoft: Any, mischief: Any
) -> None:
    async with ingesting(configure(sweep_concurrency=1, graph_page_size=1000), microsoft, mischief) as world:
        by_the_real_clock(world)
        tenant_id, _ = largest(world)

        def instead(call: Call) -> Any:
            mine = call.tenant_id == tenant_id and call.service == "graph"
            return refusal(429, "TooManyRequests", Retry_After="30") if mine else None

        mischief.instead = instead
        others = sum(len(state.devices) for state in readable(world)[1:])

        async def all_others() -> bool:
            return len(await world.rows("SELECT FROM devices")) == others

        async with working(world):
            await world.until(all_others)
            assert await world.rows("SELECT FROM open_sweeps WHERE tenant_id = $1", tenant_id)


async def test_details_wait_for_tenants_that_wait_and_not_for_one_long_sweep(world: Ingesting) -> None:
    await world.customers()
    scheduler = world.parts.scheduler
    await scheduler._fill()
    assert not scheduler.idle()
    await world.rows("DELETE FROM open_sweeps WHERE tenant_id <> $1 RETURNING 1", largest(world)[0])
    await world.rows("UPDATE tenants SET due_at = now() + interval '1 year' RETURNING 1")
    await scheduler._fill()
    assert scheduler.idle()


async def _three_wait(world: Ingesting) -> bool:
    return world.parts.sweeper._slots._newcomers >= 3


async def test_with_one_slot_a_long_list_lets_others_go_first(
    configure: Any, microsoft: Any, mischief: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ingesting(configure(sweep_concurrency=1, graph_page_size=2), microsoft, mischief) as world:
        by_the_real_clock(world)
        await world.customers()
        tenant_id, _ = largest(world)
        others = "UPDATE tenants SET due_at = now() + $2 * interval '1 day' WHERE tenant_id <> $1 RETURNING 1"
        await world.rows(others, tenant_id, 1)
        real = world.parts.tenants._turn

        async def turn(spent: float) -> None:
            # The others come after its first page.
            monkeypatch.setattr(world.parts.tenants, "_turn", real)
            await world.rows(others, tenant_id, 0)
            await world.until(lambda: _three_wait(world))
            await real(spent)

        monkeypatch.setattr(world.parts.tenants, "_turn", turn)
        async with working(world):
            await world.until(lambda: all_swept(world))
        (long,) = await world.rows("SELECT fresh_at FROM tenants WHERE tenant_id = $1", tenant_id)
        ended = [event for event in await world.events(RUNS) if isinstance(event, SyncCompleted)]
        (end,) = [event.at for event in ended if event.tenant_id == tenant_id]
        between = [event for event in ended if long["fresh_at"] < event.started_at and event.at < end]
        assert len(between) >= 3
