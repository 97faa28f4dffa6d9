"""Device weights from what people say of suggestions, so that a confidence is a probability.

A logistic regression with one feature for each finding; `missing` is worth nothing, and the base stays as it is. The
present weights are the prior: few decisions change little. What is suggested is judged again in each round, since other
weights suggest other pairs.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from matchbook_matcher.domain.answers import Suggested
from matchbook_matcher.domain.organization import Matcher
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.domain.scale import CODES, certainty, findings_of, logistic, scale
from matchbook_matcher.domain.weights import DeviceWeights

SECTIONS = ("serial_number", "mac_address", "device_name", "model", "user")
_STEPS = 60
_LONGEST_STEP = 1.0
Feature = tuple[str, str]
"""Section and name of a weight."""
Values = Mapping[Feature, float]
Numbers = Mapping[str, Mapping[str, float]]
Judge = Callable[[str, str], bool | None]
"""Whether a device is a configuration, by their ids; None where nobody has said."""


class FittingRules(BaseModel):
    """The file `fitting.toml`: what a fit may say, and how much decisions weigh against the present weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    suggest_from: float = Field(ge=0, le=1)
    rounds: int = Field(ge=1)
    strength: float = Field(gt=0)
    least_decisions: int = Field(ge=1)
    least: Numbers
    most: Numbers
    below_agreement: Numbers

    @field_validator("least", "most", "below_agreement")
    @classmethod
    def _known(cls, value: Numbers) -> Numbers:
        for section, numbers in value.items():
            known = DeviceWeights.model_fields[section].annotation if section in SECTIONS else None
            if unknown := set(numbers) - set(getattr(known, "model_fields", ())):
                raise ValueError(f"there is no weight {section}.{min(unknown)}")
        return value

    def bounded(self, feature: Feature, value: float, values: Values) -> float:
        """The value, or the least or the most that it may be beside the others."""
        section, name = feature
        value = max(value, self.least.get(section, {}).get(name, -math.inf))
        value = min(value, self.most.get(section, {}).get(name, math.inf))
        less = self.below_agreement.get(section, {}).get(name)
        return value if less is None else min(value, values[section, "agree"] - less)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people said of pairs, by ids of device and configuration: whether they are the same machine."""

    pairs: Mapping[tuple[str, str], bool]
    matched: AbstractSet[str]
    """The devices that people matched to some configuration: they are no other."""

    def judge(self, device: str, configuration: str) -> bool | None:
        """Not told by another device with the configuration: that may be the same machine, enrolled again."""
        said = self.pairs.get((device, configuration))
        return False if said is None and device in self.matched else said


class World(NamedTuple):
    """The records of each organization, serial numbers that are too common to count, and who says what is right."""

    organizations: Sequence[tuple[Sequence[Device], Sequence[Configuration]]]
    common_serials: AbstractSet[str]
    judge: Judge


class Judged(NamedTuple):
    """A suggestion that somebody has decided on; `code` is what the comparison found."""

    device_id: str
    code: int
    right: bool


class Seen(NamedTuple):
    """How often a combination of findings was suggested, and how often that was right."""

    suggested: int
    right: int


class Fit(NamedTuple):
    """The weights after a round; `loss` is the mean negative log-likelihood of what was judged in it, in nats."""

    weights: DeviceWeights
    judged: int
    loss: float


def judged(world: World, weights: DeviceWeights) -> Iterator[Judged]:
    """What these weights suggest, as far as somebody has decided on it.

    But for machines documented twice where both records are as good as each other. Which one a person keeps is their
    taste, and would make what agrees in both look less certain than it is.
    """
    matcher, worths = Matcher(weights), scale(weights)
    for devices, configurations in world.organizations:
        evaluation = matcher.evaluate(devices, configurations, common_serials=world.common_serials)
        for (_, device), answer in evaluation.answers.items():
            if isinstance(answer, Suggested):
                best = answer.best
                worth, right = worths[best.code], world.judge(device, best.configuration.configuration_id)
                tossed = worth is not None and best.worth.confidence < worth.confidence
                if right is not None and not tossed:
                    yield Judged(device, best.code, right)


def seen_in(suggestions: Iterable[Judged]) -> dict[int, Seen]:
    """Counts by code, in the order of the codes: the order of decisions must not matter."""
    suggested: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for each in suggestions:
        suggested[each.code] += 1
        right[each.code] += each.right
    return {code: Seen(suggested[code], right[code]) for code in sorted(suggested)}


def fit_in_rounds(worlds: Sequence[World], weights: DeviceWeights, rules: FittingRules) -> Iterator[Fit]:
    """Round by round; the last one counts."""
    prior = values_of(weights)
    values, lowest = prior, min(rules.suggest_from, weights.suggest_from)
    for _ in range(rules.rounds):
        trial = with_values(weights, values).model_copy(update={"suggest_from": lowest})
        seen = seen_in(each for world in worlds for each in judged(world, trial))
        values = fitted(seen, weights.base, values, prior, rules)
        total = sum(each.suggested for each in seen.values())
        yield Fit(with_values(weights, values), total, loss(seen, weights.base, values) / max(1, total))


def fitted(seen: Mapping[int, Seen], base: float, start: Values, prior: Values, rules: FittingRules) -> Values:
    """Coordinate-wise Newton steps on the penalised log-likelihood, within the bounds."""
    found = dict(start)
    members: defaultdict[Feature, list[int]] = defaultdict(list)
    for code in seen:
        for feature in features_of(code):
            members[feature].append(code)
    scores = {code: _score(code, base, found) for code in seen}
    for _ in range(_STEPS):
        for feature, codes in members.items():
            slope, curve = rules.strength * (prior[feature] - found[feature]), rules.strength
            for code in codes:
                share = logistic(scores[code])
                slope += seen[code].right - seen[code].suggested * share
                curve += seen[code].suggested * share * (1 - share)
            step = max(-_LONGEST_STEP, min(_LONGEST_STEP, slope / curve))
            step = rules.bounded(feature, found[feature] + step, found) - found[feature]
            found[feature] += step
            for code in codes:
                scores[code] += step
    # What nobody has seen is bounded by what was fitted, too.
    return {feature: rules.bounded(feature, value, found) for feature, value in found.items()}


def loss(seen: Mapping[int, Seen], base: float, values: Values) -> float:
    """The negative log-likelihood, in nats."""
    total = 0.0
    for code, (suggested, right) in seen.items():
        score = _score(code, base, values)
        total += right * math.log1p(math.exp(-score)) + (suggested - right) * math.log1p(math.exp(score))
    return total


def confidences(codes: Iterable[int], weights: DeviceWeights) -> list[float]:
    """What suggestions with these findings are said to be worth, from 0 to 1."""
    values = values_of(weights)
    return [certainty(findings_of(code), _score(code, weights.base, values), weights) for code in codes]


@lru_cache(maxsize=CODES)
def features_of(code: int) -> tuple[Feature, ...]:
    named = zip(SECTIONS, findings_of(code), strict=True)
    return tuple((section, finding.name.lower()) for section, finding in named if finding.name != "MISSING")


def values_of(weights: DeviceWeights) -> Values:
    """What is fitted."""
    told = weights.model_dump(include=set(SECTIONS))
    return {(section, name): told[section][name] for section in SECTIONS for name in told[section] if name != "missing"}


def with_values(weights: DeviceWeights, values: Values) -> DeviceWeights:
    told = weights.model_dump()
    for (section, name), value in values.items():
        told[section][name] = value
    return DeviceWeights.model_validate(told)


def _score(code: int, base: float, values: Values) -> float:
    return base + sum(values[feature] for feature in features_of(code))
