"""Limits, and tenants that are left alone for a while."""

import asyncio
import time

import pytest
from matchbook_graph_ingestor.adapters.limits import Limits, Rate
from matchbook_graph_ingestor.domain.breaker import Breakers
from matchbook_graph_ingestor.domain.failures import Failure


async def asked(limits: Limits, tenant_id: str, times: int) -> float:
    began = time.monotonic()
    for _ in range(times):
        await limits.wait(tenant_id)
    return time.monotonic() - began


async def test_a_tenant_is_asked_as_often_as_its_limit_allows_and_no_other_waits_for_it() -> None:
    limits = Limits(Rate(200, 10.0), Rate(100_000, 1))
    busy = asyncio.create_task(asked(limits, "a", 30))
    assert await asked(limits, "b", 20) < 0.3
    # Twenty at once, then eighteen in a second.
    assert await busy >= 0.45


async def test_no_window_has_more_than_the_limit() -> None:
    limits = Limits(Rate(100, 0.5), Rate(100_000, 1))
    at: list[float] = []
    while len(at) < 250:
        await limits.wait("a")
        at.append(time.monotonic())
    assert all(later - first >= 0.5 * 0.95 for first, later in zip(at, at[100:], strict=False))


async def test_all_together_keep_to_their_limit() -> None:
    limits = Limits(Rate(1_000, 1), Rate(20, 1.0))
    began = time.monotonic()
    await asyncio.gather(*(asked(limits, str(number), 1) for number in range(30)))
    assert time.monotonic() - began >= 0.45


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
