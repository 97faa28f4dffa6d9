"""What decisions about tenants and organizations do in the model."""

from datetime import datetime
from typing import Any

from matchbook_configuration_writer.domain.events import created_id
from matchbook_contracts.decisions import (
    AcceptTenantMatch,
    ChangeTenantMatch,
    CreateOrganization,
    EditOrganization,
    IgnoreTenant,
    MatchTenantTo,
    RevertTenantMatch,
    UndoTenantDecision,
)

from tests.support.machine.model import Model, ModelOrganization, ModelTenant, refuse_suggestion

_FORBIDDEN: dict[tuple[Any, str], str] = {
    (AcceptTenantMatch, "matched"): "already_matched",
    (CreateOrganization, "matched"): "already_matched",
    (MatchTenantTo, "matched"): "already_matched",
    (IgnoreTenant, "ignored"): "already_ignored",
    (RevertTenantMatch, "unmatched"): "already_unmatched",
    (ChangeTenantMatch, "unmatched"): "not_matched",
    (ChangeTenantMatch, "ignored"): "not_matched",
}


class TenantRules(Model):
    """Tenants, and the organizations that they are matched to."""

    def tenant_decision(self, command: Any) -> str | None:
        tenant = self.tenants.get(command.tenant_id)
        if tenant is None:
            return self.missing(command.actor, "unknown_tenant")
        if self.foreign(command.actor, tenant.organization):
            return "not_allowed"
        return _FORBIDDEN.get((type(command), tenant.status)) or self._decide_tenant(tenant, command)

    def _decide_tenant(self, tenant: ModelTenant, command: Any) -> str | None:
        match command:
            case AcceptTenantMatch():
                return self._accept_tenant(tenant, command)
            case MatchTenantTo() | ChangeTenantMatch():
                return self._move(command, command.organization_id)
            case CreateOrganization():
                return self._create_organization(tenant, command)
            case IgnoreTenant():
                self._put_tenant(command.tenant_id, "ignored", None, command.until)
            case _:
                self._put_tenant(command.tenant_id, "unmatched", None, None)
        return None

    def _accept_tenant(self, tenant: ModelTenant, command: AcceptTenantMatch) -> str | None:
        found, refused = tenant.suggestion, refuse_suggestion(tenant.suggestion, command)
        if found is None or refused is not None:
            return refused
        return self._move(command, found["target"])

    def _move(self, command: Any, goal: str) -> str | None:
        if goal == self.tenants[command.tenant_id].organization:
            return "already_matched"
        refused = self._refuse_organization(command, goal)
        if refused is None:
            self._put_tenant(command.tenant_id, "matched", goal, None)
        return refused

    def _create_organization(self, tenant: ModelTenant, command: CreateOrganization) -> str | None:
        name = (command.name or "").strip() or tenant.name
        namesakes = tuple(
            key
            for key, found in sorted(self.organizations.items())
            if found.name.casefold() == name.casefold() and not found.archived
        )
        if namesakes:
            self.said = {"candidates": namesakes}
            return "candidates_exist"
        # The id is no rule, only a name.
        goal = created_id(command.decision_id, "organization")
        self.organizations[goal] = ModelOrganization(name, (tenant.name,) if tenant.name != name else ())
        self._put_tenant(command.tenant_id, "matched", goal, None)
        return None

    def _put_tenant(self, tenant_id: str, status: str, goal: str | None, until: datetime | None) -> None:
        tenant = self.tenants[tenant_id]
        before = (tenant.status, tenant.organization, tenant.until)
        tenant.status, tenant.until = status, until
        tenant.version += 1
        self.led = {"tenant": tenant_id, "version": tenant.version, "before": before}
        self.realign(tenant_id, goal)

    def _refuse_organization(self, command: Any, goal: str) -> str | None:
        if goal not in self.organizations:
            return self.missing(command.actor, "unknown_organization")
        if self.foreign(command.actor, goal):
            return "not_allowed"
        return "organization_archived" if self.organizations[goal].archived else None

    def undo_tenant(self, command: UndoTenantDecision) -> str | None:
        done, tenant = self.done.get(command.undone_decision_id), self.tenants.get(command.tenant_id)
        if done is None or tenant is None or done.tenant != command.tenant_id:
            return self.missing(command.actor, "nothing_to_change")
        if self.foreign(command.actor, tenant.organization):
            return "not_allowed"
        if tenant.version != done.version:
            return "stale_version"
        status, goal, until = done.before
        refused = self._refuse_organization(command, goal) if goal is not None else None
        if refused is None:
            self._put_tenant(command.tenant_id, status, goal, until)
        return refused

    # --- organizations ------------------------------------------------------------------------------------------------

    def edit_organization(self, command: EditOrganization) -> str | None:
        found = self.organizations.get(command.organization_id)
        if found is None:
            return self.missing(command.actor, "unknown_organization")
        if self.foreign(command.actor, command.organization_id):
            return "not_allowed"
        if command.name is not None and not command.name.strip():
            return "not_allowed"
        before = found.snapshot()
        if command.name is not None:
            found.name = command.name.strip()
        if command.aliases is not None:
            found.aliases = command.aliases
        if found.snapshot() == before:
            return "nothing_to_change"
        found.version += 1
        return None

    def organization_row(self, row: Any) -> str:
        found = self.organizations.get(row.id)
        if found is None:
            self.organizations[row.id] = ModelOrganization(row.name, row.aliases, row.archived)
            return "created"
        before = found.snapshot()
        found.name, found.aliases, found.archived = row.name, row.aliases or found.aliases, row.archived
        if found.snapshot() == before:
            return "unchanged"
        found.version += 1
        return "updated"
