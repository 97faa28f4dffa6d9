"""The process: the one place that knows every part."""

from datetime import UTC, datetime

from matchbook_servicekit.app import command, serve
from matchbook_servicekit.consumer import BatchConsumer
from matchbook_servicekit.database import Database, load_queries
from matchbook_servicekit.messaging import Publisher
from matchbook_servicekit.outbox import Relay

from matchbook_configuration_writer.adapters.lag import FactsLag
from matchbook_configuration_writer.handlers import subscriptions
from matchbook_configuration_writer.service import Writer
from matchbook_configuration_writer.settings import Settings

PACKAGE = "matchbook_configuration_writer"
GROUP = "configuration-writer"


async def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    database, publisher = Database(settings.database), Publisher(settings.kafka)
    queries = load_queries(PACKAGE)
    lag = FactsLag(settings.kafka, group=f"{settings.kafka.prefix}{GROUP}.facts", queries=queries)
    writer = Writer(queries, clock=lambda: datetime.now(UTC), lag=lag)
    consumers = [
        BatchConsumer(subscription, kafka=settings.kafka, database=database, publisher=publisher, group=GROUP)
        for subscription in subscriptions(writer)
    ]
    await serve(settings, *consumers, Relay(database, publisher), start=(database, publisher, lag))


main = command(GROUP, Settings, run, PACKAGE)
