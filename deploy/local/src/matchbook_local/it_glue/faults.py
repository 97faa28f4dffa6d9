"""What goes wrong, on demand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer in place of the real one, once: a status, a body that is no document, or a connection that breaks.

    `path` chooses the request by the end of its path and `page` by its number; None takes any.
    """

    status: int = 200
    body: bytes | None = None
    retry_after: str | None = None
    location: str | None = None
    breaks: bool = False
    path: str | None = None
    page: int | None = None

    def fits(self, path: str, page: int) -> bool:
        return (self.path is None or path.endswith(self.path)) and self.page in (None, page)


@dataclass(slots=True)
class Faults:
    """Faults in the order in which they come, and what happens between two pages."""

    waiting: list[Fault] = field(default_factory=list)
    before_page: Callable[[str, int], Any] | None = None
    """Called with the path and the number of each page before it is made."""

    def add(self, *faults: Fault) -> None:
        self.waiting += faults

    def next(self, path: str, page: int) -> Fault | None:
        """The first that fits, which is then over."""
        found = next((fault for fault in self.waiting if fault.fits(path, page)), None)
        if found is not None:
            self.waiting.remove(found)
        return found
