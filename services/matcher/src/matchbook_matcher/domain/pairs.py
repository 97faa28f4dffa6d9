"""A device and a configuration that may be the same machine, and what speaks for and against it."""

from collections import Counter
from typing import NotRequired, TypedDict

from matchbook_contracts.suggestions import Rule, Verdict

from matchbook_matcher.domain.compare import Learned
from matchbook_matcher.domain.digests import short_digest
from matchbook_matcher.domain.forms import UUID_DIGITS, Kind, Name, is_rounded
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.domain.scale import (
    ETHERNET_AGREES,
    NAME_SET_ASIDE,
    NO_MODEL,
    NO_USER,
    SERIAL_AGREES,
    WIFI_AGREES,
    Mac,
    Model,
    Named,
    Serial,
    User,
    Worth,
    findings_of,
)

_SEVERAL = 2
_OWN_ADAPTER = (ETHERNET_AGREES, WIFI_AGREES)
Aside = tuple[tuple[str, str], ...]
LONGEST_SHOWN = 250
_RIVAL = "another device fits this configuration just as well"
_MANY = "on many devices or configurations"


class Pair:
    """`code` says what the comparison found, `worth` what that is worth."""

    __slots__ = ("code", "configuration", "device", "worth")

    def __init__(self, device: Device, configuration: Configuration, code: int, worth: Worth) -> None:
        self.device = device
        self.configuration = configuration
        self.code = code
        self.worth = worth


def put_fullest_first(pairs: list[Pair], undecided: float) -> list[Pair]:
    """One machine's pairs, with its records in an order: the one to keep stands above the others.

    A machine documented twice is not two that can't be told apart. The record that agrees in most fields is kept, else
    the fullest; where that is the same, the suggestion has the confidence `undecided`, since a person has to say.
    """
    twins = _records_of_one(pairs)
    if len(twins) < _SEVERAL:
        return pairs
    order = {id(pair): _fullness(pair) for pair in twins}
    kept, second, *_ = sorted(
        twins, key=lambda pair: (order[id(pair)], pair.configuration.configuration_id), reverse=True
    )
    if order[id(kept)] == order[id(second)]:
        kept.worth = kept.worth._replace(confidence=min(undecided, kept.worth.confidence))
    rank, confidence = kept.worth.rank - 1, kept.worth.confidence
    for pair in twins:
        worth = pair.worth
        if pair is not kept:
            pair.worth = worth._replace(rank=min(rank, worth.rank), confidence=min(confidence, worth.confidence))
    return pairs


def _records_of_one(pairs: list[Pair]) -> list[Pair]:
    """Those with the device's serial number, else those with its address and one name."""
    found = [pair for pair in pairs if findings_of(pair.code).serial is Serial.AGREE]
    if len(found) >= _SEVERAL:
        return found
    found = [pair for pair in pairs if findings_of(pair.code).mac in _OWN_ADAPTER]
    if len(found) < _SEVERAL:
        return []
    names = Counter(name.key for pair in found for name in pair.configuration.names)
    return [pair for pair in found if any(names[name.key] > 1 for name in pair.configuration.names)]


def _fullness(pair: Pair) -> tuple[int, int, int]:
    _, mac, name, model, user = findings_of(pair.code)
    agree = (mac in _OWN_ADAPTER) + (name in (Named.AGREE, Named.TRUNCATED))
    agree += (model is Model.AGREE) + (user is User.AGREE)
    record = pair.configuration
    told = (*record.macs, *record.names, record.model, record.maker, record.people, record.family)
    return agree, sum(each is not None for each in told), pair.worth.rank


class Evidence(TypedDict):
    """What one field says, in the shape of `FieldEvidence`; a plain dictionary, since a hundred thousand are made."""

    field: str
    verdict: Verdict
    device_value: NotRequired[str]
    documented_value: NotRequired[str]
    reason: NotRequired[str]


class CandidateData(TypedDict):
    """The shape of `Candidate`."""

    target_id: str
    target_name: str
    rule: Rule
    confidence: float
    fingerprint: str
    evidence: list[Evidence]


_SERIAL: dict[Serial, Verdict] = {
    Serial.MISSING: "missing", Serial.AGREE: "agree", Serial.DISAGREE: "disagree", Serial.SET_ASIDE: "set_aside",
    Serial.CONFUSED: "similar", Serial.SLIP: "similar", Serial.NEIGHBOUR: "disagree", Serial.UNDOCUMENTED: "missing",
    Serial.UNREPORTED: "set_aside",
}  # fmt: skip
_MAC: dict[Mac, Verdict] = {
    Mac.MISSING: "missing", Mac.AGREE: "agree", Mac.AGREE_WIFI: "agree", Mac.DISAGREE: "disagree",
    Mac.SET_ASIDE: "set_aside",
}  # fmt: skip
_NAMED: dict[Named, tuple[Verdict, str | None]] = {
    Named.MISSING: ("missing", None),
    Named.AGREE: ("agree", None),
    Named.TRUNCATED: ("agree", "cut to 15 characters"),
    Named.ALIKE: ("similar", None),
    Named.SIMILAR: ("similar", None),
    Named.DISAGREE: ("disagree", None),
    Named.OTHER_NUMBER: ("disagree", "the numbers differ"),
    Named.SET_ASIDE: ("set_aside", None),
    Named.PERSONAL: ("agree", "a first name says whose it is, not which one"),
    Named.TITLED: ("similar", "the documented name is the user's"),
}
_NO_NAME = {
    Kind.DEFAULT: "a name the operating system gave, new with every installation",
    Kind.GENERIC: "says only what the machine is",
}
_MODEL: dict[Model, tuple[Verdict, str | None]] = {
    Model.AGREE: ("agree", None),
    Model.DISAGREE: ("disagree", None),
    Model.OTHER_MAKER: ("disagree", "of another manufacturer"),
    Model.OTHER_FAMILY: ("disagree", "another kind of machine"),
}
_USER: dict[User, Verdict] = {User.AGREE: "agree", User.DISAGREE: "disagree", User.MISSING: "missing"}
_SERIAL_REASONS = {
    Serial.CONFUSED: "they differ only in letters that are read for digits",
    Serial.SLIP: "one edit apart",
    Serial.NEIGHBOUR: "one edit apart, as neighbours in a batch are",
}
_RULE_FIELDS: dict[Rule, str] = {
    "serial_number": "serial_number", "mac_address": "mac_address", "device_name": "device_name",
}  # fmt: skip


def fingerprint(device: Device, configuration: Configuration) -> str:
    """Stands for the identities that were compared: the same as long as none of them changes, whatever else does."""
    name = "" if device.name is None else device.name.key
    macs = ",".join(sorted(configuration.macs))
    names = configuration.names
    keys = names[0].key if len(names) == 1 else ",".join(sorted([name.key for name in names]))
    return short_digest(
        f"{device.serial_key or ''}\x1f{device.wifi or ''}\x1f{device.ethernet or ''}\x1f{name}"
        f"\x1f{configuration.serial_key or ''}\x1f{macs}\x1f{keys}"
    )


def candidate(pair: Pair, learned: Learned, *, contested: bool = False) -> CandidateData:
    """What people are shown of a pair. `contested`: another device has as good a claim."""
    worth = pair.worth
    return {
        "target_id": pair.configuration.configuration_id,
        "target_name": shown(pair.configuration.name),
        "rule": worth.rule,
        "confidence": worth.confidence,
        "fingerprint": fingerprint(pair.device, pair.configuration),
        "evidence": evidence(pair, learned, contested=contested),
    }


def evidence(pair: Pair, learned: Learned, *, contested: bool = False) -> list[Evidence]:
    """One entry for each field, strongest first; fields without a value on either side are left out."""
    serial, mac, name, model, user = findings_of(pair.code)
    found = [
        _serial_evidence(pair, serial, learned),
        _mac_evidence(pair, mac, learned),
        _name_evidence(pair, name, learned),
    ]
    if model is not NO_MODEL:
        found.append(_model_evidence(pair, model))
    mine, theirs = pair.device.people, pair.configuration.people
    if user is not NO_USER and mine is not None and theirs is not None:
        found.append(_entry("user", _USER[user], mine.written, theirs.written))
    told = [entry for entry in found if len(entry) > 2]  # noqa: PLR2004 - more than its field and verdict
    if contested:
        deciding = _RULE_FIELDS[pair.worth.rule]
        return [{**entry, "reason": _RIVAL} if entry["field"] == deciding else entry for entry in told]
    return told


def _model_evidence(pair: Pair, finding: Model) -> Evidence:
    verdict, reason = _MODEL[finding]
    mine, theirs = pair.device.model, pair.configuration.model
    if finding is Model.OTHER_MAKER:
        mine, theirs = (" ".join(filter(None, (each.maker, each.model))) for each in (pair.device, pair.configuration))
    return _entry("model", verdict, mine, theirs, reason)


def _serial_evidence(pair: Pair, finding: Serial, learned: Learned) -> Evidence:
    device, configuration = pair.device, pair.configuration
    mine, theirs = device.serial, configuration.serial
    if finding is SERIAL_AGREES:
        same = device.serial_key == configuration.serial_key
        return _entry("serial_number", "agree", mine, theirs, None if same else _variant_reason(device, configuration))
    one_sided = finding in (Serial.UNREPORTED, Serial.UNDOCUMENTED)
    if one_sided and not (mine and theirs):
        return _entry("serial_number", "missing", mine, theirs)
    if one_sided or finding is Serial.SET_ASIDE:
        return _entry("serial_number", "set_aside", mine, theirs, _why_no_serial(device, configuration, learned))
    return _entry("serial_number", _SERIAL[finding], mine, theirs, _SERIAL_REASONS.get(finding))


def _why_no_serial(device: Device, configuration: Configuration, learned: Learned) -> str:
    if device.serial_key in learned.serials or configuration.serial_key in learned.serials:
        return _MANY
    rounded = configuration.serial is not None and is_rounded(configuration.serial)
    return "rounded by a spreadsheet" if rounded else "placeholder"


def _variant_reason(device: Device, configuration: Configuration) -> str:
    if len(device.serial_key or "") == len(configuration.serial_key or "") == UUID_DIGITS:
        return "a UUID with bytes in another order"
    if (device.serial_key or "").lstrip("0") == (configuration.serial_key or "").lstrip("0"):
        return "written without its leading zeros"
    told = "reported" if device.variant in configuration.serials else "documented"
    return f"{told} with the prefix of its bar code"


def _mac_evidence(pair: Pair, finding: Mac, learned: Learned) -> Evidence:
    device, configuration = pair.device, pair.configuration
    if finding is WIFI_AGREES:
        return _entry("mac_address", "agree", device.wifi, device.wifi)
    if finding is ETHERNET_AGREES:
        return _entry("mac_address", "agree", device.ethernet, device.ethernet)
    mine = _addresses((device.wifi, device.ethernet), device.set_aside)
    theirs = _addresses(configuration.macs, configuration.set_aside)
    reason = None
    if finding is Mac.SET_ASIDE:
        shared = any(mac in learned.macs for mac in (device.wifi, device.ethernet, *configuration.macs))
        aside = dict(device.set_aside + configuration.set_aside)
        reasons = ["shared by several machines, as a dock's is"] if shared else []
        reason = "; ".join(reasons + sorted(set(aside.values())))
    return _entry("mac_address", _MAC[finding], mine, theirs, reason)


def _addresses(usable: tuple[str | None, ...], aside: Aside) -> str | None:
    told = [mac for mac in usable if mac]
    if aside:
        told += [mac for mac, _ in aside]
    return ", ".join(told) or None


def _name_evidence(pair: Pair, finding: Named, learned: Learned) -> Evidence:
    mine = pair.device.name
    verdict, reason = _NAMED[finding]
    theirs = _shown(mine, pair.configuration.names)
    if mine is None:
        return _entry("device_name", verdict, None, theirs, reason)
    is_same = any(name.key == mine.key for name in pair.configuration.names)
    if finding is Named.TITLED and mine.kind is Kind.PERSONAL and is_same:
        verdict, reason = _NAMED[Named.PERSONAL]
    if finding is NAME_SET_ASIDE:
        reason = _why_no_name(mine, pair.configuration.names, learned)
    return _entry("device_name", verdict, mine.raw, theirs, reason)


def _why_no_name(mine: Name, theirs: tuple[Name, ...], learned: Learned) -> str:
    if mine.identifies and mine.key in learned.names:
        return _MANY
    return next(_NO_NAME[name.kind] for name in (mine, *theirs) if not name.identifies)


def _shown(mine: Name | None, names: tuple[Name, ...]) -> str | None:
    """The documented name that agrees, else the first."""
    if mine is not None:
        for name in names:
            if name.key == mine.key:
                return name.raw
    return names[0].raw if names else None


def shown(value: str) -> str:
    """Nobody reads more, and a record must not outgrow what Kafka takes."""
    return value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"


def _entry(field: str, verdict: Verdict, mine: str | None, theirs: str | None, reason: str | None = None) -> Evidence:
    if mine and theirs and reason is None and len(mine) <= LONGEST_SHOWN and len(theirs) <= LONGEST_SHOWN:
        # Most are like this, and made at once in half the time.
        return {"field": field, "verdict": verdict, "device_value": mine, "documented_value": theirs}
    entry: Evidence = {"field": field, "verdict": verdict}
    if mine:
        entry["device_value"] = shown(mine)
    if theirs:
        entry["documented_value"] = shown(theirs)
    if reason is not None:
        entry["reason"] = reason
    return entry
