"""Every action on a device in every status: what it does, or the reason it is refused for."""

from collections.abc import Callable
from typing import Any

import pytest
from matchbook_configuration_writer.domain.events import created_id
from matchbook_configuration_writer.domain.world import World
from matchbook_contracts.decisions import (
    AcceptMatch,
    ChangeMatch,
    ChangeTenantMatch,
    CreateConfiguration,
    IgnoreDevice,
    MatchTenantTo,
    MatchTo,
    RevertMatch,
)
from matchbook_contracts.match_events import ConfigurationCreated
from matchbook_contracts.suggestions import fingerprint_of_all

from tests.support.writer_world import (
    ARCHIVED,
    CONTOSO,
    DESKTOP,
    DEVICE,
    FABRIKAM,
    FOREIGN,
    LAPTOP,
    OTHER_TENANT,
    POLICY,
    READER,
    SECOND,
    SUGGESTION,
    SYSTEM,
    TENANT,
    THEIRS,
    a_world,
    applied,
    command,
    device,
    documented,
    names,
    observed,
    refused,
    scoped,
    suggestion,
)

Status = str
COMMANDS: dict[str, Callable[[], Any]] = {
    "accept": lambda: command(AcceptMatch, suggestion_id=SUGGESTION),
    "match_to": lambda: command(MatchTo, configuration_id=LAPTOP),
    "create": lambda: command(CreateConfiguration, confirmed=True),
    "ignore": lambda: command(IgnoreDevice),
    "revert": lambda: command(RevertMatch),
    "change": lambda: command(ChangeMatch, configuration_id=DESKTOP),
}
EXPECTED = [
    ("unmatched", "accept", "DeviceMatched"),
    ("unmatched", "match_to", "DeviceMatched"),
    ("unmatched", "create", "DeviceMatched"),
    ("unmatched", "ignore", "DeviceIgnored"),
    ("unmatched", "revert", "already_unmatched"),
    ("unmatched", "change", "not_matched"),
    ("ignored", "accept", "DeviceMatched"),
    ("ignored", "match_to", "DeviceMatched"),
    ("ignored", "create", "DeviceMatched"),
    ("ignored", "ignore", "already_ignored"),
    ("ignored", "revert", "MatchReverted"),
    ("ignored", "change", "not_matched"),
    ("matched", "accept", "already_matched"),
    ("matched", "match_to", "already_matched"),
    ("matched", "create", "already_matched"),
    ("matched", "ignore", "DeviceIgnored"),
    ("matched", "revert", "MatchReverted"),
    ("matched", "change", "MatchChanged"),
]
AFTER = {
    "DeviceMatched": "matched",
    "DeviceIgnored": "ignored",
    "MatchReverted": "unmatched",
    "MatchChanged": "matched",
}


def world_with(status: Status) -> World:
    world = a_world()
    if status == "matched":
        applied(world, command(MatchTo, configuration_id=LAPTOP))
    elif status == "ignored":
        applied(world, command(IgnoreDevice, reason="Kiosk on loan"))
    return world


@pytest.mark.parametrize(("status", "action", "expected"), EXPECTED)
def test_every_action_in_every_status(status: Status, action: str, expected: str) -> None:
    world = world_with(status)
    before = world.device_matches.get((TENANT, DEVICE))
    asked = COMMANDS[action]()
    if expected not in AFTER:
        rejected = refused(world, asked)
        assert rejected.reason == expected
        assert "LT-1" in rejected.message
        return
    events = applied(world, asked)
    after = world.device_matches[TENANT, DEVICE]
    assert names(events)[-1] == expected
    assert events[-1].key == asked.key
    assert after.version == (before.version if before else 0) + 1 == events[-1].version
    assert after.status == AFTER[expected]
    assert (after.configuration_id is not None) == (after.status == "matched")
    assert all(event.cause.decision_id == asked.decision_id for event in events)


def test_accept_keeps_what_the_suggestion_rested_on_and_writes_synced_values() -> None:
    world = a_world()
    updated, matched = applied(world, command(AcceptMatch, suggestion_id=SUGGESTION, bulk_id="bulk-7"))
    state = world.device_matches[TENANT, DEVICE]
    assert (state.origin, state.rule, state.confidence, state.fingerprint) == (
        "accepted",
        "serial_number",
        0.99,
        "fingerprint-1",
    )
    assert (state.organization_id, state.configuration_id) == (CONTOSO, LAPTOP)
    assert matched.cause.bulk_id == "bulk-7"
    changed = {change.field: (change.before, change.after) for change in updated.changes}  # type: ignore[attr-defined]
    assert changed["serial_number"] == ("pf3x9k1", "PF3X9K1")
    assert changed["operating_system"] == (None, "Windows 10.0.26100")
    assert "location" not in changed
    assert matched.configuration == world.configurations[LAPTOP]  # type: ignore[attr-defined]
    assert world.configurations[LAPTOP].version == 2


def test_a_match_that_changes_no_value_updates_no_configuration() -> None:
    world = a_world()
    world.devices[TENANT, DEVICE] = device(
        device_name=None,
        manufacturer=" ",
        model=None,
        operating_system=None,
        os_version=None,
        user_principal_name=None,
        serial_number="pf3x9k1",
    )
    assert names(applied(world, command(AcceptMatch, suggestion_id=SUGGESTION))) == ["DeviceMatched"]
    assert world.configurations[LAPTOP].version == 1


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        (None, "no_suggestion"),
        ({"suggestion_id": "suggestion-2"}, "suggestion_changed"),
        ({"status": "conflict", "target_id": None}, "no_suggestion"),
        ({"target_id": "cfg-gone"}, "unknown_configuration"),
        ({"target_id": THEIRS}, "other_organization"),
        ({"target_id": ARCHIVED}, "configuration_archived"),
    ],
)
def test_accept_is_refused_when_the_suggestion_no_longer_holds(current: dict[str, Any] | None, reason: str) -> None:
    world = a_world()
    world.suggestions.clear()
    if current is not None:
        world.put_suggestion(suggestion(**current))
    assert refused(world, command(AcceptMatch, suggestion_id=SUGGESTION)).reason == reason


def test_a_withdrawn_suggestion_cannot_be_accepted() -> None:
    world = a_world()
    observed(world, suggestion(None, revision=2, suggestion_id=None, status=None))
    assert refused(world, command(AcceptMatch, suggestion_id=SUGGESTION)).reason == "no_suggestion"


@pytest.mark.parametrize(
    ("target", "reason", "named"),
    [
        ("cfg-nowhere", "unknown_configuration", "cfg-nowhere"),
        (THEIRS, "other_organization", "Fabrikam Legal"),
        (ARCHIVED, "configuration_archived", ARCHIVED),
        (DESKTOP, "configuration_taken", "LT-2"),
    ],
)
@pytest.mark.parametrize("kind", [MatchTo, ChangeMatch])
def test_a_configuration_that_cannot_be_matched(kind: Any, target: str, reason: str, named: str) -> None:
    world = world_with("matched" if kind is ChangeMatch else "unmatched")
    applied(world, command(MatchTo, device_id=SECOND, configuration_id=DESKTOP))
    rejected = refused(world, command(kind, configuration_id=target))
    assert rejected.reason == reason
    assert named in rejected.message
    assert rejected.about.configuration_id == target


def test_a_name_that_ends_in_a_full_stop_ends_its_sentence() -> None:
    world = a_world()
    for state in list(world.organizations.values()):
        world.put_organization(state.model_copy(update={"name": f"{state.name} Inc."}))
    message = refused(world, command(MatchTo, configuration_id=THEIRS)).message
    assert "to Contoso Dental Inc. Choose" in message
    assert message.endswith("to Fabrikam Legal Inc.")


def test_change_to_the_configuration_it_has_is_refused() -> None:
    assert refused(world_with("matched"), command(ChangeMatch, configuration_id=LAPTOP)).reason == "already_matched"


def test_change_reverts_the_old_configuration_and_remembers_the_pair() -> None:
    world = world_with("matched")
    events = applied(world, command(ChangeMatch, configuration_id=DESKTOP))
    assert names(events) == ["ConfigurationUpdated", "ConfigurationUpdated", "MatchChanged"]
    assert world.configurations[LAPTOP].serial_number == "pf3x9k1"
    assert world.configurations[DESKTOP].serial_number == "PF3X9K1"
    state = world.device_matches[TENANT, DEVICE]
    assert [(pair.target_id, pair.fingerprint) for pair in state.reverted] == [(LAPTOP, "fingerprint-1")]
    assert world.holder(LAPTOP) is None
    assert world.holder(DESKTOP) == (TENANT, DEVICE)


def test_revert_restores_documented_values_and_remembers_the_pair_until_it_is_matched_again() -> None:
    world = a_world()
    before = world.configurations[LAPTOP]
    applied(world, command(AcceptMatch, suggestion_id=SUGGESTION))
    updated, reverted = applied(world, command(RevertMatch))
    after = world.configurations[LAPTOP]
    assert after.model_copy(update={"version": 1}) == before
    assert updated.action == "revert"  # type: ignore[attr-defined]
    assert reverted.configuration == after  # type: ignore[attr-defined]
    assert reverted.previous_configuration_id == LAPTOP  # type: ignore[attr-defined]
    assert [pair.target_id for pair in world.device_matches[TENANT, DEVICE].reverted] == [LAPTOP]
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    assert world.device_matches[TENANT, DEVICE].reverted == ()


def test_ignoring_a_matched_device_frees_its_configuration() -> None:
    world = world_with("matched")
    applied(world, command(IgnoreDevice, reason="Sold"))
    state = world.device_matches[TENANT, DEVICE]
    assert (state.status, state.ignored_reason, state.configuration_id) == ("ignored", "Sold", None)
    assert world.holder(LAPTOP) is None
    assert world.configurations[LAPTOP].serial_number == "pf3x9k1"


TWO = {LAPTOP: "fingerprint-1", DESKTOP: "fingerprint-2"}


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ({}, ("suggested", LAPTOP, "fingerprint-1")),
        ({"target_id": None, "status": "conflict", "fingerprints": TWO}, ("conflict", None, fingerprint_of_all(TWO))),
        ({"target_id": None, "suggestion_id": None}, (None, None, None)),
    ],
)
def test_ignoring_keeps_what_was_suggested_until_the_device_is_reverted_or_matched(
    shown: dict[str, Any], kept: tuple[str | None, ...]
) -> None:
    world = a_world()
    world.put_suggestion(suggestion(revision=2, **shown))
    applied(world, command(IgnoreDevice))
    assert ignored_suggestion(world) == kept
    observed(world, suggestion(DESKTOP, revision=3))
    assert ignored_suggestion(world) == kept
    applied(world, command(RevertMatch))
    assert ignored_suggestion(world) is None
    applied(world, command(IgnoreDevice))
    assert ignored_suggestion(world) == ("suggested", DESKTOP, "fingerprint-1")
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    assert ignored_suggestion(world) is None


def test_of_a_matched_device_what_was_suggested_is_known_only_where_it_was_accepted() -> None:
    world = a_world()
    applied(world, command(AcceptMatch, suggestion_id=SUGGESTION))
    world.put_suggestion(suggestion(None, revision=2, suggestion_id=None))
    applied(world, command(IgnoreDevice))
    assert ignored_suggestion(world) == ("suggested", LAPTOP, "fingerprint-1")
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    applied(world, command(IgnoreDevice))
    assert ignored_suggestion(world) is None


def ignored_suggestion(world: World) -> tuple[str | None, ...] | None:
    kept = world.device_matches[TENANT, DEVICE].ignored_suggestion
    return None if kept is None else (kept.status, kept.target_id, kept.fingerprint)


# --- create ----------------------------------------------------------------------------------------------------------


def test_create_documents_the_device_held_from_psa_sync() -> None:
    world = a_world()
    asked = command(CreateConfiguration, device_id=SECOND, configuration_type="Laptop")
    created, matched = applied(world, asked)
    state = world.configurations[created_id(asked.decision_id, "configuration")]
    assert (state.psa_sync, state.version, state.name, state.serial_number) == ("held", 1, "LT-2", "PF3X9K2")
    assert state.configuration_type == "Laptop"
    assert world.device_matches[TENANT, SECOND].configuration_id == state.configuration_id
    assert created.state == matched.configuration == state  # type: ignore[attr-defined]
    applied(world, command(RevertMatch, device_id=SECOND))
    assert world.configurations[state.configuration_id].serial_number == "PF3X9K2"


@pytest.mark.parametrize(
    ("given", "device_name", "serial", "name"),
    [
        (" Front desk ", "LT-2", "PF3X9K2", "Front desk"),
        (" ", " LT-2 ", "PF3X9K2", "LT-2"),
        (None, None, " PF3X9K2 ", "PF3X9K2"),
        (None, " ", "PF3X9K2", "PF3X9K2"),
        (None, "Unknown", "PF3X9K2", "PF3X9K2"),
        (None, "?", "PF3X9K2", "PF3X9K2"),
        (None, "", "To be filled by O.E.M.", SECOND),
        (None, None, None, SECOND),
    ],
)
def test_a_created_configuration_is_named_after_its_device(
    given: str | None, device_name: str | None, serial: str | None, name: str
) -> None:
    world = a_world()
    world.devices[TENANT, SECOND] = device(SECOND, device_name=device_name, serial_number=serial)
    created, _ = applied(world, command(CreateConfiguration, device_id=SECOND, name=given, confirmed=True))
    assert isinstance(created, ConfigurationCreated)
    assert created.state.name == name


@pytest.mark.parametrize(
    "twin", [{"serial_number": "pf3x-9k2"}, {"macs": ("8C-1D-96-A0-B2-C4",)}, {"mac_address": "8c1d.96a0.b2c4"}]
)
def test_create_is_refused_where_a_free_configuration_is_the_same_machine(twin: dict[str, Any]) -> None:
    world = a_world()
    world.devices[TENANT, SECOND] = device(SECOND, ethernet_mac_address="8C1D96A0B2C4")
    world.put_configuration(documented("cfg-twin", **twin))
    rejected = refused(world, command(CreateConfiguration, device_id=SECOND))
    assert (rejected.reason, rejected.candidates) == ("candidates_exist", ("cfg-twin",))
    assert "cfg-twin" in rejected.message
    assert names(applied(world, command(CreateConfiguration, device_id=SECOND, confirmed=True)))[-1] == "DeviceMatched"


@pytest.mark.parametrize(
    "twin",
    [
        {"organization_id": FABRIKAM, "serial_number": "PF3X9K2"},
        {"archived": True, "serial_number": "PF3X9K2"},
        {"serial_number": "PF3X9K22"},
    ],
)
def test_create_is_not_hindered_by_another_machine(twin: dict[str, Any]) -> None:
    world = a_world()
    world.put_configuration(documented("cfg-other", **twin))
    applied(world, command(CreateConfiguration, device_id=SECOND))


def test_create_is_not_hindered_by_a_configuration_that_is_taken_or_by_a_junk_serial() -> None:
    world = a_world()
    world.devices[TENANT, SECOND] = device(SECOND, serial_number="To be filled by O.E.M.")
    world.put_configuration(documented("cfg-junk", serial_number="To be filled by O.E.M."))
    applied(world, command(CreateConfiguration, device_id=SECOND))
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    world.devices[TENANT, "device-3"] = device("device-3", serial_number="PF3X9K1")
    applied(world, command(CreateConfiguration, device_id="device-3"))


# --- what is known, and who asks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", COMMANDS)
def test_an_unknown_device(action: str) -> None:
    world = a_world()
    del world.devices[TENANT, DEVICE]
    rejected = refused(world, COMMANDS[action]())
    assert rejected.reason == "unknown_device"
    assert rejected.may_be_early


@pytest.mark.parametrize("action", ["accept", "match_to", "create"])
def test_matching_needs_a_matched_tenant(action: str) -> None:
    world = a_world()
    del world.tenant_matches[TENANT]
    rejected = refused(world, COMMANDS[action]())
    assert rejected.reason == "tenant_not_matched"
    assert "Contoso" in rejected.message
    applied(world, command(IgnoreDevice))


@pytest.mark.parametrize("action", ["accept", "match_to", "create"])
def test_a_retired_or_superseded_device_is_not_matched(action: str) -> None:
    world = a_world()
    world.devices[TENANT, DEVICE] = device(retired=True)
    assert refused(world, COMMANDS[action]()).reason == "device_retired"
    world = a_world()
    world.put_suggestion(suggestion(None, status="superseded", superseded_by=SECOND))
    rejected = refused(world, COMMANDS[action]())
    assert rejected.reason == "device_superseded"
    assert "LT-2" in rejected.message


@pytest.mark.parametrize("action", COMMANDS)
def test_a_reader_decides_nothing(action: str) -> None:
    world = world_with("matched" if action in ("revert", "change") else "unmatched")
    asked = COMMANDS[action]().model_copy(update={"actor": READER})
    assert refused(world, asked).reason == "not_allowed"
    assert (
        refused(world, asked.model_copy(update={"actor": READER.model_copy(update={"role": None})})).reason
        == "not_allowed"
    )


@pytest.mark.parametrize("action", COMMANDS)
def test_a_policy_may_only_accept_and_the_system_nothing(action: str) -> None:
    world = world_with("matched" if action in ("revert", "change") else "unmatched")
    assert refused(world, COMMANDS[action]().model_copy(update={"actor": SYSTEM})).reason == "not_allowed"
    by_policy = COMMANDS[action]().model_copy(update={"actor": POLICY})
    if action == "accept":
        events = applied(world, by_policy)
        assert events[-1].cause.kind == "policy"
    else:
        assert refused(world, by_policy).reason == "not_allowed"


@pytest.mark.parametrize("action", COMMANDS)
def test_a_scoped_person_decides_only_in_their_organizations(action: str) -> None:
    world = world_with("matched" if action in ("revert", "change") else "unmatched")
    asked = COMMANDS[action]()
    foreign = refused(world, asked.model_copy(update={"actor": scoped(FABRIKAM)}))
    missing = refused(world, asked.model_copy(update={"actor": scoped(FABRIKAM), "device_id": "device-nowhere"}))
    assert foreign.reason == missing.reason == "not_allowed"
    assert foreign.message == missing.message
    assert not any(word in foreign.message for word in ("LT-1", "Contoso", LAPTOP))
    applied(world, asked.model_copy(update={"actor": scoped(CONTOSO)}))


def test_a_scoped_person_learns_nothing_of_another_organizations_configuration() -> None:
    world = a_world()
    there = refused(world, command(MatchTo, configuration_id=THEIRS, actor=scoped(CONTOSO)))
    nowhere = refused(world, command(MatchTo, configuration_id="cfg-nowhere", actor=scoped(CONTOSO)))
    assert there.reason == nowhere.reason == "not_allowed"
    assert there.message == nowhere.message


def test_a_scoped_person_learns_nothing_of_another_organizations_device() -> None:
    world = a_world()
    applied(world, command(MatchTenantTo, tenant_id=OTHER_TENANT, organization_id=CONTOSO))
    applied(world, command(MatchTo, tenant_id=OTHER_TENANT, device_id=FOREIGN, configuration_id=DESKTOP))
    applied(world, command(ChangeTenantMatch, tenant_id=OTHER_TENANT, organization_id=FABRIKAM))
    assert "LT-fabrikam" in refused(world, command(MatchTo, configuration_id=DESKTOP)).message
    limited = refused(world, command(MatchTo, configuration_id=DESKTOP, actor=scoped(CONTOSO)))
    assert (limited.reason, "LT-fabrikam" in limited.message) == ("configuration_taken", False)


def test_a_scoped_person_has_no_access_to_an_unmatched_tenant() -> None:
    asked = command(IgnoreDevice, tenant_id=OTHER_TENANT, device_id=FOREIGN, actor=scoped(FABRIKAM))
    assert refused(a_world(), asked).reason == "not_allowed"


def test_the_same_command_decided_twice_gives_the_same_events() -> None:
    asked = command(CreateConfiguration, device_id=SECOND)
    assert applied(a_world(), asked) == applied(a_world(), asked)
