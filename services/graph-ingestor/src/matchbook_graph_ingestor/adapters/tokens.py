"""Access tokens for Microsoft Graph: one long-lived msal application per tenant, off the event loop."""

import asyncio
import re
import ssl
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

import msal
import requests
from matchbook_servicekit.http_client import client_context
from requests.adapters import HTTPAdapter

from matchbook_graph_ingestor.adapters.credentials import (
    Credential,
    CredentialFiles,
    CredentialUnreadable,
    RotatingCredential,
)
from matchbook_graph_ingestor.domain.failures import Failure, of_sign_in
from matchbook_graph_ingestor.errors import SweepFailed

_THREADS: Final = 4
_TIMEOUT_SECONDS: Final = 30
_SPARE_SECONDS: Final = 300
"""msal, too, asks for a new token so long before the old one expires."""
_MOST_APPLICATIONS: Final = 20_000
_BUSY: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_FAILED: Final = HTTPStatus.INTERNAL_SERVER_ERROR
_STATUS = re.compile(r"HTTP status: (\d{3})")


class _Token(NamedTuple):
    value: str
    until: float


class _Application(NamedTuple):
    """A tenant's application, and the credential it was made with."""

    credential: Credential
    msal: msal.ConfidentialClientApplication


class Tokens:
    """Gives access tokens; they are kept until shortly before they expire, also when the credential is replaced.

    `scope` is Graph's `/.default`. `ca_file` adds a certificate authority for the sign-in host.
    """

    def __init__(
        self, *, login_url: str, client_id: str, files: CredentialFiles, ca_file: Path | None, scope: str
    ) -> None:
        self._login_url = login_url
        self._client_id = client_id
        self._scopes = [scope]
        self._credential = RotatingCredential(files)
        self._session = _session(ca_file)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="tokens")
        self._applications: OrderedDict[str, _Application] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}
        self._held: dict[str, _Token] = {}

    async def get(self, tenant_id: str, *, renew: bool = False) -> str:
        """A token for the tenant; `renew` asks for a new one although the old has not expired.

        Raises SweepFailed with why Microsoft gave none.
        """
        # A thread takes a while to get its turn beside a busy event loop, and a sweep wants a token for each page.
        held = self._held.get(tenant_id)
        if held is not None and not renew and time.time() < held.until:
            return held.value
        async with self._locks.setdefault(tenant_id, asyncio.Lock()):
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._acquire, tenant_id, renew)
        if isinstance(answer, Failure):
            self._held.pop(tenant_id, None)
            raise SweepFailed(answer)
        self._held[tenant_id] = answer
        return answer.value

    def close(self) -> None:
        """End the threads and connections; tokens are forgotten."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    def _acquire(self, tenant_id: str, renew: bool) -> _Token | Failure:
        try:
            application = self._application(tenant_id)
            if renew:
                application.remove_tokens_for_client()
            answer: dict[str, Any] = application.acquire_token_for_client(scopes=self._scopes)
        except CredentialUnreadable:
            # Whoever rotates it may be half-way: no reason to tell all tenants as lost.
            return Failure("unavailable", "sign-in: the federated token can't be read")
        except requests.exceptions.RequestException as error:
            return Failure("unavailable", f"sign-in: {type(error).__name__}")
        except (msal.exceptions.MsalServiceError, RuntimeError):
            return Failure("unavailable", "sign-in")
        except ValueError as error:
            return _of_discovery(str(error))
        token = answer.get("access_token")
        if isinstance(token, str):
            # Some of Microsoft's hosts write the number as text, which msal takes too.
            return _Token(token, time.time() + int(answer.get("expires_in", 0)) - _SPARE_SECONDS)
        return of_sign_in(str(answer.get("error", "")), str(answer.get("error_description", "")))

    def _application(self, tenant_id: str) -> msal.ConfidentialClientApplication:
        credential, known = self._credential.current(), self._applications.get(tenant_id)
        if known is not None and known.credential is credential:
            return known.msal
        application = msal.ConfidentialClientApplication(
            self._client_id,
            authority=f"{self._login_url}/{tenant_id}",
            client_credential=credential,
            # The host is configured, and so is known without asking Microsoft whether it is one of theirs.
            instance_discovery=False,
            http_client=self._session,
        )
        self._applications[tenant_id] = _Application(credential, application)
        if len(self._applications) > _MOST_APPLICATIONS:
            self._applications.popitem(last=False)
        return application


def _of_discovery(message: str) -> Failure:
    """Classify msal's word that a tenant's OpenID configuration could not be read."""
    status = _STATUS.search(message)
    if "AADSTS" in message or status is None:
        return of_sign_in("invalid_tenant", message)
    return Failure("unavailable" if status[1] == "429" else "bad_answer", f"sign-in {status[1]}")


class _Session(requests.Session):
    """One pool of connections for all tenants.

    The assertion goes to the configured host only, so redirects are not followed.
    """

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["allow_redirects"] = False
        kwargs.setdefault("timeout", _TIMEOUT_SECONDS)
        answer = super().request(*args, **kwargs)
        if args[0] == "GET" and (answer.status_code in _BUSY or answer.status_code >= _FAILED):
            # What is read is the tenant's discovery document; msal takes any refusal of it for an unknown tenant.
            raise requests.exceptions.RetryError(f"{answer.status_code}")
        return answer


class _Adapter(HTTPAdapter):
    """The configured certificate authorities beside those of requests, which REQUESTS_CA_BUNDLE may replace."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        super().__init__(pool_connections=4, pool_maxsize=_THREADS, max_retries=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls)


def _session(ca_file: Path | None) -> requests.Session:
    session = _Session()
    session.mount("https://", _Adapter(client_context(ca_file)))
    return session
