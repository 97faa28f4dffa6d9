"""The topic registry: what each reviewed file in `topics/` says, joined with the models that travel on it."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict

from matchbook_contracts import connections, decisions, discovery, match_events, states, suggestions, sync
from matchbook_contracts.base import Contract

MODULES = (discovery, sync, connections, suggestions, decisions, match_events, states)


class Topic(BaseModel):
    """One topic as its file describes it. `retention_ms` is -1 for ever; `events` are the names of its contracts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    owner: str
    key: str
    partition_by: str
    partitions: int
    cleanup: Literal["compact", "delete"]
    retention_ms: int
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    events: tuple[str, ...]

    @property
    def dead_letters(self) -> str:
        """The topic that takes what could not be processed from this one."""
        return f"{self.name}.dlq"


@cache
def topics() -> Mapping[str, Topic]:
    """Every topic by name, read from the topic files."""
    files = sorted(resources.files("matchbook_contracts").joinpath("topics").iterdir(), key=lambda file: file.name)
    found = (Topic.model_validate(tomllib.loads(file.read_text())) for file in files if file.name.endswith(".toml"))
    return MappingProxyType({topic.name: topic for topic in found})


@cache
def contracts() -> Mapping[str, type[Contract]]:
    """Every contract that travels on a topic, by its CloudEvents type; KeyError for a file's unknown event."""
    models = {name: model for module in MODULES for name, model in vars(module).items()}
    named: list[type[Contract]] = [models[event] for topic in topics().values() for event in topic.events]
    return MappingProxyType({model.ce_type(): model for model in named})
