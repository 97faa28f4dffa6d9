"""The whole world: who is in it, what is enrolled now, and how it moves on."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from .calendar import DAY, DEFAULT_EPOCH, seconds_of
from .evolution import live_a_day, sync
from .model import Configuration, Organization, Person, Tenant, TenantState
from .population import populate
from .tenants import customer_tenants, home_people, home_tenant, organizations

Keep = Callable[[list[Configuration]], None]


@dataclass(frozen=True, slots=True)
class Size:
    """What a world is made from. Equal sizes give equal worlds, byte for byte."""

    seed: int = 1
    tenants: int = 40
    devices: int = 2_000
    epoch: date = DEFAULT_EPOCH


@dataclass(slots=True)
class World:
    size: Size
    home: Tenant
    people: tuple[Person, ...]
    states: dict[str, TenantState]
    """By tenant id, in the order of the partner's customer list."""
    step: int = 0
    """Days since the epoch."""
    _domains: dict[str, str] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        seed: int = 1,
        tenants: int = 40,
        devices: int = 2_000,
        epoch: date = DEFAULT_EPOCH,
        keep: Keep | None = None,
    ) -> "World":
        """`keep` receives each tenant's configurations, which the world itself does not hold on to."""
        size = Size(seed, tenants, devices, epoch)
        start = seconds_of(epoch)
        home = home_tenant(seed, start)
        world = cls(size, home, home_people(seed, home), {})
        with _without_collector():
            for tenant in customer_tenants(seed, tenants, devices, start):
                population = populate(seed, tenant, start)
                world.states[tenant.tenant_id] = population.state
                if keep:
                    keep(population.configurations)
        world._domains = {domain: t.tenant_id for t in world.tenants for domain in (*t.domains, t.initial_domain)}
        return world

    @property
    def tenants(self) -> list[Tenant]:
        """Home first, then the customers."""
        return [self.home, *(state.tenant for state in self.states.values())]

    @property
    def customers(self) -> list[Tenant]:
        return self.tenants[1:]

    @property
    def now(self) -> int:
        """Seconds since 1970-01-01 in UTC."""
        return seconds_of(self.size.epoch) + self.step * DAY

    @property
    def device_count(self) -> int:
        return sum(len(state.devices) for state in self.states.values())

    def find_tenant(self, name: str) -> Tenant | None:
        """By tenant id or by any of its domains."""
        tenant_id = self._domains.get(name.lower(), name.lower())
        if tenant_id == self.home.tenant_id:
            return self.home
        state = self.states.get(tenant_id)
        return state.tenant if state else None

    def organizations(self) -> Iterator[Organization]:
        return organizations(self.size.seed, self.customers)

    def documentation(self) -> Iterator[list[Configuration]]:
        """The configurations of step 0, tenant by tenant, made again."""
        for tenant in self.customers:
            yield populate(self.size.seed, tenant, seconds_of(self.size.epoch)).configurations

    def advance(self, days: int) -> None:
        """Three single days and three days at once lead to the same world."""
        for _ in range(days):
            self.step += 1
            for state in self.states.values():
                live_a_day(self.size.seed, state, self.step, self.now)
        if days > 0:
            for state in self.states.values():
                sync(self.size.seed, state, self.step, self.now)


class _without_collector:  # noqa: N801 - reads as a context manager
    """Half a million new objects and no garbage: the cyclic collector would only walk them again and again."""

    def __enter__(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was_enabled:
            gc.enable()
