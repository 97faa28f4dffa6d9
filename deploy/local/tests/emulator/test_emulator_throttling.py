"""Graph's limits: counters for each app and tenant, and what a client sees of them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from matchbook_local.emulator import Emulator, Options, World, running_emulator
from matchbook_local.emulator.identity.tokens import GRAPH_AUDIENCE, app_claims
from matchbook_local.emulator.traffic import Limit, Limits, Throttle

from .support import tls

DEVICES = "/v1.0/deviceManagement/managedDevices?$top=1"
ORGANIZATION = "/v1.0/organization"


class Hand:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_app_may_ask_a_tenant_so_often_and_no_more_until_its_window_ends() -> None:
    clock = Hand()
    throttle = Throttle(Limits(app_and_tenant=Limit(3, 20)), clock)
    assert [throttle.take("app", "one", intune=True) for _ in range(3)] == [0, 0, 0]
    clock.now += 4.5
    assert throttle.take("app", "one", intune=True) == 16
    assert throttle.take("app", "two", intune=True) == 0
    assert throttle.take("other", "one", intune=True) == 0
    assert throttle.take("app", "one", intune=False) == 0
    clock.now += 15.5
    assert throttle.take("app", "one", intune=True) == 0


def test_all_apps_share_a_tenants_limit_and_all_tenants_an_apps() -> None:
    clock = Hand()
    throttle = Throttle(Limits(tenant=Limit(4, 20), app=Limit(5, 10)), clock)
    taken = [throttle.take(app, "one", intune=True) for app in ("a", "b", "a", "b", "c")]
    assert taken == [0, 0, 0, 0, 20]
    assert [throttle.take("a", tenant, intune=False) for tenant in ("one", "two", "three", "four")] == [0, 0, 0, 10]


def test_refused_requests_count() -> None:
    throttle = Throttle(Limits(app_and_tenant=Limit(1, 20), tenant=Limit(3, 20)), Hand())
    assert [bool(throttle.take("a", "one", intune=True)) for _ in range(3)] == [False, True, True]
    assert throttle.take("b", "one", intune=True) == 20


def test_the_documented_limits_are_the_usual_ones() -> None:
    limits = Limits()
    assert (limits.app_and_tenant, limits.tenant, limits.app) == (Limit(2000, 20), Limit(4000, 20), Limit(130_000, 10))
    assert Limits.for_devices(Limit(5, 2)) == Limits(Limit(5, 2), Limit(10, 2))
    assert Options().limits == limits


@asynccontextmanager
async def asked(folder: Path, limits: Limits | None) -> AsyncIterator[tuple[Emulator, aiohttp.ClientSession]]:
    world = World.build(seed=5, tenants=2, devices=20)
    async with (
        running_emulator(world, folder, Options(limits=limits), write_documentation=False) as emulator,
        aiohttp.ClientSession(emulator.url, connector=aiohttp.TCPConnector(ssl=tls(emulator))) as http,
    ):
        yield emulator, http


def bearer(emulator: Emulator, tenant: str, app: str) -> dict[str, str]:
    """A token of the emulator's own, as a second app would have it."""
    claims = app_claims(tenant, app, GRAPH_AUDIENCE, emulator.url)
    return {"Authorization": f"Bearer {emulator.cloud.signer.sign(claims)}"}


async def statuses(http: aiohttp.ClientSession, path: str, headers: dict[str, str], times: int) -> list[int]:
    return [(await http.get(path, headers=headers)).status for _ in range(times)]


async def traffic(http: aiohttp.ClientSession) -> dict[str, Any]:
    async with http.get("/emulator/state") as response:
        return dict((await response.json())["traffic"])


async def test_the_limits_hold_over_the_wire_and_are_counted(tmp_path: Path) -> None:
    async with asked(tmp_path, Limits.for_devices(Limit(3, 60))) as (emulator, http):
        one, two = emulator.world.states
        a, b = (bearer(emulator, one, app) for app in ("a", "b"))
        assert await statuses(http, DEVICES, a, 4) == [200, 200, 200, 429]
        assert await statuses(http, ORGANIZATION, a, 2) == [200, 200]
        assert await statuses(http, DEVICES, bearer(emulator, two, "a"), 1) == [200]
        assert await statuses(http, DEVICES, b, 3) == [200, 200, 429]
        assert await traffic(http) == {
            "limits": {
                "app_and_tenant": {"requests": 3, "seconds": 60},
                "tenant": {"requests": 6, "seconds": 60},
                "app": {"requests": 130_000, "seconds": 10},
            },
            "requests": 10,
            "throttled": 2,
            "tokens": 0,
            "by_tenant": {
                one: {"requests": 9, "throttled": 2, "tokens": 0},
                two: {"requests": 1, "throttled": 0, "tokens": 0},
            },
        }


async def test_a_throttled_answer_is_graphs(tmp_path: Path) -> None:
    async with asked(tmp_path, Limits(app_and_tenant=Limit(1, 600), app=Limit(3, 600))) as (emulator, http):
        headers = bearer(emulator, next(iter(emulator.world.states)), "a")
        await statuses(http, DEVICES, headers, 1)
        for path, intune in ((DEVICES, True), (DEVICES, True), (ORGANIZATION, False)):
            async with http.get(path, headers=headers) as response:
                error = (await response.json())["error"]
            assert response.status == 429
            assert 500 < int(response.headers["Retry-After"]) <= 600
            assert error["code"] == "TooManyRequests"
            assert error["innerError"].keys() == {"date", "request-id", "client-request-id"}
            assert error["innerError"]["request-id"] == response.headers["request-id"]
            assert ("Message" in json.loads(error["message"])) if intune else error["message"]


async def test_without_limits_nothing_is_throttled_but_counted(tmp_path: Path) -> None:
    async with asked(tmp_path, None) as (emulator, http):
        tenant = next(iter(emulator.world.states))
        assert set(await statuses(http, DEVICES, bearer(emulator, tenant, "a"), 2_001)) == {200}
        found = await traffic(http)
    assert (found["limits"], found["requests"]) == (None, 2_001)


async def test_throttling_by_a_fault_is_counted_and_so_are_tokens(tmp_path: Path) -> None:
    async with asked(tmp_path, Limits()) as (emulator, http):
        tenant = next(iter(emulator.world.states))
        emulator.faults.add("throttled", times=1)
        await statuses(http, ORGANIZATION, bearer(emulator, tenant, "a"), 2)
        await http.post(f"/{tenant}/oauth2/v2.0/token")
        assert (await traffic(http))["by_tenant"] == {tenant: {"requests": 2, "throttled": 1, "tokens": 1}}
