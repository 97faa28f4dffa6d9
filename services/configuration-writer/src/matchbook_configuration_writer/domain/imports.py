"""Imports of documentation: a chunk of rows at a time, each row created, updated, unchanged or rejected by itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias, assert_never

from matchbook_contracts.base import Actor
from matchbook_contracts.decisions import (
    ConfigurationRow,
    ImportConfigurations,
    ImportOrganizations,
    OrganizationRow,
    RejectionReason,
)
from matchbook_contracts.match_events import (
    ConfigurationCreated,
    ConfigurationUpdated,
    ImportApplied,
    ImportRowResult,
    OrganizationCreated,
    OrganizationUpdated,
)
from matchbook_contracts.states import ConfigurationState, FieldName, OrganizationState

from matchbook_configuration_writer.domain.authority import out_of_scope, refuse_scope
from matchbook_configuration_writer.domain.events import configuration_event
from matchbook_configuration_writer.domain.fields import Fields, configuration, value_of, with_documented, with_synced
from matchbook_configuration_writer.domain.mapping import mapped_onto
from matchbook_configuration_writer.domain.organizations import organization_changes, updated
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, ended
from matchbook_configuration_writer.domain.world import World

ImportCommand: TypeAlias = ImportOrganizations | ImportConfigurations
Created: TypeAlias = OrganizationCreated | ConfigurationCreated
Updated: TypeAlias = OrganizationUpdated | ConfigurationUpdated
RowOutcome: TypeAlias = Created | Updated | ImportRowResult | None
"""The event of a row, its rejection, or None where it says what is documented already."""


def decide_import(command: ImportCommand, world: World, moment: Moment) -> Applied:
    """Apply a chunk; a row that can't be applied costs no other. The last event counts what was done."""
    match command:
        case ImportOrganizations():
            outcomes = _organizations(command, world, moment)
        case ImportConfigurations():
            outcomes = _configurations(command, world, moment)
        case _:
            assert_never(command)
    events = [outcome for outcome in outcomes if outcome is not None and not isinstance(outcome, ImportRowResult)]
    return Applied((*events, _summary(command, world, moment, outcomes)))


def _organizations(command: ImportOrganizations, world: World, moment: Moment) -> list[RowOutcome]:
    latest: dict[str, OrganizationState] = {}
    outcomes: list[RowOutcome] = []
    for row in command.rows:
        before = latest.get(row.id) or world.organizations.get(row.id)
        outcome = _organization(row, before, command.actor, moment)
        if isinstance(outcome, (OrganizationCreated, OrganizationUpdated)):
            latest[row.id] = outcome.state
        outcomes.append(outcome)
    return outcomes


def _configurations(command: ImportConfigurations, world: World, moment: Moment) -> list[RowOutcome]:
    latest: dict[str, ConfigurationState] = {}
    outcomes: list[RowOutcome] = []
    for row in command.rows:
        before = latest.get(row.id) or world.configurations.get(row.id)
        outcome = _configuration(row, before, command.actor, world, moment)
        if isinstance(outcome, (ConfigurationCreated, ConfigurationUpdated)):
            latest[row.id] = outcome.state
        outcomes.append(outcome)
    return outcomes


def _summary(command: ImportCommand, world: World, moment: Moment, outcomes: Sequence[RowOutcome]) -> ImportApplied:
    rows: Sequence[OrganizationRow | ConfigurationRow] = command.rows
    results = tuple(_result(row, outcome) for row, outcome in zip(rows, outcomes, strict=True))
    counts = Counter(result.result for result in results)
    return ImportApplied(
        version=world.imports.get(command.import_id, 0) + 1,
        occurred_at=moment.now,
        cause=moment.cause,
        import_id=command.import_id,
        decision_id=command.decision_id,
        subject="organizations" if isinstance(command, ImportOrganizations) else "configurations",
        chunk=command.chunk,
        chunks=command.chunks,
        created=counts["created"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        rejected=counts["rejected"],
        results=results,
    )


def _result(row: OrganizationRow | ConfigurationRow, outcome: RowOutcome) -> ImportRowResult:
    """What was done with a row."""
    match outcome:
        case ImportRowResult():
            return outcome
        case None:
            return ImportRowResult(row=row.row, id=row.id, result="unchanged")
        case OrganizationCreated() | ConfigurationCreated():
            return ImportRowResult(row=row.row, id=row.id, result="created")
        case _:
            return ImportRowResult(row=row.row, id=row.id, result="updated")


def _refused(row: OrganizationRow | ConfigurationRow, reason: RejectionReason, text: str) -> ImportRowResult:
    return ImportRowResult(row=row.row, id=row.id, result="rejected", reason=reason, message=f"Row {row.row}: {text}")


def _foreign(row: OrganizationRow | ConfigurationRow, actor: Actor, *organizations: str) -> ImportRowResult | None:
    if refuse_scope(actor, organizations) is None:
        return None
    return _refused(row, "not_allowed", out_of_scope(actor).message)


# --- organizations ---------------------------------------------------------------------------------------------------


def _organization(
    row: OrganizationRow, before: OrganizationState | None, actor: Actor, moment: Moment
) -> OrganizationCreated | OrganizationUpdated | ImportRowResult | None:
    refused = _foreign(row, actor, row.id)
    if refused is not None:
        return refused
    if before is None:
        return _organization_created(row, moment)
    # A blank cell says nothing: it takes no alias and no domain away, and brings nothing back.
    after = before.model_copy(
        update={
            "name": row.name.strip() or before.name,
            "aliases": row.aliases or before.aliases,
            "domains": row.domains or before.domains,
            "archived": before.archived if row.keeps_archived else row.archived,
        }
    )
    if after == before:
        return None
    return updated(before, after.model_copy(update={"version": before.version + 1}), moment, action="import")


def _organization_created(row: OrganizationRow, moment: Moment) -> OrganizationCreated | ImportRowResult:
    name = row.name.strip()
    if not name:
        return _refused(row, "not_allowed", "the organization has no name. Fill in its name and import the row again.")
    state = OrganizationState(
        organization_id=row.id, version=1, name=name, aliases=row.aliases, domains=row.domains, archived=row.archived
    )
    return OrganizationCreated(
        organization_id=row.id,
        version=1,
        occurred_at=moment.now,
        cause=moment.cause,
        action="import",
        changes=organization_changes(None, state),
        state=state,
    )


# --- configurations --------------------------------------------------------------------------------------------------


def _configuration(
    row: ConfigurationRow, before: ConfigurationState | None, actor: Actor, world: World, moment: Moment
) -> ConfigurationCreated | ConfigurationUpdated | ImportRowResult | None:
    # The refusal of what is another organization's names that, too.
    known = () if before is None else (before.organization_id,)
    refused = _foreign(row, actor, row.organization_id, *known) or _misplaced(row, before, world)
    if refused is not None:
        return refused
    values = {name: text for name, value in row.values.items() if (text := value.strip())}
    if before is None:
        return _configuration_created(row, values, moment)
    return _configuration_updated(row, values, before, world, moment)


def _misplaced(row: ConfigurationRow, before: ConfigurationState | None, world: World) -> ImportRowResult | None:
    if row.organization_id not in world.organizations:
        text = f"organization {row.organization_id} is not documented. Import it first, then import the row again."
        return _refused(row, "unknown_organization", text)
    if before is not None and before.organization_id != row.organization_id:
        theirs, named = map(world.organization_label, (before.organization_id, row.organization_id))
        text = (
            f"{before.name} is documented under {theirs} and can't move to {ended(named)} "
            f"Archive it there and import it into {named} under a new id."
        )
        return _refused(row, "other_organization", text)
    return None


def _configuration_created(
    row: ConfigurationRow, values: Mapping[FieldName, str], moment: Moment
) -> ConfigurationCreated | ImportRowResult:
    if "name" not in values:
        return _refused(row, "not_allowed", "the configuration has no name. Fill in its name and import the row again.")
    after = configuration(
        row.id,
        row.organization_id,
        1,
        {name: value_of(text, None, locked=False) for name, text in values.items()},
        interfaces=row.interfaces,
        archived=row.archived,
    )
    return configuration_event(ConfigurationCreated, None, after, moment=moment, device=None, action="import")


def _configuration_updated(
    row: ConfigurationRow,
    values: Mapping[FieldName, str],
    before: ConfigurationState,
    world: World,
    moment: Moment,
) -> ConfigurationUpdated | None:
    def next_state(fields: Fields) -> ConfigurationState:
        return configuration(
            row.id,
            before.organization_id,
            before.version + 1,
            fields,
            # A blank cell says nothing: it takes no interface away.
            interfaces=row.interfaces or before.interfaces,
            psa_sync=before.psa_sync,
            archived=before.archived if row.keeps_archived else row.archived,
            device_retired=before.device_retired,
        )

    after = next_state(with_documented(before.fields, values))
    device = world.holding_device(row.id)
    if device is not None:
        after = next_state(with_synced(after.fields, mapped_onto(device, after)))
    if after.model_copy(update={"version": before.version}) == before:
        return None
    return configuration_event(ConfigurationUpdated, before, after, moment=moment, device=device, action="import")
