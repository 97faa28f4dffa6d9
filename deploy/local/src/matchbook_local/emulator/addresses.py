"""What a request says of itself: where it was sent, and the id by which its caller knows it."""

import uuid

from aiohttp import web


def base_url(request: web.Request) -> str:
    """As the caller addressed us, so that links lead back through whatever proxy it came by."""
    return f"https://{request.host}"


def correlation_id(request: web.Request) -> str:
    given = request.headers.get("client-request-id", "")
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid4())
