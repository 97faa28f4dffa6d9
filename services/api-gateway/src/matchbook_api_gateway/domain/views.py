"""What the gateway answers: one model per body, so that generated clients have names for them."""

from datetime import datetime
from typing import Literal

from matchbook_contracts.base import FieldChange, Role
from matchbook_contracts.decisions import RejectionReason
from matchbook_contracts.discovery import DeviceFacts, LossReason
from matchbook_contracts.states import FieldName, FieldValue, Interface, MatchStatus, PsaSync
from matchbook_contracts.suggestions import Candidate, Elsewhere, FieldEvidence, Rule, SuggestionStatus
from matchbook_contracts.sync import SyncCounts, SyncScope
from pydantic import BaseModel, ConfigDict

DeviceStatus = Literal["unmatched", "matched", "ignored", "superseded", "retired"]
Access = Literal["ok", "lost"]
DecisionStatus = Literal["pending", "applied", "rejected"]
RunStatus = Literal["running", "completed", "failed"]


class View(BaseModel):
    """A body, or a part of one. Times are UTC; a value that is not known is null and never left out."""

    model_config = ConfigDict(frozen=True)


class Problem(View):
    """An error as RFC 9457 has it; `errors` names the parts of a request or file that are at fault."""

    type: str
    title: str
    status: int
    detail: str
    errors: list["Fault"] | None = None


class Fault(View):
    """One thing wrong with a request or a file. `row` counts the file's lines from 1, its header being line 1."""

    row: int | None
    column: str | None
    message: str


class Me(View):
    """The signed-in person; `organizations` null means all."""

    id: str
    name: str
    role: Role
    organizations: list[str] | None


class Named(View):
    """Something with a name."""

    id: str
    name: str


class ActorView(View):
    """Who did something: a person, a policy, or Matchbook itself."""

    kind: Literal["person", "policy", "system"]
    id: str
    name: str


class HistoryEntry(View):
    """One event in the life of a device, tenant, configuration or organization."""

    at: datetime
    event: str
    action: str
    cause: Literal["sync", "person", "policy", "import"]
    actor: ActorView | None
    changes: list[FieldChange]
    message: str | None
    decision_id: str | None
    bulk_id: str | None


class TenantTotals(View):
    """Tenants by status."""

    total: int
    matched: int
    ignored: int
    unmatched: int


class DeviceTotals(View):
    """Devices by status; those by suggestion are unmatched. `total` leaves out superseded and retired ones."""

    total: int
    matched: int
    ignored: int
    unmatched: int
    superseded: int
    retired: int
    suggested: int
    conflict: int
    elsewhere: int


class SetUp(View):
    """How far matching is: `complete` of the matched organizations have no unmatched device left."""

    organizations: int
    complete: int


class Summary(View):
    """The figures of the start page."""

    tenants: TenantTotals
    devices: DeviceTotals
    organizations: int
    configurations: int
    setup: SetUp
    last_sync: datetime | None


class TenantSuggestion(View):
    """What the matcher thinks a tenant is."""

    suggestion_id: str
    status: SuggestionStatus
    candidate: Candidate | None
    runners_up: list[Candidate]


class LastSync(View):
    """The newest sweep of a tenant's devices; `message` tells why one failed."""

    status: RunStatus
    at: datetime
    message: str | None


class Pending(View):
    """A decision on its way: sent, with no outcome yet."""

    decision_id: str
    command: str


class Rejection(View):
    """The newest decision was refused; shown until the next one."""

    decision_id: str
    command: str
    reason: RejectionReason
    message: str
    at: datetime
    candidates: list[str]


class TenantRow(View):
    """A tenant as lists show it. `sync_override` null: the account's default applies. `relationship` says whether the
    partner's lists or a person named it; null until it was read.
    """

    tenant_id: str
    display_name: str
    default_domain: str | None
    verified_domains: list[str]
    relationship: Literal["partner", "manual"] | None
    access: Access
    access_reason: LossReason | None
    access_detail: str | None
    status: MatchStatus
    organization: Named | None
    devices_total: int
    devices_matched: int
    devices_ignored: int
    devices_unmatched: int
    suggestion: TenantSuggestion | None
    sync_intune_devices: bool
    sync_override: bool | None
    last_sync: LastSync | None
    ignored_reason: str | None
    ignored_until: datetime | None
    pending: Pending | None
    rejection: Rejection | None
    version: int


class TenantPage(View):
    """A page of tenants; `total` counts all that the filter selects."""

    items: list[TenantRow]
    next_cursor: str | None
    total: int


class TenantDetail(TenantRow):
    """A tenant with its history, newest first. `interval_seconds`: how often it is swept; null: as the account."""

    devices: DeviceTotals
    interval_seconds: int | None
    history: list[HistoryEntry]


class MatchedConfiguration(View):
    """The configuration a device is matched to."""

    id: str
    name: str
    psa_sync: PsaSync


class DeviceSuggestion(View):
    """What the matcher thinks a device is, in short; `candidates` counts what a conflict has to choose from."""

    suggestion_id: str
    status: SuggestionStatus
    confidence: float | None
    rule: Rule | None
    target_id: str | None
    target_name: str | None
    candidates: int
    superseded_by: str | None
    elsewhere: Elsewhere | None


class DeviceRow(View):
    """A device as lists show it. MAC addresses are in normal form.

    `changed_since`: it is ignored, and something else is suggested for it than when it was, or on other evidence.
    """

    tenant_id: str
    device_id: str
    device_name: str | None
    serial_number: str | None
    mac_addresses: list[str]
    manufacturer: str | None
    model: str | None
    operating_system: str | None
    os_version: str | None
    user_principal_name: str | None
    last_sync_at: datetime | None
    status: DeviceStatus
    orphaned: bool
    configuration: MatchedConfiguration | None
    suggestion: DeviceSuggestion | None
    pending: Pending | None
    rejection: Rejection | None
    ignored_reason: str | None
    ignored_until: datetime | None
    changed_since: bool
    version: int


class DeviceCounts(View):
    """What each tab would list, for the current search."""

    all: int
    unmatched: int
    matched: int
    ignored: int
    superseded: int
    retired: int
    suggested: int
    conflict: int
    elsewhere: int
    none: int
    changed_since: int


class DevicePage(View):
    """A page of devices; `total` counts all that the filter selects."""

    items: list[DeviceRow]
    next_cursor: str | None
    total: int
    counts: DeviceCounts


class SuggestionDetail(View):
    """A device's whole suggestion with its evidence."""

    suggestion_id: str
    status: SuggestionStatus
    candidate: Candidate | None
    evidence: list[FieldEvidence]
    runners_up: list[Candidate]
    elsewhere: Elsewhere | None
    superseded_by: str | None
    documented_twice: list[str]


class DeviceDetail(DeviceRow):
    """A device with all that Intune says, its suggestion with evidence, and its history, newest first."""

    facts: DeviceFacts | None
    suggestion_detail: SuggestionDetail | None
    history: list[HistoryEntry]


class OrganizationDetail(Named):
    """An organization, whole; `tenants` are those matched to it."""

    aliases: list[str]
    domains: list[str]
    archived: bool
    version: int
    configurations: int
    tenants: list[Named]
    history: list[HistoryEntry]


class DeviceRef(View):
    """The device that holds a configuration."""

    tenant_id: str
    device_id: str
    device_name: str | None


class ConfigurationRow(View):
    """A configuration as pickers show it."""

    id: str
    name: str
    serial_number: str | None
    type: str | None
    archived: bool
    psa_sync: PsaSync
    matched_device: DeviceRef | None


class ConfigurationDetail(ConfigurationRow):
    """A configuration, whole: values in force, the fields behind them, and its history, newest first."""

    organization: Named
    version: int
    configuration_status: str | None
    mac_addresses: list[str]
    manufacturer: str | None
    model: str | None
    operating_system: str | None
    fields: dict[FieldName, FieldValue]
    interfaces: list[Interface]
    history: list[HistoryEntry]


class DecisionsAccepted(View):
    """The commands are on the topic; the outcomes follow. `bulk_id` is null for a single decision."""

    bulk_id: str | None
    decision_ids: list[str]


class BulkAccepted(View):
    """A bulk action is on the topic: `count` commands, one for each row that its filter selected."""

    bulk_id: str
    count: int


class DecisionOutcome(View):
    """What became of one decision. `events` names the events it caused."""

    decision_id: str
    command: str | None
    status: DecisionStatus
    reason: RejectionReason | None
    message: str | None
    tenant_id: str | None
    device_id: str | None
    candidates: list[str]
    events: list[str]


class BulkResult(View):
    """What became of one row of a bulk action."""

    decision_id: str
    tenant_id: str | None
    device_id: str | None
    status: DecisionStatus
    reason: RejectionReason | None
    message: str | None


class BulkProgress(View):
    """How far a bulk action is; `results` lists rejected rows first and may be cut off at the limit asked for."""

    bulk_id: str
    action: str
    total: int
    applied: int
    rejected: int
    pending: int
    results: list[BulkResult]


class ImportAccepted(View):
    """A file was found good, and is on the topic in chunks. `ignored_columns` are those Matchbook has no use for."""

    import_id: str
    rows: int
    chunks: int
    ignored_columns: list[str]


class ImportResult(View):
    """What an import did with a row."""

    row: int
    id: str
    result: Literal["created", "updated", "unchanged", "rejected"]
    reason: RejectionReason | None
    message: str | None


class ImportProgress(View):
    """How far an import is, in rows; `results` lists them, the rejected ones first, and may be cut off."""

    import_id: str
    subject: Literal["organizations", "configurations"]
    rows: int | None
    chunks: int
    applied_chunks: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    refused: list[DecisionOutcome]
    results: list[ImportResult]


class PolicyInForce(View):
    """An auto-accept policy; `bulk_id` stands for all that it has accepted so far."""

    name: str
    rule: Rule
    minimum_confidence: float
    organization_ids: list[str] | None = None
    bulk_id: str


class PoliciesInForce(View):
    """The auto-accept policies in their order; version 0 is none ever set."""

    version: int
    policies: list[PolicyInForce]
    set_by: str | None
    set_at: datetime | None


class PolicyPreview(View):
    """How many devices a policy would match, of those that no policy before it would."""

    name: str
    would_match: int


class PoliciesPreview(View):
    """What policies would do with the undecided devices of matched tenants, as they are suggested now."""

    would_match: int
    would_leave: int
    in_conflict: int
    policies: list[PolicyPreview]


class RequestAccepted(View):
    """A request to the ingestor is on its topic."""

    request_id: str


class SyncRun(View):
    """One sweep of Microsoft Graph."""

    run_id: str
    tenant_id: str
    tenant_name: str | None
    scope: SyncScope
    status: RunStatus
    started_at: datetime | None
    at: datetime
    counts: SyncCounts
    reason: str | None
    message: str | None
