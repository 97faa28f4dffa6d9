"""The documentation as CSV files in IT Glue's shape, and the truth about it in files of their own."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .model import Configuration, Interface, Organization
from .world import Size, World

ORGANIZATIONS = "organizations.csv"
CONFIGURATIONS = "configurations.csv"
TRUTH = "truth"

ORGANIZATION_COLUMNS = (
    "id", "name", "short_name", "description", "organization_type", "organization_status", "domains", "aliases",
)  # fmt: skip
CONFIGURATION_COLUMNS = (
    "id", "organization_id", "organization", "name", "hostname", "primary_ip", "mac_address", "default_gateway",
    "serial_number", "asset_tag", "configuration_type", "configuration_status", "manufacturer", "model",
    "operating_system", "location", "contact", "notes", "installed_at", "purchased_at", "warranty_expires_at",
    "archived", "interfaces",
)  # fmt: skip
PLAIN_COLUMNS = CONFIGURATION_COLUMNS[:-2]
TRUTH_CONFIGURATION_COLUMNS = ("configuration_id", "organization_id", "kind", "device_id")
TRUTH_DEVICE_COLUMNS = (
    "tenant_id", "device_id", "organization_id", "configuration_id", "found_by", "superseded_by", "dirt",
)  # fmt: skip
TRUTH_TENANT_COLUMNS = (
    "tenant_id",
    "organization_id",
    "display_name",
    "organization",
    "access",
    "devices",
    "elsewhere_id",
)


def interfaces_cell(interfaces: Iterable[Interface]) -> str:
    """`name|ip|mac|primary` joined by `;`."""
    return ";".join(f"{i.name}|{i.ip}|{i.mac}|{_yes_no(i.primary)}" for i in interfaces)


def _yes_no(value: bool) -> str:
    return "Yes" if value else "No"


def configuration_row(configuration: Configuration) -> list[str]:
    plain = [getattr(configuration, column) for column in PLAIN_COLUMNS]
    return [*plain, _yes_no(configuration.archived), interfaces_cell(configuration.interfaces)]


def organization_row(organization: Organization) -> list[str]:
    plain = [getattr(organization, column) for column in ORGANIZATION_COLUMNS[:-2]]
    return [*plain, ";".join(organization.domains), ";".join(organization.aliases)]


class DocumentationFiles(AbstractContextManager["DocumentationFiles"]):
    """Writes configurations as a world is built, so that they are never all in memory. `add` fits `World.build`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        (self._folder / TRUTH).mkdir(parents=True, exist_ok=True)
        self._rows = self._open(self._folder / CONFIGURATIONS, CONFIGURATION_COLUMNS)
        self._truth = self._open(self._folder / TRUTH / CONFIGURATIONS, TRUTH_CONFIGURATION_COLUMNS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _open(self, path: Path, columns: tuple[str, ...]) -> Any:
        writer = csv.writer(self._stack.enter_context(path.open("w", encoding="utf-8", newline="")))
        writer.writerow(columns)
        return writer

    def add(self, configurations: list[Configuration]) -> None:
        self._rows.writerows(configuration_row(c) for c in configurations)
        self._truth.writerows((c.id, c.organization_id, c.kind, c.device_id or "") for c in configurations)


def write_organizations(world: World, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / ORGANIZATIONS, ORGANIZATION_COLUMNS, map(organization_row, world.organizations()))


def write_truth(world: World, folder: Path) -> None:
    """What is true at the world's present step; configurations.csv beside it stays as of step 0."""
    (folder / TRUTH).mkdir(parents=True, exist_ok=True)
    _write(folder / TRUTH / "devices.csv", TRUTH_DEVICE_COLUMNS, _device_truths(world))
    _write(folder / TRUTH / "tenants.csv", TRUTH_TENANT_COLUMNS, _tenant_truths(world))


def write_world(folder: Path, size: Size) -> World:
    """Builds a world and writes all of its files."""
    with DocumentationFiles(folder) as files:
        world = World.build(size.seed, size.tenants, size.devices, size.epoch, keep=files.add)
    write_organizations(world, folder)
    write_truth(world, folder)
    return world


def _device_truths(world: World) -> Iterator[tuple[str, ...]]:
    for tenant_id, state in world.states.items():
        for device in state.devices:
            yield (
                tenant_id,
                device.id,
                device.organization_id or "",
                device.configuration_id or "",
                device.found_by,
                device.superseded_by or "",
                "+".join(device.dirt),
            )


def _tenant_truths(world: World) -> Iterator[tuple[str, ...]]:
    for state in world.states.values():
        tenant = state.tenant
        yield (
            tenant.tenant_id,
            tenant.organization_id or "",
            tenant.display_name,
            tenant.organization_name or "",
            tenant.access,
            str(len(state.devices)),
            tenant.elsewhere[0] if tenant.elsewhere else "",
        )


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
