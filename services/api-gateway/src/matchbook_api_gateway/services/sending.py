"""Commands on their way to the broker: the answer to a write is given only when it has them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import uuid4

from matchbook_contracts.base import Contract
from matchbook_servicekit.messaging import Outgoing, PublishRefused, Transient, outgoing
from matchbook_servicekit.telemetry import describe, get_logger, tracer

from matchbook_api_gateway.errors import ProblemError, unavailable

log = get_logger(__name__)

SOURCE: Final = "api-gateway"


class Publishing(Protocol):
    """What sending needs of a publisher."""

    async def publish(self, records: Sequence[Outgoing]) -> None: ...


class Sending:
    """Publishes commands; `seconds` bounds how long a caller waits for a broker that is away."""

    def __init__(self, publisher: Publishing, seconds: float) -> None:
        self._publisher = publisher
        self._seconds = seconds

    async def send(self, commands: Sequence[tuple[str, Contract]], at: datetime) -> None:
        """Send commands with their ids; raises the 503 problem when the broker does not acknowledge them all in time.

        Some may then still arrive: the same ids sent again decide nothing twice.
        """
        try:
            with tracer().start_as_current_span("send commands"):
                records = [outgoing(command, source=SOURCE, event_id=id_, time=at) for id_, command in commands]
                async with asyncio.timeout(self._seconds):
                    await self._publisher.publish(records)
        except (Transient, TimeoutError) as error:
            log.warning("commands were not acknowledged", commands=len(commands), cause=describe(error))
            detail = "The message broker does not answer, so nothing was decided. Try again in a moment."
            raise unavailable(detail) from error
        except PublishRefused as error:
            raise ProblemError(422, "refused", "The broker refused it", "A command is too large.") from error


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    return str(uuid4())
