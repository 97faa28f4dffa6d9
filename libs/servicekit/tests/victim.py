"""A process to be killed: a consumer or an outbox relay on the world that its argument describes.

Run as a program: `victim.py '{"what": "consumer", "bootstrap": …, "prefix": …, "dsn": …, "schema": …}'`.
"""

import asyncio
import json
import sys
from collections.abc import Sequence

from matchbook_contracts.suggestions import SuggestionWithdrawn
from matchbook_servicekit.consumer import BatchConsumer, Subscription
from matchbook_servicekit.database import Connection, Database, DatabaseSettings
from matchbook_servicekit.messaging import KafkaSettings, Outgoing, Publisher, Received, derived_id, outgoing
from matchbook_servicekit.outbox import Relay


async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
    await connection.executemany(
        "INSERT INTO applied (event_id, kafka_partition, kafka_offset) VALUES ($1, $2, $3)",
        [(record.event_id, record.partition, record.offset) for record in records],
    )
    return [answer(record) for record in records]


def answer(record: Received) -> Outgoing:
    """What a deterministic publisher makes of a record: always the same id and bytes."""
    event = SuggestionWithdrawn(
        subject="device", tenant_id="t1", device_id=record.event_id, revision=1, reason="decided"
    )
    return outgoing(event, source="victim", event_id=derived_id("answer", record.event_id))


async def main(what: str, bootstrap: str, prefix: str, dsn: str, schema: str) -> None:
    kafka = KafkaSettings(bootstrap, prefix, instance_id="victim")
    database, publisher = Database(DatabaseSettings(dsn, schema)), Publisher(kafka)
    await database.start()
    await publisher.start()
    if what == "relay":
        await Relay(database, publisher).run()
    subscription = Subscription("devices", ("matchbook.devices",), apply, max_records=50)
    await BatchConsumer(subscription, kafka=kafka, database=database, publisher=publisher, group="test").run()


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
