"""Signing in through Microsoft, here the emulator over TLS; and every way in which it must not succeed."""

import ssl
import time
import warnings
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import certifi
import httpx
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa
from matchbook_api_gateway.adapters import microsoft
from matchbook_api_gateway.adapters.microsoft import Microsoft, Refused
from matchbook_api_gateway.adapters.sessions import Sessions
from matchbook_api_gateway.http import create_app
from matchbook_api_gateway.services.sending import now
from matchbook_api_gateway.services.signing_in import SigningIn, local_path
from matchbook_local.emulator import Emulator, Options, World, running_emulator

from tests.support.gateway_world import GatewayWorld, settings_for, unique

GATEWAY = "http://gateway.example"


@pytest_asyncio.fixture(scope="module")
async def emulator(scratch: Path) -> AsyncIterator[Emulator]:
    # Loopback addresses are accepted by themselves; this one has to be registered, as at Microsoft.
    options = Options(redirect_uris=frozenset({f"{GATEWAY}/auth/callback", "https://gateway.example/auth/callback"}))
    async with running_emulator(World.build(seed=1, tenants=1, devices=1), scratch / "emulator", options) as found:
        yield found


def gateway_settings(world: GatewayWorld, emulator: Emulator, **more: Any) -> Any:
    fields = {
        "login_url": emulator.url,
        "home_tenant_id": emulator.partner_tenant_id,
        "client_id": emulator.client_id,
        "certificate_file": emulator.certificate_file,
        "ca_file": emulator.ca_file,
        "public_url": GATEWAY,
        "static_folder": world.settings.static_folder,
    }
    return settings_for(
        world.settings.kafka_bootstrap,
        world.settings.topic_prefix,
        world.settings.database_dsn.get_secret_value(),
        world.settings.database_schema,
        **(fields | more),
    )


def browser_of(world: GatewayWorld, settings: Any) -> httpx.AsyncClient:
    """A browser at a gateway that shares the world's database and signs in at the emulator."""
    sessions = Sessions(world.parts.database, settings.session_secret.get_secret_value().encode())
    signing_in = SigningIn(sessions, Microsoft(settings), settings.session_seconds)
    application = create_app(replace(world.parts.gateway, settings=settings, signing_in=signing_in))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(application),
        base_url=settings.public_url,
        headers={"X-Matchbook": "1"},
        follow_redirects=False,
    )
    world.clients.append(client)
    return client


@pytest.fixture
def browser(world: GatewayWorld, emulator: Emulator) -> httpx.AsyncClient:
    return browser_of(world, gateway_settings(world, emulator))


async def answer_of_microsoft(emulator: Emulator, address: str) -> str:
    """Follow the redirect to the emulator; returns where it sends the browser back to."""
    tls = ssl.create_default_context(cafile=str(emulator.ca_file))
    async with httpx.AsyncClient(verify=tls, trust_env=False) as client:
        response = await client.get(address)
    assert response.status_code == 302, response.text
    return response.headers["location"]


@pytest.mark.parametrize("role", ["Administrator", "Manager", "Reader"])
async def test_people_sign_in_with_the_role_their_token_names(
    browser: httpx.AsyncClient, emulator: Emulator, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A machine's own bundle must not stand in for the file that the settings name.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    started = await browser.get("/auth/sign-in", params={"login_hint": role.lower(), "next": "/tenants?status=all"})
    address = started.headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{GATEWAY}/auth/callback"
    assert "offline_access" not in asked["scope"]
    finished = await browser.get(await answer_of_microsoft(emulator, address))
    assert (finished.status_code, finished.headers["location"]) == (302, "/tenants?status=all")
    cookie = next(item for item in finished.headers.get_list("set-cookie") if item.startswith("matchbook="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    me = (await browser.get("/api/me")).json()
    assert me["role"] == role
    assert me["name"] in {person.name for person in emulator.world.people}
    await browser.post("/auth/sign-out")
    browser.cookies.clear()
    browser.cookies.set("matchbook", cookie.split(";")[0].removeprefix("matchbook="))
    assert (await browser.get("/api/me")).status_code == 401


async def test_over_tls_the_cookie_is_bound_to_the_host(world: GatewayWorld, emulator: Emulator) -> None:
    browser = browser_of(world, gateway_settings(world, emulator, public_url="https://gateway.example"))
    started = await browser.get("/auth/sign-in", params={"login_hint": "reader"})
    finished = await browser.get(await answer_of_microsoft(emulator, started.headers["location"]))
    cookies = finished.headers.get_list("set-cookie")
    cookie = next(item for item in cookies if item.startswith("__Host-matchbook="))
    assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert "strict-transport-security" in finished.headers


async def test_an_answer_is_taken_once_and_from_the_browser_that_asked(
    world: GatewayWorld, browser: httpx.AsyncClient, emulator: Emulator
) -> None:
    started = await browser.get("/auth/sign-in", params={"login_hint": "administrator"})
    back = await answer_of_microsoft(emulator, started.headers["location"])
    # Someone who is lured to the answer of another's sign-in is not signed in as them.
    stranger = browser_of(world, gateway_settings(world, emulator))
    assert (await stranger.get(back)).status_code == 400
    await stranger.get("/auth/sign-in")
    assert (await stranger.get(back)).status_code == 403
    sign_in_cookie = browser.cookies["matchbook-sign-in"]
    assert (await browser.get(back)).status_code == 302
    browser.cookies.clear()
    browser.cookies.set("matchbook-sign-in", sign_in_cookie)
    assert (await browser.get(back)).status_code == 400
    assert (await browser.get("/api/me")).status_code == 401


@pytest.mark.parametrize("change", ["state=forged", "code=forged", "error=access_denied"])
async def test_a_changed_answer_signs_nobody_in(browser: httpx.AsyncClient, emulator: Emulator, change: str) -> None:
    started = await browser.get("/auth/sign-in", params={"login_hint": "manager"})
    back = httpx.URL(await answer_of_microsoft(emulator, started.headers["location"]))
    name, _, value = change.partition("=")
    query = dict(back.params) | {name: value}
    if name == "error":
        del query["code"]
    response = await browser.get("/auth/callback", params=query)
    assert response.status_code == 403
    assert "did not succeed" in response.text
    assert "matchbook" not in browser.cookies


async def test_microsoft_away_is_said(world: GatewayWorld, emulator: Emulator) -> None:
    settings = gateway_settings(world, emulator, login_url="https://127.0.0.1:9")
    response = await browser_of(world, settings).get("/auth/sign-in")
    assert response.status_code == 503
    assert "does not answer" in response.text


async def test_sessions_are_stored_only_as_hashes(world: GatewayWorld) -> None:
    client = await world.sign_in("Reader")
    session = client.cookies["matchbook"]
    async with world.parts.database.connection() as connection:
        stored = await connection.fetch("SELECT id_hash::text FROM sessions")
    assert all(session.encode().hex() not in row["id_hash"] for row in stored)
    other = Sessions(world.parts.database, b"another secret")
    assert await other.person(session, now()) is None


@pytest.mark.parametrize(
    ("to", "leads"),
    [
        ("/tenants/1?tab=matched", "/tenants/1?tab=matched"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_one_is_led_to_our_own_addresses_only(to: str, leads: str) -> None:
    assert local_path(to) == leads


# --- the id token ---

KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
FLOW = {"nonce": "a nonce"}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": "https://login.example/home/v2.0", "aud": "client", "sub": "s", "oid": unique("person"), "tid": "home",
        "nonce": microsoft._nonce_of(FLOW), "iat": now, "exp": now + 600, "roles": ["Manager"],
    }  # fmt: skip
    return {name: value for name, value in (good | changes).items() if value is not None}


@pytest.fixture
def checking(world: GatewayWorld) -> Microsoft:
    found = Microsoft(world.settings)
    found._issuer = "https://login.example/home/v2.0"
    signing_key = SimpleNamespace(key=KEY.public_key())
    found._keys = SimpleNamespace(get_signing_key_from_jwt=lambda _: signing_key)  # type: ignore[assignment]
    return found


async def test_beginning_warns_of_nothing(world: GatewayWorld, emulator: Emulator) -> None:
    with warnings.catch_warnings(record=True) as said:
        flow = await Microsoft(gateway_settings(world, emulator)).begin("administrator")
    assert flow["auth_uri"]
    assert [str(warning.message) for warning in said] == []


def test_a_good_token_is_taken(checking: Microsoft) -> None:
    assert checking._checked(jwt.encode(claims(), KEY, "RS256"), FLOW)["roles"] == ["Manager"]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://login.example/other/v2.0"},
        {"aud": "another-client"},
        {"tid": "another-tenant"},
        {"nonce": "another"},
        {"nonce": "a nonce"},
        {"exp": 1_000_000_000},
        *({name: None} for name in ("exp", "iat", "iss", "aud", "sub", "oid", "tid", "nonce")),
    ],
)
def test_a_token_that_is_not_for_us_is_refused(checking: Microsoft, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        checking._checked(jwt.encode(claims(**changes), KEY, "RS256"), FLOW)


def test_a_token_of_another_key_or_algorithm_is_refused(checking: Microsoft) -> None:
    shared = "a secret that is long enough for HS256"
    unsigned = jwt.encode(claims(), "", "none")
    for token in (
        jwt.encode(claims(), OTHER_KEY, "RS256"),
        jwt.encode(claims(), shared, "HS256"),
        unsigned,
        "no token",
    ):
        with pytest.raises(Refused):
            checking._checked(token, FLOW)
