"""The identity platform's errors, as its reference documents them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Refusal:
    """An OAuth error with the number that the reference of AADSTS codes lists."""

    error: str
    number: int
    text: str
    status: int = 400


class RefusedError(Exception):
    """A request for a token, or to sign in, that the identity platform turns down."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"AADSTS{refusal.number}: {refusal.text}")
        self.refusal = refusal


def refuse(error: str, number: int, text: str, status: int = 400) -> RefusedError:
    return RefusedError(Refusal(error, number, text, status))


def description(refusal: Refusal, trace_id: str, correlation_id: str, now: datetime) -> str:
    stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
    return (
        f"AADSTS{refusal.number}: {refusal.text} Trace ID: {trace_id} "
        f"Correlation ID: {correlation_id} Timestamp: {stamp}"
    )


def body(refusal: Refusal, ids: tuple[str, str], base_url: str, now: datetime) -> dict[str, Any]:
    """`ids` are the trace id and the correlation id."""
    trace_id, correlation_id = ids
    return {
        "error": refusal.error,
        "error_description": description(refusal, trace_id, correlation_id, now),
        "error_codes": [refusal.number],
        "timestamp": now.strftime("%Y-%m-%d %H:%M:%SZ"),
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "error_uri": f"{base_url}/error?code={refusal.number}",
    }


def tenant_not_found(name: str) -> RefusedError:
    return refuse(
        "invalid_tenant",
        90002,
        f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    )


def application_not_found(client_id: str, tenant_name: str) -> RefusedError:
    return refuse(
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory '{tenant_name}'. This can happen if "
        "the application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
    )


def missing(parameter: str) -> RefusedError:
    return refuse("invalid_request", 900144, f"The request body must contain the following parameter: '{parameter}'.")


def error_response(refusal: Refusal, ids: tuple[str, str], base_url: str, now: float) -> web.Response:
    """`ids` are the trace id and the correlation id; `now` is in seconds since 1970-01-01."""
    return web.json_response(body(refusal, ids, base_url, datetime.fromtimestamp(now, UTC)), status=refusal.status)
