"""Who may call what: every route of the router, for everybody who may come by."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from matchbook_api_gateway.domain.people import Need, Person, strongest_role
from matchbook_api_gateway.http import ROUTERS
from matchbook_api_gateway.routes.access import Needs

from tests.support.gateway_world import (
    GatewayWorld,
    configuration,
    connection_tested,
    device,
    match_state,
    matched_event,
    organization,
    suggested,
    tenant,
    tenant_matched,
    unique,
)

# What a request to each route needs to be more than malformed. A route that is not here fails its test.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/auth/sign-out"): {},
    ("POST", "/api/decisions"): {
        "json": {"decisions": [{"command": "RevertMatch", "tenant_id": "{tenant_id}", "device_id": "{device_id}"}]}
    },
    ("POST", "/api/releases"): {"json": {"organization_id": "{organization_id}"}},
    ("POST", "/api/bulk"): {"json": {"action": "revert", "tenant_id": "{tenant_id}"}},
    ("PUT", "/api/policies"): {"json": {"policies": []}},
    ("POST", "/api/policies/preview"): {"json": {"policies": []}},
    ("POST", "/api/sync"): {"json": {"tenant_id": "{tenant_id}"}},
    ("POST", "/api/tenants/{tenant_id}/device-sync"): {"json": {"enabled": None}},
    ("POST", "/api/tenants/{tenant_id}/schedule"): {"json": {"interval_seconds": 600}},
    ("POST", "/api/tenants/{tenant_id}/retirements"): {"json": {"run_id": "run"}},
    ("POST", "/api/tenants"): {"json": {"tenant": "contoso.example"}},
    ("DELETE", "/api/tenants/{tenant_id}"): {},
    ("POST", "/api/tenants/{tenant_id}/connection-test"): {},
    ("POST", "/api/imports/organizations"): {"files": {"file": ("o.csv", b"id,name\n{organization_id},Contoso\n")}},
    ("POST", "/api/imports/configurations"): {
        "files": {"file": ("c.csv", b"id,organization_id,name\n{configuration_id},{organization_id},LT-1\n")}
    },
}
LEVELS = {"Reader": Need.READER, "Manager": Need.MANAGER, "Administrator": Need.ADMINISTRATOR}


def routes() -> Iterator[APIRoute]:
    for module in ROUTERS:
        for route in module.router.routes:
            assert isinstance(route, APIRoute), route
            yield route


def needs_of(route: APIRoute) -> list[Need]:
    return [call.need for call in _calls(route.dependant) if isinstance(call, Needs)]


def _calls(dependant: Dependant) -> Iterator[Any]:
    for item in dependant.dependencies:
        yield item.call
        yield from _calls(item)


OPERATIONS = [(method, route.path, needs_of(route)) for route in routes() for method in sorted(route.methods or ())]
PRIVATE = [(method, path, needs[0]) for method, path, needs in OPERATIONS if needs and needs[0] is not Need.PUBLIC]
PUBLIC = {
    ("GET", "/auth/sign-in"),
    ("GET", "/auth/callback"),
    ("POST", "/auth/sign-out"),
    ("GET", "/api/openapi.json"),
    ("GET", "/{path:path}"),
}


@pytest.mark.parametrize(("method", "path", "needs"), OPERATIONS)
def test_every_route_is_classified_once(method: str, path: str, needs: list[Need]) -> None:
    assert len(needs) == 1, f"{method} {path} has to declare one of Public, Reader, Manager, Administrator"
    assert (needs[0] is Need.PUBLIC) == ((method, path) in PUBLIC)
    if method != "GET" and (method, path) not in PUBLIC:
        assert needs[0] >= Need.MANAGER, "a Reader changes nothing"


def test_nothing_is_served_beside_the_routers(world: GatewayWorld) -> None:
    application = world.parts.application
    served = {path for route in application.routes for path in _paths(route)}
    assert served == {route.path for route in routes()}


def _paths(route: Any) -> list[str]:
    """A route's path, or those of the router it stands for."""
    inner = getattr(route, "original_router", None)
    return [item.path for item in inner.routes] if inner is not None else [route.path]


@pytest.fixture(scope="module")
def ids() -> dict[str, str]:
    """What a scoped person owns."""
    names = (
        "tenant_id", "device_id", "organization_id", "configuration_id", "decision_id", "bulk_id", "import_id",
        "request_id",
    )  # fmt: skip
    return {name: unique(name) for name in names}


async def call(client: httpx.AsyncClient, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
    options = BODIES[method, path] if method != "GET" else {}
    request = client.build_request(method, _filled(path, ids), **_filled_options(options, ids))
    if path == "/api/events":
        response = await client.send(request, stream=True)
        await response.aclose()
        return response
    return await client.send(request)


def _filled(text: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace("{" + name + "}", value)
    return text


def _filled_options(options: Any, ids: dict[str, str]) -> Any:
    match options:
        case dict():
            return {key: _filled_options(value, ids) for key, value in options.items()}
        case list() | tuple():
            return type(options)(_filled_options(value, ids) for value in options)
        case bytes():
            return _filled(options.decode(), ids).encode()
        case str():
            return _filled(options, ids)
        case _:
            return options


async def fill(world: GatewayWorld, ids: dict[str, str]) -> None:
    """One of everything, owned by the ids' organization."""
    t, d, o, c = (ids[name] for name in ("tenant_id", "device_id", "organization_id", "configuration_id"))
    found = configuration(c, o)
    await world.publish(
        tenant(t), tenant_matched(t, o), organization(o), device(t, d), suggested(t, d, c), found,
        matched_event(match_state(t, d, configuration_id=c), found, ids["decision_id"]),
        connection_tested(t, ids["request_id"]),
    )  # fmt: skip
    await world.applied()
    async with world.parts.database.connection() as connection:
        await connection.execute(
            "INSERT INTO bulks VALUES ($1, 'revert', 0, 'someone', $2, now()) ON CONFLICT DO NOTHING", ids["bulk_id"], t
        )
        await connection.execute(
            "INSERT INTO imports VALUES ($1, 'organizations', 1, 1, 'someone', now()) ON CONFLICT DO NOTHING",
            ids["import_id"],
        )


@pytest.mark.parametrize(("method", "path", "need"), PRIVATE)
async def test_the_matrix(world: GatewayWorld, ids: dict[str, str], method: str, path: str, need: Need) -> None:
    await fill(world, ids)
    anonymous = world.client()
    assert (await call(anonymous, method, path, ids)).status_code == 401
    forged = world.client({"matchbook": "forged"})
    assert (await call(forged, method, path, ids)).status_code == 401
    expired = await world.sign_in("Administrator", seconds=-1)
    assert (await call(expired, method, path, ids)).status_code == 401
    for role, level in LEVELS.items():
        client = await world.sign_in(role)  # type: ignore[arg-type]
        response = await call(client, method, path, ids)
        if level < need:
            assert (response.status_code, response.json()["type"]) == (403, "urn:matchbook:problem:forbidden")
            continue
        assert response.status_code in (200, 202), (role, response.text)
        if method != "GET":
            del client.headers["X-Matchbook"]
            assert (await call(client, method, path, ids)).status_code == 403


# About all organizations at once, so nothing for who sees a part of them.
OWN_TO_ADMINISTRATORS = {
    "/api/imports/organizations",
    "/api/imports/configurations",
    "/api/imports/{import_id}",
    "/api/policies",
    "/api/policies/preview",
}
OWN_WRITES_TO_ADMINISTRATORS = {("POST", "/api/tenants"), ("DELETE", "/api/tenants/{tenant_id}")}


@pytest.mark.parametrize(("method", "path", "need"), PRIVATE)
async def test_the_matrix_of_scopes(
    world: GatewayWorld, ids: dict[str, str], method: str, path: str, need: Need
) -> None:
    """Their own is theirs; what is foreign answers exactly as what does not exist."""
    del need
    await fill(world, ids)
    own = await world.sign_in("Administrator", [ids["organization_id"]])
    foreign = await world.sign_in("Administrator", [unique("o")])
    missing = {name: unique(name) for name in ids}
    response = await call(own, method, path, ids)
    if path in OWN_TO_ADMINISTRATORS or (method, path) in OWN_WRITES_TO_ADMINISTRATORS:
        assert response.status_code in (403, 404)
        return
    assert response.status_code in (200, 202), response.text
    answers = [await call(foreign, method, path, ids), await call(foreign, method, path, missing)]
    if "{" in path or method != "GET":
        assert [item.status_code for item in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    elif path != "/api/events":
        assert all(value not in answers[0].text for value in ids.values())


async def test_lists_counts_and_search_stay_within_the_scope(world: GatewayWorld) -> None:
    mark, own, other = unique("mark"), unique("o"), unique("o")
    mine, theirs, nobodys = unique("t"), unique("t"), unique("t")
    await world.publish(
        *(tenant(id_, f"{mark} {id_}") for id_ in (mine, theirs, nobodys)),
        tenant_matched(mine, own), tenant_matched(theirs, other),
        organization(own, f"{mark} mine"), organization(other, f"{mark} theirs"),
        *(device(t, "d") for t in (mine, theirs, nobodys)),
        configuration(unique("c"), other),
    )  # fmt: skip
    await world.applied()
    client = await world.sign_in("Reader", [own])
    page = (await client.get("/api/tenants", params={"search": mark})).json()
    assert ([item["tenant_id"] for item in page["items"]], page["total"]) == ([mine], 1)
    summary = (await client.get("/api/summary")).json()
    assert (summary["tenants"]["total"], summary["devices"]["total"]) == (1, 1)
    assert (summary["organizations"], summary["configurations"]) == (1, 0)
    assert [item["id"] for item in (await client.get("/api/organizations", params={"search": mark})).json()] == [own]
    assert (await client.get("/api/sync-runs", params={"tenant_id": theirs})).status_code == 404
    assert (await client.get("/api/me")).json()["organizations"] == [own]


async def test_what_is_documented_elsewhere_is_not_named_to_the_scoped(world: GatewayWorld) -> None:
    t, o = unique("t"), unique("o")
    elsewhere = suggested(t, "d", "c").model_copy(update={"status": "elsewhere", "candidate": None})
    body = elsewhere.model_dump() | {
        "elsewhere": {
            "organization_id": "other", "organization_name": "Secret Ltd", "configuration_id": "x",
            "configuration_name": "Secret PC",
        }
    }  # fmt: skip
    await world.publish(tenant(t), tenant_matched(t, o), device(t, "d"), type(elsewhere).model_validate(body))
    await world.applied()
    scoped, other = await world.sign_in("Reader", [o]), await world.sign_in("Reader")
    for path in (f"/api/tenants/{t}/devices", f"/api/tenants/{t}/devices/d"):
        assert "Secret" not in (await scoped.get(path)).text
        assert "Secret PC" in (await other.get(path)).text
    assert (await scoped.get(f"/api/tenants/{t}/devices")).json()["counts"]["elsewhere"] == 1


@pytest.mark.parametrize(
    "command",
    [
        {"command": "MatchTo", "tenant_id": "{own}", "device_id": "d", "configuration_id": "{foreign}"},
        {"command": "MatchTenantTo", "tenant_id": "{own}", "organization_id": "{foreign}"},
        {"command": "ReleaseConfiguration", "organization_id": "{scope}", "configuration_id": "{foreign}"},
        {"command": "EditOrganization", "organization_id": "{foreign}", "name": "Mine now"},
        {"command": "RevertTenantMatch", "tenant_id": "{foreign}"},
        {"command": "UndoBulk", "undone_bulk_id": "{foreign}"},
        {"command": "UndoTenantDecision", "tenant_id": "{foreign}", "undone_decision_id": "d"},
        {"command": "UndoDeviceDecision", "tenant_id": "{foreign}", "device_id": "d", "undone_decision_id": "d"},
        {
            "command": "UndoConfigurationDecision",
            "organization_id": "{scope}",
            "configuration_id": "{foreign}",
            "undone_decision_id": "d",
        },
    ],
)
async def test_a_scoped_person_decides_nothing_foreign(world: GatewayWorld, command: dict[str, str]) -> None:
    own, scope, foreign = unique("t"), unique("o"), unique("c")
    await world.publish(
        tenant(own), tenant_matched(own, scope), configuration(foreign, unique("o")),
        organization(foreign), tenant(foreign),
    )  # fmt: skip
    await world.applied()
    ids = {"own": own, "scope": scope, "foreign": foreign}
    client = await world.sign_in("Administrator", [scope])
    before = len(await world.commands())
    response = await client.post("/api/decisions", json={"decisions": [_filled_options(command, ids)]})
    assert response.status_code == 404
    for_all = await client.post("/api/sync", json={"tenant_id": "*"})
    assert for_all.status_code == 403
    assert len(await world.commands()) == before


async def test_a_changed_scope_holds_at_once(world: GatewayWorld) -> None:
    t, id_ = unique("t"), unique("person")
    await world.publish(tenant(t))
    await world.applied()
    client = await world.sign_in("Reader", id_=id_)
    assert (await client.get(f"/api/tenants/{t}")).status_code == 200
    await world.sessions.limit(id_, [unique("o")])
    assert (await client.get(f"/api/tenants/{t}")).status_code == 404
    await world.sessions.limit(id_, [])
    assert (await client.get(f"/api/tenants/{t}")).status_code == 200


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        (["Reader", "Administrator", "Manager"], "Administrator"),
        (["Manager"], "Manager"),
        (["Global Reader"], "Reader"),
        ([], "Reader"),
        (None, "Reader"),
        ("Administrator", "Reader"),
    ],
)
def test_the_strongest_known_role_counts(roles: object, role: str) -> None:
    assert strongest_role(roles) == role


def test_a_person_without_limits_sees_everything() -> None:
    assert Person("p", "P", "Reader").sees(None)
    assert not Person("p", "P", "Reader", ("o",)).sees(None)
