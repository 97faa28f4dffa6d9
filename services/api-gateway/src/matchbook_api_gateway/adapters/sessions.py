"""Sessions and sign-ins under way, stored under keyed hashes of what browsers hold."""

import hashlib
import hmac
from datetime import datetime
from typing import Any, Final

from matchbook_servicekit.database import Database, load_queries

from matchbook_api_gateway.domain.people import Person

QUERIES: Final = load_queries("matchbook_api_gateway")
_DEADLINE_SECONDS = 10.0


class Sessions:
    """`secret` keys the hashes: without it the tables open nothing, with a new one all sessions end."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self._secret = secret

    async def begin(self, session_id: str, person: Person, at: datetime, until: datetime) -> None:
        await self._execute("put_session", self._hash(session_id), person.id, person.name, person.role, at, until)

    async def person(self, session_id: str, at: datetime) -> Person | None:
        """Whose session it is, with the scope they have now; None when it ended or never was."""
        async with self._database.connection(deadline=_DEADLINE_SECONDS) as connection:
            row = await connection.fetchrow(QUERIES["session"], self._hash(session_id), at)
        if row is None:
            return None
        organizations = tuple(row["organizations"]) if row["organizations"] else None
        return Person(row["person_id"], row["name"], row["role"], organizations)

    async def end(self, session_id: str) -> None:
        await self._execute("end_session", self._hash(session_id))

    async def begin_sign_in(self, browser: str, flow: dict[str, Any], destination: str, until: datetime) -> None:
        await self._execute("put_sign_in", self._hash(browser), flow, destination, until)

    async def take_sign_in(self, browser: str, at: datetime) -> tuple[dict[str, Any], str] | None:
        """The flow and where to go afterwards; the second call for the same browser finds nothing."""
        async with self._database.connection(deadline=_DEADLINE_SECONDS) as connection:
            row = await connection.fetchrow(QUERIES["take_sign_in"], self._hash(browser), at)
        return (row["flow"], row["destination"]) if row is not None else None

    async def limit(self, person_id: str, organizations: list[str]) -> None:
        """Limit a person to organizations; an empty list lifts the limit."""
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["set_scope"], person_id, organizations)

    async def _execute(self, query: str, *values: Any) -> None:
        async with self._database.connection(deadline=_DEADLINE_SECONDS) as connection:
            await connection.execute(QUERIES[query], *values)

    def _hash(self, value: str) -> bytes:
        return hmac.digest(self._secret, value.encode(), hashlib.sha256)
