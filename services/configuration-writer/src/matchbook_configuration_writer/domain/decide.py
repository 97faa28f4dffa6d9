"""The one entry to the domain's commands."""

from datetime import datetime
from typing import TypeAlias, TypeGuard, assert_never, get_args

from matchbook_contracts.base import Contract
from matchbook_contracts.decisions import (
    AcceptMatch,
    AcceptTenantMatch,
    ArchiveConfiguration,
    ChangeMatch,
    ChangeTenantMatch,
    CreateConfiguration,
    CreateOrganization,
    EditConfiguration,
    EditOrganization,
    IgnoreDevice,
    IgnoreTenant,
    ImportConfigurations,
    ImportOrganizations,
    MatchTenantTo,
    MatchTo,
    ReleaseConfiguration,
    RevertMatch,
    RevertTenantMatch,
    SetAutoAcceptPolicies,
    UndoBulk,
    UndoConfigurationDecision,
    UndoDeviceDecision,
    UndoTenantDecision,
)

from matchbook_configuration_writer.domain.authority import refuse_role
from matchbook_configuration_writer.domain.configurations import ConfigurationCommand, decide_configuration
from matchbook_configuration_writer.domain.devices import DeviceCommand, decide_device
from matchbook_configuration_writer.domain.events import cause_of
from matchbook_configuration_writer.domain.imports import ImportCommand, decide_import
from matchbook_configuration_writer.domain.organizations import decide_organization
from matchbook_configuration_writer.domain.outcomes import Moment, Outcome
from matchbook_configuration_writer.domain.policies import set_policies
from matchbook_configuration_writer.domain.tenants import TenantCommand, decide_tenant
from matchbook_configuration_writer.domain.undoing import UndoDecision, undo_bulk
from matchbook_configuration_writer.domain.undoing_configurations import undo_configuration
from matchbook_configuration_writer.domain.undoing_devices import undo_device
from matchbook_configuration_writer.domain.undoing_tenants import undo_tenant
from matchbook_configuration_writer.domain.world import World

Command: TypeAlias = (
    DeviceCommand
    | TenantCommand
    | ConfigurationCommand
    | EditOrganization
    | ImportCommand
    | SetAutoAcceptPolicies
    | UndoBulk
    | UndoDecision
)
COMMANDS: tuple[type[Contract], ...] = get_args(Command)


def is_command(event: Contract) -> TypeGuard[Command]:
    """Whether a record of the decisions topic is a command that this release knows."""
    return isinstance(event, COMMANDS)


def decide(command: Command, world: World, now: datetime) -> Outcome:
    """What becomes of a command in the world as it is. Pure: the caller folds the events into the world.

    `now` becomes the events' `occurred_at`.
    """
    refused = refuse_role(command)
    if refused is not None:
        return refused
    return _apply(command, world, Moment(now, cause_of(command)))


def _apply(command: Command, world: World, moment: Moment) -> Outcome:  # noqa: PLR0911 - one for each kind
    match command:
        case AcceptMatch() | MatchTo() | CreateConfiguration() | IgnoreDevice() | RevertMatch() | ChangeMatch():
            return decide_device(command, world, moment)
        case (
            AcceptTenantMatch()
            | MatchTenantTo()
            | CreateOrganization()
            | IgnoreTenant()
            | RevertTenantMatch()
            | ChangeTenantMatch()
        ):
            return decide_tenant(command, world, moment)
        case EditConfiguration() | ArchiveConfiguration() | ReleaseConfiguration():
            return decide_configuration(command, world, moment)
        case EditOrganization():
            return decide_organization(command, world, moment)
        case ImportOrganizations() | ImportConfigurations():
            return decide_import(command, world, moment)
        case UndoDeviceDecision() | UndoTenantDecision() | UndoConfigurationDecision():
            return _undo(command, world, moment)
        case UndoBulk():
            return undo_bulk(command, world, moment)
        case SetAutoAcceptPolicies():
            return set_policies(command, world, moment)
        case _:
            assert_never(command)


def _undo(command: UndoDecision, world: World, moment: Moment) -> Outcome:
    match command:
        case UndoDeviceDecision():
            return undo_device(command, world, moment)
        case UndoTenantDecision():
            return undo_tenant(command, world, moment)
        case UndoConfigurationDecision():
            return undo_configuration(command, world, moment)
        case _:
            assert_never(command)
