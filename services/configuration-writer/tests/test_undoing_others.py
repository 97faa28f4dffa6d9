"""Undoing decisions about tenants and configurations."""

from typing import Any

import pytest
from matchbook_configuration_writer.domain.events import aggregate_of
from matchbook_configuration_writer.domain.world import Undoable, World
from matchbook_contracts.decisions import (
    AcceptTenantMatch,
    ArchiveConfiguration,
    ChangeTenantMatch,
    CreateConfiguration,
    CreateOrganization,
    EditConfiguration,
    IgnoreTenant,
    MatchTenantTo,
    MatchTo,
    ReleaseConfiguration,
    RevertTenantMatch,
    UndoBulk,
    UndoConfigurationDecision,
    UndoTenantDecision,
)
from matchbook_contracts.match_events import BulkUndone, MatchEvent

from tests.support.invariants import fold
from tests.support.writer_records import prepare
from tests.support.writer_service import Rig
from tests.support.writer_world import (
    ADMINISTRATOR,
    CONTOSO,
    DESKTOP,
    DEVICE,
    FABRIKAM,
    LAPTOP,
    TENANT,
    THEIRS,
    a_world,
    applied,
    command,
    device,
    names,
    observed,
    refused,
    scoped,
    suggestion,
)

TENANT_SUGGESTION = "suggestion-of-tenant"
REVERT = {"kind": RevertTenantMatch}
MATCH = {"kind": MatchTenantTo, "organization_id": CONTOSO}
CHANGE = {"kind": ChangeTenantMatch, "organization_id": FABRIKAM}
IGNORE = {"kind": IgnoreTenant, "reason": "Ours"}
ACCEPT = {"kind": AcceptTenantMatch, "suggestion_id": TENANT_SUGGESTION}
CREATE = {"kind": CreateOrganization, "name": "Contoso Labs"}
ABOUT_LAPTOP: dict[str, Any] = {"organization_id": CONTOSO, "configuration_id": LAPTOP}
EDIT = {"kind": EditConfiguration, "values": {"location": "Cellar", "notes": "Wet"}, "locks": {"notes": True}}
ARCHIVE = {"kind": ArchiveConfiguration}


def a_tenant_world() -> World:
    """Contoso's tenant is matched, with a matched device below it, and Fabrikam is suggested for it."""
    world = a_world()
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    world.put_suggestion(suggestion(FABRIKAM, device_id=None, suggestion_id=TENANT_SUGGESTION))
    return world


def decided(world: World, what: dict[str, Any]) -> tuple[MatchEvent, ...]:
    """Decide, and remember of the decision what the database would."""
    asked = command(**{"actor": ADMINISTRATOR, **what})
    before: dict[str, Any] = {**world.tenant_matches, **world.configurations}
    events = applied(world, asked)
    kind, subject = aggregate_of(events[-1])
    world.undoable[asked.decision_id] = Undoable(kind, subject, events[-1].version, before.get(subject))
    return events


def undo_tenant(world: World, **more: Any) -> UndoTenantDecision:
    return command(UndoTenantDecision, undone_decision_id=list(world.undoable)[-1], **more)


def undo_configuration(world: World, **more: Any) -> UndoConfigurationDecision:
    return command(UndoConfigurationDecision, undone_decision_id=list(world.undoable)[-1], **{**ABOUT_LAPTOP, **more})


def standing(world: World) -> dict[str, Any]:
    """Where the tenant and its device stand, whoever decided it and when."""
    undone = {"version", "decided_by", "decided_at"}
    tenant = world.tenant_matches[TENANT].model_dump(exclude=undone)
    return {**tenant, "device": world.device_matches[TENANT, DEVICE].model_dump(exclude=undone)}


@pytest.mark.parametrize(
    ("story", "events"),
    [
        ([REVERT], ["MatchOrphaned", "TenantMatched"]),
        ([CHANGE], ["MatchOrphaned", "TenantMatchChanged"]),
        ([IGNORE], ["MatchOrphaned", "TenantMatched"]),
        ([REVERT, MATCH], ["MatchOrphaned", "TenantMatchReverted"]),
        ([REVERT, IGNORE], ["TenantMatchReverted"]),
        ([IGNORE, REVERT], ["TenantIgnored"]),
        ([REVERT, ACCEPT], ["TenantMatchReverted"]),
        ([REVERT, ACCEPT, REVERT], ["TenantMatched"]),
        ([REVERT, CREATE], ["TenantMatchReverted"]),
    ],
)
def test_a_tenants_decision_undone_leaves_it_and_its_devices_where_they_stood(
    story: list[dict[str, Any]], events: list[str]
) -> None:
    world = a_tenant_world()
    for what in story[:-1]:
        decided(world, what)
    before = standing(world)
    decided(world, story[-1])
    assert [name for name in names(applied(world, undo_tenant(world))) if name != "ConfigurationUpdated"] == events
    assert standing(world) == before


def test_what_a_tenants_undoing_says_of_itself() -> None:
    world = a_tenant_world()
    decided(world, REVERT)
    asked = undo_tenant(world, actor=ADMINISTRATOR)
    *_, event = applied(world, asked)
    state = world.tenant_matches[TENANT]
    assert (event.version, state.version, state.decided_by) == (state.version, event.version, ADMINISTRATOR)


@pytest.mark.parametrize(
    ("between", "more", "reason"),
    [
        ([IGNORE], {}, "stale_version"),
        ([], {"undone_decision_id": "never"}, "nothing_to_change"),
        ([], {"tenant_id": "tenant-fabrikam"}, "nothing_to_change"),
        ([], {"actor": scoped(CONTOSO)}, "not_allowed"),
    ],
)
def test_when_a_tenants_decision_is_not_undone(
    between: list[dict[str, Any]], more: dict[str, Any], reason: str
) -> None:
    world = a_tenant_world()
    decided(world, REVERT)
    asked = undo_tenant(world).model_copy(update=more)
    for what in between:
        decided(world, what)
    assert refused(world, asked).reason == reason


def test_a_tenant_does_not_return_to_an_organization_that_is_archived() -> None:
    world = a_tenant_world()
    decided(world, REVERT)
    world.put_organization(world.organizations[CONTOSO].model_copy(update={"archived": True}))
    assert refused(world, undo_tenant(world)).reason == "organization_archived"


def test_a_device_decision_is_not_undone_as_a_tenants() -> None:
    world = a_tenant_world()
    world.undoable["of-device"] = Undoable("device-match", TENANT, 1, None)
    assert refused(world, undo_tenant(world)).reason == "nothing_to_change"


@pytest.mark.parametrize(
    ("story", "event"),
    [
        ([EDIT], "ConfigurationUpdated"),
        ([ARCHIVE], "ConfigurationArchived"),
        ([EDIT, ARCHIVE], "ConfigurationArchived"),
        ([ARCHIVE, {**ARCHIVE, "archived": False}], "ConfigurationArchived"),
    ],
)
def test_a_configurations_decision_undone_leaves_it_as_it_was(story: list[dict[str, Any]], event: str) -> None:
    world = a_tenant_world()
    for what in story[:-1]:
        decided(world, {**ABOUT_LAPTOP, **what})
    before = world.configurations[LAPTOP]
    decided(world, {**ABOUT_LAPTOP, **story[-1]})
    assert names(applied(world, undo_configuration(world))) == [event]
    assert world.configurations[LAPTOP] == before.model_copy(update={"version": before.version + 2})


def test_an_edit_undone_shows_what_the_device_says_by_now() -> None:
    world = a_tenant_world()
    decided(world, {**ABOUT_LAPTOP, "kind": EditConfiguration, "values": {"model": "T14"}})
    assert observed(world, device(revision=2, model="21CC")) == []
    applied(world, undo_configuration(world))
    assert (world.configurations[LAPTOP].model, world.configurations[LAPTOP].fields["model"].locked) == ("21CC", False)


def test_a_release_undone_holds_the_configuration_again() -> None:
    world = a_world()
    created = applied(world, command(CreateConfiguration, confirmed=True))[-1].configuration_id  # type: ignore[attr-defined]
    about = {"organization_id": CONTOSO, "configuration_id": created}
    decided(world, {"kind": ReleaseConfiguration, **about})
    [event] = applied(world, undo_configuration(world, **about))
    assert [(change.field, change.after) for change in event.changes] == [("psa_sync", "held")]  # type: ignore[attr-defined]
    assert world.configurations[created].psa_sync == "held"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"undone_decision_id": "never"}, "nothing_to_change"),
        ({"configuration_id": DESKTOP}, "nothing_to_change"),
        ({"configuration_id": "unknown"}, "nothing_to_change"),
        ({"organization_id": FABRIKAM}, "other_organization"),
        ({"actor": scoped(FABRIKAM)}, "not_allowed"),
    ],
)
def test_when_a_configurations_decision_is_not_undone(more: dict[str, Any], reason: str) -> None:
    world = a_world()
    decided(world, {**ABOUT_LAPTOP, **EDIT})
    assert refused(world, undo_configuration(world).model_copy(update=more)).reason == reason


def test_a_configuration_that_sync_has_changed_since_is_left() -> None:
    world = a_world()
    decided(world, {**ABOUT_LAPTOP, **EDIT})
    asked = undo_configuration(world)
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    assert refused(world, asked).reason == "stale_version"
    assert THEIRS in world.configurations


async def test_a_mixed_bulk_action_is_undone_on_kafka_and_postgresql(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer, range(1, 4))
        await writer.publish(command(CreateConfiguration, device_id="device-1", confirmed=True, decision_id="create-1"))
        await writer.settle()
        created = (await writer.outcomes())["create-1"].configuration_id  # type: ignore[attr-defined]
        about: dict[str, Any] = {"organization_id": CONTOSO, "bulk_id": "mixed", "actor": ADMINISTRATOR}
        await writer.publish(
            command(ReleaseConfiguration, configuration_id=created, **about),
            command(ArchiveConfiguration, configuration_id="cfg-2", **about),
            command(EditConfiguration, configuration_id="cfg-3", values={"location": "Cellar"}, **about),
            command(RevertTenantMatch, bulk_id="mixed"),
        )
        await writer.settle()
        await writer.publish(
            command(EditConfiguration, configuration_id="cfg-3", values={"notes": "Dry"}, **{**about, "bulk_id": None})
        )
        await writer.settle()
        undo_all = command(UndoBulk, undone_bulk_id="mixed")
        await writer.publish(undo_all)
        await writer.settle()
        await writer.settle()
        undone = (await writer.outcomes())[undo_all.decision_id]
        assert isinstance(undone, BulkUndone)
        assert (undone.undone, undone.left) == (3, ("cfg-3",))
        assert await writer.broken() == []
    states = {key: state for found in fold(await writer.log()).values() for key, state in found.items()}
    shown = {key: states[key].model_dump() for key in (created, "cfg-2", TENANT, f"{TENANT}/device-1")}
    assert shown[created]["psa_sync"] == "held"
    assert not shown["cfg-2"]["archived"]
    assert shown[TENANT]["status"] == "matched"
    assert not shown[f"{TENANT}/device-1"]["orphaned"]
