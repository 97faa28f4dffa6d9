"""How well tenants are told by names and domains alone, and what a change of one of 5,000 costs.

python -m tests.bench.bench_tenants --seeds 7000-7009 --dirt field --dirt harsh
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import click
from matchbook_matcher.adapters.data import Knowledge, read_knowledge
from matchbook_matcher.domain.tenants import Directory, Organization, Tenant
from matchbook_matcher.offline.evaluating import HIGH
from matchbook_matcher.offline.report import report
from matchbook_matcher.offline.scoring import Label, Said

from tests.bench.labelled.customers import directory
from tests.bench.labelled.dirt import LEVELS
from tests.bench.labelled.model import Customer
from tests.bench.tenant_baseline import best, claims

Change = tuple[Mapping[str, Organization | None], Mapping[str, Tenant | None]]
DEVICES_PER_TENANT = 250
CHANGES = 60


@click.command()
@click.option("--seeds", default="7000-7009", show_default=True, help="First and last.")
@click.option("--dirt", multiple=True, default=("field", "harsh"), show_default=True, type=click.Choice(tuple(LEVELS)))
@click.option("--tenants", default=400, show_default=True, help="In each world.")
@click.option("--baseline", is_flag=True, help="Score weighted words and domains instead, at their best threshold.")
@click.option("--changes", is_flag=True, help="Measure single changes instead, of 5,000 tenants.")
def main(seeds: str, dirt: tuple[str, ...], tenants: int, *, baseline: bool, changes: bool) -> None:
    """Score all worlds of a kind together."""
    knowledge = read_knowledge()
    if changes:
        time_changes(knowledge)
        return
    first, last = map(int, seeds.split("-"))
    for level in dirt:
        if baseline:
            score_baseline(knowledge, range(first, last + 1), tenants, level)
            continue
        labels: dict[str, Label] = {}
        said: list[Said] = []
        for seed in range(first, last + 1):
            more_labels, more_said = _score(knowledge, seed, tenants, level)
            labels |= more_labels
            said += more_said
        click.echo("\n".join(report(f"Tenants, {level}", labels, said, HIGH)))


def score_baseline(knowledge: Knowledge, seeds: Iterable[int], tenants: int, level: str) -> None:
    found: list[tuple[float, bool]] = []
    documented = 0
    for seed in seeds:
        customers, kept = _world(knowledge, seed, tenants, level)
        truth = {c.tenant_id: str(c.organization_id) for c in customers if c.organization_id is not None}
        documented += len(truth)
        made = claims(kept.tenants.values(), kept.organizations.values(), knowledge.vocabulary.legal_forms)
        found += [(claim.score, truth.get(claim.tenant_id) == claim.organization_id) for claim in made]
    reached = best(found, documented)
    click.echo(f"{level}: F1 {reached.f1:.4f}, precision {reached.precision:.4f}, recall {reached.recall:.4f}")


def _score(knowledge: Knowledge, seed: int, tenants: int, level: str) -> tuple[dict[str, Label], list[Said]]:
    """With the seed before each id, so that worlds can be put together."""
    customers, found = _world(knowledge, seed, tenants, level)
    answers = found.answers()
    labels, said = dict[str, Label](), list[Said]()
    for customer in customers:
        key, target = f"{seed}/{customer.tenant_id}", customer.organization_id
        labels[key] = Label(None if target is None else f"{seed}/{target}", customer.category)
        answer = answers[customer.tenant_id]
        if answer.pairs and not answer.tied:
            best = answer.pairs[0]
            said.append(Said(key, f"{seed}/{best.organization.organization_id}", best.confidence))
    return labels, said


def _world(knowledge: Knowledge, seed: int, tenants: int, level: str) -> tuple[list[Customer], Directory]:
    made = directory(seed, tenants, tenants * DEVICES_PER_TENANT, LEVELS[level])
    mine = [Tenant(c.tenant_id, c.display_name, (c.default_domain, *c.verified_domains)) for c in made.customers]
    theirs = [Organization(str(o.id), o.name) for o in made.organizations]
    return made.customers, Directory(theirs, mine, knowledge.weights.tenant, knowledge.vocabulary)


def time_changes(knowledge: Knowledge) -> None:
    """Processor time in milliseconds, and how many tenants each change evaluates."""
    begun = time.process_time()
    _, kept = _world(knowledge, 1, 5000, "field")
    click.echo(f"whole: {time.process_time() - begun:.1f} s")
    tenants, organizations = list(kept.tenants.values()), list(kept.organizations.values())
    rng = random.Random(1)

    def machines(number: int) -> Change:
        overlaps = ((rng.choice(organizations).organization_id, number % 20),)
        tenant = rng.choice(tenants)
        return {}, {tenant.tenant_id: replace(tenant, serials=20, overlaps=overlaps)}

    def added(number: int) -> Change:
        return {}, {f"new{number}": replace(rng.choice(tenants), tenant_id=f"new{number}")}

    def matched(_: int) -> Change:
        organization = rng.choice(organizations)
        return {organization.organization_id: replace(organization, holder="x")}, {}

    def renamed(_: int) -> Change:
        organization, other = rng.choice(organizations), rng.choice(organizations)
        return {organization.organization_id: replace(organization, name=f"{other.name} East")}, {}

    for change in (machines, added, matched, renamed):
        _time(kept, change)


def _time(kept: Directory, change: Callable[[int], Change]) -> None:
    seconds, evaluated = [], []
    for number in range(CHANGES):
        new = change(number)
        begun = time.process_time()
        evaluated.append(len(kept.change(*new)))
        seconds.append(time.process_time() - begun)
    milliseconds, counts = sorted(1000 * s for s in seconds), sorted(evaluated)
    half, most = CHANGES // 2, CHANGES * 19 // 20
    click.echo(
        f"{change.__name__}: median {milliseconds[half]:.0f} ms, {counts[half]} tenants; "
        f"95th percentile {milliseconds[most]:.0f} ms, {counts[most]} tenants"
    )


if __name__ == "__main__":
    main()
