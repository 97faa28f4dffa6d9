"""The data folder: one supervisor at a time, ports that stay, facts only their owner reads."""

import socket
import stat
from pathlib import Path

import pytest
from matchbook_local import holding
from matchbook_local.errors import LocalError
from matchbook_local.machine import free_port

from deploy.local.tests.support.processes import eventually, script

HOLDER = """
import sys, time
from pathlib import Path
from matchbook_local.holding import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_second_supervisor_is_refused_with_the_first_one_s_process_id(tmp_path: Path) -> None:
    with script(HOLDER, tmp_path) as first:
        assert first.stdout is not None
        first.stdout.readline()
        assert holding.holder(tmp_path) == first.pid
        with (
            pytest.raises(LocalError, match=rf"^Matchbook already runs from .* \(process {first.pid}\): end it with"),
            holding.held(tmp_path),
        ):
            pass
        # A holder that was killed holds nothing.
        first.kill()
        first.wait()
        assert eventually(lambda: holding.holder(tmp_path) is None)
        with holding.held(tmp_path):
            pass


def test_down_ends_the_holder_and_says_so(tmp_path: Path) -> None:
    assert not holding.end_holder(tmp_path)
    with script(HOLDER, tmp_path) as first:
        assert first.stdout is not None
        first.stdout.readline()
        assert holding.end_holder(tmp_path)
        first.wait(60)
    assert not holding.end_holder(tmp_path)


def test_ports_stay_from_one_run_to_the_next_unless_taken(tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    first = holding.choose_ports(tmp_path, names, {})
    assert len(set(first.values())) == 3
    assert holding.choose_ports(tmp_path, names, {}) == first
    with socket.socket() as other:
        other.bind(("127.0.0.1", first["b"]))
        other.listen()
        second = holding.choose_ports(tmp_path, names, {})
    assert (second["a"], second["c"]) == (first["a"], first["c"])
    assert second["b"] != first["b"]


def test_a_fixed_port_in_use_is_one_sentence_and_a_free_one_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalError, match=rf"^Port {port} on 127\.0\.0\.1 is already in use, so api-gateway"):
            holding.choose_ports(tmp_path, ["api-gateway"], {"api-gateway": port})
    wanted = free_port()
    assert holding.choose_ports(tmp_path, ["api-gateway", "b"], {"api-gateway": wanted})["api-gateway"] == wanted


def test_broken_notes_of_the_last_run_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{")
    (tmp_path / "running.json").write_text("{")
    assert holding.choose_ports(tmp_path, ["a"], {})["a"] > 0
    assert holding.read_running(tmp_path) is None


def test_facts_hold_passwords_and_are_for_their_owner_alone(tmp_path: Path) -> None:
    holding.write_running(tmp_path, {"postgres": "secret"})
    assert stat.S_IMODE((tmp_path / "running.json").stat().st_mode) == 0o600
    assert holding.read_running(tmp_path) == {"postgres": "secret"}
    with holding.held(tmp_path):
        pass
    assert holding.read_running(tmp_path) is None
