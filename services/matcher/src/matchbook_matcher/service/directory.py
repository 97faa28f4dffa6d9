"""Evaluates which organization each tenant is: those that changes can touch, in a directory that is kept in memory."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from matchbook_contracts.suggestions import WithdrawalReason
from matchbook_servicekit.database import Connection

from matchbook_matcher.adapters.data import Knowledge
from matchbook_matcher.adapters.store import DirectoryInputs, EvaluationStore, TouchedDirectory
from matchbook_matcher.domain.changes import Change, Known, Work, suggest, withdraw
from matchbook_matcher.domain.records import Standing
from matchbook_matcher.domain.suggestions import tenant_suggestion
from matchbook_matcher.domain.tenants import Directory, Organization, Tenant, TenantAnswer


class KeptDirectory(NamedTuple):
    """The directory as it was after so many evaluations by whichever process."""

    directory: Directory
    turn: int


@dataclass(slots=True)
class DirectoryEvaluated:
    """`changes` to publish, at which evaluation they were stored, how many tenants were evaluated, and what to keep."""

    changes: list[Change] = field(default_factory=list)
    stored_at: int = 0
    tenants: int = 0
    keep: KeptDirectory | None = None


class DirectoryWork:
    """Evaluates tenants in the caller's transaction."""

    def __init__(self, store: EvaluationStore, knowledge: Knowledge) -> None:
        self._store = store
        self._knowledge = knowledge.digest
        self._weights = knowledge.weights
        self._vocabulary = knowledge.vocabulary
        self._placeholders = sorted(knowledge.hygiene.serial_numbers)
        self._kept: KeptDirectory | None = None

    async def evaluate(self, connection: Connection, touched: TouchedDirectory | None) -> DirectoryEvaluated | None:
        """Stores what changed of what was touched, None for all; the caller commits, keeps the result, then publishes.

        None when another evaluator is at work.
        """
        locked = await self._store.lock_directory(connection, wait=False)
        if locked is None:
            return None
        # Until the caller has committed, what is changed in memory is not known to be so.
        (work, turn), kept, self._kept = locked, self._kept, None
        if touched is None or kept is None or kept.turn != turn or work.published < work.evaluation:
            touched, kept = None, None
        tenants = None if touched is None else sorted(touched.tenants)
        await self._store.learn_common_serials(connection, self._weights.device.limits.tenants_of_a_machine, tenants)
        inputs = await self._store.directory_inputs(connection, touched, self._placeholders)
        directory, again = await asyncio.to_thread(self._changed, kept, inputs, touched)
        rows = await self._store.tenant_suggestions(connection, None if touched is None else sorted(again))
        known = {row[0]: Known(row[1], row[2], row[3], row[4]) for row in rows}
        lost = {row["tenant_id"] for row in inputs.tenants if row["lost"]}
        changes = _changes(directory, {*again, *known}, known, lost, work)
        new = {change.tenant_id: change.remember for change in changes if change.remember is not None}
        await self._store.take_directory_turn(connection, self._knowledge)
        if new:
            await self._store.keep_tenant_suggestions(connection, new)
            await self._store.advance_directory(connection)
        keep = KeptDirectory(directory, turn + 1)
        return DirectoryEvaluated(changes, work.evaluation + (1 if new else 0), len(again), keep)

    def keep(self, evaluated: DirectoryEvaluated) -> None:
        """Once it is committed."""
        self._kept = evaluated.keep

    def _changed(
        self, kept: KeptDirectory | None, inputs: DirectoryInputs, touched: TouchedDirectory | None
    ) -> tuple[Directory, AbstractSet[str]]:
        totals, overlaps = _overlaps(inputs.overlaps)
        tenants = {row["tenant_id"]: _tenant(row, totals, overlaps) for row in inputs.tenants if not row["lost"]}
        organizations = {row["organization_id"]: _organization(row) for row in inputs.organizations}
        if kept is None or touched is None:
            directory = Directory(organizations.values(), tenants.values(), self._weights.tenant, self._vocabulary)
            return directory, directory.tenants.keys()
        return kept.directory, kept.directory.change(
            {key: organizations.get(key) for key in touched.organizations},
            {key: tenants.get(key) for key in touched.tenants},
        )


def _changes(
    directory: Directory, again: Iterable[str], known: Mapping[str, Known], lost: AbstractSet[str], work: Work
) -> list[Change]:
    changes = []
    for tenant_id in sorted(again):
        answer = directory.answer(tenant_id)
        body = tenant_suggestion(tenant_id, answer)
        if body is not None:
            change = suggest(body, known.get(tenant_id), work)
        else:
            change = withdraw(tenant_id, None, _reason(answer, tenant_id in lost), known.get(tenant_id), work)
        if change is not None:
            changes.append(change)
    return changes


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


def _organization(row: Any) -> Organization:
    return Organization(
        row["organization_id"], row["name"], tuple(row["aliases"]), tuple(row["domains"]), row["holder"]
    )


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
