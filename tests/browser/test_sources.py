"""The page's own tests, and its generated client: the same as the gateway's description, or this fails."""

import os
import subprocess
from pathlib import Path

import pytest
from matchbook_local.page import toolchain

UI = Path(__file__).parents[2] / "services/api-gateway/ui"
SECONDS = 240


@pytest.mark.timeout(SECONDS + 30)
@pytest.mark.parametrize("script", ["check:generated", "typecheck", "lint", "test"])
def test_the_page_passes_its_own_check(script: str) -> None:
    assert (UI / "node_modules").is_dir(), "the page's dependencies are not installed: run `make install`"
    tools = toolchain()
    path = os.pathsep.join([str(tools.folder), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "npm_config_script_shell": "/bin/sh", "NO_COLOR": "1"}
    result = subprocess.run(
        [*tools.npm, "run", "--silent", script],
        cwd=UI,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
