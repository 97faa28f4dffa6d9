"""The rules of docs/architecture/decisions-and-fields.md in plain dictionaries: whom a decision changes, and how.

Nothing here asks the writer's domain. What every decision shares is here; `rules` has what each does.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from matchbook_contracts.base import Actor
from matchbook_contracts.decisions import AcceptMatch, AcceptTenantMatch

FIELDS = ("hostname", "model", "serial_number")
Key = tuple[str, str]


@dataclass
class ModelConfiguration:
    """`created`: what was documented at first, where a decision about a device created it."""

    organization: str
    documented: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(FIELDS))
    synced: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(FIELDS))
    locked: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(FIELDS, False))
    created: dict[str, str | None] = field(default_factory=dict)
    held: bool = False
    archived: bool = False
    device_retired: bool = False
    version: int = 1

    def shown(self) -> dict[str, str | None]:
        return {name: self.value(name) for name in FIELDS}

    def value(self, name: str) -> str | None:
        synced = self.synced[name] is not None and not self.locked[name]
        return self.synced[name] if synced else self.documented[name]

    def snapshot(self) -> dict[str, Any]:
        """All of it but its version, to see whether something changed it."""
        return {key: dict(value) if isinstance(value, dict) else value for key, value in vars(self).items()} | {
            "version": 0
        }


@dataclass(frozen=True)
class Standing:
    """Where a device stands: what undoing brings back. `by_policy`: whose the last decision was."""

    status: str = "unmatched"
    configuration: str | None = None
    until: datetime | None = None
    organization: str | None = None
    superseded_by: str | None = None
    reverted: tuple[str, ...] = ()
    by_policy: bool = False


@dataclass
class ModelDevice:
    tenant: str
    revision: int = 0
    known: bool = False
    retired: bool = False
    facts: dict[str, str | None] = field(default_factory=dict)
    suggestion: dict[str, Any] | None = None
    suggested: int = 0
    standing: Standing = field(default_factory=Standing)
    version: int = 0


@dataclass
class ModelOrganization:
    name: str
    aliases: tuple[str, ...] = ()
    archived: bool = False
    version: int = 1

    def snapshot(self) -> dict[str, Any]:
        """All of it but its version."""
        return {**vars(self), "version": 0}


@dataclass
class ModelTenant:
    name: str
    suggestion: dict[str, Any] | None = None
    suggested: int = 0
    status: str = "unmatched"
    organization: str | None = None
    until: datetime | None = None
    version: int = 0


@dataclass(frozen=True)
class Done:
    """An applied decision: of a device, a tenant, a configuration, or of nothing that can be undone.

    `before`, `version`: from where, to where; `before` is a `Standing`, or the other's values.
    """

    subject: str
    bulk: str | None
    key: Key | None = None
    tenant: str | None = None
    configuration: str | None = None
    version: int = 0
    before: Any = field(default_factory=Standing)


class Model:
    """What is known and decided, and what every rule needs.

    `asked` are the decisions that must follow from the last step, `said` what its answer must hold beside the reason,
    `led` is what undoing it takes.
    """

    def __init__(self, tenants: dict[str, list[str]]) -> None:
        self.tenants = {tenant: ModelTenant(tenant) for tenant in tenants}
        self.devices = {(tenant, device): ModelDevice(tenant) for tenant, found in tenants.items() for device in found}
        self.configurations: dict[str, ModelConfiguration] = {}
        self.organizations: dict[str, ModelOrganization] = {}
        self.policies: tuple[Any, ...] = ()
        self.counts: Counter[str] = Counter()
        self.done: dict[str, Done] = {}
        self.led: dict[str, Any] = {}
        self.asked: list[tuple[Any, ...]] = []
        self.said: dict[str, Any] = {}

    # --- who belongs to whom ------------------------------------------------------------------------------------------

    def organization(self, device: ModelDevice) -> str | None:
        return self.tenants[device.tenant].organization

    def held(self, device: ModelDevice) -> ModelConfiguration | None:
        goal = device.standing.configuration
        return None if goal is None else self.configurations[goal]

    def orphaned(self, device: ModelDevice) -> bool:
        held = self.held(device)
        return held is not None and held.organization != self.organization(device)

    def holder(self, goal: str) -> Key | None:
        found = [key for key, device in self.devices.items() if device.standing.configuration == goal]
        assert len(found) <= 1, (goal, found)
        return found[0] if found else None

    # --- what stands in the way ---------------------------------------------------------------------------------------

    @staticmethod
    def foreign(actor: Actor, *organizations: str | None) -> bool:
        return actor.organizations is not None and not set(organizations) <= set(actor.organizations)

    @staticmethod
    def missing(actor: Actor, reason: str) -> str:
        return reason if actor.organizations is None else "not_allowed"

    def device_foreign(self, device: ModelDevice, actor: Actor) -> bool:
        held = self.held(device)
        named = {self.organization(device), held.organization if held else None} - {None}
        return self.foreign(actor, *(named or {None}))

    def refuse_matching(self, device: ModelDevice) -> str | None:
        if self.organization(device) is None:
            return "tenant_not_matched"
        if device.retired:
            return "device_retired"
        superseded = device.suggestion is not None and device.suggestion["status"] == "superseded"
        return "device_superseded" if superseded else None

    def refuse_target(self, device: ModelDevice, goal: str, actor: Actor) -> str | None:
        found = self.configurations.get(goal)
        if found is None:
            return self.missing(actor, "unknown_configuration")
        if found.organization != self.organization(device):
            return "not_allowed" if self.foreign(actor, found.organization) else "other_organization"
        if found.archived:
            return "configuration_archived"
        holder = self.holder(goal)
        if holder is None:
            return None
        return "already_matched" if self.devices[holder] is device else "configuration_taken"

    def twins(self, device: ModelDevice) -> tuple[str, ...]:
        """The free configurations of the device's organization that have its serial number."""
        serial, organization = device.facts.get("serial_number"), self.organization(device)
        return tuple(
            goal
            for goal, found in sorted(self.configurations.items())
            if serial is not None
            and found.organization == organization
            and not found.archived
            and self.holder(goal) is None
            and (found.value("serial_number") or "").upper() == serial.upper()
        )

    # --- what is done -------------------------------------------------------------------------------------------------

    def put(self, device: ModelDevice, standing: Standing) -> None:
        device.standing = standing
        device.version += 1

    def write(self, found: ModelConfiguration, device: ModelDevice) -> None:
        """What sync does to values: all unlocked ones, where that changes at least one in force."""
        wanted = {name: text for name, text in device.facts.items() if text and not found.locked[name]}
        if any(found.value(name) != text for name, text in wanted.items()):
            found.synced.update(wanted)

    def sync(self, device: ModelDevice) -> None:
        """Bring the configuration up to date with its device, unless it is another organization's now."""
        found = self.held(device)
        if found is not None and not self.orphaned(device):
            before = found.snapshot()
            self.write(found, device)
            found.device_retired = device.retired
            found.version += found.snapshot() != before

    def let_go(self, device: ModelDevice) -> None:
        found = self.held(device)
        if found is not None:
            before = found.snapshot()
            found.synced, found.device_retired = dict.fromkeys(FIELDS), False
            found.version += found.snapshot() != before
            device.standing = replace(device.standing, configuration=None)

    def realign(self, tenant_id: str, organization: str | None) -> None:
        """The tenant belongs to that organization from now on: matches are orphaned, or at home again."""
        below = [device for device in self.devices.values() if device.tenant == tenant_id]
        before = [self.orphaned(device) for device in below]
        self.tenants[tenant_id].organization = organization
        for device, was in zip(below, before, strict=True):
            if self.orphaned(device) != was:
                device.version += 1
                self.sync(device)

    def carry_over(self, older: Key, newer: Key) -> None:
        """What was decided for an old enrolment moves to the new one, where that is known and undecided."""
        left, taken = self.devices[older], self.devices.get(newer)
        if taken is None or not taken.known or taken.retired:
            return
        if left.standing.status == "unmatched" or taken.standing.status != "unmatched":
            return
        moved, own = left.standing, taken.standing.reverted
        self.put(
            left,
            Standing(
                "unmatched",
                organization=moved.organization,
                superseded_by=newer[1],
                reverted=moved.reverted,
                by_policy=moved.by_policy,
            ),
        )
        kept = tuple(goal for goal in own if goal not in {*moved.reverted, moved.configuration})
        self.put(taken, replace(moved, superseded_by=None, reverted=(*kept, *moved.reverted)))
        self.sync(taken)

    def expire(self, now: datetime) -> None:
        """Who was ignored until now is unmatched again."""
        for tenant in self.tenants.values():
            if tenant.until is not None and tenant.until <= now:
                tenant.status, tenant.until = "unmatched", None
                tenant.version += 1
        for device in self.devices.values():
            if device.standing.until is not None and device.standing.until <= now:
                self.put(device, replace(device.standing, status="unmatched", until=None, by_policy=False))

    def look(self, key: Key) -> None:
        """Policies look at a device: the first that fits what is suggested accepts it."""
        device, found = self.devices[key], self.devices[key].suggestion
        if found is None or found["status"] != "suggested" or device.standing.status != "unmatched":
            return
        organization = self.organization(device)
        if organization is None or found["target"] in device.standing.reverted:
            return
        for policy in self.policies:
            organizations = policy.organization_ids
            sure = found["rule"] == policy.rule and found["confidence"] >= policy.minimum_confidence
            if sure and (organizations is None or organization in organizations):
                self.asked.append((f"policy:{policy.name}", "/".join(key), found["id"]))
                return


def refuse_suggestion(found: dict[str, Any] | None, command: AcceptMatch | AcceptTenantMatch) -> str | None:
    """Why what is suggested now can't be accepted."""
    if found is None:
        return "no_suggestion"
    if found["id"] != command.suggestion_id:
        return "suggestion_changed"
    return "no_suggestion" if found["status"] != "suggested" else None
