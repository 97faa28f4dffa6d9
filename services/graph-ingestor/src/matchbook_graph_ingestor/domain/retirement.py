"""Which absent devices may be retired: two complete sweeps without them, a brake, and a last look by id."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matchbook_graph_ingestor.domain.devices import Known

SWEEPS_MISSED = 2


class Absent(NamedTuple):
    """A live device that a complete sweep did not list.

    `absences` counts the complete sweeps before this one that missed it.
    """

    device_id: str
    absences: int


def absent(known: Iterable[Known], seen: set[str]) -> list[Absent]:
    """Of all of a tenant's known devices the live ones that a sweep did not see."""
    return [Absent(item.device_id, item.absences) for item in known if item.device_id not in seen and not item.retired]


class Brake(NamedTuple):
    """A sweep that would retire more than `share` of the live devices, and more than `at_least`, retires nothing
    unasked.
    """

    share: float
    at_least: int

    def limit(self, live: int) -> int:
        """How many of so many devices may go at once."""
        return max(self.at_least, int(self.share * live))


class Judgement(NamedTuple):
    """`candidates` may be looked up by id and retired.

    `braked` counts those held back until an administrator confirms.
    """

    candidates: Sequence[str]
    braked: int


def judge(missed: Sequence[Absent], live: int, brake: Brake, confirmed: int | None = None) -> Judgement:
    """Judge a complete sweep. `live` counts the devices that were live before it, the absent ones among them.

    `confirmed` is an administrator's word that devices absent this often or more may go whatever their number.
    """
    ripe = sorted(item for item in missed if item.absences + 1 >= SWEEPS_MISSED)
    freed = [item.device_id for item in ripe if confirmed is not None and item.absences >= confirmed]
    others = [item.device_id for item in ripe if confirmed is None or item.absences < confirmed]
    if len(others) > brake.limit(live):
        return Judgement(freed, len(others))
    return Judgement(sorted(freed + others), 0)


def confirmed_absences(braked_runs: Sequence[str], run_id: str) -> int | None:
    """How often a device was absent, at least, if the sweep `run_id` held it back; None for a sweep that did not.

    `braked_runs` are the tenant's latest consecutive sweeps that the brake stopped, oldest first. A device held back by
    one of them was missed by it, by one sweep before and by each that followed.
    """
    if run_id not in braked_runs:
        return None
    return SWEEPS_MISSED + len(braked_runs) - 1 - braked_runs.index(run_id)
