"""What stands before every handler: request ids, tokens, each tenant's own failures, the shape of errors, faults."""

import json
import uuid
from collections.abc import Awaitable, Callable

import jwt
from aiohttp import web

from matchbook_local.emulator.addresses import base_url, correlation_id
from matchbook_local.emulator.cloud import CLOUD, Cloud, dated
from matchbook_local.emulator.faults import Call
from matchbook_local.emulator.world.model import Access, Tenant

from .errors import GraphError, error_body, invalid_token, throttled

TENANT = web.RequestKey("tenant", Tenant)
REQUEST_ID = web.RequestKey("request_id", str)
PREFIX = "/v1.0/"
INTUNE = "/v1.0/deviceManagement/"
TOO_MANY = 429
DIAGNOSTIC = json.dumps(
    {
        "ServerInfo": {
            "DataCenter": "Loopback",
            "Slice": "E",
            "Ring": "1",
            "ScaleUnit": "000",
            "RoleInstance": "EMULATOR",
        }
    }
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def graph_gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not request.path.startswith(PREFIX):
        return await handler(request)
    request[REQUEST_ID] = str(uuid.uuid4())
    cloud = request.app[CLOUD]
    try:
        response = await _guarded(request, handler)
    except GraphError as error:
        response = _error_response(request, error)
    if response.status == TOO_MANY and TENANT in request:
        cloud.traffic.tenants[request[TENANT].tenant_id].throttled += 1
    response.headers.update(
        {
            "request-id": request[REQUEST_ID],
            "client-request-id": _client_request_id(request),
            "x-ms-ags-diagnostic": DIAGNOSTIC,
            "Cache-Control": "no-cache",
        }
    )
    return dated(response, cloud)


async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    cloud = request.app[CLOUD]
    tenant, app_id = _caller(request)
    request[TENANT] = tenant
    _count(cloud, app_id, tenant, request.path)
    call = Call("graph", tenant.tenant_id, request.path, request.query.get("$skiptoken"), request)
    early = await cloud.faults.before(call)
    if early is not None:
        return early
    _check_access(tenant)
    response = await _handled(request, handler)
    return await cloud.faults.after(call, response) if isinstance(response, web.Response) else response


def _count(cloud: Cloud, app_id: str, tenant: Tenant, path: str) -> None:
    """Raises GraphError where it is too much."""
    traffic = cloud.traffic
    traffic.tenants[tenant.tenant_id].requests += 1
    if traffic.throttle is None:
        return
    intune = path.startswith(INTUNE)
    wait = traffic.throttle.take(app_id, tenant.tenant_id, intune=intune)
    if wait:
        raise throttled({"Retry-After": str(wait)}, intune=intune)


async def _handled(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPNotFound as error:
        segment = request.path.removeprefix(PREFIX).split("/")[0]
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.") from error
    except web.HTTPMethodNotAllowed as error:
        raise GraphError(405, "BadRequest", "Specified HTTP method is not allowed for the request target.") from error


def _caller(request: web.Request) -> tuple[Tenant, str]:
    """The tenant and the application that the token names."""
    cloud = request.app[CLOUD]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise invalid_token("Access token is empty.", base_url(request))
    try:
        claims = cloud.signer.check_graph_token(token, (base_url(request),))
    except jwt.ExpiredSignatureError as error:
        raise invalid_token("Lifetime validation failed, the token is expired.", base_url(request)) from error
    except jwt.InvalidAudienceError as error:
        raise invalid_token("Access token validation failure. Invalid audience.", base_url(request)) from error
    except jwt.InvalidTokenError as error:
        raise invalid_token("Access token validation failure. Invalid signature.", base_url(request)) from error
    tenant = cloud.world.find_tenant(str(claims["tid"]))
    if tenant is None or claims.get("idtyp") != "app":
        raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    return tenant, str(claims.get("appid", ""))


def _check_access(tenant: Tenant) -> None:
    if tenant.access is Access.NO_CONSENT:
        message = "The identity of the calling application could not be established."
        raise GraphError(401, "Authorization_IdentityNotFound", message)
    if tenant.access is Access.EXPIRED:
        raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def _client_request_id(request: web.Request) -> str:
    return correlation_id(request) if "client-request-id" in request.headers else request[REQUEST_ID]


def _error_response(request: web.Request, error: GraphError) -> web.Response:
    body = error_body(error, request[REQUEST_ID], _client_request_id(request), request.app[CLOUD].clock())
    return web.json_response(body, status=error.status, headers=error.headers)
