"""A circuit breaker for each tenant: who was refused for long is left alone for a while."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from matchbook_graph_ingestor.domain.failures import Failure


@dataclass(slots=True)
class _Broken:
    failure: Failure
    times: int
    until: float


class Breakers:
    """Opens for a tenant whose read failed to the last attempt by what may pass, and closes when one succeeds.

    It stays open for as long as Microsoft asked, or `first` seconds, twice that the next time, up to `longest`. `clock`
    gives seconds.
    """

    def __init__(self, first: float, longest: float, clock: Callable[[], float]) -> None:
        self._first = first
        self._longest = longest
        self._clock = clock
        self._broken: dict[str, _Broken] = {}

    def refusal(self, tenant_id: str) -> Failure | None:
        """Why the tenant is not to be asked now, with the seconds that are left; None if it may be."""
        broken = self._broken.get(tenant_id)
        left = broken.until - self._clock() if broken is not None else 0.0
        return replace(broken.failure, retry_after=left) if broken is not None and left > 0 else None

    def failed(self, tenant_id: str, failure: Failure) -> None:
        """A read came to its last attempt. Several that were under way together count once."""
        known, now = self._broken.get(tenant_id), self._clock()
        together = known is not None and known.until > now
        times = known.times + (not together) if known is not None else 1
        pause = min(self._longest, self._first * 2 ** min(times - 1, 20))
        self._broken[tenant_id] = _Broken(failure, times, now + max(pause, failure.retry_after or 0.0))

    def worked(self, tenant_id: str) -> None:
        """The tenant answers."""
        self._broken.pop(tenant_id, None)
