"""`matcher fit`: weights from what people said of suggestions."""

import math
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import click
from matchbook_servicekit.app import tame_collector
from pydantic import ValidationError

from matchbook_matcher.adapters.data import Knowledge, read_fitting, weights_text
from matchbook_matcher.domain.fitting import (
    Decisions,
    FittingRules,
    Judge,
    Judged,
    World,
    confidences,
    fit_in_rounds,
    judged,
    values_of,
)
from matchbook_matcher.domain.weights import DeviceWeights
from matchbook_matcher.offline.console import (
    IN,
    OUT,
    check_folders,
    input_options,
    knowledge_of,
    progress,
    reported,
    write_whole,
)
from matchbook_matcher.offline.labelled import read_decisions
from matchbook_matcher.offline.reading import Files, Inputs, read_inputs
from matchbook_matcher.offline.running import (
    common_serials,
    organizations_of_tenants,
    records_of,
    suggested_tenants,
    tenant_answers,
)
from matchbook_matcher.offline.scoring import bins_of_confidence, calibration_error

_FOLDS = 5


@click.command("fit")
@input_options
@click.option("--decisions", type=IN, required=True, help="What people said: device_id, configuration_id, accepted.")
@click.option("--fitting", type=IN, help="Bounds and strength, in place of the package's own.")
@click.option("--out", type=OUT, required=True, help="The file of weights, with the fitted ones.")
def fit(
    *, weights: Path | None, hygiene: Path | None, decisions: Path, fitting: Path | None, out: Path, **files: Any
) -> None:
    """Fit the device weights to people's decisions. All files but the weights are JSON Lines."""
    tame_collector()
    knowledge, rules = knowledge_of(weights, hygiene), _rules_of(fitting)
    with reported():
        check_folders(out)
        said = read_decisions(decisions, progress)
        world = world_of(read_inputs(Files(**files), progress), knowledge, said.judge)
        present = knowledge.weights.device
        _check_enough(said, list(judged(world, present)), rules)
        _print(_held_out(world, present, rules))
        fitted = _last_round(world, present, rules)
        _print(_changes(present, fitted))
        write_whole(out, [_text(weights, fitted).encode()])


def world_of(inputs: Inputs, knowledge: Knowledge, judge: Judge) -> World:
    """The records that are compared, by organization, with whose word counts on the pairs."""
    places = organizations_of_tenants(inputs, suggested_tenants(tenant_answers(inputs, knowledge)))
    common = common_serials(inputs, knowledge.weights.device.limits.tenants_of_a_machine)
    records = [records_of(inputs, place, tenants, knowledge.hygiene) for place, tenants in sorted(places.items())]
    return World(records, common, judge)


def _rules_of(path: Path | None) -> FittingRules:
    try:
        return read_fitting(path)
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise click.ClickException(f"The file of fitting does not do: {error}") from error


def _check_enough(said: Decisions, found: Sequence[Judged], rules: FittingRules) -> None:
    right = sum(each.right for each in found)
    click.echo(
        f"{len(said.pairs)} decisions. {len(found)} suggestions are decided: {right} right, {len(found) - right} wrong."
    )
    if len(found) < rules.least_decisions:
        raise click.ClickException(
            f"Decisions speak of {len(found)} suggestions, and a fit needs {rules.least_decisions}. Decide on more, or "
            "check that --decisions has the ids of --devices and --configurations. Nothing was written."
        )


def _held_out(world: World, present: DeviceWeights, rules: FittingRules) -> Iterator[str]:
    """How a fit to four fifths of the devices does on the others: what can be expected of the whole."""
    fitted = _last_round(world._replace(judge=_of_fold(world.judge, held=False)), present, rules)
    found = list(judged(world._replace(judge=_of_fold(world.judge, held=True)), present))
    yield f"{f'on {len(found)} held out':<24}{'log loss':>10}{'calibration error':>20}"
    for name, weights in (("present weights", present), ("fitted to the others", fitted)):
        said = confidences((each.code for each in found), weights)
        judgements = [(confidence, each.right) for confidence, each in zip(said, found, strict=True)]
        error = calibration_error(bins_of_confidence(judgements))
        yield f"{name:<24}{_log_loss(judgements):>10.4f}{error or 0.0:>20.4f}"


def _of_fold(judge: Judge, *, held: bool) -> Judge:
    """The word on one fifth of the devices, or on the others: by id, so that no order matters."""

    def told(device: str, configuration: str) -> bool | None:
        return judge(device, configuration) if (crc32(device.encode()) % _FOLDS == 0) is held else None

    return told


def _last_round(world: World, present: DeviceWeights, rules: FittingRules) -> DeviceWeights:
    fitted = present
    with progress("Fitting", rules.rounds) as advance:
        for found in fit_in_rounds([world], present, rules):
            fitted = found.weights
            advance(1)
    return fitted


def _log_loss(judgements: Sequence[tuple[float, bool]]) -> float:
    return -sum(math.log(said if right else 1 - said) for said, right in judgements) / max(1, len(judgements))


def _changes(present: DeviceWeights, fitted: DeviceWeights) -> Iterator[str]:
    before = values_of(present)
    for (section, name), value in values_of(fitted).items():
        if f"{value:.2f}" != f"{before[section, name]:.2f}":
            yield f"{section + '.' + name:<30}{before[section, name]:>8.2f} -> {value:.2f}"


def _text(weights: Path | None, fitted: DeviceWeights) -> str:
    try:
        return weights_text(weights, fitted)
    except ValueError as error:
        raise click.ClickException(f"{weights}: {error}.") from error


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)
