"""Microsoft's side of signing in: the authorization code flow through msal, and the id token's verification."""

import asyncio
import hashlib
import ssl
import threading
import warnings
from pathlib import Path
from typing import Any, Final

import jwt
import msal
import requests

from matchbook_api_gateway.settings import GatewaySettings

_ALGORITHMS: Final = ["RS256"]
_TIMEOUT_SECONDS: Final = 10
_LEEWAY_SECONDS: Final = 60
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub", "oid", "tid", "nonce"]


class Refused(Exception):  # noqa: N818 - an outcome
    """Microsoft did not sign the person in, or what it sent is not to be trusted; `code` is fit for a log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unreachable(Exception):  # noqa: N818
    """Microsoft's sign-in service does not answer."""


class _NoCache(msal.TokenCache):  # type: ignore[misc]
    """Only the id token is wanted, once; people's tokens are not kept."""

    def add(self, event: dict[str, Any], now: float | None = None) -> None:
        pass


class _Session(requests.Session):
    """Every request names its time-out and its authorities: REQUESTS_CA_BUNDLE would override a session's own."""

    def __init__(self, ca_file: Path | None) -> None:
        super().__init__()
        self._ca_file = ca_file

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        options["timeout"] = options.get("timeout") or _TIMEOUT_SECONDS
        if self._ca_file is not None:
            options["verify"] = str(self._ca_file)
        return super().request(*arguments, **options)


class Microsoft:
    """Talks to the home tenant's sign-in service. Its libraries block, so each call runs in a thread."""

    def __init__(self, settings: GatewaySettings) -> None:
        # msal warns at each sign-in. A form posted from Microsoft's site would come without our SameSite cookie.
        warnings.filterwarnings("ignore", message="response_mode='form_post' is recommended", category=UserWarning)
        self._settings = settings
        self._authority = f"{settings.login_url.rstrip('/')}/{settings.home_tenant_id}"
        self._lock = threading.Lock()
        self._session = _Session(settings.ca_file)
        self._client: Any = None
        self._issuer = ""
        self._keys: jwt.PyJWKClient | None = None

    async def begin(self, login_hint: str | None) -> dict[str, Any]:
        """A flow: `auth_uri` for the browser, and secrets (PKCE verifier, state, nonce) to keep until it is back."""
        return await asyncio.to_thread(self._begin, login_hint)

    async def finish(self, flow: dict[str, Any], answer: dict[str, str]) -> dict[str, Any]:
        """The id token's claims, checked. Raises Refused or Unreachable."""
        return await asyncio.to_thread(self._finish, flow, answer)

    def _begin(self, login_hint: str | None) -> dict[str, Any]:
        try:
            client = self._connected()
            flow: dict[str, Any] = client.initiate_auth_code_flow(
                scopes=[], redirect_uri=self._settings.redirect_uri, login_hint=login_hint
            )
        except (requests.RequestException, OSError) as error:
            raise Unreachable from error
        return flow

    def _finish(self, flow: dict[str, Any], answer: dict[str, str]) -> dict[str, Any]:
        try:
            client = self._connected()
            result: dict[str, Any] = client.acquire_token_by_auth_code_flow(flow, answer)
        except (requests.RequestException, OSError) as error:
            raise Unreachable from error
        except (ValueError, RuntimeError) as error:
            # msal's word for a state or nonce that is not this flow's.
            raise Refused("state_mismatch") from error
        if "id_token" not in result:
            raise Refused(str(result.get("error", "no_id_token"))[:100])
        return self._checked(result["id_token"], flow)

    def _checked(self, token: str, flow: dict[str, Any]) -> dict[str, Any]:
        assert self._keys is not None
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token).key,
                algorithms=_ALGORITHMS,
                audience=self._settings.client_id,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise Unreachable from error
        except jwt.PyJWTError as error:
            raise Refused(type(error).__name__) from error
        if claims["tid"] != self._settings.home_tenant_id:
            raise Refused("foreign_tenant")
        if claims["nonce"] != _nonce_of(flow):
            raise Refused("nonce_mismatch")
        return claims

    def _connected(self) -> Any:
        """The client, made on first use: making it asks the sign-in service for its addresses."""
        with self._lock:
            if self._client is None:
                document = self._discovered()
                self._issuer = document["issuer"]
                self._keys = jwt.PyJWKClient(
                    document["jwks_uri"], ssl_context=_tls(self._settings.ca_file), timeout=_TIMEOUT_SECONDS
                )
                self._client = self._made()
            return self._client

    def _made(self) -> Any:
        pem = self._settings.certificate_file.read_text()
        return msal.ConfidentialClientApplication(
            self._settings.client_id,
            authority=self._authority,
            client_credential={"private_key": pem, "public_certificate": pem},
            instance_discovery=False,
            exclude_scopes=["offline_access"],
            token_cache=_NoCache(),
            http_client=self._session,
        )

    def _discovered(self) -> dict[str, Any]:
        address = f"{self._authority}/v2.0/.well-known/openid-configuration"
        response = self._session.get(address, allow_redirects=False)
        response.raise_for_status()
        document: dict[str, Any] = response.json()
        return document


def _nonce_of(flow: dict[str, Any]) -> str:
    # msal sends the SHA-256 of the nonce it keeps, so that the flow's secret never travels.
    return hashlib.sha256(flow["nonce"].encode("ascii")).hexdigest()


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
