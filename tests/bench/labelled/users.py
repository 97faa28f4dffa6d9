"""Who uses a machine, as documentation writes it, and how that goes wrong."""

from random import Random

from matchbook_local.emulator.world.chance import pick, weighted
from matchbook_local.emulator.world.model import Staff

from .model import Case


def written(rng: Random, user: Staff) -> str:
    first, _, last = user.name.partition(" ")
    forms = (
        (0.45, user.name),
        (0.20, user.upn),
        (0.12, user.login),
        (0.10, f"{last}, {first}"),
        (0.07, f"{user.domain.split('.')[0].upper()}\\{user.login}"),
        (0.06, first),
    )
    return weighted(rng, forms)


def user_wrong(case: Case) -> bool:
    """A colleague's name, copied from the line above."""
    return _becomes(case, pick(case.rng, case.place.staff))


def user_moved(case: Case) -> bool:
    """The record still names who has another machine by now."""
    other = case.place.earlier()
    return other is not None and _becomes(case, other.user)


def shared_machine(case: Case) -> bool:
    """Enrolled by an administrator for everybody."""
    if case.is_phone:
        return False
    case.enrolment.user = case.place.staff[0]
    return True


def _becomes(case: Case, other: Staff) -> bool:
    if other is case.user:
        return False
    record = case.documented
    record.contact = written(case.rng, other)
    record.primary_user = written(case.rng, other) if record.primary_user else ""
    return True
