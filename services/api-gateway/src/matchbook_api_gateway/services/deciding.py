"""Decisions and requests: checked against the caller's scope, sent, and noted as pending."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from matchbook_contracts.base import Contract
from matchbook_contracts.connections import AddTenant, RemoveTenant, TestConnection
from matchbook_contracts.decisions import Decision
from matchbook_contracts.sync import (
    EVERY_TENANT,
    ConfirmRetirements,
    RequestSync,
    ResetSyncSchedule,
    SetDeviceSync,
    SetSyncSchedule,
)

from matchbook_api_gateway.adapters.decision_store import Bulk, DecisionStore
from matchbook_api_gateway.adapters.read_store import ReadStore
from matchbook_api_gateway.domain.commands import (
    AcceptMatch,
    BulkRequest,
    Command,
    CreateConfiguration,
    DeviceCommand,
    IgnoreDevice,
    ReleaseConfiguration,
    ReleaseRequest,
    RevertMatch,
    TenantRequest,
    contract,
)
from matchbook_api_gateway.domain.people import Person
from matchbook_api_gateway.domain.queries import words_of
from matchbook_api_gateway.domain.views import BulkAccepted, DecisionsAccepted, RequestAccepted
from matchbook_api_gateway.errors import ProblemError, forbidden, invalid, not_found
from matchbook_api_gateway.services.sending import Sending, new_id, now

_ELIGIBLE: Final[Mapping[str, tuple[str, ...]]] = {
    "accept": ("unmatched", "ignored"),
    "create": ("unmatched", "ignored"),
    "ignore": ("unmatched", "matched"),
    "revert": ("matched", "ignored"),
}
_AT_ONCE: Final = 1000


class Deciding:
    """Takes decisions to the topic; the writer alone says what becomes of them."""

    def __init__(self, store: ReadStore, decisions: DecisionStore, sending: Sending) -> None:
        self._store = store
        self._decisions = decisions
        self._sending = sending

    async def decide(self, person: Person, commands: Sequence[Command]) -> DecisionsAccepted:
        """Send all of the commands or, when one is not the caller's to give, none."""
        ids = [command.decision_id or new_id() for command in commands]
        if len(set(ids)) != len(ids):
            raise invalid("Two decisions have the same decision_id.")
        await self._check_scope(person, commands)
        if await self._decisions.taken(ids, person.id):
            raise ProblemError(409, "id-taken", "The decision_id is taken", "Choose another decision_id.")
        at, bulk_id = now(), new_id() if len(commands) > 1 else None
        decisions = [
            contract(command, decision_id=id_, actor=person.actor, at=at, bulk_id=bulk_id)
            for command, id_ in zip(commands, ids, strict=True)
        ]
        await self._sending.send([(decision.decision_id, decision) for decision in decisions], at)
        if bulk_id is not None:
            await self._note_bulk(bulk_id, commands, decisions)
        await self._decisions.sent(decisions)
        return DecisionsAccepted(bulk_id=bulk_id, decision_ids=ids)

    async def _note_bulk(self, bulk_id: str, commands: Sequence[Command], decisions: Sequence[Decision]) -> None:
        tenants = {getattr(command, "tenant_id", None) for command in commands}
        actions = {command.command for command in commands}
        first = decisions[0]
        action = actions.pop() if len(actions) == 1 else "mixed"
        tenant_id = tenants.pop() if len(tenants) == 1 else None
        await self._decisions.put_bulk(
            Bulk(bulk_id, action, len(decisions), first.actor.id, tenant_id, first.decided_at)
        )

    async def _check_scope(self, person: Person, commands: Sequence[Command]) -> None:
        """Raise the 404 problem for what a scoped person may not see, exactly as for what does not exist.

        For everybody else a command about something unknown is the writer's to reject, with the reason.
        """
        if person.organizations is None:
            return
        tenants = {tenant for command in commands if (tenant := getattr(command, "tenant_id", None))}
        organizations = {found for command in commands if (found := getattr(command, "organization_id", None))}
        configurations = {found for command in commands if (found := getattr(command, "configuration_id", None))}
        bulks = {found for command in commands if (found := getattr(command, "undone_bulk_id", None))}
        seen = await self._store.rows("visible_tenants", person.scope, list(tenants)) if tenants else []
        owners = await self._store.rows("configuration_organizations", list(configurations)) if configurations else []
        visible = (
            len(seen) == len(tenants)
            and all(person.sees(organization) for organization in organizations)
            and len(owners) == len(configurations)
            and all(person.sees(row["organization_id"]) for row in owners)
        )
        if not visible or bulks:
            raise not_found()

    async def decide_in_bulk(self, person: Person, request: BulkRequest) -> BulkAccepted:
        """One command for each device that the filter selects and the action can apply to, in batches."""
        if await self._store.row("tenant", request.tenant_id, person.scope) is None:
            raise not_found()
        selected = await self._selected(request)
        bulk = Bulk(new_id(), request.action, len(selected), person.id, request.tenant_id, now())
        return await self._send_bulk(person, bulk, selected, partial(_bulk_command, request))

    async def release(self, person: Person, request: ReleaseRequest) -> BulkAccepted:
        """One command for each held configuration that the filter selects and the person sees, in batches."""
        organization_id = request.organization_id
        if organization_id is not None and not person.sees(organization_id):
            raise not_found()
        held = await self._store.held_selection(
            person.scope, organization_id, words=words_of(request.search), excluded=request.excluded
        )
        bulk = Bulk(new_id(), "release", len(held), person.id, None, now())
        return await self._send_bulk(person, bulk, held, _release_command)

    async def _send_bulk(
        self, person: Person, bulk: Bulk, selected: Sequence[Any], command_of: Callable[[Any], Command]
    ) -> BulkAccepted:
        sent = 0
        await self._decisions.put_bulk(bulk)
        try:
            while rows := selected[sent : sent + _AT_ONCE]:
                decisions = [
                    contract(
                        command_of(row), decision_id=new_id(), actor=person.actor, at=bulk.at, bulk_id=bulk.bulk_id
                    )
                    for row in rows
                ]
                await self._sending.send([(decision.decision_id, decision) for decision in decisions], bulk.at)
                await self._decisions.sent(decisions)
                sent += len(decisions)
        finally:
            if sent < len(selected):
                await self._decisions.put_bulk(replace(bulk, total=sent))
        return BulkAccepted(bulk_id=bulk.bulk_id, count=sent)

    async def _selected(self, request: BulkRequest) -> list[Any]:
        chosen = request.filter
        return await self._store.bulk_selection(
            request.tenant_id,
            words=words_of(chosen.search),
            status=None if chosen.status == "all" else chosen.status,
            suggestion=None if chosen.suggestion == "any" else chosen.suggestion,
            eligible=_ELIGIBLE[request.action],
            suggested_only=request.action == "accept",
            excluded=request.excluded,
        )

    async def request_sync(self, person: Person, tenant_id: str) -> RequestAccepted:
        """Ask the ingestor for a sweep."""
        tenant_id = await self._tenant(person, tenant_id)
        return await self._ask(person, RequestSync, tenant_id)

    async def set_device_sync(self, person: Person, tenant_id: str, enabled: bool | None) -> RequestAccepted:
        """Set Sync Intune Devices for a tenant or, for `*`, the account's default."""
        tenant_id = await self._tenant(person, tenant_id)
        return await self._ask(person, SetDeviceSync, tenant_id, enabled=enabled)

    async def set_schedule(self, person: Person, tenant_id: str, seconds: int | None) -> RequestAccepted:
        """Set how often a tenant or, for `*`, the account is swept; None returns it to its default."""
        tenant_id = await self._tenant(person, tenant_id)
        if seconds is None:
            return await self._ask(person, ResetSyncSchedule, tenant_id)
        return await self._ask(person, SetSyncSchedule, tenant_id, interval_seconds=seconds)

    async def confirm_retirements(self, person: Person, tenant_id: str, run_id: str) -> RequestAccepted:
        """Say that what a sweep missed is really gone; whether it holds anything back is the ingestor's to say."""
        tenant_id = await self._tenant(person, tenant_id)
        return await self._ask(person, ConfirmRetirements, tenant_id, run_id=run_id)

    async def add_tenant(self, person: Person, request: TenantRequest) -> RequestAccepted:
        """Look after a tenant by hand; whether there is one is the ingestor's to say."""
        _needs_all(person)
        return await self._ask(person, AddTenant, request.tenant, display_name=request.display_name)

    async def remove_tenant(self, person: Person, tenant_id: str) -> RequestAccepted:
        """Look after a tenant by hand no longer; whether somebody had added it is the ingestor's to say."""
        _needs_all(person)
        return await self._ask(person, RemoveTenant, tenant_id.lower())

    async def test_connection(self, person: Person, tenant_id: str) -> RequestAccepted:
        """Ask the ingestor to try each step of the connection to a tenant."""
        if tenant_id == EVERY_TENANT:
            raise not_found()
        return await self._ask(person, TestConnection, await self._tenant(person, tenant_id))

    async def _ask(self, person: Person, command: type[Contract], tenant_id: str, **values: Any) -> RequestAccepted:
        """Send a command to the ingestor."""
        id_, at = new_id(), now()
        about = {"request_id": id_, "actor": person.actor, "requested_at": at, "tenant_id": tenant_id}
        await self._sending.send([(id_, command(**about, **values))], at)
        return RequestAccepted(request_id=id_)

    async def _tenant(self, person: Person, named: str) -> str:
        """The id as Microsoft writes it, which people may write in capitals; raises what the person may not do."""
        tenant_id = named.lower()
        if tenant_id != EVERY_TENANT:
            if await self._store.row("tenant", tenant_id, person.scope) is None:
                raise not_found()
        elif person.organizations is not None:
            raise forbidden("Only someone who sees all organizations may do this for all tenants.")
        return tenant_id


def _needs_all(person: Person) -> None:
    if person.organizations is not None:
        raise forbidden("Only someone who sees all organizations may add and remove tenants.")


def _bulk_command(request: BulkRequest, row: Any) -> DeviceCommand:
    place = {"tenant_id": request.tenant_id, "device_id": row["device_id"]}
    match request.action:
        case "accept":
            return AcceptMatch(command="AcceptMatch", suggestion_id=row["suggestion_id"], **place)
        case "create":
            return CreateConfiguration(command="CreateConfiguration", **place)
        case "ignore":
            return IgnoreDevice(command="IgnoreDevice", reason=request.reason, **place)
        case "revert":
            return RevertMatch(command="RevertMatch", **place)


def _release_command(row: Any) -> ReleaseConfiguration:
    return ReleaseConfiguration(
        command="ReleaseConfiguration", organization_id=row["organization_id"], configuration_id=row["configuration_id"]
    )
