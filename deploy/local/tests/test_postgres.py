"""The embedded database server: one role and one schema a service, real restarts, and a sentence for what stands in
its way.
"""

import os
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import pytest
from matchbook_local.errors import LocalError
from matchbook_local.postgres import Postgres, PostgresOptions, running

from deploy.local.tests.support.processes import descendants, eventually, gone

QUICK = PostgresOptions(durable=False)


async def test_a_service_owns_its_schema_and_cannot_enter_another_s(tmp_path: Path) -> None:
    with running(tmp_path, QUICK, scratch=True) as server:
        matcher = await asyncpg.connect(server.create_service("matcher", "matcher"))
        gateway = await asyncpg.connect(server.create_service("gateway", "gateway"))
        await matcher.execute("CREATE TABLE secret (n int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.fetch("SELECT * FROM matcher.secret")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.execute("CREATE TABLE public.mine (n int)")
        await matcher.close()
        await gateway.close()
        assert server.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'secret'") == "matcher"


async def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, QUICK, scratch=True) as server:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn_of("postgres", "guessed"))
        assert stat.S_IMODE((tmp_path / "password").stat().st_mode) == 0o600


async def test_data_and_passwords_outlive_a_kill_and_a_start_on_another_port(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        dsn = server.create_service("matcher", "matcher")
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        await connection.close()
        before = server.port
        server.kill()
    with running(tmp_path) as server:
        again = server.create_service("matcher", "matcher")
        assert again.replace(f":{server.port}/", f":{before}/") == dsn
        assert server.execute("SELECT n FROM matcher.kept") == "7"


def test_an_interrupted_first_set_up_is_begun_again(tmp_path: Path) -> None:
    half_done = tmp_path / "cluster.new"
    half_done.mkdir()
    (half_done / "PG_VERSION").write_text("16")
    with running(tmp_path, QUICK, scratch=True) as server:
        assert server.execute("SELECT 1") == "1"


def test_workers_end_with_the_server(tmp_path: Path) -> None:
    with running(tmp_path, QUICK) as server:
        assert server.pid is not None
        workers = descendants(server.pid)
        assert workers
        server.kill()
    assert eventually(lambda: all(gone(pid) for pid in workers))


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalError, match=rf"^Port {port} on 127\.0\.0\.1 is already in use, so PostgreSQL cannot"):
            Postgres(tmp_path, PostgresOptions(port=port)).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
async def test_a_disk_that_fills_up_later_is_one_sentence(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk", megabytes=260) as disk, running(disk, scratch=True) as server:
        connection = await asyncpg.connect(server.dsn)
        _fill(disk)
        await _write_until_it_dies(server, connection)
        reason = server.failure()
        assert str(reason) == f"The disk that holds {disk} is full: PostgreSQL stopped."


async def _write_until_it_dies(server: Postgres, connection: asyncpg.Connection) -> None:
    # A statement that finds no room fails alone; a write-ahead log that cannot grow ends the server.
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        for _ in range(100):
            await connection.execute("SELECT pg_logical_emit_message(false, 'filler', repeat('x', 1000000))")
    connection.terminate()
    assert eventually(lambda: server.failure() is not None)


def _fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 65536)


@contextmanager
def _small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let root mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
