"""An organization that is kept says after any changes what it would say if it were evaluated as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matchbook_matcher.domain.kept import Change, KeptOrganization
from matchbook_matcher.domain.organization import Evaluation, Matcher
from matchbook_matcher.domain.records import Configuration, Device, Standing

from .makes import KNOWLEDGE, configuration, device
from .test_assignment import ADDRESSES, IGNORED, NAMES, PEOPLE, SERIALS, STANDINGS, told

WEIGHTS = KNOWLEDGE.weights.device
STRICT = Matcher(
    WEIGHTS.model_copy(
        update={
            "limits": WEIGHTS.limits.model_copy(
                update={
                    "enrolments_of_a_machine": 2,
                    "name_holders": 2,
                    "personal_holders": 1,
                    "address_holders": 1,
                    "similarity_block": 2,
                }
            )
        }
    )
)
"""Learns from so little that a handful of machines teaches it."""
PLAIN = Matcher(WEIGHTS)


@dataclass
class Told:
    """What a consumer knows from the answers that were said to have changed."""

    bodies: dict[Any, Any] = field(default_factory=dict)
    unfound: dict[Any, set[str]] = field(default_factory=dict)

    def hear(self, evaluation: Evaluation, gone: Any = ()) -> None:
        for key in (*evaluation.answers, *gone):
            self.bodies.pop(key, None)
            self.unfound.pop(key, None)
        self.bodies |= told(evaluation)
        for serial, keys in evaluation.unfound.items():
            for key in keys:
                self.unfound.setdefault(key, set()).add(serial)


class Mirror:
    """An organization that is kept beside its inputs."""

    def __init__(self, matcher: Matcher, whole_from: float = float("inf")) -> None:
        self.matcher = matcher
        self.kept = KeptOrganization(matcher, whole_from)
        self.devices: dict[Any, Any] = {}
        self.configurations: dict[str, Any] = {}
        self.held: set[str] = set()
        self.common: frozenset[str] = frozenset()
        self.told = Told()
        self.told.hear(self.kept.evaluate((), ()))

    def change(self, change: Change, common: frozenset[str] | None = None) -> Evaluation:
        self.common = self.common if common is None else common
        self.devices = known(self.devices, change.devices)
        self.configurations = known(self.configurations, change.configurations)
        self.held = {c for c in self.held | set(change.held) if change.held.get(c, True)}
        evaluation = self.kept.change(change, self.common)
        self.told.hear(evaluation, [key for key, there in change.devices.items() if there is None])
        return evaluation

    def renew(self, devices: Mapping[Any, Any], change: Change, common: frozenset[str] | None = None) -> Evaluation:
        """All devices are others."""
        self.common = self.common if common is None else common
        gone, self.devices = list(self.devices), known({}, devices)
        self.configurations = known(self.configurations, change.configurations)
        self.held = {c for c in self.held | set(change.held) if change.held.get(c, True)}
        evaluation = self.kept.renew(self.devices.values(), change, self.common)
        self.told.hear(evaluation, gone)
        return evaluation

    def check(self, evaluation: Evaluation) -> None:
        fresh = self.matcher.evaluate(
            self.devices.values(),
            self.configurations.values(),
            held=self.held,
            common_serials=self.common,
        )
        expected = Told()
        expected.hear(fresh)
        assert self.told == expected
        assert evaluation.learned == fresh.learned


def known(before: Mapping[Any, Any], change: Mapping[Any, Any]) -> dict[Any, Any]:
    return {key: there for key, there in {**before, **change}.items() if there is not None}


SLIPS = (
    "PF1AAAA1", "PF1ABCD2", "PF1ABXD2", "PF1ACBD2", "PF1ABD2", "PF1ABCDD2", "PFIABCD2", "PF1A8CD2", "PF1AOCD2",
    "PF1A0CD2", "SPF1ABCD2", "1S20XW00A9USPF1ABCD2",
)  # fmt: skip
"""One edit apart, with letters for digits, and with the prefix of a bar code."""
MORE_SERIALS = st.one_of(SERIALS, st.sampled_from(SLIPS))
ALIKE = ("RECEPTION-LAPTOP", "RECPTION-LAPTOP", "RECEPTION-LAPTO", "RECEPTIONS-LAPTOP", "CON-LT-0077", "CON-LTP-77")
TITLES = ("Anna Berg", "Anna Berg laptop", "Berg's laptop", "Jan Smit - Latitude 5440", "Jan Berg")
MORE_NAMES = st.one_of(NAMES, st.sampled_from(ALIKE))
DOCUMENTED_NAMES = st.one_of(MORE_NAMES, st.sampled_from(TITLES))
PERSONS = st.one_of(PEOPLE, st.sampled_from([None, "aberg@contoso.com\nAnna Berg", "Jan Smit", "Jan Berg"]))
MORE_MODELS = st.sampled_from([None, None, None, "Latitude 5440", "iPhone 13"])
MAKERS = st.sampled_from([None, None, None, "Dell Inc.", "Apple"])
KINDS = st.sampled_from([None, None, None, "Windows", "iOS"])
TYPES = st.sampled_from([None, None, None, "Laptop", "Phone"])
MORE_STANDINGS = st.one_of(STANDINGS, st.sampled_from([IGNORED, None]))


@st.composite
def some_devices(draw: Any, least: int, most: int) -> dict[Any, Any]:
    found = {}
    for _ in range(draw(st.integers(least, most))):
        key = draw(st.sampled_from(["t1", "t1", "t2"])), f"d{draw(st.integers(0, 4))}"
        gone = draw(st.integers(0, 9)) == 9
        found[key] = None if gone else device(
            key[1], tenant=key[0], serial=draw(MORE_SERIALS), wifi=draw(ADDRESSES), ethernet=draw(ADDRESSES),
            name=draw(MORE_NAMES), synced=float(draw(st.integers(0, 3))), standing=draw(MORE_STANDINGS),
            model=draw(MORE_MODELS), people=draw(PERSONS), maker=draw(MAKERS), system=draw(KINDS),
        )  # fmt: skip
    return found


@st.composite
def some_configurations(draw: Any, least: int, most: int) -> dict[str, Any]:
    found = {}
    for _ in range(draw(st.integers(least, most))):
        name = f"c{draw(st.integers(0, 7))}"
        gone = draw(st.integers(0, 9)) == 9
        macs = tuple(filter(None, (draw(ADDRESSES), draw(ADDRESSES))))
        found[name] = None if gone else configuration(
            name, serial=draw(MORE_SERIALS), macs=macs, name=draw(DOCUMENTED_NAMES) or "", hostname=draw(MORE_NAMES),
            people=draw(PERSONS), model=draw(MORE_MODELS), maker=draw(MAKERS), kind=draw(TYPES),
        )  # fmt: skip
    return found


HELD = st.dictionaries(st.sampled_from([f"c{n}" for n in range(8)]), st.booleans(), max_size=1)
COMMON = st.one_of(st.none(), st.none(), st.none(), st.sampled_from([frozenset(), frozenset({"PF1AAAA1"})]))


@given(st.data(), st.sampled_from([STRICT, PLAIN]))
@settings(max_examples=300)
def test_after_any_changes_it_is_as_if_it_were_evaluated_whole(data: Any, matcher: Matcher) -> None:
    mirror = Mirror(matcher)
    mirror.check(mirror.change(Change(data.draw(some_devices(3, 9)), data.draw(some_configurations(3, 9)))))
    for _ in range(data.draw(st.integers(1, 8))):
        documents, held, common = data.draw(some_configurations(0, 1)), data.draw(HELD), data.draw(COMMON)
        if data.draw(st.integers(0, 4)) == 4:
            mirror.check(mirror.renew(data.draw(some_devices(0, 9)), Change({}, documents, held), common))
        else:
            mirror.check(mirror.change(Change(data.draw(some_devices(0, 2)), documents, held), common))


def mirror_of(devices: Iterable[Any], configurations: Iterable[Any], matcher: Matcher = PLAIN) -> Mirror:
    mirror = Mirror(matcher)
    mirror.check(mirror.change(changed(*devices, *configurations)))
    return mirror


def changed(*things: Any) -> Change:
    devices = {(thing.tenant_id, thing.device_id): thing for thing in things if isinstance(thing, Device)}
    configurations = {thing.configuration_id: thing for thing in things if isinstance(thing, Configuration)}
    return Change(devices, configurations)


def answered(mirror: Mirror, change: Change) -> list[str]:
    """Whose answers were made again; all that are known are right."""
    evaluation = mirror.change(change)
    mirror.check(evaluation)
    return sorted(device_id for _, device_id in evaluation.answers)


def lone(number: int, **more: Any) -> Any:
    return device(f"d{number}", serial=f"PF1AAA{number:02}", name=f"LT-{number:03}", **more)


def test_only_what_a_change_touches_is_answered() -> None:
    mirror = mirror_of(map(lone, range(30)), [configuration(f"c{n}", serial=f"PF1AAA{n:02}") for n in range(30)])
    assert answered(mirror, changed(lone(7, synced=5.0))) == ["d7"]
    assert answered(mirror, changed(configuration("c8", serial="PF1AAA09"))) == ["d8", "d9"]
    assert answered(mirror, Change(held={"c9": True})) == ["d9"]
    assert answered(mirror, Change(held={"c9": False})) == ["d9"]
    assert answered(mirror, Change(configurations={"c3": None})) == ["d3"]
    assert answered(mirror, Change(devices={("t1", "d4"): None})) == []
    assert answered(mirror, changed(device("new", serial="PF1AAA05", synced=9.0))) == ["d5", "new"]
    assert answered(mirror, Change()) == []


def test_a_rival_that_leaves_or_comes_touches_those_it_leaves_behind() -> None:
    mirror = mirror_of([device("d1", name="LT-1"), device("d2", name="LT-1")], [configuration(name="LT-1")])
    assert answered(mirror, changed(device("d1", name="LT-9"))) == ["d1", "d2"]
    assert answered(mirror, changed(device("d1", name="LT-1", standing=IGNORED))) == ["d1", "d2"]
    assert answered(mirror, changed(device("d1", name="LT-1"))) == ["d1", "d2"]


def test_a_device_that_left_its_twins_is_not_sorted_with_them_any_more() -> None:
    mirror = mirror_of([device("d1", serial="PF1AAAA1"), device("d2", serial="PF1AAAA2", synced=9.0)], [])
    answered(mirror, changed(device("d1", serial="PF1AAAA2", synced=1.0)))
    assert answered(mirror, changed(device("d3", serial="PF1AAAA1"))) == ["d3"]


def test_names_that_become_too_many_to_compare_find_nobody_any_more() -> None:
    mirror = mirror_of([device(name="RECEPTION-LAPTOP")], [configuration(name="RECPTION-LAPTOP")], STRICT)
    many = [configuration(f"c{n}", name=name) for n, name in enumerate(("FOYER-LAPTOP", "GALLERY-PC"), 2)]
    assert answered(mirror, changed(many[0])) == ["d1"]
    assert answered(mirror, changed(many[1])) == ["d1"]
    assert answered(mirror, Change(configurations={"c2": None})) == ["d1"]


@pytest.mark.parametrize("slip", ["PF1XBCD2", "PF1ABD2", "PF1ABCXD2", "PFIABCD2"])
def test_a_slip_is_found_when_its_configuration_comes_and_missed_when_it_goes(slip: str) -> None:
    mirror = mirror_of([device(serial="PF1ABCD2", people="Anna Berg"), *map(lone, range(3, 9))], [])
    assert answered(mirror, changed(configuration(serial=slip, people="Anna Berg"))) == ["d1"]
    assert answered(mirror, Change(configurations={"c1": None})) == ["d1"]


def test_a_serial_number_is_no_slip_while_a_device_bears_it() -> None:
    mirror = mirror_of(
        [device("d1", serial="PF1XBCD2", people="Anna Berg"), *map(lone, range(3, 9))],
        [configuration(serial="PF1ABCD2", people="Anna Berg")],
    )
    found = mirror.told.bodies["t1", "d1"]
    bearer = device("d2", serial="PF1ABCD2", standing=Standing("matched", "c9"))
    assert answered(mirror, changed(bearer)) == ["d1", "d2"]
    assert mirror.told.bodies["t1", "d1"] != found
    assert answered(mirror, Change(devices={("t1", "d2"): None})) == ["d1"]
    assert mirror.told.bodies["t1", "d1"] == found


def test_an_address_that_turns_out_to_be_a_docks_touches_all_that_were_compared_with_it() -> None:
    dock, own = "3c22fb000001", "3c22fb000002"
    mirror = mirror_of(
        [device("d1", name="LT-1", wifi=own), device("d2", name="LT-2", ethernet=dock), device("d3", name="LT-3")],
        [configuration("c1", name="LT-1", macs=(dock,)), configuration("c2", name="LT-2")],
    )
    assert answered(mirror, changed(device("d3", name="LT-3", ethernet=dock))) == ["d1", "d2", "d3"]
    assert answered(mirror, changed(device("d3", name="LT-3"))) == ["d1", "d2", "d3"]


def test_more_than_is_kept_under_one_value() -> None:
    mirror = mirror_of([device(serial="PF1AAAA1")], [configuration(f"c{n}", serial="PF1AAAA1") for n in range(70)])
    # In this order, so that it is known which of them the index leaves out.
    mirror.kept.evaluate(mirror.devices.values(), [mirror.configurations[f"c{n}"] for n in range(70)])
    mirror.check(mirror.change(Change(configurations=dict.fromkeys([f"c{n}" for n in range(69)]))))


def test_a_large_change_is_evaluated_as_a_whole() -> None:
    mirror = mirror_of(map(lone, range(9)), [configuration("c0", serial="PF1AAA00")])
    mirror.kept = KeptOrganization(PLAIN, 0.2)
    mirror.kept.evaluate(mirror.devices.values(), mirror.configurations.values())
    assert answered(mirror, changed(lone(1), lone(2))) == ["d1", "d2"]
    assert len(answered(mirror, changed(lone(1), lone(2), lone(3)))) == 9
