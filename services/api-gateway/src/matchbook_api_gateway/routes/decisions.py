"""Decisions: taken one by one, by hundreds or by a filter, and what became of them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from matchbook_api_gateway.domain.commands import BulkRequest, DecisionsRequest, Id, ReleaseRequest
from matchbook_api_gateway.domain.views import BulkAccepted, BulkProgress, DecisionOutcome, DecisionsAccepted
from matchbook_api_gateway.routes.access import Administrator, Manager, Reader, Service
from matchbook_api_gateway.routes.answers import answer, problems

router = APIRouter(prefix="/api", tags=["decisions"])


@router.post(
    "/decisions", status_code=202, response_model=DecisionsAccepted, responses=problems(401, 403, 404, 422, 503)
)
async def decide(body: DecisionsRequest, person: Manager, gateway: Service) -> Response:
    """Send decisions; answered when the broker has them. Several share a bulk id."""
    return answer(await gateway.deciding.decide(person, body.decisions), 202)


@router.get("/decisions/{decision_id}", response_model=DecisionOutcome, responses=problems(401, 404))
async def read_decision(
    decision_id: Id, person: Reader, gateway: Service, wait: Annotated[float, Query(ge=0, le=30)] = 0
) -> Response:
    """What became of a decision; `wait` seconds at most for its outcome."""
    return answer(await gateway.reading.decision(person, decision_id, wait))


@router.post("/bulk", status_code=202, response_model=BulkAccepted, responses=problems(401, 403, 404, 422, 503))
async def decide_in_bulk(body: BulkRequest, person: Manager, gateway: Service) -> Response:
    """Take one action on everything that a filter selects and that the action can apply to."""
    return answer(await gateway.deciding.decide_in_bulk(person, body), 202)


@router.post("/releases", status_code=202, response_model=BulkAccepted, responses=problems(401, 403, 404, 422, 503))
async def release(body: ReleaseRequest, person: Administrator, gateway: Service) -> Response:
    """Let everything that is held, and that a filter selects, sync to the PSA; a bulk action like any other."""
    return answer(await gateway.deciding.release(person, body), 202)


@router.get("/bulk/{bulk_id}", response_model=BulkProgress, responses=problems(401, 404))
async def read_bulk(
    bulk_id: Id, person: Reader, gateway: Service, limit: Annotated[int, Query(ge=0, le=100_000)] = 10_000
) -> Response:
    """How far a bulk action is, with a result per row."""
    return answer(await gateway.reading.bulk(person, bulk_id, limit))
