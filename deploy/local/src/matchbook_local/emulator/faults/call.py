"""One request, as a fault chooses by it."""

from dataclasses import dataclass
from typing import Literal, Protocol

from aiohttp import web

from matchbook_local.emulator.graph.paging import page_number

Kind = Literal["token", "discovery", "organization", "contracts", "relationships", "devices", "device"]
DEVICES = "/v1.0/deviceManagement/managedDevices"
GRAPH_KINDS: dict[str, Kind] = {
    "/v1.0/contracts": "contracts",
    "/v1.0/organization": "organization",
    "/v1.0/tenantRelationships/delegatedAdminRelationships": "relationships",
    DEVICES: "devices",
}
LOGIN_KINDS: dict[str, Kind] = {
    "/oauth2/v2.0/token": "token",
    "/v2.0/.well-known/openid-configuration": "discovery",
    "/discovery/instance": "discovery",
    "/discovery/v2.0/keys": "discovery",
}
"""By the path after the tenant."""


@dataclass(frozen=True, slots=True)
class Call:
    service: str
    """login or graph."""
    tenant_id: str | None
    """None where the caller did not get as far as naming a tenant."""
    path: str
    skip_token: str | None
    """Of a page after the first."""
    request: web.Request

    @property
    def kind(self) -> Kind | None:
        """None for what no fault strikes: signing in, and paths that are not there."""
        if self.service == "login":
            return LOGIN_KINDS.get(self.path[self.path.find("/", 1) :])
        return GRAPH_KINDS.get(self.path) or ("device" if self.path.startswith(f"{DEVICES}/") else None)

    @property
    def page(self) -> int:
        """From 1; 0 where the page token is nonsense."""
        return page_number(self.skip_token)


class Faults(Protocol):
    """Faults of one's own; every call passes here, before it is answered and after."""

    async def before(self, call: Call) -> web.Response | None:
        """A response given instead of the real one, or None. May wait."""

    async def after(self, call: Call, response: web.Response) -> web.Response:
        """The response, or another in its place."""
