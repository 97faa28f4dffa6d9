"""What is documented: organizations and configurations."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from matchbook_api_gateway.domain.commands import Id, Search
from matchbook_api_gateway.domain.views import ConfigurationDetail, ConfigurationRow, Named, OrganizationDetail
from matchbook_api_gateway.routes.access import Reader, Service
from matchbook_api_gateway.routes.answers import answer, answer_list, problems

router = APIRouter(prefix="/api", tags=["documentation"])
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/organizations", response_model=list[Named], responses=problems(401))
async def list_organizations(person: Reader, gateway: Service, search: Search = "", limit: Limit = 20) -> Response:
    """Organizations by name, those that begin with the search first."""
    return answer_list(await gateway.reading.organizations(person, search, limit), Named)


@router.get("/organizations/{organization_id}", response_model=OrganizationDetail, responses=problems(401, 404))
async def read_organization(organization_id: Id, person: Reader, gateway: Service) -> Response:
    """One organization."""
    return answer(await gateway.reading.organization(person, organization_id))


@router.get(
    "/organizations/{organization_id}/configurations",
    response_model=list[ConfigurationRow],
    responses=problems(401, 404),
)
async def list_configurations(  # noqa: PLR0913 - the parameters of a list
    *,
    organization_id: Id,
    person: Reader,
    gateway: Service,
    search: Search = "",
    free: bool | None = None,
    limit: Limit = 20,
) -> Response:
    """Configurations of an organization by name, serial number or MAC address; `free` ones hold no device."""
    found = await gateway.reading.configurations(person, organization_id, search, free, limit)
    return answer_list(found, ConfigurationRow)


@router.get("/configurations/{configuration_id}", response_model=ConfigurationDetail, responses=problems(401, 404))
async def read_configuration(configuration_id: Id, person: Reader, gateway: Service) -> Response:
    """One configuration with its fields and history."""
    return answer(await gateway.reading.configuration(person, configuration_id))
