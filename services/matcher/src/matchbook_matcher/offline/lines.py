"""JSON Lines: one object a line, checked; a line that does not do is named with its file, its number and the remedy."""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self, TypeVar

import click
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, StrictInt, StrictStr, ValidationError
from pydantic.alias_generators import to_camel


class Number(float):
    """A number with a point or an exponent, and how it is written: `1e2` is no `100.0`, and `1e400` no `Infinity`."""

    __slots__ = ("token",)
    token: str

    def __new__(cls, token: str) -> Self:
        number = super().__new__(cls, token)
        number.token = token
        return number

    def __str__(self) -> str:
        return self.token


Id = Annotated[StrictStr | StrictInt | InstanceOf[Number], Field(union_mode="left_to_right")]
"""Any string or number."""
_BETWEEN = re.compile(r"[,;|/\r\n\t]")
_HALF_A_CHARACTER = re.compile(
    rb"(?<!\\)\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})(?<!\\)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Of an emoji whose other half a limit of length has cut off: names from Graph may end so."""
Advance = Callable[[int], None]
"""Told how many bytes more are done."""
_REMEDY = "Correct the line or leave it out; the guide matching-offline.md lists the fields."
_SHAPE = "must be one JSON object in UTF-8, on one line"


def _listed(value: object) -> object:
    """Tables know no lists: `a, b`, one a line and null are lists as well."""
    if isinstance(value, str):
        return [part for part in _BETWEEN.split(value) if part.strip()]
    return [] if value is None else value


def _told(value: object) -> object:
    """Tables know no null either: what is blank is missing."""
    return None if isinstance(value, str) and not value.strip() else value


def _domains(value: object) -> object:
    """Graph's own records tell of each domain its name, and what it is for."""
    if not isinstance(value, list):
        return _listed(value)
    return [part.get("name") if isinstance(part, dict) else part for part in value]


Texts = Annotated[tuple[str | None, ...], BeforeValidator(_listed)]


class Line(BaseModel):
    """Unknown fields are ignored. A number is a text as well, since tables like to make numbers of serial numbers."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)


class DeviceLine(Line):
    """A managedDevice as Microsoft Graph has it, and its tenant."""

    model_config = ConfigDict(alias_generator=to_camel)

    id: Id
    tenant_id: Id | None = Field(default=None, alias="tenant_id")
    device_name: str | None = None
    serial_number: str | None = None
    wi_fi_mac_address: str | None = None
    ethernet_mac_address: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    operating_system: str | None = None
    user_principal_name: str | None = None
    email_address: str | None = None
    user_display_name: str | None = None
    last_sync_date_time: Annotated[datetime | None, BeforeValidator(_told)] = None


class ConfigurationLine(Line):
    id: Id
    organization_id: Id | None = None
    name: str | None = None
    hostname: str | None = None
    serial_number: str | None = None
    mac_addresses: Texts = ()
    manufacturer: str | None = None
    model: str | None = None
    type: str | None = None
    primary_user: str | None = None
    contact: str | None = None


class TenantLine(Line):
    tenant_id: Id
    display_name: str | None = None
    default_domain: str | None = None
    verified_domains: Annotated[tuple[str | None, ...], BeforeValidator(_domains)] = ()


class OrganizationLine(Line):
    id: Id
    name: str | None = None


class LinkLine(Line):
    """A tenant that is known to be an organization; null where it is known to be none."""

    tenant_id: Id
    organization_id: Id | None = None


class TruthLine(Line):
    """What a device or a tenant truly is; null where nothing documents it."""

    subject: Id
    target: Id | None = None
    category: str | None = None


class DeviceTruthLine(TruthLine):
    subject: Id = Field(alias="device_id")
    target: Id | None = Field(default=None, alias="configuration_id")


class TenantTruthLine(TruthLine):
    subject: Id = Field(alias="tenant_id")
    target: Id | None = Field(default=None, alias="organization_id")


class MatchLine(Line):
    """A match as `matcher match` writes it. A null is no match; who tells no confidence is certain."""

    subject: Id
    target: Id | None = None
    confidence: float = Field(default=1.0, ge=0, le=1)


class DeviceMatchLine(MatchLine):
    subject: Id = Field(alias="device_id")
    target: Id | None = Field(default=None, alias="configuration_id")


class TenantMatchLine(MatchLine):
    subject: Id = Field(alias="tenant_id")
    target: Id | None = Field(default=None, alias="organization_id")


class DecisionLine(Line):
    """What a person said of a pair: that the two are one machine, or that they are not."""

    device_id: Id
    configuration_id: Id
    accepted: bool


AnyLine = TypeVar("AnyLine", bound=Line)


class FaultyLine(click.ClickException):
    """What is wrong where, and what to do."""

    def __init__(self, path: Path, number: int, fault: str) -> None:
        super().__init__(f"{path}, line {number}: {fault}. {_REMEDY}")


def read(path: Path, model: type[AnyLine], advance: Advance) -> Iterator[tuple[int, AnyLine]]:
    """Each object with the number of its line; empty lines are passed over. Raises FaultyLine."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            advance(len(line))
            text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if not text.strip():
                continue
            try:
                yield number, _parsed(text, model)
            except ValidationError as error:
                raise FaultyLine(path, number, _fault(error)) from error


def _parsed(text: bytes, model: type[AnyLine]) -> AnyLine:
    """Raises ValidationError. Few ids have a point: only their lines are read the slow way, which keeps it."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        faults = {fault["type"] for fault in error.errors(include_url=False)}
        if "json_invalid" in faults and (whole := _HALF_A_CHARACTER.sub(rb"\\ufffd", text)) != text:
            return _parsed(whole, model)
        if "needs_python_object" not in faults:
            raise
    return model.model_validate(json.loads(text, parse_float=Number, parse_constant=_no_number))


def _no_number(_: str) -> None:
    """NaN and Infinity, which are no JSON."""


def _fault(error: ValidationError) -> str:
    """The first field at fault, in words."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    first = faults[0]
    if not first["loc"]:
        return _SHAPE if first["type"] == "model_type" else f"{_SHAPE} ({first['msg']})"
    name = first["loc"][0]
    if first["type"] == "missing":
        return f'"{name}" is missing'
    # A union has a fault for each of its kinds.
    several = sum(fault["loc"][0] == name for fault in faults) > 1 and first["loc"][1:] == ("str",)
    return f'"{name}" must be a string or a number' if several else f'"{name}": {first["msg"]}'
