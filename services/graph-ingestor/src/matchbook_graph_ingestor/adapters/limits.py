"""Microsoft's limits on how often Graph may be asked, kept to before it has to say no."""

from collections import OrderedDict
from typing import Final, NamedTuple

from aiolimiter import AsyncLimiter

_MOST_TENANTS: Final = 20_000


class Rate(NamedTuple):
    """So many requests in so many seconds."""

    requests: float
    seconds: float


INTUNE_DEVICES: Final = Rate(2_000, 20)
"""Of one application in one tenant, as Microsoft documents it."""
ALL_REQUESTS: Final = Rate(130_000, 10)
"""Of one application in all tenants."""


class Limits:
    """A token bucket for each tenant, and one for all; whoever asks in one application's name shares them.

    A tenth of a limit may be asked at once and nine tenths in its time, so that no window of Microsoft's, whenever it
    begins, has more than the limit.
    """

    def __init__(self, tenant: Rate = INTUNE_DEVICES, everything: Rate = ALL_REQUESTS) -> None:
        self._rate = tenant
        self._all = _bucket(everything)
        self._tenants: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def wait(self, tenant_id: str) -> None:
        """Wait until the tenant may be asked once more."""
        limiter = self._tenants.get(tenant_id)
        if limiter is None:
            limiter = self._tenants[tenant_id] = _bucket(self._rate)
            if len(self._tenants) > _MOST_TENANTS:
                self._tenants.popitem(last=False)
        await limiter.acquire()
        await self._all.acquire()


def _bucket(limit: Rate) -> AsyncLimiter:
    return AsyncLimiter(limit.requests / 10, limit.seconds / 9)
