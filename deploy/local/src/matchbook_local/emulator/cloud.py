"""Everything a request handler needs, in one place that the application carries."""

import re
from dataclasses import dataclass

from aiohttp import web

from .clock import Clock
from .faults import FaultSwitch
from .graph.catalog import Catalog
from .identity.federation import ClientChecker
from .identity.grants import Grants
from .identity.tokens import TokenSigner
from .traffic import Traffic
from .world import Tenant, World

LOOPBACK_REDIRECT = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^#]*)?")


@dataclass(slots=True)
class Registration:
    """The partner's application in the identity platform."""

    client_id: str
    checker: ClientChecker
    redirect_uris: frozenset[str] = frozenset()
    """Besides these, anything on loopback is accepted: a local installation picks its ports freely."""

    def accepts_redirect(self, uri: str) -> bool:
        return uri in self.redirect_uris or LOOPBACK_REDIRECT.fullmatch(uri) is not None


@dataclass(slots=True)
class Cloud:
    world: World
    application: Registration
    signer: TokenSigner
    grants: Grants
    catalog: Catalog
    clock: Clock
    faults: FaultSwitch
    traffic: Traffic

    def find_tenant(self, name: str) -> Tenant | None:
        """`common` and `organizations` mean the partner's own tenant: its people are the only ones who sign in."""
        return self.world.home if name in ("common", "organizations") else self.world.find_tenant(name)


CLOUD = web.AppKey("cloud", Cloud)


def dated(response: web.StreamResponse, cloud: Cloud) -> web.StreamResponse:
    """The same, with the date of a clock that is wrong."""
    if cloud.clock.shift:
        response.headers["Date"] = cloud.clock.http_date()
    return response
