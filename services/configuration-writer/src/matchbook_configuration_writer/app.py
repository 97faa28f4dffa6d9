"""The process: the one place that knows every part."""

import gc
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import click
from matchbook_servicekit.app import Component, Startable, add_command, command, serve
from matchbook_servicekit.consumer import BatchConsumer
from matchbook_servicekit.database import Database, Queries, load_queries
from matchbook_servicekit.messaging import Publisher
from matchbook_servicekit.outbox import Relay

from matchbook_configuration_writer.adapters.connector_store import ConnectorStore
from matchbook_configuration_writer.adapters.it_glue import ItGlue, ItGlueSettings
from matchbook_configuration_writer.adapters.lag import FactsLag
from matchbook_configuration_writer.connecting import Connector
from matchbook_configuration_writer.expiring import Expiring
from matchbook_configuration_writer.exporting import decided_pairs
from matchbook_configuration_writer.handlers import subscriptions
from matchbook_configuration_writer.reading import Reader
from matchbook_configuration_writer.service import Writer
from matchbook_configuration_writer.settings import Settings
from matchbook_configuration_writer.verifying import verify

PACKAGE = "matchbook_configuration_writer"
GROUP = "configuration-writer"


def build(settings: Settings) -> tuple[Sequence[Component], Sequence[Startable]]:
    """The components of the service, and what they need to be started before them."""
    kafka = settings.kafka
    database, publisher = Database(settings.database), Publisher(kafka)
    queries = load_queries(PACKAGE)
    lag = FactsLag(kafka, group=f"{kafka.prefix}{GROUP}.facts", queries=queries)
    writer = Writer(queries, clock=lambda: datetime.now(UTC), lag=lag)
    consumers = [
        BatchConsumer(subscription, kafka=kafka, database=database, publisher=publisher, group=GROUP)
        for subscription in subscriptions(writer)
    ]
    expiring = Expiring(writer, database, settings.expiry_seconds)
    connectors, sources = connect(settings, database, publisher, queries)
    components: Sequence[Component] = (*consumers, expiring, Relay(database, publisher), *connectors)
    return components, (database, publisher, lag, *sources)


def connect(
    settings: Settings, database: Database, publisher: Publisher, queries: Queries
) -> tuple[Sequence[Component], Sequence[Startable]]:
    """A connector for each documentation system that is configured, and its client.

    Raises ConfigurationError for a bundle of certificates that can't be used.
    """
    if settings.it_glue_api_key_file is None:
        return (), ()
    source = ItGlue(
        ItGlueSettings(
            url=settings.it_glue_url,
            api_key_file=settings.it_glue_api_key_file,
            ca_file=settings.ca_file,
            page_size=settings.it_glue_page_size,
            budget=settings.it_glue_budget,
        )
    )
    store = ConnectorStore(database, queries, source.actor.id)
    whole_every = timedelta(seconds=settings.it_glue_whole_read_seconds)
    reader = Reader(source, store, publisher, whole_every, clock=lambda: datetime.now(UTC))
    connector = Connector(reader.read, database, source.actor.name, settings.it_glue_interval_seconds)
    return (connector,), (source,)


async def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    # A batch makes many objects that all live to its end and hold no cycles; collecting on each 700 of them doubles its
    # cost.
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 20)
    components, resources = build(settings)
    await serve(settings, *components, package=PACKAGE, start=resources)


async def verify_history(settings: Settings) -> None:
    """Look for rows of the history that were edited, deleted or reordered; ends with 1 where there are any."""
    database = Database(settings.database)
    await database.start()
    try:
        verdict = await verify(database, load_queries(PACKAGE))
    finally:
        await database.stop()
    for fault in verdict.faults:
        click.echo(fault)
    click.echo(f"{verdict.events} events of {verdict.aggregates} aggregates read, {len(verdict.faults)} faults found.")
    if verdict.faults:
        sys.exit(1)


async def export_decisions(settings: Settings, out: BinaryIO) -> None:
    """Write what people accepted and reverted as JSON Lines, for `matcher fit`."""
    database = Database(settings.database)
    await database.start()
    try:
        async for lines in decided_pairs(database, load_queries(PACKAGE)):
            out.write(lines)
    finally:
        await database.stop()


main = command(GROUP, Settings, run, PACKAGE)
add_command(main, "verify-history", Settings, verify_history)
_OUT = click.Option(["--out"], type=click.File("wb", atomic=True), default="-", help="A file; printed without it.")
add_command(main, "export-decisions", Settings, export_decisions, _OUT)
