"""Answers in the shape of the wire contracts, and what makes two of them the same."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from matchbook_contracts.suggestions import SuggestionStatus, WithdrawalReason
from orjson import dumps

from matchbook_matcher.domain.compare import Learned
from matchbook_matcher.domain.organization import Answer, Conflict, Elsewhere, Misplaced, Nothing, Suggested, Superseded
from matchbook_matcher.domain.pairs import CandidateData, candidate, shown
from matchbook_matcher.domain.records import Key
from matchbook_matcher.domain.tenants import TenantAnswer

Body = dict[str, Any]
"""The data of a `MatchSuggested` in the order of its fields. Plain, since it is written a hundred thousand times; a
test holds it against the contract."""
_REVISION = "revision"
_ID_BYTES = 16
_MOST_RUNNERS_UP = 5


class _Content(NamedTuple):
    status: SuggestionStatus
    best: CandidateData | None = None
    runners_up: Sequence[CandidateData] = ()
    elsewhere: Elsewhere | None = None
    superseded_by: str | None = None
    twice: tuple[str, ...] = ()


def device_suggestion(key: Key, organization_id: str, answer: Answer, learned: Learned) -> Body | None:
    """None where there is nothing to suggest. The revision is still to be set."""
    content = _device_content(answer, learned)
    return None if content is None else _body(_head(*key), organization_id, content)


def _device_content(answer: Answer, learned: Learned) -> _Content | None:
    match answer:
        case Suggested(best, others, twice, elsewhere):
            runners = [candidate(pair, learned) for pair in others] if others else ()
            return _Content("suggested", candidate(best, learned), runners, elsewhere, None, twice)
        case Conflict(pairs, contested, twice, elsewhere):
            tied = [
                candidate(pair, learned, contested=pair.configuration.configuration_id in contested) for pair in pairs
            ]
            return _Content("conflict", None, tied, elsewhere, twice=twice)
        case Misplaced(elsewhere):
            return _Content("elsewhere", elsewhere=elsewhere)
        case Superseded(by):
            return _Content("superseded", superseded_by=by)
        case Nothing():
            return None


def tenant_suggestion(tenant_id: str, answer: TenantAnswer) -> Body | None:
    """None where no organization fits. The revision is still to be set."""
    if not answer.pairs:
        return None
    candidates = [pair.candidate() for pair in answer.pairs]
    if answer.tied:
        content = _Content("conflict", None, candidates[: min(answer.tied, _MOST_RUNNERS_UP)])
    else:
        content = _Content("suggested", candidates[0], candidates[1:])
    return _body(_head(tenant_id, None), None, content)


def withdrawal(tenant_id: str, device_id: str | None, reason: WithdrawalReason) -> Body:
    """The data of a `SuggestionWithdrawn`. The revision is still to be set."""
    return {**_head(tenant_id, device_id), "reason": reason}


def written(body: Body) -> bytes:
    """The record's value with revision 0: what the digest is made of."""
    return dumps(body)


def digest(value: bytes) -> bytes:
    """The same for the same content, whatever its revision; of a value with revision 0."""
    return blake2b(value, digest_size=_ID_BYTES).digest()


def with_revision(value: bytes, revision: int) -> bytes:
    """The record's value with its revision. Quotes inside values are escaped, so the first hit is the field itself."""
    return value.replace(b'"revision":0', b'"revision":%d' % revision, 1)


def _head(tenant_id: str, device_id: str | None) -> Body:
    if device_id is None:
        return {"subject": "tenant", "tenant_id": tenant_id, _REVISION: 0}
    return {"subject": "device", "tenant_id": tenant_id, "device_id": device_id, _REVISION: 0}


def _body(body: Body, organization_id: str | None, content: _Content) -> Body:
    status, best, runners_up, place, superseded_by, twice = content
    body["suggestion_id"] = _suggestion_id(body, content)
    body["status"] = status
    if organization_id is not None:
        body["organization_id"] = organization_id
    if best is not None:
        body["candidate"] = best
    body["runners_up"] = runners_up
    if place is not None:
        body["elsewhere"] = {
            "organization_id": place.organization_id,
            "organization_name": shown(place.organization_name),
            "configuration_id": place.configuration_id,
            "configuration_name": shown(place.configuration_name),
        }
    if superseded_by is not None:
        body["superseded_by"] = superseded_by
    body["documented_twice"] = twice
    return body


def _suggestion_id(head: Body, content: _Content) -> str:
    """Changes with what a person would accept and why, and not with how likely that is or what else there is."""
    told = f"{head['tenant_id']}\x1f{head.get('device_id', '')}\x1f{content.status}"
    if content.best is not None:
        told += _identity(content.best)
    elif content.superseded_by is not None:
        told += f"\x1f{content.superseded_by}"
    elif content.runners_up:
        told += "".join(map(_identity, content.runners_up))
    elif (place := content.elsewhere) is not None:
        told += f"\x1f{place.organization_id}\x1f{place.configuration_id}"
    return blake2b(told.encode(), digest_size=_ID_BYTES).hexdigest()


def _identity(data: CandidateData) -> str:
    told = f"\x1f{data['target_id']}\x1f{data['rule']}\x1f{data['fingerprint']}"
    for entry in data["evidence"]:
        told += f"\x1f{entry['field']}={entry['verdict']}"
    return told
