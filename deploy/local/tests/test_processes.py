"""Children are stopped by their id and never outlive whoever started them."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from matchbook_local.errors import LocalError
from matchbook_local.processes import explain_exit, spawn, stop, tail, unprivileged, wait_until

from deploy.local.tests.support.processes import descendants, eventually, gone, script

SLEEPER = "import time; time.sleep(600)"
STARTER = """
import subprocess, sys, time
from matchbook_local.processes import spawn
program = "import time; print('up', flush=True); time.sleep(600)"
child = spawn([sys.executable, "-c", program], output=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""
WITH_GRANDCHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_child_dies_with_a_starter_that_is_killed() -> None:
    with script(STARTER) as starter:
        assert starter.stdout is not None
        child = int(starter.stdout.readline())
        assert not gone(child)
        starter.kill()
        starter.wait()
        assert eventually(lambda: gone(child))


def test_stopping_a_child_ends_what_it_started_too() -> None:
    child = spawn([sys.executable, "-c", WITH_GRANDCHILD], output=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout as output:
        grandchild = int(output.readline())
    stop(child)
    assert eventually(lambda: gone(grandchild))


def test_a_child_that_ignores_the_request_is_ended_after_the_grace(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    with (tmp_path / "log").open("wb") as log:
        child = spawn([sys.executable, "-c", deaf], output=log)
    assert eventually(lambda: "deaf" in tail(tmp_path / "log"))
    assert stop(child, grace_seconds=0.3) == -signal.SIGKILL


def test_a_child_has_a_session_of_its_own_so_ctrl_c_at_the_terminal_does_not_reach_it() -> None:
    child = spawn([sys.executable, "-c", SLEEPER], output=subprocess.DEVNULL)
    try:
        assert eventually(lambda: os.getsid(child.pid) == child.pid)
    finally:
        stop(child)


def test_children_are_refused_outside_the_main_thread() -> None:
    caught: list[BaseException] = []

    def body() -> None:
        try:
            spawn([sys.executable, "-c", SLEEPER], output=subprocess.DEVNULL)
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_nothing_is_started_when_the_starter_is_gone_already(tmp_path: Path) -> None:
    launcher = Path(sys.modules[spawn.__module__].__file__ or "").with_name("launch.py")
    marker = tmp_path / "started"
    program = f"open({str(marker)!r}, 'w')"
    not_our_parent = "1"
    command = [sys.executable, str(launcher), not_our_parent, "9", "-", sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, marker.exists()) == (1, False)
    assert "starter is gone" in result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up its rights")
def test_a_program_that_refuses_root_runs_as_nobody_and_still_reads_root_s_files(tmp_path: Path) -> None:
    secret, log = tmp_path / "secret", tmp_path / "log"
    secret.write_text("readable")
    tmp_path.chmod(0o700)
    program = f"import os; print(os.geteuid(), os.getgroups(), open({str(secret)!r}).read())"
    with log.open("wb") as output:
        child = spawn([sys.executable, "-c", program], output=output, identity=unprivileged())
    assert child.wait(60) == 0, tail(log)
    who = unprivileged()
    assert who is not None
    assert tail(log) == f"{who.uid} [] readable"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("write failed: No space left on device", "The disk that holds /data is full: Kafka stopped."),
        ("bind: Address already in use", "Port 9092 on 127.0.0.1 is already in use: Kafka could not listen."),
        ("something else", "Kafka ended with exit code 1; its log is "),
    ],
)
def test_an_exit_is_explained_from_the_last_words(tmp_path: Path, said: str, sentence: str) -> None:
    log = tmp_path / "log"
    log.write_text("started\n" + said)
    assert str(explain_exit("Kafka", 1, log, folder=Path("/data"), ports=[9092])).startswith(sentence)


def test_waiting_has_an_end() -> None:
    with pytest.raises(LocalError, match=r"Godot did not become ready within 0 seconds\."):
        wait_until(lambda: False, seconds=0.1, what="Godot")


def test_no_process_of_these_tests_is_left() -> None:
    sleeping = [pid for pid in descendants(os.getpid()) if SLEEPER in " ".join(_command(pid))]
    assert sleeping == []


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []
