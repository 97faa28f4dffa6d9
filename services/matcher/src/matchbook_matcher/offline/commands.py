"""The commands that work on files."""

import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from matchbook_servicekit.app import tame_collector
from pydantic import ValidationError
from pydantic_core import to_json

from matchbook_matcher.adapters.data import Knowledge, read_knowledge
from matchbook_matcher.offline.lines import Advance
from matchbook_matcher.offline.reading import Files, Inputs, read_inputs
from matchbook_matcher.offline.running import (
    DeviceMatch,
    TenantMatch,
    device_matches,
    evaluations,
    organizations_of_tenants,
    suggested_tenants,
    tenant_matches,
)

Command = TypeVar("Command", bound=Callable[..., None])
_IN = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


def _inputs(command: Command) -> Command:
    """The options that say what is matched, and by what weights."""
    for option in (
        click.option("--hygiene", type=_IN, envvar="MATCHBOOK_HYGIENE_FILE", help="In place of the package's own."),
        click.option("--weights", type=_IN, envvar="MATCHBOOK_WEIGHTS_FILE", help="In place of the package's own."),
        click.option("--links", type=_IN, help="Confirmed pairs of tenant and organization; else tenants are matched."),
        click.option("--organizations", type=_IN, help="Organizations: id, name."),
        click.option("--tenants", type=_IN, help="Tenants: tenant_id, display_name, domains."),
        click.option("--configurations", type=_IN, required=True, help="What is documented."),
        click.option("--devices", type=_IN, required=True, help="Graph's managedDevice objects with tenant_id."),
    ):
        command = option(command)
    return command


@click.command("match")
@_inputs
@click.option("--out", type=_OUT, required=True, help="device_id, configuration_id, confidence, rule.")
@click.option("--tenants-out", type=_OUT, help="tenant_id, organization_id, confidence; <out>.tenants without it.")
def match(*, weights: Path | None, hygiene: Path | None, out: Path, tenants_out: Path | None, **files: Any) -> None:
    """Match the devices of files to the configurations of files. All files are JSON Lines."""
    tame_collector()
    knowledge = _knowledge(weights, hygiene)
    with _reported():
        _check_folders(out, tenants_out)
        inputs = read_inputs(Files(**files), _progress)
        tenants = suggested_tenants(inputs, knowledge)
        places = organizations_of_tenants(inputs, tenants)
        _write(out, _matched(inputs, places, knowledge))
        if tenants or tenants_out is not None:
            _write(tenants_out or out.with_stem(f"{out.stem}.tenants"), tenant_matches(tenants, inputs))


def _matched(inputs: Inputs, places: dict[str, list[str]], knowledge: Knowledge) -> list[DeviceMatch]:
    found: list[DeviceMatch] = []
    total = sum(len(devices) for devices in inputs.devices.values())
    placed = sum(len(inputs.devices[tenant]) for tenants in places.values() for tenant in tenants)
    with _progress("Matching", placed) as advance:
        for _, evaluation in evaluations(inputs, places, knowledge):
            found += device_matches(evaluation, inputs)
            advance(len(evaluation.answers))
    click.echo(f"{total} devices, {len(found)} with a suggestion.", err=True)
    if placed < total:
        click.echo(f"{total - placed} devices are of tenants without an organization.", err=True)
    return found


def _knowledge(weights: Path | None, hygiene: Path | None) -> Knowledge:
    try:
        return read_knowledge(weights, hygiene)
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise click.ClickException(f"The file of weights or of hygiene does not do: {error}") from error


@contextmanager
def _reported() -> Iterator[None]:
    """A file that can't be read or written is told in a sentence."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error


def _check_folders(*paths: Path | None) -> None:
    """Before the work is done, not after it."""
    for path in paths:
        if path is not None and not path.absolute().parent.is_dir():
            raise click.ClickException(f"{path.absolute().parent} is no folder: make it, or name another file.")


@contextmanager
def _progress(label: str, size: int) -> Iterator[Advance]:
    """A bar on a terminal, else a line."""
    with click.progressbar(length=size, label=label, file=sys.stderr, update_min_steps=max(1, size // 100)) as bar:
        yield bar.update


def _write(path: Path, rows: Iterable[DeviceMatch | TenantMatch]) -> None:
    """Whole or not at all, one object a line, by id."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as lines:
        for row in sorted(rows, key=lambda row: (str(row[0]), str(row[1]))):
            lines.write(to_json(row._asdict()) + b"\n")
    part.replace(path)
    click.echo(f"Wrote {path}", err=True)
