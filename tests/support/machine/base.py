"""The machine's core: it puts the same command or news to the domain and to the model, and compares all that is."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from matchbook_contracts.base import Actor, Contract
from matchbook_contracts.decisions import (
    AcceptMatch,
    ConfigurationRow,
    Decision,
    ImportConfigurations,
    ImportOrganizations,
    MatchTenantTo,
    OrganizationRow,
    SetAutoAcceptPolicies,
    UndoConfigurationDecision,
    UndoDeviceDecision,
    UndoTenantDecision,
)
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, TenantDiscovered
from matchbook_contracts.match_events import DecisionRejected
from matchbook_contracts.states import AutoAcceptPolicy
from matchbook_contracts.suggestions import Rule

from tests.support.machine.model import FIELDS, Key, ModelDevice
from tests.support.machine.pure import PureWriter
from tests.support.machine.rules import Rules
from tests.support.writer_world import ADMINISTRATOR, NOW, command, scoped

TENANTS = {"tenant-a": ["a1", "a2", "a3"], "tenant-b": ["b1", "b2"]}
ORGANIZATIONS = ("org-1", "org-2")
CONFIGURATIONS = {"cfg-1": "org-1", "cfg-2": "org-1", "cfg-3": "org-1", "cfg-4": "org-2", "cfg-5": "org-2"}
RULES: tuple[Rule, ...] = ("serial_number", "mac_address")
POLICIES = tuple(AutoAcceptPolicy(name=f"of {rule}", rule=rule, minimum_confidence=0.5) for rule in RULES)
TOM = scoped("org-1")
T = TypeVar("T")


class Base(RuleBasedStateMachine):
    """`journal` has the commands, news and times of the history so far, in order."""

    @initialize(matched=st.sampled_from([ORGANIZATIONS, ORGANIZATIONS, ()]), policies=st.sampled_from([POLICIES, ()]))
    def begin(self, matched: tuple[str, ...], policies: tuple[AutoAcceptPolicy, ...]) -> None:
        self.model, self.pure, self.now, self.number = Rules(TENANTS), PureWriter(), NOW, 0
        self.journal: list[Contract | datetime] = []
        rows = [OrganizationRow(row=2, id=key, name=key) for key in ORGANIZATIONS]
        self.ask(ImportOrganizations, import_id="organizations", chunk=1, chunks=1, rows=tuple(rows))
        self.import_rows(*(self.row(key, organization, "", "") for key, organization in CONFIGURATIONS.items()))
        for tenant_id in TENANTS:
            self.note(TenantDiscovered(tenant_id=tenant_id, revision=1, display_name=tenant_id))
        for key in self.model.devices:
            # One of each tenant is still to be found.
            if not key[1].endswith(("a3", "b2")):
                self.learn(self.discovered(key, "", ""))
        for tenant_id, organization_id in zip(TENANTS, matched, strict=False):
            self.ask(MatchTenantTo, tenant_id=tenant_id, organization_id=organization_id)
        if policies:
            self.ask(SetAutoAcceptPolicies, policies=policies)

    # --- asking both --------------------------------------------------------------------------------------------------

    def ask(self, kind: Any, *, actor: Actor = ADMINISTRATOR, **values: Any) -> None:
        """A person's command, with an id of its own."""
        self.number += 1
        asked = command(kind, actor=actor, decision_id=f"d{self.number:04}", **values)
        self.journal.append(asked)
        self.decide(asked)

    def decide(self, asked: Any) -> None:
        note(_Step(asked))
        expected, known = self.model.answer(asked), len(self.pure.waiting)
        event = self.pure.decide(asked, self.now)
        reason = event.reason if isinstance(event, DecisionRejected) else None
        assert reason == expected, (asked, expected, event)
        for name, value in self.model.said.items():
            assert getattr(event, name) == value, (name, value, event)
        self.follows(self.pure.waiting[known:])

    def learn(self, record: Contract) -> None:
        known = len(self.pure.waiting)
        self.note(record)
        self.model.learn(record)
        self.follows(self.pure.waiting[known:])

    def note(self, record: Contract) -> None:
        note(_Step(record))
        self.journal.append(record)
        self.pure.observe(record, self.now)

    def follows(self, commands: list[Decision]) -> None:
        """What the domain asks for in turn is what the model expects, in the same names."""
        found = []
        for item in commands:
            assert isinstance(item, (AcceptMatch, UndoDeviceDecision, UndoTenantDecision, UndoConfigurationDecision))
            what = item.suggestion_id if isinstance(item, AcceptMatch) else item.undone_decision_id
            found.append((item.actor.id, item.key, what))
        assert sorted(found) == sorted(self.model.asked)

    def pass_time(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.journal.append(self.now)
        self.model.expire(self.now)
        self.pure.expire(self.now)

    # --- making records -----------------------------------------------------------------------------------------------

    def discovered(self, key: Key, name: str, model: str, serial: str = "") -> DeviceDiscovered:
        revision = self.model.devices[key].revision + 1
        facts = DeviceFacts(device_name=name or None, model=model or None, serial_number=serial or None)
        return DeviceDiscovered(tenant_id=key[0], device_id=key[1], revision=revision, facts=facts)

    def row(
        self, goal: str, organization: str, name: str, model: str, serial: str = "", *, archived: bool = False
    ) -> ConfigurationRow:
        """A row of a file; the name is a new configuration's alone, since the model knows of none."""
        named = {} if goal in self.model.configurations else {"name": goal}
        values: Any = {**named, "hostname": name, "model": model, "serial_number": serial}
        return ConfigurationRow(row=2, id=goal, organization_id=organization, values=values, archived=archived)

    def import_rows(self, *rows: ConfigurationRow, **values: Any) -> None:
        self.ask(ImportConfigurations, import_id="configurations", chunk=1, chunks=1, rows=rows, **values)

    # --- choosing what is likely to be possible, and now and then anything -------------------------------------------

    def key(self, dice: Random, wanted: Callable[[ModelDevice], bool]) -> Key:
        """A device: mostly one that is wanted, else any, those that nobody knows among them."""
        found = [key for key, device in self.model.devices.items() if wanted(device)]
        return pick(dice, found, [*self.model.devices, ("tenant-a", "nowhere"), ("tenant-nowhere", "a1")])

    def tenant(self, dice: Random, *statuses: str) -> str:
        found = [key for key, tenant in self.model.tenants.items() if tenant.status in statuses]
        return pick(dice, found, [*self.model.tenants, "tenant-nowhere"])

    def goal(self, dice: Random, key: Key | None = None) -> str:
        """A configuration: mostly one that the device could be matched to."""
        known = self.model.configurations
        device = self.model.devices.get(key) if key is not None else None
        fits = [
            goal for goal in known if device is None or self.model.refuse_target(device, goal, ADMINISTRATOR) is None
        ]
        taken = [goal for goal in known if self.model.holder(goal) is not None]
        return pick(dice, fits, [*known, *taken * 3, "cfg-nowhere"])

    # --- what must hold after each step -------------------------------------------------------------------------------

    @invariant()
    def devices_stand_where_the_model_says(self) -> None:
        for key, device in self.model.devices.items():
            state, expected = self.pure.world.device_matches.get(key), device.standing
            if state is None:
                assert (expected.status, device.version) == ("unmatched", 0), key
                continue
            assert (state.version, state.status, state.configuration_id) == (
                device.version,
                expected.status,
                expected.configuration,
            ), key
            assert (state.orphaned, state.organization_id) == (self.model.orphaned(device), expected.organization), key
            assert (state.ignored_until, state.superseded_by) == (expected.until, expected.superseded_by), key
            assert {pair.target_id for pair in state.reverted} == set(expected.reverted), key

    @invariant()
    def tenants_stand_where_the_model_says(self) -> None:
        for key, tenant in self.model.tenants.items():
            state = self.pure.world.tenant_matches.get(key)
            found = (state.version, state.status, state.organization_id, state.ignored_until) if state else None
            expected = (tenant.version, tenant.status, tenant.organization, tenant.until)
            assert (found or (0, "unmatched", None, None)) == expected, key

    @invariant()
    def organizations_are_what_the_model_says(self) -> None:
        found = {
            key: (state.name, state.aliases, state.archived, state.version)
            for key, state in self.pure.world.organizations.items()
        }
        expected = {
            key: (organization.name, organization.aliases, organization.archived, organization.version)
            for key, organization in self.model.organizations.items()
        }
        assert found == expected

    @invariant()
    def configurations_hold_what_the_model_says(self) -> None:
        assert set(self.pure.world.configurations) == set(self.model.configurations)
        for key, found in self.model.configurations.items():
            state = self.pure.world.configurations[key]
            fields: Any = state.fields
            assert {name: fields[name].value if name in fields else None for name in FIELDS} == found.shown(), key
            assert (state.psa_sync == "held", state.archived, state.device_retired, state.version) == (
                found.held,
                found.archived,
                found.device_retired,
                found.version,
            ), key
            assert self.pure.world.holder(key) == self.model.holder(key), key

    def teardown(self) -> None:
        if hasattr(self, "pure"):
            assert self.pure.broken() == []


class _Step:
    """For the story of a failure: a step as it was asked, without what is usual."""

    def __init__(self, record: Contract) -> None:
        self.record = record

    def __repr__(self) -> str:
        shown = self.record.model_dump(mode="json", exclude={"decided_at"}, exclude_defaults=True)
        return f"{type(self.record).__name__} {shown}"


def pick(dice: Random, likely: Sequence[T], all_: Sequence[T]) -> T:
    """One of the likely in four of five cases."""
    return dice.choice(likely if likely and dice.random() < 0.8 else all_)
