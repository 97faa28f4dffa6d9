"""Signing in: through Microsoft and back, to a session that lives on the server."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from matchbook_servicekit.telemetry import get_logger

from matchbook_api_gateway.adapters.microsoft import Refused, Unreachable
from matchbook_api_gateway.adapters.sessions import Sessions
from matchbook_api_gateway.domain.people import Person, strongest_role
from matchbook_api_gateway.services.sending import now

log = get_logger(__name__)

_SIGN_IN_SECONDS: Final = 600
_SECRET_BYTES: Final = 32


class SignInFailed(Exception):  # noqa: N818 - an outcome that is shown
    """Why there is no session, for the person; `status` is the answer's."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in under way: where to send the browser, and what it brings back as a cookie within `seconds`."""

    url: str
    browser: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Session:
    """A new session: its secret id, for the cookie, and where the browser goes next."""

    id: str
    seconds: int
    to: str


class Provider(Protocol):
    """Who people sign in with."""

    async def begin(self, login_hint: str | None) -> dict[str, Any]: ...
    async def finish(self, flow: dict[str, Any], answer: dict[str, str]) -> dict[str, Any]: ...


class SigningIn:
    """Sessions last `session_seconds` from the sign-in, whatever is done with them."""

    def __init__(self, sessions: Sessions, provider: Provider, session_seconds: int) -> None:
        self._sessions = sessions
        self._provider = provider
        self._session_seconds = session_seconds

    async def begin(self, login_hint: str | None, to: str) -> Started:
        """Start at Microsoft. The flow is bound to this browser: nobody can be signed in with another's code."""
        try:
            flow = await self._provider.begin(login_hint)
        except Unreachable as error:
            raise _unreachable() from error
        browser = secrets.token_urlsafe(_SECRET_BYTES)
        until = now() + timedelta(seconds=_SIGN_IN_SECONDS)
        await self._sessions.begin_sign_in(browser, flow, local_path(to), until)
        return Started(flow["auth_uri"], browser, _SIGN_IN_SECONDS)

    async def finish(self, browser: str, answer: dict[str, str]) -> Session:
        """Redeem what Microsoft sent back, once."""
        taken = await self._sessions.take_sign_in(browser, now()) if browser else None
        if taken is None:
            raise SignInFailed("This sign-in was not begun in this browser, took too long, or was used already.")
        flow, to = taken
        try:
            claims = await self._provider.finish(flow, answer)
        except Unreachable as error:
            raise _unreachable() from error
        except Refused as error:
            log.warning("sign-in refused", code=error.code)
            raise SignInFailed("Microsoft did not sign you in, or its answer could not be verified.", 403) from error
        return await self._begin_session(claims, to)

    async def _begin_session(self, claims: dict[str, Any], to: str) -> Session:
        name = str(claims.get("name") or claims.get("preferred_username") or "")
        person = Person(claims["oid"], name.replace("\x00", ""), strongest_role(claims.get("roles")))
        id_, at = secrets.token_urlsafe(_SECRET_BYTES), now()
        await self._sessions.begin(id_, person, at, at + timedelta(seconds=self._session_seconds))
        return Session(id_, self._session_seconds, to)

    async def person(self, session_id: str | None) -> Person | None:
        """Whose live session it is."""
        return await self._sessions.person(session_id, now()) if session_id else None

    async def end(self, session_id: str | None) -> None:
        if session_id:
            await self._sessions.end(session_id)


def local_path(to: str) -> str:
    """Where to go after signing in: an address of our own, whatever a link asked for."""
    # A browser takes `//host` and `/\host` for another host, and drops tabs and line breaks before it looks.
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if plain else "/"


def _unreachable() -> SignInFailed:
    return SignInFailed("Microsoft's sign-in service does not answer. Try again in a moment.", 503)
