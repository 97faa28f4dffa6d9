"""What `make native` compiles."""

import tomllib
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def test_what_is_compiled_exists() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]
    assert hook["enable-by-default"] is False
    assert [file for file in hook["include"] if not (PACKAGE / file).is_file()] == []
