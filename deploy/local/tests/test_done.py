"""Steps that are done once for a data folder, and again when what they are made from changes."""

import sys
from pathlib import Path

import pytest
from matchbook_local import done


def test_a_step_is_outstanding_until_it_is_done_and_when_its_inputs_change(tmp_path: Path) -> None:
    assert done.outstanding(tmp_path, {"topics": "a", "matcher": "b"}) == ["topics", "matcher"]
    done.remember(tmp_path, {"topics": "a"})
    assert done.outstanding(tmp_path, {"topics": "a", "matcher": "b"}) == ["matcher"]
    done.remember(tmp_path, {"matcher": "b"})
    assert done.outstanding(tmp_path, {"topics": "a2", "matcher": "b"}) == ["topics"]


def test_unreadable_notes_mean_that_nothing_is_done(tmp_path: Path) -> None:
    (tmp_path / done.FILE).write_text("{")
    assert done.outstanding(tmp_path, {"topics": "a"}) == ["topics"]


def test_the_digest_follows_the_files_and_only_those_that_match(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "some_package"
    (package / "sql" / "migrations").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "sql" / "migrations" / "0001.sql").write_text("one")
    monkeypatch.syspath_prepend(tmp_path)
    first = done.digest(["some_package"], ["sql/**/*.sql"])
    (package / "other.py").write_text("")
    assert done.digest(["some_package"], ["sql/**/*.sql"]) == first
    (package / "sql" / "migrations" / "0002.sql").write_text("two")
    assert done.digest(["some_package"], ["sql/**/*.sql"]) != first
    assert "some_package" not in sys.modules
