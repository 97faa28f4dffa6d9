"""JSON Schemas of the contracts, and what may change in them within a version.

The exported schemas are closed (`additionalProperties: false`), so that they say exactly what we write. Readers stay
tolerant: the models ignore fields they do not know.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from matchbook_contracts.base import Contract
from matchbook_contracts.registry import contracts

Schema: TypeAlias = dict[str, Any]

_WORDS = frozenset({"title", "description", "examples", "$comment"})


def export() -> Mapping[str, Schema]:
    """Every contract's closed schema by file name, such as `TenantDiscovered.v1.json`."""
    return {
        f"{ce_type.removeprefix('matchbook.')}.json": closed_schema(model) for ce_type, model in contracts().items()
    }


def closed_schema(model: type[Contract]) -> Schema:
    """The schema of one contract's data, which forbids fields the contract does not name."""
    schema = model.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            part["additionalProperties"] = False
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:matchbook:{model.ce_type()}",
        "x-topic": model.topic,
        **schema,
    }


def breaking_changes(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> Iterator[str]:
    """What `new` breaks for the readers and the history of `old`, a sentence each.

    Within a version a contract may gain optional fields, and nothing else: an older reader must understand what a newer
    writer sends, and a newer reader the whole history. So even a widened type or a new enum value is a break.
    """
    for name in sorted(old):
        if name in new:
            yield from _compare(name, old[name], new[name], old[name], new[name])
        else:
            yield f"{name}: the contract is gone; its history can't be read any more"


def _compare(path: str, old: Any, new: Any, old_root: Schema, new_root: Schema) -> Iterator[str]:
    """The breaks between two schemas at `path`; `$ref`s are followed in the root each schema came from."""
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield f"{path}: was {old!r}, is {new!r}"
        return
    yield from _compare_fields(path, old, new, old_root, new_root)
    for word in sorted((old.keys() | new.keys()) - {"properties", "required", "$defs"} - _WORDS):
        if word not in new or word not in old:
            yield f"{path}: `{word}` was {old.get(word)!r}, is {new.get(word)!r}"
        elif isinstance(old[word], list) and isinstance(new[word], list) and len(old[word]) == len(new[word]):
            for index, (before, after) in enumerate(zip(old[word], new[word], strict=True)):
                yield from _compare(f"{path}.{word}[{index}]", before, after, old_root, new_root)
        else:
            yield from _compare(f"{path}.{word}", old[word], new[word], old_root, new_root)


def _compare_fields(path: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for field in sorted(before):
        if field in after:
            yield from _compare(f"{path}.{field}", before[field], after[field], old_root, new_root)
        else:
            yield f"{path}.{field}: the field is gone"
    was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
    for field in sorted(is_required - was_required):
        yield f"{path}.{field}: the field is required now, and older records do not have it"
    for field in sorted((was_required - is_required) & after.keys()):
        yield f"{path}.{field}: the field is optional now, and older readers require it"


def _resolved(schema: Any, root: Schema) -> Any:
    while isinstance(schema, dict) and "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema
