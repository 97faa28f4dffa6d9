"""Answers in the shape of the wire contracts, and what makes two of them the same."""

from collections.abc import Sequence
from typing import Any

from matchbook_contracts.suggestions import SuggestionStatus, WithdrawalReason
from orjson import dumps

from matchbook_matcher.domain.answers import Answer, Conflict, Elsewhere, Misplaced, Nothing, Suggested, Superseded
from matchbook_matcher.domain.compare import Learned
from matchbook_matcher.domain.digests import long_digest
from matchbook_matcher.domain.pairs import CandidateData, candidate, shown
from matchbook_matcher.domain.records import Key
from matchbook_matcher.domain.tenants import TenantAnswer

Body = dict[str, Any]
"""The data of a `MatchSuggested` in the order of its fields. Plain, since it is written a hundred thousand times; a
test holds it against the contract."""
_REVISION = "revision"
_MOST_RUNNERS_UP = 5


def device_suggestion(key: Key, organization_id: str, answer: Answer, learned: Learned) -> Body | None:
    """None where there is nothing to suggest. The revision is still to be set."""
    tenant_id, device_id = key
    match answer:
        case Suggested():
            best = candidate(answer.best, learned)
            runners = [candidate(pair, learned) for pair in answer.others] if answer.others else []
            body = _head(tenant_id, device_id, "suggested", _identity(best), organization_id)
            body["candidate"] = best
            return _with_others(body, runners, answer.elsewhere, answer.twice)
        case Conflict():
            tied = [
                candidate(pair, learned, contested=pair.configuration.configuration_id in answer.contested)
                for pair in answer.pairs
            ]
            body = _head(tenant_id, device_id, "conflict", "".join(map(_identity, tied)), organization_id)
            return _with_others(body, tied, answer.elsewhere, answer.twice)
        case Misplaced():
            place = answer.elsewhere
            told = f"\x1f{place.organization_id}\x1f{place.configuration_id}"
            return _with_others(_head(tenant_id, device_id, "elsewhere", told, organization_id), [], place)
        case Superseded():
            body = _head(tenant_id, device_id, "superseded", f"\x1f{answer.by}", organization_id)
            return {**body, "runners_up": [], "superseded_by": answer.by, "documented_twice": []}
        case Nothing():
            return None


def tenant_suggestion(tenant_id: str, answer: TenantAnswer) -> Body | None:
    """None where no organization fits. The revision is still to be set."""
    if not answer.pairs:
        return None
    candidates = [pair.candidate() for pair in answer.pairs]
    if answer.tied:
        tied = candidates[: min(answer.tied, _MOST_RUNNERS_UP)]
        return _with_others(_head(tenant_id, None, "conflict", "".join(map(_identity, tied))), tied)
    body = _head(tenant_id, None, "suggested", _identity(candidates[0]))
    body["candidate"] = candidates[0]
    return _with_others(body, candidates[1:])


def withdrawal(tenant_id: str, device_id: str | None, reason: WithdrawalReason) -> Body:
    """The data of a `SuggestionWithdrawn`. The revision is still to be set."""
    return {**_subject(tenant_id, device_id), "reason": reason}


def written(body: Body) -> bytes:
    """The record's value with revision 0: what the digest is made of."""
    return dumps(body)


def with_revision(value: bytes, revision: int) -> bytes:
    """The record's value with its revision. Quotes inside values are escaped, so the first hit is the field itself."""
    return value.replace(b'"revision":0', b'"revision":%d' % revision, 1)


def _subject(tenant_id: str, device_id: str | None) -> Body:
    if device_id is None:
        return {"subject": "tenant", "tenant_id": tenant_id, _REVISION: 0}
    return {"subject": "device", "tenant_id": tenant_id, "device_id": device_id, _REVISION: 0}


def _head(
    tenant_id: str, device_id: str | None, status: SuggestionStatus, told: str, organization_id: str | None = None
) -> Body:
    """`told`: by what the suggestion's id changes, which is what a person would accept and why, and not how likely that
    is or what else there is.
    """
    body = _subject(tenant_id, device_id)
    body["suggestion_id"] = long_digest(f"{tenant_id}\x1f{device_id or ''}\x1f{status}{told}")
    body["status"] = status
    if organization_id is not None:
        body["organization_id"] = organization_id
    return body


def _with_others(
    body: Body, runners_up: Sequence[CandidateData], place: Elsewhere | None = None, twice: Sequence[str] = ()
) -> Body:
    body["runners_up"] = runners_up
    if place is not None:
        body["elsewhere"] = {
            "organization_id": place.organization_id,
            "organization_name": shown(place.organization_name),
            "configuration_id": place.configuration_id,
            "configuration_name": shown(place.configuration_name),
        }
    body["documented_twice"] = twice
    return body


def _identity(data: CandidateData) -> str:
    evidence = "".join([f"\x1f{entry['field']}={entry['verdict']}" for entry in data["evidence"]])
    return f"\x1f{data['target_id']}\x1f{data['rule']}\x1f{data['fingerprint']}{evidence}"
