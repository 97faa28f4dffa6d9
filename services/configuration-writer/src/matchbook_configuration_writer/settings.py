"""The writer's settings: those of every service."""

from typing import ClassVar

from matchbook_servicekit.app import ServiceSettings


class Settings(ServiceSettings):
    """Read from the environment, prefix MATCHBOOK_."""

    service_name: ClassVar[str] = "configuration-writer"
