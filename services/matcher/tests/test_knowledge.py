"""What becomes of suggestions when the weights or the lists change."""

from importlib import resources
from pathlib import Path

import pytest
from matchbook_contracts.suggestions import MatchSuggested, SuggestionWithdrawn
from matchbook_matcher.adapters.data import read_knowledge
from matchbook_matcher.service import evaluator

from . import says
from .conftest import World


def own_file(name: str, old: str, new: str, folder: Path) -> Path:
    """An installation's own data file: the package's with something else in it."""
    packaged = resources.files("matchbook_matcher").joinpath("data", name).read_text(encoding="utf-8")
    assert old in packaged
    file = folder / name
    file.write_text(packaged.replace(old, new), encoding="utf-8")
    return file


async def _two_suggestions(world: World) -> None:
    await world.say(
        says.tenant("t1", name="Contoso Dental"),
        says.tenant("t2", name="Fabrikam Freight"),
        says.organization("o1", name="Contoso Dental"),
        says.organization("o2", name="Fabrikam Freight"),
        says.configuration("c1", organization="o1", serial="IMAGE-0001"),
        says.tenant_match("t1", "o1"),
        says.device("d1", tenant="t1", name="RECEPTION", serial="IMAGE-0001"),
    )
    heard = await world.settle()
    assert isinstance(heard["t1/d1"][-1], MatchSuggested)
    assert isinstance(heard["t2"][-1], MatchSuggested)


async def _started_again(world: World, **files: Path) -> None:
    """Two suggestions, and then a process with other files."""
    matcher = await world.start_matcher()
    await _two_suggestions(world)
    await world.stop_matcher(matcher)
    world.settings = world.settings.model_copy(update=files)
    await world.start_matcher()


async def test_a_new_list_of_placeholders_is_applied_to_what_is_there(world: World, tmp_path: Path) -> None:
    lists = own_file("hygiene.toml", "placeholders = [", 'placeholders = ["image-0001", ', tmp_path)
    await _started_again(world, hygiene_file=lists)
    await world.until(lambda: _says_last(world, "t1/d1", SuggestionWithdrawn))


async def test_new_weights_are_applied_to_devices_and_tenants(world: World, tmp_path: Path) -> None:
    weights = own_file("weights.toml", "suggest_from = 0.5", "suggest_from = 0.9999", tmp_path)
    await _started_again(world, weights_file=weights)
    await world.until(lambda: _says_last(world, "t1/d1", SuggestionWithdrawn))
    await world.until(lambda: _says_last(world, "t2", SuggestionWithdrawn))


async def test_the_same_weights_evaluate_nothing_again(world: World) -> None:
    matcher = await world.start_matcher()
    await _two_suggestions(world)
    await world.stop_matcher(matcher)
    before = await world.fetch("SELECT evaluation FROM organization_work ORDER BY organization_id")
    matcher = await world.start_matcher("nothing")
    await matcher.evaluator._adopt(0.0, 0.0)
    assert await world.fetch("SELECT FROM marks") == []
    assert await world.fetch("SELECT evaluation FROM organization_work ORDER BY organization_id") == before


async def test_what_a_former_process_does_during_an_upgrade_is_done_again_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator, "_ADOPT_SECONDS", 0.1)
    await world.start_matcher()
    await _two_suggestions(world)
    await _pretend_a_former_process(world)
    assert await world.fetch("SELECT FROM marks") == [], "not while the upgrade may still be rolling out"
    monkeypatch.setattr(evaluator, "_OUTDATED_SECONDS", 0.0)
    await world.until(lambda: _all_by(world, read_knowledge().digest))


async def test_what_waits_already_is_not_marked_again(world: World) -> None:
    matcher = await world.start_matcher()
    await _two_suggestions(world)
    await world.stop_matcher(matcher)
    await _pretend_a_former_process(world)
    matcher = await world.start_matcher("nothing")
    for _ in range(2):
        await matcher.evaluator._adopt(0.0, 0.0)
    marks = await world.fetch("SELECT kind, subject FROM marks ORDER BY kind, subject")
    assert [tuple(mark) for mark in marks] == [("directory", ""), ("organization", "o1")]


async def _pretend_a_former_process(world: World) -> None:
    for table in ("organization_work", "directory_work"):
        await world.fetch(f"UPDATE {table} SET knowledge = 'former'")


async def _says_last(world: World, key: str, kind: type) -> bool:
    return isinstance((await world.settle())[key][-1], kind)


async def _all_by(world: World, knowledge: str) -> bool:
    rows = await world.fetch("SELECT knowledge FROM organization_work UNION SELECT knowledge FROM directory_work")
    return [row["knowledge"] for row in rows] == [knowledge]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("weights.toml", "margin = 0.25", "margin = 0.26"),
        ("hygiene.toml", "placeholders = [", 'placeholders = ["x1", '),
    ],
)
def test_each_file_makes_another_digest(name: str, old: str, new: str, tmp_path: Path) -> None:
    file = own_file(name, old, new, tmp_path)
    weights, hygiene = (file, None) if name == "weights.toml" else (None, file)
    assert read_knowledge(weights, hygiene).digest != read_knowledge().digest == read_knowledge().digest
