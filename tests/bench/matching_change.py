"""What one change costs in an organization that is kept, beside what its whole evaluation costs."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from random import Random
from statistics import quantiles
from typing import Any

from matchbook_matcher.adapters.data import Knowledge
from matchbook_matcher.domain.changes import Work, suggest
from matchbook_matcher.domain.kept import Change, KeptOrganization
from matchbook_matcher.domain.organization import Evaluation, Matcher
from matchbook_matcher.domain.records import Configuration, ConfigurationFacts, Device, DeviceFacts, Standing
from matchbook_matcher.domain.suggestions import device_suggestion

from tests.bench.matching_world import BenchTenant, build

ROUNDS = 2_000
WORK = Work(0, 0)


class Changing:
    """One organization, kept, and the changes that a day brings. Each costs what it costs from its facts on."""

    def __init__(self, devices: int, knowledge: Knowledge) -> None:
        (self._tenant,) = build(devices, 1)
        self._hygiene = knowledge.hygiene
        self._matcher = Matcher(knowledge.weights.device)
        self._rng = Random(2)
        tenant = self._tenant
        self._docks = [d.ethernet for d in tenant.devices if d.ethernet is not None]
        self._documented_devices = [
            (d, tenant.truth[d.device_id]) for d in tenant.devices if d.device_id in tenant.truth
        ]
        self._made = (
            [Device(facts, self._hygiene) for facts in tenant.devices],
            [Configuration(facts, self._hygiene) for facts in tenant.configurations],
        )

    def whole(self) -> int:
        """Evaluate everything, with evidence; how many answers."""
        return written(self._tenant, self._matcher.evaluate(*self._made))

    def keep(self) -> KeptOrganization:
        kept = KeptOrganization(self._matcher)
        kept.evaluate(*self._made)
        kept.change(Change({self._tenant.devices[0][:2]: self._made[0][0]}))
        return kept

    def changes(self) -> dict[str, Callable[[], Iterator[Change]]]:
        return {
            "device with another name": lambda: self._device(name=f"NEW-{self._rng.randrange(10**6)}"),
            "device at another dock": lambda: self._device(ethernet=self._rng.choice(self._docks)),
            "device retired, enrolled": self._enrolled,
            "device matched, reverted": self._matched,
            "configuration edited": self._configuration,
            "configuration archived, back": self._archived,
        }

    def _device(self, **news: Any) -> Iterator[Change]:
        facts = self._rng.choice(self._tenant.devices)
        yield self._facts(facts._replace(**news))
        yield self._facts(facts)

    def _facts(self, facts: DeviceFacts, standing: Standing | None = None) -> Change:
        return Change({facts[:2]: Device(facts, self._hygiene, standing)})

    def _enrolled(self) -> Iterator[Change]:
        facts = self._rng.choice(self._tenant.devices)
        yield Change({facts[:2]: None})
        yield self._facts(facts)

    def _matched(self) -> Iterator[Change]:
        facts, target = self._rng.choice(self._documented_devices)
        yield Change(self._facts(facts, Standing("matched", target)).devices, {}, {target: True})
        yield Change(self._facts(facts).devices, {}, {target: False})

    def _configuration(self) -> Iterator[Change]:
        facts = self._rng.choice(self._tenant.configurations)
        yield self._documented(facts._replace(name=f"DOC-{self._rng.randrange(10**6)}"))
        yield self._documented(facts)

    def _documented(self, facts: ConfigurationFacts) -> Change:
        return Change({}, {facts.configuration_id: Configuration(facts, self._hygiene)})

    def _archived(self) -> Iterator[Change]:
        facts = self._rng.choice(self._tenant.configurations)
        yield Change({}, {facts.configuration_id: None})
        yield self._documented(facts)

    def timed(self, kept: KeptOrganization, changes: Callable[[], Iterator[Change]], rounds: int) -> "Times":
        times = Times()
        for _ in range(rounds // 2):
            steps = changes()
            while True:
                begun, used = time.perf_counter(), time.process_time()
                change = next(steps, None)
                if change is None:
                    break
                times.answers += written(self._tenant, kept.change(change))
                times.processor.append(time.process_time() - used)
                times.clock.append(time.perf_counter() - begun)
        return times


class Times:
    """Seconds of each change."""

    def __init__(self) -> None:
        self.processor: list[float] = []
        self.clock: list[float] = []
        self.answers = 0

    def show(self, name: str) -> None:
        columns = " ".join(
            f"{title} p50 {cuts[49] * 1e3:7.3f} p99 {cuts[98] * 1e3:7.3f} ms"
            for title, cuts in (
                ("processor", quantiles(self.processor, n=100)),
                ("clock", quantiles(self.clock, n=100)),
            )
        )
        print(f"  {name:<30}{columns}  {self.answers / len(self.clock):6.1f} answers")


def written(tenant: BenchTenant, evaluation: Evaluation) -> int:
    for key, answer in evaluation.answers.items():
        body = device_suggestion(key, tenant.organization_id, answer, evaluation.learned)
        if body is not None:
            suggest(body, None, WORK)
    return len(evaluation.answers)


def one_change(devices: int, knowledge: Knowledge, rounds: int = ROUNDS) -> None:
    """Print what single changes cost in an organization of `devices`."""
    organization = Changing(devices, knowledge)
    gc.collect()
    used = time.process_time()
    organization.whole()
    whole = time.process_time() - used
    used = time.process_time()
    kept = organization.keep()
    first = time.process_time() - used
    print(f"{devices:,} devices in one organization; its whole evaluation takes {whole * 1e3:.1f} ms of processor time")
    print(f"  {'evaluated and kept':<30}{first * 1e3:.1f} ms, once, when the first single change comes")
    for name, changes in organization.changes().items():
        organization.timed(kept, changes, rounds).show(name)
    print(f"  {_bytes_kept(organization) / devices / 1e3:.1f} kB kept for each device beside its facts")


def _bytes_kept(organization: Changing) -> int:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = organization.keep()
        gc.collect()
        assert len(kept)
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
