"""Graph's objects for tests, as Graph writes them."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from matchbook_graph_ingestor.domain.devices import Change, Known
from matchbook_graph_ingestor.domain.graph_objects import DevicePage, ManagedDevice, read

DAY = timedelta(days=1)
MORNING = "2026-03-09T08:14:00Z"


def graph_device(number: int = 1, **properties: Any) -> dict[str, Any]:
    """A managedDevice as a list shows it."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "deviceName": f"LT-{number:04d}",
        "operatingSystem": "Windows",
        "osVersion": "10.0.26100.3476",
        "serialNumber": f"PF{number:06d}",
        "wiFiMacAddress": f"8C1D96{number:06X}",
        "userPrincipalName": f"person{number}@contoso.example",
        "isEncrypted": True,
        "totalStorageSpaceInBytes": 511101108224,
        "enrolledDateTime": "2025-01-07T10:00:00Z",
        "lastSyncDateTime": MORNING,
        **properties,
    }


def page_body(devices: Iterable[dict[str, Any]], next_link: str | None = None) -> bytes:
    """A page of Graph."""
    link = {"@odata.nextLink": next_link} if next_link else {}
    return json.dumps({"@odata.context": "…", **link, "value": list(devices)}, separators=(",", ":")).encode()


def devices_of(*found: dict[str, Any]) -> list[ManagedDevice]:
    """The devices as the service reads them."""
    return list(read(DevicePage, page_body(found)).value)


def known_of(changes: Iterable[Change], **others: Any) -> dict[str, Known]:
    """What the service knows after it published these changes."""
    blank = {"ethernet_mac_address": None, "physical_memory_bytes": None, "absences": 0, "retired": False}
    return {
        item.device_id: Known(
            **{
                **blank,
                "device_id": item.device_id,
                "revision": item.revision,
                "digest": item.digest,
                "last_sync_at": item.last_sync_at,
                "details_pending": item.details_pending,
                **others,
            }
        )
        for item in changes
    }
