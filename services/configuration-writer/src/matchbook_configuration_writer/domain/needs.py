"""Which parts of the world a batch touches, so that they can be locked and loaded in a few queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from matchbook_contracts.decisions import (
    ArchiveConfiguration,
    ChangeMatch,
    ChangeTenantMatch,
    CreateConfiguration,
    CreateOrganization,
    DeviceDecision,
    EditConfiguration,
    EditOrganization,
    ImportConfigurations,
    ImportOrganizations,
    MatchTenantTo,
    MatchTo,
    ReleaseConfiguration,
    SetAutoAcceptPolicies,
    TenantDecision,
    UndoBulk,
    UndoConfigurationDecision,
    UndoDeviceDecision,
    UndoTenantDecision,
)

from matchbook_configuration_writer.domain.decide import Command
from matchbook_configuration_writer.domain.facts import Fact
from matchbook_configuration_writer.domain.world import Device, DeviceId, Retirement, Suggestion


@dataclass(slots=True)
class Needs:
    """Ids by what is looked up with them.

    `tenants` are loaded with their own match; `realigned` ones with all matched devices below. `devices` are loaded
    with facts and match, `observed` ones only as far as they are matched or take over from an older enrolment.
    `suggestions` are those of a device or, with None, of a tenant. `creating` devices need the free configurations that
    share an identity. `naming` are names of organizations to be created, by tenant; None stands for the tenant's own.
    `undone` are ids of decisions, `bulks` of bulk actions. `policies`: whether these are about to be replaced.
    """

    tenants: set[str] = field(default_factory=set)
    realigned: set[str] = field(default_factory=set)
    devices: set[DeviceId] = field(default_factory=set)
    observed: set[DeviceId] = field(default_factory=set)
    suggestions: set[tuple[str, str | None]] = field(default_factory=set)
    creating: set[DeviceId] = field(default_factory=set)
    configurations: set[str] = field(default_factory=set)
    organizations: set[str] = field(default_factory=set)
    naming: set[tuple[str, str | None]] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    bulks: set[str] = field(default_factory=set)
    policies: bool = False


def needs_of_commands(commands: Iterable[Command]) -> Needs:
    """What the commands may read or write."""
    needs = Needs()
    for command in commands:
        if isinstance(command, DeviceDecision):
            needs.tenants.add(command.tenant_id)
            needs.devices.add((command.tenant_id, command.device_id))
            needs.suggestions.add((command.tenant_id, command.device_id))
        elif isinstance(command, TenantDecision):
            needs.tenants.add(command.tenant_id)
            needs.realigned.add(command.tenant_id)
            needs.suggestions.add((command.tenant_id, None))
        _need_named(needs, command)
    return needs


def _need_named(needs: Needs, command: Command) -> None:  # noqa: C901 - a case for each kind
    match command:
        case MatchTo() | ChangeMatch():
            needs.configurations.add(command.configuration_id)
        case CreateConfiguration():
            needs.creating.add((command.tenant_id, command.device_id))
        case MatchTenantTo() | ChangeTenantMatch() | EditOrganization():
            needs.organizations.add(command.organization_id)
        case CreateOrganization():
            needs.naming.add((command.tenant_id, command.name))
        case EditConfiguration() | ArchiveConfiguration() | ReleaseConfiguration():
            needs.configurations.add(command.configuration_id)
            needs.organizations.add(command.organization_id)
        case ImportOrganizations():
            needs.imports.add(command.import_id)
            needs.organizations.update(row.id for row in command.rows)
        case ImportConfigurations():
            needs.imports.add(command.import_id)
            needs.configurations.update(row.id for row in command.rows)
            needs.organizations.update(row.organization_id for row in command.rows)
        case UndoDeviceDecision() | UndoTenantDecision():
            needs.undone.add(command.undone_decision_id)
        case UndoConfigurationDecision():
            needs.undone.add(command.undone_decision_id)
            needs.configurations.add(command.configuration_id)
            needs.organizations.add(command.organization_id)
        case UndoBulk():
            needs.bulks.add(command.undone_bulk_id)
        case SetAutoAcceptPolicies():
            needs.policies = True
            needs.organizations.update(key for policy in command.policies for key in policy.organization_ids or ())
        case _:
            # An accepted suggestion names its target itself; the others name nothing but their subject.
            pass


def needs_of_facts(facts: Iterable[Fact], *, policies: bool = False) -> Needs:
    """What the facts may read or write; `policies`: what these ask about a device that is suggested something, too."""
    needs = Needs()
    for fact in facts:
        needs.tenants.add(fact.tenant_id)
        match fact:
            case Device() | Retirement():
                needs.observed.add((fact.tenant_id, fact.device_id))
            case Suggestion(device_id=str(older), superseded_by=str(newer)):
                needs.devices.update(((fact.tenant_id, older), (fact.tenant_id, newer)))
                needs.suggestions.add((fact.tenant_id, older))
            case Suggestion(device_id=str(device_id)) if policies:
                needs.observed.add((fact.tenant_id, device_id))
                # A policy is asked about the matcher's last word alone, so it must be known which that is.
                needs.suggestions.add((fact.tenant_id, device_id))
            case _:
                pass
    return needs


def needs_of_subjects(subjects: Iterable[tuple[str, str | None]]) -> Needs:
    """What stands of devices and, with None, of tenants."""
    needs = Needs()
    for tenant_id, device_id in subjects:
        needs.tenants.add(tenant_id)
        if device_id is not None:
            needs.devices.add((tenant_id, device_id))
    return needs
