"""Devices that leave, and devices that only seem to."""

from datetime import UTC, datetime
from typing import Any

import pytest
from ingestor_world import DEVICES, Ingesting, edited, gone, largest, readable, refusal, without
from matchbook_contracts.base import Actor
from matchbook_contracts.discovery import DeviceDiscovered, DeviceRetired
from matchbook_contracts.sync import ConfirmRetirements, SyncCompleted, SyncFailed
from matchbook_graph_ingestor.adapters import store
from matchbook_graph_ingestor.app import rules_of
from matchbook_graph_ingestor.domain.retirement import Absent
from matchbook_graph_ingestor.handlers import TOPIC, Commands
from matchbook_servicekit.database import load_queries
from matchbook_servicekit.messaging import Received

PRIYA = Actor(kind="person", id="priya", role="Administrator")


async def retired(world: Ingesting) -> list[str]:
    return sorted(event.device_id for event in await world.events(DEVICES) if isinstance(event, DeviceRetired))


async def confirm(world: Ingesting, tenant_id: str, run_id: str) -> None:
    now = datetime.now(UTC)
    command = ConfirmRetirements(request_id="r", actor=PRIYA, requested_at=now, tenant_id=tenant_id, run_id=run_id)
    commands = Commands(rules_of(world.settings), lambda: None, world.clock)
    async with world.parts.database.transaction() as connection:
        await commands.apply([Received(command, "r", TOPIC, 0, 0, now, None, command.body())], connection)


async def test_a_device_is_retired_after_two_complete_sweeps_and_a_look_by_id(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.edit, world.mischief.instead = without(ids[0], ids[1]), gone(ids[0], ids[1])
    await world.sweep(tenant_id)
    assert await retired(world) == []
    await world.sweep(tenant_id)
    assert await retired(world) == sorted(ids[:2])
    run = await world.last_run(tenant_id)
    assert isinstance(run, SyncCompleted)
    assert run.counts.retired == 2
    await world.sweep(tenant_id)
    assert len(await retired(world)) == 2


async def test_a_device_that_returns_is_the_same_device(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.edit, world.mischief.instead = without(ids[0]), gone(ids[0])
    await world.sweep(tenant_id)
    await world.sweep(tenant_id)
    world.mischief.reset()
    await world.sweep(tenant_id)
    life = [event for event in await world.events(DEVICES) if event.device_id == ids[0]]
    assert [(type(event), event.revision) for event in life] == [
        (DeviceDiscovered, 1),
        (DeviceRetired, 2),
        (DeviceDiscovered, 3),
    ]


async def test_an_absence_between_two_presences_does_not_count(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.instead = gone(ids[0])
    for _ in range(3):
        world.mischief.edit = without(ids[0])
        await world.sweep(tenant_id)
        world.mischief.edit = lambda _, __: None
        await world.sweep(tenant_id)
    assert await retired(world) == []


async def test_an_incomplete_sweep_counts_no_absence(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    for _ in range(3):
        world.mischief.edit = without(ids[0])
        world.mischief.instead = lambda call: refusal(503) if call.skip_token else None
        await world.sweep(tenant_id)
    world.mischief.instead = gone(ids[0])
    await world.sweep(tenant_id)
    assert await retired(world) == []


async def test_a_list_that_forgets_a_device_retires_nothing_that_still_answers(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.edit = without(*ids[:3])
    for _ in range(5):
        await world.sweep(tenant_id)
    assert await retired(world) == []
    assert isinstance(await world.last_run(tenant_id), SyncCompleted)


async def test_a_look_by_id_that_fails_retires_nothing(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.edit = without(ids[0])
    world.mischief.instead = lambda call: refusal(404) if call.path.endswith(ids[0]) else None
    for _ in range(3):
        await world.sweep(tenant_id)
    assert await retired(world) == []


async def test_a_list_cut_to_a_tenth_engages_the_brake_and_a_confirmation_releases_it(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    assert len(ids) > 12, "the emulator's largest tenant is too small for this test"
    lost = ids[1:]
    world.mischief.edit, world.mischief.instead = without(*lost), gone(*lost)
    await world.sweep(tenant_id)
    assert isinstance(await world.last_run(tenant_id), SyncCompleted)
    for _ in range(2):
        await world.sweep(tenant_id)
        braked = await world.last_run(tenant_id)
        assert isinstance(braked, SyncFailed)
        assert braked.reason == "retirement_brake"
        assert str(len(lost)) in braked.message
        assert await retired(world) == []
    await confirm(world, tenant_id, "some other run")
    await world.sweep(tenant_id)
    assert await retired(world) == []
    await confirm(world, tenant_id.upper(), braked.run_id)
    await world.sweep(tenant_id)
    assert await retired(world) == sorted(lost)
    assert isinstance(await world.last_run(tenant_id), SyncCompleted)


async def test_a_confirmation_retires_nothing_that_still_answers(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.edit = without(*ids[1:])
    await world.sweep(tenant_id)
    await world.sweep(tenant_id)
    braked = await world.last_run(tenant_id)
    await confirm(world, tenant_id, braked.run_id)
    await world.sweep(tenant_id)
    assert await retired(world) == []
    assert isinstance(await world.last_run(tenant_id), SyncCompleted)


async def test_retiring_is_one_tenants_affair(world: Ingesting) -> None:
    """A device id that another tenant has too: only the tenant that lost it retires it."""
    await world.everything()
    first, second = (state.tenant.tenant_id for state in readable(world)[:2])
    _, ids = largest(world)
    other = readable(world)[1].devices[0].id
    world.mischief.edit = edited(other, id=ids[0])
    await world.sweep(second)
    world.mischief.edit, world.mischief.instead = (
        without(ids[0]),
        lambda call: gone(ids[0])(call) if call.tenant_id == first else None,
    )
    await world.sweep(first)
    await world.sweep(first)
    (event,) = [event for event in await world.events(DEVICES) if isinstance(event, DeviceRetired)]
    assert event.tenant_id == first
    rows = await world.rows("SELECT tenant_id FROM devices WHERE device_id = $1 AND NOT retired", ids[0])
    assert [row["tenant_id"] for row in rows] == [second]


async def test_what_is_absent_is_found_in_proportion_however_often_it_was_asked(world: Ingesting) -> None:
    """PostgreSQL keeps a plan that does not know how many devices were seen; it must not compare each with each."""
    await world.rows(
        "INSERT INTO devices (tenant_id, device_id, revision, digest, details_pending)"
        " SELECT 'many', number::text, 1, '', false FROM generate_series(1, 5000) AS number RETURNING 1"
    )
    query = load_queries("matchbook_graph_ingestor")["absent_devices"]
    async with world.parts.database.transaction() as connection:
        await connection.execute("ANALYZE devices")
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE absent AS {query}")
        plan = await connection.fetch("EXPLAIN EXECUTE absent('many', '{}')")
        absent = await store.absent_devices(connection, "many", [str(number) for number in range(1, 5000)])
    assert any("Hash Anti Join" in row[0] or "Hash Right Anti Join" in row[0] for row in plan), plan
    assert absent == [Absent("5000", 0)]


async def test_nothing_is_retired_once_devices_are_not_to_be_synced_any_more(
    world: Ingesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.edit, world.mischief.instead = without(ids[0]), gone(ids[0])
    await world.sweep(tenant_id)
    real = world.parts.tenants._look_up

    async def look_up(*about: Any) -> Any:
        await world.rows(
            "INSERT INTO tenant_settings (tenant_id, device_sync) VALUES ($1, false) RETURNING 1", about[0]
        )
        return await real(*about)

    monkeypatch.setattr(world.parts.tenants, "_look_up", look_up)
    await world.sweep(tenant_id)
    assert isinstance(await world.last_run(tenant_id), SyncFailed)
    assert await retired(world) == []
