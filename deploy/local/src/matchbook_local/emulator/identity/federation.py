"""Applications without a key of their own: workload identity federation, and client secrets."""

import hmac
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from .assertions import CLOCK_SKEW, AssertionChecker
from .errors import RefusedError, refuse

EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"
ALGORITHMS = ("RS256",)


@dataclass(frozen=True, slots=True)
class FederatedIdentity:
    """A workload whose tokens are accepted in place of a credential.

    The identity platform fetches the issuer's keys; here the key is registered with the issuer.
    """

    issuer: str
    subject: str
    key: rsa.RSAPublicKey
    audience: str = EXCHANGE_AUDIENCE


class ClientChecker:
    """Checks whatever an application proves itself with: its certificate's assertion, a federated token or a secret."""

    def __init__(
        self,
        assertions: AssertionChecker,
        federated: Collection[FederatedIdentity] = (),
        secrets: Collection[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._assertions = assertions
        self._federated = federated
        self._secrets = secrets
        self._clock = clock

    def check(self, form: Mapping[str, str], audiences: Collection[str]) -> None:
        """Raises RefusedError with the documented code unless the form proves who asks."""
        if form.get("client_secret"):
            self._check_secret(form["client_secret"], form["client_id"])
        elif _is_federated(form.get("client_assertion", ""), form["client_id"]):
            self._check_federated(form["client_assertion"])
        else:
            self._assertions.check(form, audiences)

    def _check_secret(self, secret: str, client_id: str) -> None:
        if not any(hmac.compare_digest(secret.encode(), known.encode()) for known in self._secrets):
            raise refuse(
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{client_id}'.",
                401,
            )

    def _check_federated(self, assertion: str) -> None:
        claims = _claims(assertion)
        identity = self._registered(claims)
        try:
            jwt.PyJWS().decode(assertion, identity.key, algorithms=list(ALGORITHMS))
        except jwt.InvalidTokenError as error:
            raise refuse(
                "invalid_client", 50013, "Assertion failed signature validation. [Reason - The key was not found.]", 401
            ) from error
        now, expires = self._clock(), claims.get("exp")
        if not isinstance(expires, int | float) or now > expires + CLOCK_SKEW:
            raise refuse("invalid_client", 700024, "Client assertion is not within its valid time range.", 401)

    def _registered(self, claims: Mapping[str, Any]) -> FederatedIdentity:
        """The identity that the claims name. Each claim that none has is refused with a number of its own."""
        left = list(self._federated)
        for claim, number in (("iss", 700211), ("sub", 700213), ("aud", 700212)):
            left = [identity for identity in left if _has(claims, claim, identity)]
            if not left:
                name = {"iss": "issuer", "sub": "subject", "aud": "audience"}[claim]
                message = (
                    f"No matching federated identity record found for presented assertion {name} "
                    f"'{claims.get(claim)}'. Check your federated identity credential Subject, Audience and Issuer "
                    "against the presented assertion."
                )
                raise refuse("invalid_request", number, message)
        return left[0]


def _has(claims: Mapping[str, Any], claim: str, identity: FederatedIdentity) -> bool:
    expected = {"iss": identity.issuer, "sub": identity.subject, "aud": identity.audience}[claim]
    found = claims.get(claim)
    return expected in found if isinstance(found, list) else expected == found


def _is_federated(assertion: str, client_id: str) -> bool:
    """Whether somebody else than the application signed: no thumbprint of a certificate, and another issuer."""
    try:
        header = jwt.get_unverified_header(assertion)
        claims = _claims(assertion)
    except (jwt.InvalidTokenError, RefusedError):
        return False
    return not ({"x5t", "x5t#S256"} & header.keys()) and claims.get("iss") != client_id


def _claims(assertion: str) -> Mapping[str, Any]:
    """What the token says, unverified."""
    try:
        claims = json.loads(jwt.api_jws.decode_complete(assertion, options={"verify_signature": False})["payload"])
    except (jwt.InvalidTokenError, ValueError) as error:
        raise refuse("invalid_client", 50027, "JWT token is invalid or malformed.", 401) from error
    return claims if isinstance(claims, dict) else {}
