"""One tenant's machines with their enrolments and their documentation: where the shares of the dirt are set."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from . import dirt
from .calendar import DAY
from .chance import happens, stream, weighted
from .documentation import Clerk, own_macs
from .enrolment import Registrar, hire, re_enrol
from .hardware import PLATFORMS, comes_in_series, manufacture
from .model import Configuration, Device, FoundBy, Hardware, Tenant, TenantState
from .naming import Namer

SAME_ORDER_SHARE = 0.45
"""How often the next machine comes off the same pallet as the last."""
RE_ENROLLED_SHARE = 0.03
DUPLICATE_SHARE = 0.025
REUSED_NAME_SHARE = 0.03
ELSEWHERE_SHARE = 0.03
ABSENT_SHARE = 0.10
OTHER_SHARE = 0.12

# How a device's documentation is found; None: nobody documented it.
COMPUTERS = ((0.78, FoundBy.SERIAL), (0.085, FoundBy.MAC), (0.07, FoundBy.NAME), (0.03, FoundBy.NONE), (0.035, None))
WITHOUT_SERIAL = ((0.55, FoundBy.MAC), (0.25, FoundBy.NAME), (0.10, FoundBy.NONE), (0.10, None))
PHONES = ((0.38, FoundBy.SERIAL), (0.07, FoundBy.NAME), (0.07, FoundBy.NONE), (0.48, None))


@dataclass(slots=True)
class Population:
    state: TenantState
    configurations: list[Configuration] = field(default_factory=list)


def populate(seed: int, tenant: Tenant, epoch: int) -> Population:
    """Deterministic in its arguments. `epoch` is the world's first instant, seconds since 1970-01-01."""
    return _Builder(seed, tenant, epoch).build()


class _Builder:
    def __init__(self, seed: int, tenant: Tenant, epoch: int) -> None:
        self._rng = stream(seed, "machines", tenant.index)
        self._tenant = tenant
        self._epoch = epoch
        state = TenantState(tenant, hire(self._rng, tenant, tenant.devices))
        self._population = Population(state)
        self._namer = Namer(self._rng, tenant)
        self._registrar = Registrar(self._rng, state, self._namer, epoch)
        self._clerk = Clerk(stream(seed, "documentation", tenant.index), tenant) if tenant.organization_id else None

    def build(self) -> Population:
        state = self._population.state
        for hardware, neighbour in self._machines():
            if len(state.devices) >= self._tenant.devices:
                break
            self._machine(hardware, neighbour=neighbour)
        if self._clerk:
            self._population.configurations += self._never_enrolled(self._clerk)
        state.next_number = self._namer.number
        return self._population

    def _machines(self) -> Iterator[tuple[Hardware, bool]]:
        """Machines for ever, and whether each is the serial neighbour of the one before."""
        rng, today = self._rng, self._epoch // DAY
        previous: Hardware | None = None
        while True:
            platform = previous.platform if previous else weighted(rng, PLATFORMS)
            hardware = manufacture(rng, platform, today - int(rng.random() ** 2 * 1800), previous)
            yield hardware, previous is not None
            previous = hardware if comes_in_series(hardware) and happens(rng, SAME_ORDER_SHARE) else None

    def _machine(self, hardware: Hardware, *, neighbour: bool) -> None:
        found_by = self._found_by(hardware)
        device, full = self._registrar.enrol(hardware, distinct_name=found_by is FoundBy.NAME)
        if neighbour:
            device.dirt = (*device.dirt, dirt.NEIGHBOUR_SERIAL)
        self._population.configurations += self._records(device, full, _possible(found_by, device))
        if self._clerk and device.found_by is FoundBy.NAME:
            self._registrar.reserve(device.name)
        state = self._population.state
        if len(state.devices) < self._tenant.devices and happens(self._rng, RE_ENROLLED_SHARE):
            self._enrol_again(device)

    def _found_by(self, hardware: Hardware) -> FoundBy | None:
        if hardware.platform.is_phone:
            return weighted(self._rng, PHONES)
        return weighted(self._rng, COMPUTERS if hardware.serial else WITHOUT_SERIAL)

    def _records(self, device: Device, full: str, found_by: FoundBy | None) -> Iterator[Configuration]:
        if self._clerk is None:
            device.dirt = (*device.dirt, dirt.UNDOCUMENTED)
            return
        yield from self._own_records(self._clerk, device, full, found_by)
        took_over = not device.hardware.platform.is_phone and found_by in (None, FoundBy.SERIAL)
        if took_over and happens(self._rng, REUSED_NAME_SHARE):
            yield self._clerk.predecessor(device)

    def _own_records(
        self, clerk: Clerk, device: Device, full: str, found_by: FoundBy | None
    ) -> Iterator[Configuration]:
        if found_by is FoundBy.SERIAL and self._tenant.elsewhere and happens(self._rng, ELSEWHERE_SHARE):
            if moved := clerk.elsewhere(device):
                yield moved
        elif found_by is None:
            device.dirt = (*device.dirt, dirt.UNDOCUMENTED)
        else:
            configuration = clerk.document(device, full, found_by)
            yield configuration
            if found_by is not FoundBy.NONE and happens(self._rng, DUPLICATE_SHARE):
                yield clerk.duplicate(configuration, device)

    def _enrol_again(self, old: Device) -> None:
        fresh = re_enrol(self._rng, self._population.state, old, self._epoch - int(self._rng.random() * 3 * DAY))
        old.enrolled = min(old.enrolled, fresh.enrolled - 20 * DAY)
        old.last_sync = min(max(old.enrolled, old.last_sync), fresh.enrolled - DAY)

    def _never_enrolled(self, clerk: Clerk) -> Iterator[Configuration]:
        """What is documented and no tenant shows; a tenant that can't be read has its machines here."""
        count, today = self._tenant.devices or 8, self._epoch // DAY
        namer = Namer(self._rng, self._tenant, self._namer.number)
        for _ in range(1 + int(count * ABSENT_SHARE)):
            yield clerk.absent(namer, today)
        for _ in range(2 + int(count * OTHER_SHARE)):
            yield clerk.other(today)
        self._namer.number = namer.number


def _possible(found_by: FoundBy | None, device: Device) -> FoundBy | None:
    """What was meant, as far as the dirt of this enrolment still allows it."""
    usable_serial = dirt.JUNK_SERIAL not in device.dirt
    if found_by is FoundBy.SERIAL and not usable_serial:
        found_by = FoundBy.MAC
    if found_by is FoundBy.MAC and not own_macs(device):
        return FoundBy.SERIAL if usable_serial else FoundBy.NONE
    return found_by
