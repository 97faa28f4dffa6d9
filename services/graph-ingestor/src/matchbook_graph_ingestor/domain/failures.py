"""Why a sweep ended incomplete: Microsoft's many ways to say no, as the few that call for different things to do."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from matchbook_contracts.discovery import LossReason
from matchbook_contracts.sync import FailureReason
from pydantic import BaseModel, ValidationError

_LOSSES: Final[dict[FailureReason, LossReason]] = {
    "consent_missing": "consent_missing",
    "permission_missing": "permission_missing",
    "licence_missing": "licence_missing",
    "relationship_expired": "relationship_expired",
    "credential_rejected": "credential_rejected",
}
# Entra's error numbers, by what they mean for an application that signs in by itself.
_SIGN_IN: Final[dict[FailureReason, frozenset[str]]] = {
    "consent_missing": frozenset({"65001", "650052", "650057", "700016", "7000229", "7000112", "500011"}),
    "credential_rejected": frozenset(
        {
            "700024",
            "700027",
            "700023",
            "70002",
            "70021",
            "700021",
            "700211",
            "700212",
            "700213",
            "7000212",
            "7000215",
            "7000222",
            "7000218",
            "50012",
            "50027",
        }
    ),
    "permission_missing": frozenset({"53003", "530003", "530004", "50105"}),
    "throttled": frozenset({"50196", "900382"}),
    "unavailable": frozenset({"90033", "90006", "50128", "90010", "50000"}),
}
_TENANT_GONE: Final = frozenset({"90002", "900021", "90023", "5000224"})
_BY_STATUS: Final[dict[int, FailureReason]] = {
    HTTPStatus.UNAUTHORIZED: "credential_rejected",
    HTTPStatus.FORBIDDEN: "permission_missing",
    HTTPStatus.REQUEST_TIMEOUT: "unavailable",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
}
_LONGEST_WAIT: Final = 24 * 3600.0
"""A Retry-After beyond it is a mistake, Microsoft's or of a clock, and would lose the tenant for years."""
_NUMBER = re.compile(r"AADSTS(\d+)")
_CODE = re.compile(r"[A-Za-z0-9_.\-]{1,80}")
_SENTENCES: Final[dict[FailureReason, str]] = {
    "consent_missing": "{name} has not consented to Matchbook. Grant admin consent in that tenant, then sync again.",
    "permission_missing": (
        "Matchbook may not read what it needs in {name}. Grant the application the permissions "
        "DeviceManagementManagedDevices.Read.All and Organization.Read.All and consent to them again."
    ),
    "licence_missing": (
        "{name} has no Intune licence, so its devices can't be read. Assign one, or switch off Sync Intune Devices."
    ),
    "relationship_expired": (
        "The partner relationship with {name} has ended, or the tenant is gone. Renew it in Partner Center, then sync "
        "again."
    ),
    "credential_rejected": (
        "Microsoft does not accept Matchbook's certificate, or other credential, for {name}. Check that it is not "
        "expired, that the application's registration has it, and that this machine's clock is right."
    ),
    "throttled": "Microsoft asked to slow down for {name}; the sweep is tried again later.",
    "unavailable": "Microsoft Graph did not answer for {name}; the sweep is tried again later.",
    "bad_answer": (
        "Microsoft Graph's answer for {name} could not be used; nothing was retired, and the sweep is tried again."
    ),
    "retirement_brake": "The sweep of {name} would retire {count} devices at once; confirm it if they are really gone.",
    "interrupted": "The sweep of {name} was interrupted; it is tried again.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sweep could not go on.

    `loss` says that access to the tenant is gone; None means that trying again may help. `detail` is Microsoft's error
    code or our own few words, without values. `retry_after` is in seconds.
    """

    reason: FailureReason
    detail: str = ""
    loss: LossReason | None = None
    retry_after: float | None = None
    count: int = 0


class _Inner(BaseModel):
    code: str | None = None
    message: str | None = None


class _Body(BaseModel):
    error: _Inner


def sentence(reason: FailureReason, name: str, count: int = 0) -> str:
    """What happened and what to do, for a person; `name` is the tenant's."""
    return _SENTENCES[reason].format(name=name, count=count)


def lost(reason: FailureReason, detail: str, loss: LossReason | None = None) -> Failure:
    """A failure; access is gone where the reason says so."""
    return Failure(reason, detail, loss or _LOSSES.get(reason))


def of_answer(status: int, body: bytes, *, retry_after: float | None = None) -> Failure:
    """Classify an answer of Graph that is not a success."""
    code, message = _error(body)
    reason = _reason(status, code, message)
    wait = min(retry_after, _LONGEST_WAIT) if retry_after is not None else None
    return Failure(reason, f"{status} {code}".strip(), _LOSSES.get(reason), wait)


def of_customer(failure: Failure, *, has_relationship: bool) -> Failure:
    """The failure as it is to be understood for a customer.

    Without an active relationship nothing is permitted any more.
    """
    if failure.reason == "permission_missing" and not has_relationship:
        return lost("relationship_expired", failure.detail)
    return failure


def _reason(status: int, code: str, message: str) -> FailureReason:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "unavailable"
    if code == "Authorization_IdentityNotFound":
        return "consent_missing"
    if "not applicable to target tenant" in message.lower():
        return "licence_missing"
    return _BY_STATUS.get(status, "bad_answer")


def _error(body: bytes) -> tuple[str, str]:
    try:
        error = _Body.model_validate_json(body).error
    except ValidationError:
        return "", ""
    code = error.code or ""
    return (code if _CODE.fullmatch(code) else ""), error.message or ""


def of_sign_in(error: str, description: str) -> Failure:
    """Classify an answer of the token endpoint.

    OAuth's `error` and Entra's `error_description`, which holds its number.
    """
    found = _NUMBER.search(description)
    number = found[1] if found else ""
    detail = f"AADSTS{number}" if number else (error if _CODE.fullmatch(error) else "")
    if number in _TENANT_GONE:
        return lost("relationship_expired", detail, "removed")
    for reason, numbers in _SIGN_IN.items():
        if number in numbers:
            return lost(reason, detail)
    if error == "temporarily_unavailable":
        return Failure("unavailable", detail)
    return lost("credential_rejected" if error in {"invalid_client", "unauthorized_client"} else "bad_answer", detail)
