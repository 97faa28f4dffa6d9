"""What no route foresaw: a 503 where something is away, else a 500; the log has it, the caller learns nothing of it."""

from matchbook_servicekit.patience import passes
from matchbook_servicekit.telemetry import get_logger
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matchbook_api_gateway.errors import ProblemError, unavailable
from matchbook_api_gateway.routes.answers import problem_answer

log = get_logger(__name__)


class Failures:
    """Answers every request, whatever its route raises. An answer that has begun can only be broken off."""

    def __init__(self, application: ASGIApp) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.application(scope, receive, noted)
        except Exception as error:
            if begun:
                raise
            found = _problem(error)
            await problem_answer(found.problem, dict(found.headers or {}))(scope, receive, send)


def _problem(error: Exception) -> ProblemError:
    if passes(error):
        log.warning("what a request needs is away", exc_info=error)
        return unavailable("Something Matchbook needs is away. Nothing is lost; try again in a moment.")
    log.error("request failed", exc_info=error)
    return ProblemError(500, "failure", "It failed", "A fault in Matchbook; its log has it.")
