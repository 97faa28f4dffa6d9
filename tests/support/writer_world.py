"""A small world for tests of the configuration-writer: organizations, tenants, a few devices and configurations."""

from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from matchbook_configuration_writer.domain.decide import Command, decide
from matchbook_configuration_writer.domain.facts import SYNC, Fact, observe
from matchbook_configuration_writer.domain.fields import configuration, value_of
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Rejected
from matchbook_configuration_writer.domain.world import Device, Suggestion, Tenant, World
from matchbook_contracts.base import Actor
from matchbook_contracts.decisions import Decision
from matchbook_contracts.match_events import MatchEvent
from matchbook_contracts.states import ConfigurationState, FieldValue, Interface, OrganizationState, TenantMatchState

NOW = datetime(2026, 3, 9, 10, 5, tzinfo=UTC)
TENANT, OTHER_TENANT = "tenant-contoso", "tenant-fabrikam"
DEVICE, SECOND, FOREIGN = "device-1", "device-2", "device-of-fabrikam"
CONTOSO, FABRIKAM = "org-contoso", "org-fabrikam"
LAPTOP, DESKTOP, ARCHIVED, THEIRS = "cfg-laptop", "cfg-desktop", "cfg-archived", "cfg-of-fabrikam"
SUGGESTION = "suggestion-1"

MANAGER = Actor(kind="person", id="ana", name="Ana Duarte", role="Manager")
ADMINISTRATOR = Actor(kind="person", id="priya", name="Priya Nair", role="Administrator")
READER = Actor(kind="person", id="rob", name="Rob Reed", role="Reader")
POLICY = Actor(kind="policy", id="serial-numbers")
SYSTEM = Actor(kind="system", id="matchbook")

CommandType = TypeVar("CommandType", bound=Decision)
_numbers = count(1)


def scoped(*organizations: str, role: Any = "Manager") -> Actor:
    """A person limited to some organizations."""
    return Actor(kind="person", id="tom", name="Tom Berg", role=role, organizations=organizations)


def command(
    kind: type[CommandType], *, actor: Actor = MANAGER, decision_id: str | None = None, **values: Any
) -> CommandType:
    """A command with an id of its own; a device or tenant command is about the first device and its tenant."""
    if "tenant_id" in kind.model_fields:
        values.setdefault("tenant_id", TENANT)
    if "device_id" in kind.model_fields:
        values.setdefault("device_id", DEVICE)
    decision_id = decision_id or f"decision-{next(_numbers)}"
    return kind(decision_id=decision_id, actor=actor, decided_at=NOW, **values)


def device(device_id: str = DEVICE, tenant_id: str = TENANT, revision: int = 1, **facts: Any) -> Device:
    """A Windows laptop as Intune has it."""
    number = device_id.rpartition("-")[2]
    return Device(
        tenant_id,
        device_id,
        revision,
        **{
            "device_name": f"LT-{number}",
            "serial_number": f"PF3X9K{number}",
            "manufacturer": "LENOVO",
            "model": "21CB0056GE",
            "operating_system": "Windows",
            "os_version": "10.0.26100",
            "user_principal_name": "jo@contoso.example",
            "entra_device_id": f"entra-{number}",
            **facts,
        },
    )


def documented(
    configuration_id: str,
    organization_id: str = CONTOSO,
    *,
    archived: bool = False,
    macs: tuple[str, ...] = (),
    **values: Any,
) -> ConfigurationState:
    """A configuration at version 1 with documented values."""
    fields: dict[Any, FieldValue] = {
        name: value_of(value, None, locked=False) for name, value in {"name": configuration_id, **values}.items()
    }
    return configuration(
        configuration_id,
        organization_id,
        1,
        fields,
        interfaces=tuple(Interface(mac_address=mac) for mac in macs),
        archived=archived,
    )


def suggestion(
    target_id: str | None = LAPTOP, *, device_id: str | None = DEVICE, revision: int = 1, **values: Any
) -> Suggestion:
    """The matcher's word on the first device, or on its tenant."""
    standard: dict[str, Any] = {
        "suggestion_id": SUGGESTION,
        "status": "suggested",
        "rule": "serial_number",
        "confidence": 0.99,
        "fingerprints": {target_id: "fingerprint-1"} if target_id else {},
    }
    return Suggestion(TENANT, device_id, revision, **{**standard, "target_id": target_id, **values})


def a_world() -> World:
    """Contoso's tenant is matched to Contoso, Fabrikam's is not matched; nothing is decided about any device."""
    world = World()
    for tenant_id, name in ((TENANT, "Contoso"), (OTHER_TENANT, "Fabrikam")):
        world.tenants[tenant_id] = Tenant(tenant_id, 1, name, (f"{name.lower()}.example",))
    for item in (device(), device(SECOND), device(FOREIGN, OTHER_TENANT)):
        world.devices[item.id] = item
    for organization_id, name in ((CONTOSO, "Contoso Dental"), (FABRIKAM, "Fabrikam Legal")):
        world.put_organization(OrganizationState(organization_id=organization_id, version=1, name=name))
    world.put_configuration(documented(LAPTOP, serial_number="pf3x9k1", location="Reception"))
    world.put_configuration(documented(DESKTOP))
    world.put_configuration(documented(ARCHIVED, archived=True))
    world.put_configuration(documented(THEIRS, FABRIKAM))
    world.tenant_matches[TENANT] = TenantMatchState(
        tenant_id=TENANT, version=1, status="matched", organization_id=CONTOSO, origin="chosen"
    )
    world.put_suggestion(suggestion())
    return world


def applied(world: World, asked: Command) -> tuple[MatchEvent, ...]:
    """Decide, expect no refusal, and make the world what it is after the events."""
    outcome = decide(asked, world, NOW)
    assert isinstance(outcome, Applied), outcome
    world.fold(outcome.events)
    return outcome.events


def refused(world: World, asked: Command) -> Rejected:
    """Decide, and expect a refusal that is a sentence."""
    outcome = decide(asked, world, NOW)
    assert isinstance(outcome, Rejected), outcome
    assert outcome.message.endswith("."), outcome.message
    assert outcome.message.count(". ") >= 1, f"names what is wrong, then the remedy: {outcome.message}"
    return outcome


def observed(world: World, fact: Fact) -> list[MatchEvent]:
    """Let the world learn a fact; the events that follow from it."""
    events = []
    for event in observe(fact, world, Moment(NOW, SYNC)):
        world.fold((event,))
        events.append(event)
    return events


def names(events: Any) -> list[str]:
    """The events' types."""
    return [type(event).__name__ for event in events]
