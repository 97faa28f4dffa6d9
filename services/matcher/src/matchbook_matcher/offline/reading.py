"""Reads the files into the facts that the domain compares, by tenant and by organization."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import click
from matchbook_contracts.identity import normalise_mac

from matchbook_matcher.domain.forms import serial_key, serial_variant
from matchbook_matcher.domain.records import ConfigurationFacts, DeviceFacts, in_lines
from matchbook_matcher.domain.tenants import Organization, Tenant
from matchbook_matcher.offline.ids import Ids
from matchbook_matcher.offline.lines import (
    Advance,
    ConfigurationLine,
    DeviceLine,
    FaultyLine,
    LinkLine,
    OrganizationLine,
    TenantLine,
    read,
)

Progress = Callable[[str, int], AbstractContextManager[Advance]]
"""Shows a piece of work, given its name and its size."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where everything is read from."""

    devices: Path
    configurations: Path
    tenants: Path | None = None
    organizations: Path | None = None
    links: Path | None = None


@dataclass(slots=True)
class Inputs:
    """What the files say. Ids are texts; the empty one is the tenant, or the organization, of lines that name none."""

    devices: defaultdict[str, list[DeviceFacts]] = field(default_factory=lambda: defaultdict(list))
    """By tenant."""
    configurations: defaultdict[str, list[ConfigurationFacts]] = field(default_factory=lambda: defaultdict(list))
    """By organization."""
    tenants: dict[str, Tenant] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)
    links: dict[str, str] | None = None
    """Organization by tenant; None without a file of links."""
    device_ids: Ids = field(default_factory=Ids)
    configuration_ids: Ids = field(default_factory=Ids)
    tenant_ids: Ids = field(default_factory=Ids)
    organization_ids: Ids = field(default_factory=Ids)


def read_inputs(files: Files, progress: Progress) -> Inputs:
    """Everything, with a tenant and an organization for each that is only mentioned. Raises FaultyLine, OSError.

    Warns of what is passed over since it speaks of the unknown.
    """
    inputs = Inputs()
    for path, take in (
        (files.tenants, _take_tenants),
        (files.organizations, _take_organizations),
        (files.links, _take_links),
        (files.devices, _take_devices),
        (files.configurations, _take_configurations),
    ):
        if path is not None:
            with progress(f"Reading {path}", path.stat().st_size) as advance:
                take(path, inputs, advance)
    for what, first, count in _unknown(inputs, files):
        click.echo(f"Warning: {what}: {count}, the first {first}.", err=True)
    for tenant in inputs.devices:
        inputs.tenants.setdefault(tenant, Tenant(tenant, ""))
    for organization in inputs.configurations:
        inputs.organizations.setdefault(organization, Organization(organization, organization))
    return inputs


def _unknown(inputs: Inputs, files: Files) -> Iterator[tuple[str, str, int]]:
    """What is passed over: a kind of lines, the first of them, and how many there are."""
    links = inputs.links or {}
    organizations = inputs.organizations.keys() | inputs.configurations.keys() | {""}
    found = {
        "links of tenants that no other file has": [
            f"of tenant {tenant}" for tenant in links if tenant not in inputs.tenants and tenant not in inputs.devices
        ],
        "links with organizations that no other file has": [
            f"with organization {organization}" for organization in links.values() if organization not in organizations
        ],
        f"configurations of organizations that {files.organizations} does not have": [
            f"{facts.configuration_id} of organization {organization}"
            for organization, documented in inputs.configurations.items()
            if files.organizations is not None and organization and organization not in inputs.organizations
            for facts in documented
        ],
    }
    yield from ((what, named[0], len(named)) for what, named in found.items() if named)


def _take_tenants(path: Path, inputs: Inputs, advance: Advance) -> None:
    for number, line in read(path, TenantLine, advance):
        key = inputs.tenant_ids.text(line.tenant_id)
        if key in inputs.tenants:
            raise _twice(path, number, f"tenant {key}")
        domains = dict.fromkeys(filter(None, (line.default_domain, *line.verified_domains)))
        inputs.tenants[key] = Tenant(key, line.display_name or "", tuple(domains))


def _take_organizations(path: Path, inputs: Inputs, advance: Advance) -> None:
    for number, line in read(path, OrganizationLine, advance):
        key = inputs.organization_ids.text(line.id)
        if key in inputs.organizations:
            raise _twice(path, number, f"organization {key}")
        inputs.organizations[key] = Organization(key, line.name or key)


def _take_links(path: Path, inputs: Inputs, advance: Advance) -> None:
    inputs.links = {}
    for number, line in read(path, LinkLine, advance):
        tenant = inputs.tenant_ids.text(line.tenant_id)
        organization = inputs.organization_ids.text(line.organization_id)
        if inputs.links.setdefault(tenant, organization) != organization:
            raise FaultyLine(path, number, f"tenant {tenant} is linked with organization {inputs.links[tenant]} before")


def _take_devices(path: Path, inputs: Inputs, advance: Advance) -> None:
    seen: set[tuple[str, str]] = set()
    for number, line in read(path, DeviceLine, advance):
        tenant, device = inputs.tenant_ids.text(line.tenant_id), inputs.device_ids.text(line.id)
        if (tenant, device) in seen:
            raise _twice(path, number, f"device {device}")
        seen.add((tenant, device))
        inputs.devices[tenant].append(_device(line, tenant, device))


def _take_configurations(path: Path, inputs: Inputs, advance: Advance) -> None:
    seen: set[str] = set()
    for number, line in read(path, ConfigurationLine, advance):
        configuration = inputs.configuration_ids.text(line.id)
        if configuration in seen:
            raise _twice(path, number, f"configuration {configuration}")
        seen.add(configuration)
        organization = inputs.organization_ids.text(line.organization_id)
        inputs.configurations[organization].append(_configuration(line, configuration, organization))


def _twice(path: Path, number: int, what: str) -> FaultyLine:
    return FaultyLine(path, number, f"{what} has a line before this one")


def _device(line: DeviceLine, tenant: str, device: str) -> DeviceFacts:
    synced = line.last_sync_date_time
    if synced is not None and synced.tzinfo is None:
        synced = synced.replace(tzinfo=UTC)
    return DeviceFacts(
        tenant_id=tenant,
        device_id=device,
        name=line.device_name,
        serial=line.serial_number,
        serial_key=serial_key(line.serial_number),
        wifi=normalise_mac(line.wi_fi_mac_address),
        ethernet=normalise_mac(line.ethernet_mac_address),
        model=line.model,
        last_sync=0.0 if synced is None else synced.timestamp(),
        people=in_lines((line.user_principal_name, line.email_address, line.user_display_name)) or None,
        system=line.operating_system,
        maker=line.manufacturer,
    )


def _configuration(line: ConfigurationLine, configuration: str, organization: str) -> ConfigurationFacts:
    key = serial_key(line.serial_number)
    return ConfigurationFacts(
        configuration_id=configuration,
        organization_id=organization,
        name=line.name or "",
        hostname=line.hostname,
        serial=line.serial_number,
        serial_key=key,
        variant=None if key is None else serial_variant(key),
        macs=tuple(filter(None, map(normalise_mac, line.mac_addresses))),
        model=line.model,
        people=in_lines((line.primary_user, line.contact)) or None,
        type=line.type,
        maker=line.manufacturer,
    )
