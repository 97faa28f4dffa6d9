"""Signing in with Microsoft, and out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from matchbook_api_gateway.routes.access import Public, Service
from matchbook_api_gateway.routes.page import failure_page
from matchbook_api_gateway.services.gateway import Gateway
from matchbook_api_gateway.services.signing_in import SignInFailed

router = APIRouter(prefix="/auth", tags=["sign-in"])
_NEVER_STORED = {"Cache-Control": "no-store"}


@router.get("/sign-in", status_code=302, response_class=RedirectResponse)
async def sign_in(
    _: Public,
    gateway: Service,
    login_hint: Annotated[str | None, Query(max_length=200)] = None,
    to: Annotated[str, Query(alias="next", max_length=2000)] = "/",
) -> Response:
    """Send the browser to Microsoft."""
    try:
        started = await gateway.signing_in.begin(login_hint, to)
    except SignInFailed as failure:
        return _failed(failure)
    response = RedirectResponse(started.url, 302, headers=_NEVER_STORED)
    _set_cookie(response, gateway, gateway.settings.sign_in_cookie_name, started.browser, started.seconds)
    return response


@router.get("/callback", status_code=302, response_class=RedirectResponse)
async def finish_sign_in(_: Public, request: Request, gateway: Service) -> Response:
    """Where Microsoft sends the browser back to."""
    browser = request.cookies.get(gateway.settings.sign_in_cookie_name, "")
    try:
        session = await gateway.signing_in.finish(browser, dict(request.query_params))
    except SignInFailed as failure:
        return _failed(failure)
    response = RedirectResponse(session.to, 302, headers=_NEVER_STORED)
    _set_cookie(response, gateway, gateway.settings.cookie_name, session.id, session.seconds)
    response.delete_cookie(gateway.settings.sign_in_cookie_name, path="/", secure=gateway.settings.secure)
    return response


@router.post("/sign-out", status_code=204)
async def sign_out(_: Public, request: Request, gateway: Service) -> Response:
    """End the session; harmless without one."""
    await gateway.signing_in.end(request.cookies.get(gateway.settings.cookie_name))
    response = Response(status_code=204)
    response.delete_cookie(
        gateway.settings.cookie_name, path="/", secure=gateway.settings.secure, httponly=True, samesite="lax"
    )
    return response


def _set_cookie(response: Response, gateway: Gateway, name: str, value: str, seconds: int) -> None:
    # Lax and not Strict: the redirect from Microsoft would arrive without a Strict cookie.
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=gateway.settings.secure, httponly=True, samesite="lax"
    )


def _failed(failure: SignInFailed) -> Response:
    return HTMLResponse(failure_page(failure.reason), failure.status, headers=_NEVER_STORED)
