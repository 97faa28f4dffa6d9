"""Work that waits for what is away, and only for that."""

import pytest
from matchbook_servicekit.messaging import Transient
from matchbook_servicekit.patience import Patience


class Work:
    """Fails as often as told, after so many seconds of a time of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *failures: BaseException | None, lasts: float = 0.0) -> None:
        self.failures = list(failures)
        self.lasts = lasts
        self.now = 0.0
        self.pauses: list[float] = []
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        monkeypatch.setattr("asyncio.sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def __call__(self) -> str:
        self.now += self.lasts
        failure = self.failures.pop(0)
        if failure is not None:
            raise failure
        return "done"


def away() -> Transient:
    return Transient("the broker is away")


async def test_it_tries_again_after_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch, *(away() for _ in range(5)), None)
    patient = Patience("sweeps", first=1, longest=5, trouble="not begun")
    assert await patient.until_done(work) == "done"
    assert work.pauses == [1, 2, 4, 5, 5]
    assert patient.trouble is None


async def test_it_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch, away(), ValueError("a bug"))
    patient = Patience("sweeps")
    with pytest.raises(ValueError, match="a bug"):
        await patient.until_done(work)
    assert patient.trouble is not None
    assert patient.trouble.startswith("sweeps waits: ")
    assert patient.trouble.endswith("the broker is away")


async def test_a_bug_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch, ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        await Patience("sweeps").for_ever(work)
    assert work.pauses == []


async def test_what_worked_for_long_begins_with_short_pauses_again(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch, *(away() for _ in range(3)), None, lasts=60)
    await Patience("relay", first=1, longest=5).until_done(work)
    assert work.pauses == [1, 1, 1]
