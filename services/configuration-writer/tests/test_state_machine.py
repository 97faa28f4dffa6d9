"""Random histories of decisions and news, decided by the domain and beside it by a model of plain dictionaries.

The model knows the rules and nothing of versions, events or contracts; after each step both must say the same.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from matchbook_configuration_writer.domain.decide import decide
from matchbook_configuration_writer.domain.events import aggregate_of, created_id
from matchbook_configuration_writer.domain.facts import SYNC, observe
from matchbook_configuration_writer.domain.outcomes import Applied, Moment, Rejected
from matchbook_configuration_writer.domain.world import Device, Retirement, Suggestion, Tenant, World
from matchbook_contracts.decisions import (
    AcceptMatch,
    ArchiveConfiguration,
    ChangeMatch,
    ChangeTenantMatch,
    CreateConfiguration,
    EditConfiguration,
    IgnoreDevice,
    IgnoreTenant,
    MatchTenantTo,
    MatchTo,
    ReleaseConfiguration,
    RevertMatch,
    RevertTenantMatch,
)
from matchbook_contracts.states import OrganizationState

from tests.support.writer_world import ADMINISTRATOR, NOW, command, documented

TENANTS = {"tenant-a": ["a1", "a2", "a3"], "tenant-b": ["b1", "b2"]}
ORGANIZATIONS = ("org-1", "org-2")
CONFIGURATIONS = {"cfg-1": "org-1", "cfg-2": "org-1", "cfg-3": "org-1", "cfg-4": "org-2", "cfg-5": "org-2"}
FIELDS = ("hostname", "model")
NAMES = ("alpha", "beta", "")

devices = st.sampled_from([(tenant, device) for tenant, found in TENANTS.items() for device in [*found, "nowhere"]])
tenants = st.sampled_from([*TENANTS, "tenant-nowhere"])
organizations = st.sampled_from([*ORGANIZATIONS, "org-nowhere"])
configurations = st.sampled_from([*CONFIGURATIONS, "cfg-nowhere"])
texts = st.sampled_from(NAMES)


@dataclass
class ModelConfiguration:
    organization: str
    documented: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(FIELDS))
    synced: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(FIELDS))
    locked: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(FIELDS, False))
    held: bool = False
    archived: bool = False

    def shown(self) -> dict[str, str | None]:
        return {
            name: self.synced[name]
            if self.synced[name] is not None and not self.locked[name]
            else self.documented[name]
            for name in FIELDS
        }


@dataclass
class ModelDevice:
    tenant: str
    facts: dict[str, str] = field(default_factory=dict)
    status: str = "unmatched"
    configuration: str | None = None
    retired: bool = False
    suggestion: tuple[str, str] | None = None
    revision: int = 0


class Model:
    """The rules of DESIGN in dictionaries."""

    def __init__(self) -> None:
        self.tenants: dict[str, tuple[str, str | None]] = dict.fromkeys(TENANTS, ("unmatched", None))
        self.devices = {(tenant, device): ModelDevice(tenant) for tenant, found in TENANTS.items() for device in found}
        self.configurations = {key: ModelConfiguration(organization) for key, organization in CONFIGURATIONS.items()}

    def organization(self, device: ModelDevice) -> str | None:
        return self.tenants[device.tenant][1]

    def orphaned(self, device: ModelDevice) -> bool:
        held = device.configuration
        return held is not None and self.configurations[held].organization != self.organization(device)

    def holder(self, configuration_id: str) -> ModelDevice | None:
        return next((item for item in self.devices.values() if item.configuration == configuration_id), None)

    def sync(self, device: ModelDevice) -> None:
        if device.configuration is None or self.orphaned(device):
            return
        held = self.configurations[device.configuration]
        wanted = {name: text for name, text in device.facts.items() if text and not held.locked[name]}
        if any(held.shown()[name] != text for name, text in wanted.items()):
            held.synced.update(wanted)

    def let_go(self, device: ModelDevice) -> None:
        if device.configuration is not None:
            self.configurations[device.configuration].synced = dict.fromkeys(FIELDS)
        device.configuration = None

    def refuse(self, action: str, key: tuple[str, str], goal: str | None = None) -> str | None:
        device = self.devices.get(key)
        if device is None:
            return "unknown_device"
        forbidden = {
            ("accept", "matched"): "already_matched",
            ("match_to", "matched"): "already_matched",
            ("create", "matched"): "already_matched",
            ("ignore", "ignored"): "already_ignored",
            ("revert", "unmatched"): "already_unmatched",
            ("change", "unmatched"): "not_matched",
            ("change", "ignored"): "not_matched",
        }.get((action, device.status))
        if forbidden or action in ("ignore", "revert"):
            return forbidden
        if self.organization(device) is None:
            return "tenant_not_matched"
        if device.retired:
            return "device_retired"
        return None if goal is None else self.refuse_goal(device, goal)

    def refuse_goal(self, device: ModelDevice, goal: str) -> str | None:
        found = self.configurations.get(goal)
        if found is None:
            return "unknown_configuration"
        if found.organization != self.organization(device):
            return "other_organization"
        if found.archived:
            return "configuration_archived"
        holder = self.holder(goal)
        if holder is device:
            return "already_matched"
        return "configuration_taken" if holder is not None else None

    def match(self, key: tuple[str, str], goal: str) -> None:
        device = self.devices[key]
        self.let_go(device)
        device.status, device.configuration = "matched", goal
        self.sync(device)

    def realign(self, tenant: str, before: dict[Any, bool]) -> None:
        for key, device in self.devices.items():
            if device.tenant == tenant and before[key] and not self.orphaned(device):
                self.sync(device)


class Decisions(RuleBasedStateMachine):
    """Each rule asks the domain and the model the same thing."""

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.world = World()
        self.log: list[Any] = []
        self.number = 0
        for organization_id in ORGANIZATIONS:
            self.world.put_organization(
                OrganizationState(organization_id=organization_id, version=1, name=organization_id)
            )
        for configuration_id, organization_id in CONFIGURATIONS.items():
            self.world.put_configuration(documented(configuration_id, organization_id))
        for tenant_id in TENANTS:
            self.world.tenants[tenant_id] = Tenant(tenant_id, 1, tenant_id)
        for key in self.model.devices:
            self.discover(key, "", "")

    def ask(self, kind: Any, expected: str | None, **values: Any) -> Any:
        self.number += 1
        asked = command(kind, actor=ADMINISTRATOR, decision_id=f"d{self.number}", **values)
        outcome = decide(asked, self.world, NOW)
        match outcome:
            case Rejected():
                assert outcome.reason == expected, outcome
            case Applied():
                assert expected is None, (expected, outcome)
                self.take(outcome.events)
        return asked

    def take(self, events: Any) -> None:
        for event in events:
            version = max(
                (item.version for item in self.log if aggregate_of(item) == aggregate_of(event)), default=None
            )
            first = 2 if event.key in CONFIGURATIONS else 1
            assert event.version == (first if version is None else version + 1)
            self.world.fold((event,))
            self.log.append(event)

    # --- devices -----------------------------------------------------------------------------------------------------

    @rule(key=devices, goal=configurations)
    def match_to(self, key: Any, goal: str) -> None:
        refused = self.model.refuse("match_to", key, goal)
        self.ask(MatchTo, refused, tenant_id=key[0], device_id=key[1], configuration_id=goal)
        if refused is None:
            self.model.match(key, goal)

    @rule(key=devices, goal=configurations)
    def change(self, key: Any, goal: str) -> None:
        refused = self.model.refuse("change", key, goal)
        self.ask(ChangeMatch, refused, tenant_id=key[0], device_id=key[1], configuration_id=goal)
        if refused is None:
            self.model.match(key, goal)

    @rule(key=devices, stale=st.booleans())
    def accept(self, key: Any, stale: bool) -> None:
        refused = self.model.refuse("accept", key)
        device = self.model.devices.get(key)
        suggestion = device.suggestion if device else None
        shown = "stale" if stale or suggestion is None else suggestion[0]
        if refused is None and device is not None:
            if suggestion is None:
                refused = "no_suggestion"
            else:
                refused = "suggestion_changed" if stale else self.model.refuse_goal(device, suggestion[1])
        self.ask(AcceptMatch, refused, tenant_id=key[0], device_id=key[1], suggestion_id=shown)
        if refused is None and suggestion is not None:
            self.model.match(key, suggestion[1])

    @rule(key=devices)
    def create(self, key: Any) -> None:
        refused = self.model.refuse("create", key)
        asked = self.ask(CreateConfiguration, refused, tenant_id=key[0], device_id=key[1], confirmed=True)
        if refused is None:
            device = self.model.devices[key]
            organization = self.model.organization(device)
            assert organization is not None
            made = ModelConfiguration(organization, held=True)
            made.documented.update({name: text for name, text in device.facts.items() if text})
            self.model.configurations[created_id(asked.decision_id, "configuration")] = made
            device.status, device.configuration = "matched", created_id(asked.decision_id, "configuration")

    @rule(key=devices)
    def ignore(self, key: Any) -> None:
        refused = self.model.refuse("ignore", key)
        self.ask(IgnoreDevice, refused, tenant_id=key[0], device_id=key[1])
        if refused is None:
            self.model.let_go(self.model.devices[key])
            self.model.devices[key].status = "ignored"

    @rule(key=devices)
    def revert(self, key: Any) -> None:
        refused = self.model.refuse("revert", key)
        self.ask(RevertMatch, refused, tenant_id=key[0], device_id=key[1])
        if refused is None:
            self.model.let_go(self.model.devices[key])
            self.model.devices[key].status = "unmatched"

    # --- tenants -----------------------------------------------------------------------------------------------------

    def decide_tenant(self, kind: Any, tenant: str, refused: str | None, status: str, **values: Any) -> None:
        before = {key: self.model.orphaned(device) for key, device in self.model.devices.items()}
        self.ask(kind, refused, tenant_id=tenant, **values)
        if refused is None:
            self.model.tenants[tenant] = (status, values.get("organization_id"))
            self.model.realign(tenant, before)

    @rule(tenant=tenants, organization=organizations)
    def match_tenant(self, tenant: str, organization: str) -> None:
        status = self.model.tenants.get(tenant, ("unknown",))[0]
        refused = {"unknown": "unknown_tenant", "matched": "already_matched"}.get(status)
        if refused is None and organization not in ORGANIZATIONS:
            refused = "unknown_organization"
        self.decide_tenant(MatchTenantTo, tenant, refused, "matched", organization_id=organization)

    @rule(tenant=tenants, organization=organizations)
    def change_tenant(self, tenant: str, organization: str) -> None:
        status, current = self.model.tenants.get(tenant, ("unknown", None))
        refused = {"unknown": "unknown_tenant", "matched": None}.get(status, "not_matched")
        if refused is None and organization not in ORGANIZATIONS:
            refused = "unknown_organization"
        if refused is None and organization == current:
            refused = "already_matched"
        self.decide_tenant(ChangeTenantMatch, tenant, refused, "matched", organization_id=organization)

    @rule(tenant=tenants)
    def ignore_tenant(self, tenant: str) -> None:
        status = self.model.tenants.get(tenant, ("unknown",))[0]
        refused = {"unknown": "unknown_tenant", "ignored": "already_ignored"}.get(status)
        self.decide_tenant(IgnoreTenant, tenant, refused, "ignored")

    @rule(tenant=tenants)
    def revert_tenant(self, tenant: str) -> None:
        status = self.model.tenants.get(tenant, ("unknown",))[0]
        refused = {"unknown": "unknown_tenant", "unmatched": "already_unmatched"}.get(status)
        self.decide_tenant(RevertTenantMatch, tenant, refused, "unmatched")

    # --- configurations ----------------------------------------------------------------------------------------------

    @rule(goal=configurations, name=st.sampled_from(FIELDS), text=texts, lock=st.none() | st.booleans())
    def edit(self, goal: str, name: str, text: str, lock: bool | None) -> None:
        found = self.model.configurations.get(goal)
        refused = "unknown_configuration" if found is None else None
        if found is not None:
            before = (dict(found.documented), dict(found.synced), dict(found.locked), found.held)
            self.edit_model(goal, found, name, text or None, lock)
            if before == (found.documented, found.synced, found.locked, found.held):
                refused = "nothing_to_change"
        values = {"values": {name: text}, "locks": {} if lock is None else {name: lock}}
        organization = CONFIGURATIONS.get(goal, "org-1")
        self.ask(EditConfiguration, refused, organization_id=organization, configuration_id=goal, **values)

    def edit_model(self, goal: str, found: ModelConfiguration, name: str, text: str | None, lock: bool | None) -> None:
        shown = found.shown()[name]
        if text != shown:
            found.documented[name] = text
            was_synced = found.synced[name] is not None
            found.locked[name] = lock if lock is not None else (found.locked[name] or was_synced)
        elif lock is not None:
            if lock and not found.locked[name]:
                found.documented[name] = shown
            found.locked[name] = lock
        found.held = False
        holder = self.model.holder(goal)
        if holder is not None:
            self.model.sync(holder)

    @rule(goal=configurations, archived=st.booleans())
    def archive(self, goal: str, archived: bool) -> None:
        found = self.model.configurations.get(goal)
        refused = "unknown_configuration" if found is None else None
        if found is not None and found.archived == archived:
            refused = "nothing_to_change"
        organization = CONFIGURATIONS.get(goal, "org-1")
        values = {"organization_id": organization, "configuration_id": goal, "archived": archived}
        self.ask(ArchiveConfiguration, refused, **values)
        if refused is None and found is not None:
            found.archived = archived

    @rule(index=st.integers(0, 20))
    def release(self, index: int) -> None:
        goal = sorted(self.model.configurations)[index % len(self.model.configurations)]
        found = self.model.configurations[goal]
        refused = None if found.held else "not_held"
        self.ask(ReleaseConfiguration, refused, organization_id=found.organization, configuration_id=goal)
        found.held = False

    # --- news --------------------------------------------------------------------------------------------------------

    def learn(self, fact: Any) -> None:
        for event in observe(fact, self.world, Moment(NOW, SYNC)):
            self.take((event,))

    @rule(key=devices, name=texts, model=texts)
    def discover(self, key: Any, name: str, model: str) -> None:
        device = self.model.devices.get(key)
        if device is None:
            return
        device.revision += 1
        device.facts, device.retired = {"hostname": name, "model": model}, False
        self.learn(Device(key[0], key[1], device.revision, device_name=name or None, model=model or None))
        self.model.sync(device)

    @rule(key=devices)
    def retire(self, key: Any) -> None:
        device = self.model.devices.get(key)
        if device is not None:
            device.revision += 1
            device.retired = True
            self.learn(Retirement(key[0], key[1], device.revision))

    @rule(key=devices, goal=configurations | st.none())
    def suggest(self, key: Any, goal: str | None) -> None:
        device = self.model.devices.get(key)
        if device is None:
            return
        self.number += 1
        suggestion_id = f"s{self.number}" if goal else None
        device.suggestion = (f"s{self.number}", goal) if goal else None
        status: Any = "suggested" if goal else None
        self.learn(Suggestion(key[0], key[1], self.number, suggestion_id, status, goal))

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def both_say_the_same(self) -> None:
        for key, device in self.model.devices.items():
            state = self.world.device_matches.get(key)
            found = (state.status, state.configuration_id, state.orphaned) if state else ("unmatched", None, False)
            assert found == (device.status, device.configuration, self.model.orphaned(device)), key
        for tenant, (status, organization) in self.model.tenants.items():
            standing = self.world.tenant_matches.get(tenant)
            assert (standing.status if standing else "unmatched") == status
            assert self.world.tenant_organization(tenant) == organization

    @invariant()
    def configurations_show_the_same(self) -> None:
        assert set(self.world.configurations) == set(self.model.configurations)
        for key, found in self.model.configurations.items():
            state = self.world.configurations[key]
            fields: Any = state.fields
            shown = {name: fields[name].value if name in fields else None for name in FIELDS}
            assert shown == found.shown(), key
            assert (state.psa_sync == "held", state.archived) == (found.held, found.archived), key

    @invariant()
    def no_configuration_has_two_devices(self) -> None:
        taken = [state.configuration_id for state in self.world.device_matches.values() if state.configuration_id]
        assert len(taken) == len(set(taken))


@pytest.mark.timeout(300)
def test_the_domain_and_the_model_agree_on_thousands_of_steps() -> None:
    run_state_machine_as_test(
        Decisions,
        settings=settings(
            max_examples=80, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
