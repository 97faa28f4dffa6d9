"""The writer's settings: those of every service, and its own."""

from pathlib import Path
from typing import ClassVar

from matchbook_servicekit.app import ServiceSettings
from pydantic import Field, HttpUrl, field_validator


class Settings(ServiceSettings):
    """Read from the environment, prefix MATCHBOOK_. `expiry_seconds` between two looks for ignores that have ended.

    IT Glue is read where `it_glue_api_key_file` names a file with an API key: what changed, every
    `it_glue_interval_seconds`; the whole, every `it_glue_whole_read_seconds`; with at most `it_glue_budget` requests in
    any five minutes.
    """

    service_name: ClassVar[str] = "configuration-writer"

    expiry_seconds: float = Field(default=15.0, gt=0)
    ca_file: Path | None = None
    it_glue_api_key_file: Path | None = None
    it_glue_url: str = "https://api.itglue.com"
    it_glue_interval_seconds: float = Field(default=300.0, gt=0)
    it_glue_whole_read_seconds: float = Field(default=24 * 3600.0, gt=0)
    it_glue_page_size: int = Field(default=1000, ge=1, le=1000)
    it_glue_budget: int = Field(default=3000, ge=1, le=3000)

    @field_validator("it_glue_url")
    @classmethod
    def _https_without_path(cls, value: str) -> str:
        url = HttpUrl(value)
        if url.scheme != "https" or (url.path or "/") != "/" or url.query or url.fragment or url.username:
            raise ValueError("must be like https://host or https://host:port, without a path")
        return value.rstrip("/")
