"""Ignores that end by themselves: who was ignored until a time is unmatched again after it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from matchbook_contracts.base import Actor, Cause
from matchbook_contracts.match_events import MatchEvent, MatchReverted, TenantMatchReverted
from matchbook_contracts.states import DeviceMatchState

from matchbook_configuration_writer.domain.events import device_event
from matchbook_configuration_writer.domain.outcomes import Moment
from matchbook_configuration_writer.domain.standing import MatchState
from matchbook_configuration_writer.domain.tenants import Case
from matchbook_configuration_writer.domain.world import Tenant, World

CLOCK: Final = Actor(kind="system", id="matchbook", name="Matchbook")
EXPIRED: Final = Cause(kind="sync", actor=CLOCK)


def expire(subjects: Iterable[tuple[str, str | None]], world: World, now: datetime) -> Iterator[MatchEvent]:
    """End the ignores of devices and, with None, of tenants; what is not due after all says nothing."""
    moment = Moment(now, EXPIRED)
    for tenant_id, device_id in subjects:
        if device_id is None:
            state: MatchState | None = world.tenant_matches.get(tenant_id)
        else:
            state = world.device_matches.get((tenant_id, device_id))
        if state is not None and _is_over(state, now):
            yield _ended(state, world, moment)


def _is_over(state: MatchState, now: datetime) -> bool:
    return state.status == "ignored" and state.ignored_until is not None and state.ignored_until <= now


def _ended(state: MatchState, world: World, moment: Moment) -> MatchEvent:
    ended: dict[str, Any] = {
        "version": state.version + 1,
        "status": "unmatched",
        "ignored_reason": None,
        "ignored_until": None,
        "decided_by": CLOCK,
        "decided_at": moment.now,
    }
    if isinstance(state, DeviceMatchState):
        device = world.devices.get((state.tenant_id, state.device_id))
        after = state.model_copy(update=ended | {"ignored_suggestion": None})
        return device_event(MatchReverted, state, after, moment=moment, device=device, configuration=None)
    tenant = world.tenants.get(state.tenant_id, Tenant(state.tenant_id, 0))
    return Case(world, moment, tenant, state).event(TenantMatchReverted, state.model_copy(update=ended))
