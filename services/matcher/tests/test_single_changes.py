"""Organizations that are kept in memory between evaluations, on Kafka and PostgreSQL, with several evaluators."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import Any

import asyncpg
import pytest
from matchbook_contracts.suggestions import MatchSuggested
from matchbook_matcher import metrics
from matchbook_matcher.adapters.store import _copy
from matchbook_matcher.service import intake
from matchbook_servicekit.messaging import Transient

from . import says
from .conftest import Running, World

SIZE = 200


def large() -> list[Any]:
    """One organization in which each device has a configuration."""
    return [
        says.tenant(),
        says.organization(),
        says.tenant_match(),
        *(says.configuration(f"c{n}", serial=f"PF1AA{n:03}", name=f"LT-{n:03}") for n in range(SIZE)),
        *(says.device(f"d{n}", serial=f"PF1AA{n:03}", name=f"LT-{n:03}") for n in range(SIZE)),
    ]


def renamed(number: int, name: str, revision: int) -> Any:
    return says.device(f"d{number}", serial=f"PF1AA{number:03}", name=name, revision=revision)


def all_renamed(revision: int) -> list[Any]:
    return [renamed(n, f"NEW-{n:03}", revision) for n in range(SIZE)]


async def counted(work: Callable[[], Awaitable[Any]]) -> tuple[int, int]:
    """How many devices are read and evaluated meanwhile."""
    counters = (metrics.DEVICES_READ, metrics.DEVICES_EVALUATED)
    before = [counter._value.get() for counter in counters]
    await work()
    read, evaluated = (int(counter._value.get() - b) for counter, b in zip(counters, before, strict=True))
    return read, evaluated


async def documents_read(work: Awaitable[Any]) -> int:
    """How many configurations are read meanwhile."""
    before = metrics.CONFIGURATIONS_READ._value.get()
    await work
    return int(metrics.CONFIGURATIONS_READ._value.get() - before)


async def latest(world: World, key: str) -> Any:
    await world.heard.listen()
    return world.heard.by_subject()[key][-1]


async def test_a_change_in_a_large_organization_reads_and_evaluates_what_it_touches(world: World) -> None:
    await world.start_matcher()
    await world.say_at_once(large())
    await world.settle()
    assert await counted(lambda: said(world, renamed(7, "RECEPTION", 2))) == (1, 1)
    assert (await latest(world, "t1/d7")).candidate.evidence[1].device_value == "RECEPTION"
    assert await counted(lambda: said(world, says.configuration("c8", serial="PF1AA009", name="X", version=2))) == (
        0,
        2,
    )
    assert (await latest(world, "t1/d9")).documented_twice
    assert await counted(lambda: said(world, says.device_match("d5", "c5"))) == (1, 1)
    assert (await latest(world, "t1/d5")).reason == "decided"
    assert await counted(lambda: said(world, says.DeviceRetired(tenant_id="t1", device_id="d6", revision=2))) == (0, 0)
    assert (await latest(world, "t1/d6")).reason == "device_retired"


async def test_a_single_change_is_read_with_people_and_makers(world: World) -> None:
    await world.start_matcher()
    await world.say_at_once(large())
    await world.settle()
    mine: dict[str, Any] = {
        "serial": "PF1AA007",
        "name": "LT-007",
        "model": "Latitude 5440",
        "manufacturer": "Dell Inc.",
    }
    documented: dict[str, Any] = {
        "serial": "PF1AA007",
        "name": "LT-007",
        "model": "Latitude 5440",
        "manufacturer": "LENOVO",
    }
    read = await counted(lambda: said(world, says.device("d7", revision=2, **mine)))
    read_too = await counted(lambda: said(world, says.configuration("c7", version=2, **documented)))
    assert (read[0], read_too[0]) == (1, 0)
    told = {entry.field: entry.reason for entry in (await latest(world, "t1/d7")).candidate.evidence}
    assert told["model"] == "of another manufacturer"


async def said(world: World, *events: Any) -> None:
    await world.say_at_once(events)
    await world.settle()


async def test_many_changes_at_once_are_the_whole_organization(world: World) -> None:
    await world.start_matcher()
    await world.say_at_once(large())
    await world.settle()
    _, evaluated = await counted(lambda: said(world, *all_renamed(2)))
    assert evaluated >= SIZE
    assert (await latest(world, f"t1/d{SIZE - 1}")).candidate.evidence[1].device_value == f"NEW-{SIZE - 1:03}"


async def connect(world: World) -> Any:
    settings = world.settings.database
    return await asyncpg.connect(settings.dsn, server_settings={"search_path": settings.schema})


class Hands:
    """Two evaluators that work when they are told to, and a consumer that always does."""

    def __init__(self, world: World, one: Running, other: Running) -> None:
        self.world, self.one, self.other = world, one, other

    async def say(self, *events: Any) -> None:
        await self.world.say_at_once(events)
        await self.world.until(self._taken_in)

    async def _taken_in(self) -> bool:
        rows = await self.world.fetch("SELECT coalesce(sum(next_offset), 0)::integer AS n FROM consumer_offsets")
        return bool(rows[0]["n"] >= self.world._said)

    async def evaluate(self, who: Running) -> tuple[int, int]:
        """Let one of them do all that there is to do; what it read and evaluated."""

        async def work() -> None:
            while await self.world.fetch("SELECT FROM marks UNION ALL SELECT FROM changed_serials"):
                await who.evaluator.step()

        return await counted(work)


@pytest.fixture
async def hands(world: World) -> Hands:
    await world.start_matcher("consumer")
    found = Hands(world, await world.start_matcher("nothing"), await world.start_matcher("nothing"))
    await found.say(*large())
    await found.evaluate(found.one)
    return found


async def test_what_another_evaluator_saw_is_not_missed(hands: Hands) -> None:
    await hands.say(says.configuration("c7", serial="PF1AA007", name="EDITED", version=2))
    assert await hands.evaluate(hands.other) == (SIZE, SIZE), "it has kept nothing yet"
    await hands.say(renamed(7, "RECEPTION", 2))
    assert await hands.evaluate(hands.one) == (SIZE, SIZE), "what it kept is not right any more"
    assert (await latest(hands.world, "t1/d7")).candidate.target_name == "EDITED"
    await hands.say(renamed(7, "FRONT-DESK", 3))
    assert await hands.evaluate(hands.one) == (1, 1)
    assert (await latest(hands.world, "t1/d7")).revision == 4


async def test_devices_in_bulk_are_evaluated_with_the_configurations_that_are_kept(hands: Hands) -> None:
    await hands.say(*all_renamed(2))
    assert await documents_read(hands.evaluate(hands.one)) == 0
    told = {n: await latest(hands.world, f"t1/d{n}") for n in (0, SIZE - 1)}
    assert {n: (it.candidate.target_id, it.candidate.evidence[1].device_value) for n, it in told.items()} == {
        n: (f"c{n}", f"NEW-{n:03}") for n in told
    }


async def test_what_changed_of_the_documentation_meanwhile_is_read_with_devices_in_bulk(hands: Hands) -> None:
    await hands.say(
        says.configuration("c1", serial="PF1AA001", name="EDITED", version=2),
        says.configuration("c2", serial="PF1AA002", name="LT-002", archived=True, version=2),
        says.configuration("new", serial="PF1AA003", name="NEW"),
        says.device_match("x", "c4", tenant="t2"),
        says.device("x", tenant="t2"),
        *all_renamed(2),
    )
    assert await documents_read(hands.evaluate(hands.one)) == 3, "what is archived is not there"
    now = {n: await latest(hands.world, f"t1/d{n}") for n in (1, 2, 3, 4, 5)}
    assert now[1].candidate.target_name == "EDITED"
    assert [now[n].reason for n in (2, 4)] == ["no_candidate"] * 2
    assert now[3].documented_twice
    assert now[5].candidate.target_id == "c5"


async def test_documentation_that_another_evaluator_saw_change_is_read_again(hands: Hands) -> None:
    await hands.say(says.configuration("c7", serial="PF1AA007", name="EDITED", version=2))
    await hands.evaluate(hands.other)
    await hands.say(*all_renamed(2))
    assert await documents_read(hands.evaluate(hands.one)) == SIZE
    assert (await latest(hands.world, "t1/d7")).candidate.target_name == "EDITED"


async def test_what_was_kept_before_the_tables_were_built_again_is_not_used(hands: Hands) -> None:
    """Their count of evaluations begins anew, and comes by where it was."""
    world = hands.world
    [(count,)] = await world.fetch("SELECT evaluation FROM organization_work WHERE organization_id = 'o1'")
    await world.fetch("UPDATE configurations SET name = 'REBUILT' WHERE configuration_id = 'c7'")
    await world.fetch("UPDATE organization_work SET evaluation = $1, keeper = NULL", count - 1)
    await hands.say(renamed(1, "RECEPTION", 2))
    await hands.evaluate(hands.other)
    assert [(count,)] == await world.fetch("SELECT evaluation FROM organization_work WHERE organization_id = 'o1'")
    await hands.say(*all_renamed(3))
    assert await documents_read(hands.evaluate(hands.one)) == SIZE
    assert (await latest(world, "t1/d7")).candidate.target_name == "REBUILT"


async def test_who_keeps_an_organization_is_left_to_it_for_a_while(hands: Hands) -> None:
    evaluator = hands.other.evaluator
    usual, evaluator._pace = evaluator._pace, replace(evaluator._pace, courtesy=600.0)
    await hands.say(*all_renamed(2))
    await asyncio.sleep(0.1)
    for _ in range(5):
        await evaluator.step()
    assert await documents_read(hands.evaluate(hands.one)) == 0, "the other has left it alone"
    evaluator._pace = usual
    await hands.say(*all_renamed(3))
    assert await documents_read(hands.evaluate(hands.other)) == SIZE, "and sees to it if nobody else does"


async def test_nobody_waits_for_a_keeper_of_long_ago(hands: Hands) -> None:
    evaluator = hands.other.evaluator
    evaluator._pace = replace(evaluator._pace, courtesy=600.0)
    await hands.world.fetch("UPDATE organization_work SET applied_at = now() - interval '11 minutes'")
    await hands.say(*all_renamed(2))
    assert await documents_read(hands.evaluate(hands.other)) == SIZE


async def test_an_evaluator_leaves_alone_what_another_is_at_work_on_and_does_not_wait_for_it(hands: Hands) -> None:
    world = hands.world
    at_work = await connect(world)
    async with asyncio.timeout(60):
        async with at_work.transaction():
            await at_work.execute("UPDATE organization_work SET evaluation = evaluation WHERE organization_id = 'o1'")
            await hands.say(renamed(7, "RECEPTION", 2), says.tenant("t2"), says.organization("o2"))
            await hands.say(says.tenant_match("t2", "o2"), says.device("d1", tenant="t2", serial="PF2AA001"))
            await hands.say(says.configuration("c2-1", organization="o2", serial="PF2AA001"))
            while not (await world.fetch("SELECT FROM device_suggestions WHERE tenant_id = 't2'")):
                await hands.one.evaluator.step()
            assert await world.fetch("SELECT FROM marks WHERE subject = 't1'"), "the other's, or for later"
        await hands.evaluate(hands.one)
    await at_work.close()
    assert (await latest(world, "t1/d7")).revision == 2


async def test_a_row_that_somebody_else_adds_meanwhile_is_looked_at_again(hands: Hands) -> None:
    connection = await connect(hands.world)
    row = (await connection.fetch("SELECT * FROM device_suggestions LIMIT 1"))[0]
    with pytest.raises(Transient):
        await _copy(connection, "device_suggestions", [tuple(row)])
    await connection.close()


async def test_what_was_not_committed_is_not_kept(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = 0

    async def fail(*_: Any) -> None:
        nonlocal failures
        failures += 1
        raise RuntimeError("no more")

    await hands.say(renamed(7, "RECEPTION", 2))
    with monkeypatch.context() as patched:
        patched.setattr(hands.one.evaluator._store, "delete_marks", fail)
        while failures < 3:
            with contextlib.suppress(RuntimeError):
                await hands.one.evaluator.step()
    await hands.say(renamed(8, "PF1AA007", 2))
    assert (await hands.evaluate(hands.one))[0] == SIZE
    assert (await latest(hands.world, "t1/d7")).revision == 2


async def test_what_is_stored_and_not_published_is_published_with_the_next_change(hands: Hands) -> None:
    await hands.say(renamed(7, "RECEPTION", 2))
    stored: list[Any] = []

    async def store() -> bool:
        evaluated, _, _ = await hands.one.evaluator._evaluate_devices()
        stored.extend(evaluated.changes)
        return bool(stored)

    await hands.world.until(store)
    await hands.say(renamed(8, "FRONT-DESK", 2))
    await hands.evaluate(hands.one)
    assert [(await latest(hands.world, f"t1/d{n}")).revision for n in (7, 8)] == [2, 2]


async def test_what_changes_in_bulk_is_marked_as_a_whole(hands: Hands) -> None:
    async def marked(*events: Any) -> set[tuple[str, str, str]]:
        await hands.say(*events)
        rows = await hands.world.fetch("DELETE FROM marks RETURNING kind, subject, part")
        return {tuple(row) for row in rows if row[0] != "directory"}

    assert await marked(renamed(1, "X", 2), renamed(2, "X", 2)) == {("device", "t1", "d1"), ("device", "t1", "d2")}
    assert await marked(says.configuration("c1", version=2)) == {("configuration", "c1", "")}
    documents = [says.configuration(f"c{n}", version=3) for n in range(SIZE)]
    devices = [renamed(n, "X", 3) for n in range(SIZE)]
    found = await marked(*documents, *devices)
    assert found >= {("organization", "o1", ""), ("tenant", "t1", "")}
    assert len(found) < SIZE, "what is left over from a batch may be named"


async def test_a_tenant_that_leaves_takes_its_devices_with_it(hands: Hands) -> None:
    twice = [says.tenant("t2"), says.organization("o2"), says.tenant_match("t2", "o1"), says.device("x", tenant="t2")]
    await hands.say(*twice)
    await hands.evaluate(hands.one)
    await hands.say(says.tenant_match("t2", "o2", version=2))
    await hands.evaluate(hands.one)
    await hands.say(says.device("x", tenant="t2", serial="PF1AA003", revision=2))
    await hands.evaluate(hands.one)
    assert (await latest(hands.world, "t2/x")).status == "elsewhere"
    assert (await latest(hands.world, "t1/d3")).candidate.target_id == "c3"


@pytest.mark.parametrize("most_single", [50, 3])
async def test_after_many_changes_a_whole_evaluation_has_nothing_to_add(
    world: World, monkeypatch: pytest.MonkeyPatch, most_single: int
) -> None:
    """Several evaluators take turns; what all of them said is what one says who knows nothing but the tables."""
    monkeypatch.setattr(intake, "_MOST_SINGLE", most_single)
    rng = Random(7)
    running = [await world.start_matcher(), await world.start_matcher()]
    for tenant in ("t1", "t2", "t3"):
        await world.say(says.tenant(tenant), says.tenant_match(tenant, "o2" if tenant == "t3" else "o1"))
    await world.say(says.organization(), says.organization("o2"))
    for version in range(1, 41):
        await world.say_at_once([some_event(rng, version) for _ in range(rng.choice((1, 2, 20)))])
        if rng.random() < 0.5:
            await world.settle()
    heard = await world.settle()
    assert sum(isinstance(events[-1], MatchSuggested) for events in heard.values()) > 5
    before = len(world.heard.records)
    for matcher in running:
        await world.stop_matcher(matcher)
    await world.fetch("INSERT INTO marks (kind, subject) VALUES ('organization', 'o1'), ('organization', 'o2')")
    await world.start_matcher()
    await world.settle()
    assert [event.key for event in world.heard.events()[before:]] == []


def some_event(rng: Random, version: int) -> Any:
    serial = rng.choice([None, "N/A", *(f"PF1AA{n:03}" for n in range(12))])
    name, number = f"LT-{rng.randrange(12):03}", rng.randrange(14)
    tenant = rng.choice(["t1", "t1", "t2", "t3"])
    kind = rng.random()
    if kind < 0.4:
        mac = rng.choice([None, "3024A9000001", "3024A9000002", "3024A9000003"])
        return says.device(
            f"d{number}", tenant=tenant, revision=version, name=name, serial=serial, ethernet=mac, synced=version
        )
    if kind < 0.5:
        return says.DeviceRetired(tenant_id=tenant, device_id=f"d{number}", revision=version)
    if kind < 0.8:
        organization = rng.choice(["o1", "o1", "o2"])
        archived = rng.random() < 0.2
        return says.configuration(
            f"c{number}", organization=organization, version=version, name=name, serial=serial, archived=archived
        )
    if kind < 0.95:
        status = rng.choice(["matched", "unmatched", "ignored"])
        target = f"c{number}" if status == "matched" else None
        return says.device_match(f"d{number}", target, tenant=tenant, version=version, status=status)  # type: ignore[arg-type]
    return says.tenant_match("t2", rng.choice(["o1", "o2"]), version=version + 1)
