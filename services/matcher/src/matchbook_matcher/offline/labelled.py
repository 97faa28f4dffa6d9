"""Reads labels, decisions and matches, and finds the matches that no technician forgives."""

from collections.abc import Collection
from pathlib import Path

from matchbook_matcher.domain.fitting import Decisions
from matchbook_matcher.domain.forms import Hygiene
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.offline.ids import id_text
from matchbook_matcher.offline.lines import DecisionLine, FaultyLine, MatchLine, TruthLine, read
from matchbook_matcher.offline.reading import Inputs, Progress
from matchbook_matcher.offline.scoring import Label, Said

Pair = tuple[str, str]


def read_labels(path: Path, model: type[TruthLine], progress: Progress) -> dict[str, Label]:
    """By subject. Raises FaultyLine, also for a subject with two labels."""
    found: dict[str, Label] = {}
    with progress(f"Reading {path}", path.stat().st_size) as advance:
        for number, line in read(path, model, advance):
            subject = id_text(line.subject)
            if subject in found:
                raise FaultyLine(path, number, f"{subject} has a line before this one")
            found[subject] = Label(None if line.target is None else id_text(line.target), line.category)
    return found


def read_matches(path: Path, model: type[MatchLine], progress: Progress) -> list[Said]:
    """Every match, also where a subject has several. Raises FaultyLine."""
    with progress(f"Reading {path}", path.stat().st_size) as advance:
        return [
            Said(id_text(line.subject), id_text(line.target), line.confidence)
            for _, line in read(path, model, advance)
            if line.target is not None
        ]


def read_decisions(path: Path, progress: Progress) -> Decisions:
    """What people said of pairs. Raises FaultyLine, also for a pair that was decided in both ways."""
    pairs: dict[Pair, bool] = {}
    with progress(f"Reading {path}", path.stat().st_size) as advance:
        for number, line in read(path, DecisionLine, advance):
            pair = (id_text(line.device_id), id_text(line.configuration_id))
            if pairs.setdefault(pair, line.accepted) != line.accepted:
                raise FaultyLine(path, number, f"{pair[0]} and {pair[1]} have the opposite decision before this line")
    return Decisions(pairs, {device for (device, _), accepted in pairs.items() if accepted})


def other_serials(inputs: Inputs, said: Collection[Said], hygiene: Hygiene) -> set[Pair]:
    """The matches of a device and a configuration with the same name and usable serial numbers that disagree."""
    subjects, targets = {match.subject for match in said}, {match.target for match in said}
    devices = {
        facts.device_id: Device(facts, hygiene)
        for held in inputs.devices.values()
        for facts in held
        if facts.device_id in subjects
    }
    configurations = {
        facts.configuration_id: Configuration(facts, hygiene)
        for documented in inputs.configurations.values()
        for facts in documented
        if facts.configuration_id in targets
    }
    pairs = ((devices.get(match.subject), configurations.get(match.target)) for match in said)
    return {
        (device.device_id, configuration.configuration_id)
        for device, configuration in pairs
        if device is not None and configuration is not None and _is_another(device, configuration)
    }


def _is_another(device: Device, configuration: Configuration) -> bool:
    name = device.name
    if name is None or all(other.key != name.key for other in configuration.names):
        return False
    mine, theirs = device.serial_key, configuration.serial_key
    return mine is not None and theirs is not None and {mine, device.variant}.isdisjoint(configuration.serials)
