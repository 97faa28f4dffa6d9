"""Evaluates the devices of whole organizations."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from matchbook_servicekit.database import Connection

from matchbook_matcher.adapters.data import Knowledge
from matchbook_matcher.adapters.store import DeviceInputs, EvaluationStore, Subject
from matchbook_matcher.domain.changes import Change, Known, Work, suggest, withdraw
from matchbook_matcher.domain.organization import Elsewhere, Evaluation, Matcher, Nothing
from matchbook_matcher.domain.records import (
    Configuration,
    ConfigurationFacts,
    Device,
    DeviceFacts,
    Key,
    Standing,
    make_configuration,
    make_device,
)
from matchbook_matcher.domain.suggestions import device_suggestion

UNMATCHED = None
"""Stands for the organization of tenants that are not matched."""


@dataclass(slots=True)
class Evaluated:
    """What came of a bundle: `changes` to publish, and for each tenant at which evaluation they were stored.

    `organizations` and `tenants` are those that were seen to; the rest was at work elsewhere.
    """

    organizations: set[str] = field(default_factory=set)
    tenants: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    stored_at: dict[str, int] = field(default_factory=dict)
    devices: int = 0


@dataclass(slots=True)
class _Bundle:
    """Organizations (or UNMATCHED) with their tenants, and all that is known of them."""

    tenants: dict[str | None, list[str]]
    work: dict[str, Work]
    inputs: DeviceInputs
    known: dict[Key, Known]
    evaluations: dict[str, Evaluation] = field(default_factory=dict)


class DeviceWork:
    """Evaluates organizations in the caller's transaction."""

    def __init__(self, store: EvaluationStore, knowledge: Knowledge) -> None:
        self._store = store
        self._hygiene = knowledge.hygiene
        self._matcher = Matcher(knowledge.weights.device)

    async def evaluate(self, connection: Connection, organizations: Sequence[str], tenants: Iterable[str]) -> Evaluated:
        """Evaluate `organizations`, and withdraw what is suggested for those of `tenants` that are not matched.

        Stores what changed; the caller commits, then publishes.
        """
        done, bundle = await self._locked(connection, organizations, tenants)
        if bundle is None:
            return done
        done.devices = len(bundle.inputs.devices)
        wanted = await asyncio.to_thread(self._match, bundle)
        found = await self._store.documented_elsewhere(connection, wanted) if wanted else ()
        left = await asyncio.to_thread(self._changes, bundle, found, done)
        if left:
            retired = await self._store.retired(connection, left)
            done.changes += _withdrawn(bundle, left, retired)
        await self._remember(connection, bundle, done)
        return done

    async def _locked(
        self, connection: Connection, organizations: Sequence[str], tenants: Iterable[str]
    ) -> tuple[Evaluated, _Bundle | None]:
        store = self._store
        members = await store.tenants_of(connection, organizations)
        wanted = sorted({*members, *tenants})
        work = await store.lock_tenants(connection, wanted) if wanted else {}
        # What they are matched to is read again under the lock: it may have changed while the lock was waited for.
        matched = await store.organizations_of(connection, list(work))
        busy = {organization for tenant, organization in members.items() if tenant not in work}
        done = Evaluated({o for o in organizations if o not in busy})
        groups: defaultdict[str | None, list[str]] = defaultdict(list)
        for tenant in sorted(work):
            organization = matched.get(tenant, UNMATCHED)
            if organization is UNMATCHED or organization in done.organizations:
                groups[organization].append(tenant)
                done.tenants.add(tenant)
        if not groups:
            return done, None
        inputs = await store.device_inputs(connection, sorted(done.tenants), [o for o in groups if o is not None])
        known = {(row[0], row[1]): Known(row[2], row[3], row[4], row[5]) for row in inputs.suggestions}
        return done, _Bundle(dict(groups), work, inputs, known)

    def _match(self, bundle: _Bundle) -> list[tuple[str, str]]:
        """Evaluate each organization; what serial numbers are to be looked for elsewhere, by whom."""
        devices = self._devices(bundle)
        configurations = self._configurations(bundle)
        holders = {row[0] for row in bundle.inputs.holders}
        for organization, tenants in bundle.tenants.items():
            if organization is not UNMATCHED:
                bundle.evaluations[organization] = self._matcher.evaluate(
                    [device for tenant in tenants for device in devices.get(tenant, ())],
                    configurations.get(organization, ()),
                    held=holders,
                    common_serials=bundle.inputs.common_serials,
                )
        return [
            (serial, organization)
            for organization, evaluation in bundle.evaluations.items()
            for serial in evaluation.unfound
        ]

    def _devices(self, bundle: _Bundle) -> dict[str, list[Device]]:
        standings = {(row[0], row[1]): Standing(row[2], row[3], row[4]) for row in bundle.inputs.standings}
        unmatched = set(bundle.tenants.get(UNMATCHED, ()))
        found: defaultdict[str, list[Device]] = defaultdict(list)
        for row in bundle.inputs.devices:
            if row[0] not in unmatched:
                facts = DeviceFacts(*row)
                standing = standings.get((facts.tenant_id, facts.device_id))
                found[facts.tenant_id].append(make_device(facts, self._hygiene, standing))
        return found

    def _configurations(self, bundle: _Bundle) -> dict[str, list[Configuration]]:
        found: defaultdict[str, list[Configuration]] = defaultdict(list)
        for row in bundle.inputs.configurations:
            configuration = make_configuration(ConfigurationFacts(*row), self._hygiene)
            found[configuration.organization_id].append(configuration)
        return found

    def _changes(self, bundle: _Bundle, found: Sequence[Any], done: Evaluated) -> list[Key]:
        """Adds the changes; what is suggested for devices without an answer is returned."""
        answered: set[Key] = set()
        for organization, evaluation in bundle.evaluations.items():
            elsewhere = {row[0]: Elsewhere(row[2], row[3], row[4], row[5]) for row in found if row[1] == organization}
            evaluation.complete(elsewhere)
            answered.update(evaluation.answers)
            done.changes += _said(organization, evaluation, bundle)
        certain = bundle.work
        return [key for key, known in bundle.known.items() if key not in answered and _matters(known, certain[key[0]])]

    async def _remember(self, connection: Connection, bundle: _Bundle, done: Evaluated) -> None:
        new = {
            (change.tenant_id, change.device_id or ""): change.remember
            for change in done.changes
            if change.remember is not None
        }
        advanced = {tenant for tenant, _ in new}
        if new:
            await self._store.keep_device_suggestions(connection, new)
            await self._store.advance_tenants(connection, sorted(advanced))
        for tenant in {change.tenant_id for change in done.changes}:
            # Without new content, the changes repeat what a former evaluation stored.
            done.stored_at[tenant] = bundle.work[tenant].evaluation + (tenant in advanced)


def _matters(known: Known, work: Work) -> bool:
    return known.live or not known.certain(work)


def _said(organization: str, evaluation: Evaluation, bundle: _Bundle) -> list[Change]:
    changes = []
    for key, answer in evaluation.answers.items():
        known, work = bundle.known.get(key), bundle.work[key[0]]
        if isinstance(answer, Nothing):
            change = withdraw(*key, answer.reason, known, work)
        else:
            body = device_suggestion(key, organization, answer, evaluation.learned)
            change = None if body is None else suggest(body, known, work)
        if change is not None:
            changes.append(change)
    return changes


def _withdrawn(bundle: _Bundle, left: Iterable[Key], retired: set[Subject]) -> list[Change]:
    changes = []
    for key in left:
        known, work = bundle.known[key], bundle.work[key[0]]
        change = withdraw(*key, "device_retired" if key in retired else "tenant_unmatched", known, work)
        if change is not None:
            changes.append(change)
    return changes
