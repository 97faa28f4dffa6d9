"""Reads the records that come by the hundred thousand into structs, at a quarter of what their contracts cost."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from matchbook_contracts.base import Contract
from msgspec import Meta, Struct, defstruct, field, json
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

# pydantic cuts what msgspec rounds.
_LONG_FRACTION = re.compile(rb"\.[0-9]{7}")
_BOUNDS: Final = {MinLen: "min_length", MaxLen: "max_length", Ge: "ge", Le: "le"}


def reader(contract: type[Contract]) -> Callable[[bytes], Any]:
    """Reads a record's value into a struct with the contract's fields, its name and nothing else of it.

    It reads only what the contract accepts, into equal values, and raises ValueError for the rest, which is for the
    contract itself to judge: unknown fields are among that.
    """
    decode = json.Decoder(_struct_of(contract)).decode

    def read(body: bytes) -> Any:
        if _LONG_FRACTION.search(body):
            raise ValueError("a fraction of more digits than a time has")
        return decode(body)

    return read


@cache
def _struct_of(model: type[BaseModel]) -> type[Struct]:
    told = model.__pydantic_decorators__
    if told.validators or told.field_validators or told.root_validators or told.model_validators:
        raise TypeError(f"no struct for {model.__name__}, which looks at its values itself")
    fields = [_field(name, info) for name, info in model.model_fields.items()]
    return defstruct(model.__name__, fields, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True)


def _field(name: str, info: FieldInfo) -> Any:
    kind = _kind(info.annotation, info.metadata)
    if info.is_required():
        return name, kind
    make: Any = info.default_factory
    return name, kind, info.default if make is None else field(default_factory=make)


def _kind(annotation: Any, said: Iterable[Any] = ()) -> Any:
    """The annotation as msgspec understands it. Raises TypeError for one that it might read otherwise."""
    parts: tuple[Any, ...] = get_args(annotation)
    match get_origin(annotation):
        case None:
            return _bounded(_simple(annotation), said)
        case origin if origin is Annotated:
            return _kind(parts[0], [*said, *(one for part in parts[1:] for one in _bounds(part))])
        case origin if origin in (Union, UnionType):
            return Union[tuple(map(_kind, parts))]  # noqa: UP007 - of as many as there are
        case origin if origin is Literal:
            return annotation
        case origin if origin is tuple and parts[1:] == (...,):
            return GenericAlias(tuple, (_kind(parts[0]), ...))
        case origin if origin is dict:
            return GenericAlias(dict, tuple(map(_kind, parts)))
    raise TypeError(f"no struct's field for {annotation}")


def _simple(annotation: Any) -> Any:
    if annotation is AwareDatetime:
        return Annotated[datetime, Meta(tz=True)]
    if issubclass(annotation, BaseModel):
        return _struct_of(annotation)
    if annotation in (str, int, float, bool, NoneType):
        return annotation
    raise TypeError(f"no struct's field for {annotation}")


def _bounds(said: Any) -> Iterable[Any]:
    return said.metadata if isinstance(said, FieldInfo) else [said]


def _bounded(kind: Any, said: Iterable[Any]) -> Any:
    bounds = {_BOUNDS[type(bound)]: getattr(bound, _BOUNDS[type(bound)]) for bound in said}
    return Annotated[kind, Meta(**bounds)] if bounds else kind
