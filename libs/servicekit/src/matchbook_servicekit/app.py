"""A service's process: settings, command line, health, signals, and components that live and end together."""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import click
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from matchbook_servicekit.database import DatabaseSettings, MigratedSchema, MigrationError, migrate
from matchbook_servicekit.dead_letters import BrakeEngaged
from matchbook_servicekit.messaging import KafkaSettings
from matchbook_servicekit.patience import passes
from matchbook_servicekit.telemetry import (
    LogFormat,
    configure_logging,
    configure_tracing,
    describe,
    get_logger,
    metrics,
)

log = get_logger(__name__)

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
OWN_PATHS = ("/health/", "/metrics")
_GRACE_SECONDS = 25.0
_LAG_INTERVAL = 0.25
_LAG_ALARM = 0.5
_WATCH_SECONDS = 2.0


class ServiceSettings(BaseSettings):
    """What every service reads from the environment (prefix MATCHBOOK_); a service adds its own fields.

    Values that hold credentials are `SecretStr` and never printed.
    """

    model_config = SettingsConfigDict(env_prefix="MATCHBOOK_", extra="ignore", frozen=True, hide_input_in_errors=True)

    service_name: ClassVar[str] = "matchbook"

    kafka_bootstrap: str
    topic_prefix: str = ""
    database_dsn: SecretStr
    database_schema: str = Field(default="", pattern="^[a-z_0-9]*$")
    database_connections: int = Field(default=10, ge=2)
    database_deadline_seconds: float = Field(default=60.0, gt=0)
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    log_format: LogFormat = "json"
    otlp_endpoint: str | None = None
    instance_id: str | None = None
    brake_run: int = Field(default=50, ge=1)
    brake_share: float = Field(default=0.5, gt=0, le=1)

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach Kafka, for consumers and publishers."""
        return KafkaSettings(
            self.kafka_bootstrap,
            self.topic_prefix,
            client_id=self.service_name,
            instance_id=self.instance_id,
            brake_run=self.brake_run,
            brake_share=self.brake_share,
        )

    @property
    def database(self) -> DatabaseSettings:
        """How to reach the service's own schema, named like the service unless MATCHBOOK_DATABASE_SCHEMA says so."""
        return DatabaseSettings(
            self.database_dsn.get_secret_value(),
            self.database_schema or self.service_name.replace("-", "_"),
            application=self.service_name,
            max_connections=self.database_connections,
            deadline=self.database_deadline_seconds,
        )


Settings = TypeVar("Settings", bound=ServiceSettings)


class Component(Protocol):
    """A part of the process with a life of its own."""

    @property
    def name(self) -> str: ...

    async def run(self) -> None:
        """Work until cancelled, and then stop in order. Returning or raising ends the process with a failure."""
        ...

    def ready(self) -> str | None:
        """None when it can do its work; else the reason as a sentence."""
        ...


@runtime_checkable
class Watched(Protocol):
    """A component that knows when it is stuck; it then fails liveness and the process ends."""

    def stalled(self) -> str | None: ...


class Startable(Protocol):
    """Something components need: started before them, in order, and stopped after them."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class ConfigurationError(Exception):
    """A setting can't be used; the message is one sentence that says which and why."""


class ComponentEnded(Exception):  # noqa: N818
    """A component returned, or failed; the cause says how. The process ends with 1."""


class Process:
    """The state that health answers from."""

    def __init__(self, settings: ServiceSettings, components: Sequence[Component], start: Sequence[Startable]) -> None:
        self.settings = settings
        self.components = components
        self.resources = start
        self.waiting: str | None = "starting"
        self.started = False
        self.stopping = asyncio.Event()
        self.braked: dict[str, str] = {}
        self.stuck: str | None = None

    def reasons(self) -> list[str]:
        """Why the process is not ready; empty when it is."""
        if self.stopping.is_set():
            return ["stopping"]
        if not self.started:
            return [self.waiting or "starting"]
        said = [reason for component in self.components if (reason := component.ready()) is not None]
        return [*said, *self.braked.values()]


def health_routes(process: Process) -> Starlette:
    """GET /health/startup, /health/live, /health/ready and /metrics.

    Liveness speaks of this process alone: a broker or database that is away is no reason to restart it.
    """

    def answer(reasons: Sequence[str]) -> JSONResponse:
        return JSONResponse({"ok": not reasons, "reasons": list(reasons)}, status_code=503 if reasons else 200)

    async def startup(_request: Request) -> Response:
        return answer([] if process.started else [process.waiting or "starting"])

    async def live(_request: Request) -> Response:
        return answer([process.stuck] if process.stuck else [])

    async def ready(_request: Request) -> Response:
        return answer([*process.reasons(), *await _unreachable(process)])

    async def show_metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    routes = [
        ("/health/startup", startup),
        ("/health/live", live),
        ("/health/ready", ready),
        ("/metrics", show_metrics),
    ]
    return Starlette(routes=[Route(path, endpoint) for path, endpoint in routes])


async def _unreachable(process: Process) -> list[str]:
    """What the resources that can be asked (`check`) say against being used; each has two seconds."""
    said: list[str] = []
    for resource in process.resources if process.started else ():
        check = getattr(resource, "check", None)
        if check is not None:
            try:
                async with asyncio.timeout(2):
                    await check()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is not ready
                said.append(f"{type(resource).__name__.lower()} does not answer: {describe(error)}")
    return said


def beside(own: Starlette, application: ASGIApp | None) -> ASGIApp:
    """One ASGI application: health and metrics from `own`, all else, and the lifespan, from `application`."""

    async def dispatch(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"].startswith(OWN_PATHS)
        await (own if ours or application is None else application)(scope, receive, send)

    return dispatch


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process decides when to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    settings: ServiceSettings,
    *components: Component,
    package: str,
    application: ASGIApp | None = None,
    start: Sequence[Startable] = (),
) -> None:
    """Run until SIGTERM or SIGINT, then stop in order: components, server, resources.

    Raises MigrationError where a migration of `package` is still to be applied.

    Health answers from the first moment, while the resources are still waited for. A component braked by its dead
    letters stays stopped, not ready and alarming, instead of ending the process, so that the alarm can be read. Raises
    ComponentEnded when a component ends in any other way.
    """
    remedy = f"Run `{settings.service_name} migrate`, then start again."
    start = (*start, MigratedSchema(settings.database, package, remedy))
    process = Process(settings, components, start)
    with _signals(process.stopping), _listening(settings) as listener:
        server = _server(settings, beside(health_routes(process), application))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        log.info("serving", host=settings.host, port=listener.getsockname()[1])
        try:
            await _first(process.stopping, [asyncio.create_task(_lead(process)), serving])
        finally:
            process.stopping.set()
            server.should_exit = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_SECONDS):
                    await asyncio.shield(serving)
            for resource in reversed(start):
                await _quietly(resource.stop())
            log.info("stopped")


async def _first(stopping: asyncio.Event, tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Wait for the signal, or for a task to end by itself; then cancel the first and wait for it."""
    lead = tasks[0]
    waiter = asyncio.create_task(stopping.wait())
    await asyncio.wait([waiter, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    if lead.done():
        lead.result()
    stopping.set()
    lead.cancel()
    await asyncio.wait([lead], timeout=2 * _GRACE_SECONDS)
    if tasks[1].done():
        tasks[1].result()
        raise ComponentEnded("the HTTP server ended")
    if lead.done() and not lead.cancelled():
        lead.result()


async def _lead(process: Process) -> None:
    """Start the resources, then run all components until one ends."""
    for resource in process.resources:
        await _started(process, resource)
    process.started = True
    tasks = {asyncio.create_task(_run(process, item), name=item.name): item.name for item in process.components}
    tasks[asyncio.create_task(_measure_loop(), name="loop lag")] = "loop lag"
    tasks[asyncio.create_task(_watch(process), name="watchdog")] = "watchdog"
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = next(iter(done))
        raise ComponentEnded(f"{tasks[ended]} ended") from ended.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _started(process: Process, resource: Startable) -> None:
    pause = 0.2
    while True:
        try:
            await resource.start()
        except Exception as error:
            if not passes(error):
                raise
            process.waiting = f"{type(resource).__name__.lower()} is away: {describe(error)}"
            log.warning("waiting for what the service needs", what=type(resource).__name__, cause=describe(error))
            await asyncio.sleep(pause)
            pause = min(5.0, pause * 2)
        else:
            return


async def _run(process: Process, component: Component) -> None:
    try:
        await component.run()
    except BrakeEngaged as error:
        process.braked[component.name] = f"{component.name} is stopped by its dead-letter brake: {error}"
        await asyncio.Event().wait()


async def _watch(process: Process) -> None:
    watched = [item for item in process.components if isinstance(item, Watched)]
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        for component in watched:
            if (reason := component.stalled()) is not None:
                process.stuck = reason
                raise ComponentEnded(reason)


async def _measure_loop() -> None:
    """How late the loop runs what is due; heartbeats of the consumer group share it."""
    while True:
        due = time.monotonic() + _LAG_INTERVAL
        await asyncio.sleep(_LAG_INTERVAL)
        late = max(0.0, time.monotonic() - due)
        metrics.loop_lag.observe(late)
        if late > _LAG_ALARM:
            log.warning("event loop was blocked", seconds=round(late, 3))


async def _quietly(work: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await work
    except Exception as error:  # noqa: BLE001 - the process ends anyway
        log.warning("could not be stopped in order", cause=describe(error))


@contextlib.contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _listening(settings: ServiceSettings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.create_server((settings.host, settings.port), family=family, backlog=2048) as listener:
        yield listener


def _server(settings: ServiceSettings, application: ASGIApp) -> _Server:
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="auto",
        timeout_graceful_shutdown=5,
        timeout_keep_alive=65,
    )
    del settings
    return _Server(config)


def command(
    name: str, settings_type: type[Settings], run: Callable[[Settings], Awaitable[None]], package: str
) -> click.Group:
    """The service's command line: `run` serves until SIGTERM and ends with 0, `migrate` upgrades its schema."""

    @click.group(name=name)
    def group() -> None:
        pass

    @group.command("run")
    def run_command() -> None:
        """Serve until SIGTERM."""
        settings = _settings(settings_type)
        configure_logging(settings)
        configure_tracing(settings)
        tame_collector()
        _finish(run(settings))

    @group.command("migrate")
    def migrate_command() -> None:
        """Create or upgrade the service's schema."""
        settings = _settings(settings_type)
        configure_logging(settings)
        _finish(migrate(settings.database, package))

    return group


def add_command(
    group: click.Group,
    name: str,
    settings_type: type[Settings],
    run: Callable[..., Awaitable[None]],
    *parameters: click.Parameter,
) -> None:
    """One more command of a service, which does its work and ends; its help is the docstring of `run`.

    `run` gets the settings, and the parameters' values by name.
    """

    def one_more(**values: Any) -> None:
        settings = _settings(settings_type)
        configure_logging(settings)
        _finish(run(settings, **values))

    group.add_command(click.Command(name, callback=one_more, params=list(parameters), help=run.__doc__))


def tame_collector() -> None:
    """Let the garbage collector look at young objects only, and less often.

    A batch makes tens of thousands of objects that die by reference count; with Python's thresholds the collector walks
    all the process holds again and again while it grows, a third of a consumer's time at 100,000 records in memory.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _settings(settings_type: type[Settings]) -> Settings:
    try:
        return settings_type()
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        lines = [f"MATCHBOOK_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in faults]
        raise click.ClickException("The settings do not do:\n  " + "\n  ".join(lines)) from error


def _finish(work: Awaitable[None]) -> None:
    try:
        asyncio.run(_awaited(work))
    except (ConfigurationError, MigrationError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error}") from error
    except Exception as error:
        log.exception("ended by a failure", cause=describe(error.__cause__ or error))
        sys.exit(1)


async def _awaited(work: Awaitable[None]) -> None:
    await work
