"""A seeded, realistic service provider: its customers' tenants, their devices, and what is documented of them."""

from .model import Access, Configuration, Device, FoundBy, Kind, Tenant, TenantState
from .world import Size, World

__all__ = ["Access", "Configuration", "Device", "FoundBy", "Kind", "Size", "Tenant", "TenantState", "World"]
