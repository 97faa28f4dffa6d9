"""The signed-in person, the start page's figures, and the API's own description."""

from fastapi import APIRouter, Request, Response

from matchbook_api_gateway.domain.views import Me, Summary
from matchbook_api_gateway.routes.access import Public, Reader, Service
from matchbook_api_gateway.routes.answers import answer, problems

router = APIRouter(prefix="/api", tags=["overview"])


@router.get("/me", response_model=Me, responses=problems(401))
async def read_me(person: Reader) -> Response:
    """Who is signed in."""
    organizations = None if person.organizations is None else list(person.organizations)
    return answer(Me(id=person.id, name=person.name, role=person.role, organizations=organizations))


@router.get("/summary", response_model=Summary, responses=problems(401))
async def read_summary(person: Reader, gateway: Service) -> Response:
    """Counts over everything the person may see."""
    return answer(await gateway.reading.summary(person))


@router.get("/openapi.json", include_in_schema=False)
async def read_openapi(_: Public, request: Request) -> dict[str, object]:
    document: dict[str, object] = request.app.openapi()
    return document
