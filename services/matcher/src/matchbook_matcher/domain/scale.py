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
    SLIP = 5
    """One edit apart where no batch counts on: a slip of the pen, if another field says so too."""
    NEIGHBOUR = 6
    """One edit apart in the last characters, as the next machine of a batch is."""
    UNDOCUMENTED = 7
    """The device has one, the configuration has none that can be used."""
    UNREPORTED = 8
    """The configuration has one, the device has none that can be used."""


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
    DISAGREE = 5
    OTHER_NUMBER = 6
    SET_ASIDE = 7
    PERSONAL = 8
    TITLED = 9
    """The documented name is that of its user, and no machine's."""


class Model(IntEnum):
    MISSING = 0
    AGREE = 1
    DISAGREE = 2
    OTHER_MAKER = 3
    OTHER_FAMILY = 4
    """A phone and a computer."""


class User(IntEnum):
    MISSING = 0
    AGREE = 1
    DISAGREE = 2


# What most pairs find, by names of their own: Python 3.11 looks a member of an enum up in four times as long.
SERIAL_AGREES: Final = Serial.AGREE
UNDOCUMENTED: Final = Serial.UNDOCUMENTED
WIFI_AGREES: Final = Mac.AGREE_WIFI
ETHERNET_AGREES: Final = Mac.AGREE
NO_MAC: Final = Mac.MISSING
NAME_AGREES: Final = Named.AGREE
NAME_SET_ASIDE: Final = Named.SET_ASIDE
NO_MODEL: Final = Model.MISSING
NO_USER: Final = User.MISSING
MODEL_STEP: Final = 1
NAME_STEP: Final = MODEL_STEP * len(Model)
MAC_STEP: Final = NAME_STEP * len(Named)
SERIAL_STEP: Final = MAC_STEP * len(Mac)
USER_STEP: Final = SERIAL_STEP * len(Serial)
CODES: Final = USER_STEP * len(User)
_MACS: Final = (Mac.AGREE, Mac.AGREE_WIFI)
_OTHER_MODELS: Final = (Model.DISAGREE, Model.OTHER_MAKER, Model.OTHER_FAMILY)
_NAMES: Final = (Named.AGREE, Named.TRUNCATED, Named.ALIKE, Named.SIMILAR, Named.PERSONAL, Named.TITLED)
_NEARLY: Final = (Named.ALIKE, Named.SIMILAR)


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


def certainty(findings: Findings, score: float, weights: DeviceWeights) -> float:
    """The confidence of a score. Nothing is certain; least of all a name, which may be used again after a replacement,
    where neither a serial number, though with a slip, nor an adapter nor a user says the same.

    A machine with a mere placeholder for a serial number is hardly replaced by one of its model that has none either.
    """
    by_name = _rule(findings) == "device_name" and findings.serial not in (Serial.CONFUSED, Serial.SLIP)
    numberless = findings.serial is Serial.SET_ASIDE and findings.model is Model.AGREE
    proven = (findings.user is User.AGREE or numberless) and findings.name is not Named.TITLED
    return min(logistic(score), weights.name_alone if by_name and not proven else weights.greatest)


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
    confidence = round(certainty(findings, score, weights), 4)
    if confidence < weights.suggest_from:
        return None
    return Worth(confidence, round(score / weights.margin), rule)


def _rule(findings: Findings) -> Rule | None:
    """The strongest field that speaks for the pair; None where nothing does, or too little.

    JSMITH-PC and KSMITH-PC are no slip of the pen where their users are others.
    """
    serial, mac, name, model, user = findings
    if serial is Serial.AGREE:
        return "serial_number"
    if mac in _MACS:
        return "mac_address"
    if name is Named.TITLED or name not in _NAMES:
        if serial in (Serial.CONFUSED, Serial.SLIP):
            return "serial_number"
        return "device_name" if name is Named.TITLED and model in (Model.AGREE, Model.MISSING) else None
    if name in _NEARLY and user is User.DISAGREE and serial not in (Serial.CONFUSED, Serial.SLIP):
        return None
    return "device_name"


def _vetoed(findings: Findings) -> bool:
    """A serial number that disagrees is another machine, unless its Wi-Fi adapter says that the board was replaced.

    A new board makes no other model: an adapter in another one has moved. One edit apart is a slip where another field
    agrees; where a batch counts, the Wi-Fi adapter has to. A user has two machines of a batch when their names say so.
    """
    serial, mac, name, model, user = findings
    named = name in _NAMES and name is not Named.TITLED
    match serial:
        case Serial.DISAGREE:
            known = named or user is User.AGREE or name in (Named.MISSING, Named.SET_ASIDE)
            return mac is not Mac.AGREE_WIFI or not known or model in _OTHER_MODELS
        case Serial.NEIGHBOUR:
            return mac is not Mac.AGREE_WIFI
        case Serial.SLIP:
            return not (named or mac in _MACS or (user is User.AGREE and name is not Named.OTHER_NUMBER))
        case Serial.CONFUSED:
            return not (named or mac in _MACS or user is User.AGREE or model is Model.AGREE)
        case _:
            return False
