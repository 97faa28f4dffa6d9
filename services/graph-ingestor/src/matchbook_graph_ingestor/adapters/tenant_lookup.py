"""Which tenant a domain belongs to, as the sign-in host tells everybody."""

from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote

import aiohttp
from matchbook_servicekit.http_client import body_at_most, client_context
from pydantic import BaseModel, ValidationError

from matchbook_graph_ingestor.domain.requests import Refusal, tenant_name, tenant_of_issuer

_LARGEST_ANSWER: Final = 256 * 1024
_TIMEOUT_SECONDS: Final = 10
_REFUSED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})


class _Configuration(BaseModel):
    issuer: str


class TenantLookup:
    """Asks the sign-in host for a tenant's OpenID configuration, which is public."""

    def __init__(self, login_url: str, ca_file: Path | None) -> None:
        self._login_url = login_url
        self._tls = client_context(ca_file)

    async def tenant_id(self, named: str) -> str | Refusal:
        """The tenant's id for its id or one of its domains, or why there is none."""
        name = tenant_name(named)
        if name is None:
            return Refusal("tenant_unknown")
        url = f"{self._login_url}/{quote(name, safe='')}/v2.0/.well-known/openid-configuration"
        try:
            status, body = await self._get(url)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Refusal("unavailable")
        if status in _REFUSED:
            return Refusal("tenant_unknown")
        return _tenant_id(body) if status == HTTPStatus.OK and body else Refusal("unavailable")

    async def _get(self, url: str) -> tuple[int, bytes | None]:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        connector = aiohttp.TCPConnector(ssl=self._tls)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            return response.status, await body_at_most(response.content.iter_any(), _LARGEST_ANSWER)


def _tenant_id(body: bytes) -> str | Refusal:
    try:
        found = tenant_of_issuer(_Configuration.model_validate_json(body).issuer)
    except ValidationError:
        found = None
    return found or Refusal("unavailable")
