"""How one customer names its machines."""

from collections import Counter
from random import Random

from matchbook_local.emulator.world.chance import happens, pick, weighted
from matchbook_local.emulator.world.model import Hardware, Platform, Staff
from matchbook_local.emulator.world.naming import ALPHABET, NETBIOS_LENGTH
from matchbook_local.emulator.world.pools import DEPARTMENTS, slug

GENERIC = ("Reception", "Laptop", "PC1", "PC2", "Server", "Office", "Notebook", "Frontdesk", "Workstation", "Empfang")
DEFAULT_SHARE = 0.07
SCHEMES = (
    (0.19, "numbered"),
    (0.26, "company"),
    (0.13, "serial"),
    (0.17, "user"),
    (0.11, "place"),
    (0.11, "default"),
    (0.03, "generic"),
)
__all__ = ["GENERIC", "NETBIOS_LENGTH", "Namer", "default_name"]


def default_name(rng: Random) -> str:
    kind = "LAPTOP" if happens(rng, 0.3) else "DESKTOP"
    return f"{kind}-{''.join(pick(rng, ALPHABET) for _ in range(7))}"


class Namer:
    """Numbers and users' names are not given twice, whatever a person or a telephone calls itself."""

    def __init__(self, rng: Random, short_name: str, city: str) -> None:
        self._rng = rng
        self._short = short_name
        self._city = slug(city).upper()[:6] or "SITE"
        self._scheme = weighted(rng, SCHEMES)
        self._form = pick(rng, ("{}-{:03d}", "{}{:03d}", "{}-{:02d}", "{}-{:04d}"))
        self._user_form = pick(rng, ("{}-LT", "{}-PC", "LT-{}", "{}"))
        self._number = int(rng.random() * 40)
        self._given: Counter[str] = Counter()

    def name(self, hardware: Hardware, user: Staff) -> tuple[str, bool]:
        """The name, and whether it tells the machine from others."""
        first, kind = user.name.split()[0], hardware.model.split()[0]
        match hardware.platform:
            case Platform.ANDROID:
                return f"{user.login}_AndroidForWork_{self._moment()}", False
            case Platform.IOS:
                return (kind if happens(self._rng, 0.5) else f"{first}’s {kind}"), False  # noqa: RUF001 - as iOS has it
            case Platform.MACOS if happens(self._rng, 0.5):
                return pick(self._rng, (f"{first}s {hardware.model}", f"{first}s-{hardware.model}")), False
            case Platform.WINDOWS if happens(self._rng, DEFAULT_SHARE):
                return default_name(self._rng), True
            case _:
                return self._by_scheme(hardware, user)

    def old_name(self, hardware: Hardware) -> str:
        """A name that no other machine has."""
        return self._numbered(hardware) if happens(self._rng, 0.8) else default_name(self._rng)

    def _by_scheme(self, hardware: Hardware, user: Staff) -> tuple[str, bool]:
        match self._scheme:
            case "serial" if hardware.serial and " " not in hardware.serial:
                return f"{self._short}-{hardware.serial}", True
            case "user":
                return self._counted(self._user_form.format(user.login.upper())), True
            case "place":
                return f"{self._city}-{self._next():03d}-{pick(self._rng, DEPARTMENTS)}", True
            case "default":
                return default_name(self._rng), True
            case "generic":
                return pick(self._rng, GENERIC), False
            case _:
                return self._numbered(hardware), True

    def _numbered(self, hardware: Hardware) -> str:
        kind = "PC" if any(word in hardware.model for word in ("OptiPlex", "ProDesk", "Centre", "DS3H")) else "LT"
        name = self._form.format(kind, self._next())
        return name if self._scheme == "numbered" else f"{self._short}-{name}"

    def _counted(self, name: str) -> str:
        self._given[name] += 1
        return name if self._given[name] == 1 else f"{name}{self._given[name]}"

    def _next(self) -> int:
        """Mostly the next number; sometimes some are left out."""
        self._number += 1 if happens(self._rng, 0.8) else 2 + int(self._rng.random() * 5)
        return self._number

    def _moment(self) -> str:
        month, day, hour = (1 + int(self._rng.random() * n) for n in (12, 28, 12))
        half = "PM" if happens(self._rng, 0.6) else "AM"
        return f"{month}/{day}/202{int(self._rng.random() * 6)}_{hour}:{int(self._rng.random() * 60):02d} {half}"
