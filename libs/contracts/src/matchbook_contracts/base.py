"""What every contract shares: how it is validated and written, how its record is keyed, who acts."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Id = Annotated[str, Field(min_length=1, max_length=200)]
Timestamp = AwareDatetime
Role = Literal["Administrator", "Manager", "Reader"]


class Value(BaseModel):
    """A frozen part of a contract.

    Strict, so that a wrong type is refused and not guessed at; unknown fields are ignored, so that an older reader
    understands a newer writer.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class Contract(Value):
    """The data of one kind of record on one topic; `topic`, `key` and `partition_key` say where it goes."""

    topic: ClassVar[str]

    @property
    def key(self) -> str:
        """The record's key, which compaction works on: the id of the aggregate."""
        raise NotImplementedError

    @property
    def partition_key(self) -> str:
        """What chooses the partition: records that must keep their order share it."""
        return self.key

    @classmethod
    def ce_type(cls) -> str:
        """The CloudEvents type, such as `matchbook.TenantDiscovered.v1`."""
        return f"matchbook.{cls.__name__}.v1"

    def body(self) -> bytes:
        """The record's value: compact JSON in UTF-8 without absent fields, the same bytes for the same data."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """Read a record's value; raises `pydantic.ValidationError` for what breaks the contract."""
        return cls.model_validate_json(body)


class Actor(Value):
    """Who asks: a signed-in person, an auto-accept policy or Matchbook itself, with the authority they had.

    `organizations` limits a person to those organizations' ids; None means all. The writer checks role and scope again.
    """

    kind: Literal["person", "policy", "system"]
    id: Id
    name: str = ""
    role: Role | None = None
    organizations: tuple[Id, ...] | None = None


class FieldChange(Value):
    """One field's value before and after a change; None stands for no value."""

    field: str
    before: str | None = None
    after: str | None = None


class Cause(Value):
    """Why something happened: which command or sync, by whom, in which bulk action."""

    kind: Literal["sync", "person", "policy", "import"]
    actor: Actor | None = None
    decision_id: Id | None = None
    bulk_id: Id | None = None


def device_key(tenant_id: str, device_id: str) -> str:
    """The aggregate id of a device and of its match: `<tenant id>/<device id>`."""
    return f"{tenant_id}/{device_id}"


__all__ = [
    "Actor",
    "Cause",
    "Contract",
    "FieldChange",
    "Id",
    "Role",
    "Timestamp",
    "Value",
    "device_key",
]
