"""A Microsoft cloud on one machine: the identity platform and Graph, over a seeded world of tenants and devices."""

from .server import Emulator, Options, running_emulator
from .world import World

__all__ = ["Emulator", "Options", "World", "running_emulator"]
