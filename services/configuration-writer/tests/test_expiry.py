"""Ignores that end by themselves when their time has come."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from matchbook_configuration_writer.domain.expiry import expire
from matchbook_contracts.decisions import AcceptMatch, IgnoreDevice, IgnoreTenant
from matchbook_contracts.match_events import MatchEvent, MatchReverted, TenantMatchReverted

from tests.support.writer_records import prepare
from tests.support.writer_service import Rig
from tests.support.writer_world import (
    DEVICE,
    NOW,
    OTHER_TENANT,
    SUGGESTION,
    TENANT,
    a_world,
    applied,
    command,
)

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("until", "now", "ends"),
    [
        (NOW + HOUR, NOW, False),
        (NOW + HOUR, NOW + HOUR, True),
        ((NOW + HOUR).astimezone(timezone(9 * HOUR)), NOW + HOUR, True),
        (None, NOW + 1000 * HOUR, False),
    ],
)
def test_an_ignore_ends_at_its_time_and_not_before(until: datetime | None, now: datetime, ends: bool) -> None:
    world = a_world()
    applied(world, command(IgnoreDevice, reason="Kiosk", until=until))
    events = list(expire([(TENANT, DEVICE)], world, now))
    assert len(events) == ends
    for event in events:
        assert isinstance(event, MatchReverted)
        assert (event.state.status, event.state.ignored_reason, event.state.ignored_until) == ("unmatched", None, None)
        assert event.state.ignored_suggestion is None
        assert (event.version, event.cause.actor and event.cause.actor.kind) == (2, "system")


def test_a_tenant_s_ignore_ends_too() -> None:
    world = a_world()
    applied(world, command(IgnoreTenant, tenant_id=OTHER_TENANT, until=NOW + HOUR))
    [event] = expire([(OTHER_TENANT, None), (TENANT, None)], world, NOW + HOUR)
    assert isinstance(event, TenantMatchReverted)
    assert (event.tenant_id, event.state.status) == (OTHER_TENANT, "unmatched")


def test_who_was_matched_meanwhile_stays_matched() -> None:
    world = a_world()
    applied(world, command(IgnoreDevice, until=NOW + HOUR))
    applied(world, command(AcceptMatch, suggestion_id=SUGGESTION))
    assert list(expire([(TENANT, DEVICE)], world, NOW + 2 * HOUR)) == []


def ended(events: list[MatchEvent]) -> list[Any]:
    return [event for event in events if event.cause.actor is not None and event.cause.actor.kind == "system"]


async def test_two_writers_end_each_ignore_once(writer: Rig) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    ignored = [command(IgnoreDevice, device_id=f"device-{number}", until=soon) for number in range(1, 41)]
    kept = command(IgnoreDevice, device_id="device-41", until=soon + HOUR)
    async with writer.running(), writer.running():
        await prepare(writer, range(1, 42))
        await writer.publish(*ignored, kept)
        async with asyncio.timeout(60):
            while len(ended(await writer.events())) < len(ignored):  # noqa: ASYNC110 - what is waited for is elsewhere
                await asyncio.sleep(0.2)
        await writer.settle()
        assert await writer.broken() == []
    found = ended(await writer.events())
    assert sorted(event.device_id for event in found) == sorted(item.device_id for item in ignored)
    assert all(event.occurred_at >= soon for event in found)
