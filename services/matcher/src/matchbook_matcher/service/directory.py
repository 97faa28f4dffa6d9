"""Evaluates which organization each tenant is, all tenants at once: every name weighs on what the others are worth."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matchbook_contracts.suggestions import WithdrawalReason
from matchbook_servicekit.database import Connection

from matchbook_matcher.adapters.data import Knowledge
from matchbook_matcher.adapters.store import DirectoryInputs, EvaluationStore
from matchbook_matcher.domain.changes import Change, Known, Work, suggest, withdraw
from matchbook_matcher.domain.records import Standing
from matchbook_matcher.domain.suggestions import tenant_suggestion
from matchbook_matcher.domain.tenants import Directory, Organization, Tenant, TenantAnswer


@dataclass(slots=True)
class DirectoryEvaluated:
    """`changes` to publish, and at which evaluation they were stored; None when another evaluator was at work."""

    changes: list[Change] = field(default_factory=list)
    stored_at: int = 0


class DirectoryWork:
    """Evaluates all tenants in the caller's transaction."""

    def __init__(self, store: EvaluationStore, knowledge: Knowledge) -> None:
        self._store = store
        self._weights = knowledge.weights
        self._vocabulary = knowledge.vocabulary

    async def evaluate(self, connection: Connection) -> DirectoryEvaluated | None:
        """Stores what changed; the caller commits, then publishes. None when another evaluator is at work."""
        work = await self._store.lock_directory(connection, wait=False)
        if work is None:
            return None
        await self._store.learn_common_serials(connection, self._weights.device.limits.tenants_of_a_machine)
        inputs = await self._store.directory_inputs(connection)
        changes = await asyncio.to_thread(self._changes, inputs, work)
        new = {change.tenant_id: change.remember for change in changes if change.remember is not None}
        if new:
            await self._store.keep_tenant_suggestions(connection, new)
            await self._store.advance_directory(connection)
        return DirectoryEvaluated(changes, work.evaluation + (1 if new else 0))

    def _changes(self, inputs: DirectoryInputs, work: Work) -> list[Change]:
        known = {row[0]: Known(row[1], row[2], row[3], row[4]) for row in inputs.suggestions}
        lost = {row["tenant_id"] for row in inputs.tenants if row["lost"]}
        answers = self._answers(inputs)
        changes = []
        for tenant_id in sorted({*answers, *known}):
            answer = answers.get(tenant_id, TenantAnswer())
            body = tenant_suggestion(tenant_id, answer)
            if body is not None:
                change = suggest(body, known.get(tenant_id), work)
            else:
                change = withdraw(tenant_id, None, _reason(answer, tenant_id in lost), known.get(tenant_id), work)
            if change is not None:
                changes.append(change)
        return changes

    def _answers(self, inputs: DirectoryInputs) -> dict[str, TenantAnswer]:
        totals, overlaps = _overlaps(inputs.overlaps)
        tenants = [_tenant(row, totals, overlaps) for row in inputs.tenants if not row["lost"]]
        organizations = [
            Organization(
                row["organization_id"], row["name"], tuple(row["aliases"]), tuple(row["domains"]), row["holder"]
            )
            for row in inputs.organizations
        ]
        return Directory(organizations, tenants, self._weights.tenant, self._vocabulary).answers()


def _reason(answer: TenantAnswer, lost: bool) -> WithdrawalReason:
    if lost:
        return "tenant_lost"
    return "decided" if answer.decided else "no_candidate"


def _overlaps(rows: Sequence[Any]) -> tuple[dict[str, int], dict[str, list[tuple[str, int]]]]:
    totals: dict[str, int] = {}
    overlaps: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for tenant_id, organization_id, serials in rows:
        if organization_id is None:
            totals[tenant_id] = serials
        else:
            overlaps[tenant_id].append((organization_id, serials))
    return totals, overlaps


def _tenant(row: Any, totals: Mapping[str, int], overlaps: Mapping[str, Sequence[tuple[str, int]]]) -> Tenant:
    tenant_id = row["tenant_id"]
    standing = Standing(row["status"], row["organization_id"], row["reverted"]) if row["status"] is not None else None
    return Tenant(
        tenant_id,
        row["display_name"],
        tuple(row["domains"]),
        standing,
        totals.get(tenant_id, 0),
        tuple(sorted(overlaps.get(tenant_id, ()))),
    )
