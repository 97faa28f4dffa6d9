"""Auto-accept policies: which are in force, what others would do, and setting them."""

from fastapi import APIRouter, Response

from matchbook_api_gateway.domain.commands import PoliciesRequest
from matchbook_api_gateway.domain.views import DecisionsAccepted, PoliciesInForce, PoliciesPreview
from matchbook_api_gateway.routes.access import Administrator, Reader, Service
from matchbook_api_gateway.routes.answers import answer, problems

router = APIRouter(prefix="/api/policies", tags=["policies"])


@router.get("", response_model=PoliciesInForce, responses=problems(401, 403))
async def read_policies(person: Reader, gateway: Service) -> Response:
    """The policies in force, in their order. All that one did can be undone: `UndoBulk` with its `bulk_id`."""
    return answer(await gateway.policies.in_force(person))


@router.put("", status_code=202, response_model=DecisionsAccepted, responses=problems(401, 403, 422, 503))
async def set_policies(body: PoliciesRequest, person: Administrator, gateway: Service) -> Response:
    """Replace the policies. They then accept what they fit, at once and from then on."""
    return answer(await gateway.policies.replace(person, body), 202)


@router.post("/preview", response_model=PoliciesPreview, responses=problems(401, 403, 422))
async def preview_policies(body: PoliciesRequest, person: Administrator, gateway: Service) -> Response:
    """What policies would accept of what is suggested now, and what they would leave; nothing is changed."""
    return answer(await gateway.policies.preview(person, body))
