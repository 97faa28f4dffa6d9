"""Seeded randomness: a generator for every purpose, so that one more draw here changes nothing there."""

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
    """A random (version 4) UUID; written out by hand, for it is drawn three times for each device."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"


def hexadecimal(rng: Random, digits: int) -> str:
    return f"{rng.getrandbits(4 * digits):0{digits}X}"
