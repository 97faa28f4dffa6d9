"""What the gateway itself knows of decisions: which it sent, for whom, in which bulk action or import."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Final

from matchbook_contracts.base import Actor
from matchbook_contracts.decisions import ConfigurationDecision, Decision
from matchbook_servicekit.database import Database, load_queries

QUERIES: Final = load_queries("matchbook_api_gateway")


@dataclass(frozen=True, slots=True)
class Bulk:
    """A bulk action; `tenant_id` is null where it is about more than one tenant or none."""

    bulk_id: str
    action: str
    total: int
    actor_id: str
    tenant_id: str | None
    at: datetime


class DecisionStore:
    """Rows are written after the broker has the commands, so that none shows as pending that was never sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def taken(self, decision_ids: Sequence[str], person_id: str) -> list[str]:
        """Those ids that name decisions of someone else."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(QUERIES["taken_decisions"], list(decision_ids), person_id)
        return [row["decision_id"] for row in rows]

    async def sent(self, decisions: Sequence[Decision], import_id: str | None = None) -> None:
        """Note commands that are on the topic."""
        rows = [_columns(decision, import_id) for decision in sorted(decisions, key=lambda item: item.decision_id)]
        async with self._database.connection() as connection:
            await connection.execute(QUERIES["put_sent_decisions"], *map(list, zip(*rows, strict=True)))

    async def put_bulk(self, bulk: Bulk) -> None:
        """Note a bulk action, or correct its total."""
        async with self._database.connection() as connection:
            await connection.execute(QUERIES["put_bulk"], *astuple(bulk))

    async def put_import(  # noqa: PLR0913 - the row's columns
        self, import_id: str, *, subject: str, chunks: int, rows: int, actor: Actor, at: datetime
    ) -> None:
        async with self._database.connection() as connection:
            await connection.execute(QUERIES["put_imports"], [import_id], [subject], [chunks], [rows], [actor.id], [at])


def _columns(decision: Decision, import_id: str | None) -> tuple[object, ...]:
    organization_id = getattr(decision, "organization_id", None)
    return (
        decision.decision_id,
        decision.decided_at,
        type(decision).__name__,
        decision.actor.id,
        getattr(decision, "tenant_id", None),
        getattr(decision, "device_id", None),
        organization_id if isinstance(decision, ConfigurationDecision) else None,
        decision.bulk_id,
        import_id,
    )
