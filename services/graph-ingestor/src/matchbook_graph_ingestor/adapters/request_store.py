"""Commands about connections that wait to be done, and what settings hold. Every function works in the caller's
transaction.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from matchbook_contracts.connections import AddTenant, RemoveTenant, TestConnection
from matchbook_servicekit.database import Connection, load_queries

ConnectionRequest = AddTenant | RemoveTenant | TestConnection
_QUERIES: Final = load_queries("matchbook_graph_ingestor")
_TYPES: Final[Mapping[str, type[ConnectionRequest]]] = {
    model.__name__: model for model in (AddTenant, RemoveTenant, TestConnection)
}


class SyncSettings(NamedTuple):
    """What somebody set; None where nobody did. `interval` is in seconds."""

    device_sync: bool | None = None
    interval: int | None = None


async def settings_of(connection: Connection, tenant_id: str | None) -> SyncSettings:
    """What a tenant, or the account for None, is set to."""
    if tenant_id is None:
        row = await connection.fetchrow(_QUERIES["account_settings"])
    else:
        row = await connection.fetchrow(_QUERIES["tenant_settings"], tenant_id)
    return SyncSettings(*row) if row is not None else SyncSettings()


async def is_listed(connection: Connection, tenant_id: str) -> bool:
    """Whether the tenant is looked after."""
    return bool(await connection.fetchval(_QUERIES["is_listed"], tenant_id))


async def put(connection: Connection, command: ConnectionRequest) -> None:
    """Let a command wait for its turn; the same one again changes nothing."""
    body = command.model_dump(mode="json", exclude_none=True)
    await connection.execute(_QUERIES["put_connection_request"], command.request_id, type(command).__name__, body)


async def next_one(connection: Connection) -> ConnectionRequest | None:
    """The command that waits longest."""
    row = await connection.fetchrow(_QUERIES["next_connection_request"])
    return _TYPES[row["type"]].from_body(row["body"].encode()) if row is not None else None


async def take(connection: Connection, request_id: str) -> bool:
    """Whether the command was still waiting; it is not any more. Of several that try one succeeds."""
    return bool(await connection.fetchval(_QUERIES["take_connection_request"], request_id))
