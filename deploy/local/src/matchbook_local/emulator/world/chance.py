"""Seeded randomness: a generator for every purpose, so that one more draw here changes nothing there."""

import uuid
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def stream(*purpose: object) -> Random:
    """A generator that depends on its purpose alone, on every machine and in every order of use."""
    return Random(":".join(map(str, purpose)))  # noqa: S311 - a repeatable world, not a secret


def pick(rng: Random, options: Sequence[T]) -> T:
    """Like `choice`, three times as fast: this runs millions of times for a large world."""
    return options[int(rng.random() * len(options))]


def happens(rng: Random, share: float) -> bool:
    """True in `share` of all draws."""
    return rng.random() < share


def weighted(rng: Random, table: Sequence[tuple[float, T]]) -> T:
    """`table` holds (share, value); the shares add up to 1, and the last row takes what rounding leaves."""
    draw = rng.random()
    for share, value in table:
        draw -= share
        if draw < 0:
            return value
    return table[-1][1]


def guid(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def hexadecimal(rng: Random, digits: int) -> str:
    return f"{rng.getrandbits(4 * digits):0{digits}X}"
