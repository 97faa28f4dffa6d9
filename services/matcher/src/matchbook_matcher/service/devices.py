"""Evaluates the devices of organizations: whole ones, or of those that are kept what has changed."""

import asyncio
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from matchbook_servicekit.database import Connection

from matchbook_matcher.adapters.data import Knowledge
from matchbook_matcher.adapters.store import DeviceInputs, EvaluationStore, Subject, Turn
from matchbook_matcher.domain.answers import Elsewhere, Nothing
from matchbook_matcher.domain.changes import Change, Known, Work, suggest, withdraw
from matchbook_matcher.domain.kept import Change as Difference
from matchbook_matcher.domain.kept import KeptOrganization
from matchbook_matcher.domain.organization import Evaluation, Matcher
from matchbook_matcher.domain.records import Configuration, ConfigurationFacts, Device, DeviceFacts, Key, Standing
from matchbook_matcher.domain.suggestions import device_suggestion
from matchbook_matcher.service.agenda import Touched
from matchbook_matcher.service.shelf import Kept, Shelf

UNMATCHED = None
"""Stands for the organization of tenants that are not matched."""


@dataclass(slots=True)
class Evaluated:
    """What came of a bundle: `changes` to publish, and for each tenant at which evaluation they were stored.

    `organizations` and `tenants` are those that were seen to; the rest was at work elsewhere. `kept` are organizations
    to keep once all of this is committed; `read` and `answers` count devices, `documents` the configurations read.
    """

    organizations: set[str] = field(default_factory=set)
    tenants: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)
    stored_at: dict[str, int] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    read: int = 0
    documents: int = 0
    answers: int = 0


@dataclass(slots=True)
class _Bundle:
    """Organizations (or UNMATCHED) with their tenants, and all that is known of them.

    `parts` are the organizations that are kept, with what has changed of them; the others are read whole.
    """

    tenants: dict[str | None, list[str]]
    work: dict[str, Work]
    parts: dict[str, tuple[KeptOrganization, Touched]]
    inputs: DeviceInputs = field(default_factory=DeviceInputs)
    singles: DeviceInputs = field(default_factory=DeviceInputs)
    common_serials: frozenset[str] = frozenset()
    known: dict[Key, Known] = field(default_factory=dict)
    organizations: dict[str, KeptOrganization] = field(default_factory=dict)
    evaluations: dict[str, Evaluation] = field(default_factory=dict)

    @property
    def whole(self) -> list[str | None]:
        """Those of which devices and configurations are read."""
        return [organization for organization in self.tenants if organization not in self.parts]

    @property
    def renewed(self) -> list[str]:
        """Those of which devices are read, and of the configurations what is touched."""
        return [organization for organization, (_, touched) in self.parts.items() if touched.all_devices]

    def members(self, organization: str, devices: Mapping[str, Sequence[Device]]) -> list[Device]:
        """The devices of an organization's tenants, of those given by tenant."""
        return [device for tenant in self.tenants[organization] for device in devices.get(tenant, ())]


class DeviceWork:
    """Evaluates organizations in the caller's transaction."""

    def __init__(self, store: EvaluationStore, knowledge: Knowledge, shelf: Shelf) -> None:
        self._store = store
        self._knowledge = knowledge.digest
        self._hygiene = knowledge.hygiene
        self._matcher = Matcher(knowledge.weights.device)
        self._shelf = shelf
        self.keeper = uuid4().hex
        """What this process calls itself before the others."""

    async def evaluate(
        self, connection: Connection, organizations: Mapping[str, Touched | None], tenants: Iterable[str]
    ) -> Evaluated:
        """Evaluate `organizations`, and withdraw what is suggested for those of `tenants` that are not matched.

        Of an organization that is kept, only what is said to be touched is read and evaluated. Stores what changed;
        the caller commits, then has it kept, then publishes.
        """
        done, bundle = await self._locked(connection, organizations, tenants)
        if bundle is None:
            return done
        await self._read(connection, bundle)
        wanted = await asyncio.to_thread(self._match, bundle)
        found = await self._store.documented_elsewhere(connection, wanted) if wanted else ()
        await self._read_known_of_parts(connection, bundle)
        left = await asyncio.to_thread(self._changes, bundle, found, done)
        if left:
            retired = await self._store.retired(connection, left)
            done.changes += _withdrawn(bundle, left, retired)
        await self._remember(connection, bundle, done)
        done.read = len(bundle.inputs.devices) + len(bundle.singles.devices)
        done.documents = len(bundle.inputs.configurations) + len(bundle.singles.configurations)
        done.answers = sum(len(evaluation.answers) for evaluation in bundle.evaluations.values())
        return done

    def keep(self, done: Evaluated) -> None:
        """Keep the organizations of an evaluation that is committed."""
        for organization, kept in done.kept.items():
            self._shelf.put(organization, kept)

    async def _locked(
        self, connection: Connection, organizations: Mapping[str, Touched | None], tenants: Iterable[str]
    ) -> tuple[Evaluated, _Bundle | None]:
        store = self._store
        turns = await store.lock_organizations(connection, sorted(organizations))
        members = await store.tenants_of(connection, list(turns))
        wanted = sorted({*members, *tenants})
        work = await store.lock_tenants(connection, wanted) if wanted else {}
        # What they are matched to is read again under the lock: it may have changed while the lock was waited for.
        matched = await store.organizations_of(connection, list(work))
        busy = {organization for tenant, organization in members.items() if tenant not in work}
        done = Evaluated({o for o in turns if o not in busy})
        await store.advance_organizations(connection, sorted(done.organizations), self.keeper, self._knowledge)
        groups: defaultdict[str | None, list[str]] = defaultdict(list)
        for tenant in sorted(work):
            organization = matched.get(tenant, UNMATCHED)
            if organization is UNMATCHED or organization in done.organizations:
                groups[organization].append(tenant)
                done.tenants.add(tenant)
        if not groups:
            return done, None
        bundle = _Bundle(dict(groups), work, {})
        for organization in groups:
            if organization is not UNMATCHED:
                self._take(organization, turns[organization], organizations[organization], bundle)
                turn = Turn(turns[organization].evaluation + 1, self.keeper)
                done.kept[organization] = Kept(bundle.organizations[organization], turn, groups[organization])
        return done, bundle

    def _take(self, organization: str, turn: Turn, touched: Touched | None, bundle: _Bundle) -> None:
        """From the shelf, where nobody else has evaluated it since; what is left to be published needs all devices."""
        tenants = bundle.tenants[organization]
        kept = self._shelf.take(organization, turn, tenants)
        settled = all(bundle.work[tenant].published == bundle.work[tenant].evaluation for tenant in tenants)
        if kept is not None and touched is not None:
            bundle.parts[organization] = kept, touched if settled else replace(touched, all_devices=True)
        bundle.organizations[organization] = KeptOrganization(self._matcher) if kept is None else kept

    async def _read(self, connection: Connection, bundle: _Bundle) -> None:
        store = self._store
        whole = bundle.whole
        tenants = sorted(tenant for o in (*whole, *bundle.renewed) for tenant in bundle.tenants[o])
        bundle.common_serials = await store.common_serials(connection)
        if tenants:
            bundle.inputs = await store.device_inputs(connection, tenants, [o for o in whole if o is not UNMATCHED])
            bundle.known = await store.suggestions_of(connection, tenants)
        if bundle.parts:
            touched = [touched for _, touched in bundle.parts.values()]
            devices = sorted({key for one in touched if not one.all_devices for key in one.devices})
            configurations = sorted({c for one in touched for c in one.configurations})
            bundle.singles = await store.single_inputs(connection, devices, configurations)

    async def _read_known_of_parts(self, connection: Connection, bundle: _Bundle) -> None:
        parts = {o: touched for o, (_, touched) in bundle.parts.items() if not touched.all_devices}
        keys = {key for o in parts for key in bundle.evaluations[o].answers}
        keys.update(key for touched in parts.values() for key in touched.devices)
        if keys:
            bundle.known |= await self._store.suggestions_for(connection, sorted(keys))

    def _match(self, bundle: _Bundle) -> list[tuple[str, str]]:
        """Evaluate each organization; what serial numbers are to be looked for elsewhere, by whom."""
        unmatched = set(bundle.tenants.get(UNMATCHED, ()))
        devices: defaultdict[str, list[Device]] = defaultdict(list)
        for device in self._devices(bundle.inputs, unmatched):
            devices[device.tenant_id].append(device)
        self._match_whole(bundle, devices)
        self._match_parts(bundle, devices)
        return [
            (serial, organization)
            for organization, evaluation in bundle.evaluations.items()
            for serial in evaluation.unfound
        ]

    def _match_whole(self, bundle: _Bundle, devices: Mapping[str, Sequence[Device]]) -> None:
        configurations: defaultdict[str, list[Configuration]] = defaultdict(list)
        for configuration in self._configurations(bundle.inputs):
            configurations[configuration.organization_id].append(configuration)
        held = {row[0] for row in bundle.inputs.holders}
        for organization in bundle.whole:
            if organization is not UNMATCHED:
                bundle.evaluations[organization] = bundle.organizations[organization].evaluate(
                    bundle.members(organization, devices),
                    configurations.get(organization, ()),
                    held=held,
                    common_serials=bundle.common_serials,
                )

    def _match_parts(self, bundle: _Bundle, devices: Mapping[str, Sequence[Device]]) -> None:
        singles = {(device.tenant_id, device.device_id): device for device in self._devices(bundle.singles)}
        configurations = {(c.organization_id, c.configuration_id): c for c in self._configurations(bundle.singles)}
        held = {row[0] for row in bundle.singles.holders}
        for organization, (kept, touched) in bundle.parts.items():
            difference = Difference(
                {} if touched.all_devices else {key: singles.get(key) for key in touched.devices},
                {c: configurations.get((organization, c)) for c in touched.configurations},
                {c: c in held for c in touched.configurations},
            )
            bundle.evaluations[organization] = (
                kept.renew(bundle.members(organization, devices), difference, bundle.common_serials)
                if touched.all_devices
                else kept.change(difference, bundle.common_serials)
            )

    def _devices(self, inputs: DeviceInputs, unmatched: Container[str] = ()) -> Iterator[Device]:
        standings = {(row[0], row[1]): Standing(row[2], row[3], row[4]) for row in inputs.standings}
        for row in inputs.devices:
            if row[0] not in unmatched:
                standing = standings.get((row[0], row[1])) if standings else None
                yield Device(DeviceFacts._make(row), self._hygiene, standing)

    def _configurations(self, inputs: DeviceInputs) -> Iterator[Configuration]:
        for row in inputs.configurations:
            yield Configuration(ConfigurationFacts._make(row), self._hygiene)

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
            await self._store.keep_device_suggestions(connection, new, bundle.known)
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
