"""Connections to Microsoft: tenants added by hand, tests of a connection, and what became of a request."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from matchbook_api_gateway.domain.commands import Id, TenantRequest
from matchbook_api_gateway.domain.connection_views import ConnectionTestView, SyncRequestOutcome
from matchbook_api_gateway.domain.views import RequestAccepted
from matchbook_api_gateway.routes.access import Administrator, Manager, Reader, Service
from matchbook_api_gateway.routes.answers import answer, problems

router = APIRouter(prefix="/api", tags=["connections"])
_WRITTEN = problems(401, 403, 404, 422, 503)


@router.post("/tenants", status_code=202, response_model=RequestAccepted, responses=_WRITTEN)
async def add_tenant(body: TenantRequest, person: Administrator, gateway: Service) -> Response:
    """Look after a tenant that no partner list names."""
    return answer(await gateway.deciding.add_tenant(person, body), 202)


@router.delete("/tenants/{tenant_id}", status_code=202, response_model=RequestAccepted, responses=_WRITTEN)
async def remove_tenant(tenant_id: Id, person: Administrator, gateway: Service) -> Response:
    """Look after a tenant that was added by hand no longer; its devices and decisions stay."""
    return answer(await gateway.deciding.remove_tenant(person, tenant_id), 202)


@router.post(
    "/tenants/{tenant_id}/connection-test", status_code=202, response_model=RequestAccepted, responses=_WRITTEN
)
async def test_connection(tenant_id: Id, person: Manager, gateway: Service) -> Response:
    """Try each step of the connection to a tenant."""
    return answer(await gateway.deciding.test_connection(person, tenant_id), 202)


@router.get("/tenants/{tenant_id}/connection-test", response_model=ConnectionTestView, responses=problems(401, 404))
async def read_connection_test(tenant_id: Id, person: Reader, gateway: Service) -> Response:
    """What the newest test found; 404 where there was none within thirty days."""
    return answer(await gateway.reading.connection_test(person, tenant_id))


@router.get("/sync-requests/{request_id}", response_model=SyncRequestOutcome, responses=problems(401, 404))
async def read_sync_request(
    request_id: Id, person: Reader, gateway: Service, wait: Annotated[float, Query(ge=0, le=30)] = 0
) -> Response:
    """What became of a request to the ingestor; `wait` seconds at most for its answer."""
    return answer(await gateway.reading.sync_request(person, request_id, wait))
