"""The directory of tenants that is kept in memory between evaluations, on Kafka and PostgreSQL."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from matchbook_contracts.suggestions import MatchSuggested
from matchbook_matcher import metrics

from . import says
from .conftest import Running, World

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def name(number: int) -> str:
    return f"{LETTERS[number]}corp {LETTERS[-1 - number]}works"


def customers() -> list[Any]:
    """Twenty tenants, each with an organization of its name and of no other's words."""
    return [
        *(says.tenant(f"t{n}", name=name(n)) for n in range(20)),
        *(says.organization(f"o{n}", name=name(n)) for n in range(20)),
    ]


async def evaluated(work: Callable[[], Awaitable[Any]]) -> int:
    """How many tenants are evaluated meanwhile."""
    before = metrics.TENANTS_EVALUATED._value.get()
    await work()
    return int(metrics.TENANTS_EVALUATED._value.get() - before)


async def said(world: World, *events: Any) -> None:
    await world.say(*events)
    await world.settle()


async def target(world: World, tenant: str) -> str | None:
    last = (await world.settle())[tenant][-1]
    return last.candidate.target_id if isinstance(last, MatchSuggested) and last.candidate is not None else None


async def test_an_event_evaluates_the_tenants_that_it_touches(world: World) -> None:
    await world.start_matcher()
    await world.say_at_once(customers())
    await world.settle()
    assert await evaluated(lambda: said(world, says.device("d1", tenant="t1", serial="PF1AAA01"))) == 1
    assert await evaluated(lambda: said(world, says.organization("o2", name=name(3), version=2))) == 2
    assert await target(world, "t2") is None
    await said(world, says.tenant("t40", name=name(4)))
    assert await evaluated(lambda: said(world, says.tenant_match("t4", "o4"))) == 2
    assert (await world.settle())["t40"][-1].candidate.evidence[-1].reason == "matched to another tenant already"
    assert await evaluated(lambda: said(world, says.TenantLost(tenant_id="t5", revision=2, reason="removed"))) == 1
    assert await evaluated(lambda: said(world, says.configuration("c1", serial="PF9AAA09"))) == 0, "nobody bears it"


async def test_what_another_evaluator_did_meanwhile_is_read(world: World) -> None:
    one, other = await world.start_matcher("consumer"), Running(world.settings)
    await other.start("nothing")
    try:
        await world.say_at_once(customers())
        await world.until(lambda: finished(world, one))
        await world.say(says.organization("o30", name="Contoso"))
        await world.until(lambda: finished(world, other))
        await world.say(says.tenant("t30", name="Contoso"))
        await world.until(lambda: finished(world, one))
        assert await target(world, "t30") == "o30"
    finally:
        await other.stop()


async def finished(world: World, matcher: Running) -> bool:
    await matcher.evaluator.step()
    return await world._is_settled()


async def test_an_evaluation_that_was_not_committed_is_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = await world.start_matcher("consumer")
    await world.say_at_once(customers())
    await world.until(lambda: finished(world, matcher))

    async def fails(*_: Any) -> None:
        raise RuntimeError

    await world.say(says.organization("o2", name=name(3), version=2))
    with monkeypatch.context() as broken:
        broken.setattr(matcher.evaluator._directory._store, "take_directory_turn", fails)
        with pytest.raises(RuntimeError):
            await world.until(lambda: finished(world, matcher))
    await world.until(lambda: finished(world, matcher))
    assert await target(world, "t2") is None


@pytest.mark.parametrize(("mine", "theirs"), [("1S20XW00A9US", ""), ("", "1S20XW00A9US")])
async def test_machines_are_counted_in_whatever_form_their_serial_numbers_are_written(
    world: World, mine: str, theirs: str
) -> None:
    await world.start_matcher()
    await world.say(says.tenant("t1", name="Northwind"), says.organization("o1", name="Old Holding"))
    await world.say_at_once([says.device(f"d{n}", tenant="t1", serial=f"{mine}PF1AAA0{n}") for n in range(4)])
    await world.settle()
    documented = [says.configuration(f"c{n}", serial=f"{theirs}PF1AAA0{n}") for n in range(4)]
    assert await evaluated(lambda: said(world, *documented)) >= 1
    last = (await world.settle())["t1"][-1]
    assert last.candidate.evidence[-1].documented_value == "4 of 4 serial numbers"
