"""How names go wrong. Each function spoils one case and says whether it could."""

import re
from collections.abc import Iterator

from matchbook_local.emulator.world.chance import happens, pick
from matchbook_local.emulator.world.pools import FRIENDLY

from .model import Case, Proof
from .naming import GENERIC, NETBIOS_LENGTH, default_name

_NOTES = ("({})", "- {}", "[{}]", "({} home office)", "/ {}")
_UMLAUTS = {"Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "SS"}
_DIGITS = re.compile(r"\d{2,}")


def name_lower_case(case: Case) -> bool:
    return _written(case, case.documented.name.lower())


def name_with_domain(case: Case) -> bool:
    """The whole domain name on one side, the short name on the other."""
    if case.is_phone or " " in case.name:
        return False
    full = f"{case.documented.name}.{case.place.local_domain}"
    if case.hardware.platform.value != "Windows" and happens(case.rng, 0.5):
        case.enrolment.name = f"{case.enrolment.name}.{case.place.local_domain}"
        return True
    return _written(case, full.lower() if happens(case.rng, 0.6) else full)


def netbios_cut(case: Case) -> bool:
    """Intune shows 15 characters of a longer name; the documentation has all of them."""
    cut = len(case.name) > NETBIOS_LENGTH and case.name.startswith(case.enrolment.name)
    return cut and _written(case, case.name)


def name_with_note(case: Case) -> bool:
    note = pick(case.rng, _NOTES).format(pick(case.rng, (case.user.name.split()[0], case.user.name)))
    return _written(case, f"{case.documented.name} {note}")


def name_with_accents(case: Case) -> bool:
    """MÜLLER-LT documented, MUELLER-LT or MULLER-LT enrolled."""
    last = case.user.name.split()[-1].upper()
    plain = case.user.login[1:].rstrip("0123456789").upper()
    if last == plain or not plain or plain not in case.documented.name.upper():
        return False
    if any(c in last for c in _UMLAUTS) and happens(case.rng, 0.4):
        spelled = last
        for umlaut, letters in _UMLAUTS.items():
            spelled = spelled.replace(umlaut, letters)
        case.enrolment.name = case.enrolment.name.upper().replace(plain, spelled)[:NETBIOS_LENGTH]
    return _written(case, case.documented.name.upper().replace(plain, last))


def name_mistyped(case: Case) -> bool:
    """A letter doubled, left out or exchanged: digits are left alone."""
    name = case.documented.name
    letters = [i for i in range(1, len(name) - 1) if name[i].isalpha() and name[i + 1].isalpha()]
    if len(letters) < 3 or Proof.NAME not in case.proof:
        return False
    case.keeps_a_trace_of(Proof.NAME)
    at = pick(case.rng, letters)
    exchanged = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return _set(case, pick(case.rng, (name[:at] + name[at + 1 :], exchanged, name[:at] + name[at] + name[at:])))


def name_digits_swapped(case: Case) -> bool:
    """LT-012 documented as LT-021, which may well be another machine."""
    found = _DIGITS.search(case.documented.name)
    if found is None or len(set(found[0])) == 1 or not case.loses(Proof.NAME):
        return False
    changed = next((text for text in _swaps(found[0]) if text != found[0]), found[0])
    return _set(case, case.documented.name.replace(found[0], changed))


def _swaps(digits: str) -> Iterator[str]:
    for at in range(len(digits) - 2, -1, -1):
        yield digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]


def machine_renamed(case: Case) -> bool:
    """The documentation has the name of before."""
    if not case.loses(Proof.NAME):
        return False
    case.documented.hostname = ""
    return _set(case, case.place.namer.old_name(case.hardware))


def name_of_the_installer(case: Case) -> bool:
    """Set up again and not renamed, or documented before it was: DESKTOP-… on one side."""
    if case.is_phone or not case.loses(Proof.NAME):
        return False
    if happens(case.rng, 0.5):
        case.enrolment.name = default_name(case.rng)
        return True
    case.documented.hostname = ""
    return _set(case, default_name(case.rng))


def generic_name_documented(case: Case) -> bool:
    """Reception, Laptop, PC1: several organizations have them, and some have several."""
    if not case.loses(Proof.NAME):
        return False
    case.documented.hostname = ""
    return _set(case, pick(case.rng, (*GENERIC, *FRIENDLY)))


def title_beside_host_name(case: Case) -> bool:
    """The name is a title for people; the host name is the machine's."""
    record = case.documented
    record.hostname = record.hostname or record.name
    first = case.user.name.split()[0]
    titles = (pick(case.rng, FRIENDLY), f"{first}'s laptop", f"{case.user.name} - {case.hardware.model}")
    return _set(case, pick(case.rng, titles))


def host_name_outdated(case: Case) -> bool:
    """Two names, one of them of before."""
    record = case.documented
    old = case.place.namer.old_name(case.hardware)
    if happens(case.rng, 0.5):
        record.hostname = old
    else:
        record.name, record.hostname = old, record.name
    return True


def titled_by_user(case: Case) -> bool:
    """The record bears its user instead of a name: Anna Berg's laptop."""
    if case.is_phone:
        return False
    case.keeps_a_trace_of(Proof.NAME)
    case.documented.hostname = ""
    case.documented.model = case.documented.model or case.hardware.model
    options = (f"{case.user.name} laptop", f"{case.user.name.split()[0]}'s {case.hardware.model}", case.user.name)
    return _set(case, pick(case.rng, options))


def _written(case: Case, text: str) -> bool:
    """Another way to write the name that the record has."""
    return text != case.documented.name and _set(case, text)


def _set(case: Case, text: str) -> bool:
    case.documented.name = text
    return True
