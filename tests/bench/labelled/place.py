"""One customer's people, docks, habits and machines so far."""

from random import Random

from matchbook_local.emulator.world.chance import guid, happens, hexadecimal, pick
from matchbook_local.emulator.world.hardware import DOCK_OUIS, mac_address
from matchbook_local.emulator.world.model import Staff
from matchbook_local.emulator.world.pools import pools, slug

from .model import Case, Customer
from .naming import Namer

DESKS_PER_DOCK = 15
HOUSE_JUNK_SHARE = 0.06
HOUSE_JUNK_LEAST = 40
READ_BY_ID_SHARE = 0.45
LOOKS_BACK = 60


class Place:
    def __init__(self, rng: Random, customer: Customer) -> None:
        self.rng = rng
        self.customer = customer
        self.local_domain = pick(rng, (f"{customer.short_name.lower()}.local", "ad.local", customer.default_domain))
        self.staff = _hire(rng, customer)
        self.docks = [mac_address(rng, DOCK_OUIS) for _ in range(1 + len(self.staff) // DESKS_PER_DOCK)]
        self.namer = Namer(rng, customer.short_name, customer.city)
        self.reads_ethernet = happens(rng, READ_BY_ID_SHARE)
        """Graph's lists have no wired address; who reads each device by its id has it."""
        self.cases: list[Case] = []
        self._given: set[str] = set()
        built_here = customer.devices >= HOUSE_JUNK_LEAST and happens(rng, HOUSE_JUNK_SHARE)
        self.house_junk = f"{customer.short_name}-{hexadecimal(rng, 4)}" if built_here else None

    def is_new(self, name: str) -> bool:
        """Whether no machine got this name before; what is left of two long names may be the same."""
        known = name.casefold() in self._given
        self._given.add(name.casefold())
        return not known

    def earlier(self) -> Case | None:
        """One of the last documented machines before this one."""
        return pick(self.rng, self.cases[-LOOKS_BACK:]) if self.cases else None


def _hire(rng: Random, customer: Customer) -> list[Staff]:
    """Three people for four machines."""
    words, taken, staff = pools(), dict[str, int](), []
    for _ in range(max(2, customer.devices * 3 // 4)):
        first, last = pick(rng, words.first_names), pick(rng, words.last_names)
        login = f"{slug(first)[:1]}{slug(last)}"
        taken[login] = taken.get(login, 0) + 1
        login = login if taken[login] == 1 else f"{login}{taken[login]}"
        staff.append(Staff(guid(rng), f"{first} {last}", login, customer.default_domain))
    return staff
