"""One gateway for all tests of the service."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest_asyncio
import structlog
from aiokafka.admin import AIOKafkaAdminClient

from tests.support.gateway_world import GatewayWorld, running_gateway, settings_for

# structlog's own rendering of a traceback, with every local variable, takes longer than the tests.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
)


@pytest_asyncio.fixture(scope="session")
async def world(kafka_bootstrap: str, postgres_dsn: str, scratch: Path) -> AsyncIterator[GatewayWorld]:
    """A running gateway with a page of one file."""
    name = f"gw{uuid4().hex[:10]}"
    static = scratch / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>Matchbook</title>")
    (static / "assets" / "page-abc123.js").write_text("console.log('page')")
    settings = settings_for(kafka_bootstrap, f"{name}.", postgres_dsn, name, static_folder=static)
    try:
        async with running_gateway(settings) as found:
            yield found
    finally:
        await _drop(kafka_bootstrap, f"{name}.", postgres_dsn, name)


async def _drop(bootstrap: str, prefix: str, dsn: str, schema: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    await connection.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic for topic in await admin.list_topics() if topic.startswith(prefix)])
    finally:
        await admin.close()
