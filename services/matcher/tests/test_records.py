"""What goes on the wire is what the contracts say, and the data files are what the code takes."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from matchbook_contracts.suggestions import MatchSuggested, SuggestionWithdrawn
from matchbook_matcher.adapters.data import read_knowledge
from matchbook_matcher.adapters.records import event_id, records
from matchbook_matcher.domain.answers import Elsewhere
from matchbook_matcher.domain.changes import Change, Known, Work, suggest, withdraw
from matchbook_matcher.domain.records import in_lines
from matchbook_matcher.domain.scale import scale
from matchbook_matcher.domain.suggestions import device_suggestion, tenant_suggestion
from matchbook_matcher.domain.tenants import Directory, Organization, Tenant
from matchbook_servicekit.messaging import outgoing
from opentelemetry.trace import NonRecordingSpan, SpanContext, use_span
from pydantic import ValidationError

from .makes import KNOWLEDGE, configuration, device, evaluate
from .test_assignment import worlds

NEW = Work(0, 0)
SPAN = NonRecordingSpan(SpanContext(1, 2, is_remote=False))


def model_of(change: Change) -> type[MatchSuggested] | type[SuggestionWithdrawn]:
    return MatchSuggested if change.event == "MatchSuggested" else SuggestionWithdrawn


def check(change: Change) -> None:
    """The bytes are those that the contract's model writes, and so are the record's headers."""
    event = model_of(change).from_body(change.body)
    assert event.body() == change.body
    assert event.revision == change.revision
    expected = outgoing(event, source="matcher", event_id=event_id(change))
    assert records([change]) == [expected]
    with use_span(SPAN):
        traced = outgoing(event, source="matcher", event_id=event_id(change))
        assert records([change, change]) == [traced, traced] != [expected, expected]


@given(worlds())
@settings(max_examples=150)
def test_every_suggestion_is_what_its_contract_says(world: Any) -> None:
    devices, configurations, held = world
    evaluation = evaluate(devices, configurations, held=held)
    evaluation.complete(
        {serial: Elsewhere("o2", "Fabrikam \u2028 “Ltd”", "c9", "WS\\9") for serial in evaluation.unfound}
    )
    for key, answer in evaluation.answers.items():
        body = device_suggestion(key, "o1", answer, evaluation.learned)
        if body is not None:
            change = suggest(body, None, NEW)
            assert change is not None
            check(change)


def test_a_tenants_suggestion_and_a_withdrawal_are_what_their_contracts_say() -> None:
    organizations = [
        Organization("o1", "Contoso Dental", ("CD",), ("contoso.com",)),
        Organization("o2", "Contoso Dental West"),
    ]
    tenant = Tenant("t1", "Contoso Dental Ltd", ("contoso.com",), serials=9, overlaps=(("o1", 5),))
    answer = Directory(organizations, [tenant], KNOWLEDGE.weights.tenant, KNOWLEDGE.vocabulary).answers()["t1"]
    body = tenant_suggestion("t1", answer)
    assert body is not None
    said = suggest(body, None, NEW)
    assert said is not None
    check(said)
    gone = withdraw("t1", None, "decided", said.remember, Work(1, 1))
    assert gone is not None
    check(gone)


def test_values_that_look_like_the_revision_stay_as_they_are() -> None:
    odd = 'x","revision":0,"y'
    evaluation = evaluate([device(odd, name="LT-1")], [configuration(odd, name="LT-1")])
    ((key, answer),) = evaluation.answers.items()
    body = device_suggestion(key, odd, answer, evaluation.learned)
    assert body is not None
    change = suggest(body, Known(6, 1, True, b"other"), Work(1, 1))
    assert change is not None
    check(change)
    event = MatchSuggested.from_body(change.body)
    assert (event.device_id, event.organization_id, event.revision) == (odd, odd, 7)


def test_an_endless_name_is_cut() -> None:
    evaluation = evaluate([device(name="X" * 2_000_000)], [configuration(name="X" * 2_000_000)])
    ((key, answer),) = evaluation.answers.items()
    body = device_suggestion(key, "o1", answer, evaluation.learned)
    assert body is not None
    change = suggest(body, None, NEW)
    assert change is not None
    assert len(change.body) < 5_000


def said(content: str, known: Known | None, work: Work) -> Change | None:
    body = {"subject": "device", "tenant_id": "t1", "device_id": "d1", "revision": 0, "suggestion_id": content}
    return suggest(body, known, work)


def test_only_a_difference_is_said_and_gets_the_next_revision() -> None:
    first = said("a", None, NEW)
    assert first is not None
    assert (first.revision, first.remember) == (1, Known(1, 1, True, first.content))
    assert said("a", first.remember, Work(1, 1)) is None
    second = said("b", first.remember, Work(1, 1))
    assert second is not None
    assert second.remember == Known(2, 2, True, second.content)
    assert event_id(second) != event_id(first)


def test_what_may_not_have_been_said_is_said_again_to_the_byte() -> None:
    first = said("a", None, NEW)
    assert first is not None
    again = said("a", first.remember, Work(1, 0))
    assert again is not None
    assert (again.body, event_id(again), again.remember) == (first.body, event_id(first), None)


def test_a_withdrawal_is_said_once_and_again_only_when_uncertain() -> None:
    known = Known(3, 1, True, b"x")
    gone = withdraw("t1", "d1", "decided", known, Work(1, 1))
    assert gone is not None
    assert gone.remember == Known(4, 2, False, b"decided")
    assert withdraw("t1", "d1", "device_retired", gone.remember, Work(2, 2)) is None
    again = withdraw("t1", "d1", "device_retired", gone.remember, Work(2, 1))
    assert again is not None
    assert (again.body, event_id(again)) == (gone.body, event_id(gone)), "with the reason that was given"
    assert withdraw("t1", "d1", "decided", None, NEW) is None


def test_the_suggestion_id_changes_with_candidate_and_evidence_only() -> None:
    def shown(**facts: Any) -> str:
        documents = [configuration(serial="PF1ABCD2", name="LT-1"), configuration("c2", name=facts.pop("other", "Z-9"))]
        evaluation = evaluate([device(**{"serial": "PF1ABCD2", "name": "LT-1", **facts})], documents)
        body = device_suggestion(("t1", "d1"), "o1", evaluation.answers["t1", "d1"], evaluation.learned)
        assert body is not None
        return str(body["suggestion_id"])

    assert shown() == shown(synced=9.0) == shown(other="LT-1"), "another runner-up is another matter"
    assert shown() != shown(name="LT-2")
    assert shown() != shown(wifi="3c22fb000001")


def test_the_weights_make_probabilities_in_the_order_of_the_rules() -> None:
    worths = [worth for worth in scale(KNOWLEDGE.weights.device) if worth is not None]
    assert all(0.5 <= worth.confidence <= 0.9995 and math.isfinite(worth.rank) for worth in worths)
    best = {
        rule: max(w.confidence for w in worths if w.rule == rule)
        for rule in ("serial_number", "mac_address", "device_name")
    }
    assert best["serial_number"] >= best["mac_address"] >= best["device_name"]


def test_a_weights_file_with_a_slip_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.toml"
    file.write_text("version = 1\n[device]\nbase = -3.0\nbasis = 2\n")
    with pytest.raises(ValidationError):
        read_knowledge(weights=file)


def test_each_value_is_one_line() -> None:
    assert in_lines(["Anna\nBerg", None, " ", " aberg@contoso.com "]) == "Anna Berg\naberg@contoso.com"
