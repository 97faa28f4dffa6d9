"""The whole of Matchbook, as `make demo` runs it, for tests and benchmarks that cross services."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matchbook_local import holding
from matchbook_local.console import Console
from matchbook_local.demo import Demo
from matchbook_local.gateway import Gateway
from matchbook_local.stack import Plan, Stack
from matchbook_local.supervisor import Supervisor


@dataclass
class Running:
    """A running stack; `gateway` is signed in as Administrator."""

    stack: Stack
    supervisor: Supervisor
    gateway: Gateway

    @property
    def page(self) -> str:
        return self.stack.page_url

    @property
    def ca_file(self) -> str:
        return str(self.stack.emulator["ca_file"])

    def sign_in(self, login_hint: str) -> Gateway:
        """Another person's session: `administrator`, `manager` or `reader`."""
        gateway = Gateway(self.page, self.ca_file)
        gateway.sign_in(login_hint)
        return gateway

    def wait_for(self, obstacle: Callable[[], str | None], *, what: str, seconds: float = 120.0) -> None:
        """Wait until `obstacle` returns None; fails at once when a service dies."""
        self.supervisor.wait(obstacle, what=what, seconds=seconds)

    def decided(self, decision_id: str) -> dict[str, Any]:
        """What became of a decision, once it is known."""
        found: dict[str, Any] = {}

        def obstacle() -> str | None:
            found.update(self.gateway.get(f"/api/decisions/{decision_id}"))
            return None if found["status"] != "pending" else "it is pending"

        self.wait_for(obstacle, what=f"decision {decision_id}")
        return found


@contextmanager
def running(plan: Plan, *, filled: bool) -> Iterator[Running]:
    """Start everything from the plan; `filled` also imports the documentation and matches tenants, as the demo does."""
    console = Console(io.StringIO(), colour=False)
    with holding.held(plan.data), Supervisor(console, plan.data / "logs") as supervisor:
        stack = Stack(plan, supervisor)
        stack.start_emulator()
        stack.start_infrastructure()
        stack.migrate()
        stack.wait_for_emulator()
        stack.start_services()
        gateway = Gateway(stack.page_url, stack.emulator["ca_file"])
        if filled:
            Demo(gateway, supervisor, plan.data, stack.emulator).set_up()
        else:
            gateway.sign_in("administrator")
        yield Running(stack, supervisor, gateway)


def small_world(folder: Path) -> Plan:
    """Enough tenants for the emulator's awkward ones, few enough devices to be quick."""
    return Plan(data=folder, tenants=24, devices=400)
