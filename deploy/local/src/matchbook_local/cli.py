"""The command `matchbook`: everything on one machine."""

import os
import signal
import sys
from pathlib import Path

import click

from matchbook_local.errors import LocalError

# The packages are installed editable: the clone is where this file is.
REPOSITORY = Path(__file__).resolve().parents[4]


class OneSentence(click.Group):
    """A group whose commands end with one sentence, and no traceback, when the machine stands in the way."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LocalError as error:
            click.echo(f"matchbook: {error}", err=True)
            sys.exit(1)


@click.group(cls=OneSentence)
def main() -> None:
    """Matchbook on this machine: Kafka, PostgreSQL, a Microsoft cloud emulator and the four services."""


@main.command("lock-kafka")
def lock_kafka() -> None:
    """Resolve Kafka's jars again and write their lock file."""
    from matchbook_local import jars  # noqa: PLC0415

    jars.LOCK.write_text(jars.lock())
    click.echo(f"wrote {jars.LOCK.name}")


@main.command()
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the data here instead of a temporary folder."
)
@click.option("--kafka-port", type=int, help="Default: a free one.")
@click.option("--postgres-port", type=int, help="Default: a free one.")
def infrastructure(data: Path | None, kafka_port: int | None, postgres_port: int | None) -> None:
    """Kafka and PostgreSQL alone, in the foreground until Ctrl-C. Prints the variables that let tests use them."""
    from contextlib import ExitStack, suppress  # noqa: PLC0415

    from matchbook_local.kafka import KafkaOptions  # noqa: PLC0415
    from matchbook_local.kafka import running as running_kafka  # noqa: PLC0415
    from matchbook_local.postgres import PostgresOptions  # noqa: PLC0415
    from matchbook_local.postgres import running as running_postgres  # noqa: PLC0415
    from matchbook_local.scratch import scratch_folder  # noqa: PLC0415

    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with suppress(KeyboardInterrupt), ExitStack() as stack:
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
    from matchbook_local import page  # noqa: PLC0415

    gateway = REPOSITORY / "services" / "api-gateway"
    page.build(gateway / "ui", gateway / "src" / "matchbook_api_gateway" / "static", click.echo)
