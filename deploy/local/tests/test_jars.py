"""The class path: locked, checked, and one sentence when it cannot be had."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from matchbook_local.errors import LocalError
from matchbook_local.jars import Jar, class_path, default_cache, read_lock
from matchbook_local.machine import free_port

CONTENT = b"not really a jar"
JAR = Jar("org.example", "thing", "1.0", hashlib.sha256(CONTENT).hexdigest())


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Breaking(Quiet):
    """Closes each path's first connection without a word."""

    asked: ClassVar[set[str]] = set()

    def do_GET(self) -> None:
        if self.path not in self.asked:
            self.asked.add(self.path)
            self.close_connection = True
            return
        super().do_GET()


@contextmanager
def repository(folder: Path, content: bytes | None = CONTENT, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """A Maven repository on loopback that has, or lacks, the one jar."""
    place = folder / "org/example/thing/1.0"
    place.mkdir(parents=True)
    if content is not None:
        (place / "thing-1.0.jar").write_bytes(content)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_missing_jar_is_downloaded_once(tmp_path: Path) -> None:
    said: list[str] = []
    with repository(tmp_path / "remote") as address:
        found = class_path(tmp_path / "cache", repository=address, jars=[JAR], say=said.append)
    assert [path.read_bytes() for path in found] == [CONTENT]
    # The repository is gone by now.
    assert class_path(tmp_path / "cache", repository=address, jars=[JAR], say=said.append) == found
    assert said == ["downloading 1 jars (once)"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["thing-1.0.jar"]


def test_a_connection_that_breaks_once_ends_nothing(tmp_path: Path) -> None:
    Breaking.asked.clear()
    with repository(tmp_path / "remote", handler=Breaking) as address:
        found = class_path(tmp_path / "cache", repository=address, jars=[JAR])
    assert [path.read_bytes() for path in found] == [CONTENT]


def test_a_damaged_jar_in_the_cache_is_downloaded_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / JAR.file_name).write_bytes(CONTENT[:5])
    with repository(tmp_path / "remote") as address:
        assert class_path(cache, repository=address, jars=[JAR])[0].read_bytes() == CONTENT


def test_a_jar_with_another_content_than_locked_is_refused(tmp_path: Path) -> None:
    with (
        repository(tmp_path / "remote", b"something else") as address,
        pytest.raises(LocalError, match=r"thing-1\.0\.jar whose SHA-256 is not the one"),
    ):
        class_path(tmp_path / "cache", repository=address, jars=[JAR])
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_repository_without_the_jar_is_named_as_that(tmp_path: Path) -> None:
    with (
        repository(tmp_path / "remote", None) as address,
        pytest.raises(LocalError, match=r"does not have org\.example:thing:1\.0"),
    ):
        class_path(tmp_path / "cache", repository=address, jars=[JAR])


def test_an_unreachable_repository_is_one_sentence(tmp_path: Path) -> None:
    nobody_there = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(
        LocalError, match=r"^No Maven repository can be reached, and Kafka's jars are not all in the cache"
    ):
        class_path(tmp_path / "cache", repository=nobody_there, jars=[JAR])


def test_the_lock_names_kafka_and_the_bridge_that_lets_it_log() -> None:
    locked = {jar.coordinate for jar in read_lock()}
    assert {"org.apache.kafka:kafka_2.13:4.3.0", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"} <= locked
    assert all(len(jar.sha256) == 64 for jar in read_lock())


def test_the_cache_is_under_the_user_s_cache_folder() -> None:
    assert default_cache({"HOME": "/home/a"}) == Path("/home/a/.cache/matchbook/jars")
    assert default_cache({"HOME": "/home/a", "XDG_CACHE_HOME": "/c"}) == Path("/c/matchbook/jars")
