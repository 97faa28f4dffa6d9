"""Short texts that stand for long ones."""

from hashlib import blake2b
from typing import Final

# Copied for each digest, since making one costs more.
_LONG: Final = blake2b(digest_size=16)
_SHORT: Final = blake2b(digest_size=12)


def digest(value: bytes) -> bytes:
    state = _LONG.copy()
    state.update(value)
    return state.digest()


def long_digest(text: str) -> str:
    """32 hexadecimal digits."""
    return digest(text.encode()).hex()


def short_digest(text: str) -> str:
    """24 hexadecimal digits."""
    state = _SHORT.copy()
    state.update(text.encode())
    return state.hexdigest()
