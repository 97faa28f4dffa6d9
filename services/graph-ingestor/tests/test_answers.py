"""Every command to the ingestor is answered where all can see it."""

from typing import Any

import pytest
from ingestor_commands import ANA, NOWHERE, answer, asked, obeying
from ingestor_world import RUNS, TENANTS, Ingesting, largest
from matchbook_contracts.base import Contract
from matchbook_contracts.connections import (
    AddTenant,
    RemoveTenant,
    SyncRequestRefused,
    SyncSettingsChanged,
    TestConnection,
)
from matchbook_contracts.sync import (
    ConfirmRetirements,
    RequestSync,
    ResetSyncSchedule,
    SetDeviceSync,
    SetSyncSchedule,
    SyncStarted,
)
from matchbook_servicekit.messaging import outgoing


async def settings(world: Ingesting, request_id: str, command: type[Contract], **others: Any) -> tuple[Any, ...]:
    event = await answer(world, command(**asked(request_id, **others)))
    assert isinstance(event, SyncSettingsChanged)
    return event.tenant_id, event.device_sync, event.interval_seconds, event.changed


async def test_each_change_of_a_setting_is_told_with_all_that_holds(world: Ingesting) -> None:
    t = largest(world)[0]
    async with obeying(world):
        assert await settings(world, "1", SetDeviceSync, tenant_id=t, enabled=False) == (t, False, None, True)
        assert await settings(world, "2", SetSyncSchedule, tenant_id=t, interval_seconds=600) == (t, False, 600, True)
        assert await settings(world, "3", SetDeviceSync, tenant_id="*", enabled=True) == ("*", True, None, True)
        assert await settings(world, "4", SetSyncSchedule, tenant_id="*", interval_seconds=60) == ("*", True, 60, True)
        assert await settings(world, "5", SetDeviceSync, tenant_id=t) == (t, None, 600, True)


async def test_a_command_that_changes_nothing_is_told_to(world: Ingesting) -> None:
    t = largest(world)[0]
    async with obeying(world):
        assert await settings(world, "1", SetDeviceSync, tenant_id=t) == (t, None, None, False)
        assert await settings(world, "2", SetSyncSchedule, tenant_id=t, interval_seconds=600) == (t, None, 600, True)
        assert await settings(world, "3", SetSyncSchedule, tenant_id=t, interval_seconds=600) == (t, None, 600, False)


async def test_a_schedule_goes_back_to_the_default(service: Ingesting) -> None:
    """And its next sweep is no later than the default says."""
    await service.everything()
    t, day = largest(service)[0], 24 * 3600
    async with obeying(service):
        assert (await settings(service, "1", SetSyncSchedule, tenant_id=t, interval_seconds=day))[2] == day
        assert (await settings(service, "2", SetSyncSchedule, tenant_id="*", interval_seconds=600))[2] == 600
        assert await due_in(service, t) > 600, "it has a schedule of its own"
        assert await settings(service, "3", ResetSyncSchedule, tenant_id=t) == (t, None, None, True)
        assert await due_in(service, t) <= 600
        assert await settings(service, "4", ResetSyncSchedule, tenant_id="*") == ("*", None, None, True)
        await service.rows("UPDATE tenants SET due_at = 'epoch' WHERE tenant_id = $1 RETURNING 1", t)
        await service.sweep(t)
        assert 600 < await due_in(service, t) <= service.settings.sync_interval_seconds


async def due_in(world: Ingesting, tenant_id: str) -> float:
    (row,) = await world.rows("SELECT due_at - now() AS left FROM tenants WHERE tenant_id = $1", tenant_id)
    return float(row["left"].total_seconds())


async def test_a_tenant_id_in_capitals_is_the_same_tenant(world: Ingesting) -> None:
    await world.everything()
    t = largest(world)[0]
    capitals = t.upper()
    assert capitals != t
    async with obeying(world):
        assert await settings(world, "1", SetDeviceSync, tenant_id=capitals, enabled=False) == (t, False, None, True)
        told = [event for event in await world.events(TENANTS) if event.tenant_id == t]
        assert told[-1].sync_intune_devices is False
        seconds = {"tenant_id": capitals, "interval_seconds": 600}
        assert await settings(world, "2", SetSyncSchedule, **seconds) == (t, False, 600, True)
        assert await settings(world, "3", ResetSyncSchedule, tenant_id=capitals) == (t, False, None, True)
        request = RequestSync(**asked("4", tenant_id=capitals))
        await world.parts.publisher.publish([outgoing(request, source="test", event_id="4")])
        tested = await answer(world, TestConnection(**asked("5", tenant_id=capitals)))
        assert (tested.tenant_id, tested.ok) == (t, True)
        added = await answer(world, AddTenant(**asked("6", tenant_id=capitals)))
        assert (added.tenant_id, added.asked_for) == (t, capitals)
        assert (await answer(world, RemoveTenant(**asked("7", tenant_id=capitals)))).tenant_id == t
    assert await world.rows("SELECT 1 FROM tenants WHERE tenant_id = $1 AND requested_by IS NOT NULL", t)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (RequestSync(**asked(tenant_id=NOWHERE)), "not_looked_after"),
        (SetSyncSchedule(**asked(tenant_id="*", interval_seconds=10**12)), "out_of_range"),
        (ConfirmRetirements(**asked(tenant_id=NOWHERE, run_id="x")), "nothing_held_back"),
        (ConfirmRetirements(**asked(tenant_id="*", run_id="x")), "nothing_held_back"),
    ],
)
async def test_a_command_that_can_not_be_obeyed_is_refused(world: Ingesting, command: Any, reason: str) -> None:
    async with obeying(world):
        event = await answer(world, command)
    assert isinstance(event, SyncRequestRefused)
    assert (event.reason, event.command) == (reason, type(command).__name__)
    assert command.tenant_id in event.message or command.tenant_id == "*"


async def test_a_requested_sweep_is_its_own_answer(world: Ingesting) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    async with obeying(world):
        request = RequestSync(**asked(tenant_id=tenant_id))
        await world.parts.publisher.publish([outgoing(request, source="test", event_id="r")])

        async def requested() -> bool:
            return bool(await world.rows("SELECT 1 FROM tenants WHERE requested_by IS NOT NULL"))

        await world.until(requested)
    await world.sweep(tenant_id)
    (started,) = [e for e in await world.events(RUNS) if isinstance(e, SyncStarted) and e.tenant_id == tenant_id]
    assert started.requested_by == ANA
    assert not [event for event in await world.events(RUNS) if isinstance(event, SyncRequestRefused)]
