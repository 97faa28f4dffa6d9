"""What was written down: a machine's own record, its duplicate, its predecessor, and what is in no tenant."""

from dataclasses import replace
from random import Random

from matchbook_local.emulator.world.chance import happens, pick, weighted
from matchbook_local.emulator.world.documentation import OTHER_TYPES
from matchbook_local.emulator.world.hardware import mac_address, manufacture
from matchbook_local.emulator.world.model import Hardware, Platform, Staff

from . import users
from .dirt import JUNK
from .macs import NOTATIONS
from .model import Case, Proof, Record
from .naming import GENERIC
from .place import Place

MODEL_NAMES = {
    "20XW00A9US": "ThinkPad X1 Carbon Gen 9",
    "21HD004LUS": "ThinkPad P14s Gen 4",
    "20S0CTO1WW": "ThinkPad T14 Gen 1",
    "SM-S911B": "Galaxy S23",
    "SM-A546B": "Galaxy A54",
    "SM-G990B": "Galaxy S21 FE",
}
BOUGHT = 18_000


def new_id(rng: Random) -> int:
    """Fits a double, so that it survives every JSON parser; not in any order."""
    return rng.getrandbits(52)


def own_record(case: Case) -> Record:
    """The machine as a careful clerk writes it; notes what would prove it."""
    rng, hardware, place = case.rng, case.hardware, case.place
    record = record_of(rng, place, hardware, case.user)
    record.name = _documented_name(case)
    record.hostname = record.name if happens(rng, 0.3) and not case.is_phone else ""
    record.serial = hardware.serial
    case.record = record
    if hardware.serial:
        case.proof.add(Proof.SERIAL)
    if case.names_it:
        case.proof.add(Proof.NAME)
    if not case.is_phone and (happens(rng, 0.5) or not case.proof):
        record.macs = list(case.own_macs)
    if not case.proof:
        case.enrolment.wifi = hardware.wifi_mac
    if not case.is_phone:
        case.weigh_macs()
    return record


def record_of(rng: Random, place: Place, hardware: Hardware, user: Staff | None) -> Record:
    """What every record has; `user` is left out of some, and written in another way in each field."""
    named = user is not None and happens(rng, 0.6)
    both = named and happens(rng, 0.4)
    kinds = ("Laptop", "Workstation", "Desktop", "Managed Workstation")
    return Record(
        new_id(rng),
        place.customer.organization_id or 0,
        manufacturer=hardware.manufacturer if happens(rng, 0.8) else "",
        model=_model(rng, hardware.model) if happens(rng, 0.75) else "",
        type="Mobile Device" if hardware.platform.is_phone else pick(rng, kinds),
        contact=users.written(rng, user) if named and user else "",
        primary_user=users.written(rng, user) if both and user else "",
    )


def duplicate(case: Case) -> Record:
    """The machine once more, with less: imported from another tool, or typed in by somebody in a hurry."""
    rng, record = case.rng, case.documented
    keeps_serial = bool(record.serial) and happens(rng, 0.6)
    twin = replace(record, id=new_id(rng), macs=[], contact="", primary_user="", hostname="", model="")
    twin.serial = record.serial if keeps_serial else ""
    if not keeps_serial and happens(rng, 0.4):
        twin.macs = record.macs[:1]
    if happens(rng, 0.4):
        twin.name = twin.name.lower()
    return twin


def predecessor(case: Case, *, serial_known: bool = True) -> Record:
    """The machine that bore this name before, still documented."""
    rng = case.rng
    old = manufacture(rng, Platform.WINDOWS, BOUGHT)
    record = record_of(rng, case.place, old, case.user)
    record.name = case.enrolment.name
    record.serial = old.serial if serial_known else ""
    record.macs = [old.wifi_mac, old.ethernet_mac] if happens(rng, 0.5) else []
    return record


def retired(rng: Random, place: Place) -> Record:
    """A computer that is in no tenant (any more), as carelessly written as the others."""
    old = manufacture(rng, Platform.WINDOWS, BOUGHT)
    record = record_of(rng, place, old, pick(rng, place.staff) if happens(rng, 0.4) else None)
    common = happens(rng, 0.06)
    record.name = pick(rng, GENERIC) if common else place.namer.old_name(old)
    record.serial = weighted(rng, ((0.78, old.serial), (0.15, ""), (0.07, pick(rng, JUNK))))
    record.macs = [old.ethernet_mac, old.wifi_mac] if happens(rng, 0.45) else []
    record.mac_style = pick(rng, tuple(NOTATIONS))
    return record


def infrastructure(rng: Random, place: Place, number: int) -> Record:
    """Printers, switches, servers: never in Intune."""
    kind, maker, model = pick(rng, OTHER_TYPES)
    machine = manufacture(rng, Platform.WINDOWS, BOUGHT)
    record = record_of(rng, place, replace(machine, manufacturer=maker, model=model), None)
    record.type = kind
    record.name = f"{place.customer.short_name}-{kind.upper().replace(' ', '')[:4]}-{number:02d}"
    record.hostname = record.name.lower() if happens(rng, 0.3) else ""
    record.serial = f"{maker[:2].upper()}{machine.serial}" if happens(rng, 0.8) else ""
    record.macs = [mac_address(rng, ("788CB5", "E0553D"))] if happens(rng, 0.6) else []
    return record


def _documented_name(case: Case) -> str:
    if case.names_it or not case.is_phone or happens(case.rng, 0.3):
        return case.enrolment.name
    return f"{case.hardware.model.split()[0]} {case.user.name}"


def _model(rng: Random, model: str) -> str:
    """As Graph says it, or as the shop does."""
    return MODEL_NAMES.get(model, model) if happens(rng, 0.5) else model
