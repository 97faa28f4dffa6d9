"""Writes a whole world: customers of very different sizes, their machines, and what nobody has any more."""

from pathlib import Path

from .customers import directory
from .dirt import LEVELS
from .files import WorldFiles
from .model import Customer, Organization
from .population import populate, someone_elses

DEVICES_PER_TENANT = 250
CONFIGURATIONS_PER_DEVICE = 1.27
FORMER_CUSTOMERS_SHARE = 0.04
"""Of all configurations, those of organizations without a tenant."""


def write_world(folder: Path, devices: int, seed: int, dirt: str = "field") -> None:
    """Deterministic in its arguments but the folder. `dirt` is a key of `LEVELS`."""
    made = directory(seed, max(1, devices // DEVICES_PER_TENANT), devices, LEVELS[dirt])
    configurations = devices * CONFIGURATIONS_PER_DEVICE
    former = int(configurations * FORMER_CUSTOMERS_SHARE / len(made.spare))
    documented = sum(c.devices for c in made.customers if c.organization_id is not None)
    each = (configurations - former * len(made.spare)) / max(1, documented)
    with WorldFiles(folder) as files:
        files.add_directory(made)
        for customer in made.customers:
            files.add(customer, populate(seed, customer, LEVELS[dirt], round(customer.devices * each)))
        for organization in made.spare:
            files.add_records(someone_elses(seed, _nobody_of(organization), former))


def _nobody_of(organization: Organization) -> Customer:
    """Who made the records of an organization without a tenant."""
    short = "".join(word[0] for word in organization.name.split()).upper()
    return Customer(
        tenant_id="",
        display_name=organization.name,
        default_domain="former.example",
        verified_domains=(),
        short_name=short,
        city="Site",
        category="no_tenant",
        organization_id=organization.id,
        organization_name=organization.name,
        devices=40,
    )
