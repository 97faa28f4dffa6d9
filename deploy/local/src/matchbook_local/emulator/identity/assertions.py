"""Client assertions: an application proves with its certificate's key that it is who it says."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from .errors import RefusedError, refuse

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("PS256", "RS256")
REMEMBERED = 10_000
"""Used assertions kept before the outdated ones are dropped."""
CLOCK_SKEW = 300
"""Seconds by which clocks may differ, as the identity platform allows."""


class AssertionChecker:
    """Knows the registered certificates of one application and the assertions it used lately."""

    def __init__(
        self, client_id: str, certificates: Collection[x509.Certificate], clock: Callable[[], float] = time.time
    ) -> None:
        self._client_id = client_id
        self._clock = clock
        self._keys = {thumb: c.public_key() for c in certificates for thumb in thumbprints(c)}
        self._used: dict[str, tuple[float, bytes]] = {}

    def check(self, form: Mapping[str, str], audiences: Collection[str]) -> None:
        """Raises RefusedError with the documented code unless the form has a valid assertion for one of `audiences`."""
        assertion = _assertion(form)
        key = self._registered_key(assertion)
        claims = self._verified(assertion, key)
        self._check_parties(claims, audiences)
        self._check_times(claims)
        self._check_replay(claims, assertion)

    def _registered_key(self, assertion: str) -> rsa.RSAPublicKey:
        try:
            header = jwt.get_unverified_header(assertion)
        except jwt.InvalidTokenError as error:
            raise _malformed() from error
        thumbprint = str(header.get("x5t#S256") or header.get("x5t") or header.get("kid") or "")
        key = self._keys.get(thumbprint.rstrip("="))
        if header.get("alg") not in ALGORITHMS:
            raise _bad_signature("The algorithm is not supported.", thumbprint)
        if not isinstance(key, rsa.RSAPublicKey):
            raise refuse(
                "invalid_client",
                700027,
                "The certificate with identifier used to sign the client assertion is not registered on application. "
                f"[Reason - The key was not found., Thumbprint of key used by client: '{_hexadecimal(thumbprint)}', "
                f"Please visit the Azure Portal, to view configured keys for App Id '{self._client_id}'.]",
                401,
            )
        return key

    @staticmethod
    def _verified(assertion: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
        """Signature only; the claims are judged one by one afterwards, each with an answer of its own."""
        try:
            raw = jwt.PyJWS().decode(assertion, key, algorithms=list(ALGORITHMS))
            claims = json.loads(raw)
        except jwt.InvalidSignatureError as error:
            raise _bad_signature("The key was found, but the signature does not verify.", "") from error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise _malformed() from error
        if not isinstance(claims, dict):
            raise _malformed()
        return claims

    def _check_parties(self, claims: dict[str, Any], audiences: Collection[str]) -> None:
        if claims.get("iss") != self._client_id or claims.get("sub") != self._client_id:
            raise refuse(
                "invalid_client",
                700021,
                "Client assertion application identifier doesn't match 'client_id' parameter.",
                401,
            )
        audience = claims.get("aud")
        if not isinstance(audience, str) or audience.rstrip("/") not in audiences:
            raise refuse("invalid_client", 700023, "Client assertion audience claim does not match Realm issuer.", 401)

    def _check_times(self, claims: dict[str, Any]) -> None:
        now = self._clock()
        expires, begins = claims.get("exp"), claims.get("nbf", claims.get("iat", now))
        if not isinstance(expires, int | float) or not isinstance(begins, int | float):
            raise _malformed()
        if now > expires + CLOCK_SKEW or now < begins - CLOCK_SKEW:
            raise refuse(
                "invalid_client",
                700024,
                f"Client assertion is not within its valid time range. Current time: {_stamp(now)}, assertion valid "
                f"from {_stamp(begins)}, expiry time of assertion {_stamp(expires)}.",
                401,
            )

    def _check_replay(self, claims: dict[str, Any], assertion: str) -> None:
        """One jti, one assertion. The same assertion may come again: msal keeps one for nine of its ten minutes."""
        jti, expires, now = str(claims.get("jti") or ""), float(claims["exp"]), self._clock()
        if not jti:
            raise _malformed()
        if len(self._used) > REMEMBERED:
            self._used = {k: v for k, v in self._used.items() if v[0] + CLOCK_SKEW > now}
        digest = hashlib.sha256(assertion.encode()).digest()
        if self._used.setdefault(jti, (expires, digest))[1] != digest:
            raise refuse(
                "invalid_client", 50013, "Assertion failed validation. [Reason - The jti was used before.]", 401
            )


def thumbprints(certificate: x509.Certificate) -> tuple[str, str]:
    """SHA-256 and SHA-1 thumbprints in unpadded base64url, as x5t#S256 and x5t carry them."""
    return _base64url(certificate.fingerprint(hashes.SHA256())), _base64url(
        certificate.fingerprint(hashes.SHA1())  # noqa: S303 - the format of the x5t header
    )


def _assertion(form: Mapping[str, str]) -> str:
    if not form.get("client_assertion"):
        raise refuse(
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            401,
        )
    if form.get("client_assertion_type") != JWT_BEARER:
        raise refuse(
            "invalid_request",
            900144,
            "The request body must contain the following parameter: 'client_assertion_type'.",
        )
    return form["client_assertion"]


def _malformed() -> RefusedError:
    return refuse("invalid_client", 50027, "JWT token is invalid or malformed.", 401)


def _bad_signature(reason: str, thumbprint: str) -> RefusedError:
    detail = f", Thumbprint of key used by client: '{_hexadecimal(thumbprint)}'" if thumbprint else ""
    return refuse(
        "invalid_client", 700027, f"Client assertion failed signature validation. [Reason - {reason}{detail}]", 401
    )


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _hexadecimal(thumbprint: str) -> str:
    try:
        return base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4)).hex().upper()
    except ValueError:
        return ""


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime(seconds))
