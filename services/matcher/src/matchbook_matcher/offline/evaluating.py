"""`matcher evaluate`: how good matches are, measured by labels."""

from pathlib import Path
from typing import Any

import click

from matchbook_matcher.adapters.data import read_knowledge
from matchbook_matcher.offline.console import IN, OUT, check_folders, progress, reported
from matchbook_matcher.offline.labelled import other_serials, read_labels, read_matches
from matchbook_matcher.offline.lines import DeviceMatchLine, DeviceTruthLine, TenantMatchLine, TenantTruthLine
from matchbook_matcher.offline.plotting import check_plotting, draw_reliability
from matchbook_matcher.offline.reading import Files, read_inputs
from matchbook_matcher.offline.report import conflicts, report
from matchbook_matcher.offline.scoring import bins_of_count, bins_of_width

HIGH = 0.98
"""From here on the page calls a confidence high."""


@click.command("evaluate")
@click.option("--truth", type=IN, required=True, help="Labels: device_id, configuration_id or null, category.")
@click.option("--matches", type=IN, required=True, help="What `matcher match` wrote for devices.")
@click.option("--tenants-truth", type=IN, help="Labels: tenant_id, organization_id or null, category.")
@click.option("--tenant-matches", type=IN, help="What `matcher match` wrote for tenants.")
@click.option("--devices", type=IN, help="With --configurations: counts matches of one name and two serial numbers.")
@click.option("--configurations", type=IN, help="With --devices.")
@click.option("--high", type=click.FloatRange(0, 1), default=HIGH, show_default=True, help="What counts as high.")
@click.option("--plot", type=OUT, help="Write the reliability diagram of the devices, a PNG.")
def evaluate(*, high: float, plot: Path | None, **files: Any) -> None:
    """Score matches by labels. All files are JSON Lines."""
    _check_together(files, "tenants_truth", "tenant_matches")
    _check_together(files, "devices", "configurations")
    if plot is not None:
        check_plotting()
    check_folders(plot)
    with reported():
        _evaluate_devices(files, high, plot)
        if files["tenants_truth"] is not None:
            labels = read_labels(files["tenants_truth"], TenantTruthLine, progress)
            said = read_matches(files["tenant_matches"], TenantMatchLine, progress)
            _print("", *report("Tenants", labels, said, high))


def _evaluate_devices(files: dict[str, Any], high: float, plot: Path | None) -> None:
    labels = read_labels(files["truth"], DeviceTruthLine, progress)
    said = read_matches(files["matches"], DeviceMatchLine, progress)
    _print(*report("Devices", labels, said, high))
    if files["devices"] is not None:
        inputs = read_inputs(Files(files["devices"], files["configurations"]), progress)
        _print("", conflicts(said, labels, other_serials(inputs, said, read_knowledge().hygiene), high))
    if plot is not None:
        draw_reliability(plot, bins_of_width(labels, said), bins_of_count(labels, said), files["matches"].name)
        click.echo(f"Wrote {plot}", err=True)


def _print(*lines: str) -> None:
    for line in lines:
        click.echo(line)


def _check_together(files: dict[str, Any], first: str, second: str) -> None:
    if (files[first] is None) != (files[second] is None):
        names = [f"--{name.replace('_', '-')}" for name in (first, second)]
        raise click.UsageError(f"{names[0]} and {names[1]} go together: give both, or neither.")
