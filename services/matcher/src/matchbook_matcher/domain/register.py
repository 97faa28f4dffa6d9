"""Which keys stand under a value."""

from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

from matchbook_matcher.domain.records import Key

Value = TypeVar("Value")


class Register(Generic[Value]):
    """Keys by value. Most values have one or two, which a tuple holds in the least space."""

    def __init__(self) -> None:
        self._keys: dict[Value, tuple[Key, ...]] = {}

    def add(self, value: Value, key: Key) -> None:
        self._keys[value] = (*self._keys.get(value, ()), key)

    def remove(self, value: Value, key: Key) -> None:
        left = tuple(other for other in self._keys.get(value, ()) if other != key)
        if left:
            self._keys[value] = left
        else:
            self._keys.pop(value, None)

    @property
    def values(self) -> AbstractSet[Value]:
        """Those that have a key, now and later."""
        return self._keys.keys()

    def of(self, value: Value) -> tuple[Key, ...]:
        return self._keys.get(value, ())
