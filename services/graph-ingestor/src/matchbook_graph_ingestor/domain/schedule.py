"""When a tenant is swept next."""

from datetime import datetime, timedelta
from typing import Final

from matchbook_graph_ingestor.domain.failures import Failure

_FIRST_PAUSE: Final = 30.0
_LARGEST_STEP: Final = 20


def next_sweep(started: datetime, now: datetime, interval: float, failure: Failure | None, failures: int) -> datetime:
    """The time of the next sweep. `interval` is in seconds; `failures` counts the failed sweeps in a row, this one
    included.

    Where access is gone the next regular sweep looks again. What may pass by itself is tried sooner, with growing
    pauses, but never before Microsoft allows it.
    """
    regular = max(now, started + timedelta(seconds=interval))
    if failure is None or failure.loss is not None:
        return regular
    pause = min(interval, _FIRST_PAUSE * 2 ** min(failures - 1, _LARGEST_STEP))
    return now + timedelta(seconds=max(pause, failure.retry_after or 0.0))
