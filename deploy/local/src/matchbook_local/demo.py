"""What turns a running Matchbook into the demo: documentation imported, tenants matched, something to decide on the
page.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matchbook_local.errors import LocalError
from matchbook_local.gateway import Gateway
from matchbook_local.supervisor import Supervisor

SETTLE_SECONDS = 2.0
STEP_SECONDS = 180.0
# One tenant in so many keeps its suggestion, so that there is one to decide.
LEFT_OPEN = 8
CHUNK = 500


class Demo:
    """Each step is done once for a data folder and remembered there, so that a second start finds all of it."""

    def __init__(self, gateway: Gateway, supervisor: Supervisor, data: Path, emulator: dict[str, Any]) -> None:
        self._gateway = gateway
        self._supervisor = supervisor
        self._done_file = data / "demo.json"
        self._emulator = emulator

    def set_up(self) -> None:
        """Raises LocalError when a step does not get through; a later start goes on from there."""
        self._gateway.sign_in("administrator")
        self._once("organizations", lambda: self._import("organizations"))
        self._once("configurations", lambda: self._import("configurations"))
        self._once("discovery", self._wait_for_discovery)
        self._once("tenants", self._accept_tenants)
        self._once("suggestions", lambda: self._settle("suggestions", lambda s: s["devices"]["suggested"]))
        self._say(describe(self._summary()))

    def _once(self, step: str, work: Callable[[], None]) -> None:
        done = json.loads(self._done_file.read_text()) if self._done_file.exists() else []
        if step not in done:
            work()
            self._done_file.write_text(json.dumps([*done, step]))

    def _import(self, subject: str) -> None:
        accepted = self._gateway.upload(f"/api/imports/{subject}", Path(self._emulator[f"{subject}_csv"]))
        self._say(f"importing {accepted['rows']} {subject}")
        path = f"/api/imports/{accepted['import_id']}"
        self._supervisor.wait(
            lambda: import_obstacle(self._gateway.get(path), accepted["chunks"]),
            what=f"the {subject}",
            seconds=STEP_SECONDS,
        )
        rejected = self._gateway.get(path)["rejected"]
        if rejected:
            raise LocalError(f"{rejected} {subject} of the demo's documentation were rejected.")
        # The import's outcome and what it documented are records of different partitions; the next file needs both.
        self._settle(subject, lambda summary: summary[subject])

    def _wait_for_discovery(self) -> None:
        self._settle("tenants and devices", lambda s: s["tenants"]["total"] and s["devices"]["total"])

    def _accept_tenants(self) -> None:
        self._settle("tenant suggestions", lambda _: len(self._suggested_tenants()))
        suggested = self._suggested_tenants()
        chosen = [row for number, row in enumerate(suggested, start=1) if number % LEFT_OPEN]
        self._say(f"matching {len(chosen)} tenants as suggested, {len(suggested) - len(chosen)} are left to decide")
        decisions = [accept_tenant(row) for row in chosen]
        for start in range(0, len(decisions), CHUNK):
            self._gateway.post("/api/decisions", {"decisions": decisions[start : start + CHUNK]})
        self._supervisor.wait(
            lambda: None if self._summary()["tenants"]["matched"] >= len(chosen) else "the decisions are being applied",
            what="the tenants' matches",
            seconds=STEP_SECONDS,
        )

    def _suggested_tenants(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self._gateway.get(f"/api/tenants?status=unmatched&limit=200{cursor}")
            rows += page["items"]
            if not page["next_cursor"]:
                return [row for row in rows if (row["suggestion"] or {}).get("status") == "suggested"]
            cursor = f"&cursor={page['next_cursor']}"

    def _settle(self, what: str, count: Callable[[dict[str, Any]], int]) -> None:
        """Wait until there are some and their number has stopped growing."""
        settled = Settled(SETTLE_SECONDS)

        def obstacle() -> str | None:
            found = count(self._summary())
            if settled.reached(found, time.monotonic()):
                return None
            return f"{found} so far"

        self._supervisor.wait(obstacle, what=what, seconds=STEP_SECONDS)

    def _summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = self._gateway.get("/api/summary")
        return summary

    def _say(self, text: str) -> None:
        self._supervisor.console.say("matchbook", text)


class Settled:
    """Whether a growing number has stayed the same, and above zero, for some seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = 0
        self._since = 0.0

    def reached(self, number: int, now: float) -> bool:
        if number != self._last:
            self._last, self._since = number, now
        return number > 0 and now - self._since >= self._seconds


def import_obstacle(progress: dict[str, Any], chunks: int) -> str | None:
    applied = progress["applied_chunks"]
    return None if applied >= chunks else f"{applied} of {chunks} parts are applied"


def accept_tenant(row: dict[str, Any]) -> dict[str, Any]:
    """The command that accepts a tenant row's suggestion."""
    return {
        "command": "AcceptTenantMatch",
        "tenant_id": row["tenant_id"],
        "suggestion_id": row["suggestion"]["suggestion_id"],
    }


def describe(summary: dict[str, Any]) -> str:
    tenants, devices = summary["tenants"], summary["devices"]
    return (
        f"{tenants['total']} tenants ({tenants['matched']} matched), {devices['total']} devices "
        f"({devices['suggested']} with a suggestion, {devices['conflict']} in conflict), "
        f"{summary['organizations']} organizations, {summary['configurations']} configurations"
    )


def farewell(page: str, emulator: dict[str, Any]) -> str:
    """What is printed when all is up: the page and the ways to sign in."""
    people = emulator.get("people", [])
    lines = [f"    {person['role']:<14} {page}/auth/sign-in?login_hint={person['login_hint']}" for person in people]
    return "\n".join(
        [
            "",
            f"  Matchbook is ready: {page}",
            "",
            "  Sign in as",
            *lines,
            "  The sign-in page is the emulator's own, with a certificate your browser does not know: accept it once.",
            "",
        ]
    )
