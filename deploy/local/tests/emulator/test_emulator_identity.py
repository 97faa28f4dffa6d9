"""Applications get tokens with their certificate, and with nothing less. The client is the real msal."""

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from matchbook_local.emulator import Emulator, Options, running_emulator
from matchbook_local.emulator.identity.certificates import app_certificate
from matchbook_local.emulator.world import Access

from .support import SCOPE, AppFor, Fetch, FormFor, assertion_form, make_app, tls


async def acquire(app: Any, scope: str = SCOPE) -> dict[str, Any]:
    answer: dict[str, Any] = await asyncio.to_thread(app.acquire_token_for_client, [scope])
    return answer


async def verified(http: aiohttp.ClientSession, emulator: Emulator, tenant: str, token: str, audience: str) -> Any:
    """The claims, checked against the published keys and issuer as any resource server does."""
    async with http.get(f"{emulator.url}/{tenant}/v2.0/.well-known/openid-configuration") as response:
        configuration = await response.json()
    async with http.get(configuration["jwks_uri"]) as response:
        keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(await response.json()).keys}
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, ["RS256"], audience=audience, issuer=configuration["issuer"])


async def test_msal_gets_tokens_for_home_and_customers(
    emulator: Emulator, app_for: AppFor, http: aiohttp.ClientSession, largest: str
) -> None:
    for tenant in (emulator.partner_tenant_id, largest):
        answer = await acquire(await asyncio.to_thread(app_for, tenant))
        claims = await verified(http, emulator, tenant, answer["access_token"], "https://graph.microsoft.com")
        assert claims["tid"] == tenant
        assert claims["appid"] == emulator.client_id
        assert "DeviceManagementManagedDevices.Read.All" in claims["roles"]
        assert claims["exp"] - claims["iat"] == answer["expires_in"] == 3600


async def test_a_tenant_may_be_named_by_its_domain(emulator: Emulator, app_for: AppFor, largest: str) -> None:
    domain = emulator.world.states[largest].tenant.domains[0]
    answer = await acquire(await asyncio.to_thread(app_for, domain))
    assert jwt.decode(answer["access_token"], options={"verify_signature": False})["tid"] == largest


async def test_msal_sends_one_assertion_twice_and_may(emulator: Emulator, app_for: AppFor, largest: str) -> None:
    app = await asyncio.to_thread(app_for, largest)
    first = await acquire(app)
    second = await acquire(app, f"{emulator.url}/.default")
    assert first["access_token"] != second["access_token"]
    assert "error" not in second


async def test_instance_discovery_is_served(emulator: Emulator, http: aiohttp.ClientSession, largest: str) -> None:
    for name in ("common", largest):
        async with http.get(f"{emulator.url}/{name}/discovery/instance?api-version=1.1") as response:
            body = await response.json()
        assert body["tenant_discovery_endpoint"] == f"{emulator.url}/{name}/v2.0/.well-known/openid-configuration"


async def test_another_certificate_is_refused(
    emulator: Emulator, app_for: AppFor, largest: str, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    app_certificate(other)
    answer = await acquire(await asyncio.to_thread(app_for, largest, pem=other.read_text()))
    assert answer["error"] == "invalid_client"
    assert answer["error_codes"] == [700027]
    assert "AADSTS700027" in answer["error_description"]


async def test_another_key_behind_the_registered_thumbprint_is_refused(
    emulator: Emulator, token_request: Fetch, largest: str, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    app_certificate(other)
    forged = assertion_form(emulator, largest, {}, certificate=other)
    honest = assertion_form(emulator, largest, {})
    header, _, _ = honest["client_assertion"].split(".")
    _, payload, signature = forged["client_assertion"].split(".")
    _, body = await token_request(largest, forged | {"client_assertion": f"{header}.{payload}.{signature}"})
    assert body["error_codes"] == [700027]


async def test_an_unknown_application_is_refused(app_for: AppFor, largest: str) -> None:
    app = await asyncio.to_thread(app_for, largest, client_id="00000000-1111-2222-3333-444444444444")
    answer = await acquire(app)
    assert answer["error"] == "unauthorized_client"
    assert answer["error_codes"] == [700016]


async def test_an_unknown_tenant_is_refused(app_for: AppFor, token_request: Fetch, form: FormFor) -> None:
    nowhere = "99999999-1111-2222-3333-444444444444"
    with pytest.raises(ValueError, match="authority configuration"):
        await asyncio.to_thread(app_for, nowhere)
    status, body = await token_request(nowhere, form(nowhere))
    assert (status, body["error"], body["error_codes"]) == (400, "invalid_tenant", [90002])


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": int(time.time()) - 3600, "iat": int(time.time()) - 4000}, 700024),
        ({"nbf": int(time.time()) + 3600}, 700024),
        ({"aud": "https://login.example/token"}, 700023),
        ({"iss": "somebody"}, 700021),
        ({"sub": "somebody"}, 700021),
        ({"jti": ""}, 50027),
        ({"exp": "tomorrow"}, 50027),
    ],
)
async def test_a_wrong_assertion_is_refused(
    token_request: Fetch, form: FormFor, largest: str, claims: dict[str, Any], code: int
) -> None:
    status, body = await token_request(largest, form(largest, **claims))
    assert (status, body["error"], body["error_codes"]) == (401, "invalid_client", [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert set(body) >= {"trace_id", "correlation_id", "timestamp", "error_uri"}


async def test_a_second_assertion_with_a_used_jti_is_refused(token_request: Fetch, form: FormFor, largest: str) -> None:
    first = form(largest, jti="once")
    assert (await token_request(largest, first))[0] == 200
    assert (await token_request(largest, first))[0] == 200, "the very same assertion may come again"
    status, body = await token_request(largest, form(largest, jti="once", exp=int(time.time()) + 590))
    assert (status, body["error_codes"]) == (401, [50013])


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"client_assertion": ""}, 401, "invalid_client", 7000218),
        ({"client_assertion": "x.y.z"}, 401, "invalid_client", 50027),
        ({"client_assertion_type": "password"}, 400, "invalid_request", 900144),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"scope": "User.Read"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://vault.example/.default"}, 400, "invalid_resource", 500011),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
async def test_a_wrong_form_is_refused(  # noqa: PLR0917
    token_request: Fetch, form: FormFor, largest: str, changes: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = await token_request(largest, form(largest) | changes)
    assert (answer[0], answer[1]["error"], answer[1]["error_codes"]) == (status, error, [code])


async def test_an_assertion_signed_with_a_shared_secret_is_refused(
    emulator: Emulator, token_request: Fetch, form: FormFor, largest: str
) -> None:
    honest = form(largest)
    claims = jwt.decode(honest["client_assertion"], options={"verify_signature": False})
    header = jwt.get_unverified_header(honest["client_assertion"])
    forged = jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"x5t#S256": header["x5t#S256"]})
    status, body = await token_request(largest, honest | {"client_assertion": forged})
    assert (status, body["error_codes"]) == (401, [700027])


async def test_a_tenant_without_the_application_gives_no_token(emulator: Emulator, app_for: AppFor) -> None:
    tenant = next(t for t in emulator.world.customers if t.access is Access.NOT_INSTALLED)
    answer = await acquire(await asyncio.to_thread(app_for, tenant.tenant_id))
    assert answer["error_codes"] == [700016]


async def test_tokens_live_as_long_as_configured_and_keys_outlive_a_restart(emulator: Emulator, tmp_path: Path) -> None:
    now = time.time()
    options = Options(token_lifetime=60, clock=lambda: now)
    tenant = emulator.partner_tenant_id
    async with running_emulator(emulator.world, tmp_path, options) as first:
        token = (await acquire(await asyncio.to_thread(make_app, first, tenant)))["access_token"]
        authority = first.ca_file.read_bytes()
        assert await contracts_status(first, token) == 200
        now += 61
        assert await contracts_status(first, token) == 401
        now -= 61
    async with running_emulator(emulator.world, tmp_path, options, write_documentation=False) as second:
        assert second.ca_file.read_bytes() == authority
        assert second.client_id == first.client_id
        assert await contracts_status(second, token) == 200


async def contracts_status(emulator: Emulator, token: str) -> int:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls(emulator))) as http:
        headers = {"Authorization": f"Bearer {token}"}
        async with http.get(f"{emulator.url}/v1.0/contracts?$top=1", headers=headers) as response:
            return response.status


def test_private_files_are_the_owners_alone(emulator: Emulator) -> None:
    for name in ("app-certificate.pem", "ca-key.pem", "server.pem", "signing-key.pem"):
        assert (emulator.folder / name).stat().st_mode & 0o077 == 0, name
