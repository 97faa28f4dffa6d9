"""`matcher match`: suggestions for files."""

from pathlib import Path
from typing import Any

import click
from matchbook_servicekit.app import tame_collector

from matchbook_matcher.adapters.data import Knowledge
from matchbook_matcher.offline.console import OUT, check_folders, input_options, knowledge_of, progress, reported, write
from matchbook_matcher.offline.reading import Files, Inputs, read_inputs
from matchbook_matcher.offline.running import (
    DeviceMatch,
    device_matches,
    evaluations,
    organizations_of_tenants,
    suggested_tenants,
    tenant_answers,
    tenant_matches,
)


@click.command("match")
@input_options
@click.option("--out", type=OUT, required=True, help="device_id, configuration_id, confidence, rule.")
@click.option("--tenants-out", type=OUT, help="tenant_id, organization_id, confidence; <out>.tenants without it.")
def match(*, weights: Path | None, hygiene: Path | None, out: Path, tenants_out: Path | None, **files: Any) -> None:
    """Match the devices of files to the configurations of files. All files are JSON Lines."""
    tame_collector()
    knowledge = knowledge_of(weights, hygiene)
    with reported():
        check_folders(out, tenants_out)
        inputs = read_inputs(Files(**files), progress)
        answers = tenant_answers(inputs, knowledge)
        tenants = suggested_tenants(answers)
        places = organizations_of_tenants(inputs, tenants)
        write(out, _matched(inputs, places, knowledge))
        if answers or tenants_out is not None:
            write(tenants_out or out.with_stem(f"{out.stem}.tenants"), tenant_matches(tenants, inputs))


def _matched(inputs: Inputs, places: dict[str, list[str]], knowledge: Knowledge) -> list[DeviceMatch]:
    found: list[DeviceMatch] = []
    total = sum(len(devices) for devices in inputs.devices.values())
    placed = sum(len(inputs.devices[tenant]) for tenants in places.values() for tenant in tenants)
    with progress("Matching", placed) as advance:
        for _, evaluation in evaluations(inputs, places, knowledge):
            found += device_matches(evaluation, inputs)
            advance(len(evaluation.answers))
    click.echo(f"{total} devices, {len(found)} with a suggestion.", err=True)
    if placed < total:
        click.echo(f"{total - placed} devices are of tenants without an organization.", err=True)
    return found
