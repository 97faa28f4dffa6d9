"""A tenant's state in this service, how it changes, and what is said of it on the topic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from matchbook_contracts.discovery import LossReason, TenantDiscovered, TenantLost

from matchbook_graph_ingestor.domain.customers import Customer
from matchbook_graph_ingestor.domain.graph_objects import Organization
from matchbook_graph_ingestor.domain.retirement import SWEEPS_MISSED, Brake

# Reading the organization record again disproves these; the others need the devices to be read again.
_ABOUT_THE_TENANT: Final = frozenset({"consent_missing", "relationship_expired", "credential_rejected", "removed"})


@dataclass(frozen=True, slots=True)
class Tenant:
    """What the service knows of a tenant.

    `listed_*` come from the partner's lists, `display_name`, `default_domain` and `verified_domains` from the tenant's
    own record (None until it was read). `revision` and `announced` are the last event's. `absences` counts complete
    customer lists in a row without it. `manual` is a tenant that somebody added, and `manual_name` what they called it.
    """

    tenant_id: str
    revision: int = 0
    announced: TenantDiscovered | TenantLost | None = None
    listed: bool = True
    listed_name: str | None = None
    listed_domain: str | None = None
    has_relationship: bool = False
    relationship_ends_at: datetime | None = None
    absences: int = 0
    display_name: str | None = None
    default_domain: str | None = None
    verified_domains: tuple[str, ...] = ()
    lost_reason: LossReason | None = None
    lost_detail: str = ""
    sync_devices: bool = True
    manual: bool = False
    manual_name: str | None = None

    @property
    def name(self) -> str:
        """What people call it: its own name, the lists', a domain, or at the very least its id."""
        known = (self.display_name, self.listed_name, self.manual_name, self.default_domain, self.listed_domain)
        return next((name for name in known if name), self.tenant_id)

    @property
    def syncs(self) -> bool:
        """Whether its devices are to be read: it is looked after, and Sync Intune Devices is on."""
        return self.listed and self.sync_devices

    @property
    def in_customer_lists(self) -> bool:
        """Whether the latest customer lists name it."""
        return self.has_relationship or bool(self.listed_name or self.listed_domain)

    @property
    def is_entitled(self) -> bool:
        """Whether a refusal has another cause than a relationship that ended: there is one, or it never took one."""
        return self.has_relationship or self.manual


def as_added(tenant: Tenant, name: str | None) -> Tenant:
    """The tenant after somebody added it. A loss stays until the tenant itself answers again."""
    return replace(tenant, listed=True, absences=0, manual=True, manual_name=name or tenant.manual_name)


def as_removed(tenant: Tenant) -> Tenant:
    """The tenant after somebody removed what had been added: lost, unless it is the partner's customer too."""
    kept = replace(tenant, manual=False, manual_name=None)
    if tenant.in_customer_lists:
        return kept
    return replace(kept, listed=False, lost_reason="removed", lost_detail="removed by hand")


def as_listed(tenant: Tenant, customer: Customer) -> Tenant:
    """The tenant after a customer list named it. A loss stays until the tenant itself answers again."""
    return replace(
        tenant,
        listed=True,
        absences=0,
        listed_name=customer.display_name,
        listed_domain=customer.default_domain,
        has_relationship=customer.has_relationship,
        relationship_ends_at=customer.relationship_ends_at,
    )


def as_unlisted(tenant: Tenant, now: datetime) -> Tenant:
    """The tenant after a complete customer list without it: lost when that happened twice in a row, unless it was added
    by hand.
    """
    absences = tenant.absences + 1
    if absences < SWEEPS_MISSED:
        return replace(tenant, absences=absences)
    if tenant.manual:
        return replace(
            tenant, listed_name=None, listed_domain=None, has_relationship=False, relationship_ends_at=None, absences=0
        )
    ended = tenant.relationship_ends_at is not None and tenant.relationship_ends_at <= now
    reason: LossReason = "relationship_expired" if ended else "removed"
    return replace(
        tenant, absences=absences, listed=False, lost_reason=reason, lost_detail="absent from the customer lists"
    )


def too_many_missing(tenants: Sequence[Tenant], present: int, brake: Brake) -> bool:
    """Whether a customer list lost more tenants than a list loses in truth.

    `tenants` are the missing ones, known and listed.
    """
    return len(tenants) > brake.limit(len(tenants) + present)


def as_read(tenant: Tenant, organization: Organization | None, *, devices_read: bool) -> Tenant:
    """The tenant after its own organization record was read, and its devices too or not.

    One that was removed while it was read stays removed.
    """
    if not tenant.listed:
        return tenant
    domains = organization.verified_domains if organization else ()
    regained = devices_read or not tenant.sync_devices or tenant.lost_reason in _ABOUT_THE_TENANT
    return replace(
        tenant,
        display_name=(organization.display_name if organization else None) or tenant.display_name,
        default_domain=next((item.name for item in domains if item.is_default), tenant.default_domain),
        verified_domains=tuple(sorted({item.name for item in domains})) or tenant.verified_domains,
        lost_reason=None if regained else tenant.lost_reason,
        lost_detail="" if regained else tenant.lost_detail,
    )


def as_lost(tenant: Tenant, reason: LossReason, detail: str) -> Tenant:
    """The tenant after Microsoft refused access; one that was removed meanwhile stays removed."""
    if not tenant.listed:
        return tenant
    return replace(tenant, lost_reason=reason, lost_detail=detail)


def announced(tenant: Tenant) -> tuple[Tenant, TenantDiscovered | TenantLost | None]:
    """The tenant with its next event, and that event.

    None where the last one still says it, or nothing is known yet.
    """
    event = _event(tenant, tenant.revision + 1)
    if event is None or (tenant.announced is not None and _event(tenant, tenant.revision) == tenant.announced):
        return tenant, None
    return replace(tenant, revision=event.revision, announced=event), event


def _event(tenant: Tenant, revision: int) -> TenantDiscovered | TenantLost | None:
    if tenant.lost_reason is not None:
        return TenantLost(
            tenant_id=tenant.tenant_id,
            revision=revision,
            display_name=tenant.name,
            reason=tenant.lost_reason,
            detail=tenant.lost_detail,
        )
    if tenant.display_name is None:
        return None
    return TenantDiscovered(
        tenant_id=tenant.tenant_id,
        revision=revision,
        display_name=tenant.name,
        default_domain=tenant.default_domain or tenant.listed_domain,
        verified_domains=tenant.verified_domains,
        relationship="manual" if tenant.manual and not tenant.in_customer_lists else "partner",
        relationship_ends_at=tenant.relationship_ends_at,
        sync_intune_devices=tenant.sync_devices,
    )
