"""Microsoft's many ways to say no."""

import json
from typing import get_args

import pytest
from matchbook_contracts.discovery import LossReason
from matchbook_contracts.sync import FailureReason
from matchbook_graph_ingestor.domain import failures
from matchbook_graph_ingestor.domain.failures import of_answer, of_customer, of_sign_in


def body(code: str, message: str = "") -> bytes:
    return json.dumps({"error": {"code": code, "message": message, "innerError": {"request-id": "x"}}}).encode()


NOT_APPLICABLE = json.dumps({"Message": "Request not applicable to target tenant. - Operation ID: 0"})


@pytest.mark.parametrize(
    ("status", "answer", "reason", "lost"),
    [
        (401, body("Authorization_IdentityNotFound"), "consent_missing", True),
        (401, body("InvalidAuthenticationToken"), "credential_rejected", True),
        (403, body("Authorization_RequestDenied"), "permission_missing", True),
        (403, body("Forbidden", "Application is not authorized"), "permission_missing", True),
        (400, body("BadRequest", NOT_APPLICABLE), "licence_missing", True),
        (400, body("BadRequest", "Skip token is invalid"), "bad_answer", False),
        (429, b"", "throttled", False),
        (500, body("InternalServerError"), "unavailable", False),
        (503, b"<html>Service Unavailable</html>", "unavailable", False),
        (404, b"", "bad_answer", False),
        (302, b"", "bad_answer", False),
    ],
)
def test_answers_are_classified(status: int, answer: bytes, reason: FailureReason, *, lost: bool) -> None:
    failure = of_answer(status, answer)
    assert (failure.reason, failure.loss is not None) == (reason, lost)


def test_a_code_that_is_no_code_is_not_repeated() -> None:
    assert of_answer(403, body("jo.lind@contoso.example <script>")).detail == "403"


def test_without_a_relationship_missing_permission_means_that_it_ended() -> None:
    denied = of_answer(403, body("Authorization_RequestDenied"))
    assert of_customer(denied, has_relationship=True).reason == "permission_missing"
    assert of_customer(denied, has_relationship=False).loss == "relationship_expired"
    throttled = of_answer(429, b"")
    assert of_customer(throttled, has_relationship=False) == throttled


@pytest.mark.parametrize(
    ("error", "description", "reason", "loss"),
    [
        ("unauthorized_client", "AADSTS700016: Application with identifier …", "consent_missing", "consent_missing"),
        (
            "invalid_client",
            "AADSTS700027: The certificate with identifier …",
            "credential_rejected",
            "credential_rejected",
        ),
        (
            "invalid_client",
            "AADSTS7000222: The provided client secret keys …",
            "credential_rejected",
            "credential_rejected",
        ),
        ("invalid_tenant", "AADSTS90002: Tenant 'x' not found.", "relationship_expired", "removed"),
        ("temporarily_unavailable", "AADSTS90033: A transient error", "unavailable", None),
        ("temporarily_unavailable", "", "unavailable", None),
        ("invalid_request", "something new", "bad_answer", None),
    ],
)
def test_refused_tokens_are_classified(
    error: str, description: str, reason: FailureReason, loss: LossReason | None
) -> None:
    failure = of_sign_in(error, description)
    assert (failure.reason, failure.loss) == (reason, loss)


def test_no_number_of_entra_means_two_things() -> None:
    numbers = [number for group in failures._SIGN_IN.values() for number in group]
    assert len(numbers) == len(set(numbers))
    assert not set(numbers) & failures._TENANT_GONE


def test_there_is_a_sentence_for_every_reason() -> None:
    for reason in get_args(FailureReason):
        assert "Contoso" in failures.sentence(reason, "Contoso", 3)


def test_no_tenant_waits_for_years() -> None:
    assert of_answer(429, b"", retry_after=1e300).retry_after == 86400
    assert of_answer(429, b"", retry_after=600).retry_after == 600
