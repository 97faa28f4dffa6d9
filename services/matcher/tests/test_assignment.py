"""One configuration to one device, decisions respected, and what holds for every world."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matchbook_matcher.domain.answers import Conflict, Nothing, Suggested, Superseded
from matchbook_matcher.domain.changes import Work, suggest
from matchbook_matcher.domain.index import fleet_of
from matchbook_matcher.domain.pairs import fingerprint
from matchbook_matcher.domain.records import Standing
from matchbook_matcher.domain.scale import Mac, Serial, findings_of
from matchbook_matcher.domain.suggestions import device_suggestion

from .makes import MATCHER, answer, configuration, device, evaluate, target, tied

IGNORED = Standing("ignored")
MATCHED = Standing("matched", "c1")


def test_the_stronger_claim_wins_and_the_weaker_gets_what_is_left() -> None:
    devices = [device("d1", serial="PF1ABCD2", name="LT-1"), device("d2", name="LT-1")]
    documents = [configuration("c1", serial="PF1ABCD2", name="LT-1"), configuration("c2", name="LT-1")]
    found = evaluate(devices, documents).answers
    assert (target(found["t1", "d1"]), target(found["t1", "d2"])) == ("c1", "c2")


SPARE = "3c22fb000001"


def test_a_device_gives_way_to_one_that_is_left_with_nothing_where_both_together_weigh_more() -> None:
    devices = [device("d1", wifi=SPARE, name="LT-1"), device("d2", serial="PF1ABCD2", name="LT-9")]
    documents = [configuration("c1", macs=(SPARE,), serial="PF1ABCD2"), configuration("c2", name="LT-1")]
    found = evaluate(devices, documents).answers
    assert (target(found["t1", "d1"]), target(found["t1", "d2"])) == ("c2", "c1")
    assert found["t1", "d1"].others == ()  # type: ignore[union-attr]
    alone = evaluate(devices[:1], documents).answers
    assert target(alone["t1", "d1"]) == "c1"


def test_a_strong_claim_does_not_give_way_to_two_weak_ones() -> None:
    wired = "001422000001"
    devices = [device("d1", serial="PF1ABCD2", wifi=SPARE, ethernet=wired, name="LT-1"), device("d2", name="LT-1")]
    documents = [
        configuration("c1", serial="PF1ABCD2", macs=(SPARE,), name="LT-1"),
        configuration("c2", macs=(wired,)),
    ]
    found = evaluate(devices, documents).answers
    assert (target(found["t1", "d1"]), target(found["t1", "d2"])) == ("c1", None)
    assert target(answer([device(ethernet=wired)], documents)) == "c2"


def test_what_another_device_was_given_is_no_runner_up() -> None:
    devices = [
        device("d1", serial="PF1ABCD2", name="LT-1"),
        device("d2", serial="PF1ABCD3", name="LT-1", wifi="3c22fb000001"),
    ]
    documents = [
        configuration("c1", serial="PF1ABCD2"),
        configuration("c2", name="LT-1", macs=("3c22fb000001",)),
        configuration("c3", name="LT-1"),
    ]
    found = evaluate(devices, documents).answers
    assert [p.configuration.configuration_id for p in found["t1", "d1"].others] == ["c3"]  # type: ignore[union-attr]


def test_at_most_five_runners_up() -> None:
    documents = [configuration("c0", serial="PF1ABCD2"), *(configuration(f"c{n}", name="LT-1") for n in range(1, 8))]
    found = answer([device(serial="PF1ABCD2", name="LT-1")], documents)
    assert target(found) == "c0"
    assert len(found.others) == 5  # type: ignore[union-attr]


def test_a_matched_device_has_no_suggestion_and_its_configuration_is_taken() -> None:
    devices = [device("d1", serial="PF1ABCD2", standing=MATCHED), device("d2", name="LT-1")]
    documents = [configuration("c1", serial="PF1ABCD2", name="LT-1")]
    found = evaluate(devices, documents, held={"c1"}).answers
    assert found["t1", "d1"] == Nothing("decided")
    assert found["t1", "d2"] == Nothing("no_candidate")


def test_an_ignored_device_may_be_accepted_but_gives_way() -> None:
    documents = [configuration("c1", name="LT-1")]
    assert target(answer([device("d1", name="LT-1", standing=IGNORED)], documents)) == "c1"
    found = evaluate([device("d1", name="LT-1", standing=IGNORED), device("d2", name="LT-1")], documents).answers
    assert found["t1", "d1"] == Nothing("no_candidate")
    assert target(found["t1", "d2"]) == "c1"


def test_a_new_enrolment_of_a_matched_machine_waits_for_the_match_to_be_carried_over() -> None:
    devices = [device("d1", serial="PF1ABCD2", synced=1, standing=MATCHED), device("d2", serial="PF1ABCD2", synced=2)]
    documents = [configuration("c1", serial="PF1ABCD2"), configuration("c2", serial="PF1ABCD2")]
    found = evaluate(devices, documents, held={"c1"}).answers
    assert found["t1", "d1"] == Superseded("d2")
    assert found["t1", "d2"] == Nothing("decided")


@pytest.mark.parametrize(
    "changed", [{"serial": "PF1ABCD3"}, {"wifi": "3c22fb000009"}, {"ethernet": "001422000009"}, {"name": "LT-2"}]
)
def test_evidence_has_changed_when_any_identity_has_on_either_side(changed: dict[str, str]) -> None:
    said = {"serial": "PF1ABCD2", "wifi": "3c22fb000001", "ethernet": "001422000001", "name": "LT-1"}
    mine, theirs = device(**said), configuration(**documented(said))  # type: ignore[arg-type]
    seen = fingerprint(mine, theirs)
    assert fingerprint(device(**said | changed), theirs) != seen  # type: ignore[arg-type]
    assert fingerprint(mine, configuration(**documented(said | changed))) != seen
    assert fingerprint(device(**said, model="T14", synced=9.0), theirs) == seen  # type: ignore[arg-type]


def documented(said: dict[str, str]) -> dict[str, Any]:
    return {"serial": said["serial"], "name": said["name"], "macs": (said["wifi"], said["ethernet"])}


def test_a_reverted_pair_is_not_suggested_while_its_evidence_is_the_same() -> None:
    mine, theirs = device(serial="PF1ABCD2", name="LT-1"), configuration(serial="PF1ABCD2", name="LT-1")
    seen = fingerprint(mine, theirs)

    def undone(print_: str | None, **facts: Any) -> Any:
        standing = Standing("unmatched", None, {"c1": print_})
        return answer([device(**{"serial": "PF1ABCD2", "name": "LT-1", "standing": standing, **facts})], [theirs])

    assert undone(seen) == Nothing("no_candidate")
    assert undone(seen, name="lt-1") == Nothing("no_candidate"), "another spelling is no new evidence"
    assert undone(seen, synced=99.0) == Nothing("no_candidate")
    assert target(undone(seen, wifi="3c22fb000001")) == "c1"
    assert undone(None) == Nothing("no_candidate"), "nobody knows what was seen"
    assert undone(None, wifi="3c22fb000001") == Nothing("no_candidate")


SERIALS = st.sampled_from([None, "N/A", "PF1AAAA1", "PF1AAAA2", "PF1AAAA3", "pf1aaaa1", "PF7AAAA1", "PFIAAAAI"])
PEOPLE = st.sampled_from([None, "Anna Berg", "aberg@contoso.com", "Jan Berg"])
MODELS = st.sampled_from([None, "Latitude 5440", "OptiPlex 7010"])
ADDRESSES = st.sampled_from([None, None, "3c22fb000001", "3c22fb000002", "3c22fb000003", "da1234567890"])
NAMES = st.sampled_from(
    [
        None,
        "LT-1",
        "LT-2",
        "LT-01",
        "RECEPTION-LAPTOP",
        "RECPTION-LAPTOP",
        "iPhone",
        "DESKTOP-7QK2M9X",
        "ACME-WORKSTATION-01",
        "ACME-WORKSTATIO",
        "Anna Berg laptop",
        "Anna\u2019s iPhone",
    ]
)
STANDINGS = st.sampled_from(
    [None, None, None, IGNORED, Standing("matched", "c0"), Standing("unmatched", None, {"c1": None})]
)


@st.composite
def worlds(draw: Any) -> tuple[list[Any], list[Any], dict[str, Any]]:
    devices = [
        device(
            f"d{n}",
            serial=draw(SERIALS),
            wifi=draw(ADDRESSES),
            ethernet=draw(ADDRESSES),
            name=draw(NAMES),
            synced=float(draw(st.integers(0, 3))),
            tenant=draw(st.sampled_from(["t1", "t1", "t2"])),
            standing=draw(STANDINGS),
            people=draw(PEOPLE),
            model=draw(MODELS),
        )
        for n in range(draw(st.integers(0, 7)))
    ]
    configurations = [
        configuration(
            f"c{n}", serial=draw(SERIALS), macs=tuple(filter(None, (draw(ADDRESSES), draw(ADDRESSES)))),
            name=draw(NAMES) or "", hostname=draw(NAMES), people=draw(PEOPLE), model=draw(MODELS),
        )
        for n in range(draw(st.integers(0, 7)))
    ]  # fmt: skip
    matched = [d for d in devices if d.standing is not None and d.standing.status == "matched"]
    held = {"c0": (matched[-1].tenant_id, matched[-1].device_id)} if matched else {}
    return devices, configurations, held


def told(evaluation: Any) -> dict[Any, bytes | None]:
    """Everything that would be published, by device."""
    found = {}
    for key, one in evaluation.answers.items():
        body = device_suggestion(key, "o1", one, evaluation.learned)
        change = None if body is None else suggest(body, None, Work(0, 0))
        found[key] = None if change is None else change.body
    return found


@given(worlds(), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_the_order_of_the_inputs_makes_no_difference(world: Any, shuffled: random.Random) -> None:
    devices, configurations, held = world
    expected = told(evaluate(devices, configurations, held=held))
    shuffled.shuffle(devices)
    shuffled.shuffle(configurations)
    assert told(evaluate(devices, configurations, held=held)) == expected


@given(worlds())
@settings(max_examples=300)
def test_what_holds_for_every_world(world: Any) -> None:
    devices, configurations, held = world
    by_key = {(d.tenant_id, d.device_id): d for d in devices}
    answers = evaluate(devices, configurations, held=held).answers
    assert set(answers) == set(by_key), "every device has an answer"
    suggested = Counter(target(one) for one in answers.values() if isinstance(one, Suggested))
    reserved = {name for one in answers.values() if isinstance(one, Conflict) for name in tied(one)}
    assert all(count == 1 for count in suggested.values()), "one configuration to one device"
    assert not reserved & set(suggested), "what is in conflict is nobody's"
    assert not set(held) & set(suggested), "what is matched is taken"
    for key, one in answers.items():
        standing = by_key[key].standing
        if standing is not None and standing.status == "matched":
            assert isinstance(one, Nothing | Superseded)
        pairs = (
            [one.best, *one.others]
            if isinstance(one, Suggested)
            else list(one.pairs)
            if isinstance(one, Conflict)
            else []
        )
        for pair in pairs:
            findings = findings_of(pair.code)
            assert findings.serial is not Serial.DISAGREE or findings.mac is Mac.AGREE_WIFI, "a veto"
            assert findings.serial is not Serial.NEIGHBOUR or findings.mac in (Mac.AGREE, Mac.AGREE_WIFI), "a veto"
            assert 0.5 <= pair.worth.confidence <= 0.9995
            reverted = (pair.device.standing.reverted if pair.device.standing else None) or {}
            assert pair.configuration.configuration_id not in reverted
        if isinstance(one, Suggested):
            assert all(one.best.worth.rank >= pair.worth.rank for pair in one.others)


@given(worlds())
@settings(max_examples=300)
def test_where_nothing_is_tied_no_other_assignment_has_more_evidence(world: Any) -> None:
    devices, configurations, _ = world
    devices = [d for d in devices if d.standing is None]
    evaluation = evaluate(devices, configurations)
    if any(isinstance(one, Conflict) for one in evaluation.answers.values()):
        return
    fleet = fleet_of(devices, MATCHER.limits, frozenset())
    ground = MATCHER.ground(fleet, configurations, ())
    offers = [
        [(pair.configuration.configuration_id, pair.worth.rank) for pair in MATCHER.pairs(one, ground)[0]]
        for one in fleet.current
    ]
    chosen = [one.best.worth.rank for one in evaluation.answers.values() if isinstance(one, Suggested)]
    assert sum(chosen) == most(offers, frozenset())


def most(offers: list[list[tuple[str, int]]], taken: frozenset[str]) -> int:
    """The largest total of one offer for each device, or none, and of no target twice."""
    if not offers:
        return 0
    first, *others = offers
    return max(
        most(others, taken), *(rank + most(others, taken | {name}) for name, rank in first if name not in taken), 0
    )


@given(worlds(), worlds())
@settings(max_examples=100)
def test_an_unrelated_machine_changes_nothing_for_the_others(world: Any, other: Any) -> None:
    del other
    devices, configurations, held = world
    before = told(evaluate(devices, configurations, held=held))
    stranger = device("zz", serial="ZZ9999ZZ", wifi="3c22fbffffff", name="UNRELATED-77")
    record = configuration("zz", serial="ZZ9999ZZ", name="UNRELATED-77")
    after = told(evaluate([stranger, *devices], [record, *configurations], held=held))
    assert after.pop(("t1", "zz")) is not None
    assert after == before


def test_a_conflict_of_others_or_another_newer_enrolment_is_another_suggestion() -> None:
    def identity(devices: Any, documents: Any = ()) -> str:
        found = evaluate(devices, documents)
        body = device_suggestion(("t1", "d1"), "o1", found.answers["t1", "d1"], found.learned)
        assert body is not None
        return str(body["suggestion_id"])

    some, others = ([configuration(c, name="LT-1") for c in held] for held in (("c1", "c2"), ("c1", "c3")))
    assert identity([device(name="LT-1")], some) != identity([device(name="LT-1")], others)
    old = device(serial="PF1ABCD2", synced=1)
    newer = [device(name, serial="PF1ABCD2", synced=2) for name in ("d2", "d3")]
    assert identity([old, newer[0]]) != identity([old, newer[1]])


def test_what_speaks_for_a_candidate_is_part_of_the_suggestion_and_the_runners_up_are_not() -> None:
    def identity(people: str, *others: Any) -> str:
        documents = [configuration(serial="PF1ABCD2", people="Anna Berg"), *others]
        found = evaluate([device(serial="PF1ABCD2", name="LT-1", people=people)], documents)
        body = device_suggestion(("t1", "d1"), "o1", found.answers["t1", "d1"], found.learned)
        assert body is not None
        return str(body["suggestion_id"])

    assert identity("Anna Berg") != identity("Jan Smit")
    assert identity("Anna Berg") == identity("Anna Berg", configuration("c2", name="LT-1"))
