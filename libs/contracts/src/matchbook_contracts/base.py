"""What every contract shares: how it is validated and written, how its record is keyed, who acts."""

from collections.abc import Callable
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
    """The data of one kind of record on one topic; `topic`, `key` and `partition_key` say where it goes.

    `embedded` names the fields that are contracts themselves. They are written last, by their own `body`.
    """

    topic: ClassVar[str]
    embedded: ClassVar[tuple[str, ...]] = ()

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

    def body(self, embed: Callable[["Contract"], bytes] | None = None) -> bytes:
        """The record's value: compact JSON in UTF-8 without absent fields, the same bytes for the same data.

        `embed` gives the body of an embedded contract, for who has it already.
        """
        if not self.embedded:
            return self.model_dump_json(exclude_none=True).encode()
        own = self.model_dump_json(exclude=set(self.embedded), exclude_none=True).encode()
        parts = [(name, part) for name in self.embedded if (part := getattr(self, name)) is not None]
        bodies = [b'"%b":%b' % (name.encode(), embed(part) if embed else part.body()) for name, part in parts]
        return b",".join((own[:-1], *bodies)) + b"}"

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
