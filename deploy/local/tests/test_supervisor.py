"""Order, deaths and ends, with small programs in the place of services."""

import io
import signal
import sys
import threading
from pathlib import Path

import pytest
from matchbook_local.console import Console
from matchbook_local.errors import LocalError
from matchbook_local.supervisor import Supervisor

from deploy.local.tests.support.processes import eventually, gone, script

SLEEP = "import time; time.sleep(600)"
NOTE_ITS_END = """
import os, signal, sys, time
def end(*_):
    with open(sys.argv[1], "a") as log:
        log.write(sys.argv[2] + "\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
"""
SUPERVISED = """
import signal, sys
from pathlib import Path
from matchbook_local.console import Console
from matchbook_local.supervisor import Supervisor, ending_signals, interrupt
folder = Path(sys.argv[1])
react = "signal.signal(signal.SIGTERM, signal.%s)" % sys.argv[2]
program = f"import signal, time; {react}; print('up', flush=True); time.sleep(600)"
with ending_signals(interrupt):
    try:
        with Supervisor(Console(sys.stdout, colour=False), folder) as supervisor:
            for name in ("one", "two"):
                child = supervisor.start(name, [sys.executable, "-c", program], {})
                print("PID", child.pid, flush=True)
            supervisor.watch()
    except KeyboardInterrupt:
        print("ended", flush=True)
"""


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


def supervise(said: io.StringIO, folder: Path) -> Supervisor:
    return Supervisor(Console(said, colour=False), folder)


def test_all_are_stopped_in_reverse_order(said: io.StringIO, tmp_path: Path) -> None:
    log = tmp_path / "ends"
    with supervise(said, tmp_path) as supervisor:
        for name in ("first", "second", "third"):
            supervisor.start(name, [sys.executable, "-c", NOTE_ITS_END, log, name], {})
        assert eventually(lambda: said.getvalue().count("| up") == 3)
    assert log.read_text().split() == ["third", "second", "first"]


def test_a_full_disk_costs_the_log_and_nothing_of_what_is_shown(
    said: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    (tmp_path / "loud.log").symlink_to("/dev/full")
    with supervise(said, tmp_path) as supervisor:
        loud = supervisor.start("loud", [sys.executable, "-c", "[print('line', n) for n in range(40)]"], {})
        assert eventually(lambda: loud.failure() is not None)
    assert "| line 39" in said.getvalue()
    assert failures == []


def test_a_death_is_told_with_name_exit_code_and_last_lines_and_ends_the_others(
    said: io.StringIO, tmp_path: Path
) -> None:
    dying = "import sys; [print('line', n) for n in range(40)]; sys.exit(7)"
    with supervise(said, tmp_path) as supervisor:
        other = supervisor.start("steady", [sys.executable, "-c", SLEEP], {})
        reason = str(watch(supervisor, dying))
    assert reason.startswith("matcher ended with exit code 7; it last said:\n")
    assert reason.endswith("line 39")
    assert "line 10\n" not in reason
    assert other.pid is not None
    assert gone(other.pid)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os; os.kill(os.getpid(), 9)", "matcher was ended by the signal SIGKILL without a word."),
        ("", "matcher ended with exit code 0 without a word."),
    ],
)
def test_every_end_that_nobody_asked_for_is_told(said: io.StringIO, tmp_path: Path, program: str, reason: str) -> None:
    with supervise(said, tmp_path) as supervisor:
        assert str(watch(supervisor, program)) == reason


def watch(supervisor: Supervisor, program: str) -> LocalError:
    """Start a program that ends by itself; what the supervisor says of it."""
    supervisor.start("matcher", [sys.executable, "-c", program], {})
    with pytest.raises(LocalError) as caught:
        supervisor.watch()
    return caught.value


def test_waiting_for_one_notices_the_death_of_another(said: io.StringIO, tmp_path: Path) -> None:
    with supervise(said, tmp_path) as supervisor:
        supervisor.start("emulator", [sys.executable, "-c", "raise SystemExit(1)"], {})
        with pytest.raises(LocalError, match=r"^emulator ended with exit code 1"):
            supervisor.wait(lambda: "not yet", what="Kafka", seconds=30)


def test_waiting_ends_with_the_obstacle_named(said: io.StringIO, tmp_path: Path) -> None:
    with (
        pytest.raises(LocalError, match=r"^Kafka did not become ready within 0 seconds: not yet\.$"),
        supervise(said, tmp_path) as supervisor,
    ):
        supervisor.wait(lambda: "not yet", what="Kafka", seconds=0.2)


def test_steps_run_side_by_side_and_a_failed_one_is_told(said: io.StringIO, tmp_path: Path) -> None:
    good, bad = [sys.executable, "-c", "print('done')"], [sys.executable, "-c", "raise SystemExit('no database')"]
    with supervise(said, tmp_path) as supervisor:
        supervisor.run("the steps", {"matcher": good}, {"matcher": {}})
        assert eventually(lambda: "matcher              | done" in said.getvalue())
        with pytest.raises(LocalError, match=r"(?s)^writer ended with exit code 1.*no database"):
            supervisor.run("the steps", {"matcher": good, "writer": bad}, {"matcher": {}, "writer": {}})


def test_a_missing_program_is_one_sentence(said: io.StringIO, tmp_path: Path) -> None:
    with (
        pytest.raises(LocalError, match=r"matcher is missing: run `make install`\.$"),
        supervise(said, tmp_path) as supervisor,
    ):
        supervisor.start("matcher", [tmp_path / "matcher"], {})


def test_lines_are_kept_in_a_file_as_well(said: io.StringIO, tmp_path: Path) -> None:
    with supervise(said, tmp_path) as supervisor:
        supervisor.start(
            "matcher",
            [
                sys.executable,
                "-c",
                f"print('kept'); {SLEEP}",
            ],
            {"PYTHONUNBUFFERED": "1"},
        )
        assert eventually(lambda: "matcher              | kept" in said.getvalue())
    assert (tmp_path / "matcher.log").read_text() == "kept\n"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_ending_signal_ends_all(tmp_path: Path, ending: signal.Signals) -> None:
    with script(SUPERVISED, tmp_path, "SIG_DFL") as supervisor:
        pids = _pids(supervisor.stdout)
        supervisor.send_signal(ending)
        assert supervisor.stdout is not None
        assert "ended" in supervisor.stdout.read()
        assert supervisor.wait(60) == 0
        assert all(gone(pid) for pid in pids)


def test_a_second_signal_cuts_the_waiting_for_stubborn_children_short(tmp_path: Path) -> None:
    with script(SUPERVISED, tmp_path, "SIG_IGN") as supervisor:
        pids = _pids(supervisor.stdout)
        assert eventually(lambda: all((tmp_path / f"{name}.log").read_text() == "up\n" for name in ("one", "two")))
        supervisor.send_signal(signal.SIGINT)
        assert not eventually(lambda: supervisor.poll() is not None, seconds=1)
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(15) == 0
        assert all(gone(pid) for pid in pids)


def test_a_supervisor_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    with script(SUPERVISED, tmp_path, "SIG_IGN") as supervisor:
        pids = _pids(supervisor.stdout)
        supervisor.kill()
        supervisor.wait()
        assert eventually(lambda: all(gone(pid) for pid in pids))


def _pids(output: object) -> list[int]:
    assert isinstance(output, io.TextIOWrapper)
    found: list[int] = []
    while len(found) < 2:
        line = output.readline()
        assert line, "the supervisor ended early"
        if line.startswith("PID"):
            found.append(int(line.split()[1]))
    return found
