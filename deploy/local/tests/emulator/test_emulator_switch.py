"""Faults are switched on, listed and switched off: over the control API, on the command line, and in a test."""

import asyncio
import json
import re
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import aiohttp
import pytest
from click.testing import CliRunner
from matchbook_local.emulator import Emulator, World, running_emulator
from matchbook_local.emulator.cli import emulator as command
from matchbook_local.emulator.faults import FaultError, fault_of_text
from matchbook_local.emulator.faults.base import Fault
from matchbook_local.emulator.faults.registry import FAULTS

from .support import tls, token_for
from .test_emulator_control import SMALL, started, stopped

ORGANIZATION = "/v1.0/organization"
CONTROL = "/emulator/faults"


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Emulator]:
    world = World.build(seed=5, tenants=2, devices=20)
    async with running_emulator(world, tmp_path_factory.mktemp("switch"), write_documentation=False) as emulator:
        yield emulator


@pytest.fixture
async def http(running: Emulator) -> AsyncIterator[aiohttp.ClientSession]:
    tenant = running.world.customers[0].tenant_id
    headers = {"Authorization": f"Bearer {await token_for(running, tenant)}"}
    connector = aiohttp.TCPConnector(ssl=tls(running))
    async with aiohttp.ClientSession(running.url, connector=connector, headers=headers) as session:
        yield session
    running.faults.clear()


async def put(http: aiohttp.ClientSession, body: Any) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with http.put(CONTROL, data=data) as response:
        return response.status, await response.json()


async def test_faults_are_switched_on_shown_and_switched_off(running: Emulator, http: aiohttp.ClientSession) -> None:
    tenant = running.world.customers[0]
    wanted = {
        "seed": 9,
        "faults": [
            {"name": "server-error", "status": "503", "times": 2, "tenant": tenant.initial_domain},
            {"name": "short-page", "page": "2+", "path": ["devices"], "probability": 0.5, "tenant": [tenant.tenant_id]},
        ],
    }
    shown = {
        "seed": 9,
        "faults": [
            {"name": "server-error", "tenant": [tenant.initial_domain], "times": 2, "status": "503", "struck": 0},
            wanted["faults"][1] | {"struck": 0},  # type: ignore[index]
        ],
    }
    assert await put(http, wanted) == (200, shown)
    assert [(await http.get(ORGANIZATION)).status for _ in range(3)] == [503, 503, 200]
    shown["faults"][0]["struck"] = 2  # type: ignore[index]
    async with http.get(CONTROL) as response:
        assert await response.json() == shown
    again = {"faults": [{key: value for key, value in fault.items() if key != "struck"} for fault in shown["faults"]]}  # type: ignore[attr-defined]
    assert (await put(http, again))[1]["seed"] == 9
    assert (await http.get(ORGANIZATION)).status == 503
    async with http.delete(CONTROL) as response:
        assert await response.json() == {"seed": 9, "faults": []}
    assert (await http.get(ORGANIZATION)).status == 200


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "the body is no JSON"),
        (b"\xff", "the body is no JSON"),
        ([], "faults: "),
        ({}, "faults: "),
        ({"faults": [], "more": 1}, "faults: "),
        ({"faults": {}}, "faults: must be a list"),
        ({"faults": [], "seed": "1"}, "seed: must be a whole number"),
        ({"faults": ["throttled"]}, "faults.0: must be an object"),
        ({"faults": [{"name": "redirect"}, {"name": "x"}]}, "faults.1.name: there is no fault 'x'"),
        ({"faults": [{"name": "throttled", "color": 1}]}, "faults.0.color: "),
        ({"faults": [{"name": "throttled", "probability": 1.5}]}, "faults.0.probability: "),
        ({"faults": [{"name": "throttled", "probability": 0}]}, "faults.0.probability: "),
        ({"faults": [{"name": "throttled", "times": 0}]}, "faults.0.times: "),
        ({"faults": [{"name": "throttled", "path": "devces"}]}, "faults.0.path.0: "),
        ({"faults": [{"name": "throttled", "path": "token"}]}, "faults.0.path: throttled cannot strike token"),
        ({"faults": [{"name": "short-page", "page": 0}]}, "faults.0.page: "),
        ({"faults": [{"name": "throttled", "tenant": "nowhere.example"}]}, "tenant: there is no tenant"),
        ({"faults": [{"name": "clock-skew", "tenant": "x"}]}, "faults.0.tenant: "),
        ({"faults": [{"name": "server-error", "status": "418"}]}, "faults.0.status: "),
    ],
)
async def test_nonsense_is_refused_by_name_and_changes_nothing(
    running: Emulator, http: aiohttp.ClientSession, body: Any, error: str
) -> None:
    running.faults.add("redirect")
    status, answer = await put(http, body)
    assert status == 400
    assert answer["error"].startswith(error)
    assert [fault["name"] for fault in running.faults.described()["faults"]] == ["redirect"]


async def test_a_fault_beside_others_in_a_test(running: Emulator, http: aiohttp.ClientSession) -> None:
    first = running.faults.add("server-error", status="500", times=1)
    running.faults.add("server-error", status="502")
    assert [(await http.get(ORGANIZATION)).status for _ in range(2)] == [500, 502]
    assert first.struck == 1
    with pytest.raises(FaultError, match=r"^tenant: there is no tenant 'x'"):
        running.faults.add("redirect", tenant="x")
    with pytest.raises(FaultError, match=r"^name: there is no fault 'rain'"):
        running.faults.add("rain")


def test_a_fault_on_one_line() -> None:
    fault = fault_of_text("short-page,tenant=a.example,tenant=b.example,path=devices,page=2+,times=3,missing=5")
    assert fault.described() == {
        "name": "short-page",
        "tenant": ["a.example", "b.example"],
        "path": ["devices"],
        "page": "2+",
        "times": 3,
        "missing": 5,
    }


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (["--fault", "rain"], "name: there is no fault 'rain'"),
        (["--fault", "throttled,often"], "often: must be key=value"),
        (["--fault", "throttled,times=1,times=2"], "times: is given twice"),
        (["--fault", "throttled,times=many"], "times: "),
        (["--throttle", "20"], "20 is neither off nor requests/seconds"),
        (["--throttle", "0/20"], "0/20 is neither off nor requests/seconds"),
    ],
)
def test_the_command_line_names_what_is_wrong(tmp_path: Path, flags: list[str], error: str) -> None:
    done = CliRunner().invoke(command, ["run", "--state-dir", str(tmp_path), *flags])
    assert done.exit_code == 2
    assert error in " ".join(done.output.split())


def test_the_command_line_lists_every_fault_on_one_line() -> None:
    lines = CliRunner().invoke(command, ["faults"]).output.splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)
    assert all(re.fullmatch(r"[a-z-]+ +\S.*[.\]]", line) for line in lines)


def test_the_guide_names_every_fault_and_its_parameters() -> None:
    guide = (Path(__file__).parents[4] / "docs/guides/emulator.md").read_text(encoding="utf-8")
    for name, fault in FAULTS.items():
        (row,) = (line for line in guide.splitlines() if line.startswith("|") and f"`{name}`" in line.split("|")[1])
        own = fault.model_fields.keys() - (Fault.model_fields.keys() if issubclass(fault, Fault) else ())
        assert all(f"`{field}" in row for field in own), name


def test_an_unknown_tenant_is_one_clear_sentence(tmp_path: Path) -> None:
    flags = ["--state-dir", str(tmp_path), *SMALL, "--fault", "throttled,tenant=x"]
    done = subprocess.run(
        [sys.executable, "-m", "matchbook_local.emulator", "run", *flags],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr.strip()) == (1, "Error: --fault: tenant: there is no tenant 'x'")


def test_run_takes_faults_a_seed_and_limits(tmp_path: Path) -> None:
    flags = ("--fault", "token-refused,times=1", "--fault", "clock-skew,hours=2", "--fault-seed", "4")
    with started(tmp_path, *SMALL, *flags, "--throttle", "5/60") as (process, info):

        def ask(path: str, body: bytes | None = None) -> Any:
            request = Request(info["url"] + path, body)
            with urlopen(request, context=ssl.create_default_context(cafile=info["ca_file"]), timeout=60) as response:
                return json.loads(response.read())

        shown = ask(CONTROL)
        assert (shown["seed"], [fault["name"] for fault in shown["faults"]]) == (4, ["token-refused", "clock-skew"])
        assert ask("/emulator/state")["traffic"]["limits"]["app_and_tenant"] == {"requests": 5, "seconds": 60}
        with pytest.raises(HTTPError, match="401"):
            ask(f"/{info['partner_tenant_id']}/oauth2/v2.0/token", b"")
        assert stopped(process) == (0, "")


async def test_a_stalled_connection_does_not_keep_the_emulator_alive(tmp_path: Path) -> None:
    world = World.build(seed=5, tenants=1, devices=5)
    async with running_emulator(world, tmp_path, write_documentation=False) as emulator:
        stalled = emulator.faults.add("stalled-headers")
        headers = {"Authorization": f"Bearer {await token_for(emulator, world.home.tenant_id)}"}
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls(emulator)))
        waiting = asyncio.create_task(session.get(emulator.url + ORGANIZATION, headers=headers))
        while not stalled.struck:  # noqa: ASYNC110 - the emulator counts
            await asyncio.sleep(0.01)
        begun = asyncio.get_running_loop().time()
    # The connection is still open.
    assert asyncio.get_running_loop().time() - begun < 30
    waiting.cancel()
    await session.close()
