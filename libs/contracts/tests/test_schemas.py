"""The check of the exported schemas: it finds drift, and it fails on a breaking change."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matchbook_contracts.__main__ import main
from matchbook_contracts.schemas import breaking_changes, export

ROOT = Path(__file__).parents[1]
NAME = "DeviceDiscovered.v1.json"
Edit = Callable[[dict[str, Any]], object]


def test_the_committed_schemas_are_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(ROOT / "schemas")]) == 0, capsys.readouterr().err


def changed(edit: Edit) -> list[str]:
    old = {NAME: export()[NAME]}
    new = copy.deepcopy(old)
    edit(new[NAME])
    return list(breaking_changes(old, new))


def facts(schema: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = schema["$defs"]["DeviceFacts"]["properties"]
    return properties


BREAKS: dict[str, tuple[Edit, str]] = {
    "a field removed": (lambda s: s["properties"].pop("revision"), "revision: the field is gone"),
    "a nested field removed": (lambda s: s["$defs"]["DeviceFacts"]["properties"].pop("model"), "facts.model"),
    "a required field added": (
        lambda s: (s["properties"].update(site={"type": "string"}), s["required"].append("site")),
        "site: the field is required now",
    ),
    "a required field made optional": (
        lambda s: s["required"].remove("tenant_id"),
        "tenant_id: the field is optional now",
    ),
    "an optional field made required": (lambda s: s["$defs"]["DeviceFacts"].update(required=["model"]), "facts.model"),
    "a type changed": (lambda s: s["properties"].update(revision={"type": "string"}), "revision.type"),
    "a type widened": (lambda s: facts(s)["model"]["anyOf"].append({"type": "integer"}), "facts.model.anyOf"),
    "a bound tightened": (lambda s: s["properties"]["tenant_id"].update(maxLength=10), "tenant_id.maxLength"),
    "a default changed": (lambda s: facts(s)["model"].update(default="?"), "facts.model.default"),
    "another topic": (lambda s: s.update({"x-topic": "matchbook.machines"}), "x-topic"),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_breaking_change_is_named(case: str) -> None:
    edit, expected = BREAKS[case]
    assert any(expected in problem for problem in changed(edit)), changed(edit)


def test_a_new_enum_value_breaks_older_readers() -> None:
    name = "MatchSuggested.v1.json"
    new = copy.deepcopy(export()[name])
    new["properties"]["status"]["enum"].append("guessed")
    assert list(breaking_changes({name: export()[name]}, {name: new}))


def test_a_contract_that_is_gone_is_a_break() -> None:
    assert list(breaking_changes({NAME: export()[NAME]}, {})) == [
        f"{NAME}: the contract is gone; its history can't be read any more"
    ]


def test_an_optional_field_a_new_contract_and_other_words_are_no_break() -> None:
    new = copy.deepcopy(dict(export()))
    new[NAME]["properties"]["site"] = {"type": "string", "default": "HQ"}
    new[NAME]["description"] = "Said otherwise."
    new["DeviceMoved.v1.json"] = new[NAME]
    assert list(breaking_changes(export(), new)) == []


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@matchbook.example")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_command_fails_on_a_break_against_a_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "schemas"
    assert main(["export", str(folder)]) == 0
    richer = export()[NAME]
    richer["properties"]["colour"] = {"type": "string", "default": "grey"}
    (folder / NAME).write_text(json.dumps(richer))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "schemas with a field that today's models lack")
    assert main(["export", str(folder)]) == 0
    assert main(["check", str(folder)]) == 0
    assert main(["check", str(folder), "--against", "HEAD"]) == 1
    assert f"{NAME}.colour: the field is gone" in capsys.readouterr().err
    assert main(["check", str(folder), "--against", "no-such-commit"]) == 2


def test_a_hand_edited_schema_is_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["export", str(tmp_path)])
    (tmp_path / NAME).write_text("{}")
    assert main(["check", str(tmp_path)]) == 1
    assert NAME in capsys.readouterr().err
