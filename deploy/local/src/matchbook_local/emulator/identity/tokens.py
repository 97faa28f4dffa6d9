"""Tokens the emulator signs, and the check of those that come back."""

import base64
import hashlib
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

GRAPH_AUDIENCE = "https://graph.microsoft.com"
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GRAPH_ROLES = (
    "DelegatedAdminRelationship.Read.All",
    "DeviceManagementManagedDevices.Read.All",
    "Directory.Read.All",
    "Organization.Read.All",
)
CACHE_SIZE = 10_000


class TokenSigner:
    """Signs with one RSA key. `lifetime` is in seconds; `clock` gives seconds since 1970-01-01."""

    def __init__(self, key: rsa.RSAPrivateKey, lifetime: int = 3600, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._public = key.public_key()
        self.lifetime = lifetime
        self._clock = clock
        self.key_id = _key_id(self._public)
        self._checked: dict[str, dict[str, Any]] = {}

    def jwks(self) -> dict[str, Any]:
        numbers = self._public.public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id, "x5t": self.key_id}
        return {"keys": [key | {"n": _integer(numbers.n), "e": _integer(numbers.e)}]}

    def sign(self, claims: dict[str, Any]) -> str:
        """Adds the times and a unique id to the claims."""
        now = int(self._clock())
        times = {"iat": now, "nbf": now - 300, "exp": now + self.lifetime, "uti": _unique()}
        return jwt.encode({**times, **claims}, self._key, algorithm="RS256", headers={"kid": self.key_id})

    def check_graph_token(self, token: str, audiences: tuple[str, ...] = ()) -> dict[str, Any]:
        """The claims. Raises jwt.InvalidTokenError, of which ExpiredSignatureError is one kind."""
        claims = self._checked.get(token)
        if claims is None:
            claims = jwt.decode(
                token,
                self._public,
                algorithms=["RS256"],
                audience=[GRAPH_AUDIENCE, GRAPH_APP_ID, *audiences],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["exp", "tid"]},
            )
            if len(self._checked) >= CACHE_SIZE:
                self._checked.clear()
            self._checked[token] = claims
        if claims["exp"] <= self._clock():
            raise jwt.ExpiredSignatureError("the token is expired")
        return claims


def app_claims(tenant_id: str, client_id: str, audience: str, issuer: str) -> dict[str, Any]:
    """What an application's own access token says."""
    service_principal = str(uuid.uuid5(uuid.UUID(tenant_id), client_id))
    return {
        "aud": audience,
        "iss": issuer,
        "tid": tenant_id,
        "oid": service_principal,
        "sub": service_principal,
        "appid": client_id,
        "azp": client_id,
        "idtyp": "app",
        "roles": list(GRAPH_ROLES),
        "ver": "1.0",
    }


def _key_id(key: rsa.RSAPublicKey) -> str:
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()[:20]).rstrip(b"=").decode()


def _integer(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).rstrip(b"=").decode()


def _unique() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
