"""IT Glue's API on this machine: organizations, configurations and interfaces, with its limits, errors and faults."""

from .faults import Fault, Faults
from .limit import Limit
from .server import KEY, ItGlueEmulator, running_it_glue
from .world import Account

__all__ = ["KEY", "Account", "Fault", "Faults", "ItGlueEmulator", "Limit", "running_it_glue"]
