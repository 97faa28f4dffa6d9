"""Connections to Microsoft: commands about single tenants, and what became of each command to the ingestor.

`SyncRequestRefused` and `SyncSettingsChanged` also answer the commands in `sync`; a `RequestSync` is answered by its
sweep.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from matchbook_contracts.base import Actor, Contract, Id, Timestamp, Value
from matchbook_contracts.sync import SyncRequest

RefusalReason = Literal[
    "tenant_unknown",
    "not_looked_after",
    "tenant_listed",
    "one_tenant_only",
    "out_of_range",
    "nothing_held_back",
    "unavailable",
]
ConnectionStepName = Literal["sign_in", "consent", "directory", "relationship", "licence", "devices"]
ConnectionOutcome = Literal["ok", "warning", "failed", "not_reached"]


class _TenantCommand(SyncRequest):
    tenant_id: Id


class AddTenant(_TenantCommand):
    """Look after a tenant although no partner list names it. `tenant_id` is its id, or one of its domains.

    `display_name` is what it is called until its own name was read.
    """

    display_name: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class RemoveTenant(_TenantCommand):
    """Look after a tenant that was added by hand no longer. Its devices and decisions stay."""


class TestConnection(_TenantCommand):
    """Read a little of a tenant, by id or domain, and say which step fails; known to Matchbook or not."""

    # pytest takes what begins with Test for tests.
    __test__: ClassVar[bool] = False


class _Answer(Contract):
    topic: ClassVar[str] = "matchbook.sync-runs"

    request_id: Id
    tenant_id: Id
    actor: Actor
    at: Timestamp

    @property
    def key(self) -> str:
        return self.tenant_id


class SyncSettingsChanged(_Answer):
    """What a tenant, or the account (`*`), is set to after a command; None means the account's default, or for `*` the
    service's. `changed` is false where that was so before.
    """

    device_sync: bool | None = None
    interval_seconds: Annotated[int, Field(ge=1)] | None = None
    changed: bool


class TenantAdded(_Answer):
    """A tenant is looked after because somebody added it. `asked_for` is what they named it by.

    `changed` is false where it had been added before.
    """

    asked_for: str
    changed: bool


class TenantRemoved(_Answer):
    """A tenant that had been added by hand is not any more; one that the partner's lists name is still looked after."""


class SyncRequestRefused(_Answer):
    """A command to the ingestor changed nothing, and why: `message` is a sentence for a person."""

    command: str
    reason: RefusalReason
    message: str


class ConnectionStep(Value):
    """One step of a connection test. `message` says what to do; `detail` is Microsoft's code, or our own few words."""

    step: ConnectionStepName
    outcome: ConnectionOutcome
    message: str = ""
    detail: str = ""


class ConnectionTested(_Answer):
    """What a test of the connection to a tenant found; `ok` means that no step failed."""

    ok: bool
    steps: tuple[ConnectionStep, ...]
