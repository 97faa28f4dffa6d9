"""A tenant's state, and what is said of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from matchbook_contracts.discovery import TenantDiscovered, TenantLost
from matchbook_graph_ingestor.domain import tenants
from matchbook_graph_ingestor.domain.customers import Customer
from matchbook_graph_ingestor.domain.graph_objects import Organization, VerifiedDomain
from matchbook_graph_ingestor.domain.retirement import Brake
from matchbook_graph_ingestor.domain.tenants import Tenant
from msgspec import structs

NOW = datetime(2026, 3, 9, tzinfo=UTC)
LISTED = tenants.as_listed(Tenant("t1"), Customer("t1", "Contoso (old)", "contoso.example", has_relationship=True))
OWN = Organization(
    "Contoso Dental", (VerifiedDomain("contoso.example"), VerifiedDomain("dental.example", is_default=True))
)


def told(tenant: Tenant) -> tuple[Tenant, TenantDiscovered | TenantLost]:
    after, event = tenants.announced(tenant)
    assert event is not None
    return after, event


def read(tenant: Tenant = LISTED) -> Tenant:
    return tenants.as_read(tenant, OWN, devices_read=True)


def test_a_tenant_is_announced_when_it_was_read_and_not_before() -> None:
    assert tenants.announced(LISTED) == (LISTED, None)
    _, event = told(read())
    assert isinstance(event, TenantDiscovered)
    assert (event.display_name, event.default_domain, event.revision) == ("Contoso Dental", "dental.example", 1)
    assert event.verified_domains == ("contoso.example", "dental.example")


def test_the_same_again_is_not_announced() -> None:
    after, _ = told(read())
    assert tenants.announced(read(after))[1] is None


def test_a_rename_is_the_next_revision() -> None:
    after, _ = told(read())
    renamed = tenants.as_read(after, structs.replace(OWN, display_name="Contoso GmbH"), devices_read=True)
    _, event = told(renamed)
    assert (event.display_name, event.revision) == ("Contoso GmbH", 2)


def test_a_tenant_never_read_is_lost_under_its_listed_name() -> None:
    _, event = told(tenants.as_lost(LISTED, "consent_missing", "401 Authorization_IdentityNotFound"))
    assert isinstance(event, TenantLost)
    assert (event.display_name, event.reason, event.revision) == ("Contoso (old)", "consent_missing", 1)


def test_a_lost_tenant_that_can_be_read_is_discovered_again() -> None:
    lost, _ = told(tenants.as_lost(read(), "consent_missing", ""))
    _, event = told(read(lost))
    assert isinstance(event, TenantDiscovered)
    assert event.revision == 2


def test_its_record_alone_does_not_give_back_what_its_devices_took() -> None:
    lost, _ = told(tenants.as_lost(read(), "licence_missing", ""))
    assert tenants.as_read(lost, OWN, devices_read=False).lost_reason == "licence_missing"
    assert tenants.as_read(replace(lost, sync_devices=False), OWN, devices_read=False).lost_reason is None


def test_an_empty_record_blanks_nothing() -> None:
    again = tenants.as_read(read(), Organization(), devices_read=True)
    assert again == tenants.as_read(read(), None, devices_read=True) == read()


def test_a_tenant_leaves_after_two_lists_without_it() -> None:
    once = tenants.as_unlisted(read(), NOW)
    assert (once.listed, once.lost_reason) == (True, None)
    twice = tenants.as_unlisted(once, NOW)
    assert (twice.listed, twice.lost_reason) == (False, "removed")
    assert tenants.as_listed(once, Customer("t1")).absences == 0


@pytest.mark.parametrize(("ends", "reason"), [(NOW, "relationship_expired"), (NOW.replace(year=2027), "removed")])
def test_why_it_left_follows_from_its_relationship(ends: datetime, reason: str) -> None:
    gone = tenants.as_unlisted(replace(read(), absences=1, relationship_ends_at=ends), NOW)
    assert gone.lost_reason == reason


def test_a_list_that_lost_too_many_is_not_believed() -> None:
    known = [Tenant(f"t{number}") for number in range(30)]
    assert not tenants.too_many_missing(known, 70, Brake(0.3, 10))
    assert tenants.too_many_missing(known, 69, Brake(0.3, 10))
    assert not tenants.too_many_missing(known[:10], 0, Brake(0.3, 10))
