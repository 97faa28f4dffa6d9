"""Changes of suggestions as records for Kafka."""

from collections.abc import Iterable
from hashlib import blake2b

from matchbook_contracts.base import device_key
from matchbook_contracts.suggestions import MatchSuggested, SuggestionWithdrawn
from matchbook_servicekit.messaging import CONTENT_TYPE, Outgoing
from matchbook_servicekit.telemetry import current_traceparent

from matchbook_matcher.domain.changes import Change

SOURCE = "matcher"
_TYPES = {model.__name__: ("ce_type", model.ce_type().encode()) for model in (MatchSuggested, SuggestionWithdrawn)}
_TOPIC = MatchSuggested.topic
_VERSION = ("ce_specversion", b"1.0")
_SOURCE = ("ce_source", SOURCE.encode())
_CONTENT = ("content-type", CONTENT_TYPE)
# Copied for each id, since making one costs more.
_ID = blake2b(digest_size=16, person=b"suggestions")


def event_id(change: Change) -> str:
    """The same whenever the same content is said as the same revision of its subject."""
    parts = (change.tenant_id, change.device_id or "", str(change.revision), change.content.hex())
    state = _ID.copy()
    state.update("\x1f".join(parts).encode())
    return state.hexdigest()


def records(changes: Iterable[Change]) -> list[Outgoing]:
    """As `messaging.outgoing` makes them of contracts in the running span, from data that is written already."""
    traceparent = current_traceparent()
    return [_record(change, traceparent) for change in changes]


def _record(change: Change, traceparent: str | None) -> Outgoing:
    key = change.tenant_id if change.device_id is None else device_key(change.tenant_id, change.device_id)
    identity = event_id(change)
    headers = [
        _VERSION,
        ("ce_id", identity.encode()),
        _TYPES[change.event],
        _SOURCE,
        ("ce_subject", key.encode()),
        _CONTENT,
    ]
    if traceparent is not None:
        headers.append(("traceparent", traceparent.encode()))
    return Outgoing(_TOPIC, key, change.tenant_id, identity, change.body, tuple(headers))
