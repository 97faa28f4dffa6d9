"""`matchbook emulator …`"""

import asyncio
import gc
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from . import saved
from .faults import FaultError, fault_of_text, listed
from .server import Emulator, Options, running_emulator, write_description
from .traffic import Limit, Limits
from .world import Size
from .world.calendar import DEFAULT_EPOCH
from .world.export import write_truth, write_world

FOLDER = click.Path(path_type=Path, file_okay=False)
Command = Callable[..., None]


def size_options(command: Command) -> Command:
    """The flags that make a world what it is."""
    for option in (
        click.option("--epoch", type=click.DateTime(["%Y-%m-%d"]), help="The world's first day."),
        click.option("--seed", default=1, show_default=True, help="Equal seeds and sizes give equal worlds."),
        click.option("--devices", default=2_000, show_default=True, type=click.IntRange(0), help="Live enrolments."),
        click.option("--tenants", default=40, show_default=True, type=click.IntRange(1, 20_000), help="Customers."),
    ):
        command = option(command)
    return command


def _size(flags: dict[str, Any], epoch: date) -> Size:
    """`epoch` counts where the flags name none."""
    chosen: datetime | None = flags.pop("epoch")
    day = chosen.date() if chosen else epoch
    return Size(flags.pop("seed"), flags.pop("tenants"), flags.pop("devices"), day)


@click.group()
def emulator() -> None:
    """A Microsoft cloud on this machine, with a made-up service provider in it."""


@emulator.command()
@size_options
@click.option("--days", default=0, show_default=True, type=click.IntRange(0), help="Let the world live so long first.")
@click.option("--out", required=True, type=FOLDER, help="Folder for the CSV files.")
def world(days: int, out: Path, **flags: Any) -> None:
    """Write a world's documentation and the truth about it as CSV files."""
    made = write_world(out, _size(flags, DEFAULT_EPOCH))
    if days:
        made.advance(days)
        write_truth(made, out)
    click.echo(f"{len(made.states)} tenants with {made.device_count} devices: {out}")


@emulator.command()
def faults() -> None:
    """List the faults that `run --fault` and PUT /emulator/faults switch on."""
    for line in listed():
        click.echo(line)


class _Fault(click.ParamType[Any]):
    name = "fault"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return fault_of_text(value)
        except FaultError as error:
            self.fail(str(error), param, ctx)


class _Throttle(click.ParamType[Any]):
    name = "requests/seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "off" or isinstance(value, Limits):
            return value
        numbers = re.fullmatch(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,4})", value)
        if numbers is None:
            self.fail(f"{value} is neither off nor requests/seconds, as in 2000/20", param, ctx)
        return Limits.for_devices(Limit(int(numbers[1]), int(numbers[2])))


@dataclass(frozen=True, slots=True)
class _Run:
    options: Options
    folder: Path
    size: Size
    evolve: float


@emulator.command()
@size_options
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--state-dir", required=True, type=FOLDER, help="Keys, documentation and emulator.json go here.")
@click.option("--token-lifetime", default=3600, show_default=True, type=click.IntRange(1), help="Seconds.")
@click.option("--redirect-uri", multiple=True, help="A redirect address outside this machine. May be repeated.")
@click.option(
    "--fault", "faults", type=_Fault(), multiple=True, help="name[,key=value]…; see `faults`. May be repeated."
)
@click.option("--fault-seed", default=1, show_default=True, help="Equal seeds let the same calls meet the same faults.")
@click.option(
    "--throttle", type=_Throttle(), default=Limits(), show_default="2000/20", help="Intune's limit, or off for none."
)
@click.option("--evolve", default=0.0, type=click.FloatRange(0), help="Seconds to a day; without it time stands still.")
def run(state_dir: Path, evolve: float, **flags: Any) -> None:
    """Serve until SIGTERM. Prints one line of JSON with all addresses when ready.

    A world without --epoch begins on the day of its first start. A state folder keeps its world and how far it has
    come, until it is started with another size.
    """
    folder = state_dir.resolve()
    known = saved.load(folder)
    size = _size(flags, known.size.epoch if known else datetime.now(UTC).date())
    redirects = frozenset(flags["redirect_uri"])
    options = Options(
        flags["host"],
        flags["port"],
        flags["token_lifetime"],
        redirects,
        named_faults=flags["faults"],
        fault_seed=flags["fault_seed"],
        limits=None if flags["throttle"] == "off" else flags["throttle"],
        after_advance=saved.save_advance,
    )
    try:
        asyncio.run(_serve(_Run(options, folder, size, evolve)))
    except FaultError as error:
        raise click.ClickException(f"--fault: {error}") from error
    except OSError as error:
        where = f"{options.host}:{options.port} from {folder}"
        raise click.ClickException(
            f"cannot serve on {where}: {os.strerror(error.errno) if error.errno else error}"
        ) from error


async def _serve(this: _Run) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    built = await asyncio.to_thread(saved.open_world, this.folder, this.size)
    gc.freeze()  # the world is no garbage: later collections need not walk it
    async with running_emulator(built, this.folder, this.options, write_documentation=False) as running:
        click.echo(write_description(running, this.folder / "emulator.json", pid=os.getpid()))
        evolution = asyncio.create_task(_evolve(running, this.evolve, stop))
        await stop.wait()
        await evolution


async def _evolve(running: Emulator, seconds: float, stop: asyncio.Event) -> None:
    """A day every so many seconds until the stop."""
    while seconds and not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            await running.advance(1)
