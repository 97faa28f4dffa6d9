"""When a tenant is swept next."""

from datetime import UTC, datetime, timedelta

from matchbook_graph_ingestor.domain.failures import Failure, lost
from matchbook_graph_ingestor.domain.schedule import next_sweep

BEGAN = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
NOW = BEGAN + timedelta(minutes=2)
HOUR = 3600.0


def minutes(failure: Failure | None, failures: int = 1, interval: float = HOUR) -> float:
    return (next_sweep(BEGAN, NOW, interval, failure, failures) - NOW).total_seconds() / 60


def test_the_rhythm_counts_from_the_beginning() -> None:
    assert minutes(None) == 58


def test_a_sweep_longer_than_its_interval_is_followed_at_once() -> None:
    assert minutes(None, interval=60) == 0


def test_lost_access_is_looked_at_again_in_the_same_rhythm() -> None:
    assert minutes(lost("consent_missing", "")) == 58


def test_what_may_pass_is_tried_soon_then_less_often_and_never_less_than_regularly() -> None:
    pauses = [minutes(Failure("unavailable"), count) for count in (1, 2, 3, 4, 30)]
    assert pauses == [0.5, 1, 2, 4, 60]


def test_nobody_comes_back_before_microsoft_allows_it() -> None:
    assert minutes(Failure("throttled", retry_after=600)) == 10
    assert minutes(Failure("throttled", retry_after=2 * HOUR)) == 120
