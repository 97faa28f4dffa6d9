"""The aiohttp application: which path leads to which handler."""

import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from . import control
from .addresses import base_url, correlation_id
from .cloud import CLOUD, Cloud, dated
from .faults import Call
from .graph import routes
from .graph.gate import graph_gate
from .identity import discovery, signin, token
from .identity.errors import RefusedError, error_response

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LARGEST_BODY = 64 * 1024


def application(cloud: Cloud, advance: control.Advance) -> web.Application:
    app = web.Application(middlewares=[control.loopback_only, login_gate, graph_gate], client_max_size=LARGEST_BODY)
    app[CLOUD] = cloud
    app[control.ADVANCE] = advance
    app.add_routes(
        [
            web.get("/emulator/state", control.state),
            web.get("/emulator/people", control.people),
            web.post("/emulator/advance", control.advance),
            web.get("/emulator/faults", control.faults),
            web.put("/emulator/faults", control.set_faults),
            web.delete("/emulator/faults", control.clear_faults),
            web.get("/v1.0/contracts", routes.contracts),
            web.get("/v1.0/organization", routes.organization),
            web.get("/v1.0/tenantRelationships/delegatedAdminRelationships", routes.relationships),
            web.get("/v1.0/deviceManagement/managedDevices", routes.managed_devices),
            web.get("/v1.0/deviceManagement/managedDevices/{id}", routes.managed_device),
            web.get("/{tenant}/discovery/instance", discovery.instance),
            web.get("/{tenant}/v2.0/.well-known/openid-configuration", discovery.openid_configuration),
            web.get("/{tenant}/discovery/v2.0/keys", discovery.keys),
            web.post("/{tenant}/oauth2/v2.0/token", token.token),
            web.get("/{tenant}/oauth2/v2.0/authorize", signin.authorize),
            web.post("/{tenant}/oauth2/v2.0/authorize", signin.authorize),
            web.get("/{tenant}/oauth2/v2.0/logout", signin.logout),
        ]
    )
    return app


@web.middleware
async def login_gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives the identity platform's errors their shape, and faults their chance."""
    if request.path.startswith(("/v1.0/", control.PREFIX)):
        return await handler(request)
    cloud, call = request.app[CLOUD], _call(request)
    trace, correlation = str(uuid.uuid4()), correlation_id(request)
    try:
        response = await cloud.faults.before(call) or await _handled(call, request, handler)
    except RefusedError as error:
        response = error_response(error.refusal, (trace, correlation), base_url(request), cloud.clock())
    response.headers["x-ms-request-id"] = trace
    response.headers["client-request-id"] = correlation
    return dated(response, cloud)


async def _handled(call: Call, request: web.Request, handler: Handler) -> web.StreamResponse:
    if call.tenant_id is not None and call.kind == "token":
        request.app[CLOUD].traffic.tenants[call.tenant_id].tokens += 1
    response = await handler(request)
    return await request.app[CLOUD].faults.after(call, response) if isinstance(response, web.Response) else response


def _call(request: web.Request) -> Call:
    tenant = request.app[CLOUD].find_tenant(request.match_info.get("tenant", ""))
    return Call("login", tenant.tenant_id if tenant else None, request.path, None, request)
