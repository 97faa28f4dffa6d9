"""Each fault as a client meets it, over TLS."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import jwt
import pytest
from matchbook_local.emulator import Emulator, World, running_emulator

from .support import assertion_form, tls

LIST = "/v1.0/deviceManagement/managedDevices?$top=10"
ORGANIZATION = "/v1.0/organization"
ELSEWHERE = "https://elsewhere.invalid/"


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        return dict(self.json["error"])


class Client:
    """Asks as one tenant, and follows nothing by itself."""

    def __init__(self, emulator: Emulator, http: aiohttp.ClientSession, tenant: str) -> None:
        self._emulator = emulator
        self._http = http
        self.tenant = tenant
        self.ids = [device.id for device in emulator.world.states[tenant].devices]
        self.token = ""

    async def get(self, url: str = LIST, **more: Any) -> Answer:
        full = url if url.startswith("https:") else self._emulator.url + url
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self._http.get(full, headers=headers, allow_redirects=False, **more) as response:
            return Answer(response.status, response.headers, await response.read())

    async def sign_in(self, **claims: Any) -> Answer:
        form = assertion_form(self._emulator, self.tenant, claims)
        url = f"{self._emulator.url}/{self.tenant}/oauth2/v2.0/token"
        async with self._http.post(url, data=form, allow_redirects=False) as response:
            return Answer(response.status, response.headers, await response.read())

    async def pages(self, most: int = 20) -> list[dict[str, Any]]:
        """The pages of devices to their end, or so many."""
        found: list[dict[str, Any]] = []
        url: str | None = LIST
        while url and len(found) < most:
            found.append((await self.get(url)).json)
            url = found[-1].get("@odata.nextLink")
        return found

    async def listed(self) -> list[str]:
        return [device["id"] for page in await self.pages() for device in page["value"]]


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Emulator]:
    world = World.build(seed=7, tenants=3, devices=90)
    async with running_emulator(world, tmp_path_factory.mktemp("faults"), write_documentation=False) as emulator:
        yield emulator


@pytest.fixture(scope="module")
async def session(running: Emulator) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(ssl=tls(running))
    async with aiohttp.ClientSession(connector=connector) as http:
        yield http


@pytest.fixture
async def clients(running: Emulator, session: aiohttp.ClientSession) -> AsyncIterator[list[Client]]:
    """One for each tenant, that with most devices first. No fault outlives its test."""
    sizes = {tenant: len(state.devices) for tenant, state in running.world.states.items()}
    found = [Client(running, session, tenant) for tenant in sorted(sizes, key=lambda tenant: -sizes[tenant])]
    for client in found:
        client.token = (await client.sign_in()).json["access_token"]
    yield found
    running.faults.clear()


@pytest.fixture
def client(clients: list[Client]) -> Client:
    assert len(clients[0].ids) > 30
    return clients[0]


def check_shape(answer: Answer) -> None:
    """As Graph writes an error."""
    inner = answer.error["innerError"]
    assert set(answer.error) == {"code", "message", "innerError"}
    assert set(inner) == {"date", "request-id", "client-request-id"}
    assert inner["request-id"] == answer.headers["request-id"]


@pytest.mark.parametrize(
    ("form", "given"), [("seconds", "3"), ("decimal", "2.500"), ("nonsense", "a while"), ("none", None)]
)
async def test_throttled_says_when_to_come_again(
    running: Emulator, client: Client, form: str, given: str | None
) -> None:
    running.faults.add("throttled", form=form, retry_after=2.5)
    answer = await client.get()
    assert (answer.status, answer.headers.get("Retry-After")) == (429, given)
    assert answer.error["code"] == "TooManyRequests"
    assert "An error has occurred" in json.loads(answer.error["message"])["Message"]
    check_shape(answer)


async def test_throttled_with_a_date(running: Emulator, client: Client) -> None:
    running.faults.add("throttled", form="date", retry_after=30, code="activityLimitReached")
    begun = time.time()
    answer = await client.get(ORGANIZATION)
    when = parsedate_to_datetime(answer.headers["Retry-After"]).timestamp()
    # A date has no parts of a second.
    assert begun + 29 < when <= time.time() + 31
    assert answer.error["code"] == "activityLimitReached"
    check_shape(answer)


async def test_throttling_for_good_is_one_tenants_alone(running: Emulator, clients: list[Client]) -> None:
    running.faults.add("throttled", tenant=clients[0].tenant)
    for _ in range(5):
        assert [(await client.get()).status for client in clients] == [429, 200, 200]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "generalException"),
        (502, "UnknownError"),
        (503, "serviceNotAvailable"),
        (504, "UnknownError"),
    ],
)
async def test_server_errors(running: Emulator, client: Client, status: int, code: str) -> None:
    running.faults.add("server-error", status=str(status), retry_after=7)
    answer = await client.get()
    assert (answer.status, answer.error["code"], answer.headers["Retry-After"]) == (status, code, "7")
    check_shape(answer)


async def test_server_errors_come_in_bursts(running: Emulator, client: Client) -> None:
    fault = running.faults.add("server-error", probability=0.1, burst=4, path="organization")
    statuses = [(await client.get(ORGANIZATION)).status for _ in range(150)]
    *runs, _ = "".join("x" if status >= 500 else "." for status in statuses).split(".")
    assert {status for status in statuses if status != 200} == {500, 502, 503, 504}
    assert {len(run) % 4 for run in runs} == {0}
    assert fault.struck == sum(status != 200 for status in statuses)


async def test_the_token_endpoint_fails_too(running: Emulator, client: Client) -> None:
    running.faults.add("server-error", path="token", status="503", times=1)
    running.faults.add("token-refused", error="invalid_client", times=1)
    running.faults.add("token-refused", error="temporarily_unavailable", times=1)
    running.faults.add("token-refused", error="unauthorized_client", times=1)
    answers = [await client.sign_in() for _ in range(5)]
    assert [(answer.status, answer.json.get("error"), answer.json.get("error_codes")) for answer in answers] == [
        (503, "server_error", [90033]),
        (401, "invalid_client", [700027]),
        (503, "temporarily_unavailable", [90033]),
        (400, "unauthorized_client", [700016]),
        (200, None, None),
    ]


@pytest.mark.parametrize("status", [502, 200])
async def test_a_proxys_page(running: Emulator, client: Client, status: int) -> None:
    running.faults.add("html-error", status=status)
    answer = await client.get()
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (status, "text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


async def test_a_redirect(running: Emulator, client: Client) -> None:
    running.faults.add("redirect", status="302", location=ELSEWHERE, path=["devices", "token"])
    for answer in (await client.get(), await client.sign_in()):
        assert (answer.status, answer.headers["Location"]) == (302, ELSEWHERE)


async def test_page_tokens_that_expired(running: Emulator, client: Client) -> None:
    running.faults.add("expired-page-token", times=1)
    first = await client.get()
    late = await client.get(first.json["@odata.nextLink"])
    assert (late.status, late.error["code"]) == (400, "Directory_ExpiredPageToken")
    check_shape(late)
    assert await client.listed() == client.ids


async def test_consent_is_revoked_in_the_middle_of_a_sweep(running: Emulator, clients: list[Client]) -> None:
    running.faults.add("consent-revoked", after=2)
    client, other = clients[0], clients[1]
    first = await client.get()
    assert (await client.get(ORGANIZATION)).status == 200
    second = await client.get(first.json["@odata.nextLink"])
    third = await client.get(second.json["@odata.nextLink"])
    assert (third.status, third.error["code"]) == (401, "Authorization_IdentityNotFound")
    assert (await client.get(ORGANIZATION)).status == 401
    refused = await client.sign_in()
    assert (refused.status, refused.json["error_codes"]) == (400, [700016])
    assert ((await other.get(ORGANIZATION)).status, (await other.sign_in()).status) == (200, 200)


async def test_refusals_of_what_was_allowed(running: Emulator, client: Client) -> None:
    one = f"/v1.0/deviceManagement/managedDevices/{client.ids[0]}"
    running.faults.add("access-denied", path="organization")
    running.faults.add("invalid-token", path="devices")
    running.faults.add("device-not-found")
    answers = [await client.get(url) for url in (ORGANIZATION, LIST, one)]
    assert [(answer.status, answer.error["code"]) for answer in answers] == [
        (403, "Authorization_RequestDenied"),
        (401, "InvalidAuthenticationToken"),
        (404, "ResourceNotFound"),
    ]


@pytest.mark.parametrize("hours", [3, -3])
async def test_a_clock_that_is_wrong(running: Emulator, client: Client, hours: int) -> None:
    running.faults.add("clock-skew", hours=hours)
    refused = await client.sign_in()
    assert (refused.status, refused.json["error_codes"]) == (401, [700024])
    now = int(time.time()) + hours * 3600
    assert (await client.sign_in(iat=now, nbf=now, exp=now + 600)).status == 200
    answer = await client.get(ORGANIZATION)
    assert answer.status == (401 if hours > 1 else 200)
    for one in (refused, answer):
        off = parsedate_to_datetime(one.headers["Date"]).timestamp() - time.time()
        assert off == pytest.approx(hours * 3600, abs=60)
    running.faults.clear()
    assert (await client.get(ORGANIZATION)).status == 200


async def test_a_clock_that_is_wrong_and_lenient_gives_tokens_of_other_times(running: Emulator, client: Client) -> None:
    running.faults.add("clock-skew", hours=-5, assertions="accepted")
    claims = jwt.decode((await client.sign_in()).json["access_token"], options={"verify_signature": False})
    assert claims["exp"] - time.time() == pytest.approx(-4 * 3600, abs=60)


@pytest.mark.parametrize("name", ["stalled-headers", "stalled-body"])
async def test_a_stall_waits_for_the_client_to_give_up(running: Emulator, client: Client, name: str) -> None:
    running.faults.add(name, times=1)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        await client.get(timeout=aiohttp.ClientTimeout(total=0.5))
    assert time.monotonic() - begun > 0.4
    assert (await client.get()).status == 200


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("connection-reset", {}),
        ("broken-body", {}),
        ("stalled-headers", {"seconds": 0.1}),
        ("stalled-body", {"seconds": 0.1}),
    ],
)
async def test_a_connection_that_breaks(
    running: Emulator, client: Client, name: str, parameters: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    fault = running.faults.add(name, **parameters)
    with pytest.raises(aiohttp.ClientError):
        await client.get(timeout=aiohttp.ClientTimeout(total=60))
    running.faults.clear()
    assert fault.struck >= 1
    assert (await client.get()).status == 200
    assert not caplog.records


async def test_half_a_body_comes_before_it_stalls(running: Emulator, client: Client) -> None:
    whole = (await client.get()).body
    running.faults.add("stalled-body", share=0.25)
    seen = b""
    url = running.url + LIST
    headers = {"Authorization": f"Bearer {client.token}"}
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls(running))) as http,
        http.get(url, headers=headers) as response,
    ):
        assert abs(int(response.headers["Content-Length"]) - len(whole)) < 10
        with suppress(TimeoutError):
            while not response.content.at_eof():
                # Until as much is there as should be; then it has half a second to be more.
                async with asyncio.timeout(60 if len(seen) < len(whole) / 4 - 10 else 0.5):
                    seen += await response.content.readany()
    assert len(seen) == pytest.approx(len(whole) / 4, abs=10)


async def test_a_slow_answer_is_the_real_one(running: Emulator, client: Client) -> None:
    running.faults.add("slow-answer", seconds=0.3)
    begun = time.monotonic()
    assert (await client.get()).status == 200
    assert time.monotonic() - begun >= 0.3


async def test_json_that_is_cut_short(running: Emulator, client: Client) -> None:
    running.faults.add("truncated-json", page="2", share=0.9)
    first = await client.get()
    second = await client.get(first.json["@odata.nextLink"])
    assert second.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = second.json


@pytest.mark.parametrize(
    ("kind", "value"),
    [("number", 7), ("boolean", True), ("text", "x"), ("list", [1, "x"]), ("object", {"x": 1}), ("null", None)],
)
async def test_wrong_types(running: Emulator, client: Client, kind: str, value: Any) -> None:
    running.faults.add("wrong-type", type=kind, property="osVersion", count=3)
    devices = (await client.get()).json["value"]
    assert sum(device["osVersion"] == value for device in devices) == 3
    running.faults.clear()
    running.faults.add("wrong-type", type=kind, property="value")
    assert (await client.get()).json["value"] == value


async def test_a_text_of_ten_megabytes(running: Emulator, client: Client) -> None:
    running.faults.add("long-text", property="notes", path="device")
    one = await client.get(f"/v1.0/deviceManagement/managedDevices/{client.ids[0]}?$select=id,notes")
    assert len(one.json["notes"]) == 10_000_000


async def test_a_list_that_ends_early(running: Emulator, client: Client) -> None:
    running.faults.add("list-ends-early", page=2)
    assert await client.listed() == client.ids[:20]
    running.faults.clear()
    running.faults.add("list-ends-early", page=2, keep=3)
    assert await client.listed() == client.ids[:13]


async def test_a_short_page(running: Emulator, client: Client) -> None:
    running.faults.add("short-page", missing=4, page="2")
    listed = await client.listed()
    assert [device for device in client.ids if device in listed] == listed
    assert set(client.ids) - set(listed) <= set(client.ids[10:20])
    assert len(listed) == len(client.ids) - 4


async def test_the_same_next_link_for_ever(running: Emulator, client: Client) -> None:
    running.faults.add("same-next-link", page="2+")
    pages = await client.pages(most=5)
    assert len({page["@odata.nextLink"] for page in pages}) == 1
    assert [page["value"][0]["id"] for page in pages] == [client.ids[0]] + [client.ids[10]] * 4


async def test_a_next_link_to_another_host(running: Emulator, client: Client) -> None:
    running.faults.add("foreign-next-link", link=ELSEWHERE)
    assert (await client.get()).json["@odata.nextLink"] == ELSEWHERE


async def test_empty_pages(running: Emulator, client: Client) -> None:
    running.faults.add("empty-pages", count=2, page="2")
    pages = await client.pages()
    assert [len(page["value"]) for page in pages[:5]] == [10, 0, 0, 10, 10]
    assert [device["id"] for page in pages for device in page["value"]] == client.ids
    running.faults.clear()
    running.faults.add("empty-pages", count=0)
    pages = await client.pages(most=8)
    assert [page["value"] for page in pages] == [[]] * 8
    assert len({page["@odata.nextLink"] for page in pages}) == 8


async def test_devices_that_come_twice(running: Emulator, client: Client) -> None:
    running.faults.add("duplicate-devices", count=3)
    pages = [[device["id"] for device in page["value"]] for page in await client.pages()]
    assert pages[0] == client.ids[:10]
    assert pages[1] == client.ids[7:20]
    assert pages[2] == client.ids[17:30]


async def test_devices_that_move_to_a_later_page(running: Emulator, client: Client) -> None:
    running.faults.add("moving-devices", count=2)
    pages = await client.pages()
    assert [len(page["value"]) for page in pages[:2]] == [8, 10]
    assert await client.listed() == client.ids


async def test_devices_that_move_to_a_page_that_was_read(running: Emulator, client: Client) -> None:
    running.faults.add("moving-devices", count=2, to="earlier", page="2")
    assert await client.listed() == [*client.ids[:10], *client.ids[12:]]


async def test_the_same_seed_gives_the_same_faults_whatever_goes_on_beside(
    running: Emulator, clients: list[Client]
) -> None:
    async def statuses(client: Client) -> list[int]:
        return [(await client.get(url)).status for _ in range(20) for url in (LIST, ORGANIZATION)]

    async def run(seed: int, *, together: bool) -> list[list[int]]:
        running.faults.clear()
        running.faults.seed = seed
        running.faults.add("server-error", probability=0.3)
        if together:
            return await asyncio.gather(*map(statuses, clients))
        return [await statuses(client) for client in reversed(clients)][::-1]

    first = await run(3, together=False)
    assert await run(3, together=True) == first
    assert await run(4, together=True) != first
    assert all({200, 500, 502, 503, 504} >= set(one) > {200} for one in first)
