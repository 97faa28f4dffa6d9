"""Graph's error bodies."""

import json
import time
from typing import Any


class GraphError(Exception):
    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def error_body(error: GraphError, request_id: str, client_request_id: str, now: float) -> dict[str, Any]:
    inner = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)),
        "request-id": request_id,
        "client-request-id": client_request_id,
    }
    return {"error": {"code": error.code, "message": error.message, "innerError": inner}}


def invalid_token(message: str, login_url: str) -> GraphError:
    challenge = (
        f'Bearer realm="", authorization_uri="{login_url}/common/oauth2/authorize", '
        'client_id="00000003-0000-0000-c000-000000000000"'
    )
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": challenge})


def bad_request(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)


def no_such_property(name: str, type_name: str) -> GraphError:
    return bad_request(
        f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type "
        f"'microsoft.graph.{type_name}'."
    )


NO_ID = "00000000-0000-0000-0000-000000000000"


def throttled(headers: dict[str, str], *, intune: bool) -> GraphError:
    if intune:
        return intune_error("TooManyRequests", "An error has occurred", 429, headers=headers)
    return GraphError(429, "TooManyRequests", "Please retry again later.", headers)


def intune_error(
    code: str, text: str, status: int, request_id: str = NO_ID, headers: dict[str, str] | None = None
) -> GraphError:
    """Intune wraps its own error, as JSON, into the message."""
    inner = {
        "_version": 3,
        "Message": f"{text} - Operation ID (for customer support): {NO_ID} - "
        f"Activity ID: {request_id} - Url: https://fef.manage.microsoft.com/DeviceFE/StatelessDeviceFEService/"
        "deviceManagement/managedDevices",
        "CustomApiErrorPhrase": "",
        "RetryAfter": None,
        "ErrorSourceService": "",
        "HttpHeaders": "{}",
    }
    return GraphError(status, code, json.dumps(inner, indent=2).replace("\n", "\r\n"), headers)
