"""Where faults and throttling will hook in: every call passes here, before it is answered and after."""

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a fault chooses by it."""

    service: str
    """login or graph."""
    tenant_id: str | None
    """None where the caller did not get as far as naming a tenant."""
    path: str
    skip_token: str | None
    """Of a page after the first."""


class Faults(Protocol):
    async def before(self, call: Call) -> web.Response | None:
        """A response given instead of the real one, or None. May wait, or raise ConnectionResetError."""

    async def after(self, call: Call, response: web.Response) -> web.Response:
        """The response, or another in its place (a truncated body, a looping nextLink, a Retry-After)."""


class NoFaults:
    async def before(self, call: Call) -> web.Response | None:  # noqa: ARG002 - the protocol's
        return None

    async def after(self, call: Call, response: web.Response) -> web.Response:  # noqa: ARG002 - the protocol's
        return response
