"""One day in the life of a tenant: renames, re-installs, replacements, new machines, retired ones."""

from random import Random

from .calendar import DAY
from .chance import happens, pick, stream, weighted
from .dirt import DRIFTED_NAME, REUSED_NAME, UNDOCUMENTED
from .enrolment import Registrar, re_enrol
from .hardware import PLATFORMS, manufacture
from .model import Device, TenantState
from .naming import Namer

# Events per device and day.
RENAMED = 0.0015
RE_INSTALLED = 0.0010
REPLACED = 0.0007
ARRIVED = 0.0020
RETIRED = 0.0015
OLD_ENROLMENT_KEPT_SHARE = 0.6


def live_a_day(seed: int, state: TenantState, step: int, now: int) -> None:
    """Changes `state` in place; depends on (seed, tenant, step) and the state alone. `now` is the day's end."""
    rng = stream(seed, "day", state.tenant.index, step)
    count = len(state.devices)
    if not count:
        return
    today = _Day(rng, state, now)
    happenings = (
        (RENAMED, today.rename),
        (RE_INSTALLED, today.re_install),
        (REPLACED, today.replace),
        (ARRIVED, today.arrive),
        (RETIRED, today.retire),
    )
    for rate, happen in happenings:
        for _ in range(int(count * rate + rng.random())):
            happen()
    today.finish()


class _Day:
    def __init__(self, rng: Random, state: TenantState, now: int) -> None:
        self._rng = rng
        self._state = state
        self._now = now
        self._namer = Namer(rng, state.tenant, state.next_number)
        self._registrar: Registrar | None = None

    def rename(self) -> None:
        device = self._current()
        if device is None:
            return
        full = self._namer.by_scheme(device.hardware, pick(self._rng, self._state.staff))
        device.name = self._namer.reported(full, device.hardware)
        device.dirt = (*device.dirt, DRIFTED_NAME)

    def re_install(self) -> None:
        device = self._current()
        if device is None:
            return
        device.last_sync = max(device.last_sync, self._now - 1 - int(self._rng.random() * (DAY - 1)))
        re_enrol(self._rng, self._state, device, self._now)
        if not happens(self._rng, OLD_ENROLMENT_KEPT_SHARE):
            self._state.devices.remove(device)

    def replace(self) -> None:
        """A new machine under the old one's name."""
        old = self._current()
        if old is None:
            return
        fresh = self.arrive()
        fresh.name = old.name
        fresh.user = old.user
        fresh.dirt = (*fresh.dirt, REUSED_NAME)
        self._state.devices.remove(old)

    def arrive(self) -> Device:
        if self._registrar is None:
            self._registrar = Registrar(self._rng, self._state, self._namer, self._now)
        machine = manufacture(self._rng, weighted(self._rng, PLATFORMS), self._now // DAY - 1)
        device, _ = self._registrar.enrol(machine)
        device.silent = False
        device.dirt = (*device.dirt, UNDOCUMENTED)
        return device

    def retire(self) -> None:
        """Half of the time one that nobody uses any more."""
        silent = [device for device in self._state.devices if device.silent]
        pool = silent if silent and happens(self._rng, 0.5) else self._state.devices
        if len(self._state.devices) > 1:
            self._state.devices.remove(pick(self._rng, pool))

    def finish(self) -> None:
        self._state.next_number = self._namer.number

    def _current(self) -> Device | None:
        """A device in use, if a few tries find one."""
        for _ in range(5):
            device = pick(self._rng, self._state.devices)
            if device.superseded_by is None and not device.silent:
                return device
        return None


def sync(seed: int, state: TenantState, step: int, now: int) -> None:
    """Every device in use reports within the day before `now`."""
    rng = stream(seed, "sync", state.tenant.index, step)
    for device in state.devices:
        age = int(rng.random() ** 3 * (DAY - 1))
        if not device.silent:
            device.last_sync = max(device.enrolled, now - age)
    state.version += 1
