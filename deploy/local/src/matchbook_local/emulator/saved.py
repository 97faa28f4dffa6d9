"""What a state folder remembers of its world, so that a restart finds the same one as it was left."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .world import Size, World
from .world.export import CONFIGURATIONS, write_truth, write_world

FILE = "world.json"
LAYOUT = 2
"""Raise when the same size gives another world than before, so that old state folders are written anew."""


@dataclass(frozen=True, slots=True)
class Saved:
    size: Size
    step: int


def load(folder: Path) -> Saved | None:
    """None when there is nothing usable: then a world is made from the flags alone."""
    try:
        raw = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if raw["layout"] != LAYOUT:
            return None
        return Saved(Size(raw["seed"], raw["tenants"], raw["devices"], date.fromisoformat(raw["epoch"])), raw["step"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(world: World, folder: Path) -> None:
    size = world.size
    raw = {
        "layout": LAYOUT,
        "seed": size.seed,
        "tenants": size.tenants,
        "devices": size.devices,
        "epoch": size.epoch.isoformat(),
        "step": world.step,
    }
    draft = folder / f"{FILE}.tmp"
    draft.write_text(json.dumps(raw) + "\n", encoding="utf-8")
    draft.replace(folder / FILE)


def save_advance(world: World, folder: Path) -> None:
    save(world, folder)
    write_truth(world, folder)


def open_world(folder: Path, size: Size) -> World:
    """The saved world at the step it had reached, if it is of this size; else a new one with its files."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = load(folder)
    if saved and saved.size == size and (folder / CONFIGURATIONS).exists():
        world = World.build(size.seed, size.tenants, size.devices, size.epoch)
        world.advance(saved.step)
    else:
        world = write_world(folder, size)
    save_advance(world, folder)
    return world
