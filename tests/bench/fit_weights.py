"""Fits the device weights to labelled worlds, so that a confidence is a probability.

    python -m tests.bench.fit_weights FOLDER [FOLDER ...] [--write]

Each folder is what `python -m tests.bench.labelled` writes. The worlds are matched with the weights as they are, and a
logistic regression on what was suggested (one feature for each finding; `missing` is worth nothing, and the base stays
as it is) gives new ones; that is repeated, since other weights suggest other pairs. A finding that the worlds hardly
have keeps the weight that it had: the penalty pulls towards it. `--write` puts the numbers into weights.toml.
"""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click
import matchbook_matcher
from matchbook_matcher.adapters.data import Knowledge, read_knowledge
from matchbook_matcher.domain.organization import Matcher, Suggested
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.domain.scale import findings_of
from matchbook_matcher.domain.weights import DeviceWeights
from matchbook_matcher.offline.reading import Files, read_inputs
from matchbook_matcher.offline.running import common_serials, organizations_of_tenants, records_of

from tests.bench.labelled import files

SECTIONS = ("serial_number", "mac_address", "device_name", "model", "user")
SUGGEST_FROM = 0.2
"""While fitting: what is hardly ever right has to be seen as well."""
ROUNDS = 4
STEPS = 60
PENALTY = 0.5
"""Inverse variance of the weights around those set by hand."""
MOST = {
    "disagree": -0.2, "other_number": -0.5, "other_maker": -0.5, "other_family": -2.0, "set_aside": 0.0,
    "undocumented": -0.2, "unreported": -0.2, "neighbour": 0.0,
}  # fmt: skip
"""These never speak for a pair, whatever else is true where they are found."""
LESS = 0.3
"""So much less than full agreement is worth what only resembles it."""
OTHER_SERIAL = -4.0
"""At most: worlds are kinder here than life, where Wi-Fi adapters move too."""
OTHER_USER = 0.0
"""At most: machines change hands."""
WEIGHTS_FILE = Path(matchbook_matcher.__file__).parent / "data" / "weights.toml"
Feature = tuple[str, str]
Values = dict[Feature, float]


class Seen(NamedTuple):
    """How often a combination of findings was suggested, and how often that was right."""

    suggested: int
    right: int


class World(NamedTuple):
    """The records of each organization, and the configuration that each device truly is."""

    organizations: list[tuple[list[Device], list[Configuration]]]
    common: frozenset[str]
    truth: dict[str, str]


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--write", is_flag=True, help="Put the fitted weights into weights.toml.")
def main(folders: Sequence[Path], *, write: bool) -> None:
    """Fit the device weights to labelled worlds."""
    knowledge = read_knowledge()
    worlds = [read_world(folder, knowledge) for folder in folders]
    base, prior = knowledge.weights.device.base, values_of(knowledge.weights.device)
    values = prior
    for number in range(1, ROUNDS + 1):
        weights = with_values(knowledge.weights.device, values).model_copy(update={"suggest_from": SUGGEST_FROM})
        seen = observed(worlds, weights)
        values = fitted(seen, base, values, prior)
        total = sum(each.suggested for each in seen.values())
        click.echo(f"round {number}: {total} suggestions, mean loss {loss(seen, base, values) / total:.5f}")
    for (section, name), value in values.items():
        click.echo(f"{section}.{name} = {value:.2f}")
    if write:
        WEIGHTS_FILE.write_text("\n".join(rewritten(WEIGHTS_FILE.read_text("utf-8").split("\n"), values)), "utf-8")


def read_world(folder: Path, knowledge: Knowledge) -> World:
    names = (files.DEVICES, files.CONFIGURATIONS, files.TENANTS, files.ORGANIZATIONS, files.LINKS)
    inputs = read_inputs(Files(*(folder / name for name in names)), _quiet)
    with (folder / files.TRUTH_DEVICES).open(encoding="utf-8") as lines:
        rows = map(json.loads, lines)
        truth = {row["device_id"]: str(row["configuration_id"]) for row in rows}
    common = frozenset(common_serials(inputs, knowledge.weights.device.limits.tenants_of_a_machine))
    places = organizations_of_tenants(inputs, {})
    records = [records_of(inputs, place, tenants, knowledge.hygiene) for place, tenants in sorted(places.items())]
    return World(records, common, truth)


def observed(worlds: Iterable[World], weights: DeviceWeights) -> dict[int, Seen]:
    """What these weights suggest, by code."""
    matcher = Matcher(weights)
    suggested: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for world in worlds:
        for devices, configurations in world.organizations:
            evaluation = matcher.evaluate(devices, configurations, common_serials=world.common)
            for (_, device), answer in evaluation.answers.items():
                if isinstance(answer, Suggested):
                    suggested[answer.best.code] += 1
                    right[answer.best.code] += world.truth[device] == answer.best.configuration.configuration_id
    return {code: Seen(count, right[code]) for code, count in suggested.items()}


def fitted(seen: Mapping[int, Seen], base: float, values: Values, prior: Values) -> Values:
    """Coordinate-wise Newton steps on the penalised log-likelihood."""
    found = dict(values)
    members: defaultdict[Feature, list[int]] = defaultdict(list)
    for code in seen:
        for feature in features_of(code):
            members[feature].append(code)
    scores = {code: _score(code, base, found) for code in seen}
    for _ in range(STEPS):
        for feature, codes in members.items():
            slope, curve = PENALTY * (prior[feature] - found[feature]), PENALTY
            for code in codes:
                share = 1 / (1 + math.exp(-scores[code]))
                slope += seen[code].right - seen[code].suggested * share
                curve += seen[code].suggested * share * (1 - share)
            step = max(-1.0, min(1.0, slope / curve))
            step = _bounded(feature, found[feature] + step, found) - found[feature]
            found[feature] += step
            for code in codes:
                scores[code] += step
    return found


def _bounded(feature: Feature, value: float, found: Values) -> float:
    """What resembles agreement is worth less than it, and what speaks against a pair never says anything for it."""
    section, name = feature
    if feature == ("serial_number", "disagree"):
        return min(value, OTHER_SERIAL)
    if feature == ("user", "disagree"):
        return min(value, OTHER_USER)
    if name in MOST:
        return min(value, MOST[name])
    return value if name.startswith("agree") else min(value, found[section, "agree"] - LESS)


def loss(seen: Mapping[int, Seen], base: float, values: Values) -> float:
    """The negative log-likelihood."""
    total = 0.0
    for code, (suggested, right) in seen.items():
        score = _score(code, base, values)
        total += right * math.log1p(math.exp(-score)) + (suggested - right) * math.log1p(math.exp(score))
    return total


def features_of(code: int) -> list[Feature]:
    named = zip(SECTIONS, findings_of(code), strict=True)
    return [(section, finding.name.lower()) for section, finding in named if finding.name != "MISSING"]


def values_of(weights: DeviceWeights) -> Values:
    found: Values = {}
    for section in SECTIONS:
        told = getattr(weights, section).model_dump()
        found.update({(section, name): value for name, value in told.items() if name != "missing"})
    return found


def with_values(weights: DeviceWeights, values: Values) -> DeviceWeights:
    told = weights.model_dump()
    for (section, name), value in values.items():
        told[section][name] = value
    return DeviceWeights.model_validate(told)


def rewritten(lines: Iterable[str], values: Values) -> Iterator[str]:
    """The lines of weights.toml with other numbers and the same comments."""
    section = None
    for line in lines:
        if heading := re.fullmatch(r"\[device\.(.*)\]", line):
            section = heading[1]
        elif line.startswith("["):
            section = None
        name = line.partition(" ")[0]
        if section is not None and (section, name) in values:
            number, comment = f"{name} = {values[section, name]:.2f}", line.partition("#")[2]
            yield f"{number:<28}#{comment}" if comment else number
        else:
            yield line


def _score(code: int, base: float, values: Values) -> float:
    return base + sum(values[feature] for feature in features_of(code))


@contextmanager
def _quiet(_: str, __: int) -> Iterator[Callable[[int], None]]:
    yield lambda ___: None


if __name__ == "__main__":
    main()
