"""Every fault that the emulator knows: how a sweep ends, that nothing is retired, and that other tenants go on."""

from typing import Any

import pytest
from ingestor_world import DEVICES, TENANTS, Ingesting, readable, refusal
from matchbook_contracts.discovery import DeviceRetired, TenantLost
from matchbook_contracts.sync import SyncCompleted, SyncFailed

WHOLE = "completed"
SPARE = 3
"""Tenants that are swept: one that meets the fault, and two that must not feel it."""


async def swept_twice(world: Ingesting) -> dict[str, str]:
    """How the second sweep of each ended; a list that errs twice is what could retire devices."""
    ids = [state.tenant.tenant_id for state in readable(world)[:SPARE]]
    for _ in range(2):
        await world.sweep(*ids)
    runs = {tenant_id: await world.last_run(tenant_id) for tenant_id in ids}
    return {key: run.reason if isinstance(run, SyncFailed) else WHOLE for key, run in runs.items()}


@pytest.mark.parametrize(
    ("fault", "ending"),
    [
        ("throttled,retry_after=1,times=1", WHOLE),
        ("throttled,retry_after=1,form=decimal,times=1", WHOLE),
        ("throttled,retry_after=1,form=date,times=1", WHOLE),
        ("throttled,form=none,times=2", WHOLE),
        ("throttled,form=nonsense,times=2", WHOLE),
        ("throttled,form=none", "throttled"),
        ("throttled,retry_after=600", "throttled"),
        ("server-error,times=2", WHOLE),
        ("server-error", "unavailable"),
        ("html-error", "unavailable"),
        ("html-error,status=200", "bad_answer"),
        ("redirect", "bad_answer"),
        ("expired-page-token", "bad_answer"),
        ("consent-revoked,after=1", "consent_missing"),
        ("access-denied", "permission_missing"),
        ("invalid-token", "credential_rejected"),
        ("connection-reset,times=2", WHOLE),
        ("connection-reset", "unavailable"),
        ("broken-body", "unavailable"),
        ("slow-answer,seconds=0.1", WHOLE),
        ("truncated-json", "bad_answer"),
        ("long-text", "bad_answer"),
        ("long-text,path=organization,property=displayName", "bad_answer"),
        ("list-ends-early,page=1", "retirement_brake"),
        ("short-page,missing=1", WHOLE),
        ("short-page,missing=4", "retirement_brake"),
        ("same-next-link", "bad_answer"),
        ("foreign-next-link", "bad_answer"),
        ("empty-pages,count=2", WHOLE),
        ("empty-pages,count=0", "bad_answer"),
        ("duplicate-devices,count=3", WHOLE),
        ("moving-devices,count=2", WHOLE),
        ("moving-devices,count=1,to=earlier", WHOLE),
    ],
)
async def test_a_fault_ends_one_tenants_sweep_and_retires_nothing(world: Ingesting, fault: str, ending: str) -> None:
    await world.customers()
    bad, *others = [state.tenant.tenant_id for state in readable(world)[:SPARE]]
    await world.sweep(bad, *others)
    before = await world.rows("SELECT device_id FROM devices ORDER BY device_id")
    name, *given = fault.split(",")
    parameters: dict[str, Any] = dict(item.split("=") for item in given)
    struck = world.microsoft.faults.add(name, tenant=bad, **parameters)
    ended = await swept_twice(world)
    assert struck.struck
    assert ended == {bad: ending, **dict.fromkeys(others, WHOLE)}
    if ending != WHOLE:
        run = await world.last_run(bad)
        assert isinstance(run, SyncFailed)
        assert run.message.endswith(".")
    assert not [event for event in await world.events(DEVICES) if isinstance(event, DeviceRetired)]
    assert await world.rows("SELECT device_id FROM devices WHERE NOT retired ORDER BY device_id") == before
    world.microsoft.faults.clear()
    # A tenant that asked for ten minutes would be left alone for as long.
    world.parts.graph._breakers.worked(bad)
    await world.sweep(bad)
    assert isinstance(await world.last_run(bad), SyncCompleted)
    assert not await world.rows("SELECT FROM devices WHERE absences > 0 OR retired")


async def test_a_clock_that_is_wrong_loses_no_device_and_the_sentence_names_it(world: Ingesting) -> None:
    world.microsoft.faults.add("clock-skew", hours=3)
    await world.customers()
    run = await world.last_run(world.microsoft.partner_tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "credential_rejected"
    assert "clock" in run.message
    world.microsoft.faults.clear()
    await world.everything()
    assert isinstance(await world.last_run(readable(world)[0].tenant.tenant_id), SyncCompleted)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("invalid_client", "credential_rejected"),
        ("unauthorized_client", "consent_missing"),
        ("temporarily_unavailable", "unavailable"),
    ],
)
async def test_a_refused_sign_in_is_told_by_its_cause(world: Ingesting, error: str, reason: str) -> None:
    await world.customers()
    bad, other = [state.tenant.tenant_id for state in readable(world)[:2]]
    world.microsoft.faults.add("token-refused", tenant=bad, error=error)
    await world.sweep(bad, other)
    run = await world.last_run(bad)
    assert isinstance(run, SyncFailed)
    assert run.reason == reason
    assert isinstance(await world.last_run(other), SyncCompleted)
    lost = [event for event in await world.events(TENANTS) if isinstance(event, TenantLost)]
    assert [event.tenant_id for event in lost] == ([] if reason == "unavailable" else [bad])


@pytest.mark.parametrize("status", [429, 503])
async def test_sign_in_that_is_busy_is_no_wrong_answer(world: Ingesting, status: int) -> None:
    await world.customers()
    bad = readable(world)[0].tenant.tenant_id
    world.mischief.instead = lambda call: (
        refusal(status) if bad in call.path and call.path.endswith("/openid-configuration") else None
    )
    await world.sweep(bad)
    run = await world.last_run(bad)
    assert isinstance(run, SyncFailed)
    assert run.reason == "unavailable"
