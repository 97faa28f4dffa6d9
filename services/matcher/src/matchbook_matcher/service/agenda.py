"""Which marks are due: what has paused or waited long enough, and has rested from its last evaluation."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from matchbook_matcher.adapters.store import Marked, Subject, TouchedDirectory
from matchbook_matcher.domain.records import Key

_DIRECTORY = "directory"
_RENAMED = "renamed"
_SHORTEST_DELAY = 0.005


@dataclass(frozen=True, slots=True)
class Pace:
    """When to evaluate, see `MatcherSettings`; `bundle` is in organizations, the rest in seconds and as a factor.

    For `courtesy` seconds an organization is left to the process that keeps it, which need not read as much.
    """

    quiet: float = 0.1
    patience: float = 2.0
    rest_factor: float = 4.0
    bundle: int = 16
    courtesy: float = 1.0


class Rests:
    """Until when each unit is left alone: the longer its evaluation took, the longer."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._until: dict[str, float] = {}

    def took(self, units: Iterable[str], seconds: float, now: float) -> None:
        """Remember an evaluation of `units` together."""
        self._until = {unit: until for unit, until in self._until.items() if until > now}
        until = now + seconds * self._factor
        self._until.update((unit, until) for unit in units)

    def leave(self, units: Iterable[str], until: float) -> None:
        """Leave units alone until then."""
        self._until.update((unit, until) for unit in units)

    def left(self, unit: str, now: float) -> float:
        """Seconds, 0 when it has rested enough."""
        return max(0.0, self._until.get(unit, 0.0) - now)


@dataclass(slots=True)
class Agenda:
    """`renamed` and `devices` are the marks that are due; `delay` is how long until more could be, None for nothing."""

    renamed: list[Marked] = field(default_factory=list)
    devices: list[Marked] = field(default_factory=list)
    directory: list[Marked] = field(default_factory=list)
    delay: float | None = None

    def wait(self, seconds: float) -> None:
        """Something is due in so many seconds."""
        seconds = max(seconds, _SHORTEST_DELAY)
        self.delay = seconds if self.delay is None else min(self.delay, seconds)


def agenda_of(marks: Iterable[Marked], pace: Pace, rests: Rests, now: float) -> Agenda:
    """Sort the marks into what is due and what is not."""
    agenda = Agenda()
    for marked in marks:
        early = min(pace.quiet - marked.quiet, pace.patience - marked.waited)
        if early > 0:
            agenda.wait(early)
        elif marked.subject[0] == _DIRECTORY:
            if (left := rests.left("", now)) > 0:
                agenda.wait(left)
            else:
                agenda.directory.append(marked)
        elif marked.subject[0] == _RENAMED:
            agenda.renamed.append(marked)
        else:
            agenda.devices.append(marked)
    return agenda


def touched_directory(marks: Iterable[Marked]) -> TouchedDirectory | None:
    """What marks of the directory name; None where one of them means all of it."""
    named: defaultdict[str, set[str]] = defaultdict(set)
    for marked in marks:
        named[marked.subject[1]].update(marked.parts)
    if named.keys() - {"tenant", "organization"}:
        return None
    return TouchedDirectory(named["tenant"], named["organization"])


@dataclass(frozen=True, slots=True)
class Touched:
    """What has changed of an organization: single devices or, with `all_devices`, any, and single configurations."""

    devices: AbstractSet[Key] = frozenset()
    configurations: AbstractSet[str] = frozenset()
    all_devices: bool = False


@dataclass(slots=True)
class Round:
    """What to evaluate together, and which marks that answers once it is done."""

    organizations: list[str]
    tenants: list[str]
    by_organization: Mapping[str, Sequence[Marked]]
    by_tenant: Mapping[str, Sequence[Marked]]
    idle: list[int]
    """Marks that lead to nothing."""
    more: bool

    def answered(self, organizations: Iterable[str], tenants: Iterable[str]) -> list[int]:
        """The ids of the marks that are answered by the evaluation of these."""
        done = [mark for o in organizations for marked in self.by_organization.get(o, ()) for mark in marked.marks]
        done += [mark for t in tenants for marked in self.by_tenant.get(t, ()) for mark in marked.marks]
        return done + self.idle

    def touched(self, organization: str) -> Touched | None:
        """What its marks name; None where one of them means the whole organization."""
        named: defaultdict[str, set[Key]] = defaultdict(set)
        for marked in self.by_organization[organization]:
            kind, subject = marked.subject
            named[kind].update((subject, part) for part in marked.parts or [""])
        if "organization" in named:
            return None
        return Touched(named["device"], {identity for identity, _ in named["configuration"]}, "tenant" in named)


def round_of(  # noqa: PLR0913, PLR0917 - what has to be known to choose
    agenda: Agenda,
    behind: Mapping[Subject, str | None],
    elsewhere: Container[str],
    pace: Pace,
    rests: Rests,
    now: float,
) -> Round:
    """The organizations that waited longest. `behind` tells the organization of each mark, None where there is none.

    Those that are kept `elsewhere` are taken as if they had come later by the pace's courtesy.
    """
    waiting: defaultdict[str, list[Marked]] = defaultdict(list)
    tenants: defaultdict[str, list[Marked]] = defaultdict(list)
    idle: list[int] = []
    for marked in agenda.devices:
        organization = behind.get(marked.subject)
        kind, subject = marked.subject
        if organization is not None:
            waiting[organization].append(marked)
        elif kind in ("tenant", "device"):
            tenants[subject].append(marked)
        else:
            idle += marked.marks
    rested = []
    for organization, marks in waiting.items():
        waited = max(marked.waited for marked in marks) - (pace.courtesy if organization in elsewhere else 0.0)
        if (left := max(rests.left(organization, now), -waited)) > 0:
            agenda.wait(left)
        else:
            rested.append((-waited, organization))
    chosen = [organization for _, organization in sorted(rested)[: pace.bundle]]
    return Round(chosen, sorted(tenants), waiting, tenants, idle, len(rested) > pace.bundle)
