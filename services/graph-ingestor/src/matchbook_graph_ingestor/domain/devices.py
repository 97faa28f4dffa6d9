"""Which devices changed: what a page says, compared with what was published before."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple

from matchbook_graph_ingestor.domain.graph_objects import ManagedDevice, Unreadable, facts_json, with_details

DIGEST_BYTES: Final = 16
# Far above any real device; what is larger is no device and must not reach a topic.
LARGEST_FACTS_BYTES: Final = 64 * 1024
_LAST_SYNC: Final = b'"last_sync_at":"'
_WITHOUT_ETHERNET: Final = frozenset({"ios", "ipados", "android", "androidforwork", "androidenterprise", "visionos"})


class Known(NamedTuple):
    """What the service keeps of a published device.

    `digest` is over the listed facts without the time of the last sync; `last_sync_at` is the one published. `absences`
    counts the complete sweeps in a row that missed the device.
    """

    device_id: str
    revision: int
    digest: bytes
    last_sync_at: datetime | None
    ethernet_mac_address: str | None
    physical_memory_bytes: int | None
    details_pending: bool
    absences: int
    retired: bool


class Change(NamedTuple):
    """A device to be published and stored; `facts` is the JSON of its DeviceFacts."""

    device_id: str
    revision: int
    digest: bytes
    last_sync_at: datetime | None
    details_pending: bool
    facts: bytes


class Comparison(NamedTuple):
    """A page's devices by what is to be done: publish, count as seen again, nothing."""

    changes: Sequence[Change]
    back: Sequence[str]
    unchanged: int


class Detailed(NamedTuple):
    """What reading a device by its id added; `change` is None where it was known already."""

    device_id: str
    revision: int
    ethernet_mac_address: str | None
    physical_memory_bytes: int | None
    change: Change | None


def distinct(devices: Iterable[ManagedDevice], seen: set[str]) -> list[ManagedDevice]:
    """The devices that this sweep has not met, in their order.

    `seen` grows by them. Pages repeat devices when the list moves.
    """
    fresh = []
    for device in devices:
        if device.device_id not in seen:
            seen.add(device.device_id)
            fresh.append(device)
    return fresh


def compare(devices: Sequence[ManagedDevice], known: Mapping[str, Known], refresh: timedelta) -> Comparison:
    """Compare a page with what is known. A last sync later by `refresh` or more is a change of its own.

    Raises Unreadable for a device that is larger than any device can be.
    """
    changes: list[Change] = []
    back: list[str] = []
    for device in devices:
        before = known.get(device.device_id)
        facts = _encoded(device)
        digest = content_digest(facts)
        if before is None or before.retired or before.digest != digest:
            changes.append(_change(device, facts, digest, before))
        elif _overdue(device.last_sync_at, before.last_sync_at, refresh):
            changes.append(_change(device, facts, digest, before)._replace(details_pending=before.details_pending))
        elif before.absences:
            back.append(device.device_id)
    return Comparison(changes, back, len(devices) - len(changes))


def _encoded(device: ManagedDevice) -> bytes:
    facts = facts_json(device)
    if len(facts) > LARGEST_FACTS_BYTES:
        raise Unreadable(f"a device of {len(facts)} bytes")
    return facts


def content_digest(facts: bytes) -> bytes:
    """Hash the facts without their last sync.

    In JSON the key's quotation marks can't stand inside a string unescaped.
    """
    start = facts.rfind(_LAST_SYNC)
    if start >= 0:
        # The comma before it goes too: a device without a last sync has the same digest.
        facts = facts[:start].rstrip(b",") + facts[facts.index(b'"', start + len(_LAST_SYNC)) + 1 :]
    return blake2b(facts, digest_size=DIGEST_BYTES).digest()


def _change(device: ManagedDevice, facts: bytes, digest: bytes, before: Known | None) -> Change:
    if before is not None and (before.ethernet_mac_address or before.physical_memory_bytes):
        facts = facts_json(with_details(device, *_details(device, before)))
    revision = 1 if before is None else before.revision + 1
    return Change(device.device_id, revision, digest, device.last_sync_at, _wants_details(device), facts)


def _details(device: ManagedDevice, before: Known) -> tuple[str | None, int | None]:
    """What only a read by id gives: the device's own, or what is known where the list left it out."""
    return (
        device.ethernet_mac_address or before.ethernet_mac_address,
        device.physical_memory_bytes or before.physical_memory_bytes,
    )


def _wants_details(device: ManagedDevice) -> bool:
    return device.ethernet_mac_address is None and _may_have_ethernet(device.operating_system)


@lru_cache(maxsize=256)
def _may_have_ethernet(operating_system: str | None) -> bool:
    return (operating_system or "").replace(" ", "").lower() not in _WITHOUT_ETHERNET


def _overdue(now: datetime | None, published: datetime | None, refresh: timedelta) -> bool:
    return now is not None and (published is None or now - published >= refresh)


def detail(device: ManagedDevice, before: Known) -> Detailed:
    """What a device read by its id adds to the known one.

    The digest stays the list's, which the next sweep compares.
    """
    ethernet, memory = _details(device, before)
    change = None
    if (ethernet, memory) != (before.ethernet_mac_address, before.physical_memory_bytes):
        facts = _encoded(with_details(device, ethernet, memory))
        change = Change(device.device_id, before.revision + 1, before.digest, device.last_sync_at, False, facts)
    return Detailed(device.device_id, before.revision, ethernet, memory, change)
