"""Which dirt there is and how often: weights for the field, and for a harsh one."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from matchbook_local.emulator.world.chance import weighted
from matchbook_local.emulator.world.dirt import JUNK_SERIALS

from . import hardware, macs, names, serials, users
from .model import Case, Proof

JUNK = (*JUNK_SERIALS, *serials.UNLISTED_JUNK)
Spoiler = Callable[[Case], bool]
_TABLE: tuple[tuple[float, float, Spoiler], ...] = (
    (5.0, 4.0, serials.serial_lower_case),
    (4.0, 4.0, serials.serial_with_blanks),
    (2.0, 3.0, serials.serial_with_hyphens),
    (3.0, 4.0, serials.serial_with_label),
    (5.0, 8.0, serials.lenovo_bar_code),
    (4.0, 8.0, serials.apple_bar_code),
    (3.0, 5.0, serials.dell_board_form),
    (12.0, 12.0, serials.virtual_serial_form),
    (1.5, 3.0, serials.letters_for_digits),
    (1.5, 4.0, serials.serial_mistyped),
    (2.5, 4.0, serials.junk_serial_documented),
    (2.5, 5.0, serials.junk_serial_reported),
    (1.2, 3.0, serials.junk_serial_unlisted),
    (30.0, 30.0, serials.junk_serial_of_the_house),
    (6.0, 9.0, serials.serial_not_documented),
    (2.0, 3.0, serials.serial_of_other_machine),
    (5.0, 5.0, macs.mac_notation),
    (4.0, 4.0, macs.one_interface_documented),
    (3.0, 3.0, macs.several_interfaces),
    (4.0, 6.0, macs.macs_not_documented),
    (4.0, 6.0, macs.dock_shared),
    (1.5, 3.0, macs.dongle_moved),
    (2.0, 3.0, macs.virtual_adapter_documented),
    (2.0, 3.0, macs.virtual_adapter_reported),
    (4.0, 6.0, macs.randomised_wifi),
    (0.8, 2.0, macs.mac_mistyped),
    (1.5, 3.0, macs.macs_one_apart),
    (4.0, 4.0, names.name_lower_case),
    (4.0, 4.0, names.name_with_domain),
    (20.0, 20.0, names.netbios_cut),
    (4.0, 5.0, names.name_with_note),
    (80.0, 80.0, names.name_with_accents),
    (1.5, 4.0, names.name_mistyped),
    (1.0, 2.5, names.name_digits_swapped),
    (4.0, 7.0, names.machine_renamed),
    (2.0, 4.0, names.name_of_the_installer),
    (2.5, 4.0, names.generic_name_documented),
    (2.5, 3.0, names.title_beside_host_name),
    (2.0, 3.0, names.host_name_outdated),
    (2.0, 4.0, names.titled_by_user),
    (3.0, 5.0, users.user_wrong),
    (3.0, 5.0, users.user_moved),
    (1.5, 2.0, users.shared_machine),
    (2.5, 4.0, hardware.model_of_before),
    (1.5, 2.0, hardware.made_by_the_shop),
    (4.0, 5.0, hardware.model_in_other_words),
)
CATEGORIES = frozenset(spoiler.__name__ for _, _, spoiler in _TABLE)


@dataclass(frozen=True)
class Level:
    """`ways`: shares of 0, 1, 2… things wrong with a documented machine; `trouble` scales what befalls whole machines
    and customers; `names_spared` is the share of customers that nobody writes in another way."""

    ways: tuple[float, ...]
    trouble: float
    harsh: bool = False
    names_spared: float = 0.0

    def count(self, rng: Random) -> int:
        return weighted(rng, [(share, number) for number, share in enumerate(self.ways)])


LEVELS = {
    "mild": Level((0.84, 0.13, 0.03), 0.5, names_spared=0.5),
    "field": Level((0.66, 0.02, 0.07, 0.11, 0.14), 1.2),
    "harsh": Level((0.22, 0.28, 0.26, 0.16, 0.08), 2.0, harsh=True),
}
_TRIES = 12
_SPOILERS = [spoiler for _, _, spoiler in _TABLE]
_CUMULATED = {
    harsh: list(itertools.accumulate(row[harsh] for row in ((field, worse) for field, worse, _ in _TABLE)))
    for harsh in (False, True)
}


def spoil(case: Case, level: Level) -> None:
    """So many things go wrong, each at most once, as far as they can happen to this machine."""
    wanted = level.count(case.rng)
    tries = wanted * _TRIES
    while wanted and tries and Proof.TRACE not in case.proof:
        tries -= 1
        spoiler = case.rng.choices(_SPOILERS, cum_weights=_CUMULATED[level.harsh])[0]
        before = len(case.proof - {Proof.TRACE})
        if spoiler.__name__ not in case.dirt and spoiler(case):
            case.dirt.append(spoiler.__name__)
            if len(case.proof - {Proof.TRACE}) < before:
                case.decisive = spoiler.__name__
            wanted -= 1
