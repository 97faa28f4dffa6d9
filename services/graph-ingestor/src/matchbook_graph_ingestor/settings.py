"""The service's settings."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from matchbook_servicekit.app import ServiceSettings
from pydantic import Field, HttpUrl, field_validator

from matchbook_graph_ingestor.adapters.credentials import CredentialFiles


class IngestorSettings(ServiceSettings):
    """What the ingestor reads from the environment beside what every service does. Times are seconds."""

    service_name: ClassVar[str] = "graph-ingestor"

    graph_url: str = "https://graph.microsoft.com"
    login_url: str = "https://login.microsoftonline.com"
    partner_tenant_id: str = ""
    client_id: str = Field(min_length=1)
    certificate_file: Path | None = None
    federated_token_file: Path | None = None
    client_secret_file: Path | None = None
    allow_client_secret: bool = False
    ca_file: Path | None = None
    sync_interval_seconds: int = Field(default=3600, ge=1)
    sync_devices_by_default: bool = True

    sweep_concurrency: int = Field(default=8, ge=1, le=64)
    sweeps_ahead: int = Field(default=256, ge=1)
    stuck_sweep_seconds: int = Field(default=900, ge=1)
    graph_page_size: int = Field(default=1000, ge=1, le=1000)
    graph_attempts: int = Field(default=5, ge=1)
    graph_first_pause_seconds: float = Field(default=0.5, gt=0)
    graph_longest_pause_seconds: float = Field(default=60.0, gt=0)
    graph_timeout_seconds: float = Field(default=60.0, gt=0)
    graph_largest_page_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
    detail_reads_per_second: float = Field(default=50.0, ge=0)
    detail_reread_seconds: int = Field(default=7 * 24 * 3600, ge=0)
    detail_concurrency: int = Field(default=8, ge=1)
    retirement_share: float = Field(default=0.3, ge=0, le=1)
    retirement_at_least: int = Field(default=10, ge=0)
    retirement_checks_per_sweep: int = Field(default=1000, ge=1)
    last_sync_refresh_seconds: int = Field(default=24 * 3600, ge=1)

    @field_validator("graph_url", "login_url")
    @classmethod
    def _https_without_path(cls, value: str) -> str:
        url = HttpUrl(value)
        if url.scheme != "https" or (url.path or "/") != "/" or url.query or url.fragment or url.username:
            raise ValueError("must be like https://host or https://host:port, without a path")
        return value.rstrip("/")

    @field_validator("certificate_file", "federated_token_file", "client_secret_file", mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def credential_files(self) -> CredentialFiles:
        """Where the application's credential is."""
        return CredentialFiles(
            self.certificate_file, self.federated_token_file, self.client_secret_file, self.allow_client_secret
        )

    @property
    def detail_reread(self) -> timedelta:
        """How long after it was read by its id an unmatched device is read so again; zero for never."""
        return timedelta(seconds=self.detail_reread_seconds)

    @property
    def last_sync_refresh(self) -> timedelta:
        """How much later a last sync must be to be published although nothing else changed."""
        return timedelta(seconds=self.last_sync_refresh_seconds)
