"""The service's settings."""

from pathlib import Path
from typing import ClassVar

from matchbook_servicekit.app import ServiceSettings
from pydantic import Field


class MatcherSettings(ServiceSettings):
    """What the matcher reads from the environment beside what every service does. Times are seconds.

    What changed is evaluated once nothing more came for `quiet_seconds`, and after `patience_seconds` in any case. An
    evaluation that took long is repeated only after `rest_factor` times as long, so that a stream of changes to a
    large organization costs a bounded share of the processor.
    """

    service_name: ClassVar[str] = "matcher"

    weights_file: Path | None = None
    hygiene_file: Path | None = None
    quiet_seconds: float = Field(default=0.1, ge=0)
    patience_seconds: float = Field(default=2.0, ge=0)
    rest_factor: float = Field(default=4.0, ge=0)
    bundle: int = Field(default=16, ge=1, description="organizations evaluated in one transaction")
    kept_records: int = Field(default=200_000, ge=0, description="devices and configurations kept in memory")
    batch: int = Field(default=2000, ge=1, description="records consumed in one transaction")
