"""What a person sees: lists, counts and details of the read model, within their scope."""

import time
from collections.abc import Sequence
from typing import Any

from matchbook_contracts.base import device_key

from matchbook_api_gateway.adapters.read_store import ReadStore
from matchbook_api_gateway.domain import assembly
from matchbook_api_gateway.domain.connection_views import ConnectionTestView, SyncRequestOutcome
from matchbook_api_gateway.domain.people import Person
from matchbook_api_gateway.domain.queries import (
    BadCursor,
    DeviceQuery,
    Place,
    TenantQuery,
    read_cursor,
    words_of,
    write_cursor,
)
from matchbook_api_gateway.domain.views import (
    BulkProgress,
    ConfigurationDetail,
    ConfigurationRow,
    DecisionOutcome,
    DeviceDetail,
    DevicePage,
    HistoryEntry,
    ImportProgress,
    Named,
    OrganizationDetail,
    Summary,
    SyncRun,
    TenantDetail,
    TenantPage,
)
from matchbook_api_gateway.errors import invalid, not_found
from matchbook_api_gateway.services.live import Live

_LONGEST_HISTORY = 500
_LONGEST_RESULTS = 1000


class Reading:
    """Every method raises the 404 problem for what is missing or foreign."""

    def __init__(self, store: ReadStore, live: Live) -> None:
        self._store = store
        self._live = live

    async def summary(self, person: Person) -> Summary:
        return assembly.summary(_found(await self._store.row("summary", person.scope)))

    async def tenants(self, person: Person, query: TenantQuery) -> TenantPage:
        rows = await self._store.tenants_page(
            scope=person.scope,
            words=words_of(query.search),
            status=None if query.status == "all" else query.status,
            sort=query.sort.lstrip("-"),
            descending=query.sort.startswith("-"),
            after=_place(query.sort, query.cursor),
            limit=query.limit + 1,
        )
        listed, cursor = _page(rows, "tenant_id", query.sort, query.limit)
        return TenantPage(
            items=[assembly.tenant_row(row) for row in listed], next_cursor=cursor, total=rows[0]["listed"]
        )

    async def tenant(self, person: Person, tenant_id: str) -> TenantDetail:
        row = _found(await self._store.row("tenant", tenant_id, person.scope))
        return assembly.tenant_detail(row, await self._history(tenant_id))

    async def devices(self, person: Person, tenant_id: str, query: DeviceQuery) -> DevicePage:
        await self._visible_tenant(person, tenant_id)
        rows = await self._store.devices_page(
            tenant_id,
            words=words_of(query.search),
            status=None if query.status == "all" else query.status,
            suggestion=None if query.suggestion == "any" else query.suggestion,
            sort=query.sort.lstrip("-"),
            descending=query.sort.startswith("-"),
            after=_place(query.sort, query.cursor),
            limit=query.limit + 1,
        )
        listed, cursor = _page(rows, "device_id", query.sort, query.limit)
        return DevicePage(
            items=[assembly.device_row(row, person.scope) for row in listed],
            next_cursor=cursor,
            total=_selected(rows[0]["counts"], query),
            counts=assembly.device_counts(rows[0]["counts"]),
        )

    async def device(self, person: Person, tenant_id: str, device_id: str) -> DeviceDetail:
        await self._visible_tenant(person, tenant_id)
        row = _found(await self._store.row("device", tenant_id, device_id))
        return assembly.device_detail(row, person.scope, await self._history(device_key(tenant_id, device_id)))

    async def organizations(self, person: Person, search: str, limit: int) -> list[Named]:
        words = words_of(search)
        rows = await self._store.rows("organizations", person.scope, words.typed if words else None, limit)
        return [Named(id=row["id"], name=row["name"]) for row in rows]

    async def organization(self, person: Person, organization_id: str) -> OrganizationDetail:
        _seen(person, organization_id)
        row = _found(await self._store.row("organization", organization_id))
        return assembly.organization(row, await self._history(organization_id))

    async def configurations(
        self, person: Person, organization_id: str, search: str, free: bool | None, limit: int
    ) -> list[ConfigurationRow]:
        _seen(person, organization_id)
        _found(await self._store.row("organization", organization_id))
        words = words_of(search)
        typed, plain = (words.typed, words.plain) if words else (None, None)
        rows = await self._store.rows("configurations", organization_id, typed, plain, free, limit)
        return [assembly.configuration_row(row) for row in rows]

    async def configuration(self, person: Person, configuration_id: str) -> ConfigurationDetail:
        row = _found(await self._store.row("configuration", configuration_id))
        _seen(person, row["organization_id"])
        return assembly.configuration_detail(row, await self._history(configuration_id, configuration_id))

    async def decision(self, person: Person, decision_id: str, wait: float) -> DecisionOutcome:
        """The decision as it stands, after waiting up to `wait` seconds for its outcome."""
        until = time.monotonic() + wait
        while True:
            # Asked for before looking, so that what happens in between is not missed.
            news = self._live.news()
            row = _found(await self._store.row("decision", decision_id))
            await self._own(person, row)
            left = until - time.monotonic()
            if row["status"] != "pending" or left <= 0:
                return assembly.decision(row)
            await news.wait(left)

    async def bulk(self, person: Person, bulk_id: str, limit: int) -> BulkProgress:
        row = _found(await self._store.row("bulk", bulk_id))
        await self._own(person, row)
        return assembly.bulk(row, await self._store.rows("bulk_results", bulk_id, limit))

    async def import_progress(self, person: Person, import_id: str) -> ImportProgress:
        row = _found(await self._store.row("import_progress", import_id))
        if person.scope is not None and row["actor_id"] != person.id:
            raise not_found()
        results = await self._store.rows("import_results", import_id, _LONGEST_RESULTS)
        refusals = await self._store.rows("import_refusals", import_id, _LONGEST_RESULTS)
        return assembly.import_progress(row, results, refusals)

    async def sync_runs(self, person: Person, tenant_id: str | None, limit: int) -> list[SyncRun]:
        if tenant_id is not None:
            await self._visible_tenant(person, tenant_id)
        return [assembly.sync_run(row) for row in await self._store.rows("sync_runs", person.scope, tenant_id, limit)]

    async def sync_request(self, person: Person, request_id: str, wait: float) -> SyncRequestOutcome:
        """A request to the ingestor as it stands, after waiting up to `wait` seconds for its answer.

        One that was sent a moment ago may not have come back from its topic, so what is missing is waited for too, and
        so is what is foreign.
        """
        until = time.monotonic() + wait
        while True:
            # Asked for before looking, so that what happens in between is not missed.
            news = self._live.news()
            row = await self._store.row("sync_request", request_id)
            answered = row is not None and row["status"] != "pending" and await self._owns(person, row)
            left = until - time.monotonic()
            if answered or left <= 0:
                await self._own(person, _found(row))
                return assembly.sync_request(_found(row))
            await news.wait(left)

    async def connection_test(self, person: Person, tenant_id: str) -> ConnectionTestView:
        """The newest test of the connection to a tenant."""
        await self._visible_tenant(person, tenant_id)
        return assembly.connection_test(_found(await self._store.row("connection_test", tenant_id)))

    async def visible_tenants(self, organizations: Sequence[str], tenants: Sequence[str] | None) -> set[str]:
        """Those of `tenants` (None: of all) that are matched to one of the organizations."""
        rows = await self._store.rows(
            "visible_tenants", list(organizations), None if tenants is None else list(tenants)
        )
        return {row["tenant_id"] for row in rows}

    async def _visible_tenant(self, person: Person, tenant_id: str) -> None:
        _found(await self._store.row("tenant", tenant_id, person.scope))

    async def _own(self, person: Person, row: Any) -> None:
        if not await self._owns(person, row):
            raise not_found()

    async def _owns(self, person: Person, row: Any) -> bool:
        """A decision or bulk action is a scoped person's when they took it, or when it is about a tenant of theirs."""
        if person.organizations is None or row["actor_id"] == person.id:
            return True
        tenant_id = row["tenant_id"]
        return tenant_id is not None and bool(await self.visible_tenants(person.organizations, [tenant_id]))

    async def _history(self, aggregate: str, configuration_id: str | None = None) -> list[HistoryEntry]:
        rows = await self._store.rows("history", aggregate, configuration_id, _LONGEST_HISTORY)
        return assembly.history_entries(rows)


def _found(row: Any) -> Any:
    if row is None:
        raise not_found()
    return row


def _seen(person: Person, organization_id: str) -> None:
    if not person.sees(organization_id):
        raise not_found()


def _place(sort: str, cursor: str | None) -> Place | None:
    try:
        return read_cursor(sort, cursor)
    except BadCursor as error:
        raise invalid("The cursor is not one that this list gave out.") from error


def _page(rows: Sequence[Any], id_: str, sort: str, limit: int) -> tuple[list[Any], str | None]:
    """The page's rows, and the cursor to the next page; one row more than the limit was asked for."""
    listed = [row for row in rows if row[id_] is not None]
    if len(listed) <= limit:
        return listed, None
    last = listed[limit - 1]
    return listed[:limit], write_cursor(sort, Place(last["sort_value"], last[id_]))


def _selected(counts: Sequence[Sequence[Any]] | None, query: DeviceQuery) -> int:
    return sum(
        devices
        for status, suggestion, changed_since, devices in counts or ()
        if query.status in ("all", status)
        and query.suggestion in ("any", suggestion or "none", "changed_since" if changed_since else "any")
    )
