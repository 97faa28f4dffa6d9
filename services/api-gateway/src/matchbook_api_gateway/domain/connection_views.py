"""What the API shows of requests to the ingestor, and of connections to Microsoft."""

from datetime import datetime
from typing import Literal

from matchbook_contracts.connections import ConnectionOutcome, ConnectionStepName

from matchbook_api_gateway.domain.views import View


class SyncRequestOutcome(View):
    """What became of a request to the ingestor; `message` says why it was refused.

    `tenant_id` is the tenant's id as soon as the answer knows it, where the request named a domain.
    """

    request_id: str
    tenant_id: str
    status: Literal["pending", "done", "refused"]
    at: datetime
    message: str | None


class ConnectionStepView(View):
    """One step of a test; `message` says what to do, `detail` is Microsoft's code."""

    step: ConnectionStepName
    outcome: ConnectionOutcome
    message: str
    detail: str


class ConnectionTestView(View):
    """The newest test of the connection to a tenant; `ok` where no step failed."""

    request_id: str
    tenant_id: str
    at: datetime
    ok: bool
    steps: list[ConnectionStepView]
