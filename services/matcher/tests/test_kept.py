"""An organization that is kept says after any changes what it would say if it were evaluated as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from matchbook_matcher.domain.kept import Change, KeptOrganization
from matchbook_matcher.domain.organization import Evaluation, Matcher

from .makes import KNOWLEDGE, configuration, device
from .test_assignment import ADDRESSES, NAMES, SERIALS, STANDINGS, told

WEIGHTS = KNOWLEDGE.weights.device
STRICT = Matcher(
    WEIGHTS.model_copy(
        update={
            "limits": WEIGHTS.limits.model_copy(
                update={"enrolments_of_a_machine": 2, "name_holders": 2, "address_holders": 1, "similarity_block": 2}
            )
        }
    )
)
"""Learns from so little that a handful of machines teaches it."""


@dataclass
class Told:
    """What a consumer knows from the answers that were said to have changed."""

    bodies: dict[Any, Any] = field(default_factory=dict)
    unfound: dict[Any, str] = field(default_factory=dict)

    def hear(self, evaluation: Evaluation, gone: Any = ()) -> None:
        for key in (*evaluation.answers, *gone):
            self.bodies.pop(key, None)
            self.unfound.pop(key, None)
        self.bodies |= told(evaluation)
        self.unfound |= {key: serial for serial, keys in evaluation.unfound.items() for key in keys}


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

    def check(self, evaluation: Evaluation) -> None:
        fresh = self.matcher.evaluate(
            self.devices.values(),
            self.configurations.values(),
            holders=dict.fromkeys(self.held, ("t9", "elsewhere")),
            common_serials=self.common,
        )
        expected = Told()
        expected.hear(fresh)
        assert self.told == expected
        assert evaluation.learned == fresh.learned


def known(before: Mapping[Any, Any], change: Mapping[Any, Any]) -> dict[Any, Any]:
    return {key: there for key, there in {**before, **change}.items() if there is not None}


@st.composite
def some_devices(draw: Any, most: int) -> dict[Any, Any]:
    found = {}
    for _ in range(draw(st.integers(0, most))):
        key = draw(st.sampled_from(["t1", "t1", "t2"])), f"d{draw(st.integers(0, 7))}"
        gone = draw(st.integers(0, 4)) == 0
        found[key] = None if gone else device(
            key[1], tenant=key[0], serial=draw(SERIALS), wifi=draw(ADDRESSES), ethernet=draw(ADDRESSES),
            name=draw(NAMES), synced=float(draw(st.integers(0, 3))), standing=draw(STANDINGS),
            model=draw(st.sampled_from([None, None, "A", "B"])),
        )  # fmt: skip
    return found


@st.composite
def some_configurations(draw: Any, most: int) -> dict[str, Any]:
    found = {}
    for _ in range(draw(st.integers(0, most))):
        name = f"c{draw(st.integers(0, 7))}"
        gone = draw(st.integers(0, 4)) == 0
        macs = tuple(filter(None, (draw(ADDRESSES), draw(ADDRESSES))))
        found[name] = None if gone else configuration(
            name, serial=draw(SERIALS), macs=macs, name=draw(NAMES) or "", hostname=draw(NAMES)
        )  # fmt: skip
    return found


HELD = st.dictionaries(st.sampled_from([f"c{n}" for n in range(8)]), st.booleans(), max_size=2)
COMMON = st.one_of(st.none(), st.none(), st.none(), st.sampled_from([frozenset(), frozenset({"PF1AAAA1"})]))


@given(st.data(), st.sampled_from([STRICT, Matcher(WEIGHTS)]), st.sampled_from([float("inf"), 0.3]))
@settings(max_examples=400, deadline=None)
def test_after_any_changes_it_is_as_if_it_were_evaluated_whole(data: Any, matcher: Matcher, whole_from: float) -> None:
    mirror = Mirror(matcher, whole_from)
    mirror.check(mirror.change(Change(data.draw(some_devices(9)), data.draw(some_configurations(9)))))
    for _ in range(data.draw(st.integers(1, 8))):
        change = Change(data.draw(some_devices(2)), data.draw(some_configurations(2)), data.draw(HELD))
        mirror.check(mirror.change(change, data.draw(COMMON)))
