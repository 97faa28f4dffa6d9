"""What holds for every answer: problems, guards, the page."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from matchbook_api_gateway.app import openapi_document
from matchbook_api_gateway.http import create_app
from matchbook_api_gateway.routes.page import failure_page

from tests.support.gateway_world import GatewayWorld, unique

OPENAPI = Path(__file__).parents[1] / "openapi.json"


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (RuntimeError("a fault"), 500),
        (ConnectionRefusedError("no database"), 503),
        (asyncpg.TooManyConnectionsError("full"), 503),
        (TimeoutError(), 503),
    ],
)
async def test_a_failure_is_a_problem_that_tells_nothing_of_the_inside(
    world: GatewayWorld, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int
) -> None:
    async def fail(*_: Any) -> None:
        raise failure

    client = await world.sign_in("Reader")
    monkeypatch.setattr(type(world.parts.gateway.reading), "summary", fail)
    response = await client.get("/api/summary")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert str(failure) not in response.text or not str(failure)
    assert ("retry-after" in response.headers) == (status == 503)
    assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_the_page_is_served_for_its_own_addresses(world: GatewayWorld) -> None:
    client = world.client()
    for path in ("/", "/tenants", "/tenants/some-id", "/import"):
        response = await client.get(path)
        assert (response.status_code, response.headers["cache-control"]) == (200, "no-cache")
        assert "<title>Matchbook" in response.text
        policy = response.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    script = await client.get("/assets/page-abc123.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    ["/assets/gone.js", "/api/nothing", "/auth/nothing", "/health/x", "/assets/..%2f..%2fx"],
)
async def test_other_addresses_are_missing_and_not_a_page(world: GatewayWorld, path: str) -> None:
    response = await world.client().get(path)
    assert response.status_code in (401, 404)
    assert "<title>" not in response.text


async def test_files_outside_of_the_page_are_not_served(world: GatewayWorld) -> None:
    secret = world.settings.static_folder.parent / "secret.txt"
    secret.write_text("a secret")
    for path in ("/%2e%2e/secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/..%2fsecret.txt"):
        assert "a secret" not in (await world.client().get(path)).text


async def test_without_a_built_page_one_is_told_how_to_build_it(world: GatewayWorld) -> None:
    settings = world.settings.model_copy(update={"static_folder": Path("nowhere")})
    application = create_app(replace(world.parts.gateway, settings=settings))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://gateway") as client:
        response = await client.get("/")
    assert response.status_code == 503
    assert "make ui" in response.text


async def test_large_answers_are_compressed(world: GatewayWorld) -> None:
    client = world.client()
    response = await client.get("/api/openapi.json")
    assert response.headers["content-encoding"] == "gzip"
    async with client.stream("GET", "/api/openapi.json") as raw:
        packed = b"".join([part async for part in raw.aiter_raw()])
    assert len(packed) < len(gzip.decompress(packed)) / 4


async def test_the_api_is_described_at_its_address(world: GatewayWorld) -> None:
    document = (await world.client().get("/api/openapi.json")).json()
    assert "/api/tenants/{tenant_id}/devices" in document["paths"]


def test_the_committed_description_is_the_applications() -> None:
    """`api-gateway openapi > services/api-gateway/openapi.json` writes it again; the page's client is made from it."""
    assert OPENAPI.read_text() == openapi_document()


async def test_a_method_that_is_not_there_is_a_problem(world: GatewayWorld) -> None:
    client = await world.sign_in()
    response = await client.put(f"/api/tenants/{unique('t')}")
    assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")


async def test_odd_ids_are_missing_or_not_valid(world: GatewayWorld) -> None:
    client = await world.sign_in()
    for path in ("/api/tenants/%00", "/api/configurations/a%00b", "/api/tenants/" + "x" * 300, "/api/tenants/' OR 1=1"):
        assert (await client.get(path)).status_code in (404, 422)


def test_a_failure_page_shows_text_as_text() -> None:
    assert "<script>" not in failure_page("<script>alert(1)</script>")
