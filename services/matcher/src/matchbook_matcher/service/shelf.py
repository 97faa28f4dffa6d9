"""Evaluated organizations in memory, so that a single change need not read and evaluate the whole again."""

from collections.abc import Sequence
from typing import NamedTuple

from matchbook_matcher import metrics
from matchbook_matcher.adapters.store import Turn
from matchbook_matcher.domain.kept import KeptOrganization


class Kept(NamedTuple):
    """An organization as it was after its `turn`, with the tenants that were matched to it, in order."""

    organization: KeptOrganization
    turn: Turn
    tenants: Sequence[str]


class Shelf:
    """At most so many devices and configurations in all; what was evaluated longest ago goes first."""

    def __init__(self, most_records: int) -> None:
        self._most = most_records
        self._records = 0
        self._kept: dict[str, Kept] = {}

    def take(self, organization_id: str, turn: Turn, tenants: Sequence[str]) -> KeptOrganization | None:
        """Take an organization down, if nobody has evaluated it since; it has to be put back once that is committed.

        What is not put back, since its transaction failed, is forgotten.
        """
        kept = self._kept.pop(organization_id, None)
        if kept is None:
            return None
        self._count(-len(kept.organization))
        return kept.organization if (kept.turn, kept.tenants) == (turn, tenants) else None

    def put(self, organization_id: str, kept: Kept) -> None:
        self.take(organization_id, Turn(), ())
        self._kept[organization_id] = kept
        self._count(len(kept.organization))
        while self._records > self._most:
            self.take(next(iter(self._kept)), Turn(), ())

    def _count(self, records: int) -> None:
        self._records += records
        metrics.RECORDS_KEPT.set(self._records)
