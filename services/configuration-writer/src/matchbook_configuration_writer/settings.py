"""The writer's settings: those of every service, and its own."""

from typing import ClassVar

from matchbook_servicekit.app import ServiceSettings
from pydantic import Field


class Settings(ServiceSettings):
    """Read from the environment, prefix MATCHBOOK_. `expiry_seconds` between two looks for ignores that have ended."""

    service_name: ClassVar[str] = "configuration-writer"

    expiry_seconds: float = Field(default=15.0, gt=0)
