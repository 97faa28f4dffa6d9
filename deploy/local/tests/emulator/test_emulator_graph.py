"""Graph's lists, options, errors, and what goes wrong in single tenants."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import jwt
import pytest
from aiohttp import web
from matchbook_local.emulator import Emulator, Options, World, running_emulator
from matchbook_local.emulator.faults import Call
from matchbook_local.emulator.identity.certificates import signing_key
from matchbook_local.emulator.identity.tokens import TokenSigner, app_claims
from matchbook_local.emulator.world import Access, Device

from .support import Fetch, tls, token_for

DEVICES = "deviceManagement/managedDevices"


async def pages(fetch: Fetch, tenant: str, path: str) -> list[list[dict[str, Any]]]:
    found = []
    url: str | None = path
    while url:
        status, body = await fetch(tenant, url)
        assert status == 200, body
        found.append(body["value"])
        url = body.get("@odata.nextLink")
    return found


def tenant_with(emulator: Emulator, access: Access) -> str:
    return next(t.tenant_id for t in emulator.world.customers if t.access is access)


def devices_of(emulator: Emulator, tenant: str) -> list[Device]:
    return emulator.world.states[tenant].devices


async def test_contracts_list_every_customer_with_its_stale_name(emulator: Emulator, fetch: Fetch) -> None:
    listed = [c for page in await pages(fetch, emulator.partner_tenant_id, "contracts?$top=9") for c in page]
    assert [c["customerId"] for c in listed] == list(emulator.world.states)
    names = {t.tenant_id: t.display_name for t in emulator.world.customers}
    stale = [c for c in listed if c["displayName"] != names[c["customerId"]]]
    assert 2 <= len(stale) <= 20


async def test_relationships_are_several_to_a_tenant_and_some_have_ended(emulator: Emulator, fetch: Fetch) -> None:
    path = "tenantRelationships/delegatedAdminRelationships"
    home = emulator.partner_tenant_id
    everything = [r for page in await pages(fetch, home, path) for r in page]
    active = [r for page in await pages(fetch, home, f"{path}?$filter=status eq 'active'&$top=10") for r in page]
    assert {r["status"] for r in everything} == {"active", "expired"}
    assert [r["id"] for r in active] == [r["id"] for r in everything if r["status"] == "active"]
    assert len(active) > len({r["customer"]["tenantId"] for r in active})
    assert any(r["displayName"].startswith("MLT_") for r in active)
    assert tenant_with(emulator, Access.EXPIRED) not in {r["customer"]["tenantId"] for r in active}
    one = active[0]["customer"]["tenantId"]
    _, body = await fetch(home, f"{path}?$filter=customer/tenantId eq '{one}' and status eq 'active'")
    assert {r["customer"]["tenantId"] for r in body["value"]} == {one}


async def test_partner_lists_are_empty_to_a_customer(fetch: Fetch, largest: str) -> None:
    for path in ("contracts", "tenantRelationships/delegatedAdminRelationships"):
        assert (await fetch(largest, path))[1]["value"] == []


async def test_organization_is_that_of_the_token(emulator: Emulator, fetch: Fetch, largest: str) -> None:
    for tenant in (emulator.world.home, emulator.world.states[largest].tenant):
        _, body = await fetch(tenant.tenant_id, "organization?$select=id,displayName,verifiedDomains")
        (record,) = body["value"]
        assert set(record) == {"id", "displayName", "verifiedDomains"}
        assert (record["id"], record["displayName"]) == (tenant.tenant_id, tenant.display_name)
        assert [d["name"] for d in record["verifiedDomains"]] == [*tenant.domains, tenant.initial_domain]
        assert [d["name"] for d in record["verifiedDomains"] if d["isDefault"]] == [tenant.domains[0]]


@pytest.mark.parametrize(
    ("access", "path", "status", "code"),
    [
        (Access.NO_CONSENT, "organization", 401, "Authorization_IdentityNotFound"),
        (Access.NO_CONSENT, DEVICES, 401, "Authorization_IdentityNotFound"),
        (Access.EXPIRED, DEVICES, 403, "Authorization_RequestDenied"),
        (Access.NO_LICENCE, DEVICES, 400, "BadRequest"),
    ],
)
async def test_tenants_fail_each_in_its_way(  # noqa: PLR0917
    emulator: Emulator, fetch: Fetch, access: Access, path: str, status: int, code: str
) -> None:
    answer = await fetch(tenant_with(emulator, access), path)
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)


async def test_an_unlicensed_tenant_still_has_its_directory(emulator: Emulator, fetch: Fetch) -> None:
    tenant = tenant_with(emulator, Access.NO_LICENCE)
    assert (await fetch(tenant, "organization"))[0] == 200
    _, body = await fetch(tenant, DEVICES)
    assert "Request not applicable to target tenant" in body["error"]["message"]


@pytest.mark.parametrize("top", [3, 50, 999, 5000])
async def test_pages_hold_every_device_once(emulator: Emulator, fetch: Fetch, largest: str, top: int) -> None:
    found = await pages(fetch, largest, f"{DEVICES}?$top={top}&$select=id,deviceName")
    assert [d["id"] for page in found for d in page] == [d.id for d in devices_of(emulator, largest)]
    assert {len(page) for page in found[:-1]} <= {top}
    assert found[-1], "no empty last page"


async def test_a_page_holds_a_thousand_by_default(tmp_path: Path) -> None:
    world = World.build(seed=3, tenants=1, devices=2_001)
    (tenant,) = world.states
    async with running_emulator(world, tmp_path, write_documentation=False) as emulator:
        token = await token_for(emulator, tenant)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls(emulator))) as http:
            sizes, url = [], f"{emulator.url}/v1.0/{DEVICES}?$select=id"
            while url:
                async with http.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
                    body = await response.json()
                sizes.append(body["@odata.count"])
                assert len(body["value"]) == body["@odata.count"]
                url = body.get("@odata.nextLink", "")
    assert sizes == [1000, 1000, 1]


async def test_a_world_that_moves_between_pages_repeats_nothing(tmp_path: Path) -> None:
    world = World.build(seed=3, tenants=1, devices=1_000)
    (tenant,) = world.states
    before = {d.id for d in world.states[tenant].devices}
    async with running_emulator(world, tmp_path, write_documentation=False) as emulator:
        token = await token_for(emulator, tenant)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls(emulator))) as http:
            found, url = [], f"{emulator.url}/v1.0/{DEVICES}?$top=300"
            while url:
                async with http.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
                    body = await response.json()
                found += [d["id"] for d in body["value"]]
                url = body.get("@odata.nextLink", "")
                await emulator.advance(5)
    after = {d.id for d in world.states[tenant].devices}
    assert before != after
    assert len(found) == len(set(found))
    assert before & after <= set(found)


async def test_lists_and_single_reads_follow_the_world(tmp_path: Path) -> None:
    world = World.build(seed=3, tenants=1, devices=300)
    (tenant,) = world.states
    before = {d.id for d in world.states[tenant].devices}
    async with running_emulator(world, tmp_path, write_documentation=False) as emulator:
        token = await token_for(emulator, tenant)
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls(emulator)), headers=headers) as http:

            async def statuses(ids: set[str]) -> set[int]:
                answers = [await http.get(f"{emulator.url}/v1.0/{DEVICES}/{i}?$select=id") for i in ids]
                return {answer.status for answer in answers}

            async def listed() -> set[str]:
                async with http.get(f"{emulator.url}/v1.0/{DEVICES}?$select=id") as response:
                    return {device["id"] for device in (await response.json())["value"]}

            assert await listed() == before
            assert await statuses(before) == {200}
            await emulator.advance(30)
            after = {d.id for d in world.states[tenant].devices}
            assert await listed() == after != before
            assert await statuses(before - after) == {404}
            assert await statuses(after) == {200}


async def test_select_gives_what_is_asked_and_knows_its_properties(fetch: Fetch, largest: str) -> None:
    _, body = await fetch(largest, f"{DEVICES}?$top=3&$select=id,serialNumber,wiFiMacAddress,ethernetMacAddress")
    assert all(list(d) == ["id", "serialNumber", "wiFiMacAddress", "ethernetMacAddress"] for d in body["value"])
    status, body = await fetch(largest, f"{DEVICES}?$select=id,colour")
    assert (status, body["error"]["code"]) == (400, "BadRequest")
    assert "'colour'" in body["error"]["message"]


async def test_some_properties_are_null_in_lists_and_known_by_id(
    emulator: Emulator, fetch: Fetch, largest: str
) -> None:
    device = next(d for d in devices_of(emulator, largest) if d.ethernet_mac)
    hidden = ["ethernetMacAddress", "physicalMemoryInBytes", "iccid", "udid", "notes"]
    _, body = await fetch(largest, f"{DEVICES}?$select=id,{','.join(hidden)}")
    assert all(record[name] is None for record in body["value"] for name in hidden)
    _, plain = await fetch(largest, f"{DEVICES}/{device.id}")
    assert plain["id"] == device.id
    assert all(plain[name] is None for name in hidden)
    _, chosen = await fetch(largest, f"{DEVICES}/{device.id}?$select=id,ethernetMacAddress,physicalMemoryInBytes")
    assert chosen["ethernetMacAddress"] == device.ethernet_mac
    assert chosen["physicalMemoryInBytes"] == device.hardware.memory_gib * 2**30


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("serialNumber eq '{serial}'", lambda d, one: d.serial == one.serial),
        ("deviceName eq '{lower}'", lambda d, one: d.name.lower() == one.name.lower()),
        ("startswith(deviceName,'{start}')", lambda d, one: d.name.lower().startswith(one.name[:4].lower())),
        ("operatingSystem eq 'iOS' or operatingSystem eq 'Android'", lambda d, _: d.hardware.platform.is_phone),
        (
            "(operatingSystem eq 'Windows') and not (complianceState eq 'compliant')",
            lambda d, _: d.hardware.platform == "Windows" and not d.compliant,
        ),
        ("lastSyncDateTime ge 2026-01-01T00:00:00Z", lambda d, _: d.last_sync >= 1767225600),
        ("isEncrypted eq true", lambda d, _: d.compliant),
        ("wiFiMacAddress eq '001122334455'", lambda _, __: True),
        ("ethernetMacAddress eq '001122334455'", lambda _, __: True),
    ],
)
async def test_filters(emulator: Emulator, fetch: Fetch, largest: str, text: str, keep: Any) -> None:
    """The last two: a filter on a MAC address is dropped in silence, and everything comes back."""
    devices = devices_of(emulator, largest)
    one = next(d for d in devices if d.hardware.serial == d.serial and "’" not in d.name)  # noqa: RUF001
    wanted = [d.id for d in devices if keep(d, one)]
    clause = quote(text.format(serial=one.serial, lower=one.name.lower(), start=one.name[:4]))
    found = await pages(fetch, largest, f"{DEVICES}?$select=id&$top=10&$filter={clause}")
    assert [d["id"] for page in found for d in page] == wanted
    assert wanted


@pytest.mark.parametrize(
    "query",
    [
        "$filter=deviceName",
        "$filter=deviceName eq",
        "$filter=deviceName eq 'a' nonsense",
        "$filter=(deviceName eq 'a'",
        "$filter=deviceName like 'a'",
        "$filter=deviceName eq 'a",
        "$filter=colour eq 'red'",
        "$top=0",
        "$top=many",
        "$skiptoken=abc",
        "$skiptoken=%E2%82%AC",
        "$orderby=deviceName",
    ],
)
async def test_wrong_options_are_refused(fetch: Fetch, largest: str, query: str) -> None:
    status, body = await fetch(largest, f"{DEVICES}?{query}")
    assert (status, body["error"]["code"]) == (400, "BadRequest")


async def test_unknown_things(fetch: Fetch, largest: str) -> None:
    for path, status, code in (
        (f"{DEVICES}/00000000-0000-4000-8000-000000000000", 404, "ResourceNotFound"),
        (f"{DEVICES}/abc", 400, "BadRequest"),
        ("users", 400, "BadRequest"),
    ):
        answer = await fetch(largest, path)
        assert (answer[0], answer[1]["error"]["code"]) == (status, code)


async def test_a_device_of_another_tenant_is_not_found(emulator: Emulator, fetch: Fetch, largest: str) -> None:
    other = next(t for t, state in emulator.world.states.items() if t != largest and state.devices)
    assert (await fetch(largest, f"{DEVICES}/{devices_of(emulator, other)[0].id}"))[0] == 404


async def refusal(http: aiohttp.ClientSession, emulator: Emulator, authorization: str | None) -> Any:
    headers = {"Authorization": authorization} if authorization else {}
    sent = "6b2a3f2c-6c1e-4df7-9a0b-3b1f6a6b3d11"
    async with http.get(f"{emulator.url}/v1.0/contracts", headers=headers | {"client-request-id": sent}) as response:
        body = await response.json()
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer ")
        assert response.headers["client-request-id"] == body["error"]["innerError"]["client-request-id"] == sent
        assert response.headers["request-id"] == body["error"]["innerError"]["request-id"]
    return body["error"]


async def test_only_a_good_token_opens_graph(
    emulator: Emulator, http: aiohttp.ClientSession, largest: str, tmp_path: Path
) -> None:
    good = app_claims(largest, emulator.client_id, "https://graph.microsoft.com", emulator.url)
    signer = emulator.cloud.signer
    stranger = TokenSigner(signing_key(tmp_path / "strange.pem"))
    unsigned = jwt.encode(good, "", algorithm="none")
    for authorization, message in (
        (None, "Access token is empty"),
        ("Basic YTpi", "Access token is empty"),
        ("Bearer nonsense", "Invalid signature"),
        (f"Bearer {unsigned}", "Invalid signature"),
        (f"Bearer {stranger.sign(good)}", "Invalid signature"),
        (f"Bearer {signer.sign(good | {'aud': emulator.client_id})}", "Invalid audience"),
        (f"Bearer {signer.sign(good | {'exp': 1_700_000_000})}", "expired"),
    ):
        error = await refusal(http, emulator, authorization)
        assert error["code"] == "InvalidAuthenticationToken"
        assert message in error["message"]


async def test_a_persons_token_does_not_open_the_partners_lists(
    emulator: Emulator, http: aiohttp.ClientSession, largest: str
) -> None:
    claims = app_claims(largest, emulator.client_id, "https://graph.microsoft.com", emulator.url) | {"idtyp": "user"}
    headers = {"Authorization": f"Bearer {emulator.cloud.signer.sign(claims)}"}
    async with http.get(f"{emulator.url}/v1.0/contracts", headers=headers) as response:
        assert response.status == 403


class Busy:
    """Fails the first call on a device list and counts all calls."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def before(self, call: Call) -> web.Response | None:
        self.calls.append(call)
        first = len([c for c in self.calls if c.path.endswith("managedDevices")]) == 1
        if call.path.endswith("managedDevices") and first:
            return web.json_response({"error": {}}, status=429, headers={"Retry-After": "0.5"})
        return None

    async def after(self, call: Call, response: web.Response) -> web.Response:
        response.headers["x-seen"] = call.service
        return response


async def test_faults_have_a_place_to_hook_in(world: World, largest: str, tmp_path: Path) -> None:
    busy = Busy()
    async with running_emulator(world, tmp_path, Options(faults=busy), write_documentation=False) as emulator:
        token = await token_for(emulator, largest)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls(emulator))) as http:
            headers = {"Authorization": f"Bearer {token}"}
            answers = []
            for _ in range(2):
                async with http.get(f"{emulator.url}/v1.0/{DEVICES}?$top=2", headers=headers) as response:
                    answers.append(
                        (response.status, response.headers.get("Retry-After"), response.headers.get("x-seen"))
                    )
    assert answers == [(429, "0.5", None), (200, None, "graph")]
    assert {(c.service, c.tenant_id) for c in busy.calls} == {("login", largest), ("graph", largest)}


async def test_many_tenants_at_once(emulator: Emulator, fetch: Fetch) -> None:
    tenants = [t.tenant_id for t in emulator.world.customers if t.access is Access.GRANTED]
    answers = await asyncio.gather(*(fetch(t, f"{DEVICES}?$select=id") for t in tenants))
    assert sum(len(body["value"]) for _, body in answers) == emulator.world.device_count
