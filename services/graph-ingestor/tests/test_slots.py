"""Who works, who waits, and who goes first."""

import asyncio

import pytest
from ingestor_time import run_in_no_time
from matchbook_graph_ingestor.service.slots import Slots


class Sleeps:
    """Sleep that a test ends."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.over.wait()


async def tick() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_pauses_lets_another_work_and_waits_for_a_slot_again() -> None:
    sleeps, order = Sleeps(), list[str]()
    slots, done = Slots(1, sleeps), asyncio.Event()

    async def waiter() -> None:
        async with slots.taken():
            order.append("waits")
            await slots.pause(3)
            order.append("goes on")

    async def worker() -> None:
        async with slots.taken():
            order.append("works")
            await done.wait()

    tasks = [asyncio.create_task(waiter()), asyncio.create_task(worker())]
    await tick()
    assert (order, sleeps.asked) == (["waits", "works"], [3])
    sleeps.over.set()
    await tick()
    assert order == ["waits", "works"]
    done.set()
    await asyncio.gather(*tasks)
    assert order == ["waits", "works", "goes on"]


async def test_parts_of_one_sweep_that_pause_give_up_its_slot_once() -> None:
    sleeps, working = Sleeps(), 0
    slots = Slots(1, sleeps)

    async def sweep() -> None:
        async with slots.taken():
            await asyncio.gather(*(slots.pause(1) for _ in range(5)))

    async def another() -> None:
        nonlocal working
        async with slots.taken():
            working += 1
            await asyncio.sleep(0)
            assert working == 1
            await asyncio.sleep(0)
            working -= 1

    tasks = [asyncio.create_task(sweep()), *(asyncio.create_task(another()) for _ in range(4))]
    await tick()
    sleeps.over.set()
    await asyncio.gather(*tasks)
    assert len(sleeps.asked) == 5


async def test_a_cancelled_pause_gives_no_slot_back_twice() -> None:
    slots = Slots(1, Sleeps())

    async def sweep() -> None:
        async with slots.taken():
            await slots.pause(1)

    task = asyncio.create_task(sweep())
    await tick()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert slots._free._value == 1


async def test_a_list_that_goes_on_yields_until_every_sweep_has_begun_and_no_longer() -> None:
    slots, begun = Slots(1), list[int]()

    async def short(number: int) -> None:
        async with slots.taken():
            begun.append(number)
            await asyncio.sleep(0)

    async with asyncio.timeout(60), slots.taken():
        await slots.turn(1000.0)
        newcomers = [asyncio.create_task(short(number)) for number in range(3)]
        await tick()
        await slots.turn(1000.0)
        assert begun == [0, 1, 2]
        await asyncio.gather(*newcomers)


async def test_a_list_goes_on_after_its_longest_turn_although_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matchbook_graph_ingestor.service.slots._LONGEST_TURN", 0.01)
    slots, done = Slots(1), False

    async def shorts() -> None:
        while not done:
            async with slots.taken():
                await asyncio.sleep(0.001)

    async with asyncio.timeout(60), slots.taken():
        others = [asyncio.create_task(shorts()) for _ in range(3)]
        await tick()
        await slots.turn(1000.0)
        done = True
    await asyncio.gather(*others)


def test_one_long_list_gets_a_tenth_while_others_wait() -> None:
    """In a world where a page takes a moment: the others' pages are delayed by at most a tenth."""
    assert 5 < run_in_no_time(_pages_of_one_long_list()) <= 200 // 9 + 3


async def _pages_of_one_long_list() -> int:
    moment = 0.002
    slots, pages = Slots(1), {"long": 0, "short": 0}

    async def page(kind: str) -> None:
        await asyncio.sleep(moment)
        pages[kind] += 1

    async def long() -> None:
        async with slots.taken():
            while pages["short"] < 200:
                await page("long")
                await slots.turn(moment)

    async def shorts() -> None:
        for _ in range(50):
            async with slots.taken():
                await page("short")

    await asyncio.gather(long(), *(shorts() for _ in range(4)))
    return pages["long"]
