"""Every command to the ingestor is answered where all can see it."""

from typing import Any

import pytest
from ingestor_commands import ANA, NOWHERE, answer, asked, obeying
from ingestor_world import RUNS, Ingesting, largest
from matchbook_contracts.base import Contract
from matchbook_contracts.connections import SyncRequestRefused, SyncSettingsChanged
from matchbook_contracts.sync import ConfirmRetirements, RequestSync, SetDeviceSync, SetSyncSchedule, SyncStarted
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
