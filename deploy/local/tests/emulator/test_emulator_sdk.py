"""The proof that the emulator is faithful: Microsoft's own Graph SDK works with it unchanged."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from kiota_abstractions.api_error import APIError
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from matchbook_local.emulator import Emulator, Options, World, running_emulator
from matchbook_local.emulator.graph.properties import ALL
from matchbook_local.emulator.traffic import Limit, Limits
from matchbook_local.emulator.world import Access
from msgraph.generated.device_management.managed_devices.item.managed_device_item_request_builder import (
    ManagedDeviceItemRequestBuilder,
)
from msgraph.generated.device_management.managed_devices.managed_devices_request_builder import (
    ManagedDevicesRequestBuilder,
)
from msgraph.generated.models.managed_device import ManagedDevice
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.tenant_relationships.delegated_admin_relationships.delegated_admin_relationships_request_builder import (  # noqa: E501
    DelegatedAdminRelationshipsRequestBuilder,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]
from msgraph_core.tasks.page_iterator import PageIterator  # type: ignore[import-untyped]

from .support import make_app, tls

SCOPE = "https://graph.microsoft.com/.default"
pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")  # inside the SDK


class MsalTokens(AccessTokenProvider):
    def __init__(self, app: Any) -> None:
        self._app = app

    async def get_authorization_token(self, uri: str, additional_authentication_context: Any = None) -> str:
        answer = await asyncio.to_thread(self._app.acquire_token_for_client, [SCOPE])
        return str(answer["access_token"])

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator(["127.0.0.1"])


async def sdk(emulator: Emulator, tenant: str) -> GraphServiceClient:
    app = await asyncio.to_thread(make_app, emulator, tenant)
    client = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=tls(emulator)))
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(MsalTokens(app)), client=client)
    adapter.base_url = f"{emulator.url}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


async def everything(client: GraphServiceClient, first: Any) -> list[Any]:
    found: list[Any] = []
    pages = PageIterator(first, client.request_adapter)

    def keep(item: Any) -> bool:
        found.append(item)
        return True

    await pages.iterate(keep)
    return found


async def test_the_sdk_lists_devices_over_several_pages(emulator: Emulator, largest: str) -> None:
    client = await sdk(emulator, largest)
    parameters = ManagedDevicesRequestBuilder.ManagedDevicesRequestBuilderGetQueryParameters(top=50)
    first = await client.device_management.managed_devices.get(RequestConfiguration(query_parameters=parameters))
    assert first is not None
    assert first.odata_next_link
    found = await everything(client, first)
    expected = emulator.world.states[largest].devices
    assert len(expected) > 100
    assert [d.id for d in found] == [d.id for d in expected]
    assert [d.serial_number for d in found] == [d.serial for d in expected]
    assert [d.device_name for d in found] == [d.name for d in expected]
    assert [int(d.last_sync_date_time.timestamp()) for d in found] == [d.last_sync for d in expected]
    assert {d.compliance_state.value for d in found} == {"compliant", "noncompliant"}
    assert {d.managed_device_owner_type.value for d in found} <= {"company", "personal"}
    assert all(d.ethernet_mac_address is None for d in found)
    assert all(not d.additional_data for d in found), "every property is one the SDK's model knows"


def test_every_plain_property_of_the_sdks_model_is_there() -> None:
    navigation = {
        "deviceCategory",
        "deviceCompliancePolicyStates",
        "deviceConfigurationStates",
        "logCollectionRequests",
        "users",
        "windowsProtectionState",
    }
    assert set(ALL) - {"id"} == set(ManagedDevice().get_field_deserializers()) - navigation - {"id", "@odata.type"}


async def test_the_sdk_reads_one_device(emulator: Emulator, largest: str) -> None:
    client = await sdk(emulator, largest)
    expected = next(d for d in emulator.world.states[largest].devices if d.ethernet_mac)
    parameters = ManagedDeviceItemRequestBuilder.ManagedDeviceItemRequestBuilderGetQueryParameters(
        select=["id", "ethernetMacAddress", "physicalMemoryInBytes"]
    )
    device = await client.device_management.managed_devices.by_managed_device_id(expected.id).get(
        RequestConfiguration(query_parameters=parameters)
    )
    assert device is not None
    assert device.ethernet_mac_address == expected.ethernet_mac
    assert device.physical_memory_in_bytes == expected.hardware.memory_gib * 2**30


async def test_the_sdk_lists_customers(emulator: Emulator) -> None:
    client = await sdk(emulator, emulator.partner_tenant_id)
    contracts = await everything(client, await client.contracts.get())
    assert [str(c.customer_id) for c in contracts] == list(emulator.world.states)
    parameters = DelegatedAdminRelationshipsRequestBuilder.DelegatedAdminRelationshipsRequestBuilderGetQueryParameters(
        filter="status eq 'active'", top=20
    )
    first = await client.tenant_relationships.delegated_admin_relationships.get(
        RequestConfiguration(query_parameters=parameters)
    )
    relationships = await everything(client, first)
    assert {r.status.value for r in relationships} == {"active"}
    assert all(r.end_date_time and r.customer.tenant_id and r.duration for r in relationships)
    assert len(relationships) == sum(r.status == "active" for t in emulator.world.customers for r in t.relationships)


async def test_the_sdk_reads_an_organization(emulator: Emulator, largest: str) -> None:
    answer = await (await sdk(emulator, largest)).organization.get()
    assert answer is not None
    assert answer.value is not None
    tenant = emulator.world.states[largest].tenant
    assert answer.value[0].display_name == tenant.display_name
    assert [d.name for d in answer.value[0].verified_domains or []] == [*tenant.domains, tenant.initial_domain]


async def test_the_sdk_waits_as_long_as_it_is_told_when_it_is_throttled(emulator: Emulator, largest: str) -> None:
    client = await sdk(emulator, largest)
    throttled = emulator.faults.add("throttled", path="organization", times=2, retry_after=1)
    begun = time.monotonic()
    try:
        answer = await client.organization.get()
    finally:
        emulator.faults.clear()
    assert answer is not None
    assert answer.value
    assert throttled.struck == 2
    assert time.monotonic() - begun >= 2


async def test_the_sdk_meets_the_limit_and_comes_back(tmp_path: Path) -> None:
    world = World.build(seed=5, tenants=1, devices=5)
    options = Options(limits=Limits.for_devices(Limit(3, 1)))
    async with running_emulator(world, tmp_path, options, write_documentation=False) as emulator:
        (tenant,) = world.states
        traffic = emulator.cloud.traffic
        # The window ends once a request was refused, however slow the five are.
        assert traffic.throttle is not None
        traffic.throttle._clock = lambda: traffic.tenants[tenant].throttled
        client = await sdk(emulator, tenant)
        counts = [len((await client.device_management.managed_devices.get()).value) for _ in range(5)]  # type: ignore[union-attr, arg-type]
        assert counts == [5] * 5
        assert traffic.tenants[tenant].throttled == 1


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("throttled", {"form": "date", "retry_after": 600}, (429, "TooManyRequests")),
        ("throttled", {"retry_after": 600, "code": "activityLimitReached"}, (429, "activityLimitReached")),
        ("server-error", {"status": "500"}, (500, "generalException")),
        ("server-error", {"status": "503", "retry_after": 600}, (503, "serviceNotAvailable")),
        ("access-denied", {}, (403, "Authorization_RequestDenied")),
        ("invalid-token", {}, (401, "InvalidAuthenticationToken")),
        ("consent-revoked", {"after": 0, "path": "devices"}, (401, "Authorization_IdentityNotFound")),
    ],
)
async def test_the_sdk_understands_the_faults(
    emulator: Emulator, largest: str, name: str, parameters: dict[str, Any], expected: tuple[int, str]
) -> None:
    client = await sdk(emulator, largest)
    emulator.faults.add(name, **parameters)
    try:
        with pytest.raises(ODataError) as caught:
            await client.device_management.managed_devices.get()
    finally:
        emulator.faults.clear()
    assert caught.value.error is not None
    assert (caught.value.response_status_code, caught.value.error.code) == expected
    inner = caught.value.error.inner_error
    assert inner is not None
    assert inner.date
    assert inner.request_id
    assert inner.client_request_id


async def test_the_sdk_meets_a_page_token_that_expired(emulator: Emulator, largest: str) -> None:
    client = await sdk(emulator, largest)
    parameters = ManagedDevicesRequestBuilder.ManagedDevicesRequestBuilderGetQueryParameters(top=50)
    first = await client.device_management.managed_devices.get(RequestConfiguration(query_parameters=parameters))
    assert first is not None
    assert first.odata_next_link
    emulator.faults.add("expired-page-token")
    try:
        with pytest.raises(ODataError) as caught:
            await client.device_management.managed_devices.with_url(first.odata_next_link).get()
    finally:
        emulator.faults.clear()
    assert caught.value.error is not None
    assert caught.value.error.code == "Directory_ExpiredPageToken"


async def test_the_sdk_understands_the_errors(emulator: Emulator) -> None:
    tenant = next(t for t in emulator.world.customers if t.access is Access.NO_CONSENT)
    client = await sdk(emulator, tenant.tenant_id)
    with pytest.raises(APIError) as caught:
        await client.organization.get()
    assert isinstance(caught.value, ODataError)
    assert caught.value.response_status_code == 401
    assert caught.value.error is not None
    assert caught.value.error.code == "Authorization_IdentityNotFound"
    assert caught.value.error.inner_error is not None
    assert caught.value.error.inner_error.request_id
