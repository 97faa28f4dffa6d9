"""What can be said of a device in the end."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from matchbook_matcher.domain.pairs import Pair


@dataclass(slots=True, frozen=True, order=True)
class Elsewhere:
    """A configuration of another organization that has the device's serial number; of several, the least is told."""

    organization_id: str
    organization_name: str
    configuration_id: str
    configuration_name: str


class Suggested:
    """The device's configuration. `others` are the pairs it might be instead, best first.

    `twice`: further configurations with the same serial number.

    Made for nearly every device, so by hand as `records.Device` is.
    """

    __slots__ = ("best", "elsewhere", "others", "twice")

    def __init__(
        self,
        best: Pair,
        others: tuple[Pair, ...] = (),
        twice: tuple[str, ...] = (),
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.best = best
        self.others = others
        self.twice = twice
        self.elsewhere = elsewhere


@dataclass(slots=True, frozen=True)
class Conflict:
    """Pairs that can't be told apart. `contested` are the configurations that other devices claim as well."""

    pairs: tuple[Pair, ...]
    contested: AbstractSet[str] = frozenset()
    twice: tuple[str, ...] = ()
    elsewhere: Elsewhere | None = None


@dataclass(slots=True, frozen=True)
class Misplaced:
    """Nothing here, but the serial number is documented under another organization."""

    elsewhere: Elsewhere


@dataclass(slots=True, frozen=True)
class Superseded:
    """`by` is the id of the machine's newer enrolment in the same tenant."""

    by: str


@dataclass(slots=True, frozen=True)
class Nothing:
    reason: Literal["decided", "no_candidate"]


Answer = Suggested | Conflict | Misplaced | Superseded | Nothing
