"""How good matches are, measured by labels: pure functions over plain records."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

BINS = 10


class Label(NamedTuple):
    """What a subject (a device or a tenant) truly is; `target` is None where nothing documents it."""

    target: str | None
    category: str | None = None


class Said(NamedTuple):
    """A match, as ids in text."""

    subject: str
    target: str
    confidence: float


@dataclass(slots=True)
class Tally:
    """Counts of subjects and of the matches at hand. `quiet`: undocumented subjects without a match."""

    documented: int = 0
    undocumented: int = 0
    right: int = 0
    wrong: int = 0
    quiet: int = 0

    @property
    def precision(self) -> float | None:
        """Share of the matches that are right; None without a match. All shares are from 0 to 1."""
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        """Share of the documented subjects that are matched rightly."""
        return _share(self.right, self.documented)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        return _share(2 * self.right, self.right + self.wrong + self.documented)

    @property
    def silence(self) -> float | None:
        """Share of the undocumented subjects that were left without a match."""
        return _share(self.quiet, self.undocumented)


class Bin(NamedTuple):
    """Matches of like confidence: how many, their mean confidence, and the share of them that is right."""

    size: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Violations:
    """What one-to-one forbids, and what no label speaks of.

    `targets` counts configurations (or organizations) with several subjects, `subjects` those with several targets.
    """

    targets: int
    subjects: int
    unlabelled: int


def tally(labels: Mapping[str, Label], said: Iterable[Said], at_least: float = 0.0) -> Tally:
    """The counts at a confidence; what no label speaks of is left out."""
    found = Tally(sum(label.target is not None for label in labels.values()))
    found.undocumented = len(labels) - found.documented
    loud = set()
    for match in said:
        label = labels.get(match.subject)
        if label is None or match.confidence < at_least:
            continue
        if label.target == match.target:
            found.right += 1
        else:
            found.wrong += 1
        if label.target is None:
            loud.add(match.subject)
    found.quiet = found.undocumented - len(loud)
    return found


def by_category(labels: Mapping[str, Label], said: Sequence[Said]) -> dict[str, tuple[dict[str, Label], list[Said]]]:
    """The labels and the matches of each category, by name; a label without one is in none."""
    found: defaultdict[str, tuple[dict[str, Label], list[Said]]] = defaultdict(lambda: ({}, []))
    for subject, label in labels.items():
        if label.category is not None:
            found[label.category][0][subject] = label
    for match in said:
        known = labels.get(match.subject)
        if known is not None and known.category is not None:
            found[known.category][1].append(match)
    return dict(sorted(found.items()))


def violations(labels: Mapping[str, Label], said: Iterable[Said]) -> Violations:
    targets: Counter[str] = Counter()
    subjects: Counter[str] = Counter()
    for match in said:
        targets[match.target] += 1
        subjects[match.subject] += 1
    return Violations(_several(targets), _several(subjects), sum(subject not in labels for subject in subjects))


def bins_of_width(labels: Mapping[str, Label], said: Iterable[Said]) -> list[Bin]:
    """The bins of the matches that have a label."""
    return bins_of_confidence(_judged(labels, said))


def bins_of_confidence(judged: Iterable[tuple[float, bool]]) -> list[Bin]:
    """BINS bins of equal width from 0 to 1, the upper bound included; empty ones are left out."""
    places: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in judged:
        places[max(0, math.ceil(confidence * BINS) - 1)].append((confidence, right))
    return [_bin(held) for _, held in sorted(places.items())]


def bins_of_count(labels: Mapping[str, Label], said: Iterable[Said]) -> list[Bin]:
    """At most BINS bins of about equal counts; equal confidences are never parted."""
    judged = sorted(_judged(labels, said))
    found: list[Bin] = []
    held: list[tuple[float, bool]] = []
    for place, (confidence, right) in enumerate(judged):
        held.append((confidence, right))
        last = place + 1 == len(judged)
        if last or (len(held) * BINS >= len(judged) and judged[place + 1][0] != confidence):
            found.append(_bin(held))
            held = []
    return found


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """The expected calibration error: how far confidence and truth are apart, each bin weighted by its count."""
    apart = sum(each.size * abs(each.confidence - each.right) for each in bins)
    return _share(apart, sum(each.size for each in bins))


def _judged(labels: Mapping[str, Label], said: Iterable[Said]) -> list[tuple[float, bool]]:
    return [
        (match.confidence, label.target == match.target)
        for match in said
        if (label := labels.get(match.subject)) is not None
    ]


def _bin(held: Sequence[tuple[float, bool]]) -> Bin:
    size = len(held)
    return Bin(size, sum(confidence for confidence, _ in held) / size, sum(right for _, right in held) / size)


def _several(counts: Counter[str]) -> int:
    return sum(count > 1 for count in counts.values())


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
