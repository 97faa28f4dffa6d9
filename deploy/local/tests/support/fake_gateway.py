"""A gateway on loopback that answers as the documented API does, as far as the demo's set-up goes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SESSION = "matchbook=session-1"


@dataclass
class World:
    """What the gateway knows; grows a little with each look, as the real read model does while it is fed."""

    url: str = ""
    tenants: int = 10
    seen: int = 0
    matched: int = 0
    uploads: list[tuple[str, bytes]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)
    busy: int = 0
    rejected: int = 0

    def summary(self) -> dict[str, Any]:
        self.seen = min(self.seen + 5, self.tenants)
        return {
            "tenants": {"total": self.seen, "matched": self.matched},
            "devices": {"total": self.seen * 50, "suggested": self.matched * 40, "conflict": 1},
            "organizations": 10,
            "configurations": 300,
        }

    def page(self, cursor: str) -> dict[str, Any]:
        start = int(cursor or 0)
        numbers = range(start, min(start + 4, self.tenants))
        return {
            "items": [_tenant(n) for n in numbers],
            "next_cursor": str(start + 4) if start + 4 < self.tenants else None,
        }

    def imported(self, path: str) -> dict[str, Any]:
        self.looks[path] = self.looks.get(path, 0) + 1
        return {"applied_chunks": min(self.looks[path], 2), "rejected": self.rejected}


def _tenant(number: int) -> dict[str, Any]:
    status = "conflict" if number == 3 else "suggested"
    suggestion = None if number == 5 else {"suggestion_id": f"s{number}", "status": status}
    return {"tenant_id": f"t{number}", "suggestion": suggestion}


class Server(ThreadingHTTPServer):
    world: World


class Handler(BaseHTTPRequestHandler):
    @property
    def world(self) -> World:
        assert isinstance(self.server, Server)
        return self.server.world

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/auth/sign-in":
            return self._redirect("/auth/callback", cookie=query == "login_hint=administrator")
        if path in ("/auth/callback", "/"):
            return self._answer(200, "page")
        if SESSION not in (self.headers.get("Cookie") or ""):
            return self._answer(401, {"title": "sign in first"})
        return self._answer(200, self._read(path, query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.world.busy:
            self.world.busy -= 1
            return self._answer(503, {"title": "later"}, retry_after="0")
        if self.headers.get("X-Matchbook") != "1":
            return self._answer(403, {"title": "no"})
        return self._answer(202, self._write(body))

    def _read(self, path: str, query: str) -> Any:
        if path == "/api/summary":
            return self.world.summary()
        if path == "/api/tenants":
            return self.world.page(query.partition("cursor=")[2])
        if path.startswith("/api/imports/"):
            return self.world.imported(path)
        return {"name": "somebody"}

    def _write(self, body: bytes) -> Any:
        if self.path.startswith("/api/imports/"):
            self.world.uploads.append((self.path, body))
            return {"import_id": f"i{len(self.world.uploads)}", "rows": 7, "chunks": 2}
        self.world.decisions += json.loads(body)["decisions"]
        self.world.matched = len(self.world.decisions)
        return {"decision_ids": []}

    def _redirect(self, path: str, *, cookie: bool) -> None:
        self.send_response(302)
        self.send_header("Location", path)
        if cookie:
            self.send_header("Set-Cookie", f"{SESSION}; HttpOnly; Path=/; SameSite=Lax")
        self.end_headers()

    def _answer(self, status: int, body: Any, retry_after: str | None = None) -> None:
        self.send_response(status)
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(world: World) -> Iterator[World]:
    server = Server(("127.0.0.1", 0), Handler)
    server.world = world
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    world.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield world
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
