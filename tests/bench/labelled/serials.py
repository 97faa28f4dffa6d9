"""How serial numbers go wrong. Each function spoils one case and says whether it could."""

from matchbook_local.emulator.world.chance import happens, hexadecimal, pick
from matchbook_local.emulator.world.dirt import JUNK_SERIALS

from .model import Case, Proof

UNLISTED_JUNK = ("System Version", "Standard", "ABCD1234", "PC-SERIAL", "Not Available Yet", "Chassis 1", "0000-0001")
LENOVO_TYPES = ("11DT003VUS", "20XW00A9US", "21HD004LUS", "20S0CTO1WW", "10T8SDFK00")
LABELS = ("S/N: ", "SN: ", "S/N ", "Serial: ", "Service Tag: ", "SN#", "Serial No. ")


def serial_lower_case(case: Case) -> bool:
    return _written(case, case.documented.serial.lower())


def serial_with_blanks(case: Case) -> bool:
    text = case.documented.serial
    middle = 1 + int(case.rng.random() * max(1, len(text) - 1))
    return _written(case, pick(case.rng, (f" {text}", f"{text}  ", f"{text[:middle]} {text[middle:]}", f"\t{text}\n")))


def serial_with_hyphens(case: Case) -> bool:
    text = case.documented.serial.replace("-", "")
    return _written(case, "-".join(text[i : i + 4] for i in range(0, len(text), 4)))


def serial_with_label(case: Case) -> bool:
    return _written(case, pick(case.rng, LABELS) + case.documented.serial)


def lenovo_bar_code(case: Case) -> bool:
    """1S, the machine type in ten characters, the serial number: what a scanner reads from the case."""
    if case.hardware.manufacturer != "LENOVO":
        return False
    return _written(case, f"1S{pick(case.rng, LENOVO_TYPES)}{case.documented.serial}")


def apple_bar_code(case: Case) -> bool:
    return case.hardware.manufacturer == "Apple" and _written(case, f"S{case.documented.serial}")


def dell_board_form(case: Case) -> bool:
    """/TAG/CN…/ as Dell's boards report it; read out by some tools, and by some agents on the machine itself."""
    if not case.hardware.manufacturer.startswith("Dell") or Proof.SERIAL not in case.proof:
        return False
    rng, tag = case.rng, case.hardware.serial
    board = f"CN{hexadecimal(rng, 5)}{hexadecimal(rng, 7)}/" if happens(rng, 0.7) else ""
    if happens(rng, 0.3):
        case.enrolment.serial = f"/{tag}/{board}"
        return True
    return _written(case, f"/{tag}/{board}")


def virtual_serial_form(case: Case) -> bool:
    """VMware's and Hyper-V's long numbers: with other groups, without any, as a UUID, without the prefix."""
    serial = case.documented.serial
    bare = serial.removeprefix("VMware-").replace(" ", "").replace("-", "")
    if not case.hardware.model.startswith(("VMware", "Virtual")):
        return False
    if not serial.startswith("VMware-"):
        return _written(case, bare)
    uuid = f"{bare[:8]}-{bare[8:12]}-{bare[12:16]}-{bare[16:20]}-{bare[20:]}"
    return _written(case, pick(case.rng, (f"VMware-{bare}", uuid, uuid.upper(), serial.removeprefix("VMware-"))))


def letters_for_digits(case: Case) -> bool:
    """O for 0 and I for 1, as read from a label and typed by hand. Only other fields can confirm it."""
    text, mixed = case.documented.serial, str.maketrans("01", "OI")
    if text.startswith("VMware"):
        return False
    written = text.translate(mixed) if happens(case.rng, 0.6) else text.replace("0", "O", 1)
    if written == text or Proof.SERIAL not in case.proof:
        return False
    case.keeps_a_trace_of(Proof.SERIAL)
    return _set(case, written)


def serial_mistyped(case: Case) -> bool:
    """One character wrong, two exchanged, or one left out: it may be the neighbour's number now."""
    text = case.documented.serial
    if len(text) < 7 or Proof.SERIAL not in case.proof:
        return False
    case.keeps_a_trace_of(Proof.SERIAL)
    at = 2 + int(case.rng.random() * (len(text) - 3))
    wrong = pick(case.rng, [c for c in "0123456789" if c != text[at]])
    exchanged = text[:at] + text[at + 1] + text[at] + text[at + 2 :] if text[at] != text[at + 1] else None
    left_out = text[:at] + text[at + 1 :]
    replaced = text[:at] + wrong + text[at + 1 :]
    return _set(case, pick(case.rng, (replaced, replaced, exchanged or replaced, left_out)))


def junk_serial_documented(case: Case) -> bool:
    return case.loses(Proof.SERIAL) and _set(case, pick(case.rng, JUNK_SERIALS))


def junk_serial_reported(case: Case) -> bool:
    """The board's maker left it open. The documentation has the same, nothing, or what stands on the case."""
    if case.is_phone or not case.loses(Proof.SERIAL):
        return False
    case.enrolment.serial = pick(case.rng, JUNK_SERIALS)
    return _set(case, pick(case.rng, (case.enrolment.serial, "", case.documented.serial)))


def junk_serial_unlisted(case: Case) -> bool:
    """Junk that nobody listed yet, on dozens of machines; the documentation copied it."""
    if case.is_phone or not case.loses(Proof.SERIAL):
        return False
    case.enrolment.serial = pick(case.rng, UNLISTED_JUNK)
    return _set(case, case.enrolment.serial if happens(case.rng, 0.7) else "")


def junk_serial_of_the_house(case: Case) -> bool:
    """What one shop that built all of an organization's machines typed into each of them."""
    junk = case.place.house_junk
    if junk is None or case.is_phone or not case.loses(Proof.SERIAL):
        return False
    case.enrolment.serial = junk
    return _set(case, junk if happens(case.rng, 0.7) else "")


def serial_not_documented(case: Case) -> bool:
    return case.loses(Proof.SERIAL) and _set(case, "")


def serial_of_other_machine(case: Case) -> bool:
    """Two labels mixed up, or one copied to the wrong record. Name and address still say which machine is meant."""
    other = case.place.earlier()
    clear = case.proof == {Proof.SERIAL, Proof.MAC, Proof.NAME} and not case.dirt
    if other is None or other.is_phone or case.is_phone or not clear or not other.hardware.serial:
        return False
    mine = case.documented.serial
    case.proof.discard(Proof.SERIAL)
    both = {Proof.MAC, Proof.NAME} <= other.proof and not other.dirt and not other.story
    if both and other.record is not None and happens(case.rng, 0.5):
        other.proof.discard(Proof.SERIAL)
        other.record.serial = mine
        other.dirt.append(serial_of_other_machine.__name__)
    return _set(case, other.hardware.serial)


def _written(case: Case, text: str) -> bool:
    """Another way to write the machine's own number."""
    if Proof.SERIAL not in case.proof or text == case.documented.serial:
        return False
    return _set(case, text)


def _set(case: Case, text: str) -> bool:
    case.documented.serial = text
    return True
