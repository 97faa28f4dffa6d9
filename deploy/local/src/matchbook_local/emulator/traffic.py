"""Who asked how often, and the limits at which Graph throttles."""

import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """As Microsoft documents them: Intune's devices for an app in a tenant, and for all apps in it; all of Graph for an
    app over all tenants.
    """

    app_and_tenant: Limit = Limit(2_000, 20)
    tenant: Limit = Limit(4_000, 20)
    app: Limit = Limit(130_000, 10)

    @classmethod
    def for_devices(cls, limit: Limit) -> "Limits":
        """Another limit for an app in a tenant; all apps together have twice that, as with Microsoft."""
        return cls(limit, Limit(2 * limit.requests, limit.seconds))


class Throttle:
    """Counts each kind of request in windows that begin with the first request after the last one ended. Requests that
    are refused count too.
    """

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._windows: dict[tuple[str, str], list[float]] = {}

    def take(self, app: str, tenant: str, *, intune: bool) -> int:
        """0 where the request may pass; else the whole seconds until one may."""
        now = self._clock()
        wait = self._count((app, ""), self.limits.app, now)
        if intune:
            wait = max(wait, self._count((app, tenant), self.limits.app_and_tenant, now))
            wait = max(wait, self._count(("", tenant), self.limits.tenant, now))
        return math.ceil(wait)

    def _count(self, key: tuple[str, str], limit: Limit, now: float) -> float:
        window = self._windows.get(key)
        if window is None or now >= window[0]:
            window = self._windows[key] = [now + limit.seconds, 0]
        window[1] += 1
        return window[0] - now if window[1] > limit.requests else 0.0


@dataclass(slots=True)
class Tally:
    """Of one tenant: requests to Graph, those of them answered with 429, and requests to the token endpoint."""

    requests: int = 0
    throttled: int = 0
    tokens: int = 0


class Traffic:
    """`throttle` is None where nothing is limited."""

    def __init__(self, throttle: Throttle | None) -> None:
        self.throttle = throttle
        self.tenants: defaultdict[str, Tally] = defaultdict(Tally)

    def described(self) -> dict[str, Any]:
        by_tenant = {tenant_id: asdict(tally) for tenant_id, tally in self.tenants.items()}
        total = {name: sum(tally[name] for tally in by_tenant.values()) for name in asdict(Tally())}
        return {
            "limits": asdict(self.throttle.limits) if self.throttle else None,
            **total,
            "by_tenant": by_tenant,
        }
