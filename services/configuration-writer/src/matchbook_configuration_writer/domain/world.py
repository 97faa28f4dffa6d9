"""The part of the world that a batch touches, in memory: facts from Microsoft, and the states that events built."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from matchbook_contracts.match_events import AutoAcceptPoliciesSet, BulkUndone, ImportApplied, MatchEvent
from matchbook_contracts.states import (
    AutoAcceptPolicy,
    ConfigurationState,
    DeviceMatchState,
    OrganizationState,
    TenantMatchState,
)
from matchbook_contracts.suggestions import Rule, SuggestionStatus

from matchbook_configuration_writer.domain.outcomes import Subject

DeviceId: TypeAlias = tuple[str, str]
"""Tenant id and device id."""


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolment as far as a configuration documents it; `retired` once it is gone from Intune."""

    tenant_id: str
    device_id: str
    revision: int
    retired: bool = False
    device_name: str | None = None
    serial_number: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    operating_system: str | None = None
    os_version: str | None = None
    wifi_mac_address: str | None = None
    ethernet_mac_address: str | None = None
    user_principal_name: str | None = None
    entra_device_id: str | None = None

    @property
    def id(self) -> DeviceId:
        return (self.tenant_id, self.device_id)

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.device_name or self.device_id


@dataclass(frozen=True, slots=True)
class Retirement:
    """The news that an enrolment is gone from Intune. It says nothing of the device's facts."""

    tenant_id: str
    device_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class Tenant:
    """A Microsoft tenant as last discovered; `lost` names why access is gone."""

    tenant_id: str
    revision: int
    display_name: str = ""
    verified_domains: tuple[str, ...] = ()
    lost: str | None = None

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.display_name or self.tenant_id


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The matcher's current word on a device or, with `device_id` None, a tenant.

    `suggestion_id` is None once it was withdrawn. `fingerprints` hold the evidence's fingerprint per candidate.
    """

    tenant_id: str
    device_id: str | None
    revision: int
    suggestion_id: str | None = None
    status: SuggestionStatus | None = None
    target_id: str | None = None
    rule: Rule | None = None
    confidence: float | None = None
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    superseded_by: str | None = None


UndoableState: TypeAlias = DeviceMatchState | TenantMatchState | ConfigurationState


@dataclass(frozen=True, slots=True)
class Undoable:
    """What an applied decision did to an aggregate: it led to `version`; `before` is how it was until then.

    `kind` and `subject` name the aggregate as `events.aggregate_of` does. `created` is the configuration that a device
    was matched to as it was at first, where it was created for that.
    """

    kind: str
    subject: str
    version: int
    before: UndoableState | None
    created: ConfigurationState | None = None


@dataclass(frozen=True, slots=True)
class BulkRow:
    """An applied decision of a bulk action. `about` is None for what can't be undone; `changed`: since then."""

    decision_id: str
    subject: str
    about: Subject | None
    changed: bool


@dataclass(frozen=True, slots=True)
class Bulk:
    """The applied decisions of a bulk action, and how often it was undone."""

    rows: tuple[BulkRow, ...]
    undone: int


@dataclass(frozen=True, slots=True)
class Policies:
    """The auto-accept policies in force, in their order; `version` 0 is none ever set."""

    version: int = 0
    policies: tuple[AutoAcceptPolicy, ...] = ()


@dataclass(slots=True)
class World:
    """Everything that the commands of a batch may read, kept current by `fold` as events are decided.

    What is not in it does not exist; loading too little would make a wrong refusal, never a wrong match, since the
    database's constraints stand behind it.
    """

    tenants: dict[str, Tenant] = field(default_factory=dict)
    devices: dict[DeviceId, Device] = field(default_factory=dict)
    suggestions: dict[tuple[str, str | None], Suggestion] = field(default_factory=dict)
    device_matches: dict[DeviceId, DeviceMatchState] = field(default_factory=dict)
    tenant_matches: dict[str, TenantMatchState] = field(default_factory=dict)
    configurations: dict[str, ConfigurationState] = field(default_factory=dict)
    organizations: dict[str, OrganizationState] = field(default_factory=dict)
    imports: dict[str, int] = field(default_factory=dict)
    undoable: dict[str, Undoable] = field(default_factory=dict)
    bulks: dict[str, Bulk] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    _holders: dict[str, DeviceId] = field(default_factory=dict)
    _matched: dict[str, set[DeviceId]] = field(default_factory=dict)
    _superseding: dict[DeviceId, set[DeviceId]] = field(default_factory=dict)
    _by_identity: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _by_name: dict[str, set[str]] = field(default_factory=dict)

    def put_suggestion(self, suggestion: Suggestion) -> None:
        self.suggestions[suggestion.tenant_id, suggestion.device_id] = suggestion
        if suggestion.device_id is not None and suggestion.superseded_by is not None:
            newer = (suggestion.tenant_id, suggestion.superseded_by)
            self._superseding.setdefault(newer, set()).add((suggestion.tenant_id, suggestion.device_id))

    def put_device_match(self, state: DeviceMatchState) -> None:
        key = (state.tenant_id, state.device_id)
        before = self.device_matches.get(key)
        if (
            before is not None
            and before.configuration_id is not None
            and self._holders.get(before.configuration_id) == key
        ):
            del self._holders[before.configuration_id]
        self.device_matches[key] = state
        matched = self._matched.setdefault(state.tenant_id, set())
        if state.configuration_id is None:
            matched.discard(key)
        else:
            matched.add(key)
            self._holders[state.configuration_id] = key

    def put_configuration(self, state: ConfigurationState) -> None:
        self.configurations[state.configuration_id] = state
        for identity in identities(state):
            self._by_identity.setdefault((state.organization_id, identity), set()).add(state.configuration_id)

    def put_organization(self, state: OrganizationState) -> None:
        self.organizations[state.organization_id] = state
        self._by_name.setdefault(state.name.casefold(), set()).add(state.organization_id)

    def fold(self, events: Iterable[MatchEvent]) -> None:
        """Make the world what it is after the events."""
        for event in events:
            match getattr(event, "state", None):
                # The most frequent first: a case that does not match costs more than one that does.
                case ConfigurationState() as state:
                    self.put_configuration(state)
                case DeviceMatchState() as state:
                    self.put_device_match(state)
                case TenantMatchState() as state:
                    self.tenant_matches[state.tenant_id] = state
                case OrganizationState() as state:
                    self.put_organization(state)
                case _ if isinstance(event, ImportApplied):
                    self.imports[event.import_id] = event.version
                case _ if isinstance(event, BulkUndone):
                    self.bulks[event.bulk_id] = replace(self.bulks[event.bulk_id], undone=event.version)
                case _ if isinstance(event, AutoAcceptPoliciesSet):
                    self.policies = Policies(event.version, event.policies)
                case _:
                    pass

    def holder(self, configuration_id: str) -> DeviceId | None:
        """The device that the configuration is matched to."""
        return self._holders.get(configuration_id)

    def holding_device(self, configuration_id: str) -> Device | None:
        """The holder's facts, where its match is not orphaned: what sync may write from."""
        holder = self._holders.get(configuration_id)
        if holder is None or self.device_matches[holder].orphaned:
            return None
        return self.devices.get(holder)

    def matched_devices(self, tenant_id: str) -> list[DeviceMatchState]:
        """The matches of a tenant's devices, in the order of their ids."""
        return [self.device_matches[key] for key in sorted(self._matched.get(tenant_id, ()))]

    def superseded(self, newer: DeviceId) -> Iterator[DeviceId]:
        """The older enrolments of the machine that `newer` is now."""
        for older in sorted(self._superseding.get(newer, ())):
            if self.suggestions[older].superseded_by == newer[1]:
                yield older

    def free_twins(self, organization_id: str, wanted: frozenset[str]) -> tuple[str, ...]:
        """Configurations of the organization that share an identity with `wanted`, unmatched and not archived."""
        found = {
            configuration_id
            for identity in wanted
            for configuration_id in self._by_identity.get((organization_id, identity), ())
        }
        return tuple(sorted(configuration_id for configuration_id in found if self._is_free(configuration_id, wanted)))

    def _is_free(self, configuration_id: str, wanted: frozenset[str]) -> bool:
        state = self.configurations[configuration_id]
        return not state.archived and configuration_id not in self._holders and not wanted.isdisjoint(identities(state))

    def namesakes(self, name: str) -> tuple[str, ...]:
        """Organizations of that name, in any case, that are not archived."""
        found = sorted(self._by_name.get(name.casefold(), ()))
        return tuple(
            key
            for key in found
            if not self.organizations[key].archived and self.organizations[key].name.casefold() == name.casefold()
        )

    def organization_label(self, organization_id: str | None) -> str:
        """What a person calls an organization."""
        state = self.organizations.get(organization_id) if organization_id is not None else None
        return state.name if state is not None else f"organization {organization_id}"

    def tenant_organization(self, tenant_id: str) -> str | None:
        """The organization that the tenant is matched to."""
        state = self.tenant_matches.get(tenant_id)
        return state.organization_id if state is not None and state.status == "matched" else None


def identities(state: ConfigurationState) -> frozenset[str]:
    """What tells the configuration's machine from others: its usable serial number and MAC addresses, normalised."""
    serial = f"serial:{state.serial_normalised}" if state.serial_usable else None
    macs = (f"mac:{address}" for address in state.mac_addresses)
    return frozenset(macs) if serial is None else frozenset((serial, *macs))
