"""The faults that are switched on, and their dice."""

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from aiohttp import web

from matchbook_local.emulator.clock import Clock
from matchbook_local.emulator.world.model import Tenant

from .base import Early, Fault, FaultError, Late, Parameters, Strike
from .call import Call, Faults
from .clocks import ClockSkew
from .connections import CutOff
from .registry import fault_of

FindTenant = Callable[[str], Tenant | None]
OK = 200


class Switched:
    """One fault that is on. Its dice depend on the seed, on its place among the faults and on the call, and not on what
    is going on beside it: the same calls of a tenant meet the same faults in every run.
    """

    def __init__(self, fault: Parameters, tenants: frozenset[str], dice: str) -> None:
        self.fault = fault
        self.struck = 0
        """How many calls it has struck so far."""
        self._tenants = tenants
        self._dice = dice
        self._met: Counter[tuple[Any, ...]] = Counter()
        self._bursts: Counter[str | None] = Counter()

    def chance(self, call: Call) -> Random | None:
        """Further dice for a call that is struck; None for one that is spared."""
        fault = self.fault
        if not isinstance(fault, Fault) or (self._tenants and call.tenant_id not in self._tenants):
            return None
        if not fault.fits(call) or (fault.times is not None and self.struck >= fault.times):
            return None
        key = (call.tenant_id, call.path, call.page)
        self._met[key] += 1
        chance = Random(f"{self._dice} {key} {self._met[key]}")  # noqa: S311 - dice, not secrets
        if not self._hits(fault, call.tenant_id, chance):
            return None
        self.struck += 1
        return chance

    def _hits(self, fault: Fault, tenant_id: str | None, chance: Random) -> bool:
        if self._bursts[tenant_id]:
            self._bursts[tenant_id] -= 1
            return True
        hit = chance.random() < fault.probability
        if hit:
            self._bursts[tenant_id] = fault.burst - 1
        return hit

    def described(self) -> dict[str, Any]:
        return {**self.fault.described(), "struck": self.struck}


class FaultSwitch:
    """Switches faults on and off while the emulator runs. `own` are faults of a test's own, which every call passes
    before these.
    """

    def __init__(self, find_tenant: FindTenant, clock: Clock, own: Faults | None = None) -> None:
        self.seed = 1
        self._find_tenant = find_tenant
        self._clock = clock
        self._own = own
        self._all: list[Switched] = []
        self._early: list[Switched] = []
        self._late: list[Switched] = []

    def replace(self, faults: Iterable[Parameters], seed: int | None = None) -> None:
        """These and no others. Raises FaultError, and changes nothing, where a tenant is not there."""
        seed = self.seed if seed is None else seed
        switched = [self._switched(fault, number, seed) for number, fault in enumerate(faults)]
        self.seed = seed
        self._set(switched)

    def add(self, name: str, **parameters: Any) -> Switched:
        """One more, behind those that are on."""
        switched = self._switched(fault_of({"name": name, **parameters}), len(self._all), self.seed)
        self._set([*self._all, switched])
        return switched

    def clear(self) -> None:
        self._set([])

    def described(self) -> dict[str, Any]:
        return {"seed": self.seed, "faults": [switched.described() for switched in self._all]}

    async def before(self, call: Call) -> web.Response | None:
        """What the caller gets instead of the real answer, if anything; may raise GraphError or RefusedError."""
        answer = await self._own.before(call) if self._own is not None else None
        for switched in self._early:
            if answer is not None:
                break
            chance = switched.chance(call)
            if chance is not None and isinstance(switched.fault, Early):
                answer = await switched.fault.answer(Strike(call, chance, self._clock))
        return answer

    async def after(self, call: Call, response: web.Response) -> web.Response:
        """What the caller gets in place of a real answer; only successes are spoiled."""
        if self._own is not None:
            response = await self._own.after(call, response)
        for switched in self._late:
            if response.status != OK or isinstance(response, CutOff):
                break
            chance = switched.chance(call)
            if chance is not None and isinstance(switched.fault, Late):
                response = switched.fault.changed(Strike(call, chance, self._clock), response)
        return response

    def _switched(self, fault: Parameters, number: int, seed: int) -> Switched:
        names = fault.tenant if isinstance(fault, Fault) else ()
        return Switched(fault, frozenset(map(self._tenant_id, names)), f"{seed} {number} {fault.name}")

    def _tenant_id(self, name: str) -> str:
        tenant = self._find_tenant(name)
        if tenant is None:
            raise FaultError(f"tenant: there is no tenant {name!r}")
        return tenant.tenant_id

    def _set(self, switched: list[Switched]) -> None:
        self._all = switched
        self._early = [one for one in switched if isinstance(one.fault, Early)]
        self._late = [one for one in switched if isinstance(one.fault, Late)]
        skews = [one.fault for one in switched if isinstance(one.fault, ClockSkew)]
        self._clock.shift = sum(skew.seconds for skew in skews)
        self._clock.believes = any(skew.assertions == "accepted" for skew in skews)
