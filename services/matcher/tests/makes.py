"""Devices and configurations in few words, and their evaluation."""

from typing import Any

from matchbook_contracts.identity import normalise_mac
from matchbook_matcher.adapters.data import read_knowledge
from matchbook_matcher.domain.answers import Answer, Conflict, Suggested
from matchbook_matcher.domain.forms import serial_key, serial_variant
from matchbook_matcher.domain.organization import Evaluation, Matcher
from matchbook_matcher.domain.pairs import Pair, evidence
from matchbook_matcher.domain.records import Configuration, ConfigurationFacts, Device, DeviceFacts, Standing

KNOWLEDGE = read_knowledge()
MATCHER = Matcher(KNOWLEDGE.weights.device)


def device(
    device_id: str = "d1",
    *,
    name: str | None = None,
    serial: str | None = None,
    wifi: str | None = None,
    ethernet: str | None = None,
    model: str | None = None,
    synced: float = 0.0,
    tenant: str = "t1",
    standing: Standing | None = None,
    people: str | None = None,
    system: str | None = None,
    maker: str | None = None,
) -> Device:
    facts = DeviceFacts(
        tenant,
        device_id,
        name,
        serial,
        serial_key(serial),
        normalise_mac(wifi),
        normalise_mac(ethernet),
        model,
        synced,
        people,
        system,
        maker,
    )
    return Device(facts, KNOWLEDGE.hygiene, standing)


def configuration(
    configuration_id: str = "c1",
    *,
    name: str = "",
    serial: str | None = None,
    macs: tuple[str, ...] = (),
    hostname: str | None = None,
    model: str | None = None,
    people: str | None = None,
    kind: str | None = None,
    maker: str | None = None,
) -> Configuration:
    key = serial_key(serial)
    variant = None if key is None else serial_variant(key)
    normal = tuple(filter(None, map(normalise_mac, macs)))
    facts = ConfigurationFacts(
        configuration_id, "o1", name, hostname, serial, key, variant, normal, model, people, kind, maker
    )
    return Configuration(facts, KNOWLEDGE.hygiene)


def evaluate(devices: Any, configurations: Any, **more: Any) -> Evaluation:
    return MATCHER.evaluate(devices, configurations, **more)


def answer(devices: Any, configurations: Any, device_id: str = "d1", **more: Any) -> Answer:
    return evaluate(devices, configurations, **more).answers["t1", device_id]


def one(one_device: Device, *configurations: Configuration) -> Pair | None:
    """The pair that a lone device is suggested, or None."""
    found = answer([one_device], configurations)
    return found.best if isinstance(found, Suggested) else None


def target(found: Answer) -> str | None:
    return found.best.configuration.configuration_id if isinstance(found, Suggested) else None


def tied(found: Answer) -> list[str]:
    return [pair.configuration.configuration_id for pair in found.pairs] if isinstance(found, Conflict) else []


def told(pair: Pair, field: str, learned: Any = None) -> tuple[str, str | None]:
    """(verdict, reason) of a field of the pair's evidence."""
    from matchbook_matcher.domain.compare import Learned  # noqa: PLC0415

    entries = {entry["field"]: entry for entry in evidence(pair, learned or Learned())}
    return entries[field]["verdict"], entries[field].get("reason")
