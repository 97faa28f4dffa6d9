"""IT Glue's JSON:API documents as rows of an import: ids as they are, dates yyyy-mm-dd, blanks left out."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final

from matchbook_contracts.decisions import ConfigurationRow, OrganizationRow
from matchbook_contracts.states import FieldName, Interface
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from matchbook_configuration_writer.domain.documentation import Documented, Page, Resource, Unreadable

_FIELDS: Final[Mapping[str, FieldName]] = {
    "name": "name",
    "hostname": "hostname",
    "primary-ip": "primary_ip",
    "mac-address": "mac_address",
    "default-gateway": "default_gateway",
    "serial-number": "serial_number",
    "asset-tag": "asset_tag",
    "position": "position",
    "installed-by": "installed_by",
    "purchased-by": "purchased_by",
    "notes": "notes",
    "configuration-type-name": "configuration_type",
    "configuration-status-name": "configuration_status",
    "manufacturer-name": "manufacturer",
    "model-name": "model",
    "operating-system-name": "operating_system",
    "location-name": "location",
    "contact-name": "contact",
}
_DATES: Final[Mapping[str, FieldName]] = {
    "warranty-expires-at": "warranty_expires_at",
    "installed-at": "installed_at",
    "purchased-at": "purchased_at",
}
_LONGEST: Final[Mapping[FieldName, int]] = {"name": 255, "notes": 20_000}
_LONGEST_VALUE: Final = 1000
# Tab, line feed and carriage return are text; PostgreSQL takes no NUL.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INTERFACES: Final = "configuration-interfaces"

_Id = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


class _Object(BaseModel):
    """A resource object. An interface of some lists has its id among its attributes."""

    id: _Id = ""
    type: str = ""
    attributes: dict[str, Any]
    relationships: dict[str, Any] = Field(default_factory=dict)


class _Meta(BaseModel):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    total_pages: Annotated[int, Field(ge=0)]
    total_count: Annotated[int, Field(ge=0)]


class _List(BaseModel):
    data: list[_Object]
    included: list[_Object] = Field(default_factory=list)


class _Counted(_List):
    meta: _Meta


def read_page(resource: Resource, number: int, body: bytes) -> tuple[Page, tuple[str, ...]]:
    """A page, and the ids of those of its configurations whose interfaces it names without showing them.

    Raises Unreadable.
    """
    try:
        found = _Counted.model_validate_json(body)
        interfaces = {_id_of(item): item for item in found.included if _is_interface(item)}
        records = tuple(
            _documented(resource, position, item, interfaces) for position, item in enumerate(found.data, 1)
        )
    except (ValidationError, ValueError) as error:
        raise Unreadable(f"Page {number} of the {resource} can't be understood: {_why(error)}.") from None
    # A single one is the primary, whose addresses the configuration itself shows.
    named = ((item.id, _named(item)) for item in found.data)
    hidden = tuple(key for key, ids in named if len(ids) > 1 and not interfaces.keys() >= ids)
    return Page(number, found.meta.total_pages, found.meta.total_count, records), hidden


def read_interfaces(configuration_id: str, body: bytes) -> tuple[Interface, ...]:
    """A configuration's own list of interfaces. Raises Unreadable."""
    try:
        return _interfaces(_List.model_validate_json(body).data)
    except (ValidationError, ValueError) as error:
        text = f"The interfaces of configuration {configuration_id} can't be understood: {_why(error)}."
        raise Unreadable(text) from None


def _why(error: ValueError) -> str:
    """What is wrong and where, without the values, which are not for logs."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def _documented(resource: Resource, position: int, item: _Object, interfaces: Mapping[str, _Object]) -> Documented:
    if not item.id:
        raise ValueError(f"record {position} has no id")
    row = _organization(position, item) if resource == "organizations" else _configuration(position, item, interfaces)
    return Documented(row, _time(item.attributes.get("updated-at")))


def _organization(position: int, item: _Object) -> OrganizationRow:
    name = _text(item.attributes.get("name"), _LONGEST["name"])
    if not name:
        raise ValueError(f"organization {item.id} has no name")
    return OrganizationRow(row=position, id=item.id, name=name, keeps_archived=True)


def _configuration(position: int, item: _Object, interfaces: Mapping[str, _Object]) -> ConfigurationRow:
    organization_id = item.attributes.get("organization-id")
    if organization_id in (None, ""):
        raise ValueError(f"configuration {item.id} has no organization-id")
    shown = [interfaces[key] for key in _named(item) if key in interfaces]
    return ConfigurationRow(
        row=position,
        id=item.id,
        organization_id=str(organization_id),
        values=_values(item.attributes),
        interfaces=_interfaces(shown),
        archived=item.attributes.get("archived") is True,
    )


def _values(attributes: Mapping[str, Any]) -> dict[FieldName, str]:
    texts = {name: _text(attributes.get(key), _LONGEST.get(name, _LONGEST_VALUE)) for key, name in _FIELDS.items()}
    dates = {name: _date(attributes.get(key)) for key, name in _DATES.items()}
    return {name: text for name, text in (texts | dates).items() if text}


def _interfaces(found: list[_Object]) -> tuple[Interface, ...]:
    """In the order of their ids, so that the same interfaces always make the same row."""
    return tuple(
        Interface(
            name=_text(item.attributes.get("name")) or None,
            ip_address=_text(item.attributes.get("ip-address")) or None,
            mac_address=_text(item.attributes.get("mac-address")) or None,
            primary=item.attributes.get("primary") is True,
        )
        for item in sorted(found, key=lambda item: (len(_id_of(item)), _id_of(item)))
    )


def _named(item: _Object) -> set[str]:
    """The ids of the interfaces that a configuration says it has."""
    relationship = item.relationships.get(_INTERFACES)
    data = relationship.get("data") if isinstance(relationship, dict) else None
    return {str(entry["id"]) for entry in data or () if isinstance(entry, dict) and "id" in entry}


def _is_interface(item: _Object) -> bool:
    return item.type.replace("_", "-") == _INTERFACES


def _id_of(item: _Object) -> str:
    return item.id or str(item.attributes.get("id", ""))


def _text(value: Any, longest: int = _LONGEST_VALUE) -> str:
    """A value as a cell would hold it; what is too long for one is cut."""
    if value is None or isinstance(value, (bool, dict, list)):
        return ""
    return _CONTROL.sub("", str(value)).strip()[:longest].rstrip()


def _date(value: Any) -> str:
    """A date or the day of a time; blank for what is neither."""
    day = _text(value)[:10]
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return ""


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("updated-at is no time") from None
    if time.tzinfo is None:
        raise ValueError("updated-at has no time zone")
    return time
