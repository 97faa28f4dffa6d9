"""Sweeps of an orderly Microsoft."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from ingestor_world import DEVICES, RUNS, TENANTS, Ingesting, devices_list, edited, largest, readable
from matchbook_contracts.base import Actor
from matchbook_contracts.discovery import DeviceDiscovered, TenantDiscovered, TenantLost
from matchbook_contracts.sync import SyncCompleted, SyncFailed, SyncStarted
from matchbook_graph_ingestor.adapters import store
from matchbook_local.emulator.faults import Call
from matchbook_local.emulator.world.model import Access


async def test_the_first_sweep_publishes_everything_and_the_second_nothing(world: Ingesting) -> None:
    await world.everything()
    expected = {device.id for state in readable(world) for device in state.devices}
    first = await world.heard(DEVICES)
    assert {item.event.device_id for item in first if isinstance(item.event, DeviceDiscovered)} == expected
    assert len(first) == len(expected)
    await world.everything()
    assert await world.heard(DEVICES) == first
    completed = [event for event in await world.events(RUNS) if isinstance(event, SyncCompleted)]
    by_run = [event.counts for event in completed if event.scope == "devices"]
    half = len(by_run) // 2
    assert sum(counts.published for counts in by_run) == len(expected) == sum(counts.unchanged for counts in by_run)
    assert all(counts.published + counts.unchanged == counts.seen for counts in by_run)
    assert half == len(readable(world))


async def test_an_unchanged_sweep_writes_no_device_row(world: Ingesting) -> None:
    await world.everything()
    before = await world.rows("SELECT device_id, ctid::text, xmin::text FROM devices ORDER BY device_id")
    await world.sweep()
    assert await world.rows("SELECT device_id, ctid::text, xmin::text FROM devices ORDER BY device_id") == before


async def test_tenants_carry_their_own_current_names(world: Ingesting) -> None:
    await world.everything()
    told = {event.tenant_id: event for event in await world.events(TENANTS) if isinstance(event, TenantDiscovered)}
    tenants = [state.tenant for state in readable(world)]
    assert {key: event.display_name for key, event in told.items()} == {t.tenant_id: t.display_name for t in tenants}
    assert any(t.display_name != t.contract_name for t in tenants)
    for tenant in tenants:
        assert told[tenant.tenant_id].default_domain == tenant.domains[0]
        assert set(told[tenant.tenant_id].verified_domains) == {*tenant.domains, tenant.initial_domain}
        assert told[tenant.tenant_id].relationship_ends_at is not None


async def test_each_refused_tenant_is_lost_for_its_own_reason_and_once(world: Ingesting) -> None:
    await world.everything()
    await world.everything()
    lost = {event.tenant_id: event for event in await world.events(TENANTS) if isinstance(event, TenantLost)}
    expected = {
        Access.NO_CONSENT: "consent_missing",
        Access.NOT_INSTALLED: "consent_missing",
        Access.NO_LICENCE: "licence_missing",
        Access.EXPIRED: "relationship_expired",
    }
    refused = [tenant for tenant in world.microsoft.world.customers if tenant.access is not Access.GRANTED]
    assert {tenant.access for tenant in refused} == set(expected)
    assert {key: event.reason for key, event in lost.items()} == {t.tenant_id: expected[t.access] for t in refused}
    assert [event.revision for event in lost.values()] == [1] * len(refused)
    assert len(await world.events(TENANTS)) == len(world.microsoft.world.customers)
    for tenant in refused:
        run = await world.last_run(tenant.tenant_id)
        assert isinstance(run, SyncFailed)
        assert run.reason == expected[tenant.access]


async def test_a_rename_publishes_one_device(world: Ingesting) -> None:
    await world.everything()
    before = len(await world.heard(DEVICES))
    tenant_id, ids = largest(world)
    world.mischief.edit = edited(ids[3], deviceName="RENAMED-1")
    await world.sweep()
    news = await world.events(DEVICES)
    (changed,) = [event for event in news if event.revision == 2]
    assert (changed.tenant_id, changed.device_id, changed.facts.device_name) == (tenant_id, ids[3], "RENAMED-1")
    assert len(news) == before + 1


@pytest.mark.parametrize(("days", "published"), [(0.9, 0), (1.1, 1)])
async def test_a_growing_last_sync_is_told_at_most_daily(world: Ingesting, days: float, published: int) -> None:
    await world.everything()
    before = await world.events(DEVICES)
    tenant_id, ids = largest(world)
    (row,) = await world.rows("SELECT last_sync_at FROM devices WHERE device_id = $1", ids[0])
    later = row["last_sync_at"].timestamp() + days * 86400
    world.mischief.edit = edited(ids[0], lastSyncDateTime=_graph_time(later))
    await world.sweep(tenant_id)
    assert len(await world.events(DEVICES)) == len(before) + published


async def test_a_renamed_tenant_is_told(world: Ingesting) -> None:
    await world.everything()
    tenant_id, _ = largest(world)

    def edit(call: Call, body: dict[str, Any]) -> dict[str, Any] | None:
        if call.path.endswith("/organization") and call.tenant_id == tenant_id:
            body["value"][0]["displayName"] = "Renamed GmbH"
        return body

    world.mischief.edit = edit
    await world.sweep()
    news = [event for event in await world.events(TENANTS) if event.revision > 1]
    assert [(event.tenant_id, event.display_name) for event in news] == [(tenant_id, "Renamed GmbH")]


async def test_who_asks_while_a_sweep_runs_gets_another(world: Ingesting) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    (visit,) = await world.opened(tenant_id)
    async with world.parts.database.transaction() as connection:
        await store.request_sync(connection, tenant_id, Actor(kind="person", id="ana"), world.clock())
    await world.parts.tenants.run(visit)
    assert await world.rows("SELECT FROM tenants WHERE tenant_id = $1 AND due_at <= $2", tenant_id, world.clock())


async def test_every_read_of_graph_waits_for_its_tenants_limit(
    world: Ingesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[str] = []

    async def wait(tenant_id: str) -> None:
        waited.append(tenant_id)

    monkeypatch.setattr(world.parts.graph._limits, "wait", wait)
    await world.everything()
    read = Counter(call.tenant_id for call in world.mischief.calls if call.service == "graph")
    assert Counter(waited) == read


async def test_every_sweep_begins_and_ends_once(world: Ingesting) -> None:
    await world.everything()
    kinds = Counter((event.run_id, isinstance(event, SyncStarted)) for event in await world.events(RUNS))
    runs = {run_id for run_id, _ in kinds}
    assert all(kinds[run_id, True] == 1 for run_id in runs)
    assert all(kinds[run_id, False] == 1 for run_id in runs)
    assert not await world.rows("SELECT 1 FROM open_sweeps")


async def test_a_tenant_that_does_not_sync_is_named_and_its_devices_are_left_alone(
    world: Ingesting,
) -> None:
    tenant_id, _ = largest(world)
    await world.customers()
    async with world.parts.database.transaction() as connection:
        await connection.execute("INSERT INTO tenant_settings (tenant_id, device_sync) VALUES ($1, false)", tenant_id)
    await world.sweep(tenant_id)
    (event,) = await world.events(TENANTS)
    assert (event.tenant_id, event.sync_intune_devices) == (tenant_id, False)
    assert await world.events(DEVICES) == []
    assert not [event for event in await world.events(RUNS) if event.scope == "devices"]
    assert not [call for call in world.mischief.calls if devices_list(call)]


_SWITCHED_OFF = "INSERT INTO tenant_settings (tenant_id, device_sync) VALUES ($1, false) RETURNING 1"
_REMOVED = "UPDATE tenants SET listed = false WHERE tenant_id = $1 RETURNING 1"


@pytest.mark.parametrize("change", [_SWITCHED_OFF, _REMOVED])
async def test_a_sweep_under_way_ends_where_devices_are_not_to_be_synced_any_more(
    world: Ingesting, change: str
) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    (visit,) = await world.opened(tenant_id)
    await world.rows(change, tenant_id)
    await world.parts.tenants.run(visit)
    run = await world.last_run(tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "interrupted"
    assert await world.events(DEVICES) == []
    assert not await world.rows("SELECT FROM open_sweeps")


async def test_a_tenant_that_was_removed_while_its_sweep_waited_has_no_device_read(world: Ingesting) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    await world.rows(_REMOVED, tenant_id)
    await world.sweep(tenant_id)
    assert not [call for call in world.mischief.calls if devices_list(call)]
    assert not await world.rows("SELECT FROM open_sweeps")


async def test_the_same_state_and_answers_publish_the_same_bytes(world: Ingesting) -> None:
    """As after a crash between publishing and committing: the state is the old one, the records come again."""
    await world.customers()
    tenant_id, _ = largest(world)
    await world.sweep(tenant_id)
    first = await world.heard(DEVICES)
    async with world.parts.database.transaction() as connection:
        await connection.execute("DELETE FROM devices")
        await connection.execute("UPDATE tenants SET revision = 0, announced_type = NULL, announced = NULL")
    await world.sweep(tenant_id)
    again = await world.heard(DEVICES)
    assert sorted(again, key=lambda item: item.event_id) == sorted([*first, *first], key=lambda item: item.event_id)
    told = [(item.event_id, item.body) for item in await world.heard(TENANTS)]
    assert len(told) == 2
    assert told[0] == told[1]


def _graph_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
