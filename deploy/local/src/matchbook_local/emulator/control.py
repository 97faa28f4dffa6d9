"""What only this machine may ask: how the world stands, to move it on, and to let things go wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from ipaddress import ip_address
from json import JSONDecodeError
from typing import Any

from aiohttp import web

from .cloud import CLOUD, Cloud
from .faults import FaultError, Parameters, faults_of
from .world.calendar import graph_time

PREFIX = "/emulator/"
MOST_DAYS = 365
Advance = Callable[[int], Awaitable[None]]
ADVANCE: web.AppKey[Advance] = web.AppKey("advance", Advance)  # type: ignore[arg-type]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith(PREFIX) and not ip_address(request.remote or "0.0.0.0").is_loopback:  # noqa: S104 - means "nobody knows"
        raise web.HTTPNotFound
    return await handler(request)


def world_state(cloud: Cloud) -> dict[str, Any]:
    world = cloud.world
    return {
        "seed": world.size.seed,
        "epoch": world.size.epoch.isoformat(),
        "step": world.step,
        "now": graph_time(world.now),
        "tenants": len(world.states),
        "devices": world.device_count,
        "partner_tenant_id": world.home.tenant_id,
    }


async def state(request: web.Request) -> web.Response:
    cloud = request.app[CLOUD]
    return web.json_response(world_state(cloud) | {"traffic": cloud.traffic.described()})


async def faults(request: web.Request) -> web.Response:
    return web.json_response(request.app[CLOUD].faults.described())


async def set_faults(request: web.Request) -> web.Response:
    """{"faults": [{"name": …, …}], "seed": n}: these faults and no others."""
    switch = request.app[CLOUD].faults
    try:
        wanted, seed = _faults_and_seed(await request.json())
        switch.replace(wanted, seed)
    except FaultError as error:
        return web.json_response({"error": str(error)}, status=400)
    except (JSONDecodeError, UnicodeDecodeError):
        return web.json_response({"error": "the body is no JSON"}, status=400)
    return web.json_response(switch.described())


def _faults_and_seed(body: Any) -> tuple[list[Parameters], int | None]:
    if not isinstance(body, dict) or not {"faults"} <= body.keys() <= {"faults", "seed"}:
        raise FaultError("faults: the body is an object with faults and, if wanted, seed")
    seed = body.get("seed")
    if seed is not None and type(seed) is not int:
        raise FaultError("seed: must be a whole number")
    return faults_of(body["faults"]), seed


async def clear_faults(request: web.Request) -> web.Response:
    request.app[CLOUD].faults.clear()
    return web.json_response(request.app[CLOUD].faults.described())


async def people(request: web.Request) -> web.Response:
    listed = [asdict(person) | {"login_hint": person.login_hint} for person in request.app[CLOUD].world.people]
    return web.json_response({"people": listed})


async def advance(request: web.Request) -> web.Response:
    """{"days": n}, 1 to 365."""
    try:
        days = (await request.json())["days"]
    except (JSONDecodeError, KeyError, TypeError, UnicodeDecodeError):
        days = None
    if type(days) is not int or not 1 <= days <= MOST_DAYS:
        return web.json_response({"error": f"days must be a whole number from 1 to {MOST_DAYS}"}, status=400)
    await request.app[ADVANCE](days)
    return web.json_response(world_state(request.app[CLOUD]))
