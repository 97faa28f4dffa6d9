"""The partner's two lists, merged."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from matchbook_graph_ingestor.domain.customers import merge
from matchbook_graph_ingestor.domain.graph_objects import AdminRelationship, PartnerContract, RelationshipCustomer

SOON = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2027, 6, 1, tzinfo=UTC)


def related(tenant: str, name: str | None = "Contoso", ends: datetime | None = LATER, status: str = "active") -> Any:
    return AdminRelationship(status, RelationshipCustomer(tenant, name), ends)


def contracted(
    tenant: str, name: str | None = "Contoso (old)", domain: str | None = "contoso.example"
) -> PartnerContract:
    return PartnerContract(tenant, name, domain)


def test_a_tenant_in_both_lists_is_one_customer() -> None:
    (customer,) = merge([related("T1")], [contracted("t1")]).values()
    assert (customer.tenant_id, customer.display_name, customer.default_domain) == ("t1", "Contoso", "contoso.example")
    assert (customer.has_relationship, customer.relationship_ends_at) == (True, LATER)


def test_a_contract_alone_has_no_relationship() -> None:
    (customer,) = merge([], [contracted("t1")]).values()
    assert (customer.has_relationship, customer.display_name) == (False, "Contoso (old)")


def test_the_relationship_that_lasts_longest_counts() -> None:
    assert merge([related("t1", ends=LATER), related("t1", ends=SOON)], [])["t1"].relationship_ends_at == LATER
    assert merge([related("t1", ends=None), related("t1", ends=LATER)], [])["t1"].relationship_ends_at is None


def test_a_filter_that_was_ignored_does_not_bring_ended_relationships() -> None:
    without_customer = AdminRelationship("active")
    assert merge([related("t1", status="terminated"), without_customer], []) == {}


relationships = st.builds(
    related,
    st.sampled_from(["t1", "t2", "T2"]),
    st.sampled_from(["A", "B", None]),
    st.sampled_from([SOON, LATER, None]),
    st.sampled_from(["active", "expired"]),
)
contracts = st.builds(
    contracted, st.sampled_from(["t1", "t3"]), st.sampled_from(["A", None]), st.sampled_from(["a", "b"])
)


@given(st.lists(relationships, max_size=6), st.lists(contracts, max_size=4), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_customers(found: list[Any], copies: list[Any], order: Any) -> None:
    merged = merge(found, copies)
    order.shuffle(found)
    order.shuffle(copies)
    assert merge([*found, *found], copies) == merged
