"""Edits, archiving, release; fields with documented and synced values and locks; edits of organizations."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matchbook_configuration_writer.domain.fields import value_of, with_edits, with_synced, without_synced
from matchbook_configuration_writer.domain.mapping import mac_identifies, mapped
from matchbook_contracts.decisions import (
    ArchiveConfiguration,
    CreateConfiguration,
    EditConfiguration,
    EditOrganization,
    MatchTo,
    ReleaseConfiguration,
)
from matchbook_contracts.states import FieldValue

from tests.support.writer_world import (
    ADMINISTRATOR,
    CONTOSO,
    DEVICE,
    FABRIKAM,
    LAPTOP,
    READER,
    SECOND,
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
)


def edit(values: Any = None, configuration_id: str = LAPTOP, **more: Any) -> EditConfiguration:
    standard: dict[str, Any] = {
        "organization_id": CONTOSO,
        "configuration_id": configuration_id,
        "values": values or {},
    }
    return command(EditConfiguration, **{**standard, **more})


def test_an_edit_sets_and_clears_documented_values() -> None:
    world = a_world()
    (event,) = applied(world, edit({"location": " Surgery 2 ", "serial_number": None, "notes": "new"}))
    state = world.configurations[LAPTOP]
    assert (state.version, state.serial_number, state.serial_usable) == (2, None, False)
    assert {change.field: (change.before, change.after) for change in event.changes} == {  # type: ignore[attr-defined]
        "serial_number": ("pf3x9k1", None),
        "notes": (None, "new"),
        "location": ("Reception", "Surgery 2"),
    }
    assert "serial_number" not in state.fields


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (edit({"location": "Reception"}), "nothing_to_change"),
        (edit(), "nothing_to_change"),
        (edit({"location": "x"}, expected_version=7), "stale_version"),
        (edit({"name": " "}), "not_allowed"),
        (edit({"location": "x"}, "cfg-nowhere"), "unknown_configuration"),
        (edit({"location": "x"}, THEIRS), "other_organization"),
        # The sentence would name an organization that is not theirs.
        (edit({"location": "x"}, organization_id=FABRIKAM, actor=scoped(CONTOSO)), "not_allowed"),
        (edit({"location": "x"}, actor=READER), "not_allowed"),
        (edit({"location": "x"}, actor=scoped(FABRIKAM)), "not_allowed"),
        (edit({"location": "x"}, "cfg-nowhere", actor=scoped(CONTOSO)), "not_allowed"),
    ],
)
def test_edits_that_are_refused(asked: EditConfiguration, reason: str) -> None:
    assert refused(a_world(), asked).reason == reason


def test_an_edit_of_the_expected_version_is_applied() -> None:
    applied(a_world(), edit({"location": "x"}, expected_version=1))


def test_a_correction_of_a_synced_value_holds_against_the_next_sync_until_it_is_unlocked() -> None:
    world = a_world()
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    applied(world, edit({"hostname": "reception-pc"}))
    field = world.configurations[LAPTOP].fields["hostname"]
    assert (field.value, field.locked, field.synced) == ("reception-pc", True, "LT-1")
    assert observed(world, device(revision=2, device_name="LT-1-renamed")) == []
    applied(world, edit(locks={"hostname": False}))
    field = world.configurations[LAPTOP].fields["hostname"]
    assert (field.value, field.documented, field.locked) == ("LT-1-renamed", "reception-pc", False)


def test_a_correction_of_what_documentation_and_device_agree_on_holds_too() -> None:
    world = a_world()
    created, _ = applied(world, command(CreateConfiguration, device_id=SECOND))
    assert created.state.fields["hostname"] == value_of("LT-2", None, locked=False)  # type: ignore[attr-defined]
    applied(world, edit({"hostname": "reception-pc", "location": "Hall"}, created.key))
    fields = world.configurations[created.key].fields
    assert (fields["hostname"].value, fields["hostname"].locked, fields["location"].locked) == (
        "reception-pc",
        True,
        False,
    )
    assert observed(world, device(SECOND, revision=2, os_version=None)) != []
    assert world.configurations[created.key].fields["hostname"].value == "reception-pc"


def test_a_correction_that_is_left_to_sync_shows_what_the_device_says() -> None:
    world = a_world()
    created, _ = applied(world, command(CreateConfiguration, device_id=SECOND))
    applied(world, edit({"hostname": "reception-pc"}, created.key, locks={"hostname": False}))
    field = world.configurations[created.key].fields["hostname"]
    assert (field.value, field.documented) == ("LT-2", "reception-pc")


def test_a_lock_without_a_value_keeps_what_is_shown() -> None:
    world = a_world()
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    applied(world, edit(locks={"model": True}))
    assert observed(world, device(revision=2, model="other")) == []
    assert world.configurations[LAPTOP].model == "21CB0056GE"


def test_saving_a_held_configuration_releases_it_in_the_same_event() -> None:
    world = a_world()
    created, _ = applied(world, command(CreateConfiguration, device_id=SECOND))
    held = created.key
    (event,) = applied(world, edit({"location": "Hall"}, held))
    assert names([event]) == ["ConfigurationReleased"]
    assert [change.field for change in event.changes] == ["location", "psa_sync"]  # type: ignore[attr-defined]
    assert world.configurations[held].psa_sync == "released"
    created, _ = applied(world, command(CreateConfiguration, confirmed=True))
    assert names(applied(world, edit(configuration_id=created.key))) == ["ConfigurationReleased"]


def test_release_is_an_administrators() -> None:
    world = a_world()
    created, _ = applied(world, command(CreateConfiguration, device_id=SECOND))
    release = command(ReleaseConfiguration, organization_id=CONTOSO, configuration_id=created.key)
    assert refused(world, release).reason == "not_allowed"
    by_administrator = release.model_copy(update={"actor": ADMINISTRATOR})
    assert names(applied(world, by_administrator)) == ["ConfigurationReleased"]
    assert refused(world, by_administrator).reason == "not_held"


def test_archiving_and_bringing_back() -> None:
    world = a_world()
    archive = command(ArchiveConfiguration, organization_id=CONTOSO, configuration_id=LAPTOP)
    back = command(ArchiveConfiguration, organization_id=CONTOSO, configuration_id=LAPTOP, archived=False)
    assert refused(world, back).reason == "nothing_to_change"
    (event,) = applied(world, archive)
    assert names([event]) == ["ConfigurationArchived"]
    assert world.configurations[LAPTOP].archived
    assert refused(world, archive).reason == "nothing_to_change"
    applied(world, back)
    assert (world.configurations[LAPTOP].archived, world.configurations[LAPTOP].version) == (False, 3)


def test_events_of_a_matched_configuration_name_its_device() -> None:
    world = a_world()
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    (event,) = applied(world, edit({"location": "Hall"}))
    assert (event.tenant_id, event.device_id, event.entra_device_id) == (TENANT, DEVICE, "entra-1")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"name": "Contoso Dental"}, "nothing_to_change"),
        ({}, "nothing_to_change"),
        ({"name": "  "}, "not_allowed"),
        ({"organization_id": "org-nowhere", "name": "x"}, "unknown_organization"),
        ({"actor": scoped(FABRIKAM), "name": "x"}, "not_allowed"),
    ],
)
def test_edits_of_organizations_that_are_refused(values: dict[str, Any], reason: str) -> None:
    assert refused(a_world(), command(EditOrganization, **{"organization_id": CONTOSO, **values})).reason == reason


def test_an_edit_of_an_organization() -> None:
    world = a_world()
    (event,) = applied(world, command(EditOrganization, organization_id=CONTOSO, aliases=("Contoso GmbH", "CD")))
    assert [(change.field, change.after) for change in event.changes] == [("aliases", "Contoso GmbH; CD")]  # type: ignore[attr-defined]
    assert (world.organizations[CONTOSO].name, world.organizations[CONTOSO].version) == ("Contoso Dental", 2)


# --- fields ----------------------------------------------------------------------------------------------------------

texts = st.sampled_from(["a", "b", "c"])
field_values = st.builds(value_of, st.none() | texts, st.none() | texts, locked=st.booleans())
field_maps = st.dictionaries(st.sampled_from(["hostname", "model", "notes"]), field_values)


@given(field_maps, st.dictionaries(st.sampled_from(["hostname", "model"]), texts, min_size=1))
def test_sync_never_touches_documentation_or_locks_and_says_nothing_without_a_change(fields: Any, values: Any) -> None:
    after = with_synced(fields, values)
    for name, value in after.items():
        before = fields.get(name, FieldValue())
        assert value.documented == before.documented
        assert value.locked == before.locked
        if before.locked:
            assert value == before
        elif name in values and after is not fields:
            assert value.value == values[name]
    if after is fields:
        assert all(fields.get(name, FieldValue()).locked or fields[name].value == text for name, text in values.items())
    assert with_synced(after, values) is after


@given(field_maps, st.dictionaries(st.sampled_from(["hostname", "model"]), texts))
def test_a_revert_after_any_sync_shows_what_was_documented(fields: Any, values: Any) -> None:
    reverted = without_synced(with_synced(fields, values))
    assert all(field.synced is None for field in reverted.values())
    assert {name: field.documented for name, field in reverted.items() if field.documented} == {
        name: field.documented for name, field in fields.items() if field.documented
    }
    assert without_synced(reverted) is reverted


@given(
    field_maps,
    st.dictionaries(st.sampled_from(["hostname", "notes"]), st.none() | texts),
    st.dictionaries(st.sampled_from(["hostname", "model"]), st.booleans()),
)
def test_an_edit_shows_what_was_written_unless_the_field_is_left_to_sync(fields: Any, values: Any, locks: Any) -> None:
    after = with_edits(fields, values, locks, {})
    for name, value in values.items():
        field = after.get(name, FieldValue())
        left_to_sync = locks.get(name) is False and field.synced is not None
        assert field.value == (field.synced if left_to_sync else value)
    for name, locked in locks.items():
        assert after.get(name, FieldValue()).locked == locked


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"serial_number": "Default string"}, "serial_number"),
        ({"serial_number": "  "}, "serial_number"),
        ({"device_name": None}, "hostname"),
        ({"model": " "}, "model"),
        ({"operating_system": None, "os_version": None}, "operating_system"),
        ({"ethernet_mac_address": "0250F2000001"}, "mac_address"),
        ({"ethernet_mac_address": "005056C00008", "wifi_mac_address": "000000000000"}, "mac_address"),
    ],
)
def test_blanks_and_junk_are_never_written(facts: dict[str, Any], field: Any) -> None:
    assert field not in mapped(device(**facts))


def test_a_mac_address_that_is_documented_in_any_notation_is_left_as_it_is() -> None:
    both = device(ethernet_mac_address="8C1D96A0B2C4", wifi_mac_address="8C1D96A0B2C3")
    assert mapped(both)["mac_address"] == "8C:1D:96:A0:B2:C4"
    assert "mac_address" not in mapped(both, ("8C:1D:96:A0:B2:C3",))


@pytest.mark.parametrize(
    ("address", "usable"), [("8C:1D:96:A0:B2:C3", True), ("02:00:00:00:00:00", False), ("FF:FF:FF:FF:FF:FF", False)]
)
def test_which_mac_addresses_identify_a_machine(address: str, usable: bool) -> None:
    assert mac_identifies(address) is usable
