"""People sign in with authorization code and PKCE, through msal, as the gateway does it."""

import asyncio
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from matchbook_local.emulator import Emulator

from .support import AppFor

pytestmark = pytest.mark.filterwarnings("ignore:response_mode:UserWarning")  # msal advises form_post
CALLBACK = "https://127.0.0.1:9/auth/callback"


class Buttons(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.values.append(dict(attrs).get("value") or "")


async def begin(app_for: AppFor, emulator: Emulator, **more: str) -> tuple[Any, dict[str, Any]]:
    app = await asyncio.to_thread(app_for, emulator.partner_tenant_id)
    flow = await asyncio.to_thread(app.initiate_auth_code_flow, [], redirect_uri=CALLBACK, **more)
    return app, flow


async def callback(http: aiohttp.ClientSession, url: str, person: str | None = None) -> dict[str, str]:
    """What the browser brings back to the redirect address."""
    method, data = ("POST", {"person": person}) if person else ("GET", None)
    async with http.request(method, url, data=data, allow_redirects=False) as response:
        assert response.status == 302, await response.text()
        location = urlsplit(response.headers["Location"])
    assert location._replace(query="").geturl() == CALLBACK
    return {name: values[0] for name, values in parse_qs(location.query).items()}


@pytest.mark.parametrize("role", ["Administrator", "Manager", "Reader"])
async def test_a_hint_signs_the_person_in(
    emulator: Emulator, app_for: AppFor, http: aiohttp.ClientSession, role: str
) -> None:
    app, flow = await begin(app_for, emulator, login_hint=role.lower())
    answer = await callback(http, flow["auth_uri"])
    tokens = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, answer)
    claims = tokens["id_token_claims"]
    person = next(p for p in emulator.world.people if p.role == role)
    assert claims["roles"] == [role]
    assert (claims["oid"], claims["preferred_username"], claims["name"]) == (person.id, person.upn, person.name)
    assert claims["tid"] == emulator.partner_tenant_id
    assert claims["aud"] == emulator.client_id
    assert claims["iss"] == f"{emulator.url}/{emulator.partner_tenant_id}/v2.0"


async def test_the_page_offers_three_people(emulator: Emulator, app_for: AppFor, http: aiohttp.ClientSession) -> None:
    app, flow = await begin(app_for, emulator)
    async with http.get(flow["auth_uri"], allow_redirects=False) as response:
        assert response.status == 200
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        page = Buttons()
        page.feed(await response.text())
    assert page.values == [person.id for person in emulator.world.people]
    answer = await callback(http, flow["auth_uri"], person=page.values[1])
    tokens = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, answer)
    assert tokens["id_token_claims"]["roles"] == ["Manager"]


async def test_a_session_is_renewed_with_its_refresh_token(
    emulator: Emulator, app_for: AppFor, http: aiohttp.ClientSession
) -> None:
    app, flow = await begin(app_for, emulator, login_hint="manager")
    await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, await callback(http, flow["auth_uri"]))
    account = app.get_accounts()[0]
    renewed = await asyncio.to_thread(app.acquire_token_silent, ["User.Read"], account, force_refresh=True)
    assert renewed["id_token_claims"]["roles"] == ["Manager"]


async def test_a_code_needs_its_verifier_and_works_once(
    emulator: Emulator, app_for: AppFor, http: aiohttp.ClientSession
) -> None:
    app, flow = await begin(app_for, emulator, login_hint="reader")
    answer = await callback(http, flow["auth_uri"])
    wrong = flow | {"code_verifier": "x" * 43}
    refused = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, wrong, answer)
    assert refused["error_codes"] == [501481]
    assert "id_token" in await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, answer)
    again = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, answer)
    assert again["error_codes"] == [54005]


async def test_a_code_is_bound_to_its_redirect_address(
    emulator: Emulator, app_for: AppFor, http: aiohttp.ClientSession
) -> None:
    app, flow = await begin(app_for, emulator, login_hint="reader")
    answer = await callback(http, flow["auth_uri"])
    moved = flow | {"redirect_uri": "https://127.0.0.1:9/elsewhere"}
    refused = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, moved, answer)
    assert refused["error_codes"] == [500112]


def authorize_url(emulator: Emulator, **changes: str) -> str:
    query = {
        "client_id": emulator.client_id,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid profile",
        "state": "s1",
        "nonce": "n1",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
        "login_hint": "administrator",
    } | changes
    return f"{emulator.url}/{emulator.partner_tenant_id}/oauth2/v2.0/authorize?{urlencode(query)}"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "https://elsewhere.example/callback"}, "AADSTS50011"),
        ({"redirect_uri": "https://127.0.0.1.elsewhere.example/callback"}, "AADSTS50011"),
        ({"redirect_uri": ""}, "AADSTS50011"),
        ({"client_id": "00000000-1111-2222-3333-444444444444"}, "AADSTS700016"),
    ],
)
async def test_nothing_is_sent_to_a_strange_address(
    emulator: Emulator, http: aiohttp.ClientSession, changes: dict[str, str], code: str
) -> None:
    async with http.get(authorize_url(emulator, **changes), allow_redirects=False) as response:
        assert response.status == 400
        assert "Location" not in response.headers
        assert code in await response.text()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "User.Read"}, "invalid_request"),
        ({"prompt": "none", "login_hint": ""}, "login_required"),
    ],
)
async def test_other_mistakes_are_told_to_the_application(
    emulator: Emulator, http: aiohttp.ClientSession, changes: dict[str, str], error: str
) -> None:
    answer = await callback(http, authorize_url(emulator, **changes))
    assert (answer["error"], answer["state"]) == (error, "s1")
    assert "code" not in answer


async def test_form_post_brings_code_and_state(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    async with http.get(authorize_url(emulator, response_mode="form_post", state='"><b>')) as response:
        text = await response.text()
    assert f'action="{CALLBACK}"' in text
    assert re.search(r'name="code" value="1\.[\w-]{60,}"', text)
    assert '"><b>' not in text


async def test_signing_out_leads_back_only_home(emulator: Emulator, http: aiohttp.ClientSession) -> None:
    url = f"{emulator.url}/{emulator.partner_tenant_id}/oauth2/v2.0/logout?post_logout_redirect_uri="
    async with http.get(url + CALLBACK, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, CALLBACK)
    async with http.get(url + "https://elsewhere.example/", allow_redirects=False) as response:
        assert response.status == 200
