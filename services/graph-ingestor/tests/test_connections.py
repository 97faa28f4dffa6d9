"""Tenants added by hand and tests of a connection, as commands on the topic."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from ingestor_commands import NOWHERE, STEPS, answer, asked, obeying, tenant_with, wrong_certificate
from ingestor_world import DEVICES, RUNS, TENANTS, Ingesting, ingesting, largest, readable, refusal
from matchbook_contracts.connections import (
    AddTenant,
    ConnectionTested,
    RemoveTenant,
    SyncRequestRefused,
    TenantAdded,
    TenantRemoved,
    TestConnection,
)
from matchbook_contracts.discovery import TenantDiscovered, TenantLost
from matchbook_contracts.sync import SyncFailed
from matchbook_graph_ingestor.adapters import request_store
from matchbook_local.emulator.faults import Call
from matchbook_local.emulator.world.model import Access


@pytest.fixture
async def alone(configure: Any, microsoft: Any, mischief: Any) -> AsyncIterator[Ingesting]:
    """An installation without a partner."""
    async with ingesting(configure(partner_tenant_id=""), microsoft, mischief) as found:
        yield found


def outcomes(event: Any) -> dict[str, str]:
    assert isinstance(event, ConnectionTested)
    assert tuple(step.step for step in event.steps) == STEPS
    assert event.ok == all(step.outcome != "failed" for step in event.steps)
    assert all(step.message for step in event.steps if step.outcome in ("failed", "warning"))
    return {step.step: step.outcome for step in event.steps}


async def test_without_a_partner_a_tenant_added_by_its_domain_is_swept(alone: Ingesting) -> None:
    state = readable(alone)[0]
    async with obeying(alone):
        event = await answer(alone, AddTenant(**asked(tenant_id=state.tenant.domains[0].upper(), display_name="Mine")))
    assert isinstance(event, TenantAdded)
    assert (event.tenant_id, event.changed) == (state.tenant.tenant_id, True)
    await alone.everything()
    (told,) = await alone.events(TENANTS)
    assert (told.display_name, told.relationship) == (state.tenant.display_name, "manual")
    assert {e.device_id for e in await alone.events(DEVICES)} == {device.id for device in state.devices}
    assert {e.tenant_id for e in await alone.events(RUNS)} == {state.tenant.tenant_id}, "no customer lists are told of"


async def test_an_added_tenant_is_due_at_once_and_goes_by_its_given_name(alone: Ingesting) -> None:
    tenant = tenant_with(alone, Access.NO_CONSENT)
    async with obeying(alone):
        await answer(alone, AddTenant(**asked(tenant_id=tenant.tenant_id, display_name="Mine")))
        await alone.sweep()
        assert await alone.rows("SELECT 1 FROM tenants WHERE due_at > $1", alone.clock())
        await answer(alone, AddTenant(**asked("again", tenant_id=tenant.tenant_id)))
    assert await alone.rows("SELECT 1 FROM tenants WHERE due_at <= $1", alone.clock())
    run = await alone.last_run(tenant.tenant_id)
    assert isinstance(run, SyncFailed)
    assert (run.reason, run.message[:4]) == ("consent_missing", "Mine")


async def test_an_added_tenant_is_not_lost_when_no_list_has_it(world: Ingesting) -> None:
    """Neither one that never was listed, nor one that the lists lose."""
    gone, never = (state.tenant.tenant_id for state in readable(world)[:2])

    def edit(call: Call, body: dict[str, Any], without: tuple[str, ...]) -> dict[str, Any]:
        if call.path.endswith("/contracts"):
            body["value"] = [item for item in body["value"] if item["customerId"] not in without]
        if call.path.endswith("Relationships"):
            body["value"] = [item for item in body["value"] if item["customer"]["tenantId"] not in without]
        return body

    world.mischief.edit = lambda call, body: edit(call, body, (never,))
    await world.customers()
    async with obeying(world):
        for tenant_id in (gone, never):
            await answer(world, AddTenant(**asked(f"add {tenant_id}", tenant_id=tenant_id)))
    await world.sweep(gone, never)
    world.mischief.edit = lambda call, body: edit(call, body, (gone, never))
    for _ in range(3):
        await world.customers()
    await world.sweep(gone, never)
    events = [event for event in await world.events(TENANTS) if event.tenant_id in (gone, never)]
    assert all(isinstance(event, TenantDiscovered) for event in events)
    assert {event.tenant_id: event.relationship for event in events} == {gone: "manual", never: "manual"}
    assert {event.relationship for event in events if event.tenant_id == gone} == {"partner", "manual"}


async def test_a_manual_tenant_that_lacks_a_permission_is_not_said_to_have_an_ended_relationship(
    alone: Ingesting,
) -> None:
    tenant_id, _ = largest(alone)
    async with obeying(alone):
        await answer(alone, AddTenant(**asked(tenant_id=tenant_id)))
    alone.mischief.instead = lambda call: (
        refusal(403, "Authorization_RequestDenied") if call.path.endswith("/organization") else None
    )
    await alone.sweep()
    run = await alone.last_run(tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "permission_missing"


async def test_a_removed_tenant_is_lost_and_left_alone_and_may_come_back(alone: Ingesting) -> None:
    tenant_id, ids = largest(alone)
    async with obeying(alone):
        await answer(alone, AddTenant(**asked(tenant_id=tenant_id)))
        await alone.sweep()
        (visit,) = await alone.opened(tenant_id)
        assert isinstance(await answer(alone, RemoveTenant(**asked("remove", tenant_id=tenant_id))), TenantRemoved)
        # A sweep under way does not bring it back.
        await alone.parts.tenants.run(visit)
        lost = (await alone.events(TENANTS))[-1]
        assert isinstance(lost, TenantLost)
        assert (lost.reason, lost.revision) == ("removed", 2)
        assert not await alone.rows("SELECT 1 FROM tenants WHERE listed")
        again = await answer(alone, AddTenant(**asked("again", tenant_id=tenant_id)))
        assert again.changed
    await alone.sweep()
    assert isinstance((await alone.events(TENANTS))[-1], TenantDiscovered)
    assert len(await alone.events(DEVICES)) == len(ids), "its devices are the same"


async def test_a_partner_s_customer_is_not_removed_by_hand(world: Ingesting) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    async with obeying(world):
        refused = await answer(world, RemoveTenant(**asked("1", tenant_id=tenant_id)))
        assert isinstance(refused, SyncRequestRefused)
        assert (refused.command, refused.reason) == ("RemoveTenant", "tenant_listed")
        await answer(world, AddTenant(**asked("2", tenant_id=tenant_id)))
        assert not (await answer(world, AddTenant(**asked("3", tenant_id=tenant_id)))).changed
        assert isinstance(await answer(world, RemoveTenant(**asked("4", tenant_id=tenant_id))), TenantRemoved)
        unknown = await answer(world, RemoveTenant(**asked("5", tenant_id=NOWHERE)))
        assert unknown.reason == "not_looked_after"
    assert await world.rows("SELECT 1 FROM tenants WHERE tenant_id = $1 AND listed AND NOT manual", tenant_id)


@pytest.mark.parametrize("named", [NOWHERE, "nobody.example", "common", "../x", "a b"])
async def test_an_unknown_tenant_is_refused_with_a_sentence(alone: Ingesting, named: str) -> None:
    async with obeying(alone):
        event = await answer(alone, AddTenant(**asked(tenant_id=named)))
    assert isinstance(event, SyncRequestRefused)
    assert (event.reason, event.tenant_id) == ("tenant_unknown", named)
    assert named in event.message
    assert not await alone.rows("SELECT 1 FROM tenants UNION ALL SELECT 1 FROM connection_requests")


async def test_microsoft_s_silence_is_not_taken_for_an_unknown_tenant(alone: Ingesting) -> None:
    tenant_id, _ = largest(alone)
    alone.mischief.instead = lambda _: web.Response(status=503)
    async with obeying(alone):
        event = await answer(alone, AddTenant(**asked(tenant_id=tenant_id)))
    assert (event.reason, await alone.rows("SELECT 1 FROM tenants")) == ("unavailable", [])


async def test_of_two_replicas_one_answers(alone: Ingesting) -> None:
    """Both have taken up the command; the second to come to an end finds it gone."""
    tenant_id, _ = largest(alone)
    commands: list[request_store.ConnectionRequest] = [
        TestConnection(**asked("test", tenant_id=tenant_id)),
        AddTenant(**asked("add", tenant_id=tenant_id)),
    ]
    async with ingesting(alone.settings, alone.microsoft, alone.mischief) as second:
        for command in commands:
            async with alone.parts.database.transaction() as connection:
                await request_store.put(connection, command)
            await asyncio.gather(*(world.parts.connections._do(command) for world in (alone, second)))
        told = [event.request_id for event in await alone.events(RUNS)]
    assert told == ["test", "add"]


EXPECTED = {
    Access.GRANTED: ("ok", "ok", "ok", "ok", "ok", "ok"),
    Access.NO_CONSENT: ("ok", "failed", "not_reached", "ok", "not_reached", "not_reached"),
    Access.NOT_INSTALLED: ("not_reached", "failed", "not_reached", "ok", "not_reached", "not_reached"),
    Access.NO_LICENCE: ("ok", "ok", "ok", "ok", "failed", "not_reached"),
    Access.EXPIRED: ("ok", "ok", "failed", "failed", "not_reached", "failed"),
}


@pytest.mark.parametrize("access", EXPECTED)
async def test_a_test_says_which_step_fails(world: Ingesting, access: Access) -> None:
    tenant = tenant_with(world, access)
    async with obeying(world):
        found = outcomes(await answer(world, TestConnection(**asked(tenant_id=tenant.tenant_id))))
    if found["relationship"] == "warning":
        found["relationship"] = "ok"
    assert tuple(found.values()) == EXPECTED[access]


async def relationship_that_ends(world: Ingesting, days: float) -> Any:
    tenant_id, _ = largest(world)
    ends = world.clock.now + timedelta(days=days)

    def edit(call: Call, body: dict[str, Any]) -> dict[str, Any]:
        if call.path.endswith("Relationships"):
            body["value"] = [item | {"endDateTime": ends.isoformat()} for item in body["value"]]
        return body

    world.mischief.edit = edit
    async with obeying(world):
        event = await answer(world, TestConnection(**asked(tenant_id=tenant_id)))
    assert event.ok
    return event.steps[STEPS.index("relationship")]


@pytest.mark.parametrize(("days", "outcome"), [(31, "ok"), (29, "warning"), (-1, "warning")])
async def test_a_relationship_near_its_end_is_a_warning(world: Ingesting, days: int, outcome: str) -> None:
    step = await relationship_that_ends(world, days)
    assert step.outcome == outcome
    assert ("no active" in step.message) == (days < 0)


async def test_each_permission_that_is_missing_is_named(world: Ingesting) -> None:
    tenant_id, _ = largest(world)
    denied = {"/organization": "Organization.Read.All", "/managedDevices": "DeviceManagementManagedDevices.Read.All"}
    async with obeying(world):
        for path, permission in denied.items():
            world.mischief.instead = lambda call, path=path: (  # type: ignore[misc]
                refusal(403, "Authorization_RequestDenied") if call.path.endswith(path) else None
            )
            event = await answer(world, TestConnection(**asked(path, tenant_id=tenant_id)))
            (failed,) = [step for step in event.steps if step.outcome == "failed"]
            assert permission in failed.message
            assert failed.detail == "403 Authorization_RequestDenied"


async def test_an_unknown_tenant_fails_at_signing_in(world: Ingesting) -> None:
    async with obeying(world):
        event = await answer(world, TestConnection(**asked(tenant_id=NOWHERE)))
    assert set(outcomes(event).values()) == {"failed", "not_reached"}
    assert NOWHERE in event.steps[0].message


async def test_a_wrong_certificate_fails_at_signing_in_although_an_older_token_is_good(
    world: Ingesting, configure: Any, tmp_path: Path
) -> None:
    tenant_id, _ = largest(world)
    async with (
        ingesting(configure(certificate_file=wrong_certificate(tmp_path)), world.microsoft, world.mischief) as it,
        obeying(it),
    ):
        event = await answer(it, TestConnection(**asked(tenant_id=tenant_id)))
    assert outcomes(event)["sign_in"] == "failed"
    assert (event.steps[0].detail, "certificate" in event.steps[0].message) == ("AADSTS700027", True)


async def test_a_tenant_is_tested_by_its_domain_too(world: Ingesting) -> None:
    tenant = readable(world)[0].tenant
    async with obeying(world):
        event = await answer(world, TestConnection(**asked(tenant_id=tenant.domains[0])))
    assert outcomes(event)["relationship"] in ("ok", "warning")
    assert event.ok


async def test_a_test_asks_for_a_new_token(world: Ingesting) -> None:
    tenant_id, _ = largest(world)
    await world.customers()
    await world.sweep(tenant_id)
    world.mischief.calls.clear()
    await world.parts.connections._test.run(tenant_id)
    asked_for = [call for call in world.mischief.calls if call.tenant_id == tenant_id and call.path.endswith("/token")]
    assert len(asked_for) == 1


async def test_a_command_for_all_is_refused(world: Ingesting) -> None:
    async with obeying(world):
        event = await answer(world, TestConnection(**asked(tenant_id="*")))
    assert (event.reason, event.command) == ("one_tenant_only", "TestConnection")


async def test_what_nobody_foresaw_is_answered_and_does_not_hold_up_the_next(
    world: Ingesting, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant_id, _ = largest(world)
    real = world.parts.connections._test.run

    async def run(named: str, called: str | None = None) -> Any:
        if named == NOWHERE:
            raise ZeroDivisionError
        return await real(named, called)

    monkeypatch.setattr(world.parts.connections._test, "run", run)
    async with obeying(world):
        assert (await answer(world, TestConnection(**asked("1", tenant_id=NOWHERE)))).reason == "unavailable"
        assert (await answer(world, TestConnection(**asked("2", tenant_id=tenant_id)))).ok
