"""Answers in place of the real one: throttling, errors, pages of a proxy, refusals."""

import math
from typing import ClassVar, Literal

from aiohttp import web
from pydantic import Field, PrivateAttr

from matchbook_local.emulator.graph.errors import GraphError, intune_error, throttled
from matchbook_local.emulator.identity.errors import RefusedError, application_not_found, refuse

from .base import EVERYTHING, GRAPH, PAGED, Early, Strike
from .call import Call, Kind

ELSEWHERE = "https://elsewhere.invalid/v1.0/deviceManagement/managedDevices"
SERVER_ERRORS = {
    500: ("generalException", "An unspecified error has occurred."),
    502: ("UnknownError", ""),
    503: ("serviceNotAvailable", "The service is not available. Try the request again after a delay."),
    504: ("UnknownError", ""),
}
PROXY_PAGE = """<!DOCTYPE html>
<html><head><title>{status} Bad Gateway</title></head>
<body><h1>{status} Bad Gateway</h1><p>The proxy server could not reach the upstream server.</p></body></html>
"""


class Throttled(Early):
    """429, with Retry-After in seconds, in decimals, as a date, as nonsense, or without."""

    name: ClassVar[str] = "throttled"
    retry_after: float = Field(1.0, ge=0)
    form: Literal["seconds", "decimal", "date", "nonsense", "none"] = "seconds"
    code: Literal["TooManyRequests", "activityLimitReached"] = "TooManyRequests"

    async def answer(self, strike: Strike) -> web.Response | None:
        headers = {"Retry-After": self._retry_after(strike)} if self.form != "none" else {}
        if self.code == "activityLimitReached":
            raise GraphError(429, self.code, "The app or user has been throttled.", headers)
        raise throttled(headers, intune=strike.call.kind in ("devices", "device"))

    def _retry_after(self, strike: Strike) -> str:
        if self.form == "date":
            return strike.clock.http_date(self.retry_after)
        if self.form == "nonsense":
            return "a while"
        return f"{self.retry_after:.3f}" if self.form == "decimal" else str(math.ceil(self.retry_after))


class ServerError(Early):
    """500, 502, 503 or 504, or any of them; a burst takes several calls in a row."""

    name: ClassVar[str] = "server-error"
    strikes_at: ClassVar[tuple[Kind, ...]] = EVERYTHING
    status: Literal["any", "500", "502", "503", "504"] = "any"
    retry_after: float | None = Field(None, ge=0)

    async def answer(self, strike: Strike) -> web.Response | None:
        status = strike.chance.choice(list(SERVER_ERRORS)) if self.status == "any" else int(self.status)
        if strike.call.service == "login":
            raise refuse("server_error", 90033, "A transient error has occurred. Please try again.", status)
        headers = {} if self.retry_after is None else {"Retry-After": str(math.ceil(self.retry_after))}
        raise GraphError(status, *SERVER_ERRORS[status], headers)


class Refusal(Early):
    """Always the same error."""

    async def answer(self, strike: Strike) -> web.Response | None:  # noqa: ARG002 - the base's
        raise self.error()

    def error(self) -> GraphError:
        raise NotImplementedError


class HtmlError(Early):
    """A proxy's page in HTML; with status=200 one that poses as the answer."""

    name: ClassVar[str] = "html-error"
    strikes_at: ClassVar[tuple[Kind, ...]] = EVERYTHING
    status: int = Field(502, ge=200, le=599)

    async def answer(self, strike: Strike) -> web.Response | None:  # noqa: ARG002 - the base's
        text = PROXY_PAGE.format(status=self.status)
        return web.Response(status=self.status, text=text, content_type="text/html")


class Redirect(Early):
    """A redirect, by default to another host."""

    name: ClassVar[str] = "redirect"
    strikes_at: ClassVar[tuple[Kind, ...]] = EVERYTHING
    status: Literal["301", "302", "303", "307", "308"] = "307"
    location: str = Field(ELSEWHERE, pattern=r"^[!-~]+$")

    async def answer(self, strike: Strike) -> web.Response | None:  # noqa: ARG002 - the base's
        return web.Response(status=int(self.status), headers={"Location": self.location})


class ExpiredPageToken(Refusal):
    """400 Directory_ExpiredPageToken for every page after the first."""

    name: ClassVar[str] = "expired-page-token"
    strikes_at: ClassVar[tuple[Kind, ...]] = PAGED
    usually_at: ClassVar[tuple[Kind, ...]] = PAGED

    def fits(self, call: Call) -> bool:
        return call.skip_token is not None and super().fits(call)

    def error(self) -> GraphError:
        message = "The specified page token value has expired and can no longer be included in your request."
        return GraphError(400, "Directory_ExpiredPageToken", message)


class ConsentRevoked(Early):
    """After so many pages of devices the tenant takes its consent back: 401 from Graph, AADSTS700016 for a token."""

    name: ClassVar[str] = "consent-revoked"
    strikes_at: ClassVar[tuple[Kind, ...]] = (*GRAPH, "token")
    usually_at: ClassVar[tuple[Kind, ...]] = (*GRAPH, "token")
    after: int = Field(1, ge=0)
    _revoked: set[str | None] = PrivateAttr(default_factory=set)

    def fits(self, call: Call) -> bool:
        if self.after == 0 or (call.kind == "devices" and call.page > self.after):
            self._revoked.add(call.tenant_id)
        return call.tenant_id in self._revoked and super().fits(call)

    async def answer(self, strike: Strike) -> web.Response | None:
        if strike.call.service == "login":
            form = await strike.call.request.post()
            raise application_not_found(str(form.get("client_id", "")), strike.call.tenant_id or "")
        message = "The identity of the calling application could not be established."
        raise GraphError(401, "Authorization_IdentityNotFound", message)


class AccessDenied(Refusal):
    """403 Authorization_RequestDenied: a permission is missing, or the relationship has ended."""

    name: ClassVar[str] = "access-denied"

    def error(self) -> GraphError:
        return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


class InvalidToken(Refusal):
    """401 InvalidAuthenticationToken: the token is refused before its time."""

    name: ClassVar[str] = "invalid-token"

    def error(self) -> GraphError:
        return GraphError(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")


class DeviceNotFound(Refusal):
    """404 for a read by id."""

    name: ClassVar[str] = "device-not-found"
    strikes_at: ClassVar[tuple[Kind, ...]] = ("device",)
    usually_at: ClassVar[tuple[Kind, ...]] = ("device",)

    def error(self) -> GraphError:
        return intune_error("ResourceNotFound", "An error has occurred: the device was not found", 404)


class TokenRefused(Early):
    """The token endpoint refuses: invalid_client, unauthorized_client, temporarily_unavailable, or invalid_grant."""

    name: ClassVar[str] = "token-refused"
    strikes_at: ClassVar[tuple[Kind, ...]] = ("token",)
    usually_at: ClassVar[tuple[Kind, ...]] = ("token",)
    error: Literal["invalid_client", "unauthorized_client", "temporarily_unavailable", "invalid_grant"] = (
        "invalid_client"
    )

    async def answer(self, strike: Strike) -> web.Response | None:
        raise await self._refusal(strike)

    async def _refusal(self, strike: Strike) -> RefusedError:
        if self.error == "invalid_client":
            return refuse(self.error, 700027, "Client assertion failed signature validation.", 401)
        if self.error == "temporarily_unavailable":
            return refuse(self.error, 90033, "A transient error has occurred. Please try again.", 503)
        if self.error == "invalid_grant":
            return refuse(self.error, 50173, "The provided grant has expired due to it being revoked.")
        form = await strike.call.request.post()
        return application_not_found(str(form.get("client_id", "")), strike.call.tenant_id or "")
