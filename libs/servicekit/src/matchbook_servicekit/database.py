"""PostgreSQL: a pool whose every unit of work has a deadline, SQL in named files, and migrations."""

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from matchbook_servicekit.telemetry import get_logger, metrics

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection

Result = TypeVar("Result")
log = get_logger(__name__)

_OWN = "matchbook_servicekit"
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_JSONB_VERSION = b"\x01"
_CLEAN_UP_SECONDS = 5.0
# SQLSTATE classes and codes that another attempt may cure.
_PASSING_CLASSES = frozenset({"08", "53", "57"})
_PASSING_CODES = frozenset({"40001", "40P01", "55P03", "25006", "25P03", "58000", "58030", "XX000"})


class MigrationError(Exception):
    """The schema cannot be brought up to date; the message says why and what to do."""


class DeadlineExceeded(TimeoutError):  # noqa: N818 - as asyncio names its own
    """A unit of work outlived its deadline; its connection was cut and nothing of it was committed knowingly."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """How to reach the service's own schema. Times are seconds; `deadline` bounds one unit of work."""

    dsn: str
    schema: str
    application: str = "matchbook"
    min_connections: int = 1
    max_connections: int = 10
    connect_timeout: float = 10.0
    acquire_timeout: float = 10.0
    deadline: float = 60.0
    lock_timeout: float = 10.0


class Database:
    """A pool of connections to one service's schema."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def start(self) -> None:
        """Open the pool; raises what asyncpg or the socket says when the server is away."""
        if self._pool is None:
            settings = self.settings
            async with asyncio.timeout(settings.connect_timeout + settings.acquire_timeout):
                self._pool = await asyncpg.create_pool(
                    settings.dsn,
                    min_size=settings.min_connections,
                    max_size=settings.max_connections,
                    timeout=settings.connect_timeout,
                    max_inactive_connection_lifetime=300,
                    init=prepare_connection,
                    reset=_as_it_was,
                    server_settings=server_settings(settings),
                )

    async def stop(self) -> None:
        """Close the pool, by force when its connections are not returned in time."""
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                async with asyncio.timeout(_CLEAN_UP_SECONDS):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    async def check(self) -> None:
        """Ask the server for an answer; raises when there is none."""
        async with self.connection(deadline=2) as connection:
            await connection.fetchval("SELECT 1")

    @contextlib.asynccontextmanager
    async def connection(self, *, deadline: float | None = None) -> AsyncIterator[Connection]:
        """A connection for one unit of work, outside of any transaction.

        Raises DeadlineExceeded when the work takes longer than `deadline` seconds (default: the settings'); the
        connection is then cut, since after a failover neither cancelling nor returning it is sure to end (asyncpg#431,
        #1307).
        """
        if self._pool is None:
            raise asyncpg.InterfaceError("the pool is closed")
        seconds = self.settings.deadline if deadline is None else deadline
        connection = await self._pool.acquire(timeout=self.settings.acquire_timeout)
        try:
            async with _cut_after(connection, seconds):
                yield connection
        finally:
            await _undisturbed(self._return(connection))

    @contextlib.asynccontextmanager
    async def transaction(self, *, deadline: float | None = None) -> AsyncIterator[Connection]:
        """A transaction, committed when the block ends and rolled back when it raises.

        Neither commit nor rollback is interrupted by a cancelled task; a commit under way is waited for.
        """
        async with self.connection(deadline=deadline) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield connection
            except BaseException:
                if not connection.is_closed():
                    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                        await _undisturbed(transaction.rollback())
                raise
            await _undisturbed(transaction.commit(), self.settings.deadline)

    async def dedicated(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection outside the pool, for a lock or a listener that lives long; the caller ends it."""
        settings = self.settings
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            settings.dsn, timeout=settings.connect_timeout, server_settings=server_settings(settings)
        )
        await prepare_connection(connection)
        return connection

    async def _return(self, connection: Any) -> None:
        assert self._pool is not None or connection.is_closed()
        if self._pool is not None:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await self._pool.release(connection, timeout=_CLEAN_UP_SECONDS)


@contextlib.asynccontextmanager
async def _cut_after(connection: Any, seconds: float) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    scope = asyncio.timeout(seconds)
    # Cutting first makes whatever hangs inside fail at once; the cancellation then finds nothing left to wait for.
    cutter = loop.call_later(seconds, _cut, connection)
    try:
        async with scope:
            yield
    except TimeoutError as error:
        if scope.expired():
            raise DeadlineExceeded(f"a unit of work took longer than {seconds:g} s") from error
        raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        if scope.expired() or loop.time() >= cutter.when():
            raise DeadlineExceeded(f"a unit of work took longer than {seconds:g} s") from error
        raise
    finally:
        cutter.cancel()


def _cut(connection: Any) -> None:
    metrics.deadlines.inc()
    with contextlib.suppress(asyncpg.InterfaceError):
        connection.terminate()


async def _undisturbed(work: Coroutine[Any, Any, Result], seconds: float = _CLEAN_UP_SECONDS) -> Result:
    """Run to the end, at most `seconds`, even when the caller is cancelled; the cancellation follows afterwards."""
    task = asyncio.ensure_future(_within(work, seconds))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise


async def _within(work: Coroutine[Any, Any, Result], seconds: float) -> Result:
    # Not `wait_for`: in Python 3.11 it loses a cancellation that comes as the work ends.
    async with asyncio.timeout(seconds):
        return await work


def stop_if_cancelled() -> None:
    """Raise the cancellation that something called by this task has swallowed; for loops that run until cancelled."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def server_settings(settings: DatabaseSettings) -> dict[str, str]:
    """The session's settings: the service's schema first, and nothing waits for ever."""
    return {
        "application_name": settings.application,
        "search_path": settings.schema,
        "idle_in_transaction_session_timeout": str(int(2 * settings.deadline * 1000)),
        # Without it a statement whose client was cut runs on, and so do its locks.
        "client_connection_check_interval": "1000",
        "tcp_keepalives_idle": "30",
        "jit": "off",
        # Tables grow from nothing to a hundred thousand rows within one import; a plan kept from when they were small
        # reads them whole until they are analysed.
        "plan_cache_mode": "force_custom_plan",
    }


async def _as_it_was(_: Any) -> None:
    """Units of work change nothing of a session, and asyncpg ends an open transaction by itself.

    Its own reset is one more statement for each unit, a quarter of a short one's processor time.
    """


async def prepare_connection(connection: Any) -> None:
    """Teach a connection JSON: jsonb columns take and give what `json` does, and raw JSON given as bytes."""
    for kind, prefix in (("jsonb", _JSONB_VERSION), ("json", b"")):
        await connection.set_type_codec(
            kind,
            schema="pg_catalog",
            format="binary",
            encoder=lambda value, prefix=prefix: prefix + _json(value),
            decoder=lambda data, prefix=prefix: json.loads(bytes(data)[len(prefix) :]),
        )


def _json(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def is_transient(error: BaseException) -> bool:
    """Whether the database may answer differently in a moment: away, restarting, full, busy or in a deadlock."""
    if isinstance(error, (TimeoutError, ConnectionError, OSError)):
        return True
    if isinstance(error, asyncpg.PostgresError):
        code = error.sqlstate or ""
        return code[:2] in _PASSING_CLASSES or code in _PASSING_CODES
    if isinstance(error, asyncpg.InterfaceError):
        # asyncpg also raises it for misuse, which no retry cures.
        return any(word in str(error) for word in ("closed", "closing", "terminated", "released back", "lost"))
    return isinstance(error, asyncpg.InternalClientError)


class Queries(Mapping[str, str]):
    """SQL by file name: `<package>/sql/queries/find_device.sql` is `queries["find_device"]`."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = MappingProxyType(dict(texts))

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def load_queries(package: str) -> Queries:
    """Read every file of a package's `sql/queries`."""
    folder = resources.files(package).joinpath("sql", "queries")
    files = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return Queries({file.name.removesuffix(".sql"): file.read_text(encoding="utf-8") for file in files})


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file; `checksum` is the SHA-256 of its text."""

    package: str
    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(package: str) -> list[Migration]:
    """A package's migrations in order. Raises MigrationError for a misnamed file, a gap or a number used twice."""
    folder = resources.files(package).joinpath("sql", "migrations")
    found = sorted((_migration(package, file) for file in _sql_files(folder)), key=lambda item: item.number)
    if [item.number for item in found] != list(range(1, len(found) + 1)):
        numbers = ", ".join(f"{item.number:04}" for item in found)
        raise MigrationError(
            f"The migrations of {package} must be numbered 0001, 0002, … without a gap; found {numbers}."
        )
    return found


def _sql_files(folder: Traversable) -> list[Traversable]:
    return [file for file in folder.iterdir() if file.name.endswith(".sql")] if folder.is_dir() else []


def _migration(package: str, file: Traversable) -> Migration:
    match = _FILE.fullmatch(file.name)
    if match is None:
        raise MigrationError(f"{package}: {file.name} is not named like 0001_what_it_does.sql.")
    return Migration(package, int(match[1]), match[2], file.read_text(encoding="utf-8"))


async def migrate(settings: DatabaseSettings, package: str) -> None:
    """Bring the schema up to date: servicekit's own tables, then `package`'s, each file once, in its own transaction.

    Safe to run from several processes at once, and again. Raises MigrationError when an applied file was changed since,
    when the database knows a migration that this release does not, or when a lock is not had in `lock_timeout`.
    """
    wanted = _wanted(package)
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        settings.dsn, timeout=settings.connect_timeout, server_settings=server_settings(settings)
    )
    try:
        await _migrate(connection, settings, wanted)
    finally:
        await connection.close(timeout=_CLEAN_UP_SECONDS)


class MigratedSchema:
    """Something to start: raises MigrationError, with `remedy`, where a migration of `package` is still to be applied.

    What a newer release applied does not hinder, so that processes of both may run during an upgrade.
    """

    def __init__(self, settings: DatabaseSettings, package: str, remedy: str) -> None:
        self._settings = settings
        self._package = package
        self._remedy = remedy

    async def start(self) -> None:
        """Look once; raises what asyncpg or the socket says when the server is away."""
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            self._settings.dsn, timeout=self._settings.connect_timeout, server_settings=server_settings(self._settings)
        )
        try:
            missing = await self._missing(connection)
        finally:
            await connection.close(timeout=_CLEAN_UP_SECONDS)
        if missing:
            names = ", ".join(f"{item.number:04}_{item.name} of {item.package}" for item in missing)
            raise MigrationError(f"The schema {self._settings.schema} lacks {names}. {self._remedy}")

    async def _missing(self, connection: Any) -> list[Migration]:
        applied = set[tuple[str, int]]()
        if await connection.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL"):
            applied = {tuple(row) for row in await connection.fetch("SELECT package, number FROM schema_migrations")}
        return [item for item in _wanted(self._package) if (item.package, item.number) not in applied]

    async def stop(self) -> None:
        """Nothing is held."""


def _wanted(package: str) -> list[Migration]:
    return [item for name in dict.fromkeys((_OWN, package)) for item in migrations(name)]


async def _migrate(connection: Any, settings: DatabaseSettings, wanted: list[Migration]) -> None:
    await connection.execute("SELECT set_config('lock_timeout', $1, false)", f"{int(settings.lock_timeout * 1000)}ms")
    try:
        # Waits for another process that migrates the same schema, as long as the lock time-out allows.
        await connection.execute(
            "SELECT pg_advisory_lock(hashtext('matchbook.migrate'), hashtext($1))", settings.schema
        )
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(
            f"Another process has been migrating {settings.schema} for too long; try again."
        ) from error
    if not await connection.fetchval("SELECT true FROM pg_namespace WHERE nspname = $1", settings.schema):
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{settings.schema}"')
    await connection.execute(_OWN_TABLE)
    applied = {
        (row["package"], row["number"]): row["checksum"]
        for row in await connection.fetch("SELECT package, number, checksum FROM schema_migrations")
    }
    check_history(applied, wanted)
    for migration in wanted:
        if (migration.package, migration.number) not in applied:
            await _apply(connection, migration)


_LOCK = "SELECT pg_advisory_lock(hashtext('matchbook.migrate'), hashtext($1))"
_OWN_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    package text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (package, number)
)
"""


def check_history(applied: Mapping[tuple[str, int], str], wanted: list[Migration]) -> None:
    """Raise MigrationError where what the database has differs from what this release brings."""
    known = {(item.package, item.number): item for item in wanted}
    for (package, number), checksum in applied.items():
        migration = known.get((package, number))
        if migration is None:
            if any(item.package == package for item in wanted):
                raise MigrationError(
                    f"The database has migration {number:04} of {package}, which this release does not know: "
                    "it was made by a newer release. Run that one, or restore an older backup."
                )
        elif migration.checksum != checksum:
            raise MigrationError(
                f"Migration {number:04}_{migration.name} of {package} was changed after it was applied. "
                "Put its text back as it was and write the change as a new migration."
            )


async def _apply(connection: Any, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.text)
            await connection.execute(
                "INSERT INTO schema_migrations (package, number, name, checksum) VALUES ($1, $2, $3, $4)",
                migration.package,
                migration.number,
                migration.name,
                migration.checksum,
            )
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(
            f"Migration {migration.number:04}_{migration.name} of {migration.package} did not get a lock in time: "
            "a running transaction holds one of its tables. Nothing was changed; try again."
        ) from error
    log.info("migration applied", package=migration.package, number=migration.number, migration=migration.name)
