"""The emulator of IT Glue's API behaves as the API is documented to."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from matchbook_local.it_glue import KEY, Account, Fault, ItGlueEmulator, Limit, running_it_glue


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[ItGlueEmulator]:
    account = Account()
    contoso = account.add("organizations", name="Contoso Dental")
    for number in range(120):
        account.add("configurations", organization_id=contoso, name=f"LT-{number:03}", interfaces=[{"name": "LAN"}])
    async with running_it_glue(account, tmp_path) as running:
        yield running


async def get(emulator: ItGlueEmulator, path: str, key: str | None = KEY, **query: str) -> tuple[int, Any, Any]:
    context = ssl.create_default_context(cafile=emulator.ca_file)
    named = {name.replace("_", "[", 1) + "]" if "_" in name else name: value for name, value in query.items()}
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
        session.get(emulator.url + path, params=named, headers={"x-api-key": key} if key else {}) as response,
    ):
        return response.status, await response.json(), response.headers


async def test_the_key_is_asked_for(emulator: ItGlueEmulator) -> None:
    status, body, _ = await get(emulator, "/organizations", key=None)
    assert (status, body["errors"][0]["title"]) == (401, "Unauthorized")
    assert (await get(emulator, "/organizations", key="ITG.other"))[0] == 403
    assert (await get(emulator, "/nothing"))[0] == 404


async def test_pages_say_where_they_stand(emulator: ItGlueEmulator) -> None:
    status, body, headers = await get(emulator, "/configurations", sort="-id", page_number="2")
    assert (status, headers["Content-Type"].partition(";")[0]) == (200, "application/vnd.api+json")
    assert len(body["data"]) == 50
    assert body["meta"] == {
        "current-page": 2,
        "next-page": 3,
        "prev-page": 1,
        "total-pages": 3,
        "total-count": 120,
        "filters": {},
    }
    assert body["data"][0]["attributes"]["organization-name"] == "Contoso Dental"
    assert "relationships" not in body["data"][0]
    _, last, _ = await get(emulator, "/configurations", page_size="100", page_number="2")
    assert (len(last["data"]), last["meta"]["next-page"]) == (20, None)
    assert "next" not in last["links"]


async def test_interfaces_are_listed_or_included(emulator: ItGlueEmulator) -> None:
    _, body, _ = await get(emulator, "/configurations", include="configuration_interfaces", page_size="1")
    configuration, interface = body["data"][0], body["included"][0]
    assert configuration["relationships"]["configuration-interfaces"]["data"][0]["id"] == interface["id"]
    path = f"/configurations/{configuration['id']}/relationships/configuration_interfaces"
    _, own, _ = await get(emulator, path)
    assert [item["attributes"]["name"] for item in own["data"]] == ["LAN"]
    assert "id" not in own["data"][0]
    assert (await get(emulator, path.replace(configuration["id"], "9999")))[0] == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"page_size": "1001"}, 422),
        ({"page_size": "none"}, 400),
        ({"page_number": "0"}, 400),
        ({"sort": "color"}, 400),
        ({"filter_color": "red"}, 400),
        ({"filter_updated_at": "2026-01-01,*"}, 400),
    ],
)
async def test_what_the_api_does_not_take_is_refused(emulator: ItGlueEmulator, query: Any, status: int) -> None:
    assert (await get(emulator, "/configurations", **query))[0] == status


async def test_too_many_requests_are_refused_until_the_window_has_passed(emulator: ItGlueEmulator) -> None:
    now = 0.0
    emulator.limit = Limit(2, clock=lambda: now, retry_after=True)
    for expected in (200, 200, 429):
        status, _, headers = await get(emulator, "/organizations")
        assert status == expected
    assert headers["Retry-After"] == "300"
    now = 300.0
    assert (await get(emulator, "/organizations"))[0] == 200


async def test_faults_come_once_and_in_order(emulator: ItGlueEmulator) -> None:
    emulator.faults.add(Fault(status=500, page=2), Fault(status=503), *[Fault(breaks=True)] * 2)
    assert (await get(emulator, "/organizations"))[0] == 503
    with pytest.raises(aiohttp.ClientError):
        await get(emulator, "/organizations")
    assert (await get(emulator, "/organizations"))[0] == 200
    assert (await get(emulator, "/organizations", page_number="2"))[0] == 500
