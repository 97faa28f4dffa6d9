"""What a state folder remembers of its world, so that a restart finds the same one as it was left."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .world import Size, World
from .world.export import CONFIGURATIONS, write_world

FILE = "world.json"
LAYOUT = 1
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


def open_world(folder: Path, seed: int, tenants: int, devices: int, epoch: date | None) -> World:
    """The saved world at the step it had reached, if it is of this size; else a new one with its files.

    Without an epoch a new world begins today, a saved one keeps its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saved = load(folder)
    wanted = Size(seed, tenants, devices, epoch or (saved.size.epoch if saved else date.today()))  # noqa: DTZ011 - a calendar day will do
    if saved and saved.size == wanted and (folder / CONFIGURATIONS).exists():
        world = World.build(seed, tenants, devices, wanted.epoch)
        world.advance(saved.step)
    else:
        world = write_world(folder, seed=seed, tenants=tenants, devices=devices, epoch=wanted.epoch)
    save(world, folder)
    return world
