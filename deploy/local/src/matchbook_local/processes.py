"""Child processes that are stopped by their process id and never outlive whoever started them."""

import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from matchbook_local.errors import LocalError

LAUNCHER = Path(__file__).with_name("launch.py")
TAIL_BYTES = 8192


@dataclass(frozen=True)
class Identity:
    """Who a child runs as."""

    uid: int
    gid: int


def unprivileged() -> Identity | None:
    """The user for programs that refuse to run as root; None when we are not root and may stay who we are.

    Raises LocalError when we are root and the machine has no user `nobody`.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        message = (
            "PostgreSQL refuses to run as root and this machine has no user 'nobody': run this as an ordinary user."
        )
        raise LocalError(message) from None
    return Identity(entry.pw_uid, entry.pw_gid)


def spawn(  # noqa: PLR0913 - each is one property of a process
    command: Sequence[str | Path],
    *,
    output: int | IO[bytes],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    identity: Identity | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that a Ctrl-C at the terminal reaches the supervisor alone.

    `output` receives standard output and standard error. `death_signal` is sent by the kernel when we die. The kernel
    counts the death of the starting *thread*, hence the main thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "children are started from the main thread: the kernel ends them with the thread that started them"
        )
    who = f"{identity.uid}:{identity.gid}" if identity else "-"
    wrapped = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(death_signal)), who]
    return subprocess.Popen(  # noqa: S603 - our own commands, no shell
        [*wrapped, *map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment) if environment is not None else None,
        cwd=folder,
        start_new_session=True,
    )


def stop(
    process: subprocess.Popen[bytes], *, first: signal.Signals = signal.SIGTERM, grace_seconds: float = 10.0
) -> int:
    """Ask a child to end, and end it when it does not within the grace. Returns its exit code (negative: the
    signal).
    """
    with suppress(ProcessLookupError):
        process.send_signal(first)
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # The group too: what a child started must not stay.
        kill_group(process.pid)
    return process.wait()


def kill_group(group: int) -> None:
    """End a child and all that it started, at once. The group's id is the child's process id."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def wait_until(ready: Callable[[], bool], *, seconds: float, what: str, interval: float = 0.05) -> None:
    """Poll until `ready` returns true. Raises LocalError after `seconds`; what `ready` raises passes through."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise LocalError(f"{what} did not become ready within {seconds:.0f} seconds.")
        time.sleep(interval)


def tail(log: Path, lines: int = 10) -> str:
    """The last lines of a log file, or nothing when it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def explain_exit(what: str, code: int, log: Path, *, folder: Path, ports: Sequence[int] = ()) -> LocalError:
    """One sentence on why a program of ours ended by itself, from what it last said."""
    said = tail(log, lines=40)
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return LocalError(f"The disk that holds {folder} is full: {what} stopped.")
    if "Address already in use" in said:
        numbers = " or ".join(map(str, ports))
        return LocalError(f"Port {numbers} on 127.0.0.1 is already in use: {what} could not listen.")
    return LocalError(f"{what} ended with exit code {code}; its log is {log} and ends with:\n{tail(log)}")
