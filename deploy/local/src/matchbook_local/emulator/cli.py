"""`matchbook emulator …`"""

import asyncio
import os
import signal
from datetime import date, datetime
from pathlib import Path

import click

from . import saved
from .server import Emulator, Options, running_emulator, write_description
from .world.export import write_truth, write_world

DAY_FORMAT = click.DateTime(["%Y-%m-%d"])
PATH = click.Path(path_type=Path, file_okay=False)


@click.group()
def emulator() -> None:
    """A Microsoft cloud on this machine, with a made-up service provider in it."""


@emulator.command()
@click.option("--tenants", default=40, show_default=True, type=click.IntRange(1, 20_000), help="Customer tenants.")
@click.option(
    "--devices", default=2_000, show_default=True, type=click.IntRange(0), help="Live enrolments in all of them."
)
@click.option("--seed", default=1, show_default=True, help="Equal seeds and sizes give equal worlds.")
@click.option("--epoch", type=DAY_FORMAT, help="First day of the world.  [default: 2026-01-05]")
@click.option("--days", default=0, show_default=True, type=click.IntRange(0), help="Let the world live so long first.")
@click.option("--out", required=True, type=PATH, help="Folder for the CSV files.")
def world(tenants: int, devices: int, seed: int, epoch: datetime | None, days: int, out: Path) -> None:
    """Write a world's documentation and the truth about it as CSV files."""
    chosen = {"epoch": epoch.date()} if epoch else {}
    made = write_world(out, seed=seed, tenants=tenants, devices=devices, **chosen)
    if days:
        made.advance(days)
        write_truth(made, out)
    click.echo(f"{tenants} tenants with {made.device_count} devices: {out}")


@emulator.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--tenants", default=40, show_default=True, type=click.IntRange(1, 20_000), help="Customer tenants.")
@click.option(
    "--devices", default=2_000, show_default=True, type=click.IntRange(0), help="Live enrolments in all of them."
)
@click.option("--seed", default=1, show_default=True)
@click.option("--epoch", type=DAY_FORMAT, help="First day of the world.  [default: the day of the first start]")
@click.option("--state-dir", required=True, type=PATH, help="Keys, documentation and emulator.json go here.")
@click.option("--token-lifetime", default=3600, show_default=True, type=click.IntRange(1), help="Seconds.")
@click.option("--redirect-uri", multiple=True, help="A redirect address outside this machine. May be repeated.")
@click.option(
    "--evolve", default=0.0, show_default=True, type=click.FloatRange(0), help="Seconds to a day; 0: time stands still."
)
def run(  # noqa: PLR0913 - one parameter for each flag
    host: str,
    port: int,
    tenants: int,
    devices: int,
    seed: int,
    epoch: datetime | None,
    state_dir: Path,
    token_lifetime: int,
    redirect_uri: tuple[str, ...],
    evolve: float,
) -> None:
    """Serve until SIGTERM. Prints one line of JSON with all addresses when ready."""
    options = Options(host, port, token_lifetime, frozenset(redirect_uri))
    try:
        asyncio.run(
            _serve(options, state_dir.resolve(), evolve, (seed, tenants, devices, epoch.date() if epoch else None))
        )
    except OSError as error:
        raise click.ClickException(f"cannot serve on {host}:{port}: {error.strerror or error}") from error


async def _serve(options: Options, folder: Path, evolve: float, size: tuple[int, int, int, date | None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    built = await asyncio.to_thread(saved.open_world, folder, *size)
    async with running_emulator(built, folder, options, write_documentation=False) as running:
        click.echo(write_description(running, folder / "emulator.json", pid=os.getpid()))
        evolution = asyncio.create_task(_evolve(running, folder, evolve, stop))
        await stop.wait()
        await evolution
        saved.save(built, folder)


async def _evolve(running: Emulator, folder: Path, seconds: float, stop: asyncio.Event) -> None:
    """A day every so many seconds until the stop."""
    while seconds and not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            await running.advance(1)
            saved.save(running.world, folder)
