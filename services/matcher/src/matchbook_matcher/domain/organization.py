"""The suggestions for one organization's devices, from all that is known of it at once."""

from collections.abc import Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from matchbook_matcher.domain.answers import Answer, Conflict, Elsewhere, Misplaced, Nothing, Suggested, Superseded
from matchbook_matcher.domain.assignment import Row, assign
from matchbook_matcher.domain.compare import Learned, compare
from matchbook_matcher.domain.index import Documents, Fleet, fleet_of
from matchbook_matcher.domain.pairs import Pair, fingerprint, put_fullest_first
from matchbook_matcher.domain.records import Configuration, Device, Key
from matchbook_matcher.domain.scale import Worth, scale
from matchbook_matcher.domain.weights import DeviceWeights

_DECIDED = Nothing("decided")
_NO_CANDIDATE = Nothing("no_candidate")


@dataclass(slots=True)
class Evaluation:
    """The answers by device, and what has to be known to complete them.

    `unfound` are the devices whose usable serial number is not documented here, by each form of that serial number.
    """

    answers: dict[Key, Answer]
    unfound: dict[str, list[Key]] = field(default_factory=dict)
    learned: Learned = field(default_factory=Learned)

    def complete(self, elsewhere: Mapping[str, Elsewhere]) -> None:
        """Tell where the unfound serial numbers are documented instead."""
        places: dict[Key, Elsewhere] = {}
        for serial, place in elsewhere.items():
            for key in self.unfound.get(serial, ()):
                places[key] = min(place, places.get(key, place))
        for key, place in places.items():
            self.answers[key] = _with_elsewhere(self.answers[key], place)


class Ground(NamedTuple):
    """What the pairs of an organization are found and compared by."""

    documents: Documents
    learned: Learned


class Matcher:
    """Evaluates organizations by one set of weights."""

    def __init__(self, weights: DeviceWeights) -> None:
        self.weights = weights
        self.limits = weights.limits
        self._scale: list[Worth | None] = scale(weights)

    def evaluate(
        self,
        devices: Iterable[Device],
        configurations: Iterable[Configuration],
        *,
        held: Container[str] = (),
        common_serials: AbstractSet[str] = frozenset(),
    ) -> Evaluation:
        """All answers for one organization's live devices.

        `configurations` are those that are not archived; `held` tells of each whether a device is matched to it. The
        result does not depend on the order of anything.
        """
        fleet = fleet_of(devices, self.limits, common_serials)
        ground = self.ground(fleet, configurations, held)
        evaluation = Evaluation({}, learned=ground.learned)
        groups = self.open(fleet, evaluation.answers)
        self.answer(
            ([(device, self.pairs(device, ground)[0]) for device in group] for group in groups), ground, evaluation
        )
        return evaluation

    def ground(self, fleet: Fleet, configurations: Iterable[Configuration], held: Container[str]) -> Ground:
        """What pairs are found and compared by: the configurations that nobody holds, and what all together teach."""
        free = [c for c in configurations if c.configuration_id not in held]
        documents = Documents(free, self.limits, fleet)
        return Ground(documents, documents.learned(fleet))

    def open(self, fleet: Fleet, answers: dict[Key, Answer]) -> tuple[list[Device], list[Device]]:
        """The devices that may get a suggestion: those nobody has decided on, and those that are ignored.

        The answers of all others are added to `answers`.
        """
        answers.update((key, Superseded(device.device_id)) for key, device in fleet.superseded.items())
        answers.update(((device.tenant_id, device.device_id), _NO_CANDIDATE) for device in fleet.displaced)
        unmatched: list[Device] = []
        ignored: list[Device] = []
        for device in fleet.current:
            standing = device.standing
            if fleet.twins and _is_carried_over(device, fleet):
                answers[device.tenant_id, device.device_id] = _DECIDED
            elif standing is None or standing.status == "unmatched":
                unmatched.append(device)
            elif standing.status == "ignored":
                ignored.append(device)
            else:
                answers[device.tenant_id, device.device_id] = _DECIDED
        return unmatched, ignored

    def pairs(self, device: Device, ground: Ground) -> tuple[list[Pair], bool]:
        """All pairs of a device, and whether doubtful ones were looked for, since nothing else has found any."""
        documents, learned = ground
        found = documents.candidates(device, learned)
        pairs = self._compared(device, found, learned) if found else []
        looked_further = not pairs
        if looked_further and (doubtful := documents.doubtful(device, learned)):
            pairs = self._compared(device, doubtful, learned)
        return (put_fullest_first(pairs, self.weights.undecided) if len(pairs) > 1 else pairs), looked_further

    def answer(self, groups: Iterable[Sequence[Row]], ground: Ground, evaluation: Evaluation) -> None:
        """Add the answers of devices that may get a suggestion. Each group gives way to those before it."""
        by_serial, learned = ground.documents.by_serial, ground.learned
        answers, unfound = evaluation.answers, evaluation.unfound
        taken: set[str] = set()
        for rows in groups:
            for (device, _), outcome in zip(rows, assign(rows, taken), strict=True):
                key = (device.tenant_id, device.device_id)
                answers[key] = _NO_CANDIDATE if outcome is None else outcome
                serial, other = device.serial_key, device.variant
                if serial is not None and serial not in by_serial and serial not in learned.serials:
                    if other is None:
                        unfound.setdefault(serial, []).append(key)
                    elif other not in by_serial and other not in learned.serials:
                        for form in (serial, other):
                            unfound.setdefault(form, []).append(key)

    def _compared(self, device: Device, found: Sequence[Configuration], learned: Learned) -> list[Pair]:
        reverted = None if device.standing is None else device.standing.reverted
        pairs = []
        for configuration in found:
            code = compare(device, configuration, learned, self.limits)
            worth = self._scale[code]
            if worth is not None and not (reverted and _is_reverted(device, configuration, reverted)):
                pairs.append(Pair(device, configuration, code, worth))
        return pairs


def _is_carried_over(device: Device, fleet: Fleet) -> bool:
    """An older enrolment of the same machine is matched: that match is about to move here."""
    twins = fleet.twins.get((device.tenant_id, device.device_id), ())
    return any(twin.standing is not None and twin.standing.status == "matched" for twin in twins)


def _is_reverted(device: Device, configuration: Configuration, reverted: Mapping[str, str | None]) -> bool:
    """A pair that a person undid. Without a fingerprint nobody can tell what they saw, so it stays undone."""
    if configuration.configuration_id not in reverted:
        return False
    seen = reverted[configuration.configuration_id]
    return seen is None or seen == fingerprint(device, configuration)


def _with_elsewhere(answer: Answer, place: Elsewhere) -> Answer:
    match answer:
        case Suggested():
            return Suggested(answer.best, answer.others, answer.twice, place)
        case Conflict():
            return Conflict(answer.pairs, answer.contested, answer.twice, place)
        case Nothing(reason="no_candidate"):
            return Misplaced(place)
        case _:
            return answer
