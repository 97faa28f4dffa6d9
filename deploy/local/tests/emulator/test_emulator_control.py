"""The control endpoints, and the command line as the supervisor uses it."""

import asyncio
import csv
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from matchbook_local.emulator import World, running_emulator
from matchbook_local.emulator.control import loopback_only

from deploy.local.tests.support.processes import eventually

from .support import tls

SMALL = ("--tenants", "3", "--devices", "60", "--seed", "5")


async def test_the_world_is_shown_and_moved_on(tmp_path: Path) -> None:
    world = World.build(seed=5, tenants=3, devices=600)
    async with (
        running_emulator(world, tmp_path) as emulator,
        aiohttp.ClientSession(emulator.url, connector=aiohttp.TCPConnector(ssl=tls(emulator))) as http,
    ):
        async with http.get("/emulator/state") as response:
            before = await response.json()
        async with http.post("/emulator/advance", json={"days": 30}) as response:
            after = await response.json()
        async with http.get("/emulator/people") as response:
            people = (await response.json())["people"]
        with (emulator.truth_dir / "devices.csv").open(encoding="utf-8", newline="") as file:
            truth = [row["device_id"] for row in csv.DictReader(file)]
    assert (before["step"], before["devices"], before["now"]) == (0, 600, "2026-01-05T00:00:00Z")
    assert (after["step"], after["now"]) == (30, "2026-02-04T00:00:00Z")
    assert truth == [d.id for state in world.states.values() for d in state.devices]
    assert [p["role"] for p in people] == ["Administrator", "Manager", "Reader"]
    assert [p["login_hint"] for p in people] == ["administrator", "manager", "reader"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"days": 0}', b'{"days": "3"}', b'{"days": true}', b'{"days": 366}', b"\xff"]
)
async def test_nonsense_moves_nothing(tmp_path: Path, body: bytes) -> None:
    world = World.build(seed=5, tenants=1, devices=3)
    async with (
        running_emulator(world, tmp_path, write_documentation=False) as emulator,
        aiohttp.ClientSession(emulator.url, connector=aiohttp.TCPConnector(ssl=tls(emulator))) as http,
        http.post("/emulator/advance", data=body, headers={"Content-Type": "application/json"}) as response,
    ):
        assert response.status == 400
        assert "days" in (await response.json())["error"]
    assert world.step == 0


@pytest.mark.parametrize(
    ("remote", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("192.0.2.7", False),
        ("2001:db8::7", False),
        (None, False),
    ],
)
async def test_control_is_for_this_machine_only(remote: str | None, allowed: bool) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text="done")

    request = make_mocked_request("POST", "/emulator/advance").clone(remote=remote or "")
    if allowed:
        assert (await loopback_only(request, handler)).status == 200
    else:
        with pytest.raises(web.HTTPNotFound):
            await loopback_only(request, handler)


@contextmanager
def started(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "matchbook_local.emulator", "run", "--state-dir", str(folder), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def stopped(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def post(info: dict[str, Any], path: str, body: dict[str, Any]) -> Any:
    request = Request(info["url"] + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    context = ssl.create_default_context(cafile=info["ca_file"])
    with urlopen(request, context=context, timeout=60) as response:
        return json.loads(response.read())


def test_run_announces_itself_and_keeps_its_world(tmp_path: Path) -> None:
    with started(tmp_path, *SMALL) as (process, info):
        assert json.loads((tmp_path / "emulator.json").read_text()) == info
        assert info["pid"] == process.pid
        for name in ("ca_file", "certificate_file", "organizations_csv", "configurations_csv"):
            assert Path(info[name]).is_file(), name
        assert {p["role"] for p in info["people"]} == {"Administrator", "Manager", "Reader"}
        moved = post(info, "/emulator/advance", {"days": 7})
        documentation = Path(info["configurations_csv"]).read_bytes()
        truth = (Path(info["truth_dir"]) / "devices.csv").read_bytes()
        authority = Path(info["ca_file"]).read_bytes()
        assert stopped(process) == (0, "")
    with started(tmp_path, *SMALL) as (process, again):
        for name in ("client_id", "partner_tenant_id", "ca_file"):
            assert again[name] == info[name]
        assert Path(info["ca_file"]).read_bytes() == authority
        assert Path(info["configurations_csv"]).read_bytes() == documentation
        assert (Path(info["truth_dir"]) / "devices.csv").read_bytes() == truth
        assert post(again, "/emulator/advance", {"days": 1})["step"] == moved["step"] + 1
        assert stopped(process)[0] == 0


def test_another_size_begins_another_world(tmp_path: Path) -> None:
    with started(tmp_path, *SMALL) as (process, info):
        post(info, "/emulator/advance", {"days": 7})
        before = Path(info["configurations_csv"]).read_bytes()
        stopped(process)
    with started(tmp_path, "--tenants", "4", "--devices", "60", "--seed", "5") as (process, info):
        assert post(info, "/emulator/advance", {"days": 1})["step"] == 1
        assert Path(info["configurations_csv"]).read_bytes() != before
        stopped(process)


def test_evolve_moves_the_world_by_itself(tmp_path: Path) -> None:
    async def step_of(info: dict[str, Any]) -> int:
        context = ssl.create_default_context(cafile=info["ca_file"])
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as http,
            http.get(info["url"] + "/emulator/state") as response,
        ):
            return int((await response.json())["step"])

    with started(tmp_path, *SMALL, "--evolve", "0.1") as (process, info):
        assert eventually(lambda: asyncio.run(step_of(info)) >= 2)
        assert stopped(process)[0] == 0


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        command = [
            sys.executable,
            "-m",
            "matchbook_local.emulator",
            "run",
            "--state-dir",
            str(tmp_path),
            "--port",
            port,
        ]
        done = subprocess.run([*command, *SMALL], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.strip() == f"Error: cannot serve on 127.0.0.1:{port} from {tmp_path}: Address already in use"


def test_world_writes_the_same_files_on_every_machine(tmp_path: Path) -> None:
    folders = []
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        command = [
            sys.executable,
            "-m",
            "matchbook_local.emulator",
            "world",
            *SMALL,
            "--days",
            "3",
            "--out",
            str(folder),
        ]
        subprocess.run(
            command, check=True, env=os.environ | {"PYTHONHASHSEED": hash_seed}, timeout=60, capture_output=True
        )
        folders.append({p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.csv")})
    assert len(folders[0]) == 5
    assert folders[0] == folders[1]
