"""The command `matchbook`: everything on one machine. Imports are late, so that `--help` and the small commands are
quick.
"""
# ruff: noqa: PLC0415

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from matchbook_local.errors import LocalError

# The packages are installed editable: the clone is where this file is.
REPOSITORY = Path(__file__).resolve().parents[4]
# Up to so many devices the broker has little to do, and starts in half the time when it optimises less.
SMALL_WORLD = 20_000
# Commands that live elsewhere: name, module, attribute.
ELSEWHERE = {
    "emulator": ("matchbook_local.emulator.cli", "emulator"),
    "topics": ("matchbook_servicekit.topics", "main"),
}


class Commands(click.Group):
    """A group that ends with one sentence, and no traceback, when the machine stands in the way."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LocalError as error:
            click.echo(f"matchbook: {error}", err=True)
            sys.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, attribute = ELSEWHERE[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=Commands)
def main() -> None:
    """Matchbook on this machine: Kafka, PostgreSQL, a Microsoft cloud emulator and the four services."""


def data_option(command: Any) -> Any:
    return click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        default=REPOSITORY / ".data",
        show_default=".data in the clone",
        help="Where everything is kept.",
    )(command)


def plan_options(command: Any) -> Any:
    for option in (
        click.option("--tenants", default=40, show_default=True, help="Of the emulated world."),
        click.option("--devices", default=2000, show_default=True, help="Of the emulated world."),
        click.option("--seed", default=1, show_default=True, help="Of the emulated world."),
        click.option("--port", type=int, help="The page's. Default: the last one, or a free one."),
        click.option("--sync-seconds", default=300, show_default=True, help="Between two sweeps of Microsoft Graph."),
        click.option("--background", is_flag=True, help="Leave it running; `matchbook down` ends it."),
        click.option("--exit-when-ready", is_flag=True, help="End it again once all is ready."),
        data_option,
    ):
        command = option(command)
    return command


@main.command()
@plan_options
def demo(**options: Any) -> None:
    """Everything, filled with a managed service provider's documentation."""
    _run("demo", demo=True, **options)


@main.command()
@plan_options
@click.option("--only-infrastructure", is_flag=True, help="Kafka and PostgreSQL alone.")
def up(*, only_infrastructure: bool, **options: Any) -> None:
    """Everything, with nothing imported."""
    _run("up", infrastructure_only=only_infrastructure, **options)


def _run(  # noqa: PLR0913 - the options of the command line
    command: str,
    *,
    tenants: int,
    devices: int,
    seed: int,
    port: int | None,
    sync_seconds: int,
    background: bool,
    exit_when_ready: bool,
    data: Path,
    demo: bool = False,
    infrastructure_only: bool = False,
) -> None:
    from matchbook_local import running
    from matchbook_local.stack import Plan

    data = data.resolve()
    if background:
        arguments = [argument for argument in sys.argv[2:] if argument != "--background"]
        sys.exit(running.run_in_background(data, [command, *arguments]))
    plan = Plan(
        data,
        tenants=tenants,
        devices=devices,
        seed=seed,
        page_port=port,
        sync_seconds=sync_seconds,
        repository=os.environ.get("MATCHBOOK_MAVEN_REPOSITORY"),
        short_lived=devices <= SMALL_WORLD,
    )
    sys.exit(running.run(plan, running.Mode(demo, infrastructure_only, exit_when_ready)))


@main.command()
@data_option
def down(data: Path) -> None:
    """End what runs from the data folder, in the background or not; the data stays."""
    from matchbook_local import holding

    click.echo("Matchbook is stopped." if holding.end_holder(data.resolve()) else "Matchbook does not run.")


@main.command()
@click.option("--kafka-port", type=int, help="Default: a free one.")
@click.option("--postgres-port", type=int, help="Default: a free one.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Default: a temporary folder.")
def infrastructure(data: Path | None, kafka_port: int | None, postgres_port: int | None) -> None:
    """Kafka and PostgreSQL for tests, until Ctrl-C. Prints the variables that let tests use them."""
    from contextlib import ExitStack, suppress

    from matchbook_local.kafka import KafkaOptions
    from matchbook_local.kafka import running as running_kafka
    from matchbook_local.postgres import PostgresOptions
    from matchbook_local.postgres import running as running_postgres
    from matchbook_local.scratch import scratch_folder
    from matchbook_local.supervisor import ending_signals, interrupt

    with suppress(KeyboardInterrupt), ending_signals(interrupt), ExitStack() as stack:
        folder = data or stack.enter_context(scratch_folder())
        kafka_options = KafkaOptions(port=kafka_port, repository=os.environ.get("MATCHBOOK_MAVEN_REPOSITORY"))
        kafka = stack.enter_context(running_kafka(folder / "kafka", kafka_options, scratch=data is None))
        postgres_options = PostgresOptions(port=postgres_port, durable=data is not None)
        postgres = stack.enter_context(running_postgres(folder / "postgres", postgres_options, scratch=data is None))
        click.echo(f"export MATCHBOOK_TEST_KAFKA={kafka.bootstrap}")
        click.echo(f"export MATCHBOOK_TEST_POSTGRES={postgres.dsn}")
        signal.pause()


@main.command("build-page")
def build_page() -> None:
    """Build the web page into the gateway's package."""
    from matchbook_local import page

    gateway = REPOSITORY / "services" / "api-gateway"
    page.build(gateway / "ui", gateway / "src" / "matchbook_api_gateway" / "static", click.echo)


@main.command("lock-kafka")
def lock_kafka() -> None:
    """Resolve Kafka's jars again and write their lock file."""
    from matchbook_local import jars

    jars.LOCK.write_text(jars.lock())
    click.echo(f"wrote {jars.LOCK.name}")
