"""Auto-accept policies: what is in force, what others would do now, and setting them."""

from matchbook_contracts.decisions import SetAutoAcceptPolicies
from matchbook_contracts.states import AutoAcceptPolicy

from matchbook_api_gateway.adapters.decision_store import DecisionStore
from matchbook_api_gateway.adapters.read_store import ReadStore
from matchbook_api_gateway.domain.commands import PoliciesRequest
from matchbook_api_gateway.domain.people import Person
from matchbook_api_gateway.domain.views import (
    DecisionsAccepted,
    PoliciesInForce,
    PoliciesPreview,
    PolicyInForce,
    PolicyPreview,
)
from matchbook_api_gateway.errors import forbidden
from matchbook_api_gateway.services.sending import Sending, new_id, now


class Policies:
    """Policies decide for all organizations, so only who sees all of them sees, sets or previews them."""

    def __init__(self, store: ReadStore, decisions: DecisionStore, sending: Sending) -> None:
        self._store = store
        self._decisions = decisions
        self._sending = sending

    async def in_force(self, person: Person) -> PoliciesInForce:
        """The policies as last set; none before that."""
        _check(person)
        row = await self._store.row("policies")
        if row is None:
            return PoliciesInForce(version=0, policies=[], set_by=None, set_at=None)
        found = [AutoAcceptPolicy.model_validate(policy, strict=False) for policy in row["policies"]]
        policies = [PolicyInForce(**policy.model_dump(mode="json"), bulk_id=policy.actor_id) for policy in found]
        return PoliciesInForce(version=row["version"], policies=policies, set_by=row["set_by"], set_at=row["set_at"])

    async def replace(self, person: Person, request: PoliciesRequest) -> DecisionsAccepted:
        """Send the policies to the writer."""
        _check(person)
        id_, at = new_id(), now()
        command = SetAutoAcceptPolicies(
            decision_id=id_, actor=person.actor, decided_at=at, policies=tuple(request.contracts())
        )
        await self._sending.send([(id_, command)], at)
        await self._decisions.sent([command])
        return DecisionsAccepted(bulk_id=None, decision_ids=[id_])

    async def preview(self, person: Person, request: PoliciesRequest) -> PoliciesPreview:
        """Count by the first policy that fits, as the writer would."""
        _check(person)
        numbered = [
            {"number": number, **policy.model_dump(mode="json")} for number, policy in enumerate(request.contracts(), 1)
        ]
        rows = await self._store.rows("preview_policies", numbered)
        counts = {row["number"]: row["devices"] for row in rows}
        conflicts = sum(row["conflicts"] for row in rows)
        each = [PolicyPreview(name=item["name"], would_match=counts.get(item["number"], 0)) for item in numbered]
        return PoliciesPreview(
            would_match=sum(item.would_match for item in each),
            would_leave=counts.get(0, 0) - conflicts,
            in_conflict=conflicts,
            policies=each,
        )


def _check(person: Person) -> None:
    if person.organizations is not None:
        raise forbidden("Only someone who sees all organizations may see, set or preview policies.")
