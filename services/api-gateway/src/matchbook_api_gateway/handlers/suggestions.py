"""suggestions into the read model."""

from collections.abc import Sequence
from typing import Any

from matchbook_contracts.suggestions import MatchSuggested, SuggestionWithdrawn
from matchbook_servicekit.database import Connection
from matchbook_servicekit.messaging import Outgoing, Received

from matchbook_api_gateway.adapters.write_store import put_by_key, tell
from matchbook_api_gateway.domain.live import Changes
from matchbook_api_gateway.domain.rows import suggestion_row
from matchbook_api_gateway.handlers.newest import newest

TOPICS = ("matchbook.suggestions",)


async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
    """One batch of what the matcher thinks."""
    devices: dict[tuple[str, str], Any] = {}
    tenants: dict[str, Any] = {}
    for record in records:
        event = record.event
        if not isinstance(event, (MatchSuggested, SuggestionWithdrawn)):
            continue
        body = record.body
        if event.device_id is not None:
            newest(devices, (event.tenant_id, event.device_id), suggestion_row(event, body), 2)
        else:
            status = event.status if isinstance(event, MatchSuggested) else None
            newest(tenants, event.tenant_id, (event.tenant_id, event.revision, status, body), 1)
    await put_by_key(connection, "put_suggestions", devices)
    await put_by_key(connection, "put_tenant_suggestions", tenants)
    changes = Changes(devices=set(devices), tenants=set(tenants))
    await tell(connection, changes, {tenant for tenant, _ in devices})
    return ()
