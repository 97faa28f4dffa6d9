"""Errors that a caller is told of, as RFC 9457 problems."""

from collections.abc import Mapping, Sequence

from matchbook_api_gateway.domain.views import Fault, Problem

RETRY_AFTER_SECONDS = 5


class ProblemError(Exception):
    """What went wrong, for the caller: `kind` is the last part of the problem's type and never changes its meaning."""

    def __init__(  # noqa: PLR0913 - the members of a problem
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[Fault] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.headers = headers
        self.problem = Problem(
            type=f"urn:matchbook:problem:{kind}",
            title=title,
            status=status,
            detail=detail,
            errors=list(errors) if errors is not None else None,
        )


def not_found() -> ProblemError:
    """The same for what does not exist and for what the caller may not see."""
    return ProblemError(404, "not-found", "Not found", "There is nothing here, or nothing that you may see.")


def not_signed_in() -> ProblemError:
    return ProblemError(401, "not-signed-in", "Not signed in", "Sign in to go on.")


def forbidden(detail: str) -> ProblemError:
    return ProblemError(403, "forbidden", "Not allowed", detail)


def invalid(detail: str, errors: Sequence[Fault] | None = None) -> ProblemError:
    return ProblemError(422, "invalid", "The request is not valid", detail, errors=errors)


def unavailable(detail: str) -> ProblemError:
    return ProblemError(
        503, "unavailable", "Not available just now", detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
    )
