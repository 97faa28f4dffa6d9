"""Undoing a decision, and a bulk action device by device."""

from dataclasses import replace
from typing import Any

import pytest
from matchbook_configuration_writer.domain.decide import decide
from matchbook_configuration_writer.domain.events import created_id
from matchbook_configuration_writer.domain.facts import SYNC, observe
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Subject
from matchbook_configuration_writer.domain.world import Bulk, BulkRow, Undoable, World
from matchbook_contracts.base import Actor, device_key
from matchbook_contracts.decisions import (
    AcceptMatch,
    ChangeMatch,
    ChangeTenantMatch,
    ConfigurationRow,
    CreateConfiguration,
    EditConfiguration,
    IgnoreDevice,
    ImportConfigurations,
    MatchTenantTo,
    MatchTo,
    RevertMatch,
    RevertTenantMatch,
    UndoBulk,
    UndoConfigurationDecision,
    UndoDeviceDecision,
    UndoTenantDecision,
)
from matchbook_contracts.match_events import BulkUndone, ConfigurationCreated, MatchEvent, MatchReverted
from matchbook_contracts.states import DeviceMatchState, Interface
from matchbook_local.testing import Database

from tests.support.writer_records import accept, prepare
from tests.support.writer_service import Rig, rig
from tests.support.writer_world import (
    ADMINISTRATOR,
    CONTOSO,
    DESKTOP,
    DEVICE,
    FABRIKAM,
    LAPTOP,
    NOW,
    SECOND,
    SUGGESTION,
    TENANT,
    a_world,
    applied,
    command,
    names,
    refused,
    scoped,
)

KEY = (TENANT, DEVICE)
ACCEPT = {"kind": AcceptMatch, "suggestion_id": SUGGESTION}
MATCH = {"kind": MatchTo, "configuration_id": DESKTOP}
CHANGE = {"kind": ChangeMatch, "configuration_id": LAPTOP}
CREATE = {"kind": CreateConfiguration, "confirmed": True}
IGNORE = {"kind": IgnoreDevice, "reason": "Kiosk"}
REVERT = {"kind": RevertMatch}


def decided(world: World, what: dict[str, Any]) -> tuple[MatchEvent, ...]:
    """Decide, and remember of the decision what the database would."""
    before = world.device_matches.get(KEY)
    asked = command(**what)
    events = applied(world, asked)
    created = next((event.state for event in events if isinstance(event, ConfigurationCreated)), None)
    world.undoable[asked.decision_id] = Undoable(
        "device-match", device_key(*KEY), world.device_matches[KEY].version, before, created
    )
    return events


def undo(world: World) -> UndoDeviceDecision:
    """The command that undoes the last decision."""
    return command(UndoDeviceDecision, undone_decision_id=list(world.undoable)[-1])


def documenting(*rows: ConfigurationRow) -> ImportConfigurations:
    """An import of further documentation."""
    return command(ImportConfigurations, import_id="further", chunk=1, chunks=1, rows=rows, actor=ADMINISTRATOR)


def meaning(state: DeviceMatchState | None) -> dict[str, Any]:
    """Where a device stands, whoever decided it and when."""
    shown = {} if state is None else state.model_dump(exclude={"version", "decided_by", "decided_at"})
    return shown or {
        **DeviceMatchState(
            tenant_id=TENANT, device_id=DEVICE, version=1, status="unmatched", organization_id=CONTOSO
        ).model_dump(exclude={"version", "decided_by", "decided_at"})
    }


@pytest.mark.parametrize(
    ("story", "events"),
    [
        ([ACCEPT], ["ConfigurationUpdated", "MatchReverted"]),
        ([MATCH], ["ConfigurationUpdated", "MatchReverted"]),
        ([IGNORE], ["MatchReverted"]),
        ([CREATE], ["ConfigurationArchived", "MatchReverted"]),
        ([ACCEPT, REVERT], ["ConfigurationUpdated", "DeviceMatched"]),
        ([MATCH, IGNORE], ["ConfigurationUpdated", "DeviceMatched"]),
        ([MATCH, CHANGE], ["ConfigurationUpdated", "ConfigurationUpdated", "MatchChanged"]),
        ([IGNORE, ACCEPT], ["ConfigurationUpdated", "DeviceIgnored"]),
        ([IGNORE, REVERT], ["DeviceIgnored"]),
        ([ACCEPT, REVERT, ACCEPT], ["ConfigurationUpdated", "MatchReverted"]),
    ],
)
def test_a_decision_undone_leaves_the_device_where_it_stood(story: list[dict[str, Any]], events: list[str]) -> None:
    world = a_world()
    for what in story[:-1]:
        decided(world, what)
    before, fields = world.device_matches.get(KEY), {key: c.fields for key, c in world.configurations.items()}
    decided(world, story[-1])
    assert names(applied(world, undo(world))) == events
    assert meaning(world.device_matches[KEY]) == meaning(before)
    assert {key: world.configurations[key].fields for key in fields} == fields


def test_undoing_twice_brings_the_match_back() -> None:
    world = a_world()
    decided(world, ACCEPT)
    matched = world.device_matches[KEY]
    asked = undo(world)
    before = world.device_matches[KEY]
    applied(world, asked)
    world.undoable[asked.decision_id] = Undoable(
        "device-match", device_key(*KEY), world.device_matches[KEY].version, before
    )
    applied(world, undo(world))
    assert meaning(world.device_matches[KEY]) == meaning(matched)


def test_what_has_changed_since_is_left() -> None:
    world = a_world()
    decided(world, ACCEPT)
    asked = undo(world)
    decided(world, REVERT)
    assert refused(world, asked).reason == "stale_version"


def test_undoing_an_undoing_archives_nothing_that_was_not_archived_before() -> None:
    world = a_world()
    decided(world, CREATE)
    created = world.device_matches[KEY].configuration_id
    assert created is not None
    decided(world, REVERT)
    for _ in range(2):
        asked, before = undo(world), world.device_matches[KEY]
        events = applied(world, asked)
        world.undoable[asked.decision_id] = Undoable(
            "device-match", device_key(*KEY), world.device_matches[KEY].version, before
        )
    assert names(events) == ["MatchReverted"]
    assert not world.configurations[created].archived


def test_a_created_configuration_that_someone_edited_is_kept() -> None:
    world = a_world()
    decided(world, CREATE)
    created = world.device_matches[KEY].configuration_id
    assert created is not None
    applied(world, command(EditConfiguration, organization_id=CONTOSO, configuration_id=created, values={"notes": "x"}))
    assert names(applied(world, undo(world))) == ["MatchReverted"]
    assert not world.configurations[created].archived


@pytest.mark.parametrize(
    ("said", "archived"),
    [
        ({}, True),
        ({"values": {"notes": "Spare"}}, False),
        ({"values": {"model": "Another"}}, False),
        ({"interfaces": (Interface(ip_address="10.0.0.7"),)}, False),
    ],
)
def test_a_created_configuration_that_an_import_documented_further_is_kept(said: Any, archived: bool) -> None:
    world = a_world()
    decided(world, CREATE)
    created = world.device_matches[KEY].configuration_id
    row = ConfigurationRow(row=2, id=created or "", organization_id=CONTOSO, **{"values": {}, **said})
    applied(world, documenting(row))
    # What sync writes is no documentation.
    for event in observe(replace(world.devices[KEY], revision=9, model="Newer"), world, Moment(NOW, SYNC)):
        world.fold([event])
    assert names(applied(world, undo(world)))[-1] == "MatchReverted"
    assert world.configurations[created or ""].archived == archived


def test_undoing_brings_back_no_organization_that_the_tenant_has_left() -> None:
    world = a_world()
    decided(world, MATCH)
    decided(world, REVERT)
    applied(world, command(ChangeTenantMatch, organization_id=FABRIKAM))
    decided(world, IGNORE)
    asked = command(UndoDeviceDecision, undone_decision_id=list(world.undoable)[-1], actor=scoped(FABRIKAM))
    [event] = applied(world, asked)
    assert isinstance(event, MatchReverted)
    assert (event.organization_id, event.previous_organization_id) == (FABRIKAM, None)


def test_a_match_undone_into_a_tenant_that_is_home_again_is_no_orphan() -> None:
    world = a_world()
    decided(world, MATCH)
    applied(world, command(RevertTenantMatch))
    decided(world, REVERT)
    applied(world, command(MatchTenantTo, organization_id=CONTOSO))
    applied(world, undo(world))
    state = world.device_matches[KEY]
    assert (state.status, state.configuration_id, state.orphaned) == ("matched", DESKTOP, False)


def test_a_match_whose_configuration_was_given_away_is_not_brought_back() -> None:
    world = a_world()
    decided(world, MATCH)
    decided(world, REVERT)
    asked = undo(world)
    applied(world, command(MatchTo, device_id=SECOND, configuration_id=DESKTOP))
    assert refused(world, asked).reason == "configuration_taken"


@pytest.mark.parametrize(
    ("actor", "reason"), [(scoped("org-fabrikam"), "not_allowed"), (scoped(CONTOSO), None), (None, "nothing_to_change")]
)
def test_who_may_undo_what(actor: Actor | None, reason: str | None) -> None:
    world = a_world()
    decided(world, ACCEPT)
    asked = undo(world)
    if actor is None:
        assert refused(world, command(UndoDeviceDecision, undone_decision_id="never")).reason == reason
    elif reason is None:
        applied(world, asked.model_copy(update={"actor": actor}))
    else:
        assert refused(world, asked.model_copy(update={"actor": actor})).reason == reason


def test_undoing_a_bulk_action_asks_for_each_row_and_lists_what_is_left() -> None:
    world = a_world()
    rows = (
        BulkRow("d1", "t/a", Subject("t", "a"), changed=False),
        BulkRow("d2", "t/b", Subject("t", "b"), changed=True),
        BulkRow("d3", "org", None, changed=True),
        BulkRow("d4", "t", Subject("t"), changed=False),
        BulkRow("d5", "cfg", Subject(organization_id="o", configuration_id="cfg"), changed=False),
    )
    world.bulks["bulk"] = Bulk(rows, undone=1)
    asked = command(UndoBulk, undone_bulk_id="bulk")
    outcome = decide(asked, world, NOW)
    assert isinstance(outcome, Applied)
    [event] = outcome.events
    assert isinstance(event, BulkUndone)
    assert (event.version, event.undone, event.left) == (2, 3, ("t/b", "org"))
    device, tenant, configuration = follow = list(outcome.commands)
    assert isinstance(device, UndoDeviceDecision)
    assert (device.tenant_id, device.device_id, device.undone_decision_id) == ("t", "a", "d1")
    assert isinstance(tenant, UndoTenantDecision)
    assert (tenant.tenant_id, tenant.undone_decision_id) == ("t", "d4")
    assert isinstance(configuration, UndoConfigurationDecision)
    assert (configuration.key, configuration.partition_key, configuration.undone_decision_id) == ("cfg", "o", "d5")
    assert {(item.bulk_id, item.actor) for item in follow} == {(asked.decision_id, asked.actor)}
    again = decide(asked, world, NOW)
    assert isinstance(again, Applied)
    assert list(again.commands) == follow
    assert refused(world, command(UndoBulk, undone_bulk_id="never")).reason == "unknown_bulk"
    assert refused(world, command(UndoBulk, undone_bulk_id="bulk", actor=scoped(CONTOSO))).reason == "not_allowed"


async def test_a_bulk_action_is_undone_on_kafka_and_postgresql(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer, range(1, 8))
        await writer.publish(*(accept(number, bulk_id="bulk-1") for number in range(1, 7)))
        await writer.publish(accept(1, bulk_id="bulk-1"))
        await writer.settle()
        await writer.publish(command(RevertMatch, device_id="device-2"))
        await writer.settle()
        undo_all = command(UndoBulk, undone_bulk_id="bulk-1")
        await writer.publish(undo_all, undo_all)
        await writer.settle()
        # The writer's own commands come back to it.
        await writer.settle()
        again = command(UndoBulk, undone_bulk_id=undo_all.decision_id)
        await writer.publish(again)
        await writer.settle()
        await writer.settle()
        found = await writer.outcomes()
        undone = found[undo_all.decision_id]
        assert isinstance(undone, BulkUndone)
        assert (undone.undone, undone.left) == (5, (f"{TENANT}/device-2",))
        redone = found[again.decision_id]
        assert isinstance(redone, BulkUndone)
        assert (redone.undone, redone.left) == (5, ())
        assert await writer.broken() == []
    connection = await writer.connect()
    states = await connection.fetch("SELECT device_id, status FROM device_matches ORDER BY device_id")
    await connection.close()
    assert [(row["device_id"], row["status"]) for row in states] == [
        ("device-1", "matched"),
        ("device-2", "unmatched"),
        *((f"device-{number}", "matched") for number in range(3, 7)),
    ]


async def test_an_undoing_is_undone_in_the_same_batch(
    kafka_bootstrap: str, topic_prefix: str, database: Database
) -> None:
    # One partition: across several, the bulk's undoing may be read before what it undoes.
    async with rig(kafka_bootstrap, topic_prefix, database, partitions=1) as writer:
        async with writer.running():
            await prepare(writer, range(1, 2))
        asked = accept(1, bulk_id="bulk-1")
        undone = command(UndoDeviceDecision, device_id="device-1", undone_decision_id=asked.decision_id)
        again = command(UndoDeviceDecision, device_id="device-1", undone_decision_id=undone.decision_id)
        bulk = command(UndoBulk, undone_bulk_id="bulk-1")
        await writer.publish(asked, undone, again, bulk)
        async with writer.running():
            await writer.settle()
            events = await writer.events()
            assert names(event for event in events if event.key == f"{TENANT}/device-1") == [
                "DeviceMatched",
                "MatchReverted",
                "DeviceMatched",
            ]
            told = (await writer.outcomes())[bulk.decision_id]
            assert isinstance(told, BulkUndone)
            assert (told.undone, told.left_count) == (0, 1)
            assert await writer.broken() == []


async def test_two_people_undo_the_same_bulk_action_at_once(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer, range(1, 4))
        await writer.publish(*(accept(number, bulk_id="bulk-1") for number in range(1, 4)))
        await writer.settle()
        both = [command(UndoBulk, undone_bulk_id="bulk-1") for _ in range(2)]
        await writer.publish(*both)
        await writer.settle(20)
        await writer.settle(20)
        found = await writer.outcomes()
        undone = [found[item.decision_id] for item in both]
        assert sorted(event.version for event in undone) == [1, 2]
        third = command(UndoBulk, undone_bulk_id="bulk-1")
        await writer.publish(third)
        await writer.settle(20)
        assert (await writer.outcomes())[third.decision_id].version == 3
        assert await writer.broken() == []
    connection = await writer.connect()
    states = await connection.fetch("SELECT status FROM device_matches")
    await connection.close()
    assert {row["status"] for row in states} == {"unmatched"}


def test_what_is_left_is_counted_whole_and_listed_in_part() -> None:
    world = a_world()
    rows = tuple(
        BulkRow(f"d{number}", f"t/{number}", Subject("t", str(number)), changed=True) for number in range(50_000)
    )
    world.bulks["bulk"] = Bulk(rows, undone=0)
    outcome = decide(command(UndoBulk, undone_bulk_id="bulk"), world, NOW)
    assert isinstance(outcome, Applied)
    [event] = outcome.events
    assert isinstance(event, BulkUndone)
    assert (event.undone, event.left_count) == (0, 50_000)
    assert event.left == tuple(f"t/{number}" for number in range(1_000))


async def test_what_a_decision_created_is_known_on_postgresql(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer, range(1, 3), documented=range(9, 10))
        creates = [command(CreateConfiguration, device_id=f"device-{number}") for number in (1, 2)]
        await writer.publish(*creates)
        await writer.settle()
        first, second = (created_id(asked.decision_id, "configuration") for asked in creates)
        row = ConfigurationRow(
            row=2, id=second, organization_id=CONTOSO, values={"notes": "Spare"}, keeps_archived=True
        )
        await writer.publish(documenting(row))
        await writer.settle()
        await writer.publish(
            *(
                command(UndoDeviceDecision, device_id=asked.device_id, undone_decision_id=asked.decision_id)
                for asked in creates
            )
        )
        await writer.settle()
        states = {event.key: event.state for event in await writer.events() if hasattr(event, "state")}
        assert {first: states[first].archived, second: states[second].archived} == {first: True, second: False}
        assert {states[f"{TENANT}/device-{number}"].status for number in (1, 2)} == {"unmatched"}
