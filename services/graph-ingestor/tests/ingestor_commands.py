"""Commands sent to an ingestor at work, and what it answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme
from ingestor_world import RUNS, Ingesting, at_work
from matchbook_contracts.base import Actor, Contract
from matchbook_local.emulator.world.model import Access, Tenant
from matchbook_servicekit.messaging import outgoing

ANA = Actor(kind="person", id="ana", name="Ana", role="Administrator")
NOWHERE = "00000000-0000-4000-8000-000000000000"
STEPS = ("sign_in", "consent", "directory", "relationship", "licence", "devices")


@asynccontextmanager
async def obeying(world: Ingesting) -> AsyncIterator[None]:
    """The consumer of commands and the connections at work; a test sweeps by itself."""
    async with at_work(world.parts.consumers[0], world.parts.connections):
        yield


def asked(request_id: str = "r", **others: Any) -> dict[str, Any]:
    return {"request_id": request_id, "actor": ANA, "requested_at": datetime.now(UTC)} | others


async def answer(world: Ingesting, command: Contract) -> Any:
    """What is told of a command that is sent, while the parts obey."""
    request_id = command.model_dump()["request_id"]
    await world.parts.publisher.publish([outgoing(command, source="test", event_id=request_id)])
    found: list[Any] = []

    async def told() -> bool:
        found[:] = [e for e in await world.events(RUNS) if getattr(e, "request_id", None) == request_id]
        return bool(found)

    await world.until(told)
    (event,) = found
    assert event.actor == ANA
    return event


def tenant_with(world: Ingesting, access: Access) -> Tenant:
    return next(tenant for tenant in world.microsoft.world.customers if tenant.access is access)


def wrong_certificate(folder: Path) -> Path:
    other = trustme.CA().issue_cert("somebody.else.example", key_type=trustme.KeyType.RSA)
    file = folder / "wrong.pem"
    file.write_bytes(other.private_key_pem.bytes() + other.cert_chain_pems[0].bytes())
    return file
