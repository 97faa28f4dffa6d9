"""Imports of documentation as CSV files."""

from typing import Any

from fastapi import APIRouter, Request, Response

from matchbook_api_gateway.domain.commands import Id
from matchbook_api_gateway.domain.people import Person
from matchbook_api_gateway.domain.views import ImportAccepted, ImportProgress
from matchbook_api_gateway.errors import invalid
from matchbook_api_gateway.routes.access import Administrator, Reader, Service
from matchbook_api_gateway.routes.answers import answer, problems
from matchbook_api_gateway.routes.uploads import uploaded_file
from matchbook_api_gateway.services.gateway import Gateway
from matchbook_api_gateway.services.importing import Subject

router = APIRouter(prefix="/api/imports", tags=["imports"])
_RESPONSES = problems(401, 403, 413, 422, 503)
# The body is declared here and read in the route, so that nobody uploads before they were found to be allowed to.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "CSV in UTF-8"}},
                }
            }
        },
    }
}


@router.post(
    "/organizations", status_code=202, response_model=ImportAccepted, responses=_RESPONSES, openapi_extra=_BODY
)
async def import_organizations(request: Request, person: Administrator, gateway: Service) -> Response:
    """Check an organizations file whole, then send it."""
    return await _import(request, person, gateway, "organizations")


@router.post(
    "/configurations", status_code=202, response_model=ImportAccepted, responses=_RESPONSES, openapi_extra=_BODY
)
async def import_configurations(request: Request, person: Administrator, gateway: Service) -> Response:
    """Check a configurations file whole, then send it."""
    return await _import(request, person, gateway, "configurations")


@router.get("/{import_id}", response_model=ImportProgress, responses=problems(401, 404))
async def read_import(import_id: Id, person: Reader, gateway: Service) -> Response:
    """How far an import is."""
    return answer(await gateway.reading.import_progress(person, import_id))


async def _import(request: Request, person: Person, gateway: Gateway, subject: Subject) -> Response:
    async with uploaded_file(request) as file:
        if file is None:
            raise invalid("The form has no part named `file` that holds a file.")
        return answer(await gateway.importing.take(person, subject, file), 202)
