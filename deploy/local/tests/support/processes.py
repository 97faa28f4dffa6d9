"""Looking at processes from outside, by their ids."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie that nobody has waited for yet has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def descendants(pid: int) -> list[int]:
    """All processes below one, by id."""
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


@contextmanager
def script(text: str, *arguments: str | Path, output: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run Python text as a process of its own, ended with the block if it is still there."""
    with (output or Path(os.devnull)).open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", text, *map(str, arguments)],
            stdout=file if output else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()
