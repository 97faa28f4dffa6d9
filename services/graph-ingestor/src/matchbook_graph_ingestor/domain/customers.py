"""The partner's customers: two lists of Microsoft's, merged by tenant id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from matchbook_graph_ingestor.domain.graph_objects import AdminRelationship, PartnerContract


@dataclass(frozen=True, slots=True)
class Customer:
    """A tenant as the partner's lists have it; names and domains may be years old."""

    tenant_id: str
    display_name: str | None = None
    default_domain: str | None = None
    has_relationship: bool = False
    relationship_ends_at: datetime | None = None


def merge(relationships: Iterable[AdminRelationship], contracts: Iterable[PartnerContract]) -> Mapping[str, Customer]:
    """Merge active relationships and contracts by tenant id, in any order with the same result.

    Of several relationships the last to end counts; one without an end outlasts all. Relationships are filtered here
    too, since Graph has been seen to ignore a filter.
    """
    merged = {item.tenant_id.lower(): _of_contract(item) for item in sorted(contracts, key=_contract_order)}
    active = [item for item in relationships if item.status == "active" and item.customer is not None]
    for item in sorted(active, key=_relationship_order):
        assert item.customer is not None
        tenant_id = item.customer.tenant_id.lower()
        contract = merged.get(tenant_id)
        merged[tenant_id] = Customer(
            tenant_id,
            item.customer.display_name or (contract.display_name if contract else None),
            contract.default_domain if contract else None,
            has_relationship=True,
            relationship_ends_at=item.ends_at,
        )
    return dict(sorted(merged.items()))


def _of_contract(item: PartnerContract) -> Customer:
    return Customer(item.tenant_id.lower(), item.display_name, item.default_domain)


def _contract_order(item: PartnerContract) -> tuple[str, str]:
    return (item.default_domain or "", item.display_name or "")


def _relationship_order(item: AdminRelationship) -> tuple[bool, float, str]:
    name = (item.customer.display_name or "") if item.customer else ""
    return (item.ends_at is None, item.ends_at.timestamp() if item.ends_at else 0.0, name)
