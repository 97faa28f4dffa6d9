"""Rows of the read model as the API's bodies."""

from collections.abc import Mapping, Sequence
from typing import Any

from matchbook_contracts.connections import ConnectionTested
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts, TenantDiscovered
from matchbook_contracts.states import ConfigurationState, OrganizationState
from matchbook_contracts.suggestions import MatchSuggested

from matchbook_api_gateway.domain.connection_views import ConnectionStepView, ConnectionTestView, SyncRequestOutcome
from matchbook_api_gateway.domain.rows import mac_addresses
from matchbook_api_gateway.domain.views import (
    BulkProgress,
    BulkResult,
    ConfigurationDetail,
    ConfigurationRow,
    DecisionOutcome,
    DeviceCounts,
    DeviceDetail,
    DeviceRef,
    DeviceRow,
    DeviceSuggestion,
    DeviceTotals,
    HistoryEntry,
    ImportProgress,
    ImportResult,
    LastSync,
    MatchedConfiguration,
    Named,
    OrganizationDetail,
    Pending,
    Rejection,
    SetUp,
    SuggestionDetail,
    Summary,
    SyncRun,
    TenantDetail,
    TenantRow,
    TenantSuggestion,
    TenantTotals,
)

Row = Mapping[str, Any]
_NO_FACTS = DeviceFacts()
_SHOWN_FACTS = (
    "device_name",
    "serial_number",
    "manufacturer",
    "model",
    "operating_system",
    "os_version",
    "user_principal_name",
    "last_sync_at",
)
_TOTALS = ("total", "matched", "ignored", "unmatched", "superseded", "retired", "suggested", "conflict", "elsewhere")


def _pending(row: Row) -> Pending | None:
    if row["decision_status"] != "pending":
        return None
    return Pending(decision_id=row["decision_id"], command=row["decision_command"] or "")


def _rejection(row: Row) -> Rejection | None:
    if row["decision_status"] != "rejected":
        return None
    return Rejection(
        decision_id=row["decision_id"],
        command=row["decision_command"] or "",
        reason=row["decision_reason"],
        message=row["decision_message"] or "",
        at=row["decision_at"],
        candidates=row["decision_candidates"],
    )


def device_totals(row: Row) -> DeviceTotals:
    return DeviceTotals(**{name: row[name] for name in _TOTALS})


def summary(row: Row) -> Summary:
    return Summary(
        tenants=TenantTotals(
            total=row["tenants"],
            matched=row["tenants_matched"],
            ignored=row["tenants_ignored"],
            unmatched=row["tenants_unmatched"],
        ),
        devices=device_totals(row),
        organizations=row["organizations"],
        configurations=row["configurations"],
        setup=SetUp(organizations=row["tenants_matched"], complete=row["complete"]),
        last_sync=row["last_sync"],
    )


def tenant_row(row: Row) -> TenantRow:
    return TenantRow(**_tenant_fields(row))


def tenant_detail(row: Row, history: Sequence[HistoryEntry]) -> TenantDetail:
    return TenantDetail(
        **_tenant_fields(row),
        devices=device_totals(row),
        interval_seconds=row["interval_seconds"],
        history=list(history),
    )


def _tenant_fields(row: Row) -> dict[str, Any]:
    found = TenantDiscovered.from_body(row["body"]) if row["body"] else None
    organization_id = row["organization_id"]
    return {
        "tenant_id": row["tenant_id"],
        "display_name": row["display_name"],
        "default_domain": found.default_domain if found else None,
        "verified_domains": list(found.verified_domains) if found else [],
        "relationship": found.relationship if found else None,
        "access": "lost" if row["lost_reason"] else "ok",
        "access_reason": row["lost_reason"],
        "access_detail": row["lost_detail"] or None,
        "status": row["status"],
        "organization": _named(organization_id, row["organization_name"]) if organization_id else None,
        "devices_total": row["total"],
        "devices_matched": row["matched"],
        "devices_ignored": row["ignored"],
        "devices_unmatched": row["unmatched"],
        "suggestion": _tenant_suggestion(row),
        "sync_intune_devices": row["sync_devices"],
        "sync_override": row["sync_override"],
        "last_sync": _last_sync(row),
        "ignored_reason": row["ignored_reason"],
        "ignored_until": row["ignored_until"],
        "pending": _pending(row),
        "rejection": _rejection(row),
        "version": row["version"],
    }


def _named(id_: str, name: str | None) -> Named:
    # The name comes on another topic, and may be behind; the id is better than nothing.
    return Named(id=id_, name=name or id_)


def _tenant_suggestion(row: Row) -> TenantSuggestion | None:
    if row["suggestion"] is None:
        return None
    found = MatchSuggested.from_body(row["suggestion_body"])
    return TenantSuggestion(
        suggestion_id=found.suggestion_id,
        status=found.status,
        candidate=found.candidate,
        runners_up=list(found.runners_up),
    )


def _last_sync(row: Row) -> LastSync | None:
    if row["sync_status"] is None:
        return None
    return LastSync(status=row["sync_status"], at=row["sync_at"], message=row["sync_message"])


def device_row(row: Row, scope: Sequence[str] | None) -> DeviceRow:
    """A device for a list; what `scope` must not see of other organizations is left out."""
    return DeviceRow(**_device_fields(row, _facts(row), _suggested(row), scope))


def device_detail(row: Row, scope: Sequence[str] | None, history: Sequence[HistoryEntry]) -> DeviceDetail:
    facts, suggested = _facts(row), _suggested(row)
    detail = _suggestion_detail(suggested, scope) if suggested else None
    fields = _device_fields(row, facts, suggested, scope)
    return DeviceDetail(**fields, facts=facts, suggestion_detail=detail, history=list(history))


def _facts(row: Row) -> DeviceFacts | None:
    return DeviceDiscovered.from_body(row["body"]).facts if row["body"] else None


def _suggested(row: Row) -> MatchSuggested | None:
    return MatchSuggested.from_body(row["suggestion_body"]) if row["suggestion"] else None


def _device_fields(
    row: Row, facts: DeviceFacts | None, suggested: MatchSuggested | None, scope: Sequence[str] | None
) -> dict[str, Any]:
    known = facts or _NO_FACTS
    return {
        "tenant_id": row["tenant_id"],
        "device_id": row["device_id"],
        **{name: getattr(known, name) for name in _SHOWN_FACTS},
        "mac_addresses": mac_addresses(known),
        "status": row["status"],
        "orphaned": row["orphaned"],
        "configuration": _matched_configuration(row),
        "suggestion": _device_suggestion(suggested, scope) if suggested else None,
        "pending": _pending(row),
        "rejection": _rejection(row),
        "ignored_reason": row["ignored_reason"],
        "ignored_until": row["ignored_until"],
        "changed_since": row["changed_since"],
        "version": row["version"],
    }


def _matched_configuration(row: Row) -> MatchedConfiguration | None:
    id_ = row["configuration_id"]
    if id_ is None:
        return None
    return MatchedConfiguration(id=id_, name=row["configuration_name"] or id_, psa_sync=row["psa_sync"] or "released")


def _device_suggestion(found: MatchSuggested, scope: Sequence[str] | None) -> DeviceSuggestion:
    candidate = found.candidate
    return DeviceSuggestion(
        suggestion_id=found.suggestion_id,
        status=found.status,
        confidence=candidate.confidence if candidate else None,
        rule=candidate.rule if candidate else None,
        target_id=candidate.target_id if candidate else None,
        target_name=candidate.target_name if candidate else None,
        candidates=len(found.runners_up) + (candidate is not None),
        superseded_by=found.superseded_by,
        elsewhere=_elsewhere(found, scope),
    )


def _elsewhere(found: MatchSuggested, scope: Sequence[str] | None) -> Any:
    elsewhere = found.elsewhere
    if elsewhere is None or (scope is not None and elsewhere.organization_id not in scope):
        return None
    return elsewhere


def _suggestion_detail(found: MatchSuggested, scope: Sequence[str] | None) -> SuggestionDetail:
    return SuggestionDetail(
        suggestion_id=found.suggestion_id,
        status=found.status,
        candidate=found.candidate,
        evidence=list(found.candidate.evidence) if found.candidate else [],
        runners_up=list(found.runners_up),
        elsewhere=_elsewhere(found, scope),
        superseded_by=found.superseded_by,
        documented_twice=list(found.documented_twice),
    )


def device_counts(counts: Sequence[Sequence[Any]] | None) -> DeviceCounts:
    """From (status, suggestion, changed since, devices)."""
    totals = dict.fromkeys(DeviceCounts.model_fields, 0)
    for status, suggestion, changed_since, devices in counts or ():
        totals["all"] += devices
        totals[status] += devices
        if status == "unmatched":
            totals[suggestion or "none"] += devices
        if changed_since:
            totals["changed_since"] += devices
    return DeviceCounts(**totals)


def organization(row: Row, history: Sequence[HistoryEntry]) -> OrganizationDetail:
    state = OrganizationState.from_body(row["body"])
    return OrganizationDetail(
        id=state.organization_id,
        name=state.name,
        aliases=list(state.aliases),
        domains=list(state.domains),
        archived=state.archived,
        version=state.version,
        configurations=row["configurations"],
        tenants=[Named(**tenant) for tenant in row["tenants"]],
        history=list(history),
    )


def configuration_row(row: Row) -> ConfigurationRow:
    return ConfigurationRow(**_configuration_fields(ConfigurationState.from_body(row["body"]), row))


def configuration_detail(row: Row, history: Sequence[HistoryEntry]) -> ConfigurationDetail:
    state = ConfigurationState.from_body(row["body"])
    return ConfigurationDetail(
        **_configuration_fields(state, row),
        organization=_named(state.organization_id, row["organization_name"]),
        version=state.version,
        configuration_status=state.configuration_status,
        mac_addresses=list(state.mac_addresses),
        manufacturer=state.manufacturer,
        model=state.model,
        operating_system=state.operating_system,
        fields=state.fields,
        interfaces=list(state.interfaces),
        history=list(history),
    )


def _configuration_fields(state: ConfigurationState, row: Row) -> dict[str, Any]:
    held = row["device_id"] is not None
    return {
        "id": state.configuration_id,
        "name": state.name,
        "serial_number": state.serial_number,
        "type": state.configuration_type,
        "archived": state.archived,
        "psa_sync": state.psa_sync,
        "matched_device": _device_ref(row) if held else None,
    }


def _device_ref(row: Row) -> DeviceRef:
    return DeviceRef(tenant_id=row["tenant_id"], device_id=row["device_id"], device_name=row["device_name"])


def history_entries(rows: Sequence[Row]) -> list[HistoryEntry]:
    return [HistoryEntry.model_validate_json(row["entry"]) for row in rows]


def decision(row: Row) -> DecisionOutcome:
    return DecisionOutcome(**{name: row[name] for name in DecisionOutcome.model_fields})


def bulk(row: Row, results: Sequence[Row]) -> BulkProgress:
    listed = [BulkResult(**{name: result[name] for name in BulkResult.model_fields}) for result in results]
    counts = {name: row[name] for name in ("bulk_id", "action", "total", "applied", "rejected", "pending")}
    return BulkProgress(**counts, results=listed)


def import_progress(row: Row, results: Sequence[Row], refusals: Sequence[Row]) -> ImportProgress:
    names = (
        "import_id", "subject", "rows", "chunks", "applied_chunks", "created", "updated", "unchanged", "rejected"
    )  # fmt: skip
    return ImportProgress(
        **{name: row[name] for name in names},
        refused=[decision(refusal) for refusal in refusals],
        results=[ImportResult(**result["result"]) for result in results],
    )


def sync_run(row: Row) -> SyncRun:
    return SyncRun(**{name: row[name] for name in SyncRun.model_fields})


def sync_request(row: Row) -> SyncRequestOutcome:
    return SyncRequestOutcome(**{name: row[name] for name in SyncRequestOutcome.model_fields})


def connection_test(row: Row) -> ConnectionTestView:
    tested = ConnectionTested.from_body(row["body"])
    steps = [ConnectionStepView(**dict(step)) for step in tested.steps]
    return ConnectionTestView(
        request_id=tested.request_id, tenant_id=tested.tenant_id, at=tested.at, ok=tested.ok, steps=steps
    )
