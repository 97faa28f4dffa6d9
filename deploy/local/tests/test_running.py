"""The whole start and end on the real Kafka and PostgreSQL, with small programs in the place of services and
emulator.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from matchbook_local import holding
from matchbook_local.errors import LocalError
from matchbook_local.stack import SERVICES, Plan, require_same_world

from deploy.local.tests.support import programs
from deploy.local.tests.support.processes import descendants, eventually, gone

COMMAND = """
import sys
from pathlib import Path
from matchbook_local.running import Mode, run
from matchbook_local.stack import Plan
port = int(sys.argv[3]) or None
plan = Plan(Path(sys.argv[1]), tenants=3, devices=9, page_port=port, short_lived=True, programs=Path(sys.argv[2]))
sys.exit(run(plan, Mode(exit_when_ready=sys.argv[4] == "end")))
"""


@contextmanager
def matchbook(
    data: Path, bin_folder: Path, *, port: int = 0, end: bool = False, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    data.mkdir(exist_ok=True)
    arguments = [str(data), str(bin_folder), str(port), "end" if end else "stay"]
    with (data / "said").open("a") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments],
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(environment or {})},
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for the whole file: a second start on it is quicker than a first."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def data(kept: Path) -> Path:
    for name in ("said", "done.json"):
        (kept / name).unlink(missing_ok=True)
    return kept


def said(data: Path) -> str:
    return (data / "said").read_text()


def wait_until_ready(data: Path, process: subprocess.Popen[str]) -> None:
    assert eventually(lambda: holding.read_running(data) is not None or process.poll() is not None, seconds=90)
    assert process.poll() is None, said(data)


def test_all_starts_in_order_is_ready_and_ends_in_reverse_order(tmp_path: Path, data: Path) -> None:
    bin_folder = programs.install(tmp_path / "bin")
    outside = {
        "MATCHBOOK_TOPIC_PREFIX": "stray.",
        "MATCHBOOK_OTLP_ENDPOINT": "http://collector",
        "HTTPS_PROXY": "http://proxy",
    }
    with matchbook(data, bin_folder, environment=outside) as process:
        wait_until_ready(data, process)
        below = descendants(process.pid)
        facts = holding.read_running(data)
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0, said(data)
    assert all(gone(pid) for pid in below)
    assert facts is not None
    assert facts["emulator"]["client_id"] == "the client_id"
    assert "MATCHBOOK_TOPIC_PREFIX" not in programs.environment(bin_folder, "matcher")
    assert programs.environment(bin_folder, "matcher")["MATCHBOOK_OTLP_ENDPOINT"] == "http://collector"
    assert "HTTPS_PROXY" not in programs.environment(bin_folder, "matcher")
    ingestor = programs.environment(bin_folder, "graph-ingestor")
    assert ingestor["MATCHBOOK_GRAPH_URL"] == "the graph_url"
    assert ingestor["MATCHBOOK_DATABASE_SCHEMA"] == "graph_ingestor"
    assert "graph_ingestor" in ingestor["MATCHBOOK_DATABASE_DSN"]
    noted = programs.order(bin_folder)
    assert noted[0] == "matchbook emulator run"
    assert noted[1] == "matchbook topics apply"
    assert sorted(noted[2:6]) == sorted(f"{name} migrate" for name in SERVICES)
    assert noted[-4:] == [f"{name} ends" for name in reversed(SERVICES)]
    assert "matcher              | hello from matcher" in said(data)
    assert "\x1b[" not in said(data)
    assert f"Reader         {facts['page']}/auth/sign-in?login_hint=reader" in said(data)


def test_a_second_start_keeps_ports_and_is_refused_while_the_first_runs(tmp_path: Path, data: Path) -> None:
    bin_folder = programs.install(tmp_path / "bin")
    with matchbook(data, bin_folder, end=True) as process:
        assert process.wait(90) == 0, said(data)
    ports = json.loads((data / "ports.json").read_text())
    assert programs.order(bin_folder).count("matcher migrate") == 1
    with matchbook(data, bin_folder) as process:
        wait_until_ready(data, process)
        assert json.loads((data / "ports.json").read_text()) == ports
        # Neither topics nor schemas have changed.
        assert programs.order(bin_folder).count("matcher migrate") == 1
        assert programs.order(bin_folder).count("matchbook topics apply") == 1
        with matchbook(data, bin_folder) as second:
            assert second.wait(60) == 1
        assert f"already runs from {data} (process {process.pid})" in said(data)
        assert process.poll() is None
        assert holding.end_holder(data)
        assert process.wait(90) == 0


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (
            {"matcher": "dies at start"},
            "matchbook: matcher ended with exit code 3; it last said:\n    hello from matcher",
        ),
        ({"matcher": "migration fails"}, "matchbook: matcher ended with exit code 9 without a word."),
    ],
)
def test_a_service_that_fails_at_the_start_ends_all_with_its_name(
    tmp_path: Path, data: Path, behaviour: dict[str, str], sentence: str
) -> None:
    bin_folder = programs.install(tmp_path / "bin", behaviour)
    with matchbook(data, bin_folder) as process:
        assert eventually(lambda: bool(descendants(process.pid)))
        below = descendants(process.pid)
        assert process.wait(90) == 1
    assert sentence in said(data)
    assert all(gone(pid) for pid in below)
    assert holding.read_running(data) is None


def test_the_death_of_any_part_later_ends_all_with_its_name(tmp_path: Path, data: Path) -> None:
    bin_folder = programs.install(tmp_path / "bin")
    with matchbook(data, bin_folder) as process:
        wait_until_ready(data, process)
        below = descendants(process.pid)
        facts = holding.read_running(data)
        assert facts is not None
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{facts['ports']['configuration-writer']}/die").close()
        assert process.wait(90) == 1
    assert "matchbook: configuration-writer was ended by the signal SIGKILL" in said(data)
    assert all(gone(pid) for pid in below)


def test_ctrl_c_in_the_middle_of_the_set_up_is_harmless(tmp_path: Path, data: Path) -> None:
    bin_folder = programs.install(tmp_path / "bin", {"matchbook": "topics take long"})
    for moment in ("starting Kafka", "creating topics"):
        with matchbook(data, bin_folder) as process:
            assert eventually(lambda: moment in said(data), seconds=90)  # noqa: B023 - used at once
            below = descendants(process.pid)
            process.send_signal(signal.SIGINT)
            assert process.wait(90) == 130, said(data)
        assert all(gone(pid) for pid in below)
        assert "Traceback" not in said(data)
        (data / "said").unlink()
    programs.install(tmp_path / "bin")
    with matchbook(data, bin_folder, end=True) as process:
        assert process.wait(90) == 0, said(data)


def test_a_supervisor_that_is_killed_leaves_no_process_and_the_next_start_works(tmp_path: Path, data: Path) -> None:
    bin_folder = programs.install(tmp_path / "bin", {"matcher": "stubborn"})
    with matchbook(data, bin_folder) as process:
        wait_until_ready(data, process)
        below = descendants(process.pid)
        process.kill()
        process.wait()
        assert eventually(lambda: all(gone(pid) for pid in below))
    holding.forget_running(data)
    programs.install(tmp_path / "bin")
    with matchbook(data, bin_folder, end=True) as process:
        assert process.wait(90) == 0, said(data)


def test_a_page_port_in_use_is_one_sentence_and_nothing_is_started(tmp_path: Path, data: Path) -> None:
    bin_folder = programs.install(tmp_path / "bin")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with matchbook(data, bin_folder, port=port) as process:
            assert process.wait(60) == 1
    assert said(data) == f"matchbook: Port {port} on 127.0.0.1 is already in use, so api-gateway cannot listen there.\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_is_one_sentence_and_nothing_is_started(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk)], check=False).returncode != 0:
        pytest.skip("this machine does not let root mount a small disk")
    try:
        with matchbook(disk, programs.install(tmp_path / "bin")) as process:
            assert process.wait(60) == 1
        assert said(disk) == f"matchbook: The disk that holds {disk} is full: 19 MB are left and 600 MB are needed.\n"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_the_background_variant_shows_the_set_up_and_runs_on(data: Path) -> None:
    command = [sys.executable, "-m", "matchbook_local", "up", "--only-infrastructure", "--data", str(data)]
    result = subprocess.run([*command, "--background"], capture_output=True, text=True, timeout=120, check=False)
    try:
        assert result.returncode == 0, result.stdout + result.stderr
        assert "export MATCHBOOK_TEST_KAFKA=127.0.0.1:" in result.stdout
        pid = holding.holder(data)
        assert pid is not None
        below = descendants(pid)
        assert below
        again = subprocess.run([*command, "--background"], capture_output=True, text=True, timeout=120, check=False)
        assert (again.returncode, again.stdout) == (1, "")
        assert again.stderr.startswith(f"matchbook: Matchbook already runs from {data} (process {pid})")
    finally:
        down = [sys.executable, "-m", "matchbook_local", "down", "--data", str(data)]
        ended = subprocess.run(down, capture_output=True, text=True, check=False)
    assert ended.stdout == "Matchbook is stopped.\n"
    assert all(gone(each) for each in [pid, *below])


def test_another_world_is_not_mixed_into_the_data(tmp_path: Path) -> None:
    require_same_world(Plan(tmp_path, tenants=4, devices=40))
    require_same_world(Plan(tmp_path, tenants=4, devices=40))
    with pytest.raises(LocalError, match=r"holds another world \(4 tenants, 40 devices, 1 seed\).*`make clean`"):
        require_same_world(Plan(tmp_path, tenants=4, devices=50))
