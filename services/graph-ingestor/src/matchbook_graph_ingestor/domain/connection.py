"""The test of a connection: which step fails, and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from matchbook_contracts.connections import ConnectionOutcome, ConnectionStep, ConnectionStepName
from matchbook_contracts.sync import FailureReason

from matchbook_graph_ingestor.domain.failures import Failure
from matchbook_graph_ingestor.domain.graph_objects import AdminRelationship

Read = Literal["token", "organization", "devices"]
EXPIRES_SOON: Final = timedelta(days=30)
_UNREAD: Final = Failure("unavailable")
_ADMIN_CONSENT: Final = "Grant admin consent to the application in that tenant."
_AGAIN: Final = "Test again in a few minutes."
_SENTENCES: Final[Mapping[ConnectionStepName, Mapping[FailureReason, str]]] = {
    "sign_in": {
        "credential_rejected": (
            "Microsoft does not accept Matchbook's credential. Check that the certificate is not expired and is "
            "uploaded to the application's registration, that a federated credential there has the token's issuer, "
            "subject and audience, and that this machine's clock is right."
        ),
        "relationship_expired": "Microsoft knows no tenant {name}. Check its id.",
        "permission_missing": (
            "A conditional access policy in {name} keeps the application from signing in. Exclude it there."
        ),
    },
    "consent": {
        "consent_missing": f"{{name}} has not consented to Matchbook. {_ADMIN_CONSENT}",
    },
    "directory": {
        "permission_missing": f"Matchbook may not read {{name}}'s name and domains. {_ADMIN_CONSENT} "
        "It needs the application permission Organization.Read.All.",
    },
    "licence": {
        "licence_missing": "{name} has no Intune licence. Assign one, or switch off Sync Intune Devices.",
    },
    "devices": {
        "permission_missing": f"Matchbook may not read {{name}}'s devices. {_ADMIN_CONSENT} "
        "It needs the application permission DeviceManagementManagedDevices.Read.All.",
    },
}
_ELSEWHERE: Final[Mapping[FailureReason, str]] = {
    "throttled": f"Microsoft asked to slow down. {_AGAIN}",
    "unavailable": f"Microsoft did not answer. {_AGAIN}",
    "bad_answer": f"Microsoft's answer could not be used. {_AGAIN} If it stays, the detail says why.",
    "credential_rejected": f"Microsoft Graph did not accept the token that Microsoft had given. {_AGAIN}",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """What was read. `reads` has None where an answer came, and nothing for what was not tried.

    `relationships` are the partner's with this tenant, or why they could not be read; None was not tried.
    """

    reads: Mapping[Read, Failure | None]
    relationships: Sequence[AdminRelationship] | Failure | Literal["no partner"] | None = None


def steps(found: Findings, name: str, now: datetime) -> tuple[ConnectionStep, ...]:
    """Judge each step in its order; `name` is what its sentences call the tenant."""
    return (
        _sign_in(found, name),
        _consent(found, name),
        _directory(found, name),
        _relationship(found, name, now),
        _licence(found, name),
        _devices(found, name),
    )


def passed(judged: Sequence[ConnectionStep]) -> bool:
    """Whether no step failed."""
    return all(step.outcome != "failed" for step in judged)


def _sign_in(found: Findings, name: str) -> ConnectionStep:
    failure = found.reads["token"]
    if failure is not None and failure.reason == "consent_missing":
        # Microsoft looks for the application in the tenant before it looks at the credential.
        return ConnectionStep(step="sign_in", outcome="not_reached")
    return _judged("sign_in", failure, name)


def _consent(found: Findings, name: str) -> ConnectionStep:
    answers = [found.reads[read] for read in ("token", "organization", "devices") if read in found.reads]
    missing = next((item for item in answers if item is not None and item.reason == "consent_missing"), None)
    # Whoever says what is not permitted, or not licensed, knows the application.
    knows = any(item is None or item.reason in {"permission_missing", "licence_missing"} for item in answers[1:])
    if missing is None and not knows:
        return ConnectionStep(step="consent", outcome="not_reached")
    return _judged("consent", missing, name)


def _directory(found: Findings, name: str) -> ConnectionStep:
    return _of_read("directory", found, "organization", {"consent_missing"}, name)


def _licence(found: Findings, name: str) -> ConnectionStep:
    others = {"consent_missing", "permission_missing", "throttled", "unavailable", "bad_answer", "credential_rejected"}
    return _of_read("licence", found, "devices", others, name)


def _devices(found: Findings, name: str) -> ConnectionStep:
    return _of_read("devices", found, "devices", {"consent_missing", "licence_missing"}, name)


def _of_read(step: ConnectionStepName, found: Findings, read: Read, others: set[str], name: str) -> ConnectionStep:
    """A step that a read decides, unless the read failed for what `others` say, which another step tells."""
    failure = found.reads.get(read)
    if read not in found.reads or (failure is not None and failure.reason in others):
        return ConnectionStep(step=step, outcome="not_reached")
    return _judged(step, failure, name)


def _judged(step: ConnectionStepName, failure: Failure | None, name: str) -> ConnectionStep:
    if failure is None:
        return ConnectionStep(step=step, outcome="ok")
    words = _SENTENCES[step].get(failure.reason) or _ELSEWHERE.get(failure.reason) or _ELSEWHERE["bad_answer"]
    return ConnectionStep(step=step, outcome="failed", message=words.format(name=name), detail=failure.detail)


def _relationship(found: Findings, name: str, now: datetime) -> ConnectionStep:
    match found.relationships:
        case None:
            return _told("not_reached", "")
        case "no partner":
            return _told("not_reached", "No partner tenant is configured, so there is no relationship to look at.")
        case Failure() as failure:
            return _unread(failure)
        case relationships:
            return _standing(found, relationships, name, now)


def _unread(failure: Failure) -> ConnectionStep:
    words = "The partner tenant's relationships can't be read: consent there to DelegatedAdminRelationship.Read.All."
    if failure.reason in {"throttled", "unavailable", "bad_answer"}:
        words = _ELSEWHERE[failure.reason]
    return _told("failed", words, failure.detail)


def _standing(found: Findings, all_of_them: Sequence[AdminRelationship], name: str, now: datetime) -> ConnectionStep:
    ends = [item.ends_at for item in all_of_them if item.status == "active"]
    latest = max((end for end in ends if end is not None), default=None)
    if not ends or (None not in ends and latest is not None and latest <= now):
        return _ended(found, name)
    if None in ends or latest is None:
        return _told("ok", "")
    if latest - now <= EXPIRES_SOON:
        return _told(
            "warning", f"The partner relationship with {name} ends on {latest:%Y-%m-%d}. Extend it in Partner Center."
        )
    return _told("ok", f"It ends on {latest:%Y-%m-%d}.")


def _ended(found: Findings, name: str) -> ConnectionStep:
    """Without a relationship a tenant that consented can be read all the same, but your staff can't renew the consent
    for it.
    """
    if found.reads.get("organization", _UNREAD) is None:
        return _told(
            "warning",
            f"There is no active partner relationship with {name}; Matchbook reads it by its own consent alone.",
        )
    return _told("failed", f"There is no active partner relationship with {name}. Renew it in Partner Center.")


def _told(outcome: ConnectionOutcome, message: str, detail: str = "") -> ConnectionStep:
    return ConnectionStep(step="relationship", outcome=outcome, message=message, detail=detail)
