"""How customers name their machines, and what becomes of the names on the way to Intune."""

from enum import Enum, auto
from random import Random

from .chance import happens, pick, stream, weighted
from .dirt import ANDROID_NAME, DEFAULT_NAME, FQDN_NAME, TRUNCATED_NAME
from .model import Hardware, Platform, Staff, Tenant
from .pools import DEPARTMENTS, slug

NETBIOS_LENGTH = 15
DEFAULT_NAME_SHARE = 0.08
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


class Scheme(Enum):
    NUMBERED = auto()
    BY_SERIAL = auto()
    BY_USER = auto()
    BY_PLACE = auto()
    DEFAULT = auto()


SCHEMES = (
    (0.38, Scheme.NUMBERED),
    (0.16, Scheme.BY_SERIAL),
    (0.22, Scheme.BY_USER),
    (0.10, Scheme.BY_PLACE),
    (0.14, Scheme.DEFAULT),
)


class Namer:
    """Names for one tenant's machines; `number` is the next of the customer's running numbers."""

    def __init__(self, rng: Random, tenant: Tenant, number: int = 1) -> None:
        self._rng = rng
        self._tenant = tenant
        self.number = number
        self.scheme = weighted(stream(tenant.tenant_id, "naming"), SCHEMES)
        self._place = slug(tenant.city).upper()[:9] or "SITE"

    def full_name(self, hardware: Hardware, user: Staff, enrolled: str) -> str:
        """The name its owner gave it, before any truncation. `enrolled` is yyyy-mm-ddThh:mm:ssZ."""
        match hardware.platform:
            case Platform.ANDROID:
                return f"{user.login}_AndroidForWork_{_american(enrolled)}"
            case Platform.IOS:
                kind = hardware.model.split()[0]
                return kind if happens(self._rng, 0.4) else f"{user.name.split()[0]}’s {kind}"  # noqa: RUF001 - as iOS writes it
            case Platform.MACOS if happens(self._rng, 0.5):
                return f"{user.name.split()[0]}’s {hardware.model}"  # noqa: RUF001 - as macOS writes it
            case Platform.WINDOWS if happens(self._rng, DEFAULT_NAME_SHARE):
                return self._default(hardware)
            case _:
                return self.by_scheme(hardware, user)

    def by_scheme(self, hardware: Hardware, user: Staff) -> str:
        prefix = self._tenant.short_name
        match self.scheme:
            case Scheme.BY_SERIAL if hardware.serial and " " not in hardware.serial:
                return f"{prefix}-{hardware.serial}"
            case Scheme.BY_USER:
                return f"{prefix}-{user.login.upper()}"
            case Scheme.BY_PLACE:
                return f"{self._place}-{pick(self._rng, DEPARTMENTS)}-{self._next():03d}"
            case Scheme.DEFAULT:
                return self._default(hardware)
            case _:
                return self.numbered(hardware)

    def numbered(self, hardware: Hardware) -> str:
        """Never given twice in a tenant."""
        return f"{self._tenant.short_name}-{_form(hardware)}-{self._next():03d}"

    def _next(self) -> int:
        self.number += 1
        return self.number - 1

    def _default(self, hardware: Hardware) -> str:
        kind = "LAPTOP" if _form(hardware) == "LT" and happens(self._rng, 0.4) else "DESKTOP"
        return f"{kind}-{''.join(pick(self._rng, ALPHABET) for _ in range(7))}"

    def reported(self, full: str, hardware: Hardware) -> str:
        """The name as Intune has it: Windows cuts at 15 characters, others sometimes add their domain."""
        if hardware.platform is Platform.WINDOWS:
            return full[:NETBIOS_LENGTH].rstrip("-")
        if hardware.platform is Platform.LINUX and happens(self._rng, 0.4):
            return f"{full.lower()}.{self._tenant.domains[0]}"
        if hardware.platform is Platform.MACOS and "’" not in full and happens(self._rng, 0.3):  # noqa: RUF001 - as above
            return f"{full}.local"
        return full


def name_dirt(full: str, reported: str, platform: Platform) -> list[str]:
    checks = (
        (DEFAULT_NAME, reported.startswith(("DESKTOP-", "LAPTOP-"))),
        (TRUNCATED_NAME, len(reported) < len(full) and full.startswith(reported)),
        (FQDN_NAME, len(reported) > len(full)),
        (ANDROID_NAME, platform is Platform.ANDROID),
    )
    return [label for label, applies in checks if applies]


def _form(hardware: Hardware) -> str:
    if hardware.platform is Platform.MACOS:
        return "MB"
    desktop = any(
        word in hardware.model for word in ("OptiPlex", "ProDesk", "ThinkCentre", "B550M", "Default", "Filled")
    )
    return "DT" if desktop else "LT"


def _american(enrolled: str) -> str:
    """3/4/2024_2:11 PM, as Intune composes it for Android Enterprise."""
    hour = int(enrolled[11:13])
    clock = f"{hour % 12 or 12}:{enrolled[14:16]} {'PM' if hour >= 12 else 'AM'}"  # noqa: PLR2004 - noon
    return f"{int(enrolled[5:7])}/{int(enrolled[8:10])}/{enrolled[:4]}_{clock}"
