"""Auto-accept policies: ordered rules that accept suggestions by ordinary decisions, in the name of a policy."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from matchbook_contracts.base import Actor
from matchbook_contracts.decisions import AcceptMatch, SetAutoAcceptPolicies
from matchbook_contracts.match_events import AutoAcceptPoliciesSet
from matchbook_contracts.states import AutoAcceptPolicy, RevertedPair

from matchbook_configuration_writer.domain.authority import refuse_scope
from matchbook_configuration_writer.domain.events import accepting_id
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Outcome, Rejected
from matchbook_configuration_writer.domain.standing import status_of
from matchbook_configuration_writer.domain.world import Policies, Suggestion, World


@dataclass(frozen=True, slots=True)
class Open:
    """A suggestion that a policy may accept: its device is undecided, and its tenant belongs to an organization."""

    suggestion: Suggestion
    organization_id: str
    reverted: tuple[RevertedPair, ...] = ()


def set_policies(command: SetAutoAcceptPolicies, world: World, moment: Moment) -> Outcome:
    """Replace the policies, or say why not."""
    refused = refuse_scope(command.actor, [None]) or _refuse_policies(command.policies, world)
    if refused is not None:
        return refused
    event = AutoAcceptPoliciesSet(
        version=world.policies.version + 1,
        occurred_at=moment.now,
        cause=moment.cause,
        decision_id=command.decision_id,
        policies=command.policies,
    )
    return Applied((event,))


def _refuse_policies(policies: Sequence[AutoAcceptPolicy], world: World) -> Rejected | None:
    twice = [name for name, count in Counter(policy.name for policy in policies).items() if count > 1]
    if twice:
        return Rejected(
            "not_allowed", f"Two policies are called {twice[0]}. Give each a name of its own, then save again."
        )
    named = {key for policy in policies for key in policy.organization_ids or ()}
    unknown = sorted(named - world.organizations.keys())
    if unknown:
        text = f"There is no organization {unknown[0]}. Choose from the list, then save again."
        return Rejected("unknown_organization", text)
    return None


def open_suggestions(facts: Iterable[object], world: World) -> Iterator[Open]:
    """Those of the facts that are the matcher's last word on an undecided device of a matched tenant."""
    for fact in facts:
        if not isinstance(fact, Suggestion) or fact.device_id is None:
            continue
        organization_id = world.tenant_organization(fact.tenant_id)
        standing = world.device_matches.get((fact.tenant_id, fact.device_id))
        last = world.suggestions.get((fact.tenant_id, fact.device_id)) is fact
        if last and organization_id is not None and status_of(standing) == "unmatched":
            yield Open(fact, organization_id, standing.reverted if standing is not None else ())


def accepted(found: Iterable[Open], policies: Policies, now: datetime) -> Iterator[AcceptMatch]:
    """The decisions of the policies about suggestions: the first that fits each decides."""
    for item in found:
        policy = next((each for each in policies.policies if fits(each, item)), None)
        if policy is not None:
            yield _accept(item.suggestion, policy, policies.version, now)


def fits(policy: AutoAcceptPolicy, item: Open) -> bool:
    """Whether a policy accepts a suggestion. What a person reverted is never accepted for them again."""
    suggestion = item.suggestion
    return (
        suggestion.status == "suggested"
        and suggestion.rule == policy.rule
        and (suggestion.confidence or 0.0) >= policy.minimum_confidence
        and (policy.organization_ids is None or item.organization_id in policy.organization_ids)
        and all(pair.target_id != suggestion.target_id for pair in item.reverted)
    )


def _accept(suggestion: Suggestion, policy: AutoAcceptPolicy, version: int, now: datetime) -> AcceptMatch:
    assert suggestion.device_id is not None, "policies accept no tenants"
    assert suggestion.suggestion_id is not None, "what is suggested has an id"
    return AcceptMatch(
        decision_id=accepting_id(version, policy.name, suggestion),
        actor=Actor(kind="policy", id=policy.actor_id, name=policy.name, organizations=policy.organization_ids),
        decided_at=now,
        bulk_id=policy.actor_id,
        tenant_id=suggestion.tenant_id,
        device_id=suggestion.device_id,
        suggestion_id=suggestion.suggestion_id,
    )
