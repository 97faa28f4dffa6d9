"""What becomes of a command: events, or a refusal with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from matchbook_contracts.base import Cause
from matchbook_contracts.decisions import Decision, RejectionReason
from matchbook_contracts.match_events import MatchEvent


@dataclass(frozen=True, slots=True)
class Applied:
    """The command changed something: its events in order, the one that answers the decision last.

    `commands` are decisions that it asks for in turn, made as they are taken; they travel on their topic like any
    other.
    """

    events: tuple[MatchEvent, ...]
    commands: Iterable[Decision] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """The ids that a refusal is about, as far as the command or the world name them."""

    tenant_id: str | None = None
    device_id: str | None = None
    organization_id: str | None = None
    configuration_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The state forbids the command. `message` is a sentence for the person: what stands in the way, and the remedy.

    `candidates` are ids of configurations or organizations that the person may want instead. `may_be_early`: the
    refusal rests on facts that may still be on their way here, while the person has seen them already.
    """

    reason: RejectionReason
    message: str
    candidates: tuple[str, ...] = ()
    about: Subject = field(default_factory=Subject)
    may_be_early: bool = False


Outcome: TypeAlias = Applied | Rejected


def ended(name: str) -> str:
    """The name as the last word of a sentence: one such as “Acme Inc.” brings the full stop."""
    return name if name.endswith(".") else f"{name}."


@dataclass(frozen=True, slots=True)
class Moment:
    """When and why something happens; every event of a command shares it."""

    now: datetime
    cause: Cause
