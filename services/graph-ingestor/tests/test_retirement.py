"""Which absent devices may be retired."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ingestor_makes import DAY, devices_of, graph_device, known_of
from matchbook_graph_ingestor.domain import retirement
from matchbook_graph_ingestor.domain.devices import compare
from matchbook_graph_ingestor.domain.retirement import Absent, Brake

BRAKE = Brake(0.3, 10)


def missed(count: int, absences: int, start: int = 0) -> list[Absent]:
    return [Absent(f"d{number:05d}", absences) for number in range(start, start + count)]


def test_the_first_absence_retires_nothing() -> None:
    assert retirement.judge(missed(3, 0), 100, BRAKE) == ([], 0)


def test_the_second_makes_candidates() -> None:
    assert retirement.judge(missed(3, 1), 100, BRAKE) == (["d00000", "d00001", "d00002"], 0)


def test_ten_may_go_from_the_smallest_tenant_and_the_eleventh_engages_the_brake() -> None:
    assert len(retirement.judge(missed(10, 1), 10, BRAKE).candidates) == 10
    assert retirement.judge(missed(11, 1), 11, BRAKE) == ([], 11)


def test_the_share_counts_in_a_large_tenant() -> None:
    assert len(retirement.judge(missed(300, 1), 1000, BRAKE).candidates) == 300
    assert retirement.judge(missed(301, 1), 1000, BRAKE) == ([], 301)


def test_a_confirmation_frees_what_was_absent_then_and_not_what_followed() -> None:
    confirmed = retirement.confirmed_absences(["run-1"], "run-1")
    found = retirement.judge([*missed(400, 2), *missed(20, 1, start=400)], 1000, BRAKE, confirmed)
    assert (len(found.candidates), found.braked) == (420, 0)
    found = retirement.judge([*missed(400, 2), *missed(301, 1, start=400)], 1000, BRAKE, confirmed)
    assert (len(found.candidates), found.braked) == (400, 301)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=8), st.data())
def test_confirming_an_older_braked_sweep_frees_only_what_that_sweep_held_back(gone: list[int], data: Any) -> None:
    """Devices that vanish one sweep after another, each sweep braked; then one of the sweeps is confirmed."""
    absences: dict[str, int] = {}
    held: list[set[str]] = []
    runs: list[str] = []
    for number, count in enumerate([0, *gone, 0]):
        listed = list(absences.items())
        held_back = {key for key, times in listed if times >= 1}
        if held_back:
            runs.append(f"run-{number}")
            held.append(held_back)
        absences = {key: times + 1 for key, times in listed}
        absences |= {f"d{number}-{item}": 1 for item in range(count)}
    chosen = data.draw(st.integers(0, len(runs) - 1))
    confirmed = retirement.confirmed_absences(runs, runs[chosen])
    everything = [Absent(key, times) for key, times in absences.items()]
    judged = retirement.judge(everything, 1000, Brake(0.0, 0), confirmed)
    assert set(judged.candidates) == held[chosen] or judged.braked == 0
    assert held[chosen] <= set(judged.candidates)


def test_a_sweep_that_was_not_braked_confirms_nothing() -> None:
    assert retirement.confirmed_absences(["run-1"], "run-2") is None


def test_absent_is_known_live_and_not_seen() -> None:
    known = known_of(compare(devices_of(*(graph_device(number) for number in range(4))), {}, DAY).changes)
    ids = sorted(known)
    known[ids[0]] = known[ids[0]]._replace(retired=True)
    known[ids[1]] = known[ids[1]]._replace(absences=3)
    assert retirement.absent(known.values(), {ids[2]}) == [(ids[1], 3), (ids[3], 0)]
