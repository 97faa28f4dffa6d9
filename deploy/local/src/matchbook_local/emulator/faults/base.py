"""What all faults have in common: where they strike, and how often."""

import json
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any, ClassVar

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from matchbook_local.emulator.clock import Clock

from .call import Call, Kind

GRAPH: tuple[Kind, ...] = ("organization", "contracts", "relationships", "devices", "device")
PAGED: tuple[Kind, ...] = ("contracts", "relationships", "devices")
EVERYTHING: tuple[Kind, ...] = (*GRAPH, "token", "discovery")


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return str(value) if type(value) is int else value


PageNumber = Annotated[
    Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}\+?$")] | None,
    BeforeValidator(_text),
]


@dataclass(frozen=True, slots=True)
class Strike:
    """One blow: at which call, with the chance that is its own, by which clock."""

    call: Call
    chance: Random
    clock: Clock


class FaultError(ValueError):
    """A fault that cannot be; the message begins with the field that is wrong."""


class Parameters(BaseModel):
    """A fault's name, and what can be set of it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    name: ClassVar[str]

    def described(self) -> dict[str, Any]:
        return {"name": self.name, **self.model_dump(mode="json", exclude_defaults=True)}


class Fault(Parameters):
    """A fault that strikes calls: those of the tenants (by id or domain; none named: all), of the paths, and of the
    page ("2", or "2+" for all from the second on), each with a probability, at most so many times. A burst strikes so
    many calls of the tenant in a row.
    """

    strikes_at: ClassVar[tuple[Kind, ...]] = GRAPH
    usually_at: ClassVar[tuple[Kind, ...]] = GRAPH
    """The paths where none are named."""

    tenant: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    path: Annotated[tuple[Kind, ...], BeforeValidator(_several)] = ()
    page: PageNumber = None
    probability: float = Field(1.0, gt=0, le=1)
    times: int | None = Field(None, ge=1)
    burst: int = Field(1, ge=1)

    @field_validator("path")
    @classmethod
    def _possible(cls, paths: tuple[Kind, ...]) -> tuple[Kind, ...]:
        for path in paths:
            if path not in cls.strikes_at:
                raise ValueError(f"{cls.name} cannot strike {path}, only {', '.join(cls.strikes_at)}")
        return paths

    def fits(self, call: Call) -> bool:
        """Whether the path and the page are those of this fault."""
        kind = call.kind
        if kind not in (self.path or self.usually_at):
            return False
        return self.page is None or (kind in PAGED and self.at_page(call.page))

    def at_page(self, number: int) -> bool:
        assert self.page is not None
        first = int(self.page.rstrip("+"))
        return number == first or (self.page.endswith("+") and number > first)


class Early(Fault):
    """Strikes before there is an answer."""

    async def answer(self, strike: Strike) -> web.Response | None:
        """What the caller gets instead, None for the real answer. May wait; GraphError and RefusedError are answered in
        the form of their service.
        """
        raise NotImplementedError


class Late(Fault):
    """Strikes an answer that is a success."""

    usually_at: ClassVar[tuple[Kind, ...]] = ("devices",)

    def changed(self, strike: Strike, response: web.Response) -> web.Response:
        """The answer, spoiled."""
        raise NotImplementedError


class Edit(Late):
    """Spoils the document in the answer."""

    def changed(self, strike: Strike, response: web.Response) -> web.Response:
        body = self.edited(strike, json.loads(body_of(response)))
        return with_body(response, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:
        """Another document. May change the one it is given."""
        raise NotImplementedError


def body_of(response: web.Response) -> bytes:
    assert isinstance(response.body, bytes), "every answer of the emulator is a document"
    return response.body


def with_body(response: web.Response, body: bytes) -> web.Response:
    return web.Response(body=body, status=response.status, headers={"Content-Type": response.headers["Content-Type"]})
