"""One customer's devices and the configurations of its organization, with what befell each machine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random

from matchbook_local.emulator.world.chance import happens, pick, stream
from matchbook_local.emulator.world.hardware import manufacture

from . import records
from .dirt import Level, spoil
from .machines import enrol, enrol_again, machines
from .model import Case, Customer, Enrolment, Proof, Record
from .place import Place
from .strays import STRAYS

UNDOCUMENTED_PHONES = 0.42
UNDOCUMENTED_COMPUTERS = 0.045
OLDER_SERIAL_UNKNOWN = 0.15
ENROLLED_ONCE_MORE = 0.25
STRAY_SHARE = 0.45
PRINTERS_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Truth:
    """`also`: further records of the same machine; whoever finds one of them is right too."""

    device_id: str
    configuration_id: int | None
    category: str
    dirt: tuple[str, ...] = ()
    also: tuple[int, ...] = ()


@dataclass(slots=True)
class Population:
    enrolments: list[Enrolment] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)


def populate(seed: int, customer: Customer, level: Level, configurations: int) -> Population:
    """Deterministic in its arguments; fills the organization up to `configurations` with what is in no tenant."""
    rng = stream(seed, "labelled", customer.tenant_id)
    place, population = Place(rng, customer), Population()
    series = machines(rng)
    while len(population.enrolments) < customer.devices:
        hardware, neighbour = next(series)
        case = enrol(place, hardware)
        population.records += _befall(case, level) if customer.organization_id else _nobody(case)
        if neighbour and case.record is not None and not case.story:
            case.dirt.append("neighbour_serial")
        _enrolled(population, case, customer.devices, level)
    population.truths += [_truth(case) for case in place.cases]
    if customer.organization_id:
        population.records += _in_no_tenant(rng, place, configurations - len(population.records))
    rng.shuffle(population.enrolments)
    rng.shuffle(population.records)
    return population


def _enrolled(population: Population, case: Case, most: int, level: Level) -> None:
    """Adds the device, and sometimes its older enrolments, which Intune never forgot."""
    case.place.cases.append(case)
    population.enrolments.append(case.enrolment)
    days = 1
    share = 0.024 * level.trouble
    while len(population.enrolments) < most and happens(case.rng, share):
        old = enrol_again(case, days)
        population.enrolments.append(old)
        population.truths.append(Truth(old.id, None, "superseded"))
        days += 400
        share = ENROLLED_ONCE_MORE


def _truth(case: Case) -> Truth:
    found = case.record.id if case.record else None
    return Truth(case.enrolment.id, found, case.category, tuple(case.dirt), tuple(case.also))


def _nobody(case: Case) -> list[Record]:
    case.story = "undocumented_tenant"
    return []


def _befall(case: Case, level: Level) -> list[Record]:
    """The machine's story, and the records that came of it."""
    if happens(case.rng, UNDOCUMENTED_PHONES if case.is_phone else UNDOCUMENTED_COMPUTERS):
        return _undocumented(case, level)
    draw = case.rng.random()
    for share, story in _STORIES:
        draw -= share * level.trouble
        if draw < 0:
            return story(case, level)
    return _ordinary(case, level)


def _undocumented(case: Case, level: Level) -> list[Record]:
    case.story = "undocumented_phone" if case.is_phone else "undocumented_computer"
    if not case.is_phone and happens(case.rng, STRAY_SHARE * level.trouble):
        stray = pick(case.rng, STRAYS)
        if stray(case):
            case.dirt.append(stray.__name__)
    return []


def _ordinary(case: Case, level: Level) -> list[Record]:
    record = records.own_record(case)
    spoil(case, level)
    return [record]


def _name_reused_undocumented(case: Case, level: Level) -> list[Record]:
    """The new machine took the old one's name; only the old one is documented."""
    if case.is_phone or not case.names_it:
        return _ordinary(case, level)
    record = records.predecessor(case, serial_known=not happens(case.rng, OLDER_SERIAL_UNKNOWN))
    told = record.serial and case.hardware.serial
    case.story = "name_reused_undocumented" if told else "name_reused_old_serial_unknown"
    return [record]


def _name_reused_documented(case: Case, level: Level) -> list[Record]:
    if case.is_phone or not case.names_it:
        return _ordinary(case, level)
    found = _ordinary(case, level)
    if Proof.SERIAL not in case.proof and Proof.MAC not in case.proof:
        return found  # the name alone could not tell the two machines apart
    case.story = "name_reused_documented"
    return [*found, records.predecessor(case)]


def _board_replaced(case: Case, level: Level) -> list[Record]:
    """New board, new serial number, new wired address; the Wi-Fi card and the name stayed."""
    old = case.hardware
    if case.is_phone or not old.serial or case.enrolment.wifi is None:
        return _ordinary(case, level)
    record = records.own_record(case)
    record.macs = case.own_macs
    board = manufacture(case.rng, old.platform, old.bought)
    case.enrolment.serial = board.serial or "Default string"
    case.enrolment.ethernet = board.ethernet_mac if case.enrolment.ethernet else None
    case.hardware = replace(old, serial=case.enrolment.serial, ethernet_mac=board.ethernet_mac)
    case.proof.discard(Proof.SERIAL)
    case.proof.add(Proof.MAC)
    case.story = "board_replaced"
    return [record]


def _documented_twice(case: Case, level: Level) -> list[Record]:
    found = _ordinary(case, level)
    twin = records.duplicate(case)
    case.also.append(twin.id)
    case.story = "documented_twice"
    return [*found, twin]


Story = Callable[[Case, Level], list[Record]]
_STORIES: tuple[tuple[float, Story], ...] = (
    (0.040, _name_reused_undocumented),
    (0.020, _name_reused_documented),
    (0.010, _board_replaced),
    (0.022, _documented_twice),
)


def _in_no_tenant(rng: Random, place: Place, count: int) -> Iterator[Record]:
    for number in range(count):
        if happens(rng, PRINTERS_SHARE):
            yield records.infrastructure(rng, place, number)
        else:
            yield records.retired(rng, place)


def someone_elses(seed: int, customer: Customer, count: int) -> list[Record]:
    """The configurations of an organization that has no tenant."""
    rng = stream(seed, "labelled", "no tenant", customer.organization_id)
    return list(_in_no_tenant(rng, Place(rng, customer), count))
