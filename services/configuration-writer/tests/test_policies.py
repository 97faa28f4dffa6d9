"""Auto-accept policies: what they accept, in whose name, and how a person has the last word."""

import asyncio
from typing import Any

import pytest
from matchbook_configuration_writer.domain.policies import Open, accepted
from matchbook_configuration_writer.domain.world import Policies
from matchbook_contracts.base import Actor
from matchbook_contracts.decisions import (
    AcceptMatch,
    IgnoreDevice,
    MatchTo,
    RevertMatch,
    SetAutoAcceptPolicies,
    UndoBulk,
    UndoDeviceDecision,
)
from matchbook_contracts.match_events import AutoAcceptPoliciesSet, BulkUndone, DecisionRejected
from matchbook_contracts.states import AutoAcceptPolicy, RevertedPair

from tests.support.writer_records import discovered, prepare, suggested
from tests.support.writer_service import Rig
from tests.support.writer_world import (
    ADMINISTRATOR,
    CONTOSO,
    DESKTOP,
    FABRIKAM,
    LAPTOP,
    MANAGER,
    NOW,
    TENANT,
    a_world,
    applied,
    command,
    refused,
    scoped,
    suggestion,
)


def policy(name: str = "Serial numbers", **values: Any) -> AutoAcceptPolicy:
    return AutoAcceptPolicy(**{"name": name, "rule": "serial_number", "minimum_confidence": 0.95, **values})


def setting(*policies: AutoAcceptPolicy, actor: Actor = ADMINISTRATOR) -> SetAutoAcceptPolicies:
    return command(SetAutoAcceptPolicies, policies=policies, actor=actor)


def decisions(policies: tuple[AutoAcceptPolicy, ...], *, reverted: tuple[RevertedPair, ...] = (), **values: Any) -> Any:
    item = Open(suggestion(**values), CONTOSO, reverted)
    return list(accepted([item], Policies(3, policies), NOW))


@pytest.mark.parametrize(
    ("changed", "values", "fits"),
    [
        ({}, {}, True),
        ({"minimum_confidence": 0.99}, {}, True),
        ({"minimum_confidence": 0.991}, {}, False),
        ({"rule": "mac_address"}, {}, False),
        ({"organization_ids": (CONTOSO,)}, {}, True),
        ({"organization_ids": (FABRIKAM,)}, {}, False),
        ({"organization_ids": ()}, {}, False),
        ({}, {"status": "conflict", "target_id": None}, False),
        ({}, {"reverted": (RevertedPair(target_id=LAPTOP),)}, False),
        ({}, {"reverted": (RevertedPair(target_id="another"),)}, True),
    ],
)
def test_what_a_policy_accepts(changed: dict[str, Any], values: dict[str, Any], fits: bool) -> None:
    assert len(decisions((policy(**changed),), **values)) == fits


def test_the_first_policy_that_fits_decides_in_its_own_name() -> None:
    [decision] = decisions((policy("Strict", minimum_confidence=1), policy("First"), policy("Second")))
    assert isinstance(decision, AcceptMatch)
    assert (decision.actor.kind, decision.actor.id, decision.bulk_id) == ("policy", "policy:First", "policy:First")
    assert decision == decisions((policy("First"),))[0]
    assert decision.decision_id != decisions((policy("Second"),))[0].decision_id
    assert decision.decision_id != decisions((policy("First"),), revision=2)[0].decision_id


def test_policies_are_replaced_as_a_whole_by_an_administrator() -> None:
    world = a_world()
    applied(world, setting(policy("a"), policy("b")))
    [event] = applied(world, setting(policy("c")))
    assert isinstance(event, AutoAcceptPoliciesSet)
    assert (event.version, [item.name for item in event.policies]) == (2, ["c"])
    assert world.policies == Policies(2, (policy("c"),))


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (setting(policy(), actor=MANAGER), "not_allowed"),
        (setting(policy(), actor=scoped(CONTOSO, role="Administrator")), "not_allowed"),
        (setting(policy("a"), policy("a")), "not_allowed"),
        (setting(policy(organization_ids=(CONTOSO, "org-nowhere"))), "unknown_organization"),
    ],
)
def test_what_policies_are_refused(asked: SetAutoAcceptPolicies, reason: str) -> None:
    assert refused(a_world(), asked).reason == reason


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        ([command(IgnoreDevice)], "already_ignored"),
        ([command(MatchTo, configuration_id=LAPTOP), command(RevertMatch)], "not_allowed"),
        ([command(MatchTo, configuration_id=DESKTOP), command(RevertMatch)], None),
    ],
)
def test_what_a_person_decided_before_a_policy_s_command_arrives_stands(story: list[Any], reason: str | None) -> None:
    world = a_world()
    [late] = decisions((policy(),))
    for asked in story:
        applied(world, asked)
    if reason is None:
        applied(world, late)
    else:
        assert refused(world, late).reason == reason


async def statuses(writer: Rig) -> dict[str, str]:
    connection = await writer.connect()
    rows = await connection.fetch("SELECT device_id, status FROM device_matches WHERE version > 0")
    await connection.close()
    return {row["device_id"]: row["status"] for row in rows}


async def settled(writer: Rig) -> None:
    """Until the writer has answered what it asked itself, too."""
    await writer.settle()
    await writer.settle()


async def test_policies_accept_what_is_suggested_and_what_comes_to_be(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer, range(1, 4), documented=range(1, 9))
        await writer.publish(setting(policy()))
        await settled(writer)
        assert await statuses(writer) == dict.fromkeys(("device-1", "device-2", "device-3"), "matched")
        unsure = suggested(5).candidate
        assert unsure is not None
        await writer.publish(*(discovered(number) for number in (4, 5)))
        await writer.publish(suggested(4), suggested(5, candidate=unsure.model_copy(update={"confidence": 0.9})))
        await settled(writer)
        assert (await statuses(writer)).keys() == {f"device-{number}" for number in range(1, 5)}
        # A revert holds against the same suggestion told again.
        await writer.publish(command(RevertMatch, device_id="device-1"))
        await settled(writer)
        await writer.publish(suggested(1, revision=2))
        await settled(writer)
        assert (await statuses(writer))["device-1"] == "unmatched"
        assert await writer.broken() == []
    actors = {
        event.cause.actor.id
        for event in (await writer.events())
        if event.cause.kind == "policy" and event.cause.actor is not None
    }
    assert actors == {"policy:Serial numbers"}


async def test_all_that_a_policy_did_is_undone_as_a_whole_and_not_done_again(writer: Rig) -> None:
    async with writer.running():
        await prepare(writer, range(1, 6))
        await writer.publish(setting(policy()))
        await settled(writer)
        undoing = command(UndoBulk, undone_bulk_id="policy:Serial numbers")
        await writer.publish(undoing)
        await settled(writer)
        undone = (await writer.outcomes())[undoing.decision_id]
        assert isinstance(undone, BulkUndone)
        assert (undone.undone, undone.left) == (5, ())
        await writer.publish(*(suggested(number, revision=2) for number in range(1, 6)))
        await writer.publish(setting(policy(minimum_confidence=0.9)))
        await settled(writer)
        assert set((await statuses(writer)).values()) == {"unmatched"}
        assert await writer.broken() == []


async def test_no_suggestion_falls_between_old_and_new_policies(writer: Rig) -> None:
    """Suggestions come in while the policies are set, again and again: none is missed."""
    numbers = range(1, 201)
    async with writer.running():
        await prepare(writer, range(1, 2), documented=numbers)
        await writer.publish(*(discovered(number) for number in numbers))
        for start in range(1, 201, 20):
            batch = [suggested(number, revision=2) for number in range(start, start + 20)]
            await asyncio.gather(
                writer.publish(*batch), writer.publish(setting(policy(minimum_confidence=0.5 + start / 1000)))
            )
        await settled(writer)
        assert await statuses(writer) == {f"device-{number}": "matched" for number in numbers}
        assert await writer.broken() == []
    rejected = [event for event in await writer.events() if isinstance(event, DecisionRejected)]
    assert {event.reason for event in rejected} <= {"already_matched"}
    assert all(event.tenant_id == TENANT for event in rejected)


async def test_policies_see_what_was_decided_just_before_them(writer: Rig) -> None:
    """One batch: the ignore ends, an ignore is undone, and policies are set, which look at both devices."""
    async with writer.running():
        await prepare(writer, range(1, 3))
        ignored = [command(IgnoreDevice, device_id=f"device-{number}") for number in (1, 2)]
        await writer.publish(*ignored)
        await writer.settle()
    reverted = command(RevertMatch, device_id="device-1")
    undone = command(UndoDeviceDecision, device_id="device-2", undone_decision_id=ignored[1].decision_id)
    await writer.publish(reverted, undone, setting(policy()))
    async with writer.running():
        await settled(writer)
        assert await statuses(writer) == {"device-1": "matched", "device-2": "matched"}
        assert await writer.broken() == []


async def test_a_refused_change_of_policies_asks_for_nothing_again(writer: Rig) -> None:
    """The suggestion stays open, since the configuration is taken; its one decision is not to be sent twice."""
    async with writer.running():
        await prepare(writer, range(1, 2), documented=range(1, 2))
        await writer.publish(discovered(2))
        await writer.publish(suggested(2, candidate=suggested(1).candidate))
        await writer.publish(command(MatchTo, device_id="device-1", configuration_id="cfg-1"))
        await settled(writer)
        await writer.publish(setting(policy()))
        await settled(writer)
        await writer.publish(setting(policy("a"), policy("a")))
        await settled(writer)
        assert await writer.broken() == []
    rejected = [event for event in await writer.events() if isinstance(event, DecisionRejected)]
    assert sorted(event.reason for event in rejected) == ["configuration_taken", "not_allowed"]
    asked = [item for item in (await writer.log()).topics["matchbook.decisions"] if b"policy:Serial" in item.value]
    assert len(asked) == 1


async def test_a_suggestion_told_again_or_outdated_is_not_asked_about(writer: Rig) -> None:
    """The suggestion stays open, since the configuration is taken; policies decide on the matcher's last word, once."""
    taken = suggested(1).candidate
    async with writer.running():
        await prepare(writer, range(1, 2), documented=range(1, 3))
        await writer.publish(command(MatchTo, device_id="device-1", configuration_id="cfg-1"))
        await writer.publish(discovered(2), setting(policy()))
        await settled(writer)
        last_word = suggested(2, revision=2, candidate=taken)
        for told in (last_word, last_word, suggested(2, revision=1)):
            await writer.publish(told)
            await settled(writer)
        assert await statuses(writer) == {"device-1": "matched"}
        assert await writer.broken() == []
    asked = [item for item in (await writer.log()).topics["matchbook.decisions"] if b"policy:Serial" in item.value]
    assert len(asked) == 1
