"""Writes a labelled world.

python -m tests.bench.labelled --out FOLDER --devices 100000 --seed 1 --dirt field
"""

from pathlib import Path

import click

from .dirt import LEVELS
from .world import write_world


@click.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files.")
@click.option("--devices", default=20_000, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=1, show_default=True, type=int)
@click.option("--dirt", default="field", show_default=True, type=click.Choice(tuple(LEVELS)))
def main(out: Path, devices: int, seed: int, dirt: str) -> None:
    """Devices, configurations, tenants, organizations and links as JSON Lines; what is true in truth-*.jsonl."""
    write_world(out, devices, seed, dirt)
    click.echo(f"{devices:,} devices with {dirt} dirt in {out}")


if __name__ == "__main__":
    main()
