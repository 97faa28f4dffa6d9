"""The gateway's settings, from the environment."""

from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from matchbook_servicekit.app import ServiceSettings
from pydantic import Field, SecretStr


class GatewaySettings(ServiceSettings):
    """What the gateway needs beyond what every service reads.

    `public_url` is where browsers reach it, and decides whether cookies are `Secure`; `session_secret` keys the hashes
    under which sessions are stored. Times are seconds, sizes bytes.
    """

    service_name: ClassVar[str] = "api-gateway"

    login_url: str = "https://login.microsoftonline.com"
    home_tenant_id: str
    client_id: str
    certificate_file: Path
    ca_file: Path | None = None
    public_url: str
    session_secret: SecretStr = Field(min_length=16)
    session_seconds: int = Field(default=12 * 3600, ge=60)
    command_timeout_seconds: float = Field(default=8.0, gt=0)
    largest_file: int = Field(default=100 * 1024 * 1024, ge=1)
    static_folder: Path = Path(__file__).parent / "static"

    @property
    def secure(self) -> bool:
        """Whether browsers come over TLS."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def cookie_name(self) -> str:
        # The prefix binds the cookie to this host, but browsers refuse it without TLS.
        return "__Host-matchbook" if self.secure else "matchbook"

    @property
    def sign_in_cookie_name(self) -> str:
        return f"{self.cookie_name}-sign-in"

    @property
    def redirect_uri(self) -> str:
        return f"{self.public_url.rstrip('/')}/auth/callback"
