"""What news from Microsoft and the matcher does to what was decided."""

import pytest
from matchbook_configuration_writer.domain.intake import fact_of
from matchbook_configuration_writer.domain.world import Device, Retirement, Suggestion, Tenant, World
from matchbook_contracts.decisions import (
    AcceptMatch,
    ConfigurationRow,
    IgnoreDevice,
    ImportConfigurations,
    MatchTenantTo,
    MatchTo,
    RevertMatch,
    RevertTenantMatch,
)
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, DeviceRetired, TenantDiscovered, TenantLost
from matchbook_contracts.match_events import ConfigurationUpdated, MatchCarriedOver
from matchbook_contracts.states import IgnoredSuggestion
from matchbook_contracts.suggestions import Candidate, MatchSuggested, SuggestionWithdrawn
from matchbook_contracts.sync import RequestSync

from tests.support.writer_world import (
    ADMINISTRATOR,
    CONTOSO,
    DESKTOP,
    DEVICE,
    LAPTOP,
    NOW,
    SECOND,
    SUGGESTION,
    TENANT,
    a_world,
    applied,
    command,
    device,
    documented,
    names,
    observed,
    refused,
    suggestion,
)


def matched() -> World:
    world = a_world()
    applied(world, command(AcceptMatch, suggestion_id=SUGGESTION))
    return world


def superseded(revision: int = 2) -> Suggestion:
    return suggestion(None, revision=revision, status="superseded", superseded_by=SECOND, suggestion_id="s-2")


def test_a_change_of_a_matched_device_reaches_its_configuration() -> None:
    world = matched()
    (event,) = observed(world, device(revision=2, os_version="10.0.26200"))
    assert isinstance(event, ConfigurationUpdated)
    assert (event.action, event.cause.kind, event.cause.decision_id) == ("sync", "sync", None)
    assert [(change.field, change.before, change.after) for change in event.changes] == [
        ("operating_system", "Windows 10.0.26100", "Windows 10.0.26200")
    ]


def test_no_event_without_a_change_of_a_value_in_force() -> None:
    world = matched()
    assert observed(world, device(revision=2)) == []
    assert observed(world, device(revision=3, model=None, serial_number="None", manufacturer="")) == []


def test_an_unmatched_device_and_an_old_revision_change_nothing() -> None:
    world = matched()
    assert observed(world, device(SECOND, revision=2, model="other")) == []
    observed(world, device(revision=5))
    assert observed(world, device(revision=4, model="other")) == []
    assert world.devices[TENANT, DEVICE].model == "21CB0056GE"


def test_a_retired_device_keeps_its_match_and_its_facts() -> None:
    world = matched()
    [flagged] = observed(world, Retirement(TENANT, DEVICE, 2))
    assert isinstance(flagged, ConfigurationUpdated)
    assert [(item.field, item.before, item.after) for item in flagged.changes] == [("device_retired", "false", "true")]
    assert flagged.state.device_retired
    assert not flagged.state.archived
    assert observed(world, Retirement(TENANT, DEVICE, 3)) == []
    assert world.device_matches[TENANT, DEVICE].status == "matched"
    assert (world.devices[TENANT, DEVICE].retired, world.devices[TENANT, DEVICE].label) == (True, "LT-1")
    applied(world, command(RevertMatch))
    assert refused(world, command(MatchTo, configuration_id=LAPTOP)).reason == "device_retired"
    observed(world, device(revision=4))
    applied(world, command(MatchTo, configuration_id=LAPTOP))


@pytest.mark.parametrize("way", ["it comes back", "the match is reverted", "it was enrolled again"])
def test_a_flag_goes_with_what_it_says(way: str) -> None:
    world = matched()
    observed(world, Retirement(TENANT, DEVICE, 2))
    match way:
        case "it comes back":
            observed(world, device(revision=3))
        case "the match is reverted":
            applied(world, command(RevertMatch))
        case _:
            observed(world, superseded())
    assert not world.configurations[LAPTOP].device_retired


@pytest.mark.parametrize("retired", ["before", "meanwhile"])
def test_a_tenant_that_returns_brings_no_retired_device_back(retired: str) -> None:
    world = matched()
    if retired == "before":
        observed(world, Retirement(TENANT, DEVICE, 2))
    applied(world, command(RevertTenantMatch))
    if retired == "meanwhile":
        observed(world, Retirement(TENANT, DEVICE, 2))
    applied(world, command(MatchTenantTo, organization_id=CONTOSO))
    assert world.configurations[LAPTOP].device_retired
    observed(world, device(revision=3))
    assert not world.configurations[LAPTOP].device_retired


def test_an_import_leaves_the_flag() -> None:
    world = matched()
    observed(world, Retirement(TENANT, DEVICE, 2))
    before = world.configurations[LAPTOP]
    row = ConfigurationRow(row=2, id=LAPTOP, organization_id=before.organization_id, values={"notes": "Cellar"})
    asked = command(ImportConfigurations, actor=ADMINISTRATOR, import_id="i", chunk=1, chunks=1, rows=(row,))
    assert names(applied(world, asked)) == ["ConfigurationUpdated", "ImportApplied"]
    assert world.configurations[LAPTOP].device_retired


def test_a_device_that_is_not_matched_retires_without_a_flag() -> None:
    world = matched()
    assert observed(world, Retirement(TENANT, SECOND, 2)) == []


def test_a_match_moves_to_the_new_enrolment() -> None:
    world = matched()
    updated, left, taken = observed(world, superseded())
    assert names((updated, left, taken)) == ["ConfigurationUpdated", "MatchCarriedOver", "MatchCarriedOver"]
    assert isinstance(left, MatchCarriedOver)
    assert isinstance(taken, MatchCarriedOver)
    assert (left.device_id, left.other_device_id, left.configuration_id, left.previous_configuration_id) == (
        DEVICE,
        SECOND,
        None,
        LAPTOP,
    )
    assert (taken.device_id, taken.other_device_id, taken.configuration_id) == (SECOND, DEVICE, LAPTOP)
    old, new = world.device_matches[TENANT, DEVICE], world.device_matches[TENANT, SECOND]
    assert (old.status, old.superseded_by, old.version) == ("unmatched", SECOND, 2)
    assert (new.status, new.origin, new.decided_by, new.version) == ("matched", "carried_over", old.decided_by, 1)
    assert world.holder(LAPTOP) == (TENANT, SECOND)
    assert world.configurations[LAPTOP].serial_number == "PF3X9K2"
    assert observed(world, superseded(3)) == []


def test_a_match_moves_when_the_new_enrolment_is_discovered_last() -> None:
    world = matched()
    del world.devices[TENANT, SECOND]
    assert observed(world, superseded()) == []
    assert names(observed(world, device(SECOND)))[-2:] == ["MatchCarriedOver", "MatchCarriedOver"]


def test_a_match_moves_back_when_the_old_enrolment_lives_again() -> None:
    world = matched()
    observed(world, superseded())
    observed(world, suggestion(LAPTOP, revision=3))
    back = suggestion(None, device_id=SECOND, status="superseded", superseded_by=DEVICE)
    observed(world, back)
    assert world.holder(LAPTOP) == (TENANT, DEVICE)
    assert world.device_matches[TENANT, DEVICE].superseded_by is None


def test_an_enrolment_that_is_matched_again_is_superseded_no_longer() -> None:
    world = matched()
    observed(world, superseded())
    observed(world, suggestion(DESKTOP, revision=3))
    applied(world, command(IgnoreDevice))
    assert world.device_matches[TENANT, DEVICE].superseded_by == SECOND
    applied(world, command(MatchTo, configuration_id=DESKTOP))
    assert world.device_matches[TENANT, DEVICE].superseded_by is None


def test_an_orphaned_match_moves_without_telling_its_configuration_of_the_new_enrolment() -> None:
    world = matched()
    applied(world, command(RevertTenantMatch))
    before = world.configurations[LAPTOP]
    assert names(observed(world, superseded())) == ["MatchCarriedOver", "MatchCarriedOver"]
    assert world.device_matches[TENANT, SECOND].orphaned
    assert world.configurations[LAPTOP] == before


def test_what_was_reverted_for_either_enrolment_stays_reverted_for_the_new_one() -> None:
    world = matched()
    applied(world, command(RevertMatch))
    applied(world, command(MatchTo, configuration_id=DESKTOP))
    world.put_configuration(documented("cfg-other"))
    applied(world, command(MatchTo, device_id=SECOND, configuration_id="cfg-other"))
    applied(world, command(RevertMatch, device_id=SECOND))
    observed(world, superseded())
    state = world.device_matches[TENANT, SECOND]
    assert state.configuration_id == DESKTOP
    assert [pair.target_id for pair in state.reverted] == ["cfg-other", LAPTOP]


def test_an_ignored_machine_stays_ignored_after_it_is_enrolled_again() -> None:
    world = a_world()
    applied(world, command(IgnoreDevice, reason="Kiosk"))
    assert names(observed(world, superseded())) == ["MatchCarriedOver", "MatchCarriedOver"]
    state = world.device_matches[TENANT, SECOND]
    assert (state.status, state.ignored_reason) == ("ignored", "Kiosk")
    assert state.ignored_suggestion == IgnoredSuggestion(
        status="suggested", target_id=LAPTOP, fingerprint="fingerprint-1"
    )
    assert world.device_matches[TENANT, DEVICE].ignored_suggestion is None


def test_nothing_moves_to_an_enrolment_that_was_decided_by_itself_or_is_gone() -> None:
    world = matched()
    applied(world, command(MatchTo, device_id=SECOND, configuration_id=DESKTOP))
    assert observed(world, superseded()) == []
    world = matched()
    observed(world, Retirement(TENANT, SECOND, 2))
    assert observed(world, superseded()) == []
    assert observed(a_world(), superseded()) == []


# --- from records ----------------------------------------------------------------------------------------------------


def test_records_become_facts() -> None:
    discovered = DeviceDiscovered(
        tenant_id=TENANT,
        device_id=DEVICE,
        revision=4,
        facts=DeviceFacts(device_name="LT-1", serial_number="S1", email_address="jo@contoso.example"),
    )
    fact = fact_of(discovered)
    assert isinstance(fact, Device)
    assert (fact.device_name, fact.serial_number, fact.user_principal_name) == ("LT-1", "S1", "jo@contoso.example")
    assert fact_of(DeviceRetired(tenant_id=TENANT, device_id=DEVICE, revision=5)) == Retirement(TENANT, DEVICE, 5)
    assert fact_of(
        TenantDiscovered(tenant_id=TENANT, revision=1, display_name="C", verified_domains=("c.example",))
    ) == Tenant(TENANT, 1, "C", ("c.example",))
    assert fact_of(TenantLost(tenant_id=TENANT, revision=2, reason="consent_missing")) == Tenant(
        TENANT, 2, lost="consent_missing"
    )
    assert fact_of(RequestSync(request_id="r", actor=ADMINISTRATOR, requested_at=NOW)) is None


def test_suggestions_become_facts() -> None:
    first, second = (
        Candidate(
            target_id=target, target_name=target, rule="serial_number", confidence=0.9, fingerprint=f"fp-{target}"
        )
        for target in (LAPTOP, DESKTOP)
    )
    suggested = MatchSuggested(
        subject="device",
        tenant_id=TENANT,
        device_id=DEVICE,
        revision=1,
        suggestion_id="s",
        status="suggested",
        candidate=first,
        runners_up=(second,),
    )
    fact = fact_of(suggested)
    assert isinstance(fact, Suggestion)
    assert (fact.target_id, fact.confidence) == (LAPTOP, 0.9)
    assert fact.fingerprints == {LAPTOP: f"fp-{LAPTOP}", DESKTOP: f"fp-{DESKTOP}"}
    withdrawn = SuggestionWithdrawn(subject="device", tenant_id=TENANT, device_id=DEVICE, revision=2, reason="decided")
    assert fact_of(withdrawn) == Suggestion(TENANT, DEVICE, 2)
