"""The history as a chain of hashes, one for each aggregate, and what is wrong with one that was tampered with."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple, TypeAlias

Aggregate: TypeAlias = tuple[str, str]
"""Kind and id."""
BEGINNING = b""
"""What stands in the place of the hash before the first."""


class Entry(NamedTuple):
    """One event as it was published; `body` is its JSON."""

    kind: str
    subject: str
    version: int
    event_id: str
    event_type: str
    body: bytes

    @property
    def aggregate(self) -> Aggregate:
        return (self.kind, self.subject)


class Link(NamedTuple):
    """An entry with the hash of the one before it and its own."""

    entry: Entry
    previous: bytes
    hash: bytes


def hash_of(entry: Entry, previous: bytes) -> bytes:
    """SHA-256 over everything that an entry says, and over all that came before it."""
    said = (entry.kind, entry.subject, str(entry.version), entry.event_id, entry.event_type)
    return sha256(b"\x1f".join((previous, *(part.encode() for part in said), entry.body))).digest()


def linked(entries: Iterable[Entry], heads: Mapping[Aggregate, bytes]) -> list[Link]:
    """Chain entries, which are in the order of their versions, to the last hash of each aggregate."""
    last = dict(heads)
    links = []
    for entry in entries:
        previous = last.get(entry.aggregate, BEGINNING)
        last[entry.aggregate] = own = hash_of(entry, previous)
        links.append(Link(entry, previous, own))
    return links


class Checker:
    """Looks at a whole history, link by link, in the order of kind, subject and version."""

    def __init__(self) -> None:
        self.events = 0
        self.aggregates = 0
        self._before: Link | None = None

    def faults(self, link: Link) -> Iterator[str]:
        """What is wrong with the next link, as sentences."""
        before = self._before
        if before is None or before.entry.aggregate != link.entry.aggregate:
            before = None
            self.aggregates += 1
        self.events += 1
        self._before = link
        yield from _faults(link, before)


def _faults(link: Link, before: Link | None) -> Iterator[str]:
    entry = link.entry
    name = f"{entry.kind} {entry.subject}"
    expected = 1 if before is None else before.entry.version + 1
    if entry.version != expected:
        yield f"{name}: version {expected} is missing before version {entry.version}."
    elif link.previous != (BEGINNING if before is None else before.hash):
        yield f"{name}: version {entry.version} does not follow from what stands before it."
    if hash_of(entry, link.previous) != link.hash:
        yield f"{name}: version {entry.version} was changed after it was written."
