"""Signing in: the authorize endpoint with its page of three people, and signing out."""

import html
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from matchbook_local.emulator.addresses import base_url
from matchbook_local.emulator.cloud import CLOUD, Cloud
from matchbook_local.emulator.world.model import Person

from .discovery import requested_tenant
from .errors import Refusal, RefusedError, application_not_found, missing, refuse
from .pages import form_post_page, message_page, people_page

RESPONSE_MODES = ("query", "form_post")


async def authorize(request: web.Request) -> web.StreamResponse:
    """GET shows the choice or, with a login hint that names somebody, answers at once; POST is the choice."""
    query = {key: str(value) for key, value in request.query.items()}
    cloud = request.app[CLOUD]
    try:
        tenant = requested_tenant(request)
        _check_application(cloud, query, tenant.display_name)
    except RefusedError as error:
        return message_page("Sorry, but we're having trouble signing you in.", str(error), status=error.refusal.status)
    try:
        _check_request(query)
        person = await _chosen(request, cloud, query)
    except RefusedError as error:
        return _answer(query, {"error": error.refusal.error, "error_description": str(error)})
    if person is None:
        return people_page(cloud.world.people, cloud.world.home.display_name)
    code = cloud.grants.issue_code(person, query)
    return _answer(query, {"code": code, "session_state": str(uuid.uuid4())})


def _check_application(cloud: Cloud, query: Mapping[str, str], tenant_name: str) -> None:
    """What must be right before anything may be sent to the redirect address."""
    client_id, redirect_uri = query.get("client_id"), query.get("redirect_uri")
    if not client_id:
        raise missing("client_id")
    if client_id != cloud.application.client_id:
        raise application_not_found(client_id, tenant_name)
    if not redirect_uri or not cloud.application.accepts_redirect(redirect_uri):
        message = (
            f"The redirect URI '{redirect_uri or ''}' specified in the request does not match the redirect URIs "
            f"configured for the application '{client_id}'. Make sure the redirect URI sent in the request matches one "
            "added to your application in the Azure portal."
        )
        raise refuse("invalid_request", 50011, message)


def _check_request(query: Mapping[str, str]) -> None:
    if query.get("response_type") != "code":
        raise refuse("unsupported_response_type", 700054, "response_type is not enabled for the application.")
    if "openid" not in query.get("scope", "").split():
        raise missing("scope")
    if query.get("response_mode", "query") not in RESPONSE_MODES:
        raise refuse("invalid_request", 900144, "The value of 'response_mode' is not supported.")
    if not query.get("code_challenge"):
        message = "Proof Key for Code Exchange is required for cross-origin authorization code redemption."
        raise refuse("invalid_request", 9002325, message)
    if query.get("code_challenge_method") != "S256":
        raise refuse("invalid_request", 50149, "Invalid Code_Challenge_method parameter.")


async def _chosen(request: web.Request, cloud: Cloud, query: Mapping[str, str]) -> Person | None:
    """Raises RefusedError when the application forbids asking and nobody is named."""
    form = await request.post() if request.method == "POST" else {}
    hint = str(form.get("person") or query.get("login_hint", "")).lower()
    for person in cloud.world.people:
        if hint and hint in (person.login_hint, person.upn.lower(), person.id):
            return person
    if query.get("prompt") == "none":
        message = "Session information is not sufficient for single-sign-on."
        raise RefusedError(Refusal("login_required", 50058, message))
    return None


def _answer(query: Mapping[str, str], values: dict[str, str]) -> web.StreamResponse:
    if "state" in query:
        values["state"] = query["state"]
    if query.get("response_mode") == "form_post":
        return form_post_page(query["redirect_uri"], values)
    glue = "&" if urlsplit(query["redirect_uri"]).query else "?"
    location = f"{query['redirect_uri']}{glue}{urlencode(values)}"
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})


async def logout(request: web.Request) -> web.StreamResponse:
    """There is no session here to end: each sign-in asks anew. Leads on only to addresses the application owns."""
    requested_tenant(request)
    target = request.query.get("post_logout_redirect_uri", "")
    if target and request.app[CLOUD].application.accepts_redirect(target):
        return web.Response(status=302, headers={"Location": target})
    return message_page(
        "You signed out of your account", f"It's a good idea to close all windows of {html.escape(base_url(request))}."
    )
