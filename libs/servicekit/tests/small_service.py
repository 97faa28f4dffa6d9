"""The smallest service, run as a program by the tests of the process; KIND chooses how it behaves."""

import asyncio
import os
from collections.abc import Sequence
from typing import ClassVar

from matchbook_servicekit.app import ServiceSettings, command, serve
from matchbook_servicekit.consumer import BatchConsumer, Subscription
from matchbook_servicekit.database import Connection, Database
from matchbook_servicekit.dead_letters import BrakeEngaged
from matchbook_servicekit.messaging import Outgoing, Publisher, Received
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


class Settings(ServiceSettings):
    service_name: ClassVar[str] = "small-service"


class Part:
    """A component that does what KIND says."""

    name = "part"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    async def run(self) -> None:
        if self.kind == "returning":
            return
        if self.kind == "raising":
            raise RuntimeError("PF3X9K2L")
        if self.kind == "braking":
            raise BrakeEngaged("too many")
        await asyncio.Event().wait()

    def ready(self) -> str | None:
        return "not yet" if self.kind == "unready" else None

    def stalled(self) -> str | None:
        return "part is stuck" if self.kind == "stalling" else None


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def ignore(_records: Sequence[Received], _connection: Connection) -> Sequence[Outgoing]:
    return ()


async def run(settings: Settings) -> None:
    database, publisher = Database(settings.database), Publisher(settings.kafka)
    consumer = BatchConsumer(
        Subscription("devices", ("matchbook.devices",), ignore),
        kafka=settings.kafka,
        database=database,
        publisher=publisher,
        group=settings.service_name,
    )
    await serve(
        settings,
        consumer,
        Part(os.environ.get("KIND", "")),
        package="matchbook_servicekit",
        application=Starlette(routes=[Route("/", hello)]),
        start=(database, publisher),
    )


main = command("small-service", Settings, run, "matchbook_servicekit")

if __name__ == "__main__":
    main()
