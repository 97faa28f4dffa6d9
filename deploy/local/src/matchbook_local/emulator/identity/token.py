"""The token endpoint: an application's own tokens, and those of the people who sign in."""

import base64
import json
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from matchbook_local.emulator.addresses import base_url
from matchbook_local.emulator.cloud import CLOUD, Cloud
from matchbook_local.emulator.world.model import Access, Person, Tenant

from .discovery import issuer, requested_tenant
from .errors import RefusedError, application_not_found, missing, refuse
from .grants import Grant
from .tokens import GRAPH_APP_ID, GRAPH_AUDIENCE, app_claims

DEFAULT = "/.default"


async def token(request: web.Request) -> web.Response:
    tenant = requested_tenant(request)
    form = {key: str(value) for key, value in (await request.post()).items()}
    _check_client(request, tenant, form)
    match form.get("grant_type"):
        case "client_credentials":
            answer = _client_credentials(request, tenant, form)
        case "authorization_code":
            answer = _authorization_code(request, form)
        case "refresh_token":
            grant = request.app[CLOUD].grants.redeem_refresh(form.get("refresh_token", ""), form["client_id"])
            answer = _person_tokens(request, grant, form)
        case None:
            raise missing("grant_type")
        case other:
            message = f"The app requested an unsupported grant type '{other}'."
            raise refuse("unsupported_grant_type", 70003, message)
    return web.json_response(answer, headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})


def _check_client(request: web.Request, tenant: Tenant, form: Mapping[str, str]) -> None:
    application = request.app[CLOUD].application
    client_id = form.get("client_id")
    if not client_id:
        raise missing("client_id")
    if client_id != application.client_id or tenant.access is Access.NOT_INSTALLED:
        raise application_not_found(client_id, tenant.display_name)
    root = f"{base_url(request)}/{tenant.tenant_id}"
    named = f"{base_url(request)}/{request.match_info['tenant']}"
    suffixes = ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "")
    application.checker.check(form, {f"{start}{suffix}" for start in (root, named) for suffix in suffixes})


def _client_credentials(request: web.Request, tenant: Tenant, form: Mapping[str, str]) -> dict[str, Any]:
    cloud = request.app[CLOUD]
    scope = form.get("scope", "")
    if not scope.endswith(DEFAULT) or " " in scope:
        message = (
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier (application ID URI)."
        )
        raise refuse("invalid_scope", 1002012, message)
    audience = _audience(request, scope.removesuffix(DEFAULT), tenant)
    claims = app_claims(tenant.tenant_id, form["client_id"], audience, issuer(request, tenant))
    return {
        "token_type": "Bearer",
        "expires_in": cloud.signer.lifetime,
        "ext_expires_in": cloud.signer.lifetime,
        "access_token": cloud.signer.sign(claims),
    }


def _audience(request: web.Request, resource: str, tenant: Tenant) -> str:
    resource = resource.rstrip("/")
    if resource in (GRAPH_AUDIENCE, GRAPH_APP_ID):
        return GRAPH_AUDIENCE
    if resource == base_url(request):
        return resource
    raise _resource_not_found(resource, tenant)


def _resource_not_found(resource: str, tenant: Tenant) -> RefusedError:
    message = (
        f"The resource principal named {resource} was not found in the tenant named {tenant.display_name}. This can "
        "happen if the application has not been installed by the administrator of the tenant or consented to by any "
        "user in the tenant. You might have sent your authentication request to the wrong tenant."
    )
    return refuse("invalid_resource", 500011, message)


def _authorization_code(request: web.Request, form: Mapping[str, str]) -> dict[str, Any]:
    for parameter in ("code", "redirect_uri"):
        if not form.get(parameter):
            raise missing(parameter)
    grant = request.app[CLOUD].grants.redeem_code(
        form["code"], form["client_id"], form["redirect_uri"], form.get("code_verifier", "")
    )
    return _person_tokens(request, grant, form)


def _person_tokens(request: web.Request, grant: Grant, form: Mapping[str, str]) -> dict[str, Any]:
    cloud = request.app[CLOUD]
    tenant, scope = cloud.world.home, form.get("scope") or grant.scope
    claims = person_claims(grant.person, tenant.tenant_id, issuer(request, tenant))
    graph = {
        "aud": GRAPH_AUDIENCE,
        "appid": grant.client_id,
        "idtyp": "user",
        "scp": "openid profile User.Read",
        "ver": "1.0",
    }
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": scope,
        "expires_in": cloud.signer.lifetime,
        "ext_expires_in": cloud.signer.lifetime,
        "access_token": cloud.signer.sign(claims | graph),
    }
    if "openid" in grant.scope.split():
        nonce = {"nonce": grant.nonce} if grant.nonce else {}
        answer["id_token"] = cloud.signer.sign(claims | {"aud": grant.client_id, "ver": "2.0"} | nonce)
    if "offline_access" in grant.scope.split():
        answer["refresh_token"] = cloud.grants.issue_refresh(grant)
    if form.get("client_info"):
        answer["client_info"] = _client_info(cloud, grant.person)
    return answer


def person_claims(person: Person, tenant_id: str, token_issuer: str) -> dict[str, Any]:
    """What both of a person's tokens say of them."""
    return {
        "iss": token_issuer,
        "tid": tenant_id,
        "oid": person.id,
        "sub": str(uuid.uuid5(uuid.UUID(person.id), tenant_id)),
        "name": person.name,
        "preferred_username": person.upn,
        "email": person.upn,
        "roles": [person.role],
    }


def _client_info(cloud: Cloud, person: Person) -> str:
    raw = json.dumps({"uid": person.id, "utid": cloud.world.home.tenant_id}).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
