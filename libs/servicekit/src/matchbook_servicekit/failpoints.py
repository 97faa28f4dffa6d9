"""Named places where a test may kill the process, off unless MATCHBOOK_FAILPOINTS is set."""

import os
import signal

VARIABLE = "MATCHBOOK_FAILPOINTS"


def failpoint(name: str) -> None:
    """End the process with SIGKILL when `name` is among the comma-separated names in MATCHBOOK_FAILPOINTS.

    Nothing is flushed and no handler runs, as when the machine fails. Read at each call, so that the environment alone
    arms a child process.
    """
    armed = os.environ.get(VARIABLE)
    if armed and name in armed.split(","):
        os.kill(os.getpid(), signal.SIGKILL)
