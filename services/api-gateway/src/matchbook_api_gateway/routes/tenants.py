"""Tenants and their devices."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from matchbook_api_gateway.domain.commands import Id, Search, StatusFilter, SuggestionFilter
from matchbook_api_gateway.domain.queries import DeviceQuery, DeviceSort, TenantQuery, TenantSort
from matchbook_api_gateway.domain.views import DeviceDetail, DevicePage, TenantDetail, TenantPage
from matchbook_api_gateway.routes.access import Reader, Service
from matchbook_api_gateway.routes.answers import answer, problems

router = APIRouter(prefix="/api/tenants", tags=["tenants"])

Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=2000)]


@router.get("", response_model=TenantPage, responses=problems(401, 422))
async def list_tenants(  # noqa: PLR0913 - the parameters of a list
    *,
    person: Reader,
    gateway: Service,
    status: Literal["unmatched", "matched", "ignored", "all"] = "all",
    search: Search = "",
    sort: TenantSort = "display_name",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Microsoft Tenant Matching: a page of tenants with matched and all devices."""
    query = TenantQuery(status=status, search=search, sort=sort, cursor=cursor, limit=limit)
    return answer(await gateway.reading.tenants(person, query))


@router.get("/{tenant_id}", response_model=TenantDetail, responses=problems(401, 404))
async def read_tenant(tenant_id: Id, person: Reader, gateway: Service) -> Response:
    """One tenant with its history."""
    return answer(await gateway.reading.tenant(person, tenant_id))


@router.get("/{tenant_id}/devices", response_model=DevicePage, responses=problems(401, 404, 422))
async def list_devices(  # noqa: PLR0913 - the parameters of a list
    *,
    tenant_id: Id,
    person: Reader,
    gateway: Service,
    status: StatusFilter = "unmatched",
    suggestion: SuggestionFilter = "any",
    search: Search = "",
    sort: DeviceSort = "device_name",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """System Matching: a page of a tenant's devices, with what each tab would list."""
    query = DeviceQuery(status=status, suggestion=suggestion, search=search, sort=sort, cursor=cursor, limit=limit)
    return answer(await gateway.reading.devices(person, tenant_id, query))


@router.get("/{tenant_id}/devices/{device_id}", response_model=DeviceDetail, responses=problems(401, 404))
async def read_device(tenant_id: Id, device_id: Id, person: Reader, gateway: Service) -> Response:
    """One device with its facts, its suggestion's evidence and its history."""
    return answer(await gateway.reading.device(person, tenant_id, device_id))
