"""The Makefile and its scripts, and the command line's manners."""

import os
import subprocess
import sys
from pathlib import Path

from matchbook_local.cli import REPOSITORY

TARGETS = {
    "help",
    "install",
    "demo",
    "test",
    "lint",
    "types",
    "fmt",
    "lock",
    "bench",
    "up",
    "down",
    "clean",
    "distclean",
}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_make_alone_lists_the_targets() -> None:
    listed = [line.split()[0] for line in run("make").stdout.splitlines() if line.startswith("  ")]
    assert set(listed) >= TARGETS
    assert "contracts-check" in listed


def test_an_unreachable_package_registry_is_one_sentence_of_the_step() -> None:
    trouble = "import sys; sys.exit('error sending request for url (…)')"
    result = run(sys.executable, "deploy/step.py", "Dependencies", sys.executable, "-c", trouble)
    sentence = "Dependencies: no package registry can be reached, and not everything is in the cache yet.\n"
    assert (result.returncode, result.stdout, result.stderr) == (1, "== Dependencies\n", sentence)


def test_the_installer_s_own_words_for_an_unreachable_registry_are_known(tmp_path: Path) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    command = (uv, "pip", "install", "--no-cache", "--target", str(tmp_path), "nothing-at-all")
    result = run(
        sys.executable,
        "deploy/step.py",
        "Dependencies",
        *command,
        UV_DEFAULT_INDEX="http://127.0.0.1:9/simple",
        UV_HTTP_RETRIES="0",
    )
    assert result.returncode != 0
    assert result.stderr.count("\n") == 1
    assert "no package registry can be reached" in result.stderr


def test_a_full_disk_is_one_sentence_of_the_step_and_other_errors_are_shown_whole() -> None:
    for said, shown in (("No space left on device", "Page: the disk is full.\n"), ("odd\nthing", "odd\nthing\n\n")):
        result = run(sys.executable, "deploy/step.py", "Page", sys.executable, "-c", f"import sys; sys.exit({said!r})")
        assert (result.returncode, result.stderr) == (1, shown)


def test_an_old_python_is_told_so() -> None:
    pretend = "import sys; sys.version_info = (3, 9, 2); sys.path.insert(0, 'deploy')"
    script = f"{pretend}; import check_python; print(check_python.problem())"
    said = run(sys.executable, "-c", script).stdout
    assert (
        said == f"Python 3.11 or newer is needed and {sys.executable} is 3.9: try `make install PYTHON=python3.12`.\n"
    )


def test_an_obstacle_ends_a_command_with_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = run(sys.executable, "-m", "matchbook_local", "up", "--data", str(blocked / "data"))
    assert result.returncode == 1
    assert (
        result.stdout + result.stderr == f"matchbook: The folder {blocked / 'data'} cannot be used: Not a directory.\n"
    )


def test_every_command_has_a_line_of_help() -> None:
    result = run(sys.executable, "-m", "matchbook_local", "--help")
    names = {line.split()[0]: len(line.split()) for line in result.stdout.splitlines() if line.startswith("  ")}
    for name in ("demo", "up", "down", "infrastructure", "emulator", "topics", "build-page", "lock-kafka"):
        assert names[name] > 2, name
