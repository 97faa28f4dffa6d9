"""What these tests and their fixtures share: clients of the emulator as the services build them."""

import asyncio
import ssl
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt
import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from matchbook_local.emulator import Emulator
from matchbook_local.emulator.identity.assertions import JWT_BEARER, thumbprints

SCOPE = "https://graph.microsoft.com/.default"

AppFor = Callable[..., msal.ConfidentialClientApplication]
Fetch = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]
FormFor = Callable[..., dict[str, str]]


def make_app(emulator: Emulator, tenant: str, *, client_id: str | None = None, pem: str | None = None) -> Any:
    """msal as the services use it: a certificate, one tenant, the emulator's authority and CA."""
    pem = pem or emulator.certificate_file.read_text()
    session = requests.Session()
    session.trust_env = False  # REQUESTS_CA_BUNDLE would win over `verify`
    session.verify = str(emulator.ca_file)
    return msal.ConfidentialClientApplication(
        client_id or emulator.client_id,
        authority=f"{emulator.url}/{tenant}",
        client_credential={"private_key": pem, "public_certificate": pem},
        instance_discovery=False,
        http_client=session,
    )


def tls(emulator: Emulator) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=emulator.ca_file)


async def token_for(emulator: Emulator, tenant: str) -> str:
    app = await asyncio.to_thread(make_app, emulator, tenant)
    answer = await asyncio.to_thread(app.acquire_token_for_client, [SCOPE])
    return str(answer["access_token"])


def assertion_form(
    emulator: Emulator,
    tenant: str,
    claims: dict[str, Any],
    *,
    certificate: Path | None = None,
    algorithm: str = "PS256",
) -> dict[str, str]:
    raw = (certificate or emulator.certificate_file).read_bytes()
    now = int(time.time())
    content = {
        "aud": f"{emulator.url}/{tenant}/oauth2/v2.0/token",
        "iss": emulator.client_id,
        "sub": emulator.client_id,
        "iat": now,
        "exp": now + 600,
        "jti": str(uuid.uuid4()),
    } | claims
    header = {"x5t#S256": thumbprints(x509.load_pem_x509_certificate(raw))[0]}
    key = load_pem_private_key(raw, None)
    assert isinstance(key, RSAPrivateKey)
    return {
        "grant_type": "client_credentials",
        "client_id": emulator.client_id,
        "scope": SCOPE,
        "client_assertion_type": JWT_BEARER,
        "client_assertion": jwt.encode(content, key, algorithm=algorithm, headers=header),
    }
