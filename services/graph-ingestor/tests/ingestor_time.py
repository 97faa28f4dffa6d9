"""A time of its own for what only waits: it passes when nobody has anything else to do."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _NoTime(asyncio.SelectorEventLoop):
    """A loop that never waits: where it would, its clock goes on by so much."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        selector: Any = self._selector  # type: ignore[attr-defined]
        select = selector.select

        def at_once(timeout: float | None = None) -> Any:
            assert timeout is not None, "everybody waits for ever"
            # A little more, since what is left of a wait may be too little to be added.
            self._now += timeout + 1e-6
            return select(0)

        selector.select = at_once

    def time(self) -> float:
        return self._now


def run_in_no_time(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it to its end in a loop of its own."""
    with asyncio.Runner(loop_factory=_NoTime) as runner:
        return runner.run(work)
