"""From answers to what has to be published: only what differs from what is known to have been said."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

from matchbook_contracts.suggestions import WithdrawalReason

from matchbook_matcher.domain.digests import digest
from matchbook_matcher.domain.suggestions import Body, with_revision, withdrawal, written


@dataclass(frozen=True, slots=True)
class Work:
    """How often changes of a tenant's subjects were stored, and up to which time they are sure to be on the topic."""

    evaluation: int
    published: int


class Known(NamedTuple):
    """The last suggestion of a subject; `content` is its digest, or the reason of a withdrawal.

    `evaluation` says at which of its tenant's evaluations it was stored.
    """

    revision: int
    evaluation: int
    live: bool
    content: bytes

    def certain(self, work: Work) -> bool:
        """Whether it is on the topic; if not, it may be or not, since the process ended while it published."""
        return self.evaluation <= work.published


class Change:
    """A record to publish. `remember` is what to store first, None when a former evaluation has stored it.

    Made for nearly every device, so by hand as `records.Device` is.
    """

    __slots__ = ("body", "content", "device_id", "event", "remember", "revision", "tenant_id")

    def __init__(  # noqa: PLR0913, PLR0917 - one for each field
        self,
        tenant_id: str,
        device_id: str | None,
        event: Literal["MatchSuggested", "SuggestionWithdrawn"],
        revision: int,
        content: bytes,
        body: bytes,
        remember: Known | None,
    ) -> None:
        self.tenant_id = tenant_id
        self.device_id = device_id
        self.event = event
        self.revision = revision
        self.content = content
        self.body = body
        self.remember = remember


def suggest(body: Body, known: Known | None, work: Work) -> Change | None:
    """The change that says `body`; None where it has been said. What may or may not have been said is said again."""
    value = written(body)
    content = digest(value)
    tenant_id, device_id = body["tenant_id"], body.get("device_id")
    if known is not None and known.live and known.content == content:
        if known.certain(work):
            return None
        again = with_revision(value, known.revision)
        return Change(tenant_id, device_id, "MatchSuggested", known.revision, content, again, None)
    revision = 1 if known is None else known.revision + 1
    said = with_revision(value, revision)
    remember = Known(revision, work.evaluation + 1, True, content)
    return Change(tenant_id, device_id, "MatchSuggested", revision, content, said, remember)


def withdraw(
    tenant_id: str, device_id: str | None, reason: WithdrawalReason, known: Known | None, work: Work
) -> Change | None:
    """The change that withdraws what is known; None where nothing is suggested."""
    if known is None:
        return None
    if known.live:
        content, revision = reason.encode(), known.revision + 1
        remember = Known(revision, work.evaluation + 1, False, content)
    elif known.certain(work):
        return None
    else:
        content, revision, remember = known.content, known.revision, None
    body = withdrawal(tenant_id, device_id, cast("WithdrawalReason", content.decode()))
    said = with_revision(written(body), revision)
    return Change(tenant_id, device_id, "SuggestionWithdrawn", revision, content, said, remember)
