"""The cloud's clock, which a fault may put wrong."""

import time
from collections.abc import Callable
from email.utils import formatdate


class Clock:
    """Seconds since 1970-01-01, `shift` seconds beside the true time.

    With `believes` the identity platform takes the callers' word for the time: assertions are checked by the true time,
    and only what the cloud itself says of the time is wrong.
    """

    def __init__(self, true_time: Callable[[], float] = time.time) -> None:
        self._true_time = true_time
        self.shift = 0.0
        self.believes = False

    def __call__(self) -> float:
        return self._true_time() + self.shift

    def for_assertions(self) -> float:
        return self._true_time() if self.believes else self()

    def http_date(self, later: float = 0) -> str:
        """As headers have it, `later` seconds from now."""
        return formatdate(self() + later, usegmt=True)
