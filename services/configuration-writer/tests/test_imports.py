"""Imports: what each row of a file does, and what the summary says."""

from typing import Any

from matchbook_configuration_writer.domain.authority import refuse_role
from matchbook_configuration_writer.domain.decide import COMMANDS
from matchbook_configuration_writer.domain.world import World
from matchbook_contracts.decisions import (
    ConfigurationRow,
    EditConfiguration,
    ImportConfigurations,
    ImportOrganizations,
    MatchTo,
    OrganizationRow,
)
from matchbook_contracts.match_events import ImportApplied
from matchbook_contracts.states import Interface

from tests.support.writer_world import (
    ADMINISTRATOR,
    CONTOSO,
    FABRIKAM,
    LAPTOP,
    MANAGER,
    SYSTEM,
    THEIRS,
    a_world,
    applied,
    command,
    names,
    refused,
    scoped,
)


def import_configurations(*rows: ConfigurationRow, actor: Any = ADMINISTRATOR, **more: Any) -> ImportConfigurations:
    return command(ImportConfigurations, actor=actor, import_id="import-1", chunk=1, chunks=1, rows=rows, **more)


def import_organizations(*rows: OrganizationRow, actor: Any = ADMINISTRATOR) -> ImportOrganizations:
    return command(ImportOrganizations, actor=actor, import_id="import-2", chunk=1, chunks=1, rows=rows)


def row(number: int, configuration_id: str, organization_id: str = CONTOSO, **more: Any) -> ConfigurationRow:
    values = more.pop("values", {"name": configuration_id})
    return ConfigurationRow(row=number, id=configuration_id, organization_id=organization_id, values=values, **more)


def summary(world: World, asked: Any) -> ImportApplied:
    event = applied(world, asked)[-1]
    assert isinstance(event, ImportApplied)
    return event


def counts(event: ImportApplied) -> tuple[int, int, int, int]:
    return (event.created, event.updated, event.unchanged, event.rejected)


def test_a_connector_may_import_and_nothing_else() -> None:
    connector = SYSTEM.model_copy(update={"id": "connector:it-glue", "name": "IT Glue"})
    allowed = {kind for kind in COMMANDS if refuse_role(kind.model_construct(actor=connector)) is None}  # type: ignore[arg-type]
    assert allowed == {ImportConfigurations, ImportOrganizations}
    assert (
        "IT Glue may only import" in refused(a_world(), command(MatchTo, actor=connector, configuration_id="x")).message
    )


def test_rows_are_created_updated_unchanged_or_rejected_one_by_one() -> None:
    world = a_world()
    asked = import_configurations(
        row(
            2,
            "cfg-new",
            values={"name": "New", "serial_number": "PF 999"},
            interfaces=(Interface(mac_address="8c1d.96a0.b2c4"),),
        ),
        row(3, LAPTOP, values={"name": LAPTOP, "location": "Hall"}),
        row(4, "cfg-desktop"),
        row(5, "cfg-lost", "org-nowhere"),
        row(6, THEIRS),
        row(7, "cfg-nameless", values={"location": "Hall"}),
    )
    events = applied(world, asked)
    assert names(events) == ["ConfigurationCreated", "ConfigurationUpdated", "ImportApplied"]
    result = events[-1]
    assert isinstance(result, ImportApplied)
    assert counts(result) == (1, 1, 1, 3)
    assert [(item.row, item.id, item.result, item.reason) for item in result.results] == [
        (2, "cfg-new", "created", None),
        (3, LAPTOP, "updated", None),
        (4, "cfg-desktop", "unchanged", None),
        (5, "cfg-lost", "rejected", "unknown_organization"),
        (6, THEIRS, "rejected", "other_organization"),
        (7, "cfg-nameless", "rejected", "not_allowed"),
    ]
    refusals = [item for item in result.results if item.result == "rejected"]
    assert all(item.message and item.message.startswith(f"Row {item.row}: ") for item in refusals)
    created = world.configurations["cfg-new"]
    assert (created.serial_normalised, created.mac_addresses, created.psa_sync) == (
        "PF999",
        ("8C:1D:96:A0:B2:C4",),
        "released",
    )
    assert world.configurations[LAPTOP].fields["serial_number"].value == "pf3x9k1", "a blank cell clears nothing"
    assert all(event.cause.kind == "import" for event in events)


def test_an_import_again_changes_nothing_and_counts_its_own_version() -> None:
    world = a_world()
    rows = (row(2, "cfg-new"), row(3, LAPTOP))
    summary(world, import_configurations(*rows))
    before = dict(world.configurations)
    again = summary(world, import_configurations(*rows))
    assert (counts(again), again.version) == ((0, 0, 2, 0), 2)
    assert world.configurations == before


def test_a_row_twice_in_a_file_is_applied_twice_in_order() -> None:
    world = a_world()
    result = summary(world, import_configurations(row(2, "cfg-new"), row(3, "cfg-new", values={"name": "Renamed"})))
    assert counts(result) == (1, 1, 0, 0)
    assert (world.configurations["cfg-new"].name, world.configurations["cfg-new"].version) == ("Renamed", 2)


def test_an_import_updates_documentation_below_what_sync_wrote_and_respects_locks() -> None:
    world = a_world()
    applied(world, command(MatchTo, configuration_id=LAPTOP))
    applied(
        world, command(EditConfiguration, organization_id=CONTOSO, configuration_id=LAPTOP, locks={"location": True})
    )
    result = summary(
        world, import_configurations(row(2, LAPTOP, values={"name": LAPTOP, "model": "old", "location": "Hall"}))
    )
    assert counts(result) == (0, 1, 0, 0)
    fields = world.configurations[LAPTOP].fields
    assert (fields["model"].documented, fields["model"].value) == ("old", "21CB0056GE")
    assert fields["location"].value == "Reception"


def test_a_row_without_interfaces_takes_none_away() -> None:
    world = a_world()
    wired = Interface(name="Ethernet", mac_address="8c1d.96a0.b2c4")
    summary(world, import_configurations(row(2, "cfg-new", interfaces=(wired,))))
    assert counts(summary(world, import_configurations(row(2, "cfg-new")))) == (0, 0, 1, 0)
    assert world.configurations["cfg-new"].interfaces == (wired,)


def test_an_import_archives_and_brings_back() -> None:
    world = a_world()
    summary(world, import_configurations(row(2, LAPTOP, archived=True)))
    assert world.configurations[LAPTOP].archived
    summary(world, import_configurations(row(2, LAPTOP)))
    assert not world.configurations[LAPTOP].archived


def test_a_row_that_says_nothing_of_archived_leaves_it() -> None:
    world = a_world()
    summary(world, import_configurations(row(2, LAPTOP, archived=True)))
    summary(world, import_configurations(row(2, LAPTOP, keeps_archived=True)))
    assert world.configurations[LAPTOP].archived
    contoso: Any = {"row": 2, "id": CONTOSO, "name": "Contoso Dental"}
    summary(world, import_organizations(OrganizationRow(**contoso, archived=True)))
    summary(world, import_organizations(OrganizationRow(**contoso, keeps_archived=True)))
    assert world.organizations[CONTOSO].archived
    summary(world, import_organizations(OrganizationRow(**contoso)))
    assert not world.organizations[CONTOSO].archived


def test_organizations() -> None:
    world = a_world()
    asked = import_organizations(
        OrganizationRow(row=2, id="org-new", name="New Org", domains=("new.example",)),
        OrganizationRow(row=3, id=CONTOSO, name="Contoso Dental", aliases=("CD",)),
        OrganizationRow(row=4, id=FABRIKAM, name="Fabrikam Legal"),
        OrganizationRow(row=5, id="org-blank", name="  "),
    )
    events = applied(world, asked)
    assert names(events) == ["OrganizationCreated", "OrganizationUpdated", "ImportApplied"]
    result = events[-1]
    assert isinstance(result, ImportApplied)
    assert counts(result) == (1, 1, 1, 1)
    assert world.organizations[CONTOSO].aliases == ("CD",)
    again = summary(world, asked.model_copy(update={"decision_id": "again"}))
    assert counts(again) == (0, 0, 3, 1)


def test_a_configuration_of_an_organization_imported_before() -> None:
    world = a_world()
    summary(world, import_organizations(OrganizationRow(row=2, id="org-new", name="New Org")))
    assert counts(summary(world, import_configurations(row(2, "cfg-new", "org-new")))) == (1, 0, 0, 0)


def test_only_an_administrator_imports_and_only_into_their_organizations() -> None:
    assert refused(a_world(), import_configurations(row(2, "cfg-new"), actor=MANAGER)).reason == "not_allowed"
    limited = scoped(CONTOSO, role="Administrator")
    result = summary(a_world(), import_configurations(row(2, "cfg-a"), row(3, "cfg-b", FABRIKAM), actor=limited))
    assert counts(result) == (1, 0, 0, 1)
    assert [item.reason for item in result.results] == [None, "not_allowed"]
    (taken,) = summary(a_world(), import_configurations(row(2, THEIRS), actor=limited)).results
    assert (taken.reason, "Fabrikam" in (taken.message or "")) == ("not_allowed", False)
    assert counts(
        summary(a_world(), import_organizations(OrganizationRow(row=2, id="o", name="O"), actor=limited))
    ) == (0, 0, 0, 1)
