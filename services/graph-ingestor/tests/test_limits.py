"""Limits, and tenants that are left alone for a while."""

import asyncio

import pytest
from ingestor_time import run_in_no_time
from matchbook_graph_ingestor.adapters.limits import Limits, Rate
from matchbook_graph_ingestor.domain.breaker import Breakers
from matchbook_graph_ingestor.domain.failures import Failure


async def asked(limits: Limits, tenant_id: str, times: int) -> float:
    now = asyncio.get_running_loop().time
    began = now()
    for _ in range(times):
        await limits.wait(tenant_id)
    return now() - began


async def _one_tenant_is_busy() -> None:
    limits = Limits(Rate(200, 10.0), Rate(100_000, 1))
    busy = asyncio.create_task(asked(limits, "a", 30))
    assert await asked(limits, "b", 20) < 0.01
    # Twenty at once, then eighteen in a second.
    assert await busy == pytest.approx(10 / 18, rel=0.01)


def test_a_tenant_is_asked_as_often_as_its_limit_allows_and_no_other_waits_for_it() -> None:
    run_in_no_time(_one_tenant_is_busy())


async def _many_in_a_row() -> list[float]:
    limits, at = Limits(Rate(100, 0.5), Rate(100_000, 1)), list[float]()
    while len(at) < 250:
        await limits.wait("a")
        at.append(asyncio.get_running_loop().time())
    return at


def test_no_window_has_more_than_the_limit() -> None:
    at = run_in_no_time(_many_in_a_row())
    assert all(later - first >= 0.5 * 0.999 for first, later in zip(at, at[100:], strict=False))


async def _thirty_tenants() -> float:
    limits, now = Limits(Rate(1_000, 1), Rate(20, 1.0)), asyncio.get_running_loop().time
    began = now()
    await asyncio.gather(*(asked(limits, str(number), 1) for number in range(30)))
    return now() - began


def test_all_together_keep_to_their_limit() -> None:
    # Two at once, then eighteen in a second.
    assert run_in_no_time(_thirty_tenants()) == pytest.approx(28 / 18, rel=0.01)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_tenant_that_fails_is_left_alone_ever_longer_until_it_answers() -> None:
    clock = Clock()
    breakers = Breakers(first=10, longest=35, clock=clock)
    failure = Failure("unavailable", "503")
    assert breakers.refusal("a") is None
    for pause in (10, 20, 35, 35):
        breakers.failed("a", failure)
        clock.now += pause - 1
        refused = breakers.refusal("a")
        assert refused is not None
        assert (refused.reason, refused.detail) == ("unavailable", "503")
        assert refused.retry_after == pytest.approx(1)
        assert breakers.refusal("b") is None
        clock.now += 1
        assert breakers.refusal("a") is None
    breakers.worked("a")
    breakers.failed("a", failure)
    clock.now += 10
    assert breakers.refusal("a") is None


def test_microsofts_own_word_may_be_longer() -> None:
    clock = Clock()
    breakers = Breakers(first=10, longest=35, clock=clock)
    breakers.failed("a", Failure("throttled", retry_after=120.0))
    clock.now += 119
    assert breakers.refusal("a") is not None
    clock.now += 1
    assert breakers.refusal("a") is None


def test_reads_that_fail_together_count_once() -> None:
    clock = Clock()
    breakers = Breakers(first=10, longest=900, clock=clock)
    for _ in range(8):
        breakers.failed("a", Failure("unavailable"))
    clock.now += 10
    assert breakers.refusal("a") is None
