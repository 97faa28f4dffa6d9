"""Commands from the topic, and the scheduler that obeys them: the whole service but its process."""

from datetime import UTC, datetime
from typing import Any

import pytest
from ingestor_world import (
    DEVICES,
    RUNS,
    TENANTS,
    Ingesting,
    all_swept,
    by_the_real_clock,
    devices_list,
    edited,
    ingesting,
    largest,
    readable,
    refusal,
    working,
)
from matchbook_contracts.base import Actor, Contract
from matchbook_contracts.discovery import TenantDiscovered
from matchbook_contracts.sync import RequestSync, SetDeviceSync, SetSyncSchedule, SyncFailed, SyncStarted
from matchbook_servicekit.messaging import outgoing
from msgspec import structs

ANA = Actor(kind="person", id="ana", name="Ana", role="Administrator", organizations=("o1",))


async def send(world: Ingesting, *commands: Contract) -> None:
    records = [outgoing(item, source="test", event_id=f"{item.key}-{number}") for number, item in enumerate(commands)]
    await world.parts.publisher.publish(records)


def asked(**others: Any) -> dict[str, Any]:
    return {"request_id": "r", "actor": ANA, "requested_at": datetime.now(UTC)} | others


async def sweeps_of(world: Ingesting, tenant_id: str) -> list[SyncStarted]:
    events = await world.events(RUNS)
    return [event for event in events if isinstance(event, SyncStarted) and event.tenant_id == tenant_id]


async def test_everything_is_found_without_being_asked_for(service: Ingesting) -> None:
    async with working(service):
        await service.until(lambda: all_swept(service))

        async def idle() -> bool:
            return service.parts.scheduler.idle()

        await service.until(idle)
    devices = {device.id for state in readable(service) for device in state.devices}
    assert {event.device_id for event in await service.events(DEVICES)} == devices


async def test_one_tenant_is_swept_on_request_and_the_asker_is_named(service: Ingesting) -> None:
    tenant_id, _ = largest(service)
    async with working(service):
        await service.until(lambda: all_swept(service))
        await send(service, RequestSync(**asked(tenant_id=tenant_id)))
        await service.until(lambda: _count(service, tenant_id, 2))
        await service.until(lambda: all_swept(service))
    first, second = await sweeps_of(service, tenant_id)
    assert (first.requested_by, second.requested_by) == (None, ANA)
    other = readable(service)[1].tenant.tenant_id
    assert len(await sweeps_of(service, other)) == 1


async def test_all_are_swept_on_request(service: Ingesting) -> None:
    async with working(service):
        await service.until(lambda: all_swept(service))
        await send(service, RequestSync(**asked()))
        partner = service.microsoft.partner_tenant_id
        for tenant_id in (partner, *(state.tenant.tenant_id for state in readable(service))):
            await service.until(lambda tenant_id=tenant_id: _count(service, tenant_id, 2))  # type: ignore[misc]
        await service.until(lambda: all_swept(service))
    assert (await sweeps_of(service, partner))[-1].requested_by == ANA


async def test_switching_device_sync_is_announced_and_obeyed(service: Ingesting) -> None:
    tenant_id, ids = largest(service)
    async with working(service):
        await send(service, SetDeviceSync(**asked(tenant_id="*", enabled=False)))
        await send(service, SetDeviceSync(**asked(tenant_id=tenant_id, enabled=True)))
        await service.until(lambda: _only_syncing(service, tenant_id))
        await service.until(lambda: all_swept(service))
        await send(service, SetDeviceSync(**asked(tenant_id=tenant_id, enabled=None)))
        await service.until(lambda: _only_syncing(service, None))
        swept = len(await sweeps_of(service, tenant_id))
        service.mischief.calls.clear()
        await send(service, RequestSync(**asked(tenant_id=tenant_id)))
        await service.until(lambda: _organization_read(service, tenant_id))
        await service.until(lambda: all_swept(service))
        assert not [call for call in service.mischief.calls if devices_list(call)]
        await send(service, SetDeviceSync(**asked(tenant_id=tenant_id, enabled=True)))
        await service.until(lambda: _count(service, tenant_id, swept + 1))
        await service.until(lambda: all_swept(service))
    assert {event.device_id for event in await service.events(DEVICES) if event.tenant_id == tenant_id} == set(ids)


async def test_a_shorter_schedule_counts_from_now(service: Ingesting) -> None:
    tenant_id, _ = largest(service)
    async with working(service):
        await service.until(lambda: all_swept(service))
        await send(service, SetSyncSchedule(**asked(tenant_id=tenant_id, interval_seconds=60)))

        async def sooner() -> bool:
            query = "SELECT 1 FROM tenants WHERE tenant_id = $1 AND due_at < now() + interval '61 seconds'"
            return bool(await service.rows(query, tenant_id))

        await service.until(sooner)
    (row,) = await service.rows("SELECT count(*) AS rows FROM tenants WHERE due_at > now() + interval '50 minutes'")
    assert row["rows"] == len(service.microsoft.world.customers) - 1


async def test_one_tenant_that_breaks_the_service_does_not_stop_the_others(
    service: Ingesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant_id, _ = largest(service)
    real = service.parts.graph.organization

    async def organization(asked_for: str) -> Any:
        if asked_for == tenant_id:
            raise ZeroDivisionError
        return await real(asked_for)

    monkeypatch.setattr(service.parts.graph, "organization", organization)
    async with working(service):
        await service.until(lambda: all_swept(service))
    run = await service.last_run(tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "interrupted"
    swept = {event.tenant_id for event in await service.events(DEVICES)}
    assert swept == {state.tenant.tenant_id for state in readable(service)} - {tenant_id}


async def test_what_kafka_refuses_of_one_tenant_does_not_stop_the_others(
    service: Ingesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant_id, _ = largest(service)
    real = service.parts.graph.organization

    async def organization(asked_for: str) -> Any:
        found = await real(asked_for)
        assert found is not None
        return structs.replace(found, display_name="x" * 20_000_000) if asked_for == tenant_id else found

    monkeypatch.setattr(service.parts.graph, "organization", organization)
    async with working(service):
        await service.until(lambda: all_swept(service))
    run = await service.last_run(tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "interrupted"


@pytest.mark.parametrize("second_first", [False, True])
async def test_of_two_services_one_sweeps(service: Ingesting, configure: Any, *, second_first: bool) -> None:
    async with ingesting(configure(), service.microsoft, service.mischief) as second:
        by_the_real_clock(second)
        one, other = (second, service) if second_first else (service, second)
        async with working(one), working(other):
            await service.until(lambda: all_swept(service))
            await service.until(lambda: _at_ease(service, second))
    assert len(await service.events(DEVICES)) == sum(len(state.devices) for state in readable(service))
    assert len(await sweeps_of(service, largest(service)[0])) == 1


async def test_a_tenant_at_permanent_429_does_not_hold_up_the_others(service: Ingesting) -> None:
    tenant_id, _ = largest(service)
    service.mischief.instead = lambda call: (
        refusal(429, "TooManyRequests", Retry_After="30")
        if call.tenant_id == tenant_id and call.service == "graph"
        else None
    )
    async with working(service):
        others = sum(len(state.devices) for state in readable(service)[1:])

        async def all_others() -> bool:
            return len(await service.rows("SELECT 1 FROM devices")) == others

        await service.until(all_others)
        assert await service.rows("SELECT 1 FROM open_sweeps WHERE tenant_id = $1", tenant_id)


async def test_a_change_reaches_the_topic_by_itself(service: Ingesting) -> None:
    tenant_id, ids = largest(service)
    async with working(service):
        await service.until(lambda: all_swept(service))
        service.mischief.edit = edited(ids[0], deviceName="RENAMED")
        await send(service, RequestSync(**asked(tenant_id=tenant_id)))

        async def renamed() -> bool:
            return any(event.revision == 2 for event in await service.events(DEVICES))

        await service.until(renamed)


async def _count(world: Ingesting, tenant_id: str, number: int) -> bool:
    return len(await sweeps_of(world, tenant_id)) >= number


async def _organization_read(world: Ingesting, tenant_id: str) -> bool:
    return any(call.tenant_id == tenant_id and call.path.endswith("/organization") for call in world.mischief.calls)


async def _at_ease(*worlds: Ingesting) -> bool:
    return {world.parts.scheduler.ready() for world in worlds} == {None}


async def _latest_tenants(world: Ingesting) -> dict[str, Any]:
    return {event.tenant_id: event for event in await world.events(TENANTS)}


async def _only_syncing(world: Ingesting, tenant_id: str | None) -> bool:
    """Whether every readable tenant is announced, and of them this one alone, or none, syncs devices."""
    told = [event for event in (await _latest_tenants(world)).values() if isinstance(event, TenantDiscovered)]
    syncing = {event.tenant_id for event in told if event.sync_intune_devices}
    return len(told) >= len(readable(world)) and syncing == ({tenant_id} if tenant_id else set())
