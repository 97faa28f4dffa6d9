"""Building the page: the right Node, and one sentence for what stops the build."""

from pathlib import Path

import pytest
from matchbook_local import page
from matchbook_local.errors import LocalError


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("version", "own"), [("v20.18.9", False), ("v20.19.0", True), ("v24.1.0", True), ("nonsense", False)]
)
def test_the_machine_s_node_serves_when_it_is_new_enough(tmp_path: Path, version: str, own: bool) -> None:
    program(tmp_path, "node", f"echo {version}")
    program(tmp_path, "npm", "true")
    tools = page.toolchain(str(tmp_path))
    assert (tools.folder == tmp_path) is own


def test_without_any_node_the_packaged_one_serves(tmp_path: Path) -> None:
    tools = page.toolchain(str(tmp_path))
    assert page.node_version(tools.npm[0]) >= page.OLDEST_NODE
    assert Path(tools.npm[1]).is_file()


def test_a_page_that_does_not_exist_is_said_and_left_out(tmp_path: Path) -> None:
    said: list[str] = []
    page.build(tmp_path, tmp_path / "static", said.append)
    assert said == ["there is no page to build yet"]


def fake_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    program(folder / "bin", "npm", text)
    monkeypatch.setattr(page, "toolchain", lambda: page.Toolchain((str(folder / "bin/npm"),), folder / "bin"))
    (folder / "package.json").write_text("{}")
    return folder


def test_dependencies_come_from_the_lock_and_the_build_s_result_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'echo "$@" >> calls; [ "$1" = ci ] || { mkdir -p static; echo page > static/index.html; }'
    ui = fake_npm(tmp_path, monkeypatch, text)
    page.build(ui, ui / "static", lambda _: None)
    assert (ui / "calls").read_text().split("\n")[:2] == ["ci --no-audit --no-fund --loglevel=error", "run build"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("echo npm error code ENOTFOUND; exit 1", r"^No npm registry can be reached, and the page's dependencies"),
        ("echo npm error ENOSPC: no space left; exit 1", r"^The disk is full: the page cannot be built\.$"),
        ("echo src/app.ts: error TS2304; exit 2", r"(?s)^`npm ci` failed for the page:.*TS2304"),
        ("true", r"^The page's build ended without an error and left no page in "),
    ],
)
def test_what_stops_the_build_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, sentence: str
) -> None:
    ui = fake_npm(tmp_path, monkeypatch, text)
    with pytest.raises(LocalError, match=sentence):
        page.build(ui, ui / "static", lambda _: None)
