"""The records that a small world of the configuration-writer begins with, and a writer that has applied them."""

from typing import Any

from matchbook_contracts.base import Contract
from matchbook_contracts.decisions import (
    AcceptMatch,
    ConfigurationRow,
    ImportConfigurations,
    ImportOrganizations,
    MatchTenantTo,
    OrganizationRow,
)
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, TenantDiscovered
from matchbook_contracts.suggestions import Candidate, MatchSuggested

from tests.support.writer_service import Rig
from tests.support.writer_world import ADMINISTRATOR, CONTOSO, FABRIKAM, SUGGESTION, TENANT, command


def discovered(number: int, revision: int = 1, tenant_id: str = TENANT, **facts: Any) -> DeviceDiscovered:
    """A Windows laptop of Contoso."""
    serial = f"PF3X9K{number:04}"
    standard: dict[str, Any] = {
        "device_name": f"LT-{number:04}",
        "serial_number": serial,
        "operating_system": "Windows",
    }
    return DeviceDiscovered(
        tenant_id=tenant_id, device_id=f"device-{number}", revision=revision, facts=DeviceFacts(**{**standard, **facts})
    )


def suggested(number: int, revision: int = 1, **values: Any) -> MatchSuggested:
    """The configuration of the same number."""
    candidate = Candidate(
        target_id=f"cfg-{number}",
        target_name=f"cfg-{number}",
        rule="serial_number",
        confidence=0.99,
        fingerprint=f"fp-{number}",
    )
    standard: dict[str, Any] = {
        "suggestion_id": f"{SUGGESTION}-{number}",
        "status": "suggested",
        "candidate": candidate,
    }
    return MatchSuggested(
        subject="device", tenant_id=TENANT, device_id=f"device-{number}", revision=revision, **{**standard, **values}
    )


def imports(*numbers: int, organization_id: str = CONTOSO) -> list[Contract]:
    """Two organizations, and a configuration a number with a serial number and a location."""
    organizations = tuple(
        OrganizationRow(row=row, id=key, name=name)
        for row, (key, name) in enumerate(((CONTOSO, "Contoso Dental"), (FABRIKAM, "Fabrikam Legal")), 2)
    )
    rows = tuple(
        ConfigurationRow(
            row=number + 1,
            id=f"cfg-{number}",
            organization_id=organization_id,
            values={"name": f"cfg-{number}", "serial_number": f"pf3x9k{number:04}", "location": "Hall"},
        )
        for number in numbers
    )
    chunk: dict[str, Any] = {"actor": ADMINISTRATOR, "chunk": 1, "chunks": 1}
    return [
        command(ImportOrganizations, import_id="import-organizations", rows=organizations, **chunk),
        command(ImportConfigurations, import_id="import-configurations", rows=rows, **chunk),
    ]


async def prepare(writer: Rig, numbers: range = range(1, 6), *, documented: range | None = None) -> None:
    """Documentation, a matched tenant, devices and suggestions, all applied."""
    tenant = TenantDiscovered(tenant_id=TENANT, revision=1, display_name="Contoso")
    await writer.publish(tenant, *imports(*(documented or numbers)))
    await writer.settle()
    await writer.publish(command(MatchTenantTo, organization_id=CONTOSO))
    await writer.publish(*(discovered(number) for number in numbers), *(suggested(number) for number in numbers))
    await writer.settle()


def accept(number: int, **more: Any) -> AcceptMatch:
    """Accept what is suggested for the device of that number."""
    return command(AcceptMatch, device_id=f"device-{number}", suggestion_id=f"{SUGGESTION}-{number}", **more)
