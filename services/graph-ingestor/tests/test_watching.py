"""What is told of how fresh tenants are, and of sweeps that are stuck."""

from datetime import timedelta
from math import inf

import pytest
from ingestor_world import Ingesting, largest, readable
from matchbook_graph_ingestor import metrics
from matchbook_graph_ingestor.service.watching import Watch
from structlog.testing import capture_logs


def sample(name: str) -> dict[str, float]:
    (family,) = (
        family for metric in (metrics.freshness, metrics.stuck) for family in metric.collect() if family.name == name
    )
    return {item.labels.get("tenant_id", ""): item.value for item in family.samples}


async def test_freshness_counts_from_the_beginning_of_the_latest_complete_sweep(world: Ingesting) -> None:
    await world.everything()
    watch = Watch(world.parts.database, timedelta(minutes=15), world.clock)
    world.clock.now += timedelta(hours=2)
    tenant_id, _ = largest(world)
    await world.sweep(tenant_id)
    world.clock.now += timedelta(hours=1)
    await watch.look()
    found = sample("matchbook_graph_freshness_seconds")
    assert set(found) == {tenant.tenant_id for tenant in world.microsoft.world.customers}
    fresh = {state.tenant.tenant_id for state in readable(world)}
    assert {found.pop(tenant_id) for tenant_id in set(found) - fresh} == {inf}
    assert found.pop(tenant_id) == pytest.approx(3600, abs=60)
    assert all(age == pytest.approx(3 * 3600, abs=60) for age in found.values())
    watch.forget()
    assert sample("matchbook_graph_freshness_seconds") == {}


async def test_a_stuck_sweep_alarms_once(world: Ingesting) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    (visit,) = await world.opened(tenant_id)
    watch = Watch(world.parts.database, timedelta(minutes=15), world.clock)
    world.clock.now += timedelta(minutes=14)
    await watch.look()
    assert sample("matchbook_graph_stuck_sweeps") == {"": 0}
    world.clock.now += timedelta(minutes=2)
    with capture_logs() as told:
        await watch.look()
        await watch.look()
    assert sample("matchbook_graph_stuck_sweeps") == {"": 1}
    (alarm,) = (entry for entry in told if entry["event"] == "a sweep is stuck")
    assert (alarm["log_level"], alarm["run_id"]) == ("error", visit.run.run_id)
    await world.parts.tenants.run(visit)
    await watch.look()
    assert sample("matchbook_graph_stuck_sweeps") == {"": 0}


async def test_a_long_sweep_that_comes_further_is_not_stuck(world: Ingesting, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.customers()
    watch = Watch(world.parts.database, timedelta(minutes=15), world.clock)
    found: list[float] = []

    async def turn(_: float) -> None:
        world.clock.now += timedelta(minutes=10)
        await watch.look()
        found.append(sample("matchbook_graph_stuck_sweeps")[""])

    monkeypatch.setattr(world.parts.tenants, "_turn", turn)
    await world.sweep(largest(world)[0])
    assert len(found) > 2
    assert set(found) == {0}
