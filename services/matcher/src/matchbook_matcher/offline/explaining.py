"""`matcher explain`: why a device is suggested what it is, as text."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from matchbook_servicekit.app import tame_collector

from matchbook_matcher.adapters.data import Knowledge
from matchbook_matcher.domain.answers import Answer, Conflict, Elsewhere, Suggested
from matchbook_matcher.domain.compare import compare
from matchbook_matcher.domain.index import Documents
from matchbook_matcher.domain.organization import Evaluation, Matcher
from matchbook_matcher.domain.pairs import Pair, evidence
from matchbook_matcher.domain.records import Configuration, Device, DeviceFacts, Key
from matchbook_matcher.domain.scale import Worth
from matchbook_matcher.domain.suggestions import device_suggestion, tenant_suggestion
from matchbook_matcher.offline.console import input_options, knowledge_of, progress, reported
from matchbook_matcher.offline.reading import Files, Inputs, read_inputs
from matchbook_matcher.offline.running import (
    common_serials,
    organizations_of_tenants,
    records_of,
    suggested_tenants,
    tenant_answers,
)
from matchbook_matcher.offline.wording import DEVICE_FIELDS, evidence_lines, suggestion_lines

_MOST_LEFT_OUT = 5
_NO_WORTH = Worth(0.0, 0, "device_name")
"""Of pairs that are no candidates: nothing that is shown of them depends on it."""


@click.command("explain")
@click.argument("device")
@input_options
def explain(*, device: str, weights: Path | None, hygiene: Path | None, **files: Any) -> None:
    """Tell why DEVICE, an id or a device name, is suggested what it is. The files are those of `matcher match`."""
    tame_collector()
    knowledge = knowledge_of(weights, hygiene)
    with reported():
        inputs = read_inputs(Files(**files), progress)
    explainer = Explainer(inputs, knowledge)
    for facts in _found(inputs, device):
        click.echo("\n".join(explainer.lines(facts)))


class Explainer:
    """Evaluates what a device's suggestion depends on, and tells it in lines."""

    def __init__(self, inputs: Inputs, knowledge: Knowledge) -> None:
        self._inputs, self._knowledge = inputs, knowledge
        self._limits = knowledge.weights.device.limits
        self._tenants = tenant_answers(inputs, knowledge)
        places = organizations_of_tenants(inputs, suggested_tenants(self._tenants))
        self._places = {tenant: organization for organization, held in places.items() for tenant in held}

    def lines(self, facts: DeviceFacts) -> Iterator[str]:
        """Everything about one device."""
        yield f'Device {facts.device_id} "{facts.name or ""}"'
        yield from self._tenant_lines(facts.tenant_id)
        organization = self._places.get(facts.tenant_id)
        if organization is None:
            yield "No configuration is suggested: the tenant belongs to no organization."
            return
        devices, configurations = self._records(organization)
        common = common_serials(self._inputs, self._limits.tenants_of_a_machine)
        evaluation = Matcher(self._knowledge.weights.device).evaluate(devices, configurations, common_serials=common)
        key = (facts.tenant_id, facts.device_id)
        evaluation.complete(self._elsewhere(key, organization, evaluation))
        answer = evaluation.answers[key]
        said = device_suggestion(key, organization, answer, evaluation.learned)
        yield from suggestion_lines("configuration", said, DEVICE_FIELDS)
        device = next(held for held in devices if (held.tenant_id, held.device_id) == key)
        yield from self._left_out(device, configurations, answer, evaluation)

    def _tenant_lines(self, tenant: str) -> Iterator[str]:
        if not tenant:
            return
        yield f'Tenant {tenant} "{self._inputs.tenants[tenant].display_name}"'
        linked = (self._inputs.links or {}).get(tenant)
        if linked is not None:
            yield f"    linked with organization {linked}" if linked else "    linked with no organization"
        elif (answer := self._tenants.get(tenant)) is not None:
            yield from suggestion_lines("organization", tenant_suggestion(tenant, answer), ())

    def _records(self, organization: str) -> tuple[list[Device], list[Configuration]]:
        tenants = [tenant for tenant, place in self._places.items() if place == organization]
        return records_of(self._inputs, organization, tenants, self._knowledge.hygiene)

    def _elsewhere(self, key: Key, organization: str, evaluation: Evaluation) -> dict[str, Elsewhere]:
        """The first configuration of another organization with the device's serial number, by each form of that."""
        wanted = {serial for serial, keys in evaluation.unfound.items() if key in keys}
        found: dict[str, Elsewhere] = {}
        for other, documented in self._inputs.configurations.items():
            name = self._inputs.organizations[other].name
            for held in documented if other != organization else ():
                place = Elsewhere(other, name, held.configuration_id, held.name)
                for serial in wanted.intersection((held.serial_key, held.variant)):
                    found[serial] = min(place, found.get(serial, place))
        return found

    def _left_out(
        self, device: Device, configurations: Sequence[Configuration], answer: Answer, evaluation: Evaluation
    ) -> Iterator[str]:
        """Configurations that share something with the device and are none of its candidates."""
        shown = {pair.configuration.configuration_id for pair in _pairs(answer)}
        documents = Documents(configurations, self._limits)
        found = (c for c in documents.candidates(device, evaluation.learned) if c.configuration_id not in shown)
        owners = {
            other.best.configuration.configuration_id: device_id
            for (_, device_id), other in evaluation.answers.items()
            if isinstance(other, Suggested)
        }
        for configuration in sorted(found, key=lambda c: c.configuration_id)[:_MOST_LEFT_OUT]:
            owner = owners.get(configuration.configuration_id)
            why = "ruled out" if owner is None else f"which is suggested for device {owner}"
            yield f'Left out: {configuration.configuration_id} "{configuration.name}", {why}'
            code = compare(device, configuration, evaluation.learned, self._limits)
            pair = Pair(device, configuration, code, _NO_WORTH)
            yield from evidence_lines(evidence(pair, evaluation.learned), DEVICE_FIELDS)


def _pairs(answer: Answer) -> tuple[Pair, ...]:
    match answer:
        case Suggested():
            return (answer.best, *answer.others)
        case Conflict():
            return answer.pairs
        case _:
            return ()


def _found(inputs: Inputs, wanted: str) -> list[DeviceFacts]:
    """The devices with that id, of which each tenant may have one; else the only device of that name."""
    every = [facts for devices in inputs.devices.values() for facts in devices]
    if found := sorted(facts for facts in every if facts.device_id == wanted):
        return found
    named = sorted(facts for facts in every if facts.name is not None and facts.name.casefold() == wanted.casefold())
    if len(named) == 1:
        return named
    if not named:
        raise click.ClickException(f"No device has the id or the name {wanted}: take one from the file of devices.")
    ids = ", ".join(facts.device_id for facts in named)
    raise click.ClickException(f"{len(named)} devices are named {wanted}: give the id of one, {ids}.")
