"""Microsoft at its worst: each ends as one classified, incomplete sweep; nothing is retired, and the others go on."""

import json
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from ingestor_world import (
    DEVICES,
    TENANTS,
    Edit,
    Ingesting,
    devices_list,
    edited,
    ingesting,
    largest,
    readable,
    refusal,
)
from matchbook_contracts.discovery import DeviceRetired, TenantDiscovered, TenantLost
from matchbook_contracts.sync import FailureReason, SyncCompleted, SyncFailed
from matchbook_local.emulator.faults import Call


async def swept_badly(world: Ingesting, tenant_id: str) -> SyncFailed:
    """Sweep everything; this one tenant must have failed, all others and what was published before must be unhurt."""
    await world.sweep()
    run = await world.last_run(tenant_id)
    assert isinstance(run, SyncFailed)
    others = {state.tenant.tenant_id for state in readable(world)} - {tenant_id}
    for other in others:
        assert isinstance(await world.last_run(other), SyncCompleted)
    assert not [event for event in await world.events(DEVICES) if isinstance(event, DeviceRetired)]
    assert not await world.rows("SELECT 1 FROM devices WHERE absences > 0 OR retired")
    return run


def for_pages_of(tenant_id: str, answer: Callable[[Call], Any], *, after_first: bool = False) -> Callable[[Call], Any]:
    """An answer only for this tenant's pages of devices, or only for those after the first."""

    def chosen(call: Call) -> Any:
        if devices_list(call) and call.tenant_id == tenant_id and (call.skip_token or not after_first):
            return answer(call)
        return None

    return chosen


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (503, "serviceUnavailable", "unavailable"),
        (500, "", "unavailable"),
        (429, "TooManyRequests", "throttled"),
        (418, "", "bad_answer"),
    ],
)
async def test_errors_that_do_not_pass(world: Ingesting, status: int, code: str, reason: FailureReason) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.mischief.instead = for_pages_of(tenant_id, lambda _: refusal(status, code), after_first=True)
    run = await swept_badly(world, tenant_id)
    assert run.reason == reason
    assert 0 < run.counts.seen < len(ids)
    assert not [event for event in await world.events(TENANTS) if event.tenant_id == tenant_id and event.revision > 1]


async def test_what_passes_is_waited_for(world: Ingesting) -> None:
    await world.customers()
    tenant_id, ids = largest(world)
    answers = iter([refusal(429, "TooManyRequests", Retry_After="0.02"), refusal(503), None, refusal(429), None])

    def instead(call: Call) -> Any:
        return next(answers, None) if devices_list(call) else None

    world.mischief.instead = instead
    await world.sweep(tenant_id)
    run = await world.last_run(tenant_id)
    assert isinstance(run, SyncCompleted)
    assert run.counts.published == len(ids)


async def test_a_long_retry_after_ends_the_sweep_and_is_kept(world: Ingesting) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    world.mischief.instead = for_pages_of(tenant_id, lambda _: refusal(429, Retry_After="1800"))
    await world.sweep(tenant_id)
    (row,) = await world.rows("SELECT due_at FROM tenants WHERE tenant_id = $1", tenant_id)
    assert 1790 < (row["due_at"] - world.clock.now).total_seconds() <= 1800
    assert len([call for call in world.mischief.calls if devices_list(call)]) == 1


async def test_a_tenant_that_asked_for_a_pause_is_not_asked_meanwhile_and_others_are(world: Ingesting) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    other = readable(world)[1].tenant.tenant_id
    world.mischief.instead = for_pages_of(tenant_id, lambda _: refusal(429, Retry_After="1800"))
    await world.sweep(tenant_id)
    world.mischief.reset()
    await world.sweep(tenant_id, other)
    assert not [call for call in world.mischief.calls if call.tenant_id == tenant_id]
    run = await world.last_run(tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "throttled"
    assert isinstance(await world.last_run(other), SyncCompleted)
    (row,) = await world.rows("SELECT due_at FROM tenants WHERE tenant_id = $1", tenant_id)
    assert (row["due_at"] - world.clock.now).total_seconds() == pytest.approx(1800, abs=60)


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "truncated-json"},
        {"name": "html-error", "status": 200, "path": "devices"},
        {"name": "wrong-type"},
        {"name": "long-text", "megabytes": 0.1},
        {"name": "wrong-type", "property": "value", "type": "null"},
    ],
    ids=["cut short", "html", "wrong type", "a name of 100 kB", "no list"],
)
async def test_answers_that_make_no_sense(world: Ingesting, fault: dict[str, Any]) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    world.microsoft.faults.add(**fault, tenant=tenant_id, page="2+")
    before = await world.heard(DEVICES)
    run = await swept_badly(world, tenant_id)
    assert run.reason == "bad_answer"
    assert await world.heard(DEVICES) == before


async def test_a_tenant_with_more_domains_than_any_has_is_not_told(world: Ingesting) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    domains = [{"name": f"{number}.{'x' * 200}.example", "isDefault": False} for number in range(5_000)]
    world.mischief.edit = lambda call, body: (
        body | {"value": [body["value"][0] | {"verifiedDomains": domains}]}
        if call.tenant_id == tenant_id and call.path.endswith("/organization")
        else None
    )
    before = await world.heard(TENANTS)
    run = await swept_badly(world, tenant_id)
    assert run.reason == "bad_answer"
    assert await world.heard(TENANTS) == before


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(configure: Any, world: Ingesting) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    small = configure(graph_largest_page_bytes=100_000, graph_attempts=1)
    world.mischief.raw = lambda call, body: body + b" " * 1_000_000 if devices_list(call) and call.skip_token else None
    async with ingesting(small, world.microsoft, world.mischief) as other:
        await other.sweep(tenant_id)
        run = await other.last_run(tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "bad_answer"


@pytest.fixture
async def stranger(tmp_path: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """Another host over TLS, which notes what it is asked with."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.headers.get("Authorization", ""))
        return web.json_response({"value": []})

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    yield f"https://127.0.0.1:{port}", asked
    await runner.cleanup()


async def test_a_next_page_elsewhere_is_not_followed_and_gets_no_token(
    world: Ingesting, stranger: tuple[str, list[str]]
) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    elsewhere, asked = stranger
    links = [
        f"{elsewhere}/v1.0/deviceManagement/managedDevices",
        world.microsoft.url.replace("https", "http") + "/v1.0/x",
        world.microsoft.url.replace("127.0.0.1", "localhost") + "/v1.0/x",
        world.microsoft.url.replace("https://", "https://someone@") + "/v1.0/x",
        f"{world.microsoft.url}@{elsewhere.removeprefix('https://')}/",
        "//127.0.0.1/x",
        "/v1.0/x",
        "javascript:alert(1)",
        "",
    ]
    for link in links:

        def edit(call: Call, body: dict[str, Any], link: str = link) -> dict[str, Any] | None:
            mine = devices_list(call) and call.tenant_id == tenant_id
            return body | {"@odata.nextLink": link} if mine else None

        world.mischief.reset()
        world.mischief.edit = edit
        await world.sweep(tenant_id)
        run = await world.last_run(tenant_id)
        assert isinstance(run, SyncFailed), link
        assert run.reason == "bad_answer"
        assert len({call.path for call in world.mischief.calls if devices_list(call)}) == 1
    assert asked == []


async def test_a_redirect_is_not_followed(world: Ingesting, stranger: tuple[str, list[str]]) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    elsewhere, asked = stranger
    world.microsoft.faults.add("redirect", tenant=tenant_id, path="devices", location=f"{elsewhere}/v1.0/x")
    run = await swept_badly(world, tenant_id)
    assert run.reason == "bad_answer"
    assert asked == []


async def test_the_same_next_page_for_ever_ends(world: Ingesting) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    again = world.microsoft.faults.add("same-next-link", tenant=tenant_id, page="2+")
    run = await swept_badly(world, tenant_id)
    assert run.reason == "bad_answer"
    assert again.struck == 1


async def test_empty_pages_without_end_end(world: Ingesting) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    empty = world.microsoft.faults.add("empty-pages", tenant=tenant_id, count=0)
    assert (await swept_badly(world, tenant_id)).reason == "bad_answer"
    assert empty.struck < 30


async def test_devices_repeated_on_later_pages_are_published_once(world: Ingesting) -> None:
    await world.customers()
    tenant_id, ids = largest(world)
    world.microsoft.faults.add("duplicate-devices", count=len(ids))
    await world.sweep(tenant_id)
    assert sorted(event.device_id for event in await world.events(DEVICES)) == sorted(ids)


async def test_consent_revoked_in_the_middle_loses_the_tenant_and_keeps_its_devices(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    world.microsoft.faults.add("consent-revoked", tenant=tenant_id)
    run = await swept_badly(world, tenant_id)
    assert run.reason == "consent_missing"
    lost = [event for event in await world.events(TENANTS) if event.tenant_id == tenant_id][-1]
    assert isinstance(lost, TenantLost)
    assert (lost.reason, lost.revision) == ("consent_missing", 2)
    (row,) = await world.rows("SELECT count(*) AS live FROM devices WHERE tenant_id = $1 AND NOT retired", tenant_id)
    assert row["live"] == len(ids)
    world.microsoft.faults.clear()
    await world.sweep(tenant_id)
    back = [event for event in await world.events(TENANTS) if event.tenant_id == tenant_id][-1]
    assert isinstance(back, TenantDiscovered)
    assert back.revision == 3


async def test_a_token_that_is_refused_is_renewed_once(world: Ingesting) -> None:
    await world.customers()
    tenant_id, _ = largest(world)
    refusals = iter([refusal(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")])
    world.mischief.instead = for_pages_of(tenant_id, lambda _: next(refusals, None))
    await world.sweep(tenant_id)
    assert isinstance(await world.last_run(tenant_id), SyncCompleted)
    signed_in = [call for call in world.mischief.calls if call.service == "login" and call.path.endswith("/token")]
    assert len([call for call in signed_in if tenant_id in call.path]) == 2


async def test_a_token_that_is_refused_for_ever_is_a_rejected_credential(world: Ingesting) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    refused = for_pages_of(tenant_id, lambda _: refusal(401, "InvalidAuthenticationToken", "Invalid signature."))
    world.mischief.instead = refused
    assert (await swept_badly(world, tenant_id)).reason == "credential_rejected"


@pytest.mark.parametrize("name", ["stalled-headers", "stalled-body"])
async def test_a_stalled_answer_is_given_up(configure: Any, world: Ingesting, name: str) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    stalled = world.microsoft.faults.add(name, path="devices")
    impatient = configure(graph_timeout_seconds=1, graph_attempts=2)
    async with ingesting(impatient, world.microsoft, world.mischief) as other:
        await other.sweep(tenant_id)
        run = await other.last_run(tenant_id)
    assert stalled.struck == 2
    assert isinstance(run, SyncFailed)
    assert run.reason == "unavailable"


async def test_one_wrong_certificate_is_said_to_be_that(configure: Any, world: Ingesting, tmp_path: Path) -> None:
    other = trustme.CA().issue_cert("somebody.else.example", key_type=trustme.KeyType.RSA)
    file = tmp_path / "wrong.pem"
    file.write_bytes(other.private_key_pem.bytes() + other.cert_chain_pems[0].bytes())
    async with ingesting(configure(certificate_file=file), world.microsoft, world.mischief) as wrong:
        await wrong.customers()
        run = await wrong.last_run(world.microsoft.partner_tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "credential_rejected"
    assert "certificate" in run.message


async def test_one_list_of_customers_that_fails_removes_nobody(world: Ingesting) -> None:
    await world.everything()
    listed = await world.rows("SELECT tenant_id FROM tenants WHERE listed ORDER BY tenant_id")
    for _ in range(3):
        world.mischief.instead = lambda call: refusal(503) if call.path.endswith("/contracts") else None
        await world.customers()
    query = "SELECT tenant_id FROM tenants WHERE listed AND absences = 0 ORDER BY tenant_id"
    assert await world.rows(query) == listed
    run = await world.last_run(world.microsoft.partner_tenant_id)
    assert isinstance(run, SyncFailed)


async def test_a_customer_that_leaves_both_lists_is_lost_after_the_second(world: Ingesting) -> None:
    await world.everything()
    tenant_id, _ = largest(world)

    def edit(call: Call, body: dict[str, Any]) -> dict[str, Any] | None:
        return body | {"value": [item for item in body["value"] if tenant_id not in json.dumps(item)]}

    world.mischief.edit = edit
    await world.customers()
    told = [event for event in await world.events(TENANTS) if event.tenant_id == tenant_id]
    assert [type(event) for event in told] == [TenantDiscovered]
    await world.customers()
    lost = [event for event in await world.events(TENANTS) if event.tenant_id == tenant_id][-1]
    assert isinstance(lost, TenantLost)
    assert lost.reason == "removed"
    world.mischief.reset()
    await world.everything()
    back = [event for event in await world.events(TENANTS) if event.tenant_id == tenant_id][-1]
    assert isinstance(back, TenantDiscovered)
    assert len(await world.events(DEVICES)) == sum(len(state.devices) for state in readable(world))


async def test_an_empty_list_of_customers_is_not_believed(world: Ingesting) -> None:
    await world.everything()
    world.mischief.edit = lambda _, body: body | {"value": []}
    for _ in range(3):
        await world.customers()
    run = await world.last_run(world.microsoft.partner_tenant_id)
    assert isinstance(run, SyncFailed)
    assert run.reason == "retirement_brake"
    assert not await world.rows("SELECT 1 FROM tenants WHERE NOT listed OR absences > 0")


async def test_a_hostile_name_goes_through_as_data(world: Ingesting) -> None:
    await world.everything()
    tenant_id, ids = largest(world)
    name = 'Robert"); DROP TABLE devices;--\u2028\U0001f4a9"last_sync_at":"x"'
    world.mischief.edit = edited(ids[0], deviceName=name)
    await world.sweep(tenant_id)
    assert [event.facts.device_name for event in await world.events(DEVICES) if event.revision == 2] == [name]


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_a_page_token_that_expired_begins_the_list_again_once(world: Ingesting, status: int) -> None:
    await world.customers()
    tenant_id, ids = largest(world)
    expired = iter([refusal(status, "Directory_ExpiredPageToken", "The specified page token value has expired.")])
    world.mischief.instead = for_pages_of(tenant_id, lambda _: next(expired, None), after_first=True)
    await world.sweep(tenant_id)
    run = await world.last_run(tenant_id)
    assert isinstance(run, SyncCompleted)
    assert (run.counts.seen, run.counts.retired) == (len(ids), 0)
    assert sorted(event.device_id for event in await world.events(DEVICES)) == sorted(ids)


async def test_page_tokens_that_always_expire_end_the_sweep(world: Ingesting) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    world.mischief.calls.clear()
    expired = ("Directory_ExpiredPageToken", "The specified page token value has expired.")
    world.mischief.instead = for_pages_of(tenant_id, lambda _: refusal(400, *expired), after_first=True)
    assert (await swept_badly(world, tenant_id)).reason == "bad_answer"
    first = [call for call in world.mischief.calls if devices_list(call) and not call.skip_token]
    assert len([call for call in first if call.tenant_id == tenant_id]) == 2


def on_ever_new_pages(world: Ingesting, ending: str, tenant_id: str) -> Edit:
    """The same page again and again, under another address."""
    numbers = iter(range(1000))

    def edit(call: Call, body: dict[str, Any]) -> dict[str, Any] | None:
        if not call.path.endswith(ending) or call.tenant_id != tenant_id:
            return None
        return body | {"@odata.nextLink": f"{world.settings.graph_url}{call.path}?$top=5&page={next(numbers)}"}

    return edit


async def test_the_same_devices_on_ever_new_pages_end_as_a_bad_answer(world: Ingesting) -> None:
    await world.everything()
    tenant_id, _ = largest(world)
    world.mischief.edit = on_ever_new_pages(world, "/managedDevices", tenant_id)
    run = await swept_badly(world, tenant_id)
    assert run.reason == "bad_answer"
    assert run.counts.seen == 5


@pytest.mark.parametrize("ending", ["/contracts", "/delegatedAdminRelationships"])
async def test_the_same_customers_on_ever_new_pages_end_as_a_bad_answer(world: Ingesting, ending: str) -> None:
    partner = world.microsoft.partner_tenant_id
    world.mischief.edit = on_ever_new_pages(world, ending, partner)
    await world.customers()
    run = await world.last_run(partner)
    assert isinstance(run, SyncFailed)
    assert run.reason == "bad_answer"
    assert run.counts.pages < 35
