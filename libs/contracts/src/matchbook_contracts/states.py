"""Full current state of what the writer owns, for consumers that join late, and the values those states are made of."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from matchbook_contracts.base import Actor, Contract, Id, Timestamp, Value, device_key
from matchbook_contracts.suggestions import Rule, SuggestionStatus

Version = Annotated[int, Field(ge=1)]
MatchStatus = Literal["unmatched", "matched", "ignored"]
MatchOrigin = Literal["accepted", "chosen", "created", "changed", "carried_over"]
PsaSync = Literal["held", "released"]
FieldName = Literal[
    "name",
    "hostname",
    "primary_ip",
    "mac_address",
    "default_gateway",
    "serial_number",
    "asset_tag",
    "position",
    "installed_by",
    "purchased_by",
    "notes",
    "warranty_expires_at",
    "installed_at",
    "purchased_at",
    "configuration_type",
    "configuration_status",
    "manufacturer",
    "model",
    "operating_system",
    "location",
    "contact",
    "primary_user",
]


class RevertedPair(Value):
    """A match that was undone: not to be suggested again until its evidence is no longer `fingerprint`."""

    target_id: Id
    fingerprint: str | None = None


class IgnoredSuggestion(Value):
    """What was suggested for a device when it was ignored, and on what evidence; without a status, nothing was.

    `fingerprint` is that of the suggestion: of its candidate, or of all candidates of a conflict.
    """

    status: SuggestionStatus | None = None
    target_id: Id | None = None
    fingerprint: str | None = None


class Interface(Value):
    """A network interface of a configuration."""

    name: str | None = None
    ip_address: str | None = None
    mac_address: str | None = None
    primary: bool = False


class FieldValue(Value):
    """One field: what people documented, what sync wrote, which is in force, whether a person locked it."""

    documented: str | None = None
    synced: str | None = None
    in_force: Literal["documented", "synced"] = "documented"
    locked: bool = False

    @property
    def value(self) -> str | None:
        """The value in force."""
        return self.synced if self.in_force == "synced" else self.documented


class AutoAcceptPolicy(Value):
    """Accept by itself what `rule` decided with at least `minimum_confidence`; `organization_ids` None means all."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    rule: Rule
    minimum_confidence: Annotated[float, Field(ge=0, le=1)]
    organization_ids: tuple[Id, ...] | None = None

    @property
    def actor_id(self) -> str:
        """Whose its decisions are, and the `bulk_id` of them all, so that they can be undone as a whole."""
        return f"policy:{self.name}"


class _MatchState(Contract):
    tenant_id: Id
    version: Version
    status: MatchStatus
    organization_id: Id | None = None
    origin: MatchOrigin | None = None
    rule: Rule | None = None
    confidence: float | None = None
    fingerprint: str | None = None
    decided_by: Actor | None = None
    decided_at: Timestamp | None = None
    ignored_reason: str | None = None
    ignored_until: Timestamp | None = None
    reverted: tuple[RevertedPair, ...] = ()


class DeviceMatchState(_MatchState):
    """Where one device stands. `orphaned`: matched, while its tenant is not matched to that organization any more.

    `ignored_suggestion` is None where nobody knows what was suggested when the device was ignored.
    """

    topic: ClassVar[str] = "matchbook.device-matches"

    device_id: Id
    configuration_id: Id | None = None
    orphaned: bool = False
    superseded_by: Id | None = None
    ignored_suggestion: IgnoredSuggestion | None = None

    @property
    def key(self) -> str:
        return device_key(self.tenant_id, self.device_id)

    @property
    def partition_key(self) -> str:
        return self.tenant_id


class TenantMatchState(_MatchState):
    """Where one tenant stands."""

    topic: ClassVar[str] = "matchbook.tenant-matches"

    @property
    def key(self) -> str:
        return self.tenant_id


class ConfigurationState(Contract):
    """One configuration, whole: the values in force at the top, `fields` behind them.

    `serial_number` is in force as written; `serial_normalised` its normal form, `serial_usable` whether it can identify
    a machine (see `identity`). `mac_addresses` are normalised, of the configuration and all of its interfaces.
    `device_retired`: the device it is matched to is gone from Intune; what becomes of it is for a person to decide.
    """

    topic: ClassVar[str] = "matchbook.configurations"

    configuration_id: Id
    organization_id: Id
    version: Version
    name: str
    configuration_type: str | None = None
    configuration_status: str | None = None
    serial_number: str | None = None
    serial_normalised: str | None = None
    serial_usable: bool = False
    mac_addresses: tuple[str, ...] = ()
    manufacturer: str | None = None
    model: str | None = None
    operating_system: str | None = None
    psa_sync: PsaSync = "released"
    archived: bool = False
    device_retired: bool = False
    fields: dict[FieldName, FieldValue] = Field(default_factory=dict)
    interfaces: tuple[Interface, ...] = ()

    @property
    def key(self) -> str:
        return self.configuration_id

    @property
    def partition_key(self) -> str:
        return self.organization_id


class OrganizationState(Contract):
    """One organization, whole."""

    topic: ClassVar[str] = "matchbook.organizations"

    organization_id: Id
    version: Version
    name: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    archived: bool = False

    @property
    def key(self) -> str:
        return self.organization_id
