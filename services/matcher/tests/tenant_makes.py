"""Tenants and organizations in few words, and what is found among them."""

from collections.abc import Sequence
from typing import Any

from matchbook_matcher.domain.tenants import Directory, Organization, Tenant, TenantAnswer

from .makes import KNOWLEDGE

HIGH = 0.98
CROWD = [
    Organization(f"x{n}", name)
    for n, name in enumerate(
        ["Northgate Dental", "Beacon Law Group", "Harbor Plumbing", "Summit Dental", "Cedar Logistics", "Ivy Law Group"]
    )
]


def answers(tenants: Sequence[Tenant], organizations: Sequence[Organization]) -> dict[str, TenantAnswer]:
    return Directory([*organizations, *CROWD], tenants, KNOWLEDGE.weights.tenant, KNOWLEDGE.vocabulary).answers()


def found(tenant: Tenant, *organizations: Organization) -> str | None:
    answer = answers([tenant], organizations)[tenant.tenant_id]
    return answer.pairs[0].organization.organization_id if answer.pairs and not answer.tied else None


def confidence(tenant: Tenant, *organizations: Organization) -> float:
    pairs = answers([tenant], organizations)[tenant.tenant_id].pairs
    return pairs[0].confidence if pairs else 0.0


def named(name: str, *domains: str, **more: Any) -> Tenant:
    return Tenant("t1", name, domains, **more)
