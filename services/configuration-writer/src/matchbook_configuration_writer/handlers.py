"""From records to the service: each handler translates a batch and awaits one call."""

from collections.abc import Sequence

from matchbook_servicekit.consumer import Invalid, Subscription
from matchbook_servicekit.database import Connection
from matchbook_servicekit.messaging import Outgoing, Received

from matchbook_configuration_writer.domain.decide import Command, is_command
from matchbook_configuration_writer.domain.intake import fact_of
from matchbook_configuration_writer.service import Writer

# Of an import some 2,500 rows, each of which becomes two records of twice its size.
_MOST_BYTES = 1024 * 1024
DECISIONS = ("matchbook.decisions",)
FACTS = ("matchbook.devices", "matchbook.tenants", "matchbook.suggestions")


def subscriptions(writer: Writer) -> tuple[Subscription, Subscription]:
    """What the writer consumes: decisions apart from facts, so that a sweep's flood doesn't keep a person waiting."""

    async def decisions(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        commands = [_command(record) for record in records]
        traces = {
            command.decision_id: record.traceparent
            for command, record in zip(commands, records, strict=True)
            if record.traceparent is not None
        }
        await writer.decide(commands, connection, traces)
        return ()

    async def facts(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        found = (fact_of(record.event) for record in records)
        await writer.observe([fact for fact in found if fact is not None], connection)
        return ()

    return (
        Subscription("decisions", DECISIONS, decisions, max_records=1000, max_bytes=_MOST_BYTES, batch_timeout_ms=5),
        Subscription("facts", FACTS, facts, max_records=2000, batch_timeout_ms=20),
    )


def _command(record: Received) -> Command:
    if is_command(record.event):
        return record.event
    raise Invalid(record, f"{type(record.event).__name__} is no command of the decisions topic")
