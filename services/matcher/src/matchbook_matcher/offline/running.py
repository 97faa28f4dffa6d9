"""Matches what was read: first the tenants, then the devices, organization by organization."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import NamedTuple

from matchbook_contracts.suggestions import Rule

from matchbook_matcher.adapters.data import Knowledge
from matchbook_matcher.domain.answers import Suggested
from matchbook_matcher.domain.forms import Hygiene, serial_variant
from matchbook_matcher.domain.organization import Evaluation, Matcher
from matchbook_matcher.domain.records import Configuration, Device, Standing
from matchbook_matcher.domain.tenants import Directory, Organization, Tenant, TenantAnswer
from matchbook_matcher.offline.lines import Id
from matchbook_matcher.offline.reading import Inputs


class DeviceMatch(NamedTuple):
    """A line of the file of matches."""

    device_id: Id
    configuration_id: Id
    confidence: float
    rule: Rule


class TenantMatch(NamedTuple):
    """A line of the file of tenants."""

    tenant_id: Id
    organization_id: Id
    confidence: float


class Place(NamedTuple):
    """An organization that a tenant was suggested, as texts."""

    organization_id: str
    confidence: float


def tenant_answers(inputs: Inputs, knowledge: Knowledge) -> dict[str, TenantAnswer]:
    """What the directory says of each tenant; nothing where all have links."""
    links = inputs.links or {}
    opened = [tenant for key, tenant in sorted(inputs.tenants.items()) if key and key not in links]
    if not opened:
        return {}
    common = common_serials(inputs, knowledge.weights.device.limits.tenants_of_a_machine)
    common |= knowledge.hygiene.serial_numbers
    tenants = _with_overlaps(opened, inputs, common)
    tenants += [
        replace(tenant, standing=Standing("matched", links[key]))
        for key, tenant in inputs.tenants.items()
        if key in links
    ]
    directory = Directory(_organizations(inputs, links), tenants, knowledge.weights.tenant, knowledge.vocabulary)
    return directory.answers()


def suggested_tenants(answers: Mapping[str, TenantAnswer]) -> dict[str, Place]:
    """The organization of each tenant that gets a suggestion; a conflict is none."""
    return {
        key: Place(answer.pairs[0].organization.organization_id, answer.pairs[0].confidence)
        for key, answer in answers.items()
        if answer.pairs and not answer.tied
    }


def organizations_of_tenants(inputs: Inputs, suggested: Mapping[str, Place]) -> dict[str, list[str]]:
    """Tenants by organization: the linked ones, and without a file of links those that were suggested.

    What names no tenant belongs to what names no organization, so that one customer's files need neither.
    """
    places = inputs.links if inputs.links is not None else {key: place[0] for key, place in suggested.items()}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for tenant in sorted(inputs.devices):
        organization = places.get(tenant) if tenant else ""
        if organization or not tenant:
            found[organization or ""].append(tenant)
    return found


def evaluations(
    inputs: Inputs, places: Mapping[str, Iterable[str]], knowledge: Knowledge
) -> Iterator[tuple[str, Evaluation]]:
    """Organization by organization. Lets go of what was read on the way: memory holds one's records at a time."""
    matcher = Matcher(knowledge.weights.device)
    common = common_serials(inputs, knowledge.weights.device.limits.tenants_of_a_machine)
    for organization, tenants in sorted(places.items()):
        devices, configurations = records_of(inputs, organization, tenants, knowledge.hygiene)
        inputs.configurations.pop(organization, None)
        for tenant in tenants:
            del inputs.devices[tenant]
        yield organization, matcher.evaluate(devices, configurations, common_serials=common)


def records_of(
    inputs: Inputs, organization: str, tenants: Iterable[str], hygiene: Hygiene
) -> tuple[list[Device], list[Configuration]]:
    """What an organization's evaluation compares."""
    devices = [Device(facts, hygiene) for tenant in tenants for facts in inputs.devices[tenant]]
    documented = inputs.configurations.get(organization, ())
    return devices, [Configuration(facts, hygiene) for facts in documented]


def device_matches(evaluation: Evaluation, inputs: Inputs) -> list[DeviceMatch]:
    """What is suggested; what is in conflict is not."""
    return [
        DeviceMatch(
            inputs.device_ids.written(device),
            inputs.configuration_ids.written(answer.best.configuration.configuration_id),
            answer.best.worth.confidence,
            answer.best.worth.rule,
        )
        for (_, device), answer in evaluation.answers.items()
        if isinstance(answer, Suggested)
    ]


def tenant_matches(suggested: Mapping[str, Place], inputs: Inputs) -> list[TenantMatch]:
    return [
        TenantMatch(inputs.tenant_ids.written(key), inputs.organization_ids.written(place[0]), place.confidence)
        for key, place in suggested.items()
    ]


def common_serials(inputs: Inputs, most_tenants: int) -> AbstractSet[str]:
    """Serial numbers on devices of more tenants than a machine has."""
    tenants: Counter[str] = Counter()
    for devices in inputs.devices.values():
        tenants.update({facts.serial_key for facts in devices if facts.serial_key is not None})
    return {serial for serial, count in tenants.items() if count > most_tenants}


def _organizations(inputs: Inputs, links: Mapping[str, str]) -> list[Organization]:
    holders: dict[str, str] = {}
    for tenant in sorted(links, reverse=True):
        holders[links[tenant]] = tenant
    named = (organization for key, organization in sorted(inputs.organizations.items()) if key)
    return [replace(organization, holder=holders.get(organization.organization_id)) for organization in named]


def _with_overlaps(tenants: Iterable[Tenant], inputs: Inputs, common: AbstractSet[str]) -> list[Tenant]:
    """The tenants with how many of their serial numbers each organization documents, in any of their forms."""
    documented: defaultdict[str, set[str]] = defaultdict(set)
    for organization, configurations in inputs.configurations.items():
        for facts in configurations if organization else ():
            for form in _forms(facts.serial_key):
                documented[form].add(organization)
    found = []
    for tenant in tenants:
        devices = inputs.devices.get(tenant.tenant_id, ())
        serials = {facts.serial_key for facts in devices if facts.serial_key is not None} - common
        counts = Counter(
            o for serial in serials for o in {o for form in _forms(serial) for o in documented.get(form, ())}
        )
        found.append(replace(tenant, serials=len(serials), overlaps=tuple(sorted(counts.items()))))
    return found


def _forms(serial: str | None) -> tuple[str, ...]:
    if serial is None:
        return ()
    other = serial_variant(serial)
    return (serial,) if other is None else (serial, other)
