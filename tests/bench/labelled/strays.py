"""Machines that nobody documented, and what makes them look like one that somebody did."""

from collections.abc import Callable

from matchbook_local.emulator.world.chance import pick
from matchbook_local.emulator.world.dirt import JUNK_SERIALS
from matchbook_local.emulator.world.hardware import neighbour

from .macs import dongle_moved
from .model import Case
from .naming import GENERIC
from .serials import UNLISTED_JUNK


def new_on_a_dock(case: Case) -> bool:
    case.enrolment.ethernet = pick(case.rng, case.place.docks)
    return True


def new_with_junk_serial(case: Case) -> bool:
    case.enrolment.serial = case.place.house_junk or pick(case.rng, (*JUNK_SERIALS, *UNLISTED_JUNK))
    return True


def new_with_common_name(case: Case) -> bool:
    """Reception, or what somebody of the same first name has called a machine."""
    case.enrolment.name = pick(case.rng, (*GENERIC, f"{case.user.name.split()[0]}s MacBook Pro"))
    return True


def new_beside_the_old(case: Case) -> bool:
    """A person's second machine, of the same order: the same user and model, and the next serial number."""
    other = case.place.earlier()
    if other is None or other.record is None or other.is_phone or not other.hardware.serial:
        return False
    case.enrolment.user = other.user
    case.enrolment.manufacturer, case.enrolment.model = other.enrolment.manufacturer, other.enrolment.model
    case.enrolment.serial = neighbour(other.hardware.serial)
    return True


def new_with_similar_name(case: Case) -> bool:
    """JSMITH-LT is documented, JSMITHS-LT is not."""
    other = case.place.earlier()
    if other is None or other.is_phone or not other.names_it or not other.enrolment.name[:1].isalpha():
        return False
    name = other.enrolment.name
    at = next((i for i, c in enumerate(name) if not c.isalpha()), len(name))
    case.enrolment.name = f"{name[:at]}{pick(case.rng, 'ABEST')}{name[at:]}"[:15]
    return True


STRAYS: tuple[Callable[[Case], bool], ...] = (
    new_on_a_dock,
    dongle_moved,
    new_with_junk_serial,
    new_with_common_name,
    new_beside_the_old,
    new_with_similar_name,
)
