"""The cloud's clock, or the caller's: nobody can tell which of them is wrong."""

from typing import ClassVar, Literal

from pydantic import Field

from .base import Parameters

HOUR = 3600


class ClockSkew(Parameters):
    """The cloud's clock is wrong by hours, for everybody: Date headers, the times in tokens and errors, and assertions
    are out of their time (AADSTS700024), unless assertions=accepted.
    """

    name: ClassVar[str] = "clock-skew"
    hours: float = Field(3.0, ge=-48, le=48)
    assertions: Literal["refused", "accepted"] = "refused"

    @property
    def seconds(self) -> float:
        return self.hours * HOUR
