"""What the supervisor and its children say, one line at a time, each with the name of whoever says it."""

import os
import threading
from collections.abc import Mapping
from typing import TextIO

NAME_WIDTH = 20
RESET = "\033[0m"
# Readable on a dark and on a light ground; red is kept for what went wrong.
COLOURS = ("\033[36m", "\033[35m", "\033[34m", "\033[32m", "\033[33m", "\033[96m", "\033[95m")
RED = "\033[31m"


def wants_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Colour on a terminal only, and not where NO_COLOR is set to anything."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


class Console:
    """Lines from several threads to one stream. A reader that went away (a closed pipe) silences it."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._colours: dict[str, str] = {}
        self._lock = threading.Lock()
        self._open = True

    def say(self, name: str, text: str) -> None:
        self._write(f"{self._prefix(name)} {text}\n")

    def fail(self, text: str) -> None:
        self._write(f"{RED}{text}{RESET}\n" if self._colour else f"{text}\n")

    def plain(self, text: str) -> None:
        self._write(f"{text}\n")

    def _prefix(self, name: str) -> str:
        label = f"{name:<{NAME_WIDTH}} |"
        if not self._colour:
            return label
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        return f"{colour}{label}{RESET}"

    def _write(self, text: str) -> None:
        with self._lock:
            if not self._open:
                return
            try:
                self._stream.write(text)
                self._stream.flush()
            except OSError:
                self._open = False
