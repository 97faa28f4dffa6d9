"""Browser tests run where Chromium is, and say so where it is not."""

import subprocess
import sys
from pathlib import Path

import pytest
from matchbook_local.browser import find_chromium, is_required

TEST = """
import pytest
@pytest.mark.browser
def test_page(request):
    assert request.getfixturevalue("chromium").endswith("chromium")
"""


def executable(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_chromium_is_the_named_one_or_the_first_on_the_path(tmp_path: Path) -> None:
    other = executable(tmp_path / "mine")
    assert find_chromium({"PATH": str(tmp_path)}) is None
    assert find_chromium({"PATH": str(tmp_path), "MATCHBOOK_CHROMIUM": str(other)}) == str(other)
    found = executable(tmp_path / "chromium")
    assert find_chromium({"PATH": str(tmp_path)}) == str(found)
    assert find_chromium({"PATH": str(tmp_path), "MATCHBOOK_CHROMIUM": "/nowhere"}) is None


def test_only_a_one_requires_it() -> None:
    assert is_required({"MATCHBOOK_REQUIRE_BROWSER": "1"})
    assert not is_required({"MATCHBOOK_REQUIRE_BROWSER": ""})


@pytest.mark.parametrize(
    ("present", "required", "outcome"),
    [(True, "", "passed"), (False, "", "skipped"), (False, "1", "error")],
)
def test_without_chromium_browser_tests_are_skipped_or_fail_where_it_is_required(
    tmp_path: Path, *, present: bool, required: str, outcome: str
) -> None:
    if present:
        executable(tmp_path / "chromium")
    (tmp_path / "test_page.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    environment = {"PATH": str(tmp_path), "MATCHBOOK_REQUIRE_BROWSER": required, "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "matchbook_local.testing", "-p", "no:cacheprovider"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.stdout.splitlines()[-1].startswith(f"1 {outcome} in"), result.stdout
    assert present or "no Chromium is installed" in result.stdout
