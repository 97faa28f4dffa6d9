"""The HTTP application: every route, and what holds for all of them."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from matchbook_api_gateway.domain.views import Fault, Problem
from matchbook_api_gateway.errors import ProblemError, invalid
from matchbook_api_gateway.routes import (
    connections,
    decisions,
    documentation,
    exports,
    imports,
    live,
    overview,
    page,
    policies,
    signing_in,
    sync,
    tenants,
)
from matchbook_api_gateway.routes.answers import problem_answer
from matchbook_api_gateway.routes.failures import Failures
from matchbook_api_gateway.routes.headers import SecurityHeaders
from matchbook_api_gateway.routes.limits import BodyLimit
from matchbook_api_gateway.services.gateway import Gateway

# The page's routes come last: they take every address that nothing else has.
ROUTERS = (
    signing_in,
    overview,
    tenants,
    documentation,
    decisions,
    imports,
    exports,
    policies,
    sync,
    connections,
    live,
    page,
)
_SHORTEST_COMPRESSED = 1000


def create_app(gateway: Gateway) -> FastAPI:
    """The application over a process's services, which need not be connected yet."""
    application = FastAPI(title="Matchbook", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    application.state.gateway = gateway
    for module in ROUTERS:
        application.include_router(module.router)
    application.openapi = lambda: describe(application)  # type: ignore[method-assign]
    for kind, handler in _HANDLERS.items():
        application.add_exception_handler(kind, handler)
    # The last one added is the first to see a request.
    application.add_middleware(Failures)
    application.add_middleware(BodyLimit, largest_file=gateway.settings.largest_file)
    application.add_middleware(GZipMiddleware, minimum_size=_SHORTEST_COMPRESSED)
    application.add_middleware(SecurityHeaders, secure=gateway.settings.secure)
    return application


def describe(application: FastAPI) -> dict[str, object]:
    """The OpenAPI document, with problems in place of FastAPI's own errors."""
    if application.openapi_schema is None:
        document = get_openapi(title=application.title, version=application.version, routes=application.routes)
        schemas = document["components"]["schemas"]
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        schemas |= problem.pop("$defs", {}) | {"Problem": problem}
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        for path in document["paths"].values():
            for operation in path.values():
                _drop_foreign_errors(operation)
        application.openapi_schema = document
    return application.openapi_schema


def _drop_foreign_errors(operation: dict[str, dict[str, dict[str, object]]]) -> None:
    found = operation["responses"].get("422", {})
    if "application/json" in str(found.get("content")):
        del operation["responses"]["422"]


async def _known(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_answer(error.problem, dict(error.headers or {}))


async def _not_valid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        Fault(row=None, column=".".join(map(str, fault["loc"])), message=fault["msg"]) for fault in error.errors()
    ]
    return problem_answer(invalid("Parts of the request are not as the API describes them.", faults).problem)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = "not-found" if error.status_code == 404 else "refused"  # noqa: PLR2004
    problem = ProblemError(error.status_code, kind, str(error.detail), str(error.detail)).problem
    return problem_answer(problem, dict(error.headers or {}))


_HANDLERS = {ProblemError: _known, RequestValidationError: _not_valid, HTTPException: _refused}
