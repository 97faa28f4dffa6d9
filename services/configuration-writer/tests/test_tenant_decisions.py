"""Every action on a tenant in every status, and what it means for the matches below."""

from collections.abc import Callable
from typing import Any

import pytest
from matchbook_configuration_writer.domain.events import created_id
from matchbook_configuration_writer.domain.world import World
from matchbook_contracts.decisions import (
    AcceptTenantMatch,
    ChangeMatch,
    ChangeTenantMatch,
    CreateOrganization,
    EditConfiguration,
    IgnoreTenant,
    MatchTenantTo,
    MatchTo,
    RevertMatch,
    RevertTenantMatch,
)
from matchbook_contracts.states import OrganizationState

from tests.support.writer_world import (
    CONTOSO,
    DESKTOP,
    DEVICE,
    FABRIKAM,
    LAPTOP,
    OTHER_TENANT,
    READER,
    SECOND,
    SUGGESTION,
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

COMMANDS: dict[str, Callable[[], Any]] = {
    "accept": lambda: command(AcceptTenantMatch, suggestion_id=SUGGESTION),
    "match_to": lambda: command(MatchTenantTo, organization_id=CONTOSO),
    "create": lambda: command(CreateOrganization),
    "ignore": lambda: command(IgnoreTenant),
    "revert": lambda: command(RevertTenantMatch),
    "change": lambda: command(ChangeTenantMatch, organization_id=FABRIKAM),
}
EXPECTED = [
    ("unmatched", "accept", "TenantMatched"),
    ("unmatched", "match_to", "TenantMatched"),
    ("unmatched", "create", "TenantMatched"),
    ("unmatched", "ignore", "TenantIgnored"),
    ("unmatched", "revert", "already_unmatched"),
    ("unmatched", "change", "not_matched"),
    ("ignored", "accept", "TenantMatched"),
    ("ignored", "match_to", "TenantMatched"),
    ("ignored", "create", "TenantMatched"),
    ("ignored", "ignore", "already_ignored"),
    ("ignored", "revert", "TenantMatchReverted"),
    ("ignored", "change", "not_matched"),
    ("matched", "accept", "already_matched"),
    ("matched", "match_to", "already_matched"),
    ("matched", "create", "already_matched"),
    ("matched", "ignore", "TenantIgnored"),
    ("matched", "revert", "TenantMatchReverted"),
    ("matched", "change", "TenantMatchChanged"),
]
AFTER = {
    "TenantMatched": "matched",
    "TenantIgnored": "ignored",
    "TenantMatchReverted": "unmatched",
    "TenantMatchChanged": "matched",
}


def world_with(status: str) -> World:
    world = a_world()
    world.put_suggestion(suggestion(CONTOSO, device_id=None))
    if status != "matched":
        del world.tenant_matches[TENANT]
    if status == "ignored":
        applied(world, command(IgnoreTenant, reason="Test tenant"))
    return world


@pytest.mark.parametrize(("status", "action", "expected"), EXPECTED)
def test_every_action_in_every_status(status: str, action: str, expected: str) -> None:
    world = world_with(status)
    before = world.tenant_matches.get(TENANT)
    asked = COMMANDS[action]()
    if expected not in AFTER:
        rejected = refused(world, asked)
        assert rejected.reason == expected
        assert "Contoso" in rejected.message
        return
    events = applied(world, asked)
    after = world.tenant_matches[TENANT]
    assert names(events)[-1] == expected
    assert after.version == (before.version if before else 0) + 1 == events[-1].version
    assert after.status == AFTER[expected]
    assert (after.organization_id is not None) == (after.status == "matched")


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        (None, "no_suggestion"),
        ({"suggestion_id": "suggestion-2"}, "suggestion_changed"),
        ({"status": "conflict", "target_id": None}, "no_suggestion"),
        ({"target_id": "org-gone"}, "unknown_organization"),
        ({"target_id": "org-archived"}, "organization_archived"),
    ],
)
def test_accept_is_refused_when_the_suggestion_no_longer_holds(current: dict[str, Any] | None, reason: str) -> None:
    world = world_with("unmatched")
    world.put_organization(OrganizationState(organization_id="org-archived", version=1, name="Old", archived=True))
    world.suggestions.clear()
    if current is not None:
        world.put_suggestion(suggestion(**{"target_id": CONTOSO, "device_id": None, **current}))
    assert refused(world, command(AcceptTenantMatch, suggestion_id=SUGGESTION)).reason == reason


@pytest.mark.parametrize("kind", [MatchTenantTo, ChangeTenantMatch])
@pytest.mark.parametrize(
    ("target", "reason"), [("org-nowhere", "unknown_organization"), ("org-archived", "organization_archived")]
)
def test_an_organization_that_cannot_be_matched(kind: Any, target: str, reason: str) -> None:
    world = world_with("matched" if kind is ChangeTenantMatch else "unmatched")
    world.put_organization(OrganizationState(organization_id="org-archived", version=1, name="Old", archived=True))
    assert refused(world, command(kind, organization_id=target)).reason == reason


def test_change_to_the_organization_it_has_is_refused() -> None:
    assert (
        refused(world_with("matched"), command(ChangeTenantMatch, organization_id=CONTOSO)).reason == "already_matched"
    )


def test_an_unknown_tenant() -> None:
    for action in COMMANDS.values():
        rejected = refused(a_world(), action().model_copy(update={"tenant_id": "tenant-nowhere"}))
        assert (rejected.reason, rejected.may_be_early) == ("unknown_tenant", True)


def test_several_tenants_may_belong_to_one_organization() -> None:
    world = a_world()
    applied(world, command(MatchTenantTo, tenant_id=OTHER_TENANT, organization_id=CONTOSO))
    assert world.tenant_organization(OTHER_TENANT) == world.tenant_organization(TENANT) == CONTOSO


def test_create_documents_the_tenant_and_refuses_a_namesake() -> None:
    world = world_with("unmatched")
    rejected = refused(world, command(CreateOrganization, name="contoso DENTAL "))
    assert (rejected.reason, rejected.candidates) == ("candidates_exist", (CONTOSO,))
    asked = command(CreateOrganization, name="Contoso Clinics")
    created, matched = applied(world, asked)
    state = world.organizations[created_id(asked.decision_id, "organization")]
    assert (state.name, state.aliases, state.domains) == ("Contoso Clinics", ("Contoso",), ("contoso.example",))
    assert world.tenant_organization(TENANT) == state.organization_id
    assert names((created, matched)) == ["OrganizationCreated", "TenantMatched"]


def test_the_reverted_organization_is_remembered() -> None:
    world = world_with("unmatched")
    applied(world, command(AcceptTenantMatch, suggestion_id=SUGGESTION))
    applied(world, command(RevertTenantMatch))
    assert [(pair.target_id, pair.fingerprint) for pair in world.tenant_matches[TENANT].reverted] == [
        (CONTOSO, "fingerprint-1")
    ]


@pytest.mark.parametrize("action", COMMANDS)
def test_a_reader_and_a_scoped_stranger_decide_nothing(action: str) -> None:
    world = world_with("matched" if action in ("revert", "change") else "unmatched")
    for actor in (READER, scoped(FABRIKAM)):
        assert refused(world, COMMANDS[action]().model_copy(update={"actor": actor})).reason == "not_allowed"


def test_a_scoped_person_cannot_move_a_tenant_out_of_their_organizations() -> None:
    asked = command(ChangeTenantMatch, organization_id=FABRIKAM, actor=scoped(CONTOSO))
    assert refused(world_with("matched"), asked).reason == "not_allowed"


# --- what is below ---------------------------------------------------------------------------------------------------


def matched_below() -> World:
    world = a_world()
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    applied(world, command(MatchTo, device_id=SECOND, configuration_id=DESKTOP))
    return world


@pytest.mark.parametrize(
    "moved", [command(RevertTenantMatch), command(IgnoreTenant), command(ChangeTenantMatch, organization_id=FABRIKAM)]
)
def test_matches_below_a_tenant_that_leaves_are_orphaned_and_kept(moved: Any) -> None:
    world = matched_below()
    configurations = dict(world.configurations)
    events = applied(world, moved)
    assert names(events)[:-1] == ["MatchOrphaned", "MatchOrphaned"]
    for key, configuration_id in (((TENANT, DEVICE), LAPTOP), ((TENANT, SECOND), DESKTOP)):
        state = world.device_matches[key]
        assert (state.orphaned, state.configuration_id, state.organization_id) == (True, configuration_id, CONTOSO)
    assert world.configurations == configurations


def test_an_orphaned_match_is_not_synced_until_its_tenant_is_back() -> None:
    world = matched_below()
    applied(world, command(RevertTenantMatch))
    assert observed(world, device(revision=2, device_name="LT-9")) == []
    events = applied(world, command(MatchTenantTo, organization_id=CONTOSO))
    assert names(events) == ["ConfigurationUpdated", "MatchOrphaned", "MatchOrphaned", "TenantMatched"]
    assert not world.device_matches[TENANT, DEVICE].orphaned
    assert world.configurations[LAPTOP].fields["hostname"].value == "LT-9"


def test_an_edit_of_a_configuration_whose_match_is_orphaned_lets_nothing_of_the_device_in() -> None:
    world = matched_below()
    applied(world, command(RevertTenantMatch))
    observed(world, device(revision=2, device_name="LT-9"))
    edit = command(EditConfiguration, organization_id=CONTOSO, configuration_id=LAPTOP, values={"location": "Hall"})
    (event,) = applied(world, edit)
    assert world.configurations[LAPTOP].fields["hostname"].value == "LT-1"
    assert event.device_id is None  # type: ignore[attr-defined]


def test_an_orphaned_match_takes_access_to_both_organizations() -> None:
    world = matched_below()
    applied(world, command(ChangeTenantMatch, organization_id=FABRIKAM))
    for actor in (scoped(FABRIKAM), scoped(CONTOSO)):
        assert refused(world, command(RevertMatch, actor=actor)).reason == "not_allowed"
    applied(world, command(RevertMatch, actor=scoped(CONTOSO, FABRIKAM)))


def test_an_orphaned_match_can_be_changed_into_the_new_organization() -> None:
    world = matched_below()
    applied(world, command(ChangeTenantMatch, organization_id=FABRIKAM))
    applied(world, command(ChangeMatch, configuration_id=THEIRS))
    state = world.device_matches[TENANT, DEVICE]
    assert (state.orphaned, state.organization_id, state.configuration_id) == (False, FABRIKAM, THEIRS)
    assert world.configurations[LAPTOP].serial_number == "pf3x9k1"
