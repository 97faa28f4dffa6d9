"""The Chromium that browser tests drive: found on the machine, never downloaded."""

import os
import shutil
from collections.abc import Mapping

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATH_VARIABLE = "MATCHBOOK_CHROMIUM"
REQUIRE_VARIABLE = "MATCHBOOK_REQUIRE_BROWSER"
ABSENT = f"no Chromium is installed; {PATH_VARIABLE} may name one elsewhere"


def find_chromium(environment: Mapping[str, str] = os.environ) -> str | None:
    """The program's path: the one MATCHBOOK_CHROMIUM names, else the first of NAMES on the search path."""
    given = environment.get(PATH_VARIABLE)
    names = (given,) if given else NAMES
    return next((found for name in names if (found := shutil.which(name, path=environment.get("PATH")))), None)


def is_required(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a missing Chromium is a failure rather than a reason to skip."""
    return environment.get(REQUIRE_VARIABLE) == "1"
