"""3,000 requests in five minutes."""

import math
import time
from collections import deque
from collections.abc import Callable


class Limit:
    """Counts the requests of the last `seconds`. `retry_after`: whether a refusal says when to come back, which
    IT Glue does not promise.
    """

    def __init__(
        self,
        requests: int = 3000,
        seconds: float = 300.0,
        *,
        retry_after: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requests = requests
        self.seconds = seconds
        self.retry_after = retry_after
        self.refused = 0
        self._clock = clock
        self._times: deque[float] = deque()

    def take(self) -> int | None:
        """None where the request may pass; else the whole seconds until one may."""
        now = self._clock()
        while self._times and now - self._times[0] >= self.seconds:
            self._times.popleft()
        if len(self._times) < self.requests:
            self._times.append(now)
            return None
        self.refused += 1
        return math.ceil(self._times[0] + self.seconds - now)
