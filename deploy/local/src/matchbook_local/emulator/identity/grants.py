"""Authorization codes and refresh tokens that are out: opaque strings, remembered until used or too old."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from matchbook_local.emulator.world.model import Person

from .errors import refuse

CODE_LIFETIME = 600
REFRESH_LIFETIME = 24 * 3600


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed an application to do, and what the redeeming request must show."""

    person: Person
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    challenge: str
    expires: float
    used: bool = False


class Grants:
    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._codes: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}

    def issue_code(self, person: Person, query: dict[str, str]) -> str:
        code = f"1.{secrets.token_urlsafe(48)}"
        self._codes = {k: v for k, v in self._codes.items() if v.expires + CODE_LIFETIME > self._clock()}
        self._codes[code] = Grant(
            person=person,
            client_id=query["client_id"],
            redirect_uri=query["redirect_uri"],
            scope=query.get("scope", ""),
            nonce=query.get("nonce", ""),
            challenge=query.get("code_challenge", ""),
            expires=self._clock() + CODE_LIFETIME,
        )
        return code

    def redeem_code(self, code: str, client_id: str, redirect_uri: str, verifier: str) -> Grant:
        """Raises RefusedError for a code that is unknown, used, late, somebody else's, or without its verifier."""
        grant = self._codes.get(code)
        if grant is None or grant.client_id != client_id:
            raise refuse("invalid_grant", 70000, "The provided value for the 'code' parameter is not valid.")
        if grant.used:
            message = "OAuth2 Authorization code was already redeemed, please retry with a new valid code."
            raise refuse("invalid_grant", 54005, message)
        if grant.expires < self._clock():
            raise refuse(
                "invalid_grant",
                70008,
                "The provided authorization code or refresh token has expired due to inactivity.",
            )
        if grant.redirect_uri != redirect_uri:
            raise refuse(
                "invalid_grant",
                500112,
                "The reply address does not match the reply address provided when requesting Authorization code.",
            )
        if not _verifies(verifier, grant.challenge):
            raise refuse(
                "invalid_grant",
                501481,
                "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
            )
        self._codes[code] = replace(grant, used=True)
        return grant

    def issue_refresh(self, grant: Grant) -> str:
        token = f"1.{secrets.token_urlsafe(64)}"
        self._refresh[token] = replace(grant, expires=self._clock() + REFRESH_LIFETIME)
        return token

    def redeem_refresh(self, token: str, client_id: str) -> Grant:
        grant = self._refresh.get(token)
        if grant is None or grant.client_id != client_id:
            raise refuse("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
        if grant.expires < self._clock():
            raise refuse("invalid_grant", 700082, "The refresh token has expired due to inactivity.")
        return grant


def _verifies(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return secrets.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)
