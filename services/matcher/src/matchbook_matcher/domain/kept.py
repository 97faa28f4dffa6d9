"""An organization that was evaluated and is kept, so that a change costs what it touches and not the whole.

Nothing is decided here: the functions that evaluate a whole organization sort out, pair and assign those devices alone
that a change can reach.
"""

from collections.abc import Container, Iterable, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeVar

from matchbook_matcher.domain.assignment import Row
from matchbook_matcher.domain.index import Fleet, fleet_of, machine_of
from matchbook_matcher.domain.lessons import Lessons
from matchbook_matcher.domain.organization import Evaluation, Ground, Matcher
from matchbook_matcher.domain.records import Configuration, Device, Key
from matchbook_matcher.domain.register import Register
from matchbook_matcher.domain.terms import Term, filed, identities, sought

WHOLE_FROM = 0.1
"""When more than this share of an organization changes at once, the whole costs less than its parts."""
Name = TypeVar("Name")
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Change:
    """What is different: None for what is gone; `held` tells of configurations whether a device is matched to them now.

    Whatever is named here is taken to be touched, even where it is the same as before.
    """

    devices: Mapping[Key, Device | None] = field(default_factory=dict)
    configurations: Mapping[str, Configuration | None] = field(default_factory=dict)
    held: Mapping[str, bool] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.devices) + len({*self.configurations, *self.held})


@dataclass(slots=True)
class _State:
    """What an evaluation found on the way to its answers. Only devices that may get a suggestion have rows."""

    ground: Ground
    lessons: Lessons
    rows: dict[Key, Row] = field(default_factory=dict)
    ignored: set[Key] = field(default_factory=set)
    enrolments: Register[str] = field(default_factory=Register)
    seekers: Register[Term] = field(default_factory=Register)
    claimants: Register[str] = field(default_factory=Register)


class KeptOrganization:
    """What `Matcher.evaluate` is given for one organization, and from its first change on what it finds on the way.

    Of no use any more after an error.
    """

    def __init__(self, matcher: Matcher, whole_from: float = WHOLE_FROM) -> None:
        self._matcher = matcher
        self._whole_from = whole_from
        self._devices: dict[Key, Device] = {}
        self._configurations: dict[str, Configuration] = {}
        self._held: set[str] = set()
        self._common: AbstractSet[str] = frozenset()
        self._prepared: _State | None = None

    def __len__(self) -> int:
        """How many devices and configurations it has."""
        return len(self._devices) + len(self._configurations)

    def evaluate(
        self,
        devices: Iterable[Device],
        configurations: Iterable[Configuration],
        *,
        held: Container[str] = (),
        common_serials: AbstractSet[str] = frozenset(),
    ) -> Evaluation:
        """As `Matcher.evaluate`, and keeps it. `held`: the configurations that devices are matched to."""
        self._devices = {_key(device): device for device in devices}
        self._configurations = {c.configuration_id: c for c in configurations}
        self._held = {identity for identity in self._configurations if identity in held}
        self._common = common_serials
        return self._whole()

    def renew(
        self, devices: Iterable[Device], change: Change, common_serials: AbstractSet[str] = frozenset()
    ) -> Evaluation:
        """As `evaluate` with all of these devices, and with the configurations that are there but for the change."""
        self._prepared = None
        self._devices = {_key(device): device for device in devices}
        self._common = common_serials
        self._apply(change)
        return self._whole()

    def _whole(self) -> Evaluation:
        self._prepared = None
        return self._matcher.evaluate(
            self._devices.values(), self._configurations.values(), held=self._held, common_serials=self._common
        )

    @property
    def _state(self) -> _State:
        """Made when first needed, which has to be before anything changes: most organizations see no single change."""
        if self._prepared is None:
            fleet = fleet_of(self._devices.values(), self._matcher.limits, self._common)
            documents = self._matcher.ground(fleet, self._configurations.values(), self._held).documents
            lessons = Lessons(fleet, documents, self._matcher.limits)
            self._prepared = _State(Ground(documents, lessons.learned), lessons)
            for key, device in self._devices.items():
                self._enrol(key, device)
            documents.serials = self._prepared.enrolments.values
            self._pair(self._matcher.open(fleet, {}))
        return self._prepared

    def change(self, change: Change, common_serials: AbstractSet[str] = frozenset()) -> Evaluation:
        """The answers that may be others now, and which of their devices' serial numbers are not documented here.

        What is learned in it changes with the next change.
        """
        if common_serials != self._common or len(change) > self._whole_from * len(self):
            self._common = common_serials
            self._apply(change)
            return self._whole()
        documents = self._state.ground.documents
        around = self._enrolments_around(change.devices)
        before = self._fleet(around)
        outdated = self._free(change)
        self._apply(change)
        fresh = self._free(change)
        after = self._fleet(around)
        turned = self._turned(before, after, outdated)
        outdated += turned
        fresh += turned
        if any(map(documents.full, (*outdated, *fresh))):
            return self._whole()
        concerned = self._refile(outdated, fresh, before, after)
        concerned |= self._relearn(before, after, (*outdated, *fresh))
        return self._again(around, after, concerned)

    def _apply(self, change: Change) -> None:
        for key, device in change.devices.items():
            if self._prepared is not None:
                self._enrol(key, device)
            _put(self._devices, key, device)
        for identity, configuration in change.configurations.items():
            _put(self._configurations, identity, configuration)
        for identity, is_held in change.held.items():
            (self._held.add if is_held else self._held.discard)(identity)

    def _enrol(self, key: Key, device: Device | None) -> None:
        enrolments, old = self._state.enrolments, self._devices.get(key)
        if old is not None and (machine := machine_of(old, self._common)) is not None:
            enrolments.remove(machine, key)
        if device is not None and (machine := machine_of(device, self._common)) is not None:
            enrolments.add(machine, key)

    def _enrolments_around(self, changed: Mapping[Key, Device | None]) -> set[Key]:
        """The changed devices, and all that were or will be enrolments of the same machines."""
        versions = (*map(self._devices.get, changed), *changed.values())
        machines = {machine_of(device, self._common) for device in versions if device is not None}
        return {
            *changed,
            *(key for machine in machines if machine is not None for key in self._state.enrolments.of(machine)),
        }

    def _fleet(self, keys: Iterable[Key]) -> Fleet:
        devices = (self._devices[key] for key in keys if key in self._devices)
        return fleet_of(devices, self._matcher.limits, self._common)

    def _free(self, change: Change) -> list[Configuration]:
        """Those configurations of the change to which a device may be matched, as they are now."""
        known = self._configurations
        identities = {*change.configurations, *change.held} - self._held
        return [known[identity] for identity in identities if identity in known]

    def _turned(self, before: Fleet, after: Fleet, outdated: Iterable[Configuration]) -> list[Configuration]:
        """Those not outdated with a serial number or a name that a device bears only now, or maybe none any more."""
        documents = self._state.ground.documents
        serials = (documents.by_serial.get(serial, ()) for serial in before.serials ^ after.serials)
        names = (documents.by_name.get(name, ()) for name in before.names ^ after.names)
        found = {c.configuration_id: c for held in (*serials, *names) for c in held}
        for configuration in outdated:
            found.pop(configuration.configuration_id, None)
        return list(found.values())

    def _refile(
        self, outdated: Iterable[Configuration], fresh: Iterable[Configuration], before: Fleet, after: Fleet
    ) -> set[Key]:
        """Whose pairs may change by it. What devices bear, by which configurations are filed, is counted meanwhile."""
        documents = self._state.ground.documents
        terms = {term for configuration in (*outdated, *fresh) for term in filed(configuration)}
        concerned = self._seeking(terms)
        for configuration in outdated:
            documents.remove(configuration)
        self._state.lessons.replace(before, after)
        for configuration in fresh:
            documents.add(configuration)
        return concerned | self._seeking(terms)

    def _seeking(self, terms: Iterable[Term]) -> set[Key]:
        seekers, lessons = self._state.seekers, self._state.lessons
        return {key for term in terms if not lessons.says_nothing(term) for key in seekers.of(term)}

    def _relearn(self, before: Fleet, after: Fleet, configurations: Iterable[Configuration]) -> set[Key]:
        """Whose pairs look different since a value came to identify nothing, or something again."""
        state = self._state
        terms = {term for device in (*before.current, *after.current) for term in identities(device)}
        terms |= {term for configuration in configurations for term in filed(configuration)}
        concerned: set[Key] = set()
        for term in state.lessons.revise(terms):
            concerned.update(state.seekers.of(term))
            for configuration in state.lessons.documented_with(term):
                concerned |= self._seeking(filed(configuration))
        return concerned

    def _again(self, around: AbstractSet[Key], after: Fleet, concerned: AbstractSet[Key]) -> Evaluation:
        """Pair again those around the changed devices, who are sorted out in `after`, and those concerned otherwise."""
        state = self._state
        evaluation = Evaluation({}, learned=state.ground.learned)
        groups = self._matcher.open(after, evaluation.answers)
        for key in concerned - around:
            groups[key in state.ignored].append(state.rows[key][0])
        targets = self._part(around | concerned) | self._pair(groups)
        touched = {_key(device) for group in groups for device in group}
        return self._answered(touched | self._connected(targets), evaluation)

    def _pair(self, groups: Iterable[Iterable[Device]]) -> set[str]:
        """Find the pairs of devices that have none yet, first of unmatched and then of ignored ones; their targets."""
        state, targets = self._state, set()
        for is_ignored, group in enumerate(groups):
            for device in group:
                key = _key(device)
                pairs, doubtful = self._matcher.pairs(device, state.ground)
                state.rows[key] = device, pairs
                if is_ignored:
                    state.ignored.add(key)
                for term in sought(device, doubtful=doubtful):
                    state.seekers.add(term, key)
                for pair in pairs:
                    targets.add(pair.configuration.configuration_id)
                    state.claimants.add(pair.configuration.configuration_id, key)
        return targets

    def _part(self, keys: Iterable[Key]) -> set[str]:
        """Forget the pairs of these devices; what their targets were."""
        state, targets = self._state, set()
        for key in keys:
            state.ignored.discard(key)
            device, pairs = state.rows.pop(key, (None, ()))
            if device is not None:
                for term in sought(device, doubtful=True):
                    state.seekers.remove(term, key)
            for pair in pairs:
                targets.add(pair.configuration.configuration_id)
                state.claimants.remove(pair.configuration.configuration_id, key)
        return targets

    def _connected(self, targets: AbstractSet[str]) -> set[Key]:
        """The devices that compete for these configurations, for those that they might have instead, and so on."""
        state, seen, waiting = self._state, set(targets), list(targets)
        found: set[Key] = set()
        while waiting:
            for key in state.claimants.of(waiting.pop()):
                if key not in found:
                    found.add(key)
                    new = {pair.configuration.configuration_id for pair in state.rows[key][1]} - seen
                    seen |= new
                    waiting += new
        return found

    def _answered(self, keys: Iterable[Key], evaluation: Evaluation) -> Evaluation:
        """Assign these devices, with whom no others compete, and add their answers."""
        rows, ignored = self._state.rows, self._state.ignored
        groups: tuple[list[Row], list[Row]] = ([], [])
        for key in keys:
            groups[key in ignored].append(rows[key])
        self._matcher.answer(groups, self._state.ground, evaluation)
        return evaluation


def _key(device: Device) -> Key:
    return device.tenant_id, device.device_id


def _put(things: MutableMapping[Name, Thing], name: Name, thing: Thing | None) -> None:
    if thing is None:
        things.pop(name, None)
    else:
        things[name] = thing
