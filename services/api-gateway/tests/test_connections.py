"""Tenants added by hand and tests of a connection, as the page asks for them and reads what became of it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from matchbook_contracts.connections import SyncRequestRefused, TenantAdded
from matchbook_contracts.discovery import TenantLost
from matchbook_contracts.sync import SetDeviceSync, SetSyncSchedule

from tests.support.gateway_world import ANA, REQUESTS, GatewayWorld, connection_tested, tenant, tenant_matched, unique


async def sent(world: GatewayWorld, request_id: str) -> dict[str, Any]:
    (command,) = [item for item in await world.commands(REQUESTS) if item["ce_id"] == request_id]
    return command


async def test_a_tenant_is_added_and_removed_in_the_person_s_name(world: GatewayWorld) -> None:
    client = await world.sign_in("Administrator", id_="person-bo")
    added = await client.post("/api/tenants", json={"tenant": "Contoso.example", "display_name": "Contoso"})
    removed = await client.delete("/api/tenants/t1")
    command = await sent(world, added.json()["request_id"])
    assert (command["ce_type"], command["key"]) == ("matchbook.AddTenant.v1", "Contoso.example")
    assert (command["display_name"], command["actor"]["id"]) == ("Contoso", "person-bo")
    command = await sent(world, removed.json()["request_id"])
    assert (command["ce_type"], command["tenant_id"]) == ("matchbook.RemoveTenant.v1", "t1")


@pytest.mark.parametrize("named", ["", "*", "a b.example", "../x", "x" * 201])
async def test_what_can_be_no_tenant_is_refused_at_once(world: GatewayWorld, named: str) -> None:
    client = await world.sign_in()
    assert (await client.post("/api/tenants", json={"tenant": named})).status_code == 422


async def test_the_newest_test_of_a_connection_is_shown(world: GatewayWorld) -> None:
    t = unique("t")
    await world.publish(tenant(t))
    await world.applied()
    client = await world.sign_in("Manager")
    path = f"/api/tenants/{t}/connection-test"
    assert (await client.get(path)).status_code == 404
    for ok in (True, False):
        request_id = (await client.post(path)).json()["request_id"]
        command = await sent(world, request_id)
        assert (command["ce_type"], command["tenant_id"]) == ("matchbook.TestConnection.v1", t)
        await world.publish(connection_tested(t, request_id, ok=ok))
        await world.applied()
    shown = (await client.get(path)).json()
    assert (shown["request_id"], shown["ok"]) == (request_id, False)
    assert shown["steps"] == [{"step": "licence", "outcome": "failed", "message": "Assign one.", "detail": ""}]


async def test_no_connection_is_tested_but_a_known_tenant_s(world: GatewayWorld) -> None:
    client = await world.sign_in("Manager")
    for name in ("*", unique("t")):
        assert (await client.post(f"/api/tenants/{name}/connection-test")).status_code == 404


async def test_a_request_is_pending_until_it_is_answered(world: GatewayWorld) -> None:
    client = await world.sign_in()
    request_id = (await client.post("/api/tenants", json={"tenant": "contoso.example"})).json()["request_id"]
    path = f"/api/sync-requests/{request_id}"
    assert (await client.get(path, params={"wait": 1})).json()["status"] == "pending"
    waiting = asyncio.create_task(client.get(path, params={"wait": 20}))
    await asyncio.sleep(0.2)
    found = unique("t")
    event = TenantAdded(
        request_id=request_id,
        tenant_id=found,
        actor=ANA,
        at=datetime.now(UTC),
        asked_for="contoso.example",
        changed=True,
    )
    await world.publish(event)
    shown = (await waiting).json()
    assert (shown["status"], shown["tenant_id"], shown["message"]) == ("done", found, None)


async def test_a_refused_request_says_why_whichever_comes_first(world: GatewayWorld) -> None:
    request_id, t = unique("r"), unique("t")
    refused = SyncRequestRefused(
        request_id=request_id,
        tenant_id=t,
        actor=ANA,
        at=datetime.now(UTC),
        command="RemoveTenant",
        reason="not_looked_after",
        message="Matchbook looks after no tenant t.",
    )
    await world.publish(refused, tenant(t), tenant_matched(t, "o"))
    await world.applied()
    client = await world.sign_in()
    shown = (await client.get(f"/api/sync-requests/{request_id}")).json()
    assert (shown["status"], shown["message"]) == ("refused", "Matchbook looks after no tenant t.")
    scoped = await world.sign_in("Administrator", ["another"])
    assert (await scoped.get(f"/api/sync-requests/{request_id}")).status_code == 404
    theirs = await world.sign_in("Administrator", ["o"])
    assert (await theirs.get(f"/api/sync-requests/{request_id}")).status_code == 200


async def test_a_schedule_is_set_within_its_bounds(world: GatewayWorld) -> None:
    client = await world.sign_in()
    accepted = await client.post("/api/tenants/*/schedule", json={"interval_seconds": 600})
    command = await sent(world, accepted.json()["request_id"])
    assert (command["ce_type"], command["tenant_id"]) == ("matchbook.SetSyncSchedule.v1", "*")
    assert command["interval_seconds"] == 600
    accepted = await client.post("/api/tenants/*/schedule", json={"interval_seconds": None})
    assert (await sent(world, accepted.json()["request_id"]))["ce_type"] == "matchbook.ResetSyncSchedule.v1"
    for seconds in (59, 10**9):
        answer = await client.post("/api/tenants/*/schedule", json={"interval_seconds": seconds})
        assert answer.status_code == 422


async def test_retirements_that_the_brake_held_back_are_confirmed(world: GatewayWorld) -> None:
    t = unique("t")
    await world.publish(tenant(t), tenant_matched(t, "o"))
    await world.applied()
    client = await world.sign_in()
    accepted = await client.post(f"/api/tenants/{t}/retirements", json={"run_id": "run-7"})
    command = await sent(world, accepted.json()["request_id"])
    assert (command["ce_type"], command["tenant_id"]) == ("matchbook.ConfirmRetirements.v1", t)
    assert command["run_id"] == "run-7"
    assert (await client.post("/api/tenants/nowhere/retirements", json={"run_id": "run-7"})).status_code == 404


async def test_a_tenant_s_schedule_is_shown_until_it_goes_back_to_the_default(world: GatewayWorld) -> None:
    t = unique("t")
    await world.publish(tenant(t))
    await world.applied()
    client = await world.sign_in()
    for seconds in (None, 600, None):
        path = f"/api/tenants/{t.upper()}/schedule"
        assert (await client.post(path, json={"interval_seconds": seconds})).status_code == 202
        await world.applied()
        assert (await client.get(f"/api/tenants/{t}")).json()["interval_seconds"] == seconds


async def test_what_is_set_for_a_tenant_in_capitals_is_set_for_the_tenant(world: GatewayWorld) -> None:
    """Whoever sends the command."""
    t = unique("t")
    about: dict[str, Any] = {
        "request_id": unique("r"),
        "actor": ANA,
        "requested_at": datetime.now(UTC),
        "tenant_id": t.upper(),
    }
    too_long = SetSyncSchedule(**about, interval_seconds=10**9)
    await world.publish(tenant(t), SetDeviceSync(**about, enabled=False), too_long)
    await world.applied()
    shown = (await (await world.sign_in()).get(f"/api/tenants/{t}")).json()
    assert (shown["sync_override"], shown["interval_seconds"]) == (False, None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/tenants/{}/device-sync", {"enabled": None}),
        ("/api/tenants/{}/retirements", {"run_id": "r"}),
        ("/api/tenants/{}/connection-test", None),
        ("/api/sync", {"tenant_id": "{}"}),
    ],
)
async def test_a_tenant_in_capitals_is_asked_for_as_it_is_known(
    world: GatewayWorld, path: str, body: dict[str, Any] | None
) -> None:
    t = unique("t")
    await world.publish(tenant(t))
    await world.applied()
    named = {key: t.upper() if value == "{}" else value for key, value in body.items()} if body else None
    accepted = await (await world.sign_in()).post(path.format(t.upper()), json=named)
    assert (await sent(world, accepted.json()["request_id"]))["tenant_id"] == t


async def test_it_is_shown_whether_a_tenant_was_added_by_hand(world: GatewayWorld) -> None:
    manual, listed, lost = unique("t"), unique("t"), unique("t")
    never_read = TenantLost(tenant_id=lost, revision=1, display_name="Lost", reason="consent_missing", detail="")
    await world.publish(tenant(manual, relationship="manual"), tenant(listed), never_read)
    await world.applied()
    client = await world.sign_in()
    shown = [(await client.get(f"/api/tenants/{t}")).json()["relationship"] for t in (manual, listed, lost)]
    assert shown == ["manual", "partner", None]
