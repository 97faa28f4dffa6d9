"""What a comparison found, as one small number, and what each such number is worth."""

import math
from enum import IntEnum
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple

from matchbook_contracts.suggestions import Rule

from matchbook_matcher.domain.weights import DeviceWeights


class Serial(IntEnum):
    MISSING = 0
    AGREE = 1
    DISAGREE = 2
    SET_ASIDE = 3
    CONFUSED = 4
    """They differ only in letters that are read for digits."""
    NEAR = 5
    """One edit apart: the next machine of the batch, or a slip of the pen."""
    UNDOCUMENTED = 6
    """The device has one, the configuration has not."""


class Mac(IntEnum):
    MISSING = 0
    AGREE = 1
    AGREE_WIFI = 2
    DISAGREE = 3
    SET_ASIDE = 4


class Named(IntEnum):
    MISSING = 0
    AGREE = 1
    TRUNCATED = 2
    ALIKE = 3
    SIMILAR = 4
    DEFAULT = 5
    DISAGREE = 6
    OTHER_NUMBER = 7
    SET_ASIDE = 8


class Model(IntEnum):
    MISSING = 0
    AGREE = 1
    DISAGREE = 2
    OTHER_FAMILY = 3
    """A phone and a computer."""


class User(IntEnum):
    MISSING = 0
    AGREE = 1
    DISAGREE = 2


MODEL_STEP: Final = 1
NAME_STEP: Final = 4
MAC_STEP: Final = 64
SERIAL_STEP: Final = 512
USER_STEP: Final = 4096
CODES: Final = 3 * USER_STEP


class Worth(NamedTuple):
    """`rank` orders pairs: equal ranks can't be told apart. `rule` is the strongest field that agrees."""

    confidence: float
    rank: int
    rule: Rule


class Findings(NamedTuple):
    """The five fields of a comparison."""

    serial: Serial
    mac: Mac
    name: Named
    model: Model
    user: User

    @property
    def code(self) -> int:
        return (
            self.user * USER_STEP
            + self.serial * SERIAL_STEP
            + self.mac * MAC_STEP
            + self.name * NAME_STEP
            + self.model * MODEL_STEP
        )


@lru_cache(maxsize=CODES)
def findings_of(code: int) -> Findings:
    return Findings(
        Serial(code % USER_STEP // SERIAL_STEP),
        Mac(code % SERIAL_STEP // MAC_STEP),
        Named(code % MAC_STEP // NAME_STEP),
        Model(code % NAME_STEP),
        User(code // USER_STEP),
    )


def scale(weights: DeviceWeights) -> list[Worth | None]:
    """The worth of every code, by index; None where the pair is not to be suggested."""
    table: list[Worth | None] = [None] * CODES
    for fields in product(Serial, Mac, Named, Model, User):
        findings = Findings(*fields)
        table[findings.code] = _worth(findings, weights)
    return table


def logistic(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-score))


def _worth(findings: Findings, weights: DeviceWeights) -> Worth | None:
    rule = _rule(findings)
    if rule is None or _vetoed(findings):
        return None
    score = weights.base + sum(
        float(getattr(section, finding.name.lower()))
        for section, finding in zip(
            (weights.serial_number, weights.mac_address, weights.device_name, weights.model, weights.user),
            findings,
            strict=True,
        )
    )
    confidence = round(min(logistic(score), weights.greatest), 4)
    if confidence < weights.suggest_from:
        return None
    return Worth(confidence, round(score / weights.margin), rule)


def _rule(findings: Findings) -> Rule | None:
    if findings.serial is Serial.AGREE:
        return "serial_number"
    if findings.mac in (Mac.AGREE, Mac.AGREE_WIFI):
        return "mac_address"
    named = (Named.AGREE, Named.TRUNCATED, Named.ALIKE, Named.SIMILAR, Named.DEFAULT)
    return "device_name" if findings.name in named else None


def _vetoed(findings: Findings) -> bool:
    """A serial number that disagrees is another machine, unless its Wi-Fi adapter says that the board was replaced.

    Neighbours in a batch have neighbouring serial numbers: one edit apart is a slip only where an adapter proves it.
    """
    if findings.serial is Serial.NEAR:
        return findings.mac not in (Mac.AGREE, Mac.AGREE_WIFI)
    return findings.serial is Serial.DISAGREE and findings.mac is not Mac.AGREE_WIFI
