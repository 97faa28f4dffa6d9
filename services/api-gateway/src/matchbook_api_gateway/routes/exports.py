"""Exports of documentation as CSV or JSON Lines."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from matchbook_api_gateway.domain.files.exports import Format
from matchbook_api_gateway.domain.people import Person
from matchbook_api_gateway.routes.access import Reader, Service
from matchbook_api_gateway.routes.answers import problems
from matchbook_api_gateway.services.exporting import Subject
from matchbook_api_gateway.services.gateway import Gateway

router = APIRouter(prefix="/api/exports", tags=["exports"])
_TYPES: Final = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    },
    **problems(401, 422),
}


FormatQuery = Annotated[Format, Query(alias="format")]


@router.get("/organizations", response_class=StreamingResponse, responses=_CONTENT)
async def export_organizations(person: Reader, gateway: Service, format_: FormatQuery = "csv") -> StreamingResponse:
    """All organizations that the caller may see, a line each, in the columns of an import. Cells hold no formulas."""
    return _file(gateway, person, "organizations", format_)


@router.get("/configurations", response_class=StreamingResponse, responses=_CONTENT)
async def export_configurations(person: Reader, gateway: Service, format_: FormatQuery = "csv") -> StreamingResponse:
    """All configurations that the caller may see, with the values in force, in the columns of an import."""
    return _file(gateway, person, "configurations", format_)


def _file(gateway: Gateway, person: Person, subject: Subject, format_: Format) -> StreamingResponse:
    return StreamingResponse(
        gateway.exporting.lines(person, subject, format_),
        media_type=_TYPES[format_],
        headers={"Content-Disposition": f'attachment; filename="{subject}.{format_}"'},
    )
