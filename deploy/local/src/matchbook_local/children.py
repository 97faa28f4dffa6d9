"""A child process of the supervisor whose output is read line by line."""

import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from matchbook_local.console import Console
from matchbook_local.errors import LocalError
from matchbook_local.loglines import render
from matchbook_local.processes import spawn, stop

LINES_KEPT = 15
GRACE_SECONDS = 20.0


class Child:
    """One program, its lines shown with its name and kept whole in a log file."""

    def __init__(self, name: str, console: Console, log: Path, *, shown: bool = True) -> None:
        self.name = name
        self._console = console
        self._log = log
        self._shown = shown
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._process: subprocess.Popen[bytes] | None = None
        self._pump: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        """Raises LocalError when the program does not exist."""
        if not Path(command[0]).exists():
            raise LocalError(f"{command[0]} is missing: run `make install`.")
        self._process = spawn(command, output=subprocess.PIPE, environment=environment)
        self._pump = threading.Thread(target=self._read, name=f"log of {self.name}", daemon=True)
        self._pump.start()

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process else None

    def failure(self) -> LocalError | None:
        """What to tell when it ended by itself, None while it runs."""
        code = self.exit_code()
        return None if code is None else self._death(code)

    def stop(self, *, hurry: bool = False) -> None:
        """End it and wait for it; harmless when it has ended. With `hurry` it is not asked first."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            self._console.say("matchbook", f"stopping {self.name}")
        stop(process, first=signal.SIGKILL if hurry else signal.SIGTERM, grace_seconds=GRACE_SECONDS)
        if self._pump:
            self._pump.join(timeout=2)

    def _death(self, code: int) -> LocalError:
        if self._pump:
            # Its last words may still be in the pipe.
            self._pump.join(timeout=2)
        said = "\n".join(f"    {line}" for line in self._lines)
        return LocalError(
            f"{self.name} {describe(code)}" + (f"; it last said:\n{said}" if said else " without a word.")
        )

    def _read(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        # Without a buffer, since what a full disk refused would be written again, and raise, at the end.
        with self._process.stdout as pipe, self._log.open("ab", buffering=0) as log:
            for raw in pipe:
                # A full disk must not stop the reading, or the child would block on its own output.
                with suppress(OSError):
                    log.write(raw)
                self._show(render(raw.decode(errors="replace").rstrip()))

    def _show(self, line: str | None) -> None:
        if line is None:
            return
        self._lines.append(line)
        if self._shown:
            self._console.say(self.name, line)


def describe(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by the signal {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by the signal {-code}"
