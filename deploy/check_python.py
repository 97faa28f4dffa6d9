"""Say in one sentence what the machine's Python lacks. Must itself run on any Python 3."""

from __future__ import annotations

import importlib.util
import sys

WANTED = (3, 11)


def problem() -> str | None:
    if sys.version_info < WANTED:
        found = ".".join(map(str, sys.version_info[:2]))
        return f"Python 3.11 or newer is needed and {sys.executable} is {found}: try `make install PYTHON=python3.12`."
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        return "This Python cannot make virtual environments (Debian and Ubuntu: install the package python3-venv)."
    return None


if __name__ == "__main__":
    sys.exit(problem())
