"""Connections that stall or break."""

import asyncio
import socket
import struct
from typing import ClassVar

from aiohttp import web
from pydantic import Field

from .base import EVERYTHING, Early, Late, Strike, body_of
from .call import Kind

AN_HOUR = 3600.0
LOOK = 0.05
"""Seconds between two looks whether a caller who is kept waiting has gone."""
RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: a close sends RST at once, whatever is still under way."""


async def stall(request: web.Request, seconds: float) -> None:
    """Do nothing until the caller goes away, at most so many seconds; then the connection is broken."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end and request.transport is not None:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(LOOK)
    reset(request)


def reset(request: web.Request) -> None:
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()


class CutOff(web.Response):
    """Promises its whole body, sends a share of it, and ends there: at once or after a stall."""

    def __init__(self, whole: web.Response, request: web.Request, share: float, seconds: float) -> None:
        super().__init__(body=body_of(whole), headers={"Content-Type": whole.headers["Content-Type"]})
        self._caller, self._share, self._seconds = request, share, seconds

    async def write_eof(self, data: bytes = b"") -> None:  # noqa: ARG002 - the base's
        body = body_of(self)
        await self.write(body[: int(len(body) * self._share)])
        await stall(self._caller, self._seconds)
        self.force_close()


class SlowAnswer(Early):
    """The real answer, late."""

    name: ClassVar[str] = "slow-answer"
    strikes_at: ClassVar[tuple[Kind, ...]] = EVERYTHING
    seconds: float = Field(1.0, ge=0, le=AN_HOUR)

    async def answer(self, strike: Strike) -> web.Response | None:  # noqa: ARG002 - the base's
        await asyncio.sleep(self.seconds)
        return None


class StalledHeaders(Early):
    """Nothing comes, not even headers, until the caller goes away or the seconds are over."""

    name: ClassVar[str] = "stalled-headers"
    strikes_at: ClassVar[tuple[Kind, ...]] = EVERYTHING
    seconds: float = Field(AN_HOUR, ge=0, le=AN_HOUR)

    async def answer(self, strike: Strike) -> web.Response | None:
        await stall(strike.call.request, self.seconds)
        return web.Response()


class ConnectionReset(Early):
    """The connection is reset before there is an answer."""

    name: ClassVar[str] = "connection-reset"
    strikes_at: ClassVar[tuple[Kind, ...]] = EVERYTHING

    async def answer(self, strike: Strike) -> web.Response | None:
        reset(strike.call.request)
        return web.Response()


class StalledBody(Late):
    """The body stops in the middle, and the connection stays open."""

    name: ClassVar[str] = "stalled-body"
    strikes_at: ClassVar[tuple[Kind, ...]] = EVERYTHING
    share: float = Field(0.5, ge=0, lt=1)
    seconds: float = Field(AN_HOUR, ge=0, le=AN_HOUR)

    def changed(self, strike: Strike, response: web.Response) -> web.Response:
        return CutOff(response, strike.call.request, self.share, self.seconds)


class BrokenBody(Late):
    """The connection is reset in the middle of the body."""

    name: ClassVar[str] = "broken-body"
    strikes_at: ClassVar[tuple[Kind, ...]] = EVERYTHING
    share: float = Field(0.5, ge=0, lt=1)

    def changed(self, strike: Strike, response: web.Response) -> web.Response:
        return CutOff(response, strike.call.request, self.share, 0)
