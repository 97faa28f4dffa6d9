"""Who may do what. The topic is untrusted input, so what the gateway checked is checked again."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from matchbook_contracts.base import Actor
from matchbook_contracts.decisions import (
    AcceptMatch,
    AcceptTenantMatch,
    Decision,
    ImportConfigurations,
    ImportOrganizations,
    ReleaseConfiguration,
    SetAutoAcceptPolicies,
)

from matchbook_configuration_writer.domain.outcomes import Rejected

_ADMINISTRATORS_ONLY = {
    ImportOrganizations: "import documentation",
    ImportConfigurations: "import documentation",
    ReleaseConfiguration: "release a held configuration without editing it",
    SetAutoAcceptPolicies: "set auto-accept policies",
}


def refuse_role(command: Decision) -> Rejected | None:
    """A refusal where the actor's kind or role forbids this kind of command everywhere."""
    actor = command.actor
    match actor.kind:
        case "person":
            return _refuse_person(actor, _ADMINISTRATORS_ONLY.get(type(command)))
        case "policy":
            if isinstance(command, (AcceptMatch, AcceptTenantMatch)):
                return None
            return Rejected(
                "not_allowed", f"The policy {label(actor)} may only accept suggestions. Decide it yourself."
            )
        case "system":
            # A connector brings in another system's documentation, and decides nothing.
            if isinstance(command, (ImportOrganizations, ImportConfigurations)):
                return None
            return Rejected(
                "not_allowed", f"{label(actor)} may only import documentation. Sign in and decide it yourself."
            )
        case _:
            assert_never(actor.kind)


def _refuse_person(actor: Actor, administrators_deed: str | None) -> Rejected | None:
    if actor.role == "Administrator":
        return None
    if administrators_deed is not None:
        return Rejected("not_allowed", f"Only an Administrator may {administrators_deed}. Ask one to do it.")
    if actor.role == "Manager":
        return None
    role = f"has the role {actor.role}" if actor.role else "has no role"
    return Rejected(
        "not_allowed", f"{label(actor)} {role} and may not decide. Ask a Manager, or an Administrator for the role."
    )


def refuse_scope(actor: Actor, organizations: Iterable[str | None]) -> Rejected | None:
    """A refusal where the actor is limited to organizations and any of these (None: no organization yet) is not one."""
    if actor.organizations is None or all(item in actor.organizations for item in organizations):
        return None
    return out_of_scope(actor)


def out_of_scope(actor: Actor) -> Rejected:
    """The same words for what is foreign and for what is missing, so that neither tells which it is."""
    return Rejected(
        "not_allowed",
        f"It is not there, or not in an organization that {label(actor)} has access to. "
        "Ask an Administrator for access, then try again.",
    )


def refuse_missing(actor: Actor, otherwise: Rejected) -> Rejected:
    """The refusal for what does not exist, which a person limited to organizations must not learn."""
    if actor.organizations is None:
        return otherwise
    return replace(out_of_scope(actor), may_be_early=otherwise.may_be_early)


def label(actor: Actor) -> str:
    """What a person calls the actor."""
    return actor.name or actor.id
