"""What files cost the gateway: memory and time of imports up to the largest it takes, and of exports.

    python -m tests.bench.bench_files [--sizes 10000 --sizes 100000]

A size is the number of configurations, each about a kilobyte of CSV, so that the larger file is nearly 100 MB. The
whole of Matchbook runs beside it, as in the demo. Memory is the gateway's peak during each step, and what it held
before; an upload ends when all of it is on the decisions topic, an import when the writer has applied it.
"""

import csv
import os
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import click
import psutil
from matchbook_local.demo import import_obstacle
from matchbook_local.scratch import scratch_folder
from matchbook_local.stack import Plan

from tests.support.stack import Running, running

SIZES = (10_000, 100_000)
ORGANIZATIONS = 400
COLUMNS = ("id", "organization_id", "name", "serial_number", "mac_address", "manufacturer", "model", "notes")
NOTES = "Delivered with a docking station. " * 24
_LIMIT_SECONDS = 600


def write_organizations(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "name"])
        rows.writerows([f"bench-{number}", f"Bench {number}"] for number in range(ORGANIZATIONS))


def write_configurations(path: Path, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["id", "organization_id", "name", "serial_number", "mac_address", "manufacturer", "model", "notes"]
        )
        for number in range(count):
            mac, owner = f"8C1D{number:08X}", f"bench-{number % ORGANIZATIONS}"
            rows.writerow([f"cfg-{number}", owner, f"LT-{number}", f"PF{number:08}", mac, "Lenovo", "T14", NOTES])


def gateway_process(started: Running) -> psutil.Process:
    return next(psutil.Process(held.pid) for held in started.supervisor._held if held.name == "api-gateway")


def measured(process: psutil.Process, what: str, work: Callable[[], int]) -> None:
    """Do the work, which returns bytes of a file, and print what it took."""
    folder = Path(f"/proc/{process.pid}")
    (folder / "clear_refs").write_text("5", encoding="utf-8")
    held, before, begun = process.memory_info().rss, process.cpu_times(), time.perf_counter()
    size = work()
    seconds, after = time.perf_counter() - begun, process.cpu_times()
    used = after.user + after.system - before.user - before.system
    peak = next(line.split()[1] for line in (folder / "status").open(encoding="utf-8") if line.startswith("VmHWM"))
    click.echo(
        f"  {what:<40}{size / 1e6:6.1f} MB{seconds:8.2f} s clock{used:8.2f} s processor"
        f"{held / 1e6:7.0f} MB before{int(peak) * 1024 / 1e6:7.0f} MB peak"
    )


def applied(started: Running, accepted: dict[str, int]) -> None:
    path = f"/api/imports/{accepted['import_id']}"
    chunks = accepted["chunks"]
    started.wait_for(
        lambda: import_obstacle(started.gateway.get(path), chunks), what="the import", seconds=_LIMIT_SECONDS
    )
    rejected = started.gateway.get(path)["rejected"]
    if rejected:
        raise SystemExit(f"{rejected} rows were rejected")


def exported(started: Running, subject: str, kind: str, rows: int) -> int:
    """Bytes of an export, whose lines are counted."""
    address = f"{started.page}/api/exports/{subject}?format={kind}"
    body = started.gateway._call(urllib.request.Request(address))
    lines = body.count(b"\n") - (kind == "csv")
    if lines < rows:
        raise SystemExit(f"{lines} lines instead of {rows}")
    return len(body)


def run(started: Running, folder: Path, size: int) -> None:
    organizations, configurations = folder / "organizations.csv", folder / "configurations.csv"
    write_organizations(organizations)
    write_configurations(configurations, size)
    process = gateway_process(started)
    applied(started, started.gateway.upload("/api/imports/organizations", organizations))
    accepted = {}

    def upload() -> int:
        accepted.update(started.gateway.upload("/api/imports/configurations", configurations))
        return configurations.stat().st_size

    def follow() -> int:
        applied(started, accepted)
        return 0

    click.echo(f"{size:,} configurations of {ORGANIZATIONS} organizations")
    for which in ("", ", again"):
        measured(process, f"upload{which}", upload)
        measured(process, f"until the writer has applied it{which}", follow)
    for kind in ("csv", "jsonl"):
        measured(process, f"export as {kind}", lambda kind=kind: exported(started, "configurations", kind, size))  # type: ignore[misc]


@click.command()
@click.option("--sizes", default=SIZES, multiple=True, type=int)
def main(sizes: tuple[int, ...]) -> None:
    """Import and export at each size, each in a Matchbook of its own."""
    os.environ["MATCHBOOK_DETAIL_READS_PER_SECOND"] = "0"
    for size in sizes:
        with scratch_folder() as folder:
            plan = Plan(data=folder / "data", tenants=4, devices=40, sync_devices=False, sync_seconds=86_400)
            with running(plan, filled=False) as started:
                run(started, folder, size)


if __name__ == "__main__":
    main()
