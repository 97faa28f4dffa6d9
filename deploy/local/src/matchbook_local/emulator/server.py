"""A running emulator: its files, its socket, its life from start to stop."""

import asyncio
import contextlib
import json
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from .application import application
from .clock import Clock
from .cloud import Cloud, Registration
from .faults import Faults, FaultSwitch, Parameters
from .graph.catalog import Catalog
from .identity.assertions import AssertionChecker
from .identity.certificates import TlsFiles, app_certificate, signing_key, tls_files
from .identity.federation import ClientChecker, FederatedIdentity
from .identity.grants import Grants
from .identity.tokens import TokenSigner
from .traffic import Limits, Throttle, Traffic
from .world import World
from .world.export import CONFIGURATIONS, ORGANIZATIONS, TRUTH, DocumentationFiles, write_organizations, write_truth

CLIENT_NAMESPACE = uuid.UUID("b41e1e55-7a1b-4a38-9f53-70c0f5a7d0c1")


@dataclass(frozen=True, slots=True)
class Emulator:
    """Where a running emulator is, and what its clients need."""

    url: str
    folder: Path
    ca_file: Path
    certificate_file: Path
    client_id: str
    cloud: Cloud
    advance: Callable[[int], Any]
    """`await advance(days)`: the world moves on, and the truth files with it."""

    @property
    def world(self) -> World:
        return self.cloud.world

    @property
    def faults(self) -> FaultSwitch:
        return self.cloud.faults

    @property
    def partner_tenant_id(self) -> str:
        return self.world.home.tenant_id

    @property
    def organizations_csv(self) -> Path:
        return self.folder / ORGANIZATIONS

    @property
    def configurations_csv(self) -> Path:
        return self.folder / CONFIGURATIONS

    @property
    def truth_dir(self) -> Path:
        return self.folder / TRUTH

    def description(self) -> dict[str, Any]:
        """What emulator.json holds."""
        people = [{"role": p.role, "upn": p.upn, "name": p.name, "login_hint": p.login_hint} for p in self.world.people]
        return {
            "url": self.url,
            "login_url": self.url,
            "graph_url": self.url,
            "ca_file": str(self.ca_file),
            "client_id": self.client_id,
            "certificate_file": str(self.certificate_file),
            "partner_tenant_id": self.partner_tenant_id,
            "home_tenant_id": self.partner_tenant_id,
            "organizations_csv": str(self.organizations_csv),
            "configurations_csv": str(self.configurations_csv),
            "truth_dir": str(self.truth_dir),
            "people": people,
        }


@dataclass(frozen=True, slots=True)
class Options:
    host: str = "127.0.0.1"
    port: int = 0
    """0: any free one."""
    token_lifetime: int = 3600
    """Seconds."""
    redirect_uris: frozenset[str] = frozenset()
    federated: tuple[FederatedIdentity, ...] = ()
    secrets: frozenset[str] = frozenset()
    """What the application may prove itself with besides its certificate."""
    faults: Faults | None = None
    """Of one's own, beside those that have a name."""
    named_faults: Sequence[Parameters] = ()
    """Switched on from the start; `Emulator.faults` switches them later."""
    fault_seed: int = 1
    limits: Limits | None = field(default_factory=Limits)
    """None: nothing is throttled."""
    after_advance: Callable[[World, Path], None] | None = None
    """Called in a thread with the world and its folder; by default it writes the truth files anew."""
    clock: Callable[[], float] = time.time
    """For what is signed and checked; the world has a calendar of its own."""


@contextlib.asynccontextmanager
async def running_emulator(
    world: World, folder: Path, options: Options | None = None, *, write_documentation: bool = True
) -> AsyncIterator[Emulator]:
    """Serves `world` over TLS until the block ends. Keys and documentation are kept in `folder`."""
    options = options or Options()
    tls, cloud = await asyncio.to_thread(_prepare, world, folder, options, write_documentation=write_documentation)
    lock = asyncio.Lock()

    async def advance(days: int) -> None:
        async with lock:
            world.advance(days)
            await asyncio.to_thread(options.after_advance or write_truth, world, folder)

    async with _serving(application(cloud, advance), tls, options) as port:
        host = f"[{options.host}]" if ":" in options.host else options.host
        certificate_file = folder / "app-certificate.pem"
        client_id = cloud.application.client_id
        yield Emulator(f"https://{host}:{port}", folder, tls.ca_file, certificate_file, client_id, cloud, advance)


def _prepare(world: World, folder: Path, options: Options, *, write_documentation: bool) -> tuple[TlsFiles, Cloud]:
    folder.mkdir(parents=True, exist_ok=True)
    if write_documentation:
        write_files(world, folder)
    return tls_files(folder, *_names(options.host)), make_cloud(world, folder, options)


def make_cloud(world: World, folder: Path, options: Options) -> Cloud:
    certificate = app_certificate(folder / "app-certificate.pem")
    client_id = str(uuid.uuid5(CLIENT_NAMESPACE, world.home.tenant_id))
    clock = Clock(options.clock)
    assertions = AssertionChecker(client_id, [certificate], clock.for_assertions)
    checker = ClientChecker(assertions, options.federated, options.secrets, clock.for_assertions)
    faults = FaultSwitch(world.find_tenant, clock, options.faults)
    faults.replace(options.named_faults, options.fault_seed)
    return Cloud(
        world=world,
        application=Registration(client_id, checker, options.redirect_uris),
        signer=TokenSigner(signing_key(folder / "signing-key.pem"), options.token_lifetime, clock),
        grants=Grants(clock),
        catalog=Catalog(world),
        clock=clock,
        faults=faults,
        traffic=Traffic(Throttle(options.limits) if options.limits else None),
    )


def write_files(world: World, folder: Path) -> None:
    """The documentation of step 0, and the truth of now."""
    with DocumentationFiles(folder) as files:
        for configurations in world.documentation():
            files.add(configurations)
    write_organizations(world, folder)
    write_truth(world, folder)


def write_description(emulator: Emulator, path: Path, **more: Any) -> str:
    """One line of JSON, which replaces the file at once, so that nobody reads half of it."""
    line = json.dumps(emulator.description() | more)
    draft = path.with_suffix(".tmp")
    draft.write_text(line + "\n", encoding="utf-8")
    draft.replace(path)
    return line


@contextlib.asynccontextmanager
async def _serving(app: web.Application, tls: TlsFiles, options: Options) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.create_server((options.host, options.port), family=family, backlog=1024)
    try:
        await web.SockSite(runner, listener, ssl_context=tls.context()).start()
        yield int(listener.getsockname()[1])
    finally:
        await runner.cleanup()
        listener.close()


def _names(host: str) -> tuple[str, ...]:
    return () if host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "::") else (host,)  # noqa: S104 - names, not a bind
