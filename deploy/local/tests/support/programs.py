"""Small programs in the place of the four services, the emulator and the topics command."""

import json
import sys
from pathlib import Path

from matchbook_local.stack import SERVICES

MATCHBOOK = """\
import json, os, sys, time
from pathlib import Path
here = Path(__file__).parent
(here / "order.log").open("a").write("matchbook " + " ".join(sys.argv[1:3]) + "\\n")
if sys.argv[1] == "emulator":
    folder = Path(sys.argv[sys.argv.index("--state-dir") + 1])
    names = "login_url client_id certificate_file ca_file graph_url partner_tenant_id home_tenant_id".split()
    people = [{"role": "Reader", "login_hint": "reader"}]
    (folder / "emulator.json").write_text(json.dumps({name: "the " + name for name in names} | {"people": people}))
    time.sleep(600)
if json.loads((here / "behaviour.json").read_text()).get("matchbook") == "topics take long":
    time.sleep(600)
"""
SERVICE = """\
import http.server, json, os, signal, sys, time
from pathlib import Path
here, name = Path(__file__).parent, Path(__file__).name
behaviour = json.loads((here / "behaviour.json").read_text()).get(name, "")
def note(text):
    (here / "order.log").open("a").write(text + "\\n")
note(name + " " + sys.argv[1])
if sys.argv[1] == "migrate":
    sys.exit(9 if behaviour == "migration fails" else 0)
(here / (name + ".environment")).write_text(json.dumps(dict(os.environ)))
def end(*_):
    note(name + " ends")
    os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour == "stubborn" else end)
print("hello from", name, flush=True)
if behaviour == "dies at start":
    print("I cannot go on", flush=True)
    sys.exit(3)
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path == "/die":
            os.kill(os.getpid(), signal.SIGKILL)
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["MATCHBOOK_PORT"])), Health).serve_forever()
"""


def install(folder: Path, behaviour: dict[str, str] | None = None) -> Path:
    """Write the programs into a folder; `behaviour` names services that misbehave, and how."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "behaviour.json").write_text(json.dumps(behaviour or {}))
    for name in SERVICES:
        _write(folder / name, SERVICE)
    _write(folder / "matchbook", MATCHBOOK)
    return folder


def order(folder: Path) -> list[str]:
    """What the programs noted, in the order it happened."""
    return (folder / "order.log").read_text().splitlines()


def environment(folder: Path, service: str) -> dict[str, str]:
    """What a service was started with."""
    found: dict[str, str] = json.loads((folder / f"{service}.environment").read_text())
    return found


def _write(path: Path, text: str) -> None:
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
