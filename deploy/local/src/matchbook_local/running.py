"""The commands that run everything: in the foreground, in the background, and the end of it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from matchbook_local import holding
from matchbook_local.console import Console, wants_colour
from matchbook_local.demo import Demo, farewell
from matchbook_local.errors import LocalError
from matchbook_local.gateway import Gateway
from matchbook_local.processes import stop
from matchbook_local.stack import Plan, Stack
from matchbook_local.supervisor import Supervisor, ending_signals, interrupt

INTERRUPTED = 130


@dataclass(frozen=True)
class Mode:
    """`demo`: fill it with the demo's documentation. `infrastructure_only`: no emulator, no services."""

    demo: bool = False
    infrastructure_only: bool = False
    exit_when_ready: bool = False


def run(plan: Plan, mode: Mode) -> int:
    """Everything in the foreground until Ctrl-C or SIGTERM. Returns the exit code.

    0 after an end that was asked for, 1 when something died or stood in the way, 130 when it was ended before it was
    ready.
    """
    console = Console(sys.stdout, colour=wants_colour(sys.stdout))
    ready = False
    with ending_signals(interrupt):
        try:
            with holding.held(plan.data), Supervisor(console, plan.data / "logs") as supervisor:
                _start(plan, mode, supervisor)
                ready = True
                if not mode.exit_when_ready:
                    supervisor.watch()
        except KeyboardInterrupt:
            console.say(
                "matchbook", "stopped; the data is kept" if ready else "stopped before it was ready; nothing is lost"
            )
            return 0 if ready else INTERRUPTED
        except LocalError as error:
            console.fail(f"matchbook: {error}")
            return 1
    return 0


def _start(plan: Plan, mode: Mode, supervisor: Supervisor) -> None:
    began = time.monotonic()
    stack = Stack(plan, supervisor)
    if not mode.infrastructure_only:
        stack.start_emulator()
    stack.start_infrastructure()
    if not mode.infrastructure_only:
        stack.migrate()
        stack.start_services()
    if mode.demo:
        gateway = Gateway(stack.page_url, stack.emulator["ca_file"])
        Demo(gateway, supervisor, plan.data, stack.emulator).set_up()
    holding.write_running(plan.data, stack.facts())
    supervisor.console.say("matchbook", f"all of it is ready after {time.monotonic() - began:.0f} seconds")
    supervisor.console.plain(_last_words(stack, mode))


def _last_words(stack: Stack, mode: Mode) -> str:
    if mode.infrastructure_only:
        return (
            f"export MATCHBOOK_TEST_KAFKA={stack.kafka.bootstrap}\nexport MATCHBOOK_TEST_POSTGRES={stack.postgres.dsn}"
        )
    return farewell(stack.page_url, stack.emulator)


def run_in_background(data: Path, command: Sequence[str]) -> int:
    """Start `matchbook COMMAND` on its own, show what it says until it is ready, and leave it running.

    Ctrl-C before that ends it again. Returns the exit code.
    """
    if (pid := holding.holder(data)) is not None:
        raise LocalError(f"Matchbook already runs from {data} (process {pid}): `make down` ends it.")
    data.mkdir(parents=True, exist_ok=True)
    holding.forget_running(data)
    log = data / "matchbook.log"
    with log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603 - ourselves; it is to outlive us, hence not through `spawn`
            [sys.executable, "-m", "matchbook_local", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    with ending_signals(interrupt), log.open("r", errors="replace") as said:
        try:
            return _follow(child, said.read, ready=lambda: holding.read_running(data) is not None)
        except KeyboardInterrupt:
            stop(child, grace_seconds=holding.DOWN_SECONDS)
            return INTERRUPTED


def _follow(child: subprocess.Popen[bytes], read: Callable[[], str], ready: Callable[[], bool]) -> int:
    while True:
        code = child.poll()
        is_ready = ready()
        # Its last lines are written before the mark that it is ready is seen, or shortly after.
        time.sleep(0.3)
        with suppress(OSError):
            sys.stdout.write(read())
            sys.stdout.flush()
        if code is not None:
            return code
        if is_ready:
            sys.stdout.write("It runs in the background now; `make down` ends it.\n")
            return 0
