"""All of Matchbook on one machine: what is started, in which order, with which settings."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from matchbook_local import done
from matchbook_local.errors import LocalError
from matchbook_local.holding import choose_ports
from matchbook_local.kafka import Kafka, KafkaOptions
from matchbook_local.machine import LOOPBACK, require_room
from matchbook_local.postgres import Postgres, PostgresOptions, remembered_secret
from matchbook_local.supervisor import Supervisor

SERVICES = ("graph-ingestor", "matcher", "configuration-writer", "api-gateway")
LISTENERS = ("kafka", "postgres", "emulator", *SERVICES)
READY_SECONDS = 120.0
ROOM_MEGABYTES = 600
# The environment's own MATCHBOOK_ variables that may reach the services; every other setting is ours.
PASSED_ON = ("MATCHBOOK_OTLP_", "MATCHBOOK_FAILPOINTS", "MATCHBOOK_DETAIL_")
# All that is started here talks to loopback, with a certificate authority of its own: the machine's proxy would not
# know the way, and its certificates would be taken instead of those that a service is told to trust.
KEPT_BACK = ("http_proxy", "https_proxy", "all_proxy", "requests_ca_bundle", "curl_ca_bundle", "ssl_cert_file")


@dataclass(frozen=True)
class Plan:
    """What to start.

    `page_port` None: that of the last run, or a free one. `sync_seconds` between two sweeps. `sync_devices`: the
    default of Sync Intune Devices. `short_lived`: as in KafkaOptions.
    """

    data: Path
    tenants: int = 40
    devices: int = 2000
    seed: int = 1
    page_port: int | None = None
    sync_seconds: int = 300
    sync_devices: bool = True
    repository: str | None = None
    short_lived: bool = False
    programs: Path = field(default_factory=lambda: Path(sys.executable).parent)


class Stack:
    """Starts everything through a supervisor, which also ends it."""

    def __init__(self, plan: Plan, supervisor: Supervisor) -> None:
        self.plan = plan
        self.emulator: dict[str, Any] = {}
        self._supervisor = supervisor
        require_room(plan.data, ROOM_MEGABYTES)
        (plan.data / "logs").mkdir(exist_ok=True)
        self.ports = choose_ports(plan.data, LISTENERS, {"api-gateway": plan.page_port} if plan.page_port else {})
        kafka = KafkaOptions(self.ports["kafka"], repository=plan.repository, short_lived=plan.short_lived)
        self.kafka = Kafka(plan.data / "kafka", kafka, self._say)
        self.postgres = Postgres(plan.data / "postgres", PostgresOptions(port=self.ports["postgres"]), self._say)
        self._dsns: dict[str, str] = {}

    @property
    def page_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['api-gateway']}"

    def start_infrastructure(self) -> None:
        """Kafka and PostgreSQL with topics, roles and schemas, and the emulator beside them."""
        self._say("starting Kafka and PostgreSQL")
        self._supervisor.hold(self.kafka).begin()
        self._supervisor.hold(self.postgres).start()
        self._dsns = {name: self.postgres.create_service(_schema(name), _schema(name)) for name in SERVICES}
        self._supervisor.wait(self.kafka.obstacle, what="Kafka", seconds=READY_SECONDS)
        self._apply_topics()

    def _apply_topics(self) -> None:
        wanted = {"topics": done.digest(["matchbook_contracts", "matchbook_servicekit"], ["topics/*", "topics.py"])}
        if done.outstanding(self.plan.data, wanted):
            self._say("creating topics")
            self._run("the topics", {"topics": [self._program("matchbook"), "topics", "apply"]})
            done.remember(self.plan.data, wanted)

    def start_emulator(self) -> None:
        """Returns at once; `wait_for_emulator` reads where it listens."""
        require_same_world(self.plan)
        self._say(f"starting the Microsoft emulator: {self.plan.tenants} tenants, {self.plan.devices} devices")
        folder = self.plan.data / "emulator"
        folder.mkdir(exist_ok=True)
        # A file of the last run would be taken for this one's.
        (folder / "emulator.json").unlink(missing_ok=True)
        self._supervisor.start("emulator", self._emulator_command(folder), self._environment("emulator"), shown=False)

    def wait_for_emulator(self) -> None:
        """The services' settings are the emulator's addresses and credential. Returns at once when they are known."""
        file = self.plan.data / "emulator" / "emulator.json"
        self._supervisor.wait(
            lambda: None if _json(file) else "it is building its world", what="the emulator", seconds=300
        )
        self.emulator = _json(file) or {}

    def migrate(self) -> None:
        """Bring every service's schema up to date, side by side: none sees another's."""
        # A service looks at all of its settings before it does anything.
        self.wait_for_emulator()
        wanted = {
            name: done.digest(["matchbook_servicekit", f"matchbook_{_schema(name)}"], ["sql/**/*.sql", "database.py"])
            for name in SERVICES
        }
        steps = done.outstanding(self.plan.data, wanted)
        if steps:
            self._say(f"migrating the schemas of {', '.join(steps)}")
            self._run("the migrations", {name: [self._program(name), "migrate"] for name in steps})
            done.remember(self.plan.data, wanted)

    def start_services(self) -> None:
        """In the order of the flow; each must be ready before this returns."""
        for name in SERVICES:
            self._say(f"starting {name}")
            self._supervisor.start(name, [self._program(name), "run"], self._environment(name))
        for name in SERVICES:
            self._supervisor.wait(partial(health, self.ports[name]), what=name, seconds=READY_SECONDS)
            self._say(f"{name} is ready")

    def facts(self) -> dict[str, Any]:
        """Where everything listens."""
        return {
            "pid": os.getpid(),
            "page": self.page_url,
            "kafka": self.kafka.bootstrap,
            "postgres": self.postgres.dsn,
            "ports": self.ports,
            "emulator": self.emulator,
        }

    def _run(self, what: str, steps: Mapping[str, list[str | Path]]) -> None:
        self._supervisor.run(what, steps, {name: self._environment(name) for name in steps})

    def _environment(self, name: str) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if is_passed_on(key)}
        return inherited | {"PYTHONUNBUFFERED": "1"} | self._settings(name)

    def _settings(self, name: str) -> dict[str, str]:
        settings = {"MATCHBOOK_KAFKA_BOOTSTRAP": self.kafka.bootstrap, "MATCHBOOK_LOG_FORMAT": "json"}
        if name not in SERVICES:
            return settings
        settings |= {
            "MATCHBOOK_DATABASE_DSN": self._dsns[name],
            "MATCHBOOK_DATABASE_SCHEMA": _schema(name),
            "MATCHBOOK_HOST": LOOPBACK,
            "MATCHBOOK_PORT": str(self.ports[name]),
            "MATCHBOOK_INSTANCE_ID": f"{name}-local",
        }
        extra = {"graph-ingestor": self._ingestor_settings, "api-gateway": self._gateway_settings}.get(name)
        return settings | (extra() if extra else {})

    def _microsoft_settings(self) -> dict[str, str]:
        return {
            "MATCHBOOK_LOGIN_URL": self.emulator.get("login_url", ""),
            "MATCHBOOK_CLIENT_ID": self.emulator.get("client_id", ""),
            "MATCHBOOK_CERTIFICATE_FILE": self.emulator.get("certificate_file", ""),
            "MATCHBOOK_CA_FILE": self.emulator.get("ca_file", ""),
        }

    def _ingestor_settings(self) -> dict[str, str]:
        return self._microsoft_settings() | {
            "MATCHBOOK_GRAPH_URL": self.emulator.get("graph_url", ""),
            "MATCHBOOK_PARTNER_TENANT_ID": self.emulator.get("partner_tenant_id", ""),
            "MATCHBOOK_SYNC_INTERVAL_SECONDS": str(self.plan.sync_seconds),
            "MATCHBOOK_SYNC_DEVICES_BY_DEFAULT": str(self.plan.sync_devices).lower(),
        }

    def _gateway_settings(self) -> dict[str, str]:
        return self._microsoft_settings() | {
            "MATCHBOOK_HOME_TENANT_ID": self.emulator.get("home_tenant_id", ""),
            "MATCHBOOK_PUBLIC_URL": self.page_url,
            "MATCHBOOK_SESSION_SECRET": remembered_secret(self.plan.data / "session-secret"),
        }

    def _emulator_command(self, folder: Path) -> list[str | Path]:
        options = {
            "--host": LOOPBACK,
            "--port": self.ports["emulator"],
            "--tenants": self.plan.tenants,
            "--devices": self.plan.devices,
            "--seed": self.plan.seed,
            "--state-dir": folder,
        }
        return [
            self._program("matchbook"),
            "emulator",
            "run",
            *(str(part) for pair in options.items() for part in pair),
        ]

    def _program(self, name: str) -> Path:
        return self.plan.programs / name

    def _say(self, text: str) -> None:
        self._supervisor.console.say("matchbook", text)


def is_passed_on(variable: str) -> bool:
    """Whether a variable of our environment reaches the children."""
    if variable.startswith("MATCHBOOK_"):
        return variable.startswith(PASSED_ON)
    return variable.lower() not in KEPT_BACK


def require_same_world(plan: Plan) -> None:
    """Raises LocalError when the data folder holds another world than the plan's: the two would be mixed."""
    file, wanted = plan.data / "world.json", {"tenants": plan.tenants, "devices": plan.devices, "seed": plan.seed}
    found = _json(file)
    if found is None:
        file.write_text(json.dumps(wanted))
    elif found != wanted:
        named = [", ".join(f"{value} {name}" for name, value in world.items()) for world in (found, wanted)]
        raise LocalError(
            f"{plan.data} holds another world ({named[0]}) than was asked for ({named[1]}): "
            "remove it with `make clean`, or give another folder with --data."
        )


def _schema(service: str) -> str:
    return service.replace("-", "_")


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return found


def health(port: int) -> str | None:
    """None when the service on the port says that it is ready, otherwise its reason."""
    # No proxy: one that is set for the machine must not be asked for loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{LOOPBACK}:{port}/health/ready", timeout=2):
            return None
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace").strip()[:300] or f"HTTP {error.code}"
    except OSError:
        return "it does not listen yet"
