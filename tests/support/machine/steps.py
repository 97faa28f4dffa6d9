"""The machine's steps: everything a person, a policy, Microsoft, the matcher or the clock may do next."""

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from matchbook_configuration_writer.domain.decide import is_command
from matchbook_contracts.decisions import (
    AcceptMatch,
    AcceptTenantMatch,
    ArchiveConfiguration,
    ChangeMatch,
    ChangeTenantMatch,
    CreateConfiguration,
    CreateOrganization,
    Decision,
    DeviceDecision,
    EditConfiguration,
    EditOrganization,
    IgnoreDevice,
    IgnoreTenant,
    ImportOrganizations,
    MatchTenantTo,
    MatchTo,
    OrganizationRow,
    ReleaseConfiguration,
    RevertMatch,
    RevertTenantMatch,
    SetAutoAcceptPolicies,
    UndoBulk,
    UndoConfigurationDecision,
    UndoDeviceDecision,
    UndoTenantDecision,
)
from matchbook_contracts.discovery import DeviceDiscovered, DeviceRetired
from matchbook_contracts.states import AutoAcceptPolicy
from matchbook_contracts.suggestions import Candidate, MatchSuggested, Rule, SuggestionWithdrawn

from tests.support.machine.base import ORGANIZATIONS, RULES, TENANTS, TOM, Base, pick
from tests.support.machine.model import FIELDS, Key, ModelDevice
from tests.support.writer_world import ADMINISTRATOR

KEYS = [(tenant, device) for tenant, found in TENANTS.items() for device in found]
TEXTS = ("alpha", "beta", "")
SERIALS = ("PF0AAA1", "pf0aaa1", "PF0AAA2", "")
NAMES = ("org-1", "Org-2", "Northwind", "Fabrikam")
TENANT_DECISIONS: dict[Any, tuple[str, ...]] = {
    MatchTenantTo: ("unmatched", "ignored"),
    ChangeTenantMatch: ("matched",),
    IgnoreTenant: ("unmatched",),
    RevertTenantMatch: ("matched", "ignored"),
}
SCOPES: Any = (None, None, None, (), ("org-1",), ORGANIZATIONS)

# One draw a step, which the step throws all its dice from: drawing each choice by itself takes ten times as long as
# what is tested.
rolls = st.integers(0, 1_000_000).map(Random)


def of(key: Key) -> Any:
    return {"tenant_id": key[0], "device_id": key[1]}


def who(dice: Random) -> Any:
    return {"actor": actor(dice), "bulk_id": dice.choice([None, "bulk-1", "bulk-2"])}


def actor(dice: Random) -> Any:
    return TOM if dice.random() < 0.1 else ADMINISTRATOR


def organization(dice: Random) -> str:
    return pick(dice, ORGANIZATIONS, ["org-nowhere"]) if dice.random() < 0.3 else dice.choice(ORGANIZATIONS)


def candidate(dice: Random, goal: str, rule_: Rule) -> Candidate:
    confidence = dice.choice([0.5, 0.9, 0.99])
    return Candidate(target_id=goal, target_name=goal, rule=rule_, confidence=confidence, fingerprint=f"of {goal}")


class Machine(Base):
    """Each rule is one step, asked of the domain and of the model."""

    # --- devices ------------------------------------------------------------------------------------------------------

    def matchable(self, device: ModelDevice) -> bool:
        return device.known and device.standing.status != "matched" and self.model.refuse_matching(device) is None

    @rule(dice=rolls)
    def match_to(self, dice: Random) -> None:
        key = self.key(dice, self.matchable)
        self.ask(MatchTo, **of(key), configuration_id=self.goal(dice, key), **who(dice))

    @rule(dice=rolls)
    def change(self, dice: Random) -> None:
        key = self.key(dice, lambda device: device.standing.status == "matched")
        self.ask(ChangeMatch, **of(key), configuration_id=self.goal(dice, key), **who(dice))

    @rule(dice=rolls)
    def accept(self, dice: Random) -> None:
        key = self.key(dice, lambda device: device.suggestion is not None and self.matchable(device))
        device = self.model.devices.get(key)
        found = device.suggestion if device else None
        shown = "stale" if found is None or dice.random() < 0.3 else found["id"]
        self.ask(AcceptMatch, **of(key), suggestion_id=shown, **who(dice))

    @rule(dice=rolls)
    def create(self, dice: Random) -> None:
        self.ask(CreateConfiguration, **of(self.key(dice, self.matchable)), confirmed=dice.random() < 0.3, **who(dice))

    @rule(dice=rolls)
    def ignore(self, dice: Random) -> None:
        key = self.key(dice, lambda device: device.standing.status != "ignored")
        self.ask(IgnoreDevice, **of(key), until=self.until(dice), **who(dice))

    @rule(dice=rolls)
    def revert(self, dice: Random) -> None:
        key = self.key(dice, lambda device: device.standing.status != "unmatched")
        self.ask(RevertMatch, **of(key), **who(dice))

    def until(self, dice: Random) -> Any:
        return dice.choice([None, *(self.now + timedelta(hours=hours) for hours in range(4))])

    # --- tenants ------------------------------------------------------------------------------------------------------

    @rule(dice=rolls)
    def decide_a_tenant(self, dice: Random) -> None:
        kind = dice.choice([MatchTenantTo, MatchTenantTo, ChangeTenantMatch, IgnoreTenant, RevertTenantMatch])
        values: dict[str, Any] = {"tenant_id": self.tenant(dice, *TENANT_DECISIONS[kind])}
        if kind in (MatchTenantTo, ChangeTenantMatch):
            values["organization_id"] = organization(dice)
        elif kind is IgnoreTenant:
            values["until"] = self.until(dice)
        self.ask(kind, **values, **who(dice))

    @rule(dice=rolls)
    def accept_a_tenant(self, dice: Random) -> None:
        tenant_id = self.tenant(dice, "unmatched", "ignored")
        tenant = self.model.tenants.get(tenant_id)
        found = tenant.suggestion if tenant else None
        shown = "stale" if found is None or dice.random() < 0.3 else found["id"]
        self.ask(AcceptTenantMatch, tenant_id=tenant_id, suggestion_id=shown, **who(dice))

    @rule(dice=rolls)
    def suggest_an_organization(self, dice: Random) -> None:
        tenant_id = dice.choice(list(TENANTS))
        self.number += 1
        revision = self.model.tenants[tenant_id].suggested + 1
        values: Any = {"subject": "tenant", "tenant_id": tenant_id, "revision": revision}
        if dice.random() < 0.2:
            self.learn(SuggestionWithdrawn(**values, reason="no_candidate"))
            return
        values["suggestion_id"] = f"s{self.number}"
        if dice.random() < 0.2:
            self.learn(MatchSuggested(**values, status="conflict"))
        else:
            goal = pick(dice, list(self.model.organizations), ["org-nowhere"])
            self.learn(MatchSuggested(**values, status="suggested", candidate=candidate(dice, goal, "tenant_name")))

    @rule(dice=rolls)
    def create_an_organization(self, dice: Random) -> None:
        name, tenant_id = dice.choice([None, *NAMES]), self.tenant(dice, "unmatched", "ignored")
        self.ask(CreateOrganization, tenant_id=tenant_id, name=name, **who(dice))

    # --- organizations ------------------------------------------------------------------------------------------------

    @rule(dice=rolls)
    def edit_an_organization(self, dice: Random) -> None:
        organization_id = pick(dice, list(self.model.organizations), ["org-nowhere"])
        values: Any = {"name": dice.choice([None, "", *NAMES]), "aliases": dice.choice([None, (), ("Contoso",)])}
        self.ask(EditOrganization, organization_id=organization_id, **values, **who(dice))

    @rule(dice=rolls)
    def import_organizations(self, dice: Random) -> None:
        rows = tuple(self.organization_row(dice) for _ in range(2))
        self.ask(ImportOrganizations, import_id="organizations", chunk=1, chunks=1, rows=rows, **who(dice))

    def organization_row(self, dice: Random) -> OrganizationRow:
        key = pick(dice, list(self.model.organizations), ["org-3"])
        aliases: tuple[str, ...] = dice.choice([(), ("Contoso",)])
        return OrganizationRow(row=2, id=key, name=dice.choice(NAMES), aliases=aliases, archived=dice.random() < 0.2)

    # --- configurations -----------------------------------------------------------------------------------------------

    def owned(self, dice: Random, goal: str | None = None) -> Any:
        """A configuration and, mostly, its organization."""
        goal = goal or self.goal(dice)
        found = self.model.configurations.get(goal)
        owner = found.organization if found else "org-1"
        return {"configuration_id": goal, "organization_id": pick(dice, [owner], ORGANIZATIONS)}

    @rule(dice=rolls)
    def edit(self, dice: Random) -> None:
        name, lock = dice.choice(FIELDS), dice.choice([None, True, False])
        text = dice.choice(SERIALS if name == "serial_number" else TEXTS)
        values: Any = {"values": {name: text}, "locks": {} if lock is None else {name: lock}}
        about = self.owned(dice)
        found = self.model.configurations.get(about["configuration_id"])
        seen = dice.choice([None, found.version if found else 1, 1])
        self.ask(EditConfiguration, **about, **values, expected_version=seen, **who(dice))

    @rule(dice=rolls)
    def archive_release_or_import(self, dice: Random) -> None:
        match dice.randrange(4):
            case 0:
                self.ask(ReleaseConfiguration, **self.owned(dice), **who(dice))
            case 1:
                self.ask(ArchiveConfiguration, **self.owned(dice), archived=dice.random() < 0.5, **who(dice))
            case _:
                self.import_rows(self.any_row(dice), self.any_row(dice), **who(dice))

    def any_row(self, dice: Random) -> Any:
        held = [goal for goal in self.model.configurations if self.model.holder(goal) is not None]
        goal = pick(dice, held, [*self.model.configurations, "cfg-6", "cfg-7"])
        found = self.model.configurations.get(goal)
        owner = pick(dice, [found.organization] if found else [], [*ORGANIZATIONS, "org-nowhere"])
        said = (dice.choice(TEXTS), dice.choice(TEXTS), dice.choice(SERIALS))
        return self.row(goal, owner, *said, archived=dice.random() < 0.2)

    # --- undoing ------------------------------------------------------------------------------------------------------

    @rule(dice=rolls)
    def undo(self, dice: Random) -> None:
        done = [*self.model.done, "nothing"]
        self.ask_to_undo(dice, pick(dice, [name for name in done if self.undoable(name)], done))

    @rule(dice=rolls)
    def undo_the_last(self, dice: Random) -> None:
        done = [name for name in self.model.done if self.undoable(name)]
        if done:
            self.ask_to_undo(dice, done[-1])

    def ask_to_undo(self, dice: Random, undone: str) -> None:
        """Mostly of what the decision was about, now and then of something else."""
        done = self.model.done.get(undone)
        asked = {"undone_decision_id": undone, "actor": actor(dice)}
        if done is not None and done.tenant is not None:
            self.ask(UndoTenantDecision, tenant_id=pick(dice, [done.tenant], list(TENANTS)), **asked)
        elif done is not None and done.configuration is not None:
            self.ask(UndoConfigurationDecision, **self.owned(dice, done.configuration), **asked)
        else:
            key = done.key if done is not None else None
            self.ask(UndoDeviceDecision, **of(pick(dice, [key] if key else [], KEYS)), **asked)

    def undoable(self, decision_id: str) -> bool:
        done = self.model.done.get(decision_id)
        return done is not None and self.model.version_of(done) == done.version

    @rule(dice=rolls)
    def undo_bulk(self, dice: Random) -> None:
        bulks = sorted({done.bulk for done in self.model.done.values() if done.bulk is not None})
        self.ask(UndoBulk, undone_bulk_id=pick(dice, bulks, ["bulk-nowhere"]), actor=actor(dice))
        self.arrive(dice)

    # --- policies -----------------------------------------------------------------------------------------------------

    @rule(dice=rolls)
    def set_policies(self, dice: Random) -> None:
        policies = tuple(self.policy(dice) for _ in range(dice.randint(0, 3)))
        self.ask(SetAutoAcceptPolicies, policies=policies, actor=actor(dice))
        self.arrive(dice)

    def policy(self, dice: Random) -> AutoAcceptPolicy:
        scope = pick(dice, SCOPES, [("org-nowhere",), None, None])
        return AutoAcceptPolicy(
            name=dice.choice(["first", "second", "third", "fourth"]),
            rule=dice.choice(RULES),
            minimum_confidence=dice.choice([0.5, 0.9]),
            organization_ids=scope,
        )

    def arrive(self, dice: Random) -> None:
        """The writer's own commands come back to it, at once or after whatever is decided meanwhile."""
        several = dice.choice([0, 0, 1, 9])
        arriving, self.pure.waiting = self.pure.waiting[:several], self.pure.waiting[several:]
        for asked in arriving:
            self.decide(asked)

    @precondition(lambda self: bool(self.pure.waiting))
    @rule(dice=rolls)
    def what_follows_arrives(self, dice: Random) -> None:
        self.arrive(dice)

    @precondition(lambda self: bool(self.pure.waiting))
    @rule(dice=rolls)
    def a_person_is_faster(self, dice: Random) -> None:
        """Whatever is under way to a device, somebody has ignored or reverted it when it arrives."""
        under_way = dice.choice(self.pure.waiting)
        if isinstance(under_way, AcceptMatch) and dice.random() < 0.5:
            key = (under_way.tenant_id, under_way.device_id)
            self.ask(AcceptMatch, **of(key), suggestion_id=under_way.suggestion_id, **who(dice))
            self.ask(RevertMatch, **of(key), **who(dice))
        elif isinstance(under_way, DeviceDecision):
            self.ask(
                IgnoreDevice, **of((under_way.tenant_id, under_way.device_id)), until=self.until(dice), **who(dice)
            )
        self.arrive(dice)

    # --- news ---------------------------------------------------------------------------------------------------------

    @rule(dice=rolls)
    def discover(self, dice: Random) -> None:
        self.learn(self.discovered(dice.choice(KEYS), dice.choice(TEXTS), dice.choice(TEXTS), dice.choice(SERIALS)))

    @rule(dice=rolls)
    def anything_comes_twice(self, dice: Random) -> None:
        record = dice.choice(self.journal)
        if isinstance(record, Decision):
            assert is_command(record)
            known = len(self.pure.events)
            self.journal.append(record)
            self.pure.decide(record, self.now)
            assert len(self.pure.events) == known
        elif isinstance(record, (DeviceDiscovered, DeviceRetired, MatchSuggested, SuggestionWithdrawn)):
            self.learn(record)

    @rule(dice=rolls)
    def retire(self, dice: Random) -> None:
        key = self.key(dice, lambda device: device.standing.status == "matched")
        if key in KEYS:
            self.learn(DeviceRetired(**of(key), revision=self.model.devices[key].revision + 1))

    @rule(dice=rolls)
    def suggest(self, dice: Random) -> None:
        key = self.key(dice, self.matchable)
        if key in KEYS:
            self.learn(MatchSuggested(**self.suggestion(key), status="suggested", candidate=self.candidate(dice, key)))
            self.arrive(dice)

    def suggestion(self, key: Key) -> Any:
        self.number += 1
        revision = self.model.devices[key].suggested + 1
        return {**of(key), "subject": "device", "revision": revision, "suggestion_id": f"s{self.number}"}

    def candidate(self, dice: Random, key: Key) -> Candidate:
        # The matcher may well suggest again what a person has reverted.
        goal = pick(dice, self.model.devices[key].standing.reverted, [self.goal(dice, key)])
        return candidate(dice, goal, dice.choice(RULES))

    @rule(dice=rolls)
    def suggest_nothing(self, dice: Random) -> None:
        values = self.suggestion(dice.choice(KEYS))
        if dice.random() < 0.5:
            self.learn(MatchSuggested(**values, status="conflict"))
        else:
            del values["suggestion_id"]
            self.learn(SuggestionWithdrawn(**values, reason="no_candidate"))

    @rule(dice=rolls)
    def enrol_again(self, dice: Random) -> None:
        decided = [key for key in KEYS if self.model.devices[key].standing.status != "unmatched"]
        tenant, older = pick(dice, decided, KEYS)
        newer = dice.choice([name for name in TENANTS[tenant] if name != older])
        self.learn(MatchSuggested(**self.suggestion((tenant, older)), status="superseded", superseded_by=newer))

    @rule(dice=rolls)
    def time_passes(self, dice: Random) -> None:
        self.pass_time(dice.randint(0, 3))
