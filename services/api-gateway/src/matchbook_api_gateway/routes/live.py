"""The live stream: server-sent events of what changes in the read model."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from matchbook_api_gateway.domain.live import Event, render
from matchbook_api_gateway.domain.people import Person
from matchbook_api_gateway.routes.access import Reader, Service, session_of
from matchbook_api_gateway.routes.answers import problems

router = APIRouter(prefix="/api", tags=["live"])

HEARTBEAT = b": still here\n\n"


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}, **problems(401)},
)
async def stream_events(request: Request, person: Reader, gateway: Service) -> StreamingResponse:
    """Everything that changes, as it changes; `Last-Event-ID` resumes where a stream broke off."""
    last = request.headers.get("last-event-id", "")
    events = gateway.live.subscribe(person, int(last) if last.isdecimal() else None)
    return StreamingResponse(
        _rendered(request, person, events),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _rendered(request: Request, person: Person, events: AsyncIterator[Event | None]) -> AsyncIterator[bytes]:
    """Events as bytes; a pause is a heartbeat, at which the stream of who signed out or changed scope ends."""
    async for event in events:
        if event is None:
            if await session_of(request) != person:
                return
            yield HEARTBEAT
        else:
            yield render(event)
