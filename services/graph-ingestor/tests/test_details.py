"""What no list gives: read by id, after the sweeps, and published as a change."""

from datetime import timedelta
from typing import Any

import pytest
from ingestor_world import DEVICES, Ingesting, at_work, devices_list, edited, gone, largest, readable, refusal, without
from matchbook_contracts.states import DeviceMatchState, MatchStatus
from matchbook_graph_ingestor.domain import devices
from matchbook_graph_ingestor.service.details import DetailReader
from matchbook_local.emulator.faults import Call
from matchbook_servicekit.database import load_queries
from matchbook_servicekit.messaging import outgoing
from structlog.testing import capture_logs

WEEK = timedelta(days=7)


def reader(world: Ingesting, per_second: float = 10_000, reread: timedelta = WEEK) -> DetailReader:
    parts = world.parts
    return DetailReader(
        parts.graph,
        parts.database,
        parts.publisher,
        idle=lambda: True,
        per_second=per_second,
        concurrency=4,
        sync_by_default=True,
        reread=reread,
        clock=world.clock,
    )


async def read_all(world: Ingesting, reread: timedelta = WEEK) -> None:
    details = reader(world, reread=reread)
    while await details.step():
        pass


def by_id(calls: list[Call]) -> list[str]:
    return [call.path.rsplit("/", 1)[1] for call in calls if "/managedDevices/" in call.path]


def computers(world: Ingesting) -> dict[str, Any]:
    devices = (device for state in readable(world) for device in state.devices)
    return {device.id: device for device in devices if not device.hardware.platform.is_phone}


async def test_ethernet_addresses_follow_as_changes(world: Ingesting) -> None:
    await world.everything()
    first = await world.events(DEVICES)
    assert all(event.facts.ethernet_mac_address is None for event in first)
    world.mischief.calls.clear()
    await read_all(world)
    assert sorted(by_id(world.mischief.calls)) == sorted(computers(world))
    news = (await world.events(DEVICES))[len(first) :]
    found = {
        event.device_id: event.facts.ethernet_mac_address
        for event in await world.events(DEVICES)
        if event.revision == 2
    }
    expected = {key: device.ethernet_mac for key, device in computers(world).items() if device.ethernet_mac}
    assert {key: value for key, value in found.items() if value} == expected
    assert expected
    assert len(news) == len(found)


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO tenant_settings (tenant_id, device_sync) VALUES ($1, false) RETURNING 1",
        "UPDATE tenants SET listed = false WHERE tenant_id = $1 RETURNING 1",
        "UPDATE tenants SET lost_reason = 'consent_missing' WHERE tenant_id = $1 RETURNING 1",
    ],
)
async def test_nothing_is_read_of_a_tenant_that_does_not_sync_or_is_lost(world: Ingesting, change: str) -> None:
    tenant_id, _ = largest(world)
    await world.everything()
    await world.rows(change, tenant_id)
    world.mischief.calls.clear()
    await read_all(world)
    assert by_id(world.mischief.calls)
    assert not [call for call in world.mischief.calls if call.tenant_id == tenant_id]


async def test_once_read_they_stay_and_are_not_asked_for_again(world: Ingesting) -> None:
    await world.everything()
    await read_all(world)
    before = await world.heard(DEVICES)
    world.mischief.calls.clear()
    await world.sweep()
    await read_all(world)
    assert by_id(world.mischief.calls) == []
    assert await world.heard(DEVICES) == before


async def test_a_changed_device_keeps_its_address_and_is_read_again(world: Ingesting) -> None:
    await world.everything()
    await read_all(world)
    tenant_id, ids = largest(world)
    wired = next(key for key, device in computers(world).items() if key in ids and device.ethernet_mac)
    world.mischief.edit = edited(wired, deviceName="RENAMED")
    world.mischief.calls.clear()
    await world.sweep(tenant_id)
    latest = [event for event in await world.events(DEVICES) if event.device_id == wired][-1]
    assert latest.facts.ethernet_mac_address == computers(world)[wired].ethernet_mac
    await read_all(world)
    assert by_id(world.mischief.calls) == [wired]


async def test_a_device_that_is_gone_is_not_asked_for_for_ever(world: Ingesting) -> None:
    await world.everything()
    missing = next(iter(computers(world)))
    world.mischief.instead = gone(missing)
    await read_all(world)
    world.mischief.calls.clear()
    await read_all(world)
    assert by_id(world.mischief.calls) == []


async def test_a_tenant_that_throttles_is_set_aside_and_the_others_are_read(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.instead = lambda call: refusal(429) if call.tenant_id == tenant_id else None
    await read_all(world)
    rows = await world.rows("SELECT device_id FROM devices WHERE details_pending ORDER BY device_id")
    assert [row["device_id"] for row in rows] == sorted(set(ids) & set(computers(world)))


async def test_a_device_that_fails_in_an_unforeseen_way_stops_neither_the_process_nor_the_others(
    world: Ingesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    real = devices.detail

    def detail(device: Any, before: Any) -> Any:
        if device.device_id in ids:
            raise OverflowError
        return real(device, before)

    monkeypatch.setattr(devices, "detail", detail)
    with capture_logs() as said:
        await read_all(world)
    rows = await world.rows("SELECT device_id FROM devices WHERE details_pending ORDER BY device_id")
    assert [row["device_id"] for row in rows] == sorted(set(ids) & set(computers(world)))
    assert [(line["log_level"], line["tenant_id"]) for line in said] == [("error", tenant_id)]


async def test_a_device_whose_answer_makes_no_sense_keeps_no_other_waiting(world: Ingesting) -> None:
    """More memory than any device has, and than PostgreSQL holds."""
    await world.everything()
    _, ids = largest(world)
    absurd = min(set(ids) & set(computers(world)))
    world.mischief.edit = lambda call, body: (
        body | {"physicalMemoryInBytes": 10**19} if call.path.endswith(absurd) else None
    )
    await read_all(world)
    assert await world.rows("SELECT FROM devices WHERE details_pending") == []
    assert sorted(set(by_id(world.mischief.calls))) == sorted(computers(world))
    world.mischief.calls.clear()
    await read_all(world)
    assert by_id(world.mischief.calls) == []


async def test_answers_of_which_none_makes_sense_are_asked_for_again(world: Ingesting) -> None:
    """As of a proxy that answers in HTML for a while."""
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.raw = lambda call, _: b"<html>" if call.tenant_id == tenant_id else None
    await read_all(world)
    rows = await world.rows("SELECT device_id FROM devices WHERE details_pending ORDER BY device_id")
    assert [row["device_id"] for row in rows] == sorted(set(ids) & set(computers(world)))


async def test_what_changed_since_it_was_asked_for_is_asked_for_again(world: Ingesting) -> None:
    """A sweep publishes between the read by id and its commit: the older facts must not follow the newer ones."""
    await world.customers()
    tenant_id, _ = largest(world)
    await world.sweep(tenant_id)
    details = reader(world)
    real = details._graph.device
    changed = False

    async def device(*args: str) -> Any:
        nonlocal changed
        if not changed:
            changed = True
            world.mischief.edit = lambda call, body: (
                body | {"value": [item | {"osVersion": "99"} for item in body["value"]]} if devices_list(call) else None
            )
            await world.sweep(tenant_id)
        return await real(*args)

    world.parts.graph.device = device  # type: ignore[assignment, method-assign]
    try:
        await details._batch(tenant_id)
        assert all(event.facts.os_version == "99" for event in await world.events(DEVICES) if event.revision > 1)
    finally:
        del world.parts.graph.device


async def test_reads_keep_to_their_budget(world: Ingesting) -> None:
    await world.customers()
    tenant_id, ids = largest(world)
    await world.sweep(tenant_id)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    details = reader(world, per_second=5)
    details._pause = pause
    await details._batch(tenant_id)
    computers_here = set(ids) & set(computers(world))
    assert 0 < len(computers_here) / 5 - sum(pauses) < 5


async def decided(world: Ingesting, *states: tuple[str, str, MatchStatus]) -> None:
    """Tell the ingestor, as the writer does, where devices stand."""
    events = [
        DeviceMatchState(tenant_id=tenant_id, device_id=device_id, version=number, status=status)
        for number, (tenant_id, device_id, status) in enumerate(states, 1)
    ]
    await world.parts.publisher.publish([outgoing(item, source="test", event_id=f"{item.version}") for item in events])
    expected = {device_id: status != "unmatched" for _, device_id, status in states}

    async def heard() -> bool:
        rows = await world.rows("SELECT device_id, matched FROM reads_by_id WHERE device_id = ANY($1)", list(expected))
        return {row["device_id"]: row["matched"] for row in rows} == expected

    async with at_work(world.parts.consumers[2]):
        await world.until(heard)


async def test_unmatched_devices_are_read_again_once_an_interval(world: Ingesting) -> None:
    await world.everything()
    await read_all(world)
    tenant_id, ids = largest(world)
    one, other, back, *_ = sorted(set(ids) & set(computers(world)))
    states: list[tuple[str, MatchStatus]] = [
        (one, "matched"),
        (other, "ignored"),
        (back, "matched"),
        (back, "unmatched"),
    ]
    await decided(world, *((tenant_id, *state) for state in states))
    for passed, expected in ((WEEK / 2, set()), (WEEK / 2, computers(world).keys() - {one, other}), (WEEK / 2, set())):
        world.clock.now += passed
        world.mischief.calls.clear()
        await read_all(world)
        assert sorted(by_id(world.mischief.calls)) == sorted(expected)


async def test_an_address_that_changed_meanwhile_is_published(world: Ingesting) -> None:
    await world.everything()
    await read_all(world)
    _, ids = largest(world)
    docked = min(set(ids) & set(computers(world)))
    world.mischief.edit = lambda call, body: (
        body | {"ethernetMacAddress": "0011AA22BB33"} if call.path.endswith(docked) else None
    )
    world.clock.now += WEEK
    before = len(await world.events(DEVICES))
    await read_all(world)
    after = await world.events(DEVICES)
    assert len(after) == before + 1
    told = [event.facts.ethernet_mac_address for event in after if event.device_id == docked]
    assert told[-1] == "0011AA22BB33" != told[-2]


async def test_who_is_matched_may_be_known_before_the_device_is(world: Ingesting) -> None:
    tenant_id, ids = largest(world)
    early = min(set(ids) & set(computers(world)))
    await decided(world, (tenant_id, early, "matched"))
    await world.everything()
    await read_all(world)
    world.clock.now += WEEK
    world.mischief.calls.clear()
    await read_all(world)
    assert sorted(by_id(world.mischief.calls)) == sorted(computers(world).keys() - {early})


async def test_new_and_changed_devices_come_before_unmatched_ones(world: Ingesting) -> None:
    await world.everything()
    await read_all(world)
    world.clock.now += WEEK
    tenant_id, ids = largest(world)
    changed = max(set(ids) & set(computers(world)))
    world.mischief.edit = edited(changed, deviceName="RENAMED")
    await world.sweep(tenant_id)
    world.mischief.calls.clear()
    await read_all(world)
    read = by_id(world.mischief.calls)
    assert read[0] == changed
    assert sorted(read) == sorted(computers(world))


async def test_an_unmatched_device_that_is_gone_is_asked_for_once_an_interval(world: Ingesting) -> None:
    await world.everything()
    await read_all(world)
    world.clock.now += WEEK
    tenant_id, ids = largest(world)
    missing = min(set(ids) & set(computers(world)))
    world.mischief.instead = gone(missing)
    world.mischief.calls.clear()
    await read_all(world)
    assert by_id(world.mischief.calls).count(missing) == 1
    world.mischief.edit = without(missing)
    await world.sweep(tenant_id)
    await world.sweep(tenant_id)
    assert await world.rows("SELECT FROM devices WHERE device_id = $1 AND retired", missing)
    world.clock.now += WEEK
    world.mischief.calls.clear()
    await read_all(world)
    assert missing not in by_id(world.mischief.calls)
    assert by_id(world.mischief.calls)


async def test_no_interval_reads_no_device_again(world: Ingesting) -> None:
    await world.everything()
    await read_all(world)
    world.clock.now += 52 * WEEK
    world.mischief.calls.clear()
    await read_all(world, reread=timedelta(0))
    assert by_id(world.mischief.calls) == []


async def test_tenants_with_unmatched_devices_are_looked_up_one_by_one(world: Ingesting) -> None:
    """A join may read all rows, a million every few seconds, to find that there is nothing to do."""
    query = load_queries("matchbook_graph_ingestor")["unmatched_tenant"]
    for name, value in (("$1", "true"), ("$2", "'epoch'"), ("$3", "'{}'")):
        query = query.replace(name, value)
    plan = str(await world.rows(f"EXPLAIN {query}"))
    assert "SubPlan" in plan
    assert "Scan using reads_by_id_unmatched" in plan
