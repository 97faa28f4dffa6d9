"""The gateway's process: everything put together, in one place."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import click
from fastapi import FastAPI
from matchbook_servicekit.app import command, serve
from matchbook_servicekit.consumer import Apply, BatchConsumer, Subscription
from matchbook_servicekit.database import Database
from matchbook_servicekit.messaging import Publisher, Received

from matchbook_api_gateway.adapters.decision_store import DecisionStore
from matchbook_api_gateway.adapters.microsoft import Microsoft
from matchbook_api_gateway.adapters.read_store import ReadStore
from matchbook_api_gateway.adapters.sessions import Sessions
from matchbook_api_gateway.handlers import discovery, matching, suggestions
from matchbook_api_gateway.http import create_app
from matchbook_api_gateway.services.counting import Counting
from matchbook_api_gateway.services.deciding import Deciding
from matchbook_api_gateway.services.exporting import Exporting
from matchbook_api_gateway.services.gateway import Gateway
from matchbook_api_gateway.services.importing import Importing
from matchbook_api_gateway.services.live import Live
from matchbook_api_gateway.services.policies import Policies
from matchbook_api_gateway.services.reading import Reading
from matchbook_api_gateway.services.sending import Sending
from matchbook_api_gateway.services.signing_in import SigningIn
from matchbook_api_gateway.settings import GatewaySettings

PACKAGE = "matchbook_api_gateway"
# Three groups, so that what Python decodes of one is written by PostgreSQL while the next is decoded.
_SUBSCRIPTIONS: dict[str, tuple[tuple[str, ...], Apply]] = {
    "discovery": (discovery.TOPICS, discovery.apply),
    "suggestions": (suggestions.TOPICS, suggestions.apply),
    "matching": (matching.TOPICS, matching.apply),
}
_MOST_RECORDS = 2000


@dataclass(frozen=True, slots=True)
class Parts:
    """A process's parts, made but not started."""

    application: FastAPI
    gateway: Gateway
    database: Database
    publisher: Publisher
    counting: Counting
    consumers: tuple[BatchConsumer, ...]


def build(settings: GatewaySettings) -> Parts:
    """Make everything from the settings; nothing is connected yet."""
    database = Database(settings.database)
    kafka = settings.kafka
    publisher = Publisher(replace(kafka, publish_timeout=settings.command_timeout_seconds))
    live, counting = Live(database), Counting(database)
    store, decisions = ReadStore(database), DecisionStore(database)
    sending = Sending(publisher, settings.command_timeout_seconds)
    sessions = Sessions(database, settings.session_secret.get_secret_value().encode())
    gateway = Gateway(
        settings=settings,
        reading=Reading(store, live),
        deciding=Deciding(store, decisions, sending),
        importing=Importing(store, decisions, sending),
        exporting=Exporting(store),
        policies=Policies(store, decisions, sending),
        live=live,
        signing_in=SigningIn(sessions, Microsoft(settings), settings.session_seconds),
    )

    async def after_commit(_: Sequence[Received]) -> None:
        live.poke()
        counting.poke()

    consumers = tuple(
        BatchConsumer(
            Subscription(name, topics, apply, max_records=_MOST_RECORDS, after_commit=after_commit),
            kafka=kafka,
            database=database,
            publisher=publisher,
            group=settings.service_name,
        )
        for name, (topics, apply) in _SUBSCRIPTIONS.items()
    )
    return Parts(create_app(gateway), gateway, database, publisher, counting, consumers)


async def run(settings: GatewaySettings) -> None:
    """Serve until SIGTERM."""
    parts = build(settings)
    await serve(
        settings,
        *parts.consumers,
        parts.gateway.live,
        parts.counting,
        package=PACKAGE,
        application=parts.application,
        start=(parts.database, parts.publisher),
    )


main = command("api-gateway", GatewaySettings, run, PACKAGE)


@main.command("limit")
@click.argument("person_id")
@click.argument("organization_ids", nargs=-1)
def limit_command(person_id: str, organization_ids: tuple[str, ...]) -> None:
    """Limit a person (their object id at Microsoft) to organizations; without any, lift the limit."""
    asyncio.run(_limit(GatewaySettings(), person_id, list(organization_ids)))


async def _limit(settings: GatewaySettings, person_id: str, organizations: list[str]) -> None:
    database = Database(settings.database)
    await database.start()
    try:
        await Sessions(database, settings.session_secret.get_secret_value().encode()).limit(person_id, organizations)
    finally:
        await database.stop()


@main.command("openapi")
def openapi_command() -> None:
    """Print the OpenAPI document that services/api-gateway/openapi.json holds."""
    click.echo(openapi_document(), nl=False)


def openapi_document() -> str:
    """The API's description; it does not depend on any setting."""
    settings = GatewaySettings.model_validate(
        {
            "kafka_bootstrap": "none:0",
            "database_dsn": "postgresql:///none",
            "home_tenant_id": "none",
            "client_id": "none",
            "certificate_file": "none",
            "public_url": "http://localhost",
            "session_secret": "none, since nothing is served",
        }
    )
    return json.dumps(build(settings).application.openapi(), indent=2, ensure_ascii=False) + "\n"
