"""How makes and models go wrong. Each function spoils one case and says whether it could."""

from matchbook_local.emulator.world.chance import pick

from .model import Case

BUILDERS = ("Custom Build", "Ingram Micro", "CDW", "Bechtle AG", "White Box", "Terra")


def model_of_before(case: Case) -> bool:
    """The record was the old machine's once: name and serial number were changed, make and model were not."""
    other = case.place.earlier()
    if other is None or case.is_phone or other.is_phone or other.enrolment.model == case.enrolment.model:
        return False
    case.documented.manufacturer = other.enrolment.manufacturer
    case.documented.model = other.enrolment.model
    return True


def made_by_the_shop(case: Case) -> bool:
    """The seller's name in place of the maker's."""
    if case.is_phone:
        return False
    case.documented.manufacturer = pick(case.rng, BUILDERS)
    return True


def model_in_other_words(case: Case) -> bool:
    """As the seller's invoice says it."""
    model = case.documented.model
    if not model or case.is_phone or " " not in model:
        return False
    first, *others = model.split()
    forms = (f"{model} Notebook PC", f"{first} 14 {' '.join(others)} BTX", f"{' '.join(others)} {first}", others[-1])
    case.documented.model = pick(case.rng, forms)
    return True
