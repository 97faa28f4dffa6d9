"""What a test of a connection makes of what it read."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matchbook_contracts.connections import RefusalReason
from matchbook_contracts.sync import FailureReason
from matchbook_graph_ingestor.domain.connection import Findings, passed, steps
from matchbook_graph_ingestor.domain.failures import Failure
from matchbook_graph_ingestor.domain.graph_objects import AdminRelationship
from matchbook_graph_ingestor.domain.requests import Refusal, tenant_name, tenant_of_issuer

NOW = datetime(2026, 3, 9, tzinfo=UTC)
ID = "6f0c2b1e-52a4-4c7d-9a53-0e6f4d0c7a11"


def related(ends: datetime | None, status: str = "active") -> AdminRelationship:
    return AdminRelationship(status=status, ends_at=ends)


def relationship(*found: AdminRelationship, read: bool = True) -> Any:
    reads: Any = {"token": None, "organization": None if read else Failure("permission_missing")}
    return steps(Findings(reads, found), "Contoso", NOW)[3]


failures = st.builds(Failure, st.sampled_from(get_args(FailureReason)), st.just("detail"))
answers = st.none() | failures
findings = st.builds(
    Findings,
    st.fixed_dictionaries({"token": answers}, optional={"organization": answers, "devices": answers}),
    st.none() | st.just("no partner") | failures | st.lists(st.builds(related, st.none() | st.just(NOW)), max_size=2),
)


@given(findings)
def test_whatever_was_read_each_step_is_judged_and_each_failure_says_what_to_do(found: Any) -> None:
    judged = steps(found, "Contoso", NOW)
    assert [step.step for step in judged] == ["sign_in", "consent", "directory", "relationship", "licence", "devices"]
    assert all(step.message for step in judged if step.outcome in ("failed", "warning"))
    assert all("{" not in step.message for step in judged)
    assert passed(judged) == all(step.outcome != "failed" for step in judged)


@given(findings)
def test_every_failed_read_fails_a_step(found: Any) -> None:
    assert passed(steps(found, "Contoso", NOW)) <= all(failure is None for failure in found.reads.values())


def test_the_relationship_that_lasts_longest_counts() -> None:
    soon, late = datetime(2026, 3, 20, tzinfo=UTC), datetime(2027, 3, 20, tzinfo=UTC)
    assert relationship(related(soon)).outcome == "warning"
    assert relationship(related(soon), related(late)).outcome == "ok"
    assert relationship(related(soon), related(None)).outcome == "ok"
    assert relationship(related(late, "terminated"), related(soon)).outcome == "warning"
    assert "2026-03-20" in relationship(related(soon)).message


def test_a_tenant_that_answers_without_a_relationship_is_a_warning_and_one_that_does_not_a_failure() -> None:
    assert relationship().outcome == "warning"
    assert relationship(read=False).outcome == "failed"


def test_an_expired_relationship_that_is_still_called_active_has_ended() -> None:
    assert relationship(related(datetime(2026, 3, 8, tzinfo=UTC)), read=False).outcome == "failed"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ID.upper(), ID),
        (" Contoso.Example ", "contoso.example"),
        ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        ("common", None),
        ("organizations", None),
        ("*", None),
        ("../oauth2", None),
        ("contoso.example/x", None),
        ("contoso.example?x", None),
        ("127.0.0.1", None),
        ("-a.example", None),
        ("", None),
    ],
)
def test_a_tenant_is_named_by_id_or_domain_and_by_nothing_else(text: str, name: str | None) -> None:
    assert tenant_name(text) == name


def test_the_issuer_names_the_tenant() -> None:
    assert tenant_of_issuer(f"https://login.example/{ID}/v2.0") == ID
    assert tenant_of_issuer("https://login.example/{tenantid}/v2.0") is None


def test_there_is_a_sentence_for_every_refusal() -> None:
    for reason in get_args(RefusalReason):
        assert Refusal(reason).sentence("contoso.example").endswith(".")
