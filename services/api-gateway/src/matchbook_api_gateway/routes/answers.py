"""How bodies leave: models straight to JSON, problems as problem+json."""

from collections.abc import Sequence
from typing import Any

from fastapi import Response
from pydantic import TypeAdapter

from matchbook_api_gateway.domain.views import Problem, View

PROBLEM_TYPE = "application/problem+json"


def answer(view: View, status: int = 200) -> Response:
    """A body that is a model; it was built by us, so it is not checked a second time."""
    return Response(view.model_dump_json(), status, media_type="application/json")


def answer_list(views: Sequence[View], kind: type[View]) -> Response:
    return Response(_lists(kind).dump_json(list(views)), media_type="application/json")


def _lists(kind: type[View]) -> TypeAdapter[Any]:
    return TypeAdapter(list[kind])  # type: ignore[valid-type]


def problem_answer(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, problem.status, headers=headers, media_type=PROBLEM_TYPE)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, for the OpenAPI document."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


_MEANINGS = {
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found, or not to be seen",
    413: "Too large",
    422: "Not valid",
    503: "Not available just now; see Retry-After",
}
