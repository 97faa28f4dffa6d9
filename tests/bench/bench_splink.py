"""Splink, a general record linker, on a labelled world: what the best tool reaches that knows nothing of this field.

    make bench-splink ARGS="--world FOLDER"

FOLDER is one that `python -m tests.bench.labelled` made. Splink gets what the matcher's own cleaning makes of serial
numbers, names and MAC addresses, and learns its weights from the world by expectation maximisation, without labels. Its
pairs are assigned one to one, the most probable first. What it says is scored by `matcher evaluate`.
"""

import contextlib
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pyarrow as pa
import splink.comparison_library as compare
from matchbook_matcher.adapters.data import read_knowledge
from matchbook_matcher.domain.records import Configuration, Device
from matchbook_matcher.offline.reading import Files, Inputs, read_inputs
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

LEAST: Final = 0.05
"""Where its F1 was best on a world of 20,000; its probabilities are too low there, and at 0.5 it says less."""
_FILES: Final = ("devices", "configurations", "tenants", "organizations", "links")
_COLUMNS: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("unique_id", "organization", "serial", "name", "model")),
        ("macs", pa.list_(pa.string())),
    ]
)


def device_row(device: Device, organization: str) -> dict[str, Any]:
    return {
        "unique_id": device.device_id,
        "organization": organization,
        "serial": device.serial_key,
        "name": device.name.key if device.name else None,
        "macs": [mac for mac in (device.wifi, device.ethernet) if mac] or None,
        "model": device.model.lower() if device.model else None,
    }


def configuration_row(configuration: Configuration) -> dict[str, Any]:
    return {
        "unique_id": configuration.configuration_id,
        "organization": configuration.organization_id,
        "serial": configuration.serial_key,
        "name": configuration.names[-1].key if configuration.names else None,
        "macs": list(configuration.macs) or None,
        "model": configuration.model.lower() if configuration.model else None,
    }


def tables(inputs: Inputs) -> tuple[pa.Table, pa.Table]:
    """Devices of linked tenants, and all configurations, each a row."""
    hygiene, links = read_knowledge().hygiene, inputs.links or {}
    devices = [
        device_row(Device(facts, hygiene), links[tenant])
        for tenant, held in inputs.devices.items()
        if tenant in links
        for facts in held
    ]
    configurations = [
        configuration_row(Configuration(facts, hygiene))
        for documented in inputs.configurations.values()
        for facts in documented
    ]
    return pa.Table.from_pylist(devices, _COLUMNS), pa.Table.from_pylist(configurations, _COLUMNS)


def linked(devices: pa.Table, configurations: pa.Table) -> list[tuple[float, str, str]]:
    """Probability, device, configuration of each pair worth suggesting, the most probable first."""
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            compare.LevenshteinAtThresholds("serial", 1),
            compare.JaroWinklerAtThresholds("name", [0.95, 0.88]).configure(term_frequency_adjustments=True),
            compare.ArrayIntersectAtSizes("macs", 1),
            compare.JaroWinklerAtThresholds("model", [0.9]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("organization", "serial"),
            block_on("organization", "name"),
            block_on("organization", "macs", arrays_to_explode=["macs"]),
            block_on("organization", "substr(serial, 1, 6)"),
            block_on("organization", "substr(name, 1, 8)"),
        ],
        retain_matching_columns=False,
    )
    database = DuckDBAPI()
    named = {"devices": devices, "configurations": configurations}
    records = [database.register(table, dataset_display_name=name) for name, table in named.items()]
    linker = Linker(records, settings, log_level=logging.WARNING)
    train = linker.training
    train.estimate_probability_two_random_records_match([block_on("organization", "serial")], recall=0.7)
    train.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    for rule in (block_on("organization", "serial"), block_on("organization", "name")):
        train.estimate_parameters_using_expectation_maximisation(rule, max_pairs=None)
    found = linker.inference.predict(threshold_match_probability=LEAST).as_record_list()
    return sorted(((row["match_probability"], *_ends(row)) for row in found), reverse=True)


def _ends(row: dict[str, Any]) -> tuple[str, str]:
    left, right = row["unique_id_l"], row["unique_id_r"]
    return (left, right) if row["source_dataset_l"] == "devices" else (right, left)


def one_to_one(pairs: list[tuple[float, str, str]]) -> Iterator[tuple[float, str, str]]:
    taken: set[str] = set()
    for probability, device, configuration in pairs:
        ends = {f"d{device}", f"c{configuration}"}
        if taken.isdisjoint(ends):
            taken |= ends
            yield probability, device, configuration


@click.command()
@click.option("--world", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
def main(world: Path) -> None:
    """Link a world by Splink, and score what it says."""
    named = {name: world / f"{name}.jsonl" for name in _FILES}
    inputs = read_inputs(Files(**named), lambda _name, _size: contextlib.nullcontext(lambda _done: None))
    devices, configurations = tables(inputs)
    begun = time.perf_counter()
    pairs = list(one_to_one(linked(devices, configurations)))
    seconds = time.perf_counter() - begun
    click.echo(f"Splink: {devices.num_rows / seconds:,.0f} devices a second on all cores, cleaning left out\n")
    out = world / "matches-splink.jsonl"
    with out.open("w", encoding="utf-8") as file:
        for probability, device, configuration in pairs:
            line = {
                "device_id": inputs.device_ids.written(device),
                "configuration_id": inputs.configuration_ids.written(configuration),
                "confidence": probability,
                "rule": "combined",
            }
            file.write(json.dumps(line) + "\n")
    command = [str(Path(sys.executable).with_name("matcher")), "evaluate"]
    subprocess.run(
        [*command, "--matches", str(out), "--truth", str(world / "truth-devices.jsonl"), *_inputs(named)], check=True
    )


def _inputs(named: dict[str, Path]) -> list[str]:
    return [part for name in ("devices", "configurations") for part in (f"--{name}", str(named[name]))]


if __name__ == "__main__":
    main()
