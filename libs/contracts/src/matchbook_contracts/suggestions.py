"""What the matcher thinks: which documented thing a device or a tenant is, and the evidence for it."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from matchbook_contracts.base import Contract, Id, Value, device_key

Verdict = Literal["agree", "similar", "disagree", "set_aside", "missing"]
Rule = Literal[
    "intune_id", "serial_number", "mac_address", "device_name", "tenant_name", "domain", "alias", "device_overlap"
]
SuggestionStatus = Literal["suggested", "conflict", "elsewhere", "superseded"]
WithdrawalReason = Literal["decided", "no_candidate", "device_retired", "tenant_lost", "tenant_unmatched"]


class FieldEvidence(Value):
    """What one field says about a pair. `reason` tells in words why a value was set aside or counts for less."""

    field: str
    verdict: Verdict
    device_value: str | None = None
    documented_value: str | None = None
    reason: str | None = None


class Candidate(Value):
    """A configuration (or, for a tenant, an organization) that the subject may be.

    `confidence` is the probability in [0, 1] that the pair is right; `fingerprint` stands for its evidence, so that a
    reverted pair can be told from the same pair with new evidence.
    """

    target_id: Id
    target_name: str
    rule: Rule
    confidence: Annotated[float, Field(ge=0, le=1)]
    fingerprint: str
    evidence: tuple[FieldEvidence, ...] = ()


class Elsewhere(Value):
    """The same serial number is documented under another organization than the device's."""

    organization_id: Id
    organization_name: str
    configuration_id: Id
    configuration_name: str


class _Suggestion(Contract):
    topic: ClassVar[str] = "matchbook.suggestions"

    subject: Literal["device", "tenant"]
    tenant_id: Id
    device_id: Id | None = None
    revision: Annotated[int, Field(ge=1)]

    @property
    def key(self) -> str:
        return self.tenant_id if self.device_id is None else device_key(self.tenant_id, self.device_id)

    @property
    def partition_key(self) -> str:
        return self.tenant_id


class MatchSuggested(_Suggestion):
    """The matcher's current answer for a device or a tenant; the next revision replaces it.

    `suggested`: `candidate` is the answer. `conflict`: several `runners_up` can't be told apart and a person must
    choose. `elsewhere`: nothing here, but see `elsewhere`. `superseded`: `superseded_by` is the machine's newer
    enrolment. `suggestion_id` changes whenever the candidate or its evidence does; accepting names it.
    """

    suggestion_id: Id
    status: SuggestionStatus
    organization_id: Id | None = None
    candidate: Candidate | None = None
    runners_up: Annotated[tuple[Candidate, ...], Field(max_length=5)] = ()
    elsewhere: Elsewhere | None = None
    superseded_by: Id | None = None
    documented_twice: tuple[Id, ...] = ()

    @property
    def fingerprint(self) -> str | None:
        """What stands for the evidence of the answer, so that it can be told from another answer of the same status."""
        if self.candidate is not None:
            return self.candidate.fingerprint
        return fingerprint_of_all({item.target_id: item.fingerprint for item in self.runners_up})


def fingerprint_of_all(fingerprints: Mapping[str, str]) -> str | None:
    """What stands for the evidence of all candidates of a conflict, given by target; None where there are none."""
    if not fingerprints:
        return None
    told = "\n".join(f"{target} {fingerprint}" for target, fingerprint in sorted(fingerprints.items()))
    return blake2b(told.encode(), digest_size=16).hexdigest()


class SuggestionWithdrawn(_Suggestion):
    """There is no suggestion for the subject any more."""

    reason: WithdrawalReason
