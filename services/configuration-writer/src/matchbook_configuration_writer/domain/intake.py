"""From the ingestor's and the matcher's records to the facts that decisions need."""

from matchbook_contracts.base import Contract
from matchbook_contracts.discovery import DeviceDiscovered, DeviceRetired, TenantDiscovered, TenantLost
from matchbook_contracts.suggestions import MatchSuggested, SuggestionWithdrawn

from matchbook_configuration_writer.domain.facts import Fact
from matchbook_configuration_writer.domain.world import Device, Retirement, Suggestion, Tenant


def fact_of(event: Contract) -> Fact | None:
    """The fact that a record states; None for a record that says nothing to the writer."""
    match event:
        case DeviceDiscovered():
            return _device(event)
        case DeviceRetired():
            return Retirement(event.tenant_id, event.device_id, event.revision)
        case TenantDiscovered() | TenantLost():
            return _tenant(event)
        case MatchSuggested():
            return _suggestion(event)
        case SuggestionWithdrawn():
            return Suggestion(event.tenant_id, event.device_id, event.revision)
        case _:
            return None


def _tenant(event: TenantDiscovered | TenantLost) -> Tenant:
    if isinstance(event, TenantLost):
        return Tenant(event.tenant_id, event.revision, event.display_name, lost=event.reason)
    return Tenant(event.tenant_id, event.revision, event.display_name, event.verified_domains)


def _device(event: DeviceDiscovered) -> Device:
    facts = event.facts
    return Device(
        tenant_id=event.tenant_id,
        device_id=event.device_id,
        revision=event.revision,
        device_name=facts.device_name or facts.managed_device_name,
        serial_number=facts.serial_number,
        manufacturer=facts.manufacturer,
        model=facts.model,
        operating_system=facts.operating_system,
        os_version=facts.os_version,
        wifi_mac_address=facts.wifi_mac_address,
        ethernet_mac_address=facts.ethernet_mac_address,
        user_principal_name=facts.user_principal_name or facts.email_address,
        entra_device_id=facts.entra_device_id,
    )


def _suggestion(event: MatchSuggested) -> Suggestion:
    candidate = event.candidate
    named = event.runners_up if candidate is None else (candidate, *event.runners_up)
    return Suggestion(
        tenant_id=event.tenant_id,
        device_id=event.device_id,
        revision=event.revision,
        suggestion_id=event.suggestion_id,
        status=event.status,
        target_id=candidate.target_id if candidate is not None else None,
        rule=candidate.rule if candidate is not None else None,
        confidence=candidate.confidence if candidate is not None else None,
        fingerprints={item.target_id: item.fingerprint for item in named},
        superseded_by=event.superseded_by if event.status == "superseded" else None,
    )
