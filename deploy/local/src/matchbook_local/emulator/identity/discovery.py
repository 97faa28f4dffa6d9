"""What clients ask before anything else: where the endpoints are, and which keys sign."""

from typing import Any

from aiohttp import web

from matchbook_local.emulator.addresses import base_url
from matchbook_local.emulator.cloud import CLOUD
from matchbook_local.emulator.world.model import Tenant

from .errors import tenant_not_found


def requested_tenant(request: web.Request) -> Tenant:
    """The tenant of the path, by id or domain. Raises RefusedError."""
    name = request.match_info["tenant"]
    tenant = request.app[CLOUD].find_tenant(name)
    if tenant is None:
        raise tenant_not_found(name)
    return tenant


def issuer(request: web.Request, tenant: Tenant) -> str:
    return f"{base_url(request)}/{tenant.tenant_id}/v2.0"


async def instance(request: web.Request) -> web.Response:
    name = request.match_info["tenant"]
    return web.json_response(
        {
            "tenant_discovery_endpoint": f"{base_url(request)}/{name}/v2.0/.well-known/openid-configuration",
            "api-version": request.query.get("api-version", "1.1"),
            "metadata": [
                {"preferred_network": request.host, "preferred_cache": request.host, "aliases": [request.host]}
            ],
        }
    )


async def openid_configuration(request: web.Request) -> web.Response:
    return web.json_response(_configuration(request, requested_tenant(request)))


def _configuration(request: web.Request, tenant: Tenant) -> dict[str, Any]:
    root = f"{base_url(request)}/{tenant.tenant_id}"
    return {
        "token_endpoint": f"{root}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": f"{root}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer(request, tenant),
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{root}/oauth2/v2.0/logout",
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "oid", "roles",
        ],
        "tenant_region_scope": "NA",
        "cloud_instance_name": request.host,
        "msgraph_host": request.host,
    }  # fmt: skip


async def keys(request: web.Request) -> web.Response:
    requested_tenant(request)
    return web.json_response(request.app[CLOUD].signer.jwks())
