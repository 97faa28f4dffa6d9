"""Set-up steps that need not be done again for a data folder while what they are made from is the same."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

FILE = "done.json"


def digest(packages: Iterable[str], patterns: Sequence[str]) -> str:
    """One hash over the files of installed packages that match, without importing them."""
    total = hashlib.sha256()
    for package in packages:
        spec = find_spec(package)
        roots = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
        files = {path for root in roots for pattern in patterns for path in Path(root).glob(pattern) if path.is_file()}
        for path in sorted(files):
            total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def outstanding(data: Path, digests: Mapping[str, str]) -> list[str]:
    """The steps whose inputs differ from those they were last done with here."""
    known = _read(data)
    return [step for step, wanted in digests.items() if known.get(step) != wanted]


def remember(data: Path, digests: Mapping[str, str]) -> None:
    """Call once the steps have got through."""
    temporary = data / f"{FILE}.new"
    temporary.write_text(json.dumps({**_read(data), **digests}))
    temporary.replace(data / FILE)


def _read(data: Path) -> dict[str, str]:
    with suppress(OSError, ValueError):
        known: dict[str, str] = json.loads((data / FILE).read_text())
        return known
    return {}
