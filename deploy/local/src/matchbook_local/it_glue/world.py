"""An account's documentation: what a person would see on IT Glue's pages, to be edited while it is read."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["organizations", "configurations"]
SORTS = ("name", "id", "created_at", "updated_at")


@dataclass(slots=True)
class Entry:
    """An object of the account. `attributes` are named as on the wire; `interfaces` are a configuration's."""

    id: int
    attributes: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    interfaces: list[dict[str, Any]] = field(default_factory=list)


class Account:
    """Organizations and configurations by id. `clock` says when each change is; IT Glue keeps whole seconds."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._entries: dict[Kind, dict[int, Entry]] = {"organizations": {}, "configurations": {}}
        self._sorted: dict[tuple[Kind, str], list[Entry]] = {}
        self._next_id = 1
        self._random = random.Random(1)  # noqa: S311 - disorder, not a secret

    def find(self, kind: Kind, id_: int) -> Entry | None:
        return self._entries[kind].get(id_)

    def count(self, kind: Kind) -> int:
        return len(self._entries[kind])

    def add(self, kind: Kind, *, interfaces: Iterable[dict[str, Any]] = (), **attributes: Any) -> int:
        """Document something, and return its id. Attributes are given with underscores."""
        id_, now = self._next_id, self._now()
        self._next_id += 1
        entry = Entry(id_, _wire(attributes), now, now)
        entry.interfaces = [self._interface(interface) for interface in interfaces]
        self._entries[kind][id_] = entry
        self._sorted.clear()
        return id_

    def edit(self, kind: Kind, id_: int, **attributes: Any) -> None:
        """Change something; its time of change is now."""
        entry = self._entries[kind][id_]
        entry.attributes |= _wire(attributes)
        entry.updated_at = self._now()
        self._sorted.clear()

    def set_interfaces(self, id_: int, *interfaces: dict[str, Any], touch: bool = True) -> None:
        """Replace a configuration's interfaces, with or without changing its own time of change."""
        entry = self._entries["configurations"][id_]
        entry.interfaces = [self._interface(interface) for interface in interfaces]
        if touch:
            entry.updated_at = self._now()
            self._sorted.clear()

    def delete(self, kind: Kind, id_: int) -> None:
        del self._entries[kind][id_]
        self._sorted.clear()

    def listed(self, kind: Kind, sort: str) -> Sequence[Entry]:
        """All, sorted by one of SORTS, with a minus the other way round.

        What is equal stands in an order that differs from one list to the next, as a database may have it.
        """
        name = sort.removeprefix("-")
        ties = name in ("created_at", "updated_at")
        found = self._sorted.get((kind, sort))
        if found is None:
            found = sorted(self._entries[kind].values(), key=_keys(name), reverse=sort.startswith("-"))
            if not ties or len({entry.updated_at for entry in found}) == len(found):
                self._sorted[kind, sort] = found
            else:
                self._random.shuffle(found)
                found.sort(key=_keys(name), reverse=sort.startswith("-"))
        return found

    def _interface(self, attributes: dict[str, Any]) -> dict[str, Any]:
        id_ = self._next_id
        self._next_id += 1
        standard = {"primary": False, "name": None, "ip-address": None, "mac-address": None, "notes": None}
        return {**standard, **_wire(attributes), "id": id_}

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)


def _wire(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in attributes.items()}


def _keys(name: str) -> Callable[[Entry], Any]:
    if name == "name":
        return lambda entry: entry.attributes.get("name") or ""
    return lambda entry: getattr(entry, name)
