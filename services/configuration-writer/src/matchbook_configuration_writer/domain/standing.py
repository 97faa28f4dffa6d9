"""What devices and tenants share: which action is possible from which status, and pairs not to suggest again."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from matchbook_contracts.base import FieldChange
from matchbook_contracts.decisions import RejectionReason
from matchbook_contracts.states import DeviceMatchState, MatchStatus, RevertedPair, TenantMatchState

Action: TypeAlias = Literal["accept", "match_to", "create", "ignore", "revert", "change"]
MatchState: TypeAlias = DeviceMatchState | TenantMatchState

# Everything that is not here is possible.
FORBIDDEN: Final[Mapping[tuple[Action, MatchStatus], RejectionReason]] = {
    ("accept", "matched"): "already_matched",
    ("match_to", "matched"): "already_matched",
    ("create", "matched"): "already_matched",
    ("ignore", "ignored"): "already_ignored",
    ("revert", "unmatched"): "already_unmatched",
    ("change", "unmatched"): "not_matched",
    ("change", "ignored"): "not_matched",
}
_REVERTED_KEPT = 50


def status_of(state: MatchState | None) -> MatchStatus:
    """A subject that was never decided is unmatched."""
    return "unmatched" if state is None else state.status


def version_of(state: MatchState | None) -> int:
    """A subject that was never decided has version 0."""
    return 0 if state is None else state.version


def with_reverted(state: MatchState | None, target_id: str | None) -> tuple[RevertedPair, ...]:
    """The reverted pairs after letting go of `target_id`, the newest last; the oldest fall off after fifty."""
    if state is None or target_id is None:
        return () if state is None else state.reverted
    kept = without_reverted(state, target_id)
    return (*kept, RevertedPair(target_id=target_id, fingerprint=state.fingerprint))[-_REVERTED_KEPT:]


def without_reverted(state: MatchState | None, target_id: str) -> tuple[RevertedPair, ...]:
    """The reverted pairs after matching to `target_id`: who matches it again thinks it right."""
    return () if state is None else tuple(pair for pair in state.reverted if pair.target_id != target_id)


def reverted_of_both(taken: DeviceMatchState | None, left: DeviceMatchState) -> tuple[RevertedPair, ...]:
    """The reverted pairs of two enrolments of one machine, for the one that takes over the match of `left`."""
    known = {pair.target_id for pair in left.reverted} | {left.configuration_id}
    own = taken.reverted if taken is not None else ()
    return (*(pair for pair in own if pair.target_id not in known), *left.reverted)[-_REVERTED_KEPT:]


def match_changes(before: DeviceMatchState | None, after: DeviceMatchState) -> tuple[FieldChange, ...]:
    """What is different about where a device stands, in a fixed order."""
    old, new = _shown(before), _shown(after)
    return tuple(
        FieldChange(field=name, before=old[name], after=new[name]) for name in new if old.get(name) != new[name]
    )


def _shown(state: DeviceMatchState | None) -> dict[str, str | None]:
    return {
        "status": status_of(state),
        "configuration_id": state.configuration_id if state else None,
        "orphaned": str(state.orphaned).lower() if state else "false",
        "superseded_by": state.superseded_by if state else None,
    }
