"""Everything a request handler needs, in one place that the application carries."""

import re
import uuid
from dataclasses import dataclass, field

from aiohttp import web

from .faults import Faults, NoFaults
from .graph.catalog import Catalog
from .identity.federation import ClientChecker
from .identity.grants import Grants
from .identity.tokens import TokenSigner
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
    faults: Faults = field(default_factory=NoFaults)

    def find_tenant(self, name: str) -> Tenant | None:
        """`common` and `organizations` mean the partner's own tenant: its people are the only ones who sign in."""
        return self.world.home if name in ("common", "organizations") else self.world.find_tenant(name)


CLOUD = web.AppKey("cloud", Cloud)


def base_url(request: web.Request) -> str:
    """As the caller addressed us, so that links lead back through whatever proxy it came by."""
    return f"https://{request.host}"


def correlation_id(request: web.Request) -> str:
    given = request.headers.get("client-request-id", "")
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid4())
