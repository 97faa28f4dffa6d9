"""Kafka's class path: the jars named in kafka-jars.lock, downloaded once, each checked against its SHA-256.

The lock file is written by `matchbook lock-kafka` (part of `make lock`), which resolves the Maven coordinates; a start
only compares and downloads, so it needs no registry once the cache is filled.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matchbook_local.errors import LocalError
from matchbook_local.machine import trusted_certificates

if TYPE_CHECKING:
    from jgo.maven import MavenContext

LOCK = Path(__file__).with_name("kafka-jars.lock")
# The broker logs through SLF4J 1.7 and does not bring the bridge to log4j; without it, it is silent.
COORDINATES = ("org.apache.kafka:kafka_2.13:4.3.0", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")
DOWNLOADS_AT_ONCE = 8
# Seconds before each further try: a connection that breaks once in 46 must not end a first start.
PAUSES = (0.5, 2.0)


@dataclass(frozen=True)
class Jar:
    """One locked jar. `sha256` in lower-case hexadecimal."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


def read_lock(path: Path = LOCK) -> list[Jar]:
    lines = (line.split("#")[0].split() for line in path.read_text().splitlines())
    return [_parse(*line) for line in lines if line]


def _parse(coordinate: str, digest: str) -> Jar:
    group, artifact, version = coordinate.split(":")
    return Jar(group, artifact, version, digest.removeprefix("sha256:"))


def default_cache(environment: dict[str, str] | None = None) -> Path:
    """Where downloads are kept between runs: under the user's cache folder."""
    variables = os.environ if environment is None else environment
    base = variables.get("XDG_CACHE_HOME") or Path(variables.get("HOME") or Path.home(), ".cache")
    return Path(base, "matchbook", "jars")


def class_path(
    cache: Path,
    *,
    repository: str | None = None,
    jars: Sequence[Jar] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """The jars' files, all present and intact.

    `repository` is the base address of a Maven repository, None for the public one. Raises LocalError when a jar is
    missing and no repository can be reached, or when what it sends is not what the lock names.
    """
    wanted = read_lock() if jars is None else jars
    missing = [jar for jar in wanted if not _intact(cache / jar.file_name, jar)]
    if missing:
        say(f"downloading {len(missing)} jars (once)")
        _download(missing, cache, repository)
    return [cache / jar.file_name for jar in wanted]


def _intact(path: Path, jar: Jar) -> bool:
    return path.is_file() and _digest(path) == jar.sha256


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(jars: Sequence[Jar], cache: Path, repository: str | None) -> None:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        # Beside the cache, so that a finished file moves into place at once and a broken download leaves nothing.
        with tempfile.TemporaryDirectory(dir=cache, prefix=".download-") as scratch:
            _fetch_all(jars, cache, Path(scratch), repository)
    except OSError as error:
        raise _explain(error, cache) from error


def _fetch_all(jars: Sequence[Jar], cache: Path, scratch: Path, repository: str | None) -> None:
    context = _context(scratch, repository)
    pool = ThreadPoolExecutor(DOWNLOADS_AT_ONCE)
    try:
        for jar, path in zip(jars, pool.map(lambda jar: _patiently(context, jar), jars), strict=True):
            path.replace(cache / jar.file_name)
    finally:
        # Without this, Ctrl-C would wait for every download that is still queued.
        pool.shutdown(wait=True, cancel_futures=True)


def _context(scratch: Path, repository: str | None) -> "MavenContext":
    # Imported late: half a second that only a download needs.
    from jgo.maven import MavenContext  # noqa: PLC0415

    _trust_the_machine()
    return MavenContext(repo_cache=scratch, remote_repos={"given": repository.rstrip("/")} if repository else None)


def _trust_the_machine() -> None:
    # The HTTP client below trusts a list of its own unless this says otherwise.
    bundle = trusted_certificates()
    if bundle is not None:
        os.environ.setdefault("REQUESTS_CA_BUNDLE", bundle)


def _patiently(context: "MavenContext", jar: Jar) -> Path:
    for pause in PAUSES:
        try:
            return _fetch(context, jar)
        except OSError as error:
            if error.errno is not None:
                raise
            time.sleep(pause)
    return _fetch(context, jar)


def _fetch(context: "MavenContext", jar: Jar) -> Path:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    try:
        path = context.resolver.download(artifact)
    except RuntimeError as error:
        raise LocalError(f"The Maven repository does not have {jar.coordinate}, which Kafka needs.") from error
    if path is None or _digest(path) != jar.sha256:
        raise LocalError(
            f"The Maven repository sent a {jar.file_name} whose SHA-256 is not the one in kafka-jars.lock."
        )
    return path


def _explain(error: OSError, cache: Path) -> LocalError:
    # Errors of the HTTP client are OSErrors as well; only those of the disk carry a number.
    if error.errno is not None:
        return LocalError(f"Kafka's jars cannot be stored in {cache}: {os.strerror(error.errno)}.")
    return LocalError("No Maven repository can be reached, and Kafka's jars are not all in the cache yet.")


def lock() -> str:
    """Resolve COORDINATES and return a new lock file's text."""
    import jgo  # noqa: PLC0415

    _trust_the_machine()
    artifacts = {str(artifact): artifact for coordinate in COORDINATES for artifact in jgo.resolve(coordinate)}
    lines = {
        f"{found.groupId}:{found.artifactId}:{found.version} sha256:{_digest(Path(found.resolve()))}"
        for found in artifacts.values()
        if found.packaging == "jar"
    }
    return "# Written by `make lock`.\n" + "".join(f"{line}\n" for line in sorted(lines))
