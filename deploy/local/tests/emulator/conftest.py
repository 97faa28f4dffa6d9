"""One emulator for all of these tests, and the clients the services will use against it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from matchbook_local.emulator import Emulator, World, running_emulator

from .support import AppFor, Fetch, FormFor, assertion_form, make_app, tls, token_for


@pytest.fixture(scope="session")
def world() -> World:
    return World.build(seed=7, tenants=40, devices=3_000)


@pytest.fixture(scope="session")
async def emulator(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Emulator]:
    async with running_emulator(world, tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def app_for(emulator: Emulator) -> AppFor:
    """`app_for(tenant, client_id=…, pem=…)`. msal blocks: call its methods in a thread."""

    def make(tenant: str, **more: str) -> Any:
        return make_app(emulator, tenant, **more)

    return make


@pytest.fixture
async def http(emulator: Emulator) -> AsyncIterator[aiohttp.ClientSession]:
    """Trusts the emulator's CA, follows no redirects by itself when told so, keeps no cookies."""
    connector = aiohttp.TCPConnector(ssl=tls(emulator))
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
def fetch(emulator: Emulator, http: aiohttp.ClientSession) -> Fetch:
    """`await fetch(tenant, path_or_url)` → (status, body), with a token of that tenant."""
    tokens: dict[str, str] = {}

    async def get(tenant: str, path: str) -> tuple[int, dict[str, Any]]:
        tokens[tenant] = tokens.get(tenant) or await token_for(emulator, tenant)
        url = path if path.startswith("https:") else f"{emulator.url}/v1.0/{path}"
        async with http.get(url, headers={"Authorization": f"Bearer {tokens[tenant]}"}) as response:
            return response.status, await response.json()

    return get


@pytest.fixture
def token_request(emulator: Emulator, http: aiohttp.ClientSession) -> Fetch:
    """`await token_request(tenant, form)` → (status, body) of the token endpoint."""

    async def post(tenant: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        async with http.post(f"{emulator.url}/{tenant}/oauth2/v2.0/token", data=form) as response:
            return response.status, await response.json()

    return post


@pytest.fixture
def form(emulator: Emulator) -> FormFor:
    """A client-credentials form with a valid assertion; keywords replace the assertion's claims."""

    def make(tenant: str, **claims: Any) -> dict[str, str]:
        return assertion_form(emulator, tenant, claims)

    return make


@pytest.fixture(scope="session")
def largest(world: World) -> str:
    """The tenant with the most devices."""
    return max(world.states, key=lambda tenant_id: len(world.states[tenant_id].devices))
