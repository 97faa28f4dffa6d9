"""Remove what this clone's tools made: `data` (the demo's state and caches) or `all` (the environment too)."""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = [
    ".data",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".import_linter_cache",
    ".hypothesis",
    ".coverage",
    "htmlcov",
]
INSTALLED = [
    ".venv",
    "services/api-gateway/ui/node_modules",
    "services/api-gateway/ui/dist",
    "services/api-gateway/src/matchbook_api_gateway/static",
]


def main(what: str) -> None:
    for name in DATA + (INSTALLED if what == "all" else []):
        _remove(ROOT / name)
    for folder in ("libs", "services", "deploy", "tests"):
        for cache in sorted((ROOT / folder).rglob("__pycache__")):
            if "node_modules" not in cache.parts:
                _remove(cache)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1])
