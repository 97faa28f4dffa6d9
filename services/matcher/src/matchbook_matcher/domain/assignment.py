"""One configuration to one device: the best total evidence, and no choice where there is nothing to choose by.

The strongest pairs come first. That is the best total but for a device that is left with nothing while another holds
its configuration and could have a second one: they change places where both together weigh more.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from matchbook_matcher.domain.answers import Conflict, Suggested
from matchbook_matcher.domain.pairs import Pair
from matchbook_matcher.domain.records import Device
from matchbook_matcher.domain.scale import SERIAL_STEP, USER_STEP, Serial

Row = tuple[Device, list[Pair]]
"""A device with all of its pairs."""
Outcome = Suggested | Conflict | None
Moves = dict[int, Pair | None]
"""By place, what a device is given; None for nothing."""
_MOST_OTHERS = 5
_SEVERAL = 2
_LONGEST_CHAIN = 3
"""So many devices at most change places for another one."""


def assign(rows: Sequence[Row], taken: set[str]) -> list[Outcome]:
    """The outcome of each row, in the rows' order; adds to `taken` the configurations that are spoken for.

    The result depends on the pairs alone, not on the order of rows or pairs.
    """
    claims = Counter([pair.configuration.configuration_id for _, pairs in rows for pair in pairs])
    outcomes: list[Outcome] = [None] * len(rows)
    entangled: list[int] = []
    for place, (_, pairs) in enumerate(rows):
        if len(pairs) == 1 and claims[target := pairs[0].configuration.configuration_id] == 1:
            if target not in taken:
                outcomes[place] = Suggested(pairs[0])
                taken.add(target)
        elif pairs:
            entangled.append(place)
    if entangled:
        _resolve(rows, entangled, outcomes, taken)
    return outcomes


def _resolve(rows: Sequence[Row], places: Iterable[int], outcomes: list[Outcome], taken: set[str]) -> None:
    levels: defaultdict[int, list[tuple[int, Pair]]] = defaultdict(list)
    for place in places:
        for pair in rows[place][1]:
            levels[pair.worth.rank].append((place, pair))
    chosen: dict[int, Pair] = {}
    for rank in sorted(levels, reverse=True):
        open_pairs = [
            (place, pair)
            for place, pair in levels[rank]
            if place not in chosen and outcomes[place] is None and pair.configuration.configuration_id not in taken
        ]
        _settle(rows, open_pairs, chosen, outcomes, taken)
    _Exchange(rows, chosen, taken).improve(p for p in places if outcomes[p] is None)
    for place, best in chosen.items():
        pairs = rows[place][1]
        # What became another device's is no alternative any more.
        others = [p for p in pairs if p is not best and p.configuration.configuration_id not in taken]
        outcomes[place] = Suggested(best, _best_first(others), _same_serial(pairs, best))


class _Exchange:
    """Devices that change places: what is chosen, and who holds what."""

    def __init__(self, rows: Sequence[Row], chosen: dict[int, Pair], taken: set[str]) -> None:
        self._rows = rows
        self._chosen = chosen
        self._taken = taken
        self._holders = {pair.configuration.configuration_id: place for place, pair in chosen.items()}

    def improve(self, places: Iterable[int]) -> None:
        """Until no device that has nothing, or not its best, makes the total grow."""
        order = sorted(places, key=lambda place: _strongest_first(self._rows[place]))
        while any(self._moved(place) for place in order):
            pass

    def _moved(self, place: int) -> bool:
        held = self._chosen.get(place)
        if held is not None and held.worth.rank == max(pair.worth.rank for pair in self._rows[place][1]):
            return False
        spare = None if held is None else held.configuration.configuration_id
        gain, moves = self._best_moves(place, spare, frozenset())
        if gain <= (0 if held is None else held.worth.rank):
            return False
        for each in moves:
            self._let_go(each)
        for each, pair in moves.items():
            if pair is not None:
                self._chosen[each] = pair
                self._holders[pair.configuration.configuration_id] = each
                self._taken.add(pair.configuration.configuration_id)
        return True

    def _let_go(self, place: int) -> None:
        if (pair := self._chosen.pop(place, None)) is not None:
            del self._holders[pair.configuration.configuration_id]
            self._taken.discard(pair.configuration.configuration_id)

    def _best_moves(self, place: int, spare: str | None, passed: frozenset[str]) -> tuple[int, Moves]:
        """What a device can add to the total, `spare` being free, and what it and others are given for it."""
        best: tuple[int, Moves] = (0, {place: None})
        for pair in sorted(self._rows[place][1], key=_order):
            target = pair.configuration.configuration_id
            gain, moves = pair.worth.rank, Moves()
            if target == spare or target not in self._taken:
                pass
            elif (holder := self._holders.get(target)) is None or target in passed or len(passed) == _LONGEST_CHAIN:
                continue
            else:
                more, moves = self._best_moves(holder, spare, passed | {target})
                gain += more - self._chosen[holder].worth.rank
            if gain > best[0]:
                best = gain, {**moves, place: pair}
        return best


def _settle(
    rows: Sequence[Row],
    open_pairs: Sequence[tuple[int, Pair]],
    chosen: dict[int, Pair],
    outcomes: list[Outcome],
    taken: set[str],
) -> None:
    """One level of equally strong pairs: those without a rival are chosen, the others are ties."""
    by_place: defaultdict[int, list[Pair]] = defaultdict(list)
    for place, pair in open_pairs:
        by_place[place].append(pair)
    claims = Counter(pair.configuration.configuration_id for _, pair in open_pairs)
    for place, pairs in by_place.items():
        contested = {target for pair in pairs if claims[target := pair.configuration.configuration_id] > 1}
        if len(pairs) == 1 and not contested:
            chosen[place] = pairs[0]
        else:
            outcomes[place] = Conflict(_best_first(pairs), contested, _same_serial(rows[place][1], None))
    taken.update(claims)


def _best_first(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    return tuple(sorted(pairs, key=_order)[:_MOST_OTHERS])


def _order(pair: Pair) -> tuple[int, str]:
    return (-pair.worth.rank, pair.configuration.configuration_id)


def _strongest_first(row: Row) -> tuple[int, str, str, str]:
    device, pairs = row
    return (*min(map(_order, pairs)), device.tenant_id, device.device_id)


def _same_serial(pairs: Iterable[Pair], best: Pair | None) -> tuple[str, ...]:
    """Several configurations with the device's serial number are the same machine, documented more than once."""
    same = [pair for pair in pairs if pair.code % USER_STEP // SERIAL_STEP == Serial.AGREE]
    if len(same) < _SEVERAL:
        return ()
    return tuple(sorted(pair.configuration.configuration_id for pair in same if pair is not best))
