"""Fits the device weights to labelled worlds: the decisions of a technician who always knows.

    python -m tests.bench.fit_weights FOLDER [FOLDER ...] [--write]

Each folder is what `python -m tests.bench.labelled` writes. What `matcher fit` does with people's decisions on one set
of files is done here with the truth of several. The prior is prior_weights.toml, so that a second run gives the same.
`--write` puts the numbers into weights.toml.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import matchbook_matcher
from matchbook_matcher.adapters.data import Knowledge, read_fitting, read_knowledge, weights_text
from matchbook_matcher.domain.fitting import World, fit_in_rounds, values_of, with_values
from matchbook_matcher.offline.fitting import world_of
from matchbook_matcher.offline.reading import Files, read_inputs

from tests.bench.labelled import files

PRIOR_FILE = Path(__file__).with_name("prior_weights.toml")
WEIGHTS_FILE = Path(matchbook_matcher.__file__).parent / "data" / "weights.toml"


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--write", is_flag=True, help="Put the fitted weights into weights.toml.")
def main(folders: Sequence[Path], *, write: bool) -> None:
    """Fit the device weights to labelled worlds."""
    knowledge = read_knowledge()
    prior = tomllib.loads(PRIOR_FILE.read_text("utf-8"))
    begin = {(section, name): value for section, numbers in prior.items() for name, value in numbers.items()}
    fitted = with_values(knowledge.weights.device, begin)
    worlds = [read_world(folder, knowledge) for folder in folders]
    for number, found in enumerate(fit_in_rounds(worlds, fitted, read_fitting()), 1):
        fitted = found.weights
        click.echo(f"round {number}: {found.judged} suggestions, mean loss {found.loss:.5f}")
    shipped = values_of(knowledge.weights.device)
    for (section, name), value in values_of(fitted).items():
        click.echo(f"{section}.{name} = {value:.2f} (in weights.toml {shipped[section, name]:.2f})")
    if write:
        WEIGHTS_FILE.write_text(weights_text(None, fitted), "utf-8")


def read_world(folder: Path, knowledge: Knowledge) -> World:
    names = (files.DEVICES, files.CONFIGURATIONS, files.TENANTS, files.ORGANIZATIONS, files.LINKS)
    inputs = read_inputs(Files(*(folder / name for name in names)), _quiet)
    with (folder / files.TRUTH_DEVICES).open(encoding="utf-8") as lines:
        truth = {row["device_id"]: str(row["configuration_id"]) for row in map(json.loads, lines)}
    return world_of(inputs, knowledge, lambda device, configuration: truth[device] == configuration)


@contextmanager
def _quiet(_: str, __: int) -> Iterator[Callable[[int], None]]:
    yield lambda ___: None


if __name__ == "__main__":
    main()
