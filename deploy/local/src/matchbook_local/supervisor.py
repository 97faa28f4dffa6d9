"""Start things in order, watch that none dies, stop all of them in reverse order. Nothing is ever restarted
silently.
"""

import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Protocol, Self, TypeVar

from matchbook_local.children import Child
from matchbook_local.console import Console
from matchbook_local.errors import LocalError
from matchbook_local.processes import kill_group

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 5.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Watched(Protocol):
    """What the supervisor can hold: a child, the broker, the database server."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    def failure(self) -> LocalError | None:
        """Why it ended by itself, None while it runs."""

    def stop(self, *, hurry: bool = False) -> None:
        """End it and wait for it; harmless when it has ended."""


AnyWatched = TypeVar("AnyWatched", bound=Watched)


class Supervisor:
    """Use as a context manager: whatever ends the block, all that was started is stopped before it is left."""

    def __init__(self, console: Console, logs: Path) -> None:
        self.console = console
        self._logs = logs
        self._held: list[Watched] = []
        self._hurry = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def hold(self, watched: AnyWatched) -> AnyWatched:
        """Watch it from now on, and stop it at the end. Call before its start: a stop in the middle must find it."""
        self._held.append(watched)
        return watched

    def start(
        self, name: str, command: Sequence[str | Path], environment: Mapping[str, str], *, shown: bool = True
    ) -> Child:
        """Start a program that is to run until we stop it. What is not `shown` is still kept in its log file."""
        child = self.hold(Child(name, self.console, self._logs / f"{name}.log", shown=shown))
        child.start(command, environment)
        return child

    def run(
        self, what: str, steps: Mapping[str, Sequence[str | Path]], environments: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Run programs side by side to their end. Raises LocalError when one ends with another code than 0."""
        children = {name: Child(name, self.console, self._logs / f"{name}.log") for name in steps}
        try:
            for name, command in steps.items():
                children[name].start(command, environments[name])
            self.wait(lambda: _finished(children.values()), what=what, seconds=120)
        finally:
            for child in children.values():
                child.stop(hurry=True)

    def check(self) -> None:
        """Raises LocalError when something that should run has ended."""
        for watched in self._held:
            reason = watched.failure()
            if reason is not None:
                raise reason

    def wait(self, obstacle: Callable[[], str | None], *, what: str, seconds: float) -> None:
        """Wait until `obstacle` returns None; while it names one for long, show it.

        Raises LocalError after `seconds`, and at once when anything dies.
        """
        began = shown = time.monotonic()
        while reason := obstacle():
            self.check()
            now = time.monotonic()
            if now - began > seconds:
                raise LocalError(f"{what} did not become ready within {seconds:.0f} seconds: {reason}.")
            if now - shown > PATIENCE_SECONDS:
                self.console.say("matchbook", f"waiting for {what}: {reason}")
                shown = now
            time.sleep(POLL_SECONDS)

    def watch(self) -> None:
        """Until something dies (LocalError) or we are told to stop (KeyboardInterrupt)."""
        while True:
            self.check()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop all in reverse order. A second signal cuts the waiting short: what is left is killed."""
        with ending_signals(self._be_quick):
            for watched in reversed(self._held):
                watched.stop(hurry=self._hurry)
            self._held.clear()

    def _be_quick(self) -> None:
        self._hurry = True
        for watched in self._held:
            if watched.pid is not None:
                kill_group(watched.pid)


def _finished(children: Iterable[Child]) -> str | None:
    for child in children:
        code = child.exit_code()
        if code is None:
            return f"{child.name} is still at work"
        if code != 0:
            raise child.failure() or LocalError(f"{child.name} failed")
    return None


@contextmanager
def ending_signals(react: Callable[[], None]) -> Iterator[None]:
    """Call `react` on Ctrl-C, SIGTERM and a closed terminal for the length of a block."""

    def handler(_number: int, _frame: FrameType | None) -> None:
        react()

    before = {number: signal.signal(number, handler) for number in ENDING}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def interrupt() -> None:
    """The reaction while things start and run: unwind to where everything is stopped."""
    raise KeyboardInterrupt
