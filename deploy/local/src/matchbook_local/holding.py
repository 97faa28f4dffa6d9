"""The data folder: one supervisor at a time, and what it remembers between runs."""

import fcntl
import json
import os
import select
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from matchbook_local.errors import LocalError
from matchbook_local.machine import LOOPBACK, port_is_free
from matchbook_local.processes import wait_until

DOWN_SECONDS = 90.0


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Keep the folder to ourselves. Raises LocalError when another supervisor has it.

    The lock belongs to the open file, so it goes when its holder dies, however that happens.
    """
    with _lock_file(data).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = holder(data)
            raise LocalError(
                f"Matchbook already runs from {data} (process {who}): end it with Ctrl-C there or with `make down`."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            forget_running(data)


def holder(data: Path) -> int | None:
    """The process id of the supervisor that has the folder now, None when none has."""
    path = data / "lock"
    if not path.exists():
        return None
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read() or 0) or None
    return None


def end_holder(data: Path) -> bool:
    """Ask the supervisor that has the folder to end, and wait until it has. False when none has it."""
    pid = holder(data)
    if pid is None:
        return False
    ended = _end_of(pid)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: holder(data) is None and ended(), seconds=DOWN_SECONDS, what="The end of the running Matchbook")
    return True


def _end_of(pid: int) -> Callable[[], bool]:
    """Whether the process has ended. It lets go of the folder a moment before that."""
    try:
        descriptor = os.pidfd_open(pid)
    except (OSError, AttributeError):
        # Gone already, or a system that cannot tell; the lock says enough.
        return lambda: True
    return lambda: bool(select.select([descriptor], [], [], 0)[0])


def write_running(data: Path, facts: dict[str, Any]) -> None:
    """Where everything listens, for other commands. Readable by the owner alone: DSNs hold passwords."""
    temporary = data / "running.json.new"
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(facts, indent=2))
    temporary.replace(data / "running.json")


def read_running(data: Path) -> dict[str, Any] | None:
    """What `write_running` wrote, None while nothing is ready."""
    try:
        facts: dict[str, Any] = json.loads((data / "running.json").read_text())
    except (OSError, ValueError):
        return None
    return facts


def forget_running(data: Path) -> None:
    (data / "running.json").unlink(missing_ok=True)


def choose_ports(data: Path, names: Sequence[str], fixed: dict[str, int]) -> dict[str, int]:
    """A free loopback port for each name: the fixed one, else that of the last run (links stay good), else any.

    Raises LocalError when a fixed one is in use.
    """
    file = data / "ports.json"
    last: dict[str, int] = {}
    with suppress(OSError, ValueError):
        last = json.loads(file.read_text())
    chosen = dict(fixed)
    for name, port in fixed.items():
        if not port_is_free(port):
            raise LocalError(f"Port {port} on {LOOPBACK} is already in use, so {name} cannot listen there.")
    with ExitStack() as stack:
        for name in names:
            if name not in chosen:
                chosen[name] = _reserve(stack, last.get(name, 0), taken=set(chosen.values()))
    file.write_text(json.dumps(chosen))
    return chosen


def _reserve(stack: ExitStack, wanted: int, *, taken: set[int]) -> int:
    # Held until all are chosen, so that no two get the same.
    probe = stack.enter_context(socket.socket())
    free = wanted and wanted not in taken and port_is_free(wanted)
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind((LOOPBACK, wanted if free else 0))
    return int(probe.getsockname()[1])


def _lock_file(data: Path) -> Path:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(f"The folder {data} cannot be used: {error.strerror}.") from error
    return data / "lock"
