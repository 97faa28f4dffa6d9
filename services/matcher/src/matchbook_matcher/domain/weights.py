"""What agreement is worth: the numbers of the weights file, checked, and turned into tables for speed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Verdicts = dict[str, float]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SerialWeights(_Section):
    missing: float
    agree: float
    disagree: float
    set_aside: float
    confused: float
    slip: float
    neighbour: float
    undocumented: float
    unreported: float


class MacWeights(_Section):
    missing: float
    agree: float
    agree_wifi: float
    disagree: float
    set_aside: float


class NameWeights(_Section):
    missing: float
    agree: float
    truncated: float
    alike: float
    similar: float
    disagree: float
    other_number: float
    set_aside: float
    personal: float
    titled: float


class ModelWeights(_Section):
    missing: float
    agree: float
    disagree: float
    other_maker: float
    other_family: float


class UserWeights(_Section):
    missing: float
    agree: float
    disagree: float


class DeviceLimits(_Section):
    """Counts above which a value identifies nothing, and percents of likeness."""

    enrolments_of_a_machine: int
    tenants_of_a_machine: int
    wired_devices: int
    wireless_devices: int
    name_holders: int
    personal_holders: int
    address_holders: int
    similarity_block: int
    alike: float
    similar: float
    shortest_similar: int


class DeviceWeights(_Section):
    base: float
    suggest_from: float
    greatest: float
    undecided: float
    name_alone: float
    margin: float
    serial_number: SerialWeights
    mac_address: MacWeights
    device_name: NameWeights
    model: ModelWeights
    user: UserWeights
    limits: DeviceLimits


class TenantNameWeights(_Section):
    equal: float
    other_form: float
    misspelt: float
    noted: float
    parted: float
    reordered: float
    part: float
    part_least: float
    branch: float
    contradiction: float
    different: float
    initials: float
    initials_letter: float


class DomainWeights(_Section):
    equal: float
    label: float
    label_word: float
    label_alone: float
    initials: float
    shared: float
    disagree: float


class AliasWeights(_Section):
    equal: float


class OverlapWeights(_Section):
    most: float
    some: float
    few: float


class ClaimWeights(_Section):
    matched_elsewhere: float
    better_tenant: float
    second_tenant: float
    alone: float


class TenantLimits(_Section):
    overlap_least: int
    overlap_most: float
    overlap_some: float
    slip_length: int
    ordinary_word: int
    label_telling: int
    label_cut: int
    word_holders: int
    candidates: int


class TenantWeights(_Section):
    base: float
    suggest_from: float
    greatest: float
    margin: float
    calibration: tuple[tuple[float, float], ...]
    name: TenantNameWeights
    domain: DomainWeights
    alias: AliasWeights
    overlap: OverlapWeights
    claims: ClaimWeights
    limits: TenantLimits


class Weights(_Section):
    """The whole file. Weights are natural-log odds; their sum is a score, its logistic function the confidence."""

    version: Literal[1]
    device: DeviceWeights
    tenant: TenantWeights
