"""A year of sweeps in virtual time: customers who live, a Microsoft that errs, and the ingestor's own rules.

What the service keeps in PostgreSQL is a dictionary here; what is decided is decided by the service's domain.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heapify, heapreplace
from random import Random

from matchbook_graph_ingestor.domain import retirement, schedule
from matchbook_graph_ingestor.domain.devices import Known
from matchbook_graph_ingestor.domain.failures import Failure
from matchbook_graph_ingestor.domain.retirement import SWEEPS_MISSED, Absent, Brake

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = 3600
PAGE = 10
BRAKE = Brake(0.3, 10)
UNAVAILABLE = Failure("unavailable", "503")
THROTTLED = Failure("throttled", "429", retry_after=600.0)
REVOKED = Failure("consent_missing", "401", loss="consent_missing")


@dataclass(slots=True)
class Tenant:
    """A customer's devices as they are, and what the service knows of them. `moved` is when they last changed."""

    number: int
    devices: dict[str, None]
    moved: datetime
    known: dict[str, Known] = field(default_factory=dict)
    braked: list[str] = field(default_factory=list)
    confirmed: int | None = None
    failures: int = 0
    sweeps: int = 0
    revoked_until: datetime = BEGIN
    born: int = 0


@dataclass(slots=True)
class Ledger:
    """What happened. `saved`: twice absent, and found by their ids; `false`: retired although they were there."""

    sweeps: int = 0
    incomplete: int = 0
    cut: int = 0
    retired: int = 0
    returned: int = 0
    braked: int = 0
    saved: int = 0
    false: list[str] = field(default_factory=list)


class Year:
    """`faults` is the share of sweeps in which something is wrong."""

    def __init__(self, seed: int, tenants: int, faults: float) -> None:
        self.dice = Random(seed)
        self.faults = faults
        self.ledger = Ledger()
        self.tenants = [self._tenant(number) for number in range(tenants)]

    def run(self, days: int) -> Ledger:
        """Sweep each tenant every hour, sooner after what passes; then a few times without faults."""
        queue = [(BEGIN + timedelta(seconds=self.dice.randrange(HOUR)), tenant.number) for tenant in self.tenants]
        heapify(queue)
        end = BEGIN + timedelta(days=days)
        while queue[0][0] < end:
            now, number = queue[0]
            heapreplace(queue, (self.sweep(self.tenants[number], now), number))
        self.faults = 0.0
        for tenant in self.tenants:
            tenant.revoked_until = BEGIN
            for number in range(2 * SWEEPS_MISSED + 2):
                self._confirm(tenant)
                self.sweep(tenant, end + timedelta(hours=number), still=True)
        return self.ledger

    # --- the customers ------------------------------------------------------------------------------------------------

    def _tenant(self, number: int) -> Tenant:
        count = max(1, min(400, round(self.dice.lognormvariate(2.2, 1.1))))
        tenant = Tenant(number, {}, BEGIN)
        for _ in range(count):
            self._enrol(tenant)
        return tenant

    def _enrol(self, tenant: Tenant) -> None:
        tenant.born += 1
        tenant.devices[f"{tenant.number}-{tenant.born}"] = None

    def _live(self, tenant: Tenant, now: datetime) -> None:
        """A day now and then: devices come, go and come back, once in a while many at once, and consent is revoked."""
        if now - tenant.moved < timedelta(days=1):
            return
        tenant.moved, dice = now, self.dice
        if dice.random() < 0.03:
            tenant.revoked_until = now + timedelta(hours=dice.randrange(1, 72))
        if dice.random() < 0.3:
            self._enrol(tenant)
        leaving = len(tenant.devices) // 2 if dice.random() < 0.004 else int(dice.random() < 0.3)
        for device in dice.sample(list(tenant.devices), min(leaving, len(tenant.devices))):
            del tenant.devices[device]
        gone = [key for key, known in tenant.known.items() if known.retired]
        if gone and dice.random() < 0.1:
            tenant.devices[dice.choice(gone)] = None

    # --- Microsoft ----------------------------------------------------------------------------------------------------

    def _listed(self, tenant: Tenant, now: datetime) -> Sequence[str] | Failure:
        """The ids of all pages, however they come; or why the list was not read to its end."""
        if now < tenant.revoked_until:
            return REVOKED
        ids = list(tenant.devices)
        return ids if self.dice.random() >= self.faults else self._faulty(ids)

    def _faulty(self, ids: list[str]) -> Sequence[str] | Failure:
        dice = self.dice
        start = dice.randrange(len(ids) + 1)
        match dice.randrange(5):
            case 0:
                return dice.choice((UNAVAILABLE, THROTTLED, Failure("bad_answer", "200 body: json_invalid")))
            case 1:
                return [*ids, *ids[start:]]
            case 2:
                dice.shuffle(ids)
                return ids
            case _:
                # The worst: it ends early, or leaves a page out, and looks complete. So it has been seen.
                self.ledger.cut += 1
                return ids[:start] + (ids[start + PAGE :] if dice.random() < 0.5 else [])

    def _looked_up(self, tenant: Tenant, device_id: str) -> bool | None:
        """Whether a device is there by its id; None where that could not be learned."""
        return None if self.dice.random() < self.faults else device_id in tenant.devices

    # --- the service --------------------------------------------------------------------------------------------------

    def sweep(self, tenant: Tenant, now: datetime, *, still: bool = False) -> datetime:
        """Sweep a tenant; returns when it is due again."""
        if not still:
            self._live(tenant, now)
        self.ledger.sweeps += 1
        tenant.sweeps += 1
        found = self._listed(tenant, now)
        failure = found if isinstance(found, Failure) else None
        if isinstance(found, Failure):
            self.ledger.incomplete += 1
        else:
            self._take(tenant, set(found))
        tenant.failures = 0 if failure is None or failure.loss else tenant.failures + 1
        return schedule.next_sweep(now, now + timedelta(seconds=5), HOUR, failure, tenant.failures)

    def _take(self, tenant: Tenant, seen: set[str]) -> None:
        known = tenant.known
        for device_id in seen:
            before = known.get(device_id)
            if before is None or before.retired or before.absences:
                self.ledger.returned += before is not None and before.retired
                known[device_id] = Known(device_id, 1, b"", None, None, None, False, 0, False)
        missed = retirement.absent(known.values(), seen)
        if missed or tenant.braked:
            self._judge(tenant, missed)

    def _judge(self, tenant: Tenant, missed: Sequence[Absent]) -> None:
        live = sum(not item.retired for item in tenant.known.values())
        judged = retirement.judge(missed, live, BRAKE, tenant.confirmed)
        answers = {device_id: self._looked_up(tenant, device_id) for device_id in judged.candidates}
        if judged.braked:
            self.ledger.braked += 1
            tenant.braked.append(f"run {tenant.sweeps}")
        else:
            tenant.braked.clear()
            if None not in answers.values():
                tenant.confirmed = None
        for item in missed:
            self._conclude(tenant, item.device_id, there=answers.get(item.device_id))
        if judged.braked and self.dice.random() < 0.2:
            self._confirm(tenant)

    def _conclude(self, tenant: Tenant, device_id: str, *, there: bool | None) -> None:
        before = tenant.known[device_id]
        if there is None:
            tenant.known[device_id] = before._replace(absences=before.absences + 1)
        elif there:
            self.ledger.saved += 1
            tenant.known[device_id] = before._replace(absences=0)
        else:
            tenant.known[device_id] = before._replace(retired=True)
            self.ledger.retired += 1
            if device_id in tenant.devices:
                self.ledger.false.append(device_id)

    def _confirm(self, tenant: Tenant) -> None:
        """An administrator says that the devices are really gone, which he believes of any list."""
        if tenant.braked:
            tenant.confirmed = retirement.confirmed_absences(tenant.braked, tenant.braked[-1])

    # --- what must be true at the end ---------------------------------------------------------------------------------

    def wrong(self) -> Iterator[str]:
        """What the service does not know although a few faultless sweeps have told it."""
        for tenant in self.tenants:
            live = {key for key, known in tenant.known.items() if not known.retired}
            if live != set(tenant.devices):
                yield f"tenant {tenant.number}: {sorted(live ^ set(tenant.devices))[:5]}"
