"""The world as JSON Lines, the truth in files of their own. One customer at a time is in memory."""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from matchbook_local.emulator.world.calendar import graph_time

from .customers import Directory
from .macs import NOTATIONS
from .model import Customer, Enrolment, Organization, Record
from .population import Population, Truth

DEVICES = "devices.jsonl"
CONFIGURATIONS = "configurations.jsonl"
TENANTS = "tenants.jsonl"
ORGANIZATIONS = "organizations.jsonl"
LINKS = "links.jsonl"
TRUTH_DEVICES = "truth-devices.jsonl"
TRUTH_TENANTS = "truth-tenants.jsonl"
Row = dict[str, Any]


class WorldFiles:
    """Open files for what is written customer by customer."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._stack = ExitStack()
        self._devices, self._configurations, self._truths = (
            self._stack.enter_context((folder / name).open("w", encoding="utf-8"))
            for name in (DEVICES, CONFIGURATIONS, TRUTH_DEVICES)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, customer: Customer, population: Population) -> None:
        _write(self._devices, (device_row(customer.tenant_id, e) for e in population.enrolments))
        self.add_records(population.records)
        _write(self._truths, map(truth_row, population.truths))

    def add_records(self, records: Iterable[Record]) -> None:
        _write(self._configurations, map(configuration_row, records))

    def add_directory(self, directory: Directory) -> None:
        rows: dict[str, Iterator[Row]] = {
            TENANTS: map(tenant_row, directory.customers),
            ORGANIZATIONS: map(organization_row, directory.organizations),
            LINKS: (_link(c) for c in directory.customers if c.organization_id is not None),
            TRUTH_TENANTS: ({**_link(c), "category": c.category} for c in directory.customers),
        }
        for name, lines in rows.items():
            with (self._folder / name).open("w", encoding="utf-8") as file:
                _write(file, lines)


def device_row(tenant_id: str, device: Enrolment) -> Row:
    """managedDevice with what tells a machine; the list's null where Graph says nothing."""
    return {
        "id": device.id,
        "tenant_id": tenant_id,
        "deviceName": device.name,
        "serialNumber": device.serial,
        "wiFiMacAddress": device.wifi or "",
        "ethernetMacAddress": device.ethernet,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "operatingSystem": device.platform,
        "userId": device.user.id,
        "userPrincipalName": device.user.upn,
        "userDisplayName": device.user.name,
        "emailAddress": device.user.upn,
        "enrolledDateTime": graph_time(device.enrolled),
        "lastSyncDateTime": graph_time(device.last_sync),
    }


def configuration_row(record: Record) -> Row:
    notation = NOTATIONS[record.mac_style]
    return {
        "id": record.id,
        "organization_id": record.organization_id,
        "name": record.name,
        "hostname": record.hostname or None,
        "serial_number": record.serial or None,
        "mac_addresses": [notation(mac) for mac in record.macs],
        "manufacturer": record.manufacturer or None,
        "model": record.model or None,
        "type": record.type,
        "primary_user": record.primary_user or None,
        "contact": record.contact or None,
    }


def tenant_row(customer: Customer) -> Row:
    return {
        "tenant_id": customer.tenant_id,
        "display_name": customer.display_name,
        "default_domain": customer.default_domain,
        "verified_domains": list(customer.verified_domains),
    }


def organization_row(organization: Organization) -> Row:
    return {"id": organization.id, "name": organization.name}


def truth_row(truth: Truth) -> Row:
    return {
        "device_id": truth.device_id,
        "configuration_id": truth.configuration_id,
        "category": truth.category,
        "dirt": list(truth.dirt),
        "also": list(truth.also),
    }


def _link(customer: Customer) -> Row:
    return {"tenant_id": customer.tenant_id, "organization_id": customer.organization_id}


def _write(file: TextIO, rows: Iterable[Row]) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
