"""Units of work, deadlines, JSON, and migrations."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from matchbook_local.testing import Database as Scratch
from matchbook_servicekit.database import (
    Connection,
    Database,
    DatabaseSettings,
    DeadlineExceeded,
    MigratedSchema,
    MigrationError,
    is_transient,
    load_queries,
    migrate,
    migrations,
)

from .conftest import until

PACKAGE = "servicekit_test_package"


@pytest.fixture
def settings(database: Scratch) -> DatabaseSettings:
    return DatabaseSettings(database.dsn, database.schema, database.schema, deadline=5, lock_timeout=0.3)


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """An importable package with two migrations and a query."""
    root = tmp_path / PACKAGE
    (root / "sql" / "migrations").mkdir(parents=True)
    (root / "sql" / "queries").mkdir()
    (root / "__init__.py").touch()
    (root / "sql" / "migrations" / "0001_things.sql").write_text("CREATE TABLE things (id int PRIMARY KEY);")
    (root / "sql" / "migrations" / "0002_more.sql").write_text("ALTER TABLE things ADD COLUMN more text;")
    (root / "sql" / "queries" / "count_things.sql").write_text("SELECT count(*) FROM things")
    sys.path.insert(0, str(tmp_path))
    yield root
    sys.path.remove(str(tmp_path))
    sys.modules.pop(PACKAGE, None)


async def started(settings: DatabaseSettings) -> Database:
    database = Database(settings)
    await database.start()
    return database


async def test_migrating_twice_and_at_once_is_the_same_as_once(settings: DatabaseSettings, package: Path) -> None:
    await asyncio.gather(*(migrate(replace(settings, lock_timeout=20), PACKAGE) for _ in range(4)))
    await migrate(settings, PACKAGE)
    database = await started(settings)
    async with database.connection() as connection:
        assert await connection.fetchval(load_queries(PACKAGE)["count_things"]) == 0
        applied = await connection.fetch("SELECT package, number FROM schema_migrations ORDER BY 1, 2")
    await database.stop()
    own = len(migrations("matchbook_servicekit"))
    assert [tuple(row) for row in applied][own:] == [(PACKAGE, 1), (PACKAGE, 2)]


async def test_a_changed_migration_is_refused_with_what_to_do(settings: DatabaseSettings, package: Path) -> None:
    await migrate(settings, PACKAGE)
    (package / "sql" / "migrations" / "0002_more.sql").write_text("ALTER TABLE things ADD COLUMN other text;")
    with pytest.raises(MigrationError, match=r"0002_more of .* was changed after it was applied"):
        await migrate(settings, PACKAGE)


async def test_a_database_of_a_newer_release_is_refused(settings: DatabaseSettings, package: Path) -> None:
    await migrate(settings, PACKAGE)
    (package / "sql" / "migrations" / "0002_more.sql").unlink()
    with pytest.raises(MigrationError, match="newer release"):
        await migrate(settings, PACKAGE)


async def test_a_service_starts_on_a_schema_that_lacks_nothing(settings: DatabaseSettings, package: Path) -> None:
    """One that a newer release migrated further does too: both may run during an upgrade."""
    await migrate(settings, PACKAGE)
    schema, newest = MigratedSchema(settings, PACKAGE, "Migrate."), package / "sql" / "migrations" / "0002_more.sql"
    await schema.start()
    newest.rename(package / "sql" / "migrations" / "0003_newer.sql")
    newest.write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=r"lacks 0003_newer of .*\. Migrate\."):
        await schema.start()
    newest.unlink()
    (package / "sql" / "migrations" / "0003_newer.sql").unlink()
    await schema.start()


async def test_a_broken_migration_leaves_nothing_behind(settings: DatabaseSettings, package: Path) -> None:
    path = package / "sql" / "migrations" / "0003_broken.sql"
    path.write_text("CREATE TABLE half (id int); SELECT 1/0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(settings, PACKAGE)
    path.write_text("CREATE TABLE half (id int);")
    await migrate(settings, PACKAGE)


async def test_a_migration_gives_up_on_a_lock_and_says_so(settings: DatabaseSettings, package: Path) -> None:
    await migrate(settings, PACKAGE)
    (package / "sql" / "migrations" / "0003_alter.sql").write_text("ALTER TABLE things ADD COLUMN third text;")
    database = await started(settings)
    async with database.transaction() as connection:
        await connection.execute("LOCK TABLE things IN ACCESS SHARE MODE")
        with pytest.raises(MigrationError, match="did not get a lock in time"):
            await migrate(settings, PACKAGE)
    await migrate(settings, PACKAGE)
    await database.stop()


@pytest.mark.parametrize("name", ["0004_gap.sql", "third.sql", "0002_twice.sql"])
async def test_a_misnamed_migration_is_refused(settings: DatabaseSettings, package: Path, name: str) -> None:
    (package / "sql" / "migrations" / name).write_text("SELECT 1")
    with pytest.raises(MigrationError):
        await migrate(settings, PACKAGE)


async def test_a_role_that_may_not_create_schemas_migrates_its_own(database: Scratch, package: Path) -> None:
    role, schema = f"r_{database.schema}", f"s_{database.schema}"
    admin = await asyncpg.connect(database.dsn)
    await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'; CREATE SCHEMA {schema} AUTHORIZATION {role}")
    try:
        head, tail = database.dsn.split("@")
        dsn = f"{head.split('//')[0]}//{role}:x@{tail}"
        await migrate(DatabaseSettings(dsn, schema), PACKAGE)
        assert await admin.fetchval(f"SELECT count(*) FROM {schema}.things") == 0
    finally:
        await admin.execute(f"DROP SCHEMA {schema} CASCADE; DROP OWNED BY {role}; DROP ROLE {role}")
        await admin.close()


async def test_json_goes_in_and_out_as_values_and_as_raw_bytes(settings: DatabaseSettings) -> None:
    database = await started(settings)
    async with database.transaction() as connection:
        await connection.execute("CREATE TABLE documents (id int, a jsonb, b json)")
        await connection.execute("INSERT INTO documents VALUES (1, $1, $2)", {"ü": [1, None]}, [True])
        await connection.execute("INSERT INTO documents VALUES (2, $1, $2)", b'{"raw": 1}', b"[2]")
        records = [(3, b'{"raw": 2}', {"x": "y"})]
        await connection.copy_records_to_table("documents", records=records, columns=["id", "a", "b"])
        rows = await connection.fetch("SELECT a, b FROM documents ORDER BY id")
    await database.stop()
    assert [tuple(row) for row in rows] == [
        ({"ü": [1, None]}, [True]),
        ({"raw": 1}, [2]),
        ({"raw": 2}, {"x": "y"}),
    ]


async def test_work_past_its_deadline_is_cut_and_its_connection_not_used_again(settings: DatabaseSettings) -> None:
    database = await started(replace(settings, max_connections=1))

    async def work() -> None:
        async with database.transaction(deadline=0.3) as connection:
            await connection.execute("CREATE TABLE never (id int)")
            await connection.execute("SELECT pg_sleep(300)")

    with pytest.raises(DeadlineExceeded):
        await asyncio.wait_for(work(), 60)
    async with database.connection(deadline=60) as connection:
        assert await connection.fetchval("SELECT to_regclass('never')") is None
        # The server noticed too: a statement that runs on would keep its locks.
        await until(lambda: still_running(connection), lambda running: running == 0)
    await database.stop()


class Stalling:
    """A way to the server on which, once stalled, nothing moves any more; as after a failover without a reset."""

    def __init__(self, dsn: str) -> None:
        self._target = urlsplit(dsn)
        self.stalled = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> str:
        """Returns the DSN that goes this way."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        login = self._target.netloc.rpartition("@")[0]
        return self._target._replace(netloc=f"{login}@127.0.0.1:{port}").geturl()

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers += [writer, back]
        with contextlib.suppress(OSError):
            await asyncio.gather(self._copy(reader, back), self._copy(there, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if not self.stalled.is_set():
                writer.write(data)


async def test_a_server_that_answers_nothing_any_more_does_not_hold_the_work(
    settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Stalling(settings.dsn)
    database = await started(replace(settings, dsn=await way.start()))

    async def work() -> None:
        async with database.transaction(deadline=0.5) as connection:
            await connection.fetchval("SELECT 1")
            way.stalled.set()
            await connection.fetchval("SELECT 2")

    # Neither the cancelled statement, nor the rollback, nor giving the connection back may be waited for.
    monkeypatch.setattr("matchbook_servicekit.database._CLEAN_UP_SECONDS", 300)
    with pytest.raises(DeadlineExceeded):
        await asyncio.wait_for(work(), 60)
    await database.stop()
    await way.stop()


async def still_running(connection: Connection) -> int:
    count: int = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name = current_schema()"
    )
    return count


async def test_work_that_waits_for_something_else_is_cut_too(settings: DatabaseSettings) -> None:
    database = await started(settings)

    async def work() -> None:
        async with database.transaction(deadline=0.2):
            await asyncio.sleep(30)

    with pytest.raises(DeadlineExceeded):
        await work()
    await database.stop()


async def test_a_cancelled_task_still_rolls_back_and_returns_its_connection(settings: DatabaseSettings) -> None:
    database = await started(replace(settings, max_connections=1))
    entered = asyncio.Event()

    async def work() -> None:
        async with database.transaction() as connection:
            await connection.execute("CREATE TABLE never (id int)")
            entered.set()
            await asyncio.sleep(30)

    task = asyncio.create_task(work())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT to_regclass('never')") is None
    await database.stop()


WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::regclass"


async def test_a_task_cancelled_during_its_commit_has_committed(settings: DatabaseSettings) -> None:
    database = await started(settings)
    async with database.connection() as connection:
        await connection.execute(
            "CREATE TABLE kept (id int); CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN LOCK TABLE gate; RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON kept "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow(); CREATE TABLE gate ()"
        )

    async def work() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO kept VALUES (1)")

    async with database.transaction() as holder:
        await holder.execute("LOCK TABLE gate")
        task = asyncio.create_task(work())
        await until(lambda: holder.fetchval(WAITING, "gate"), lambda waiting: waiting == 1)
        task.cancel()
        await asyncio.sleep(0.1)
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM kept") == 1
    await database.stop()


async def test_a_unit_of_work_is_its_own_statements_and_leaves_no_transaction_open(settings: DatabaseSettings) -> None:
    database, said = await started(replace(settings, max_connections=1)), list[str]()
    async with database.connection() as connection:
        connection.add_query_logger(lambda record: said.append(record.query))
        await connection.execute("BEGIN")
        await connection.execute("SELECT 1")
    async with database.connection() as connection:
        assert not connection.is_in_transaction()
    await database.stop()
    assert said == ["BEGIN", "SELECT 1", "ROLLBACK"]


async def test_an_exhausted_pool_gives_up_after_a_while(settings: DatabaseSettings) -> None:
    database = await started(replace(settings, max_connections=1, acquire_timeout=0.2))
    async with database.connection():
        with pytest.raises(TimeoutError):
            async with database.connection():
                pass
    await database.stop()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (asyncpg.SerializationError("x"), True),
        (asyncpg.DeadlockDetectedError("x"), True),
        (asyncpg.AdminShutdownError("x"), True),
        (asyncpg.CannotConnectNowError("x"), True),
        (asyncpg.ConnectionDoesNotExistError("x"), True),
        (asyncpg.DiskFullError("x"), True),
        (asyncpg.InterfaceError("cannot call Connection.execute(): connection is closed"), True),
        (ConnectionRefusedError(), True),
        (DeadlineExceeded(), True),
        (asyncpg.UniqueViolationError("x"), False),
        (asyncpg.UndefinedTableError("x"), False),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), False),
        (ValueError(), False),
    ],
)
def test_what_another_attempt_may_cure(error: Exception, expected: bool) -> None:
    assert is_transient(error) is expected
