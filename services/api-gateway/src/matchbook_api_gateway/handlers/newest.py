"""What all handlers do with a batch: keep the newest row of each key."""

from typing import Any, TypeVar

Key = TypeVar("Key")


def newest(rows: dict[Key, Any], key: Key, row: tuple[Any, ...], number_at: int) -> None:
    """Keep the row of the highest number per key: one statement can write a key only once."""
    known = rows.get(key)
    if known is None or known[number_at] < row[number_at]:
        rows[key] = row
