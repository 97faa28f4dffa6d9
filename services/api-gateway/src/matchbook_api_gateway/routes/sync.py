"""Sweeps of Microsoft Graph: asking for one, choosing what they cover, and what they did."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from matchbook_api_gateway.domain.commands import (
    DeviceSyncRequest,
    Id,
    RetirementsRequest,
    ScheduleRequest,
    SyncRequest,
)
from matchbook_api_gateway.domain.views import RequestAccepted, SyncRun
from matchbook_api_gateway.routes.access import Administrator, Manager, Reader, Service
from matchbook_api_gateway.routes.answers import answer, answer_list, problems

router = APIRouter(prefix="/api", tags=["sync"])


@router.post("/sync", status_code=202, response_model=RequestAccepted, responses=problems(401, 403, 404, 422, 503))
async def request_sync(body: SyncRequest, person: Manager, gateway: Service) -> Response:
    """Sweep a tenant now, or all of them."""
    return answer(await gateway.deciding.request_sync(person, body.tenant_id), 202)


@router.post(
    "/tenants/{tenant_id}/device-sync",
    status_code=202,
    response_model=RequestAccepted,
    responses=problems(401, 403, 404, 422, 503),
)
async def set_device_sync(tenant_id: Id, body: DeviceSyncRequest, person: Administrator, gateway: Service) -> Response:
    """Sync Intune Devices for a tenant, or the account's default (`*`)."""
    return answer(await gateway.deciding.set_device_sync(person, tenant_id, body.enabled), 202)


@router.post(
    "/tenants/{tenant_id}/schedule",
    status_code=202,
    response_model=RequestAccepted,
    responses=problems(401, 403, 404, 422, 503),
)
async def set_schedule(tenant_id: Id, body: ScheduleRequest, person: Administrator, gateway: Service) -> Response:
    """How often a tenant is swept, or the account (`*`)."""
    return answer(await gateway.deciding.set_schedule(person, tenant_id, body.interval_seconds), 202)


@router.post(
    "/tenants/{tenant_id}/retirements",
    status_code=202,
    response_model=RequestAccepted,
    responses=problems(401, 403, 404, 422, 503),
)
async def confirm_retirements(
    tenant_id: Id, body: RetirementsRequest, person: Administrator, gateway: Service
) -> Response:
    """Confirm that the devices which a sweep missed, so many that it was stopped, are really gone."""
    return answer(await gateway.deciding.confirm_retirements(person, tenant_id, body.run_id), 202)


@router.get("/sync-runs", response_model=list[SyncRun], responses=problems(401, 404))
async def list_sync_runs(
    *,
    person: Reader,
    gateway: Service,
    tenant_id: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """The newest sweeps, of one tenant or of all."""
    return answer_list(await gateway.reading.sync_runs(person, tenant_id, limit), SyncRun)
