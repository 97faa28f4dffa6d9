"""Run one step of the set-up, quietly; where it fails for a known reason, say that in one sentence instead of a page.

`python step.py TITLE COMMAND [ARGUMENT…]`
"""

from __future__ import annotations

import subprocess
import sys

UNREACHABLE = (
    "Failed to establish a new connection",
    "NewConnectionError",
    "Connection refused",
    "Temporary failure in name resolution",
    "Name or service not known",
    "error sending request",
    "client error (Connect)",
    "dns error",
    "Network is unreachable",
    "Read timed out",
    "operation timed out",
)
FULL = ("No space left on device", "Disk quota exceeded", "os error 28")
INTERRUPTED = 130


def main(title: str, *command: str) -> int:
    print(f"== {title}", flush=True)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")  # noqa: S603
    try:
        said, _ = child.communicate()
    except KeyboardInterrupt:
        # It had the same Ctrl-C from the terminal; what it made so far is found again by the next `make install`.
        child.terminate()
        child.wait()
        print("Interrupted. `make install` goes on from here.", file=sys.stderr)
        return INTERRUPTED
    if child.returncode != 0:
        print(explain(title, said), file=sys.stderr)
    return child.returncode


def explain(title: str, said: str) -> str:
    """One sentence for what stands in the way most often, otherwise all that was said."""
    if any(sign in said for sign in FULL):
        return f"{title}: the disk is full."
    if any(sign in said for sign in UNREACHABLE):
        return f"{title}: no package registry can be reached, and not everything is in the cache yet."
    return said


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
