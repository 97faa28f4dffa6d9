"""How large a request may be, held while it is read and not after."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matchbook_api_gateway.errors import ProblemError
from matchbook_api_gateway.routes.answers import problem_answer

_LARGEST_BODY = 4 * 1024 * 1024
# A form's boundaries and headers around the file.
_FORM = 64 * 1024


class BodyLimit:
    """Answers 413 as soon as a body is known to be too large: by its announced length, or by its bytes."""

    def __init__(self, application: ASGIApp, largest_file: int) -> None:
        self.application = application
        self.largest_file = largest_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        limit = self.largest_file + _FORM if scope["path"].startswith("/api/imports/") else _LARGEST_BODY
        if _announced(scope) > limit:
            await problem_answer(_too_large(limit).problem)(scope, receive, send)
            return
        await self.application(scope, _counted(receive, limit), send)


def _announced(scope: Scope) -> int:
    found = dict(scope["headers"]).get(b"content-length", b"0")
    return int(found) if found.isdigit() else 0


def _counted(receive: Receive, limit: int) -> Receive:
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise _too_large(limit)
        return message

    return counted


def _too_large(limit: int) -> ProblemError:
    return ProblemError(413, "too-large", "Too large", f"At most {limit} bytes are taken here.")
