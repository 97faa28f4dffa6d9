"""Graph's handlers. The gate in `gate.py` has checked the token before any of them runs."""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from matchbook_local.emulator.addresses import base_url
from matchbook_local.emulator.cloud import CLOUD
from matchbook_local.emulator.world.model import Access, Relationship, Tenant

from .errors import intune_error, no_such_property
from .filters import parse
from .gate import REQUEST_ID, TENANT
from .paging import next_link, options
from .properties import VARYING, Renderer, known

JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DEVICE_PAGE = 1000
PARTNER_PAGE = 100
PARTNER_LARGEST = 999


async def managed_devices(request: web.Request) -> web.Response:
    cloud, tenant = request.app[CLOUD], request[TENANT]
    _need_licence(request, tenant)
    wanted = options(request.query, page_size=DEVICE_PAGE, largest=DEVICE_PAGE)
    test = parse(wanted.filter, VARYING.get) if wanted.filter else None
    page = cloud.catalog.page(tenant.tenant_id, known(wanted.select), test, wanted.after, wanted.top)
    context = _context(request, "deviceManagement/managedDevices", wanted.select)
    head: dict[str, Any] = {"@odata.context": context, "@odata.count": page.count}
    if page.last is not None:
        head["@odata.nextLink"] = next_link(request, page.last)
    start = json.dumps(head, separators=(",", ":")).encode()[:-1]
    return _answer(b"".join((start, b',"value":[', page.body, b"]}")))


async def managed_device(request: web.Request) -> web.Response:
    cloud, tenant = request.app[CLOUD], request[TENANT]
    _need_licence(request, tenant)
    device_id = request.match_info["id"]
    if not GUID.fullmatch(device_id):
        raise intune_error("BadRequest", "An error has occurred: the device id is not a GUID", 400, request[REQUEST_ID])
    device = cloud.catalog.device(tenant.tenant_id, device_id.lower())
    wanted = options(request.query, page_size=1, largest=1)
    printed = Renderer(wanted.select, by_id=True)
    if device is None:
        raise intune_error(
            "ResourceNotFound", "An error has occurred: the device was not found", 404, request[REQUEST_ID]
        )
    context = _context(request, "deviceManagement/managedDevices", wanted.select) + "/$entity"
    return _answer(b'{"@odata.context":' + json.dumps(context).encode() + b"," + printed(device)[1:])


def _need_licence(request: web.Request, tenant: Tenant) -> None:
    if tenant.access is Access.NO_LICENCE:
        raise intune_error("BadRequest", "Request not applicable to target tenant.", 400, request[REQUEST_ID])


async def contracts(request: web.Request) -> web.Response:
    cloud = request.app[CLOUD]
    customers = cloud.world.customers if request[TENANT] is cloud.world.home else []
    return _list(request, "contract", "contracts", [_contract(tenant) for tenant in customers])


def _contract(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": _variant(tenant.tenant_id, "contract"),
        "deletedDateTime": None,
        "contractType": "ResellerPartnerContract",
        "customerId": tenant.tenant_id,
        "defaultDomainName": tenant.initial_domain,
        "displayName": tenant.contract_name,
    }


async def relationships(request: web.Request) -> web.Response:
    cloud = request.app[CLOUD]
    customers = cloud.world.customers if request[TENANT] is cloud.world.home else []
    items = [_relationship(tenant, r) for tenant in customers for r in tenant.relationships]
    return _list(request, "delegatedAdminRelationship", "tenantRelationships/delegatedAdminRelationships", items)


def _relationship(tenant: Tenant, relationship: Relationship) -> dict[str, Any]:
    return {
        "@odata.etag": f'W/"{_variant(relationship.id[:36], "etag")}"',
        "id": relationship.id,
        "displayName": relationship.name,
        "duration": f"P{relationship.days}D",
        "autoExtendDuration": "P180D" if relationship.auto_extend else "PT0S",
        "status": relationship.status,
        "createdDateTime": relationship.created,
        "lastModifiedDateTime": relationship.created,
        "activatedDateTime": relationship.created,
        "endDateTime": relationship.ends,
        "customer": {"tenantId": tenant.tenant_id, "displayName": tenant.contract_name},
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": "3a2c62db-5318-420d-8d74-23affee5d9d5"}]},
    }


async def organization(request: web.Request) -> web.Response:
    return _list(request, "organization", "organization", [_organization(request[TENANT])])


def _organization(tenant: Tenant) -> dict[str, Any]:
    names = [*tenant.domains, tenant.initial_domain]
    return {
        "id": tenant.tenant_id,
        "deletedDateTime": None,
        "displayName": tenant.display_name,
        "city": tenant.city,
        "countryLetterCode": tenant.country,
        "country": None,
        "createdDateTime": tenant.created,
        "defaultUsageLocation": tenant.country,
        "tenantType": "AAD",
        "businessPhones": [],
        "technicalNotificationMails": [],
        "onPremisesSyncEnabled": None,
        "assignedPlans": [],
        "provisionedPlans": [],
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": position == 0,
                "isInitial": name == tenant.initial_domain,
                "name": name,
                "type": "Managed",
            }
            for position, name in enumerate(names)
        ],
    }


def _list(request: web.Request, type_name: str, path: str, items: list[dict[str, Any]]) -> web.Response:
    """Filter, pages and select over items that fit in memory as they are; a position is an index."""
    wanted = options(request.query, page_size=PARTNER_PAGE, largest=PARTNER_LARGEST)
    if wanted.filter:
        test = parse(wanted.filter, _reader(items))
        items = [item for item in items if test(item)]
    start = wanted.after + 1
    shown = items[start : start + wanted.top]
    answer: dict[str, Any] = {"@odata.context": _context(request, path, wanted.select)}
    if start + wanted.top < len(items):
        answer["@odata.nextLink"] = next_link(request, start + wanted.top - 1)
    answer["value"] = [_selected(item, wanted.select, type_name) for item in shown]
    return _answer(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode())


def _reader(items: Iterable[dict[str, Any]]) -> Callable[[str], Callable[[Any], Any] | None]:
    """Reads `status` and, through a path, `customer/tenantId`."""

    def read(name: str) -> Callable[[Any], Any] | None:
        steps = name.split("/")
        if any(steps[0] not in item for item in items):
            return None
        return lambda item: _walk(item, steps)

    return read


def _walk(item: Any, steps: list[str]) -> Any:
    for step in steps:
        item = item.get(step) if isinstance(item, Mapping) else None
    return item


def _selected(item: dict[str, Any], select: tuple[str, ...], type_name: str) -> dict[str, Any]:
    for name in select:
        if name not in item:
            raise no_such_property(name, type_name)
    return {name: item[name] for name in select} if select else item


def _context(request: web.Request, path: str, select: tuple[str, ...]) -> str:
    chosen = f"({','.join(select)})" if select else ""
    return f"{base_url(request)}/v1.0/$metadata#{path}{chosen}"


def _variant(identifier: str, purpose: str) -> str:
    return str(uuid.uuid5(uuid.UUID(identifier), purpose))


def _answer(body: bytes) -> web.Response:
    return web.Response(body=body, headers={"Content-Type": JSON})
