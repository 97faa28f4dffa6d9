"""`python -m matchbook_contracts export|check`: write the JSON Schemas and the AsyncAPI document, and hold them up.

`check` fails where a committed file is not what the models say, or where they break the schemas of another commit.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from matchbook_contracts import asyncapi
from matchbook_contracts.schemas import Schema, breaking_changes, export

_ASYNCAPI = "asyncapi.json"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 0, 1 for drift or a break, 2 for a commit that can't be read."""
    parser = argparse.ArgumentParser(prog="python -m matchbook_contracts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("export", "write the schemas"), ("check", "compare the schemas with the committed ones")):
        command = commands.add_parser(name, help=text)
        command.add_argument("folder", type=Path, help="where the schemas are")
    commands.choices["check"].add_argument(
        "--against", metavar="COMMIT", help="a git commit whose schemas must not break"
    )
    options = parser.parse_args(arguments)
    if options.command == "export":
        return _export(options.folder)
    return _check(options.folder, options.against)


def render(schema: Schema) -> str:
    """A document as it stands in its file."""
    return json.dumps(schema, indent=2) + "\n"


def _files() -> Mapping[str, str]:
    """What the folder must hold: file name to content."""
    schemas = {name: render(schema) for name, schema in export().items()}
    return schemas | {_ASYNCAPI: render(asyncapi.document())}


def _export(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    files = _files()
    for stale in {file.name for file in folder.glob("*.json")} - files.keys():
        (folder / stale).unlink()
    for name, content in files.items():
        (folder / name).write_text(content)
    return 0


def _check(folder: Path, commit: str | None) -> int:
    problems = list(_drift(folder))
    if commit:
        try:
            problems += breaking_changes(_committed(folder, commit), export())
        except subprocess.CalledProcessError as error:
            sys.stderr.write(f"The schemas of {commit} can't be read: {error.stderr.strip()}\n")
            return 2
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def _drift(folder: Path) -> list[str]:
    expected = _files()
    found = {file.name: file.read_text() for file in folder.glob("*.json")}
    names = sorted(expected.keys() | found.keys())
    remedy = "run `make schemas` and review the change"
    return [
        f"{name}: the committed schema is not the model's; {remedy}"
        for name in names
        if expected.get(name) != found.get(name)
    ]


def _committed(folder: Path, commit: str) -> Mapping[str, Schema]:
    """The schemas in `folder` as they were at `commit`; none where the folder did not exist."""
    listed = _git(folder, "ls-tree", "--name-only", commit, "./").split()
    return {
        name: json.loads(_git(folder, "show", f"{commit}:./{name}")) for name in listed if name.endswith(".v1.json")
    }


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout  # noqa: S603, S607 - git with our own arguments


if __name__ == "__main__":
    sys.exit(main())
