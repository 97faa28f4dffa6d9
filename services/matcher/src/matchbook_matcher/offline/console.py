"""What the commands have in common: options, progress, and errors as sentences."""

import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click
from pydantic import ValidationError
from pydantic_core import to_json

from matchbook_matcher.adapters.data import Knowledge, read_knowledge
from matchbook_matcher.offline.lines import Advance, Id, Number
from matchbook_matcher.offline.running import DeviceMatch, TenantMatch

Command = TypeVar("Command", bound=Callable[..., None])
IN = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


def input_options(command: Command) -> Command:
    """The options that say what is matched, and by what weights."""
    for option in (
        click.option("--hygiene", type=IN, envvar="MATCHBOOK_HYGIENE_FILE", help="In place of the package's own."),
        click.option("--weights", type=IN, envvar="MATCHBOOK_WEIGHTS_FILE", help="In place of the package's own."),
        click.option("--links", type=IN, help="Confirmed pairs of tenant and organization; else tenants are matched."),
        click.option("--organizations", type=IN, help="Organizations: id, name."),
        click.option("--tenants", type=IN, help="Tenants: tenant_id, display_name, domains."),
        click.option("--configurations", type=IN, required=True, help="What is documented."),
        click.option("--devices", type=IN, required=True, help="Graph's managedDevice objects with tenant_id."),
    ):
        command = option(command)
    return command


def knowledge_of(weights: Path | None, hygiene: Path | None) -> Knowledge:
    try:
        return read_knowledge(weights, hygiene)
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise click.ClickException(f"The file of weights or of hygiene does not do: {error}") from error


@contextmanager
def reported() -> Iterator[None]:
    """A file that can't be read or written is told in a sentence; that nobody reads on (`| head`) is no fault."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error


def check_folders(*paths: Path | None) -> None:
    """Before the work is done, not after it."""
    for path in paths:
        if path is not None and not path.absolute().parent.is_dir():
            raise click.ClickException(f"{path.absolute().parent} is no folder: make it, or name another file.")


@contextmanager
def progress(label: str, size: int) -> Iterator[Advance]:
    """A bar on a terminal, else a line."""
    with click.progressbar(length=size, label=label, file=sys.stderr, update_min_steps=max(1, size // 100)) as bar:
        yield bar.update


def write(path: Path, rows: Iterable[DeviceMatch | TenantMatch]) -> None:
    """Whole or not at all, one object a line, by id."""
    ordered = sorted(rows, key=lambda row: (str(row[0]), str(row[1])))
    write_whole(path, map(_line, ordered))


def _line(row: DeviceMatch | TenantMatch) -> bytes:
    """An object whose numbers stand as they were written."""
    told = (f'"{name}":'.encode() + _value(value) for name, value in row._asdict().items())
    return b"{" + b",".join(told) + b"}\n"


def _value(value: Id | float) -> bytes:
    return value.token.encode() if isinstance(value, Number) else to_json(value)


def write_whole(path: Path, parts: Iterable[bytes]) -> None:
    """The whole file or none."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.writelines(parts)
    part.replace(path)
    click.echo(f"Wrote {path}", err=True)
