"""The process: what is made of what."""

import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import click
from matchbook_servicekit.app import Component, Startable, add_command, command, serve
from matchbook_servicekit.consumer import BatchConsumer, Subscription
from matchbook_servicekit.database import Database
from matchbook_servicekit.messaging import Publisher
from matchbook_servicekit.outbox import Relay
from matchbook_servicekit.telemetry import get_logger

from matchbook_graph_ingestor.adapters.graph import Graph, GraphSettings
from matchbook_graph_ingestor.adapters.limits import Limits
from matchbook_graph_ingestor.adapters.tenant_lookup import TenantLookup
from matchbook_graph_ingestor.adapters.tokens import Tokens
from matchbook_graph_ingestor.domain.connection import passed
from matchbook_graph_ingestor.domain.retirement import Brake
from matchbook_graph_ingestor.handlers import TOPIC, Commands, note_matches
from matchbook_graph_ingestor.service.connection_test import ConnectionTest
from matchbook_graph_ingestor.service.connections import Connections
from matchbook_graph_ingestor.service.customer_sweep import CustomerSweep
from matchbook_graph_ingestor.service.details import DetailReader
from matchbook_graph_ingestor.service.runs import Clock, utc_now
from matchbook_graph_ingestor.service.scheduler import Scheduler
from matchbook_graph_ingestor.service.slots import Slots
from matchbook_graph_ingestor.service.sweep_queue import SweepQueue
from matchbook_graph_ingestor.service.sweeper import Sweeper
from matchbook_graph_ingestor.service.tenant_sweep import Rules, TenantSweep
from matchbook_graph_ingestor.service.watching import Watch
from matchbook_graph_ingestor.settings import IngestorSettings

log = get_logger(__name__)
PACKAGE = "matchbook_graph_ingestor"
_TAKEN_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Ingestor:
    """The parts of one process."""

    database: Database
    publisher: Publisher
    graph: Graph
    customers: CustomerSweep
    tenants: TenantSweep
    scheduler: Scheduler
    sweeper: Sweeper
    consumers: tuple[BatchConsumer, ...]
    details: DetailReader
    relay: Relay
    connections: Connections
    probe: Graph

    @property
    def components(self) -> Sequence[Component]:
        return (*self.consumers, self.scheduler, self.sweeper, self.details, self.connections, self.relay)

    @property
    def resources(self) -> Sequence[Startable]:
        return (self.database, self.publisher, self.graph, self.probe)


def subscription(settings: IngestorSettings, wake: Callable[[], None]) -> Subscription:
    """What the ingestor listens to."""
    commands = Commands(rules_of(settings), wake)
    return Subscription("sync-requests", (TOPIC,), commands.apply, after_commit=commands.after_commit)


def sweeps_due(sweeper: Sweeper) -> Subscription:
    """What the ingestors share: each tenant that is due is swept by one of them."""
    return Subscription(
        "sweeps", ("matchbook.sweeps",), sweeper.take, max_records=_TAKEN_AT_ONCE, after_commit=sweeper.after_commit
    )


def decided_devices() -> Subscription:
    """Whose devices are matched, so that the others are read by id again."""
    return Subscription("device-matches", ("matchbook.device-matches",), note_matches)


def build(settings: IngestorSettings, clock: Clock = utc_now) -> Ingestor:
    """Make the parts; nothing is connected yet.

    Raises ConfigurationError for a credential or bundle that can't be used.
    """
    database, publisher, tokens = Database(settings.database), Publisher(settings.kafka), tokens_of(settings)
    slots, rules = Slots(settings.sweep_concurrency), rules_of(settings)
    limits = Limits()
    graph = Graph(_patience(settings), tokens, settings.ca_file, slots.pause, limits=limits)
    tenants = TenantSweep(graph, database, publisher, rules, clock=clock, turn=slots.turn)
    customers = CustomerSweep(graph, database, publisher, rules, partner=settings.partner_tenant_id, clock=clock)
    sweeper = Sweeper(tenants, database, slots, settings.sweep_concurrency)
    watch = Watch(database, timedelta(seconds=settings.stuck_sweep_seconds), clock)
    queue = SweepQueue(database, settings.sweeps_ahead, clock)
    few = settings.sweep_concurrency
    scheduler = Scheduler(customers, queue, watch, database, few=few, clock=clock)
    probe, lookup = probe_of(settings, tokens, limits), TenantLookup(settings.login_url, settings.ca_file)
    test = ConnectionTest(lookup, probe, tokens, partner=settings.partner_tenant_id, clock=clock)
    connections = Connections(lookup, test, database, publisher, rules, changed=scheduler.wake, clock=clock)

    def wake() -> None:
        scheduler.wake()
        connections.wake()

    consumers = tuple(
        BatchConsumer(item, kafka=settings.kafka, database=database, publisher=publisher, group=settings.service_name)
        for item in (subscription(settings, wake), sweeps_due(sweeper), decided_devices())
    )
    details = DetailReader(
        graph,
        database,
        publisher,
        idle=scheduler.idle,
        per_second=settings.detail_reads_per_second,
        concurrency=settings.detail_concurrency,
        sync_by_default=rules.sync_by_default,
        reread=settings.detail_reread,
        clock=clock,
    )
    relay = Relay(database, publisher)
    return Ingestor(
        database=database,
        publisher=publisher,
        graph=graph,
        customers=customers,
        tenants=tenants,
        scheduler=scheduler,
        sweeper=sweeper,
        consumers=consumers,
        details=details,
        relay=relay,
        connections=connections,
        probe=probe,
    )


def rules_of(settings: IngestorSettings) -> Rules:
    """What sweeps go by."""
    return Rules(
        brake=Brake(settings.retirement_share, settings.retirement_at_least),
        refresh=settings.last_sync_refresh,
        interval=settings.sync_interval_seconds,
        sync_by_default=settings.sync_devices_by_default,
        checks=settings.retirement_checks_per_sweep,
        check_concurrency=settings.detail_concurrency,
    )


def tokens_of(settings: IngestorSettings) -> Tokens:
    """What signs in."""
    return Tokens(
        login_url=settings.login_url,
        client_id=settings.client_id,
        files=settings.credential_files,
        ca_file=settings.ca_file,
        scope=f"{settings.graph_url}/.default",
    )


def probe_of(settings: IngestorSettings, tokens: Tokens, limits: Limits | None = None) -> Graph:
    """Graph for tests of a connection: somebody waits for the answer, so it gives up soon."""
    return Graph(
        replace(_patience(settings), page_size=1, attempts=2, longest_pause=5.0, timeout=20.0, connections=4),
        tokens,
        settings.ca_file,
        limits=limits,
    )


def _patience(settings: IngestorSettings) -> GraphSettings:
    return GraphSettings(
        url=settings.graph_url,
        page_size=settings.graph_page_size,
        attempts=settings.graph_attempts,
        first_pause=settings.graph_first_pause_seconds,
        longest_pause=settings.graph_longest_pause_seconds,
        timeout=settings.graph_timeout_seconds,
        largest_answer=settings.graph_largest_page_bytes,
        connections=settings.sweep_concurrency + 2 * settings.detail_concurrency,
    )


async def run(settings: IngestorSettings) -> None:
    """Serve until SIGTERM."""
    ingestor = build(settings)
    if not settings.partner_tenant_id:
        log.warning("no partner tenant is configured: only tenants that are added by hand are swept")
    # What was imported lives as long as the process; the collector need not walk it after every page of devices.
    gc.collect()
    gc.freeze()
    await serve(settings, *ingestor.components, package=PACKAGE, start=ingestor.resources)


async def test_connection(settings: IngestorSettings, tenant: str) -> None:
    """Try each step of the connection to TENANT, an id or a domain; ends with 1 where one fails."""
    tokens = tokens_of(settings)
    lookup = TenantLookup(settings.login_url, settings.ca_file)
    async with probe_of(settings, tokens) as graph:
        _, steps = await ConnectionTest(lookup, graph, tokens, partner=settings.partner_tenant_id).run(tenant)
    for step in steps:
        words = " ".join(filter(None, (step.message, f"({step.detail})" if step.detail else "")))
        click.echo(f"{step.step:13} {step.outcome.replace('_', ' '):12} {words}".rstrip())
    if not passed(steps):
        sys.exit(1)


main = command("graph-ingestor", IngestorSettings, run, PACKAGE)
add_command(main, "test-connection", IngestorSettings, test_connection, click.Argument(["tenant"]))
