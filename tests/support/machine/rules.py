"""What each command and each piece of news does in the model."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from matchbook_configuration_writer.domain.events import created_id
from matchbook_contracts.base import Contract
from matchbook_contracts.decisions import (
    AcceptMatch,
    ArchiveConfiguration,
    ChangeMatch,
    CreateConfiguration,
    Decision,
    DeviceDecision,
    EditConfiguration,
    EditOrganization,
    IgnoreDevice,
    ImportConfigurations,
    ImportOrganizations,
    MatchTo,
    ReleaseConfiguration,
    RevertMatch,
    SetAutoAcceptPolicies,
    UndoBulk,
    UndoConfigurationDecision,
    UndoDeviceDecision,
    UndoTenantDecision,
)
from matchbook_contracts.discovery import DeviceDiscovered, DeviceRetired
from matchbook_contracts.suggestions import MatchSuggested, SuggestionWithdrawn

from tests.support.machine.model import FIELDS, Done, Key, ModelConfiguration, ModelDevice, Standing, refuse_suggestion
from tests.support.machine.tenant_rules import TenantRules

_FORBIDDEN: dict[tuple[Any, str], str] = {
    (AcceptMatch, "matched"): "already_matched",
    (MatchTo, "matched"): "already_matched",
    (CreateConfiguration, "matched"): "already_matched",
    (IgnoreDevice, "ignored"): "already_ignored",
    (RevertMatch, "unmatched"): "already_unmatched",
    (ChangeMatch, "unmatched"): "not_matched",
    (ChangeMatch, "ignored"): "not_matched",
}
_ADMINISTRATORS = (ImportConfigurations, ImportOrganizations, ReleaseConfiguration, SetAutoAcceptPolicies)


class Rules(TenantRules):
    """The model as an oracle: `answer` a command, `learn` news."""

    def answer(self, command: Decision) -> str | None:
        """Why the command is refused, or None after doing what it says."""
        self.asked, self.said, self.led = [], {}, {}
        if isinstance(command, _ADMINISTRATORS) and command.actor.role != "Administrator":
            return "not_allowed"
        if isinstance(command, DeviceDecision):
            return self._device_decision(command)
        reason = self._other_decision(command)
        if reason is None:
            self.done[command.decision_id] = Done(command.key, command.bulk_id, **self.led)
        return reason

    def learn(self, record: Contract) -> None:
        """Take news in; what is not newer than what is known says nothing."""
        self.asked = []
        match record:
            case DeviceDiscovered() | DeviceRetired():
                self._device_news(record)
            case MatchSuggested() | SuggestionWithdrawn():
                self._suggestion_news(record)
            case _:
                raise AssertionError(record)

    # --- devices ------------------------------------------------------------------------------------------------------

    def _device_decision(self, command: DeviceDecision) -> str | None:
        key = (command.tenant_id, command.device_id)
        device = self.devices.get(key)
        if device is None or not device.known:
            unknown = "nothing_to_change" if isinstance(command, UndoDeviceDecision) else "unknown_device"
            return self.missing(command.actor, unknown)
        before = device.standing
        if isinstance(command, UndoDeviceDecision):
            reason = self._undo(device, key, command)
        else:
            reason = self._refuse_device(device, command) or self._decide_device(device, command)
        if reason is None:
            self.done[command.decision_id] = Done(
                command.key, command.bulk_id, key=key, version=device.version, before=before
            )
        return reason

    def _refuse_device(self, device: ModelDevice, command: DeviceDecision) -> str | None:
        status = device.standing.status
        if self.device_foreign(device, command.actor):
            return "not_allowed"
        if (type(command), status) in _FORBIDDEN:
            return _FORBIDDEN[type(command), status]
        return None if isinstance(command, (IgnoreDevice, RevertMatch)) else self.refuse_matching(device)

    def _decide_device(self, device: ModelDevice, command: DeviceDecision) -> str | None:
        match command:
            case AcceptMatch():
                return self._accept(device, command)
            case MatchTo() | ChangeMatch():
                return self._attach(device, command.configuration_id, command)
            case CreateConfiguration():
                return self._create(device, command)
            case IgnoreDevice():
                self._leave(device, "ignored", until=command.until)
            case _:
                let_go = device.standing.configuration
                self._leave(device, "unmatched", reverted=_with(device, let_go))
        return None

    def _accept(self, device: ModelDevice, command: AcceptMatch) -> str | None:
        found, refused = device.suggestion, refuse_suggestion(device.suggestion, command)
        if found is None or refused is not None:
            return refused
        if command.actor.kind == "policy":
            # A person's word, spoken while the policy's command was under way, stands.
            if device.standing.status == "ignored":
                return "already_ignored"
            if found["target"] in device.standing.reverted:
                return "not_allowed"
        return self._attach(device, found["target"], command)

    def _attach(self, device: ModelDevice, goal: str, command: DeviceDecision) -> str | None:
        refused = self.refuse_target(device, goal, command.actor)
        if refused is not None:
            return refused
        reverted = _with(device, device.standing.configuration)
        self.let_go(device)
        by_policy, organization = command.actor.kind == "policy", self.organization(device)
        kept = tuple(item for item in reverted if item != goal)
        self.put(device, Standing("matched", goal, organization=organization, reverted=kept, by_policy=by_policy))
        self.sync(device)
        return None

    def _create(self, device: ModelDevice, command: CreateConfiguration) -> str | None:
        organization = self.organization(device)
        assert organization is not None, "refused before"
        if not command.confirmed and (twins := self.twins(device)):
            self.said = {"candidates": twins}
            return "candidates_exist"
        made = ModelConfiguration(organization, held=True)
        made.documented.update({name: text for name, text in device.facts.items() if text})
        made.created = dict(made.documented)
        # The id is no rule, only a name.
        goal = created_id(command.decision_id, "configuration")
        self.configurations[goal] = made
        return self._attach(device, goal, command)

    def _leave(self, device: ModelDevice, status: str, **changed: Any) -> None:
        self.let_go(device)
        now = {"status": status, "until": None, "organization": self.organization(device), "by_policy": False}
        self.put(device, replace(device.standing, **{**now, **changed}))

    # --- undoing ------------------------------------------------------------------------------------------------------

    def _undo(self, device: ModelDevice, key: Key, command: UndoDeviceDecision) -> str | None:
        done = self.done.get(command.undone_decision_id)
        if done is None or done.key != key:
            return self.missing(command.actor, "nothing_to_change")
        if self.device_foreign(device, command.actor):
            return "not_allowed"
        if device.version != done.version:
            return "stale_version"
        before, let_go = done.before, device.standing.configuration
        if before.configuration is not None:
            refused = self.refuse_matching(device) or self.refuse_target(device, before.configuration, command.actor)
            if refused is not None:
                return refused
        # A person's word against what a policy did.
        reverted = _with(device, let_go) if device.standing.by_policy else before.reverted
        self.let_go(device)
        organization = self.organization(device)
        self.put(device, replace(before, organization=organization, by_policy=False, reverted=reverted))
        self.sync(device)
        self._withdraw(let_go, command.undone_decision_id)
        return None

    def _withdraw(self, let_go: str | None, undone: str) -> None:
        """What the undone decision created is archived while no PSA system has heard of it and it says no more."""
        if let_go is not None and let_go == created_id(undone, "configuration"):
            found = self.configurations[let_go]
            if found.held and not found.archived and found.documented == found.created:
                found.archived = True
                found.version += 1

    def _undo_bulk(self, command: UndoBulk) -> str | None:
        if self.foreign(command.actor, None):
            return "not_allowed"
        found = sorted(
            (done.subject, decision_id)
            for decision_id, done in self.done.items()
            if done.bulk == command.undone_bulk_id
        )
        if not found:
            return "unknown_bulk"
        left = []
        for subject, decision_id in found:
            done = self.done[decision_id]
            if self.version_of(done) == done.version:
                self.asked.append((command.actor.id, subject, decision_id))
            else:
                left.append(subject)
        self.counts[f"bulk {command.undone_bulk_id}"] += 1
        version = self.counts[f"bulk {command.undone_bulk_id}"]
        self.said = {"undone": len(self.asked), "left": tuple(left), "left_count": len(left), "version": version}
        return None

    def version_of(self, done: Done) -> int | None:
        """The version of what was decided about, as it is now; None where nothing can be undone."""
        if done.key is not None:
            return self.devices[done.key].version
        if done.tenant is not None:
            return self.tenants[done.tenant].version
        return self.configurations[done.configuration].version if done.configuration is not None else None

    def _undo_configuration(self, command: UndoConfigurationDecision) -> str | None:
        done, found = self.done.get(command.undone_decision_id), self.configurations.get(command.configuration_id)
        if done is None or found is None or done.configuration != command.configuration_id:
            return self.missing(command.actor, "nothing_to_change")
        if self.foreign(command.actor, found.organization, command.organization_id):
            return "not_allowed"
        if found.organization != command.organization_id:
            return "other_organization"
        if found.version != done.version:
            return "stale_version"
        before, version = found.snapshot(), found.version + 1
        for name, value in done.before.items():
            setattr(found, name, dict(value) if isinstance(value, dict) else value)
        self._write_from_holder(command.configuration_id, found)
        found.version = version
        self.led = {"configuration": command.configuration_id, "version": version, "before": before}
        return None

    # --- configurations and policies ----------------------------------------------------------------------------------

    def _other_decision(self, command: Decision) -> str | None:  # noqa: PLR0911 - one for each kind
        match command:
            case EditConfiguration() | ArchiveConfiguration() | ReleaseConfiguration():
                return self._configuration_decision(command)
            case EditOrganization():
                return self.edit_organization(command)
            case ImportConfigurations():
                self._import(command, self._row)
                return None
            case ImportOrganizations():
                self._import(command, self.organization_row)
                return None
            case SetAutoAcceptPolicies():
                return self._set_policies(command)
            case UndoBulk():
                return self._undo_bulk(command)
            case UndoTenantDecision():
                return self.undo_tenant(command)
            case UndoConfigurationDecision():
                return self._undo_configuration(command)
            case _:
                return self.tenant_decision(command)

    def _configuration_decision(self, command: Any) -> str | None:
        found = self.configurations.get(command.configuration_id)
        if found is None:
            return self.missing(command.actor, "unknown_configuration")
        if self.foreign(command.actor, found.organization, command.organization_id):
            return "not_allowed"
        if found.organization != command.organization_id:
            return "other_organization"
        if isinstance(command, EditConfiguration) and command.expected_version not in (None, found.version):
            return "stale_version"
        before = found.snapshot()
        match command:
            case EditConfiguration():
                self._edit(command, found)
            case ArchiveConfiguration():
                found.archived = command.archived
            case _:
                found.held = False
        if found.snapshot() == before:
            return "not_held" if isinstance(command, ReleaseConfiguration) else "nothing_to_change"
        found.version += 1
        self.led = {"configuration": command.configuration_id, "version": found.version, "before": before}
        return None

    def _edit(self, command: EditConfiguration, found: ModelConfiguration) -> None:
        own = self._own_values(command.configuration_id)
        for name, value in command.values.items():
            text, shown, lock = value or None, found.value(name), command.locks.get(name)
            if text != shown:
                synced = found.synced[name] is not None or own.get(name) not in (None, text)
                found.documented[name] = text
                found.locked[name] = lock if lock is not None else found.locked[name] or synced
            elif lock is not None:
                if lock and not found.locked[name]:
                    found.documented[name] = shown
                found.locked[name] = lock
        found.held = False
        self._write_from_holder(command.configuration_id, found)

    def _own_values(self, goal: str) -> dict[str, str]:
        """What sync would write from the configuration's device."""
        holder = self.holder(goal)
        if holder is None or self.orphaned(self.devices[holder]):
            return {}
        return {name: text for name, text in self.devices[holder].facts.items() if text}

    def _write_from_holder(self, goal: str, found: ModelConfiguration) -> None:
        holder = self.holder(goal)
        if holder is not None and not self.orphaned(self.devices[holder]):
            self.write(found, self.devices[holder])

    def _import(self, command: ImportConfigurations | ImportOrganizations, put: Callable[[Any], str]) -> None:
        results = [put(row) for row in command.rows]
        self.counts[f"import {command.import_id}"] += 1
        self.said = {"version": self.counts[f"import {command.import_id}"]}
        self.said |= {result: results.count(result) for result in ("created", "updated", "unchanged", "rejected")}

    def _row(self, row: Any) -> str:
        found = self.configurations.get(row.id)
        if row.organization_id not in self.organizations:
            return "rejected"
        if found is not None and found.organization != row.organization_id:
            return "rejected"
        given = {name: text for name in FIELDS if (text := row.values.get(name))}
        if found is None:
            made = self.configurations[row.id] = ModelConfiguration(row.organization_id, archived=row.archived)
            made.documented.update(given)
            return "created"
        before = found.snapshot()
        found.documented.update({name: text for name, text in given.items() if not found.locked[name]})
        found.archived = row.archived
        self._write_from_holder(row.id, found)
        if found.snapshot() == before:
            return "unchanged"
        found.version += 1
        return "updated"

    def _set_policies(self, command: SetAutoAcceptPolicies) -> str | None:
        names = [policy.name for policy in command.policies]
        if len(names) != len(set(names)):
            return "not_allowed"
        if (
            not {key for policy in command.policies for key in policy.organization_ids or ()}
            <= self.organizations.keys()
        ):
            return "unknown_organization"
        self.policies = command.policies
        self.counts["policies"] += 1
        self.said = {"version": self.counts["policies"]}
        for key in self.devices:
            self.look(key)
        return None

    # --- news ---------------------------------------------------------------------------------------------------------

    def _device_news(self, record: DeviceDiscovered | DeviceRetired) -> None:
        key = (record.tenant_id, record.device_id)
        device = self.devices[key]
        if record.revision <= device.revision:
            return
        device.revision, device.known = record.revision, True
        device.retired = isinstance(record, DeviceRetired)
        if isinstance(record, DeviceRetired):
            held = self.held(device)
            if held is not None and not self.orphaned(device) and not held.device_retired:
                held.device_retired = True
                held.version += 1
            return
        facts = record.facts
        device.facts = {
            "hostname": facts.device_name,
            "model": facts.model,
            "serial_number": facts.serial_number,
        }
        self.sync(device)
        for older in sorted(self.devices):
            found = self.devices[older].suggestion
            if older[0] == key[0] and found is not None and found["superseded_by"] == key[1]:
                self.carry_over(older, key)

    def _suggestion_news(self, record: MatchSuggested | SuggestionWithdrawn) -> None:
        key = (record.tenant_id, record.device_id or "")
        about = self.tenants[record.tenant_id] if record.device_id is None else self.devices[key]
        if record.revision <= about.suggested:
            return
        about.suggested, about.suggestion = record.revision, None
        if isinstance(record, SuggestionWithdrawn):
            return
        candidate = record.candidate
        about.suggestion = {
            "id": record.suggestion_id,
            "status": record.status,
            "target": candidate.target_id if candidate else None,
            "rule": candidate.rule if candidate else None,
            "confidence": candidate.confidence if candidate else None,
            "superseded_by": record.superseded_by,
        }
        if record.device_id is None:
            return
        if record.superseded_by is not None:
            self.carry_over(key, (key[0], record.superseded_by))
        self.look(key)


def _with(device: ModelDevice, goal: str | None) -> tuple[str, ...]:
    """The pairs not to be accepted again, after letting go of a configuration."""
    kept = tuple(item for item in device.standing.reverted if item != goal)
    return kept if goal is None else (*kept, goal)
