"""What to ask for next while the list moves, and what of it is new."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matchbook_configuration_writer.domain.documentation import (
    OVERLAP,
    Cursor,
    Documented,
    Known,
    Page,
    Reading,
    Unreadable,
    begin,
    fingerprint,
    moved,
    news,
)
from matchbook_contracts.decisions import ConfigurationRow, OrganizationRow
from matchbook_contracts.states import Interface

NOW = datetime(2026, 3, 9, 10, 5, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LONG_AGO = timedelta(days=30)


def record(number: int, at: datetime | None = NOW) -> Documented:
    return Documented(OrganizationRow(row=1, id=f"{number}", name="n"), at)


def page(number: int, pages: int, total: int, *records: Documented) -> Page:
    return Page(number, pages, total, records)


def whole() -> Reading:
    return Reading("configurations", None)


def test_the_whole_is_read_at_first_and_when_it_is_due() -> None:
    cursor = Cursor(NOW, NOW)
    assert begin("configurations", Cursor(), NOW, DAY).whole
    assert begin("configurations", cursor, NOW + DAY, DAY).whole
    later = begin("configurations", cursor, NOW + DAY - MINUTE, DAY)
    assert later.since == NOW - OVERLAP


def test_the_cursor_moves_to_the_latest_change_before_the_read() -> None:
    began = NOW + 2 * DAY
    before, newest = Cursor(NOW, NOW), NOW + DAY
    assert moved(before, whole(), newest, began) == Cursor(newest, began)
    assert moved(before, Reading("configurations", NOW), newest, began) == Cursor(newest, NOW)


def test_a_page_of_what_was_read_before_ends_the_read() -> None:
    reading = Reading("configurations", NOW)
    reading.take(page(1, 9, 18, record(1, NOW + MINUTE), record(2, NOW)))
    assert reading.number == 2
    reading.take(page(2, 9, 18, record(3, NOW - MINUTE), record(4, NOW - 2 * MINUTE)))
    assert reading.number is None
    assert not reading.whole


def test_what_went_away_lets_pages_be_read_again() -> None:
    reading = whole()
    for number in (1, 2, 3):
        reading.take(page(number, 4, 8, record(2 * number), record(2 * number + 1)))
    reading.take(page(4, 3, 5, record(1)))
    assert reading.number == 2, "three records fill two pages"
    reading.take(page(2, 3, 5, record(1), record(2)))
    assert reading.number == 3


def test_the_whole_is_read_where_equal_times_stand_on_two_pages() -> None:
    reading = Reading("configurations", NOW - DAY)
    reading.take(page(1, 9, 18, record(1, NOW + MINUTE), record(2, NOW)))
    reading.take(page(2, 9, 18, record(3, NOW), record(4, NOW - MINUTE)))
    assert (reading.whole, reading.number) == (True, 1)


def test_a_list_that_breaks_off_is_not_taken_for_the_end() -> None:
    reading = whole()
    reading.take(page(1, 3, 6, record(1), record(2)))
    with pytest.raises(Unreadable, match="Page 2 of 3 of the configurations is empty"):
        reading.take(page(2, 3, 6))
    short = whole()
    with pytest.raises(Unreadable, match="Of 19000 configurations only 2 were listed"):
        short.take(page(1, 1, 19_000, record(1), record(2)))


def test_an_empty_list_is_read_at_once() -> None:
    reading = whole()
    reading.take(page(1, 1, 0))
    assert reading.number is None


class Shelf:
    """A list as its system keeps it: changes move to the front of time, and equal times stand anyhow."""

    def __init__(self, chance: random.Random, size: int) -> None:
        self.chance = chance
        self.size = size
        self.now = NOW
        self.next = 1
        self.at: dict[int, datetime] = {}
        self.version: dict[int, int] = {}

    def stir(self, most: int) -> None:
        for _ in range(self.chance.randint(0, most)):
            self.now += self.chance.choice((timedelta(0), timedelta(0), MINUTE, LONG_AGO))
            what = self.chance.choice(("add", "edit", "edit", "delete"))
            if what == "add" or not self.at:
                self.at[self.next], self.version[self.next] = self.now, 1
                self.next += 1
            elif what == "edit":
                key = self.chance.choice(list(self.at))
                self.at[key] = self.now
                self.version[key] += 1
            else:
                del self.at[self.chance.choice(list(self.at))]

    def page(self, number: int, *, whole: bool) -> Page:
        keys = list(self.at)
        self.chance.shuffle(keys)
        keys.sort(key=(lambda key: key) if whole else (lambda key: self.at[key]), reverse=True)
        shown = keys[(number - 1) * self.size : number * self.size]
        records = tuple(record(key, self.at[key]) for key in shown)
        return Page(number, max(1, -(-len(keys) // self.size)), len(keys), records)

    def read(self, cursor: Cursor, seen: dict[int, int], *, stirred: int) -> Cursor:
        newest = max(self.at.values(), default=None)
        reading = begin("configurations", cursor, NOW, DAY)
        while reading.number is not None:
            self.stir(stirred)
            found = self.page(reading.number, whole=reading.whole)
            for item in found.records:
                seen[int(item.row.id)] = self.version[int(item.row.id)]
            reading.take(found)
        return moved(cursor, reading, newest, NOW)


@settings(max_examples=500, deadline=None)
@given(st.integers(), st.integers(1, 4), st.integers(0, 30), st.booleans())
def test_nothing_is_missed_while_the_list_moves(seed: int, size: int, start: int, whole_first: bool) -> None:
    shelf = Shelf(random.Random(seed), size)
    for _ in range(start):
        shelf.stir(2)
    seen: dict[int, int] = {}
    cursor = Cursor()
    if not whole_first:
        cursor = shelf.read(cursor, seen, stirred=0)
        shelf.stir(start)
    cursor = shelf.read(cursor, seen, stirred=5)
    shelf.read(cursor, seen, stirred=0)
    assert {key: seen.get(key) for key in shelf.at} == {key: shelf.version[key] for key in shelf.at}


def configuration(row: int = 1, **values: str) -> ConfigurationRow:
    return ConfigurationRow(row=row, id="455", organization_id="2", values=values)  # type: ignore[arg-type]


def test_a_fingerprint_is_of_what_is_said_and_not_of_where() -> None:
    one = configuration(name="a", hostname="b")
    assert fingerprint(one) == fingerprint(configuration(7, hostname="b", name="a"))
    others = [
        configuration(name="a"),
        one.model_copy(update={"archived": True}),
        one.model_copy(update={"organization_id": "3"}),
        one.model_copy(update={"interfaces": (Interface(name="LAN"),)}),
    ]
    assert len({fingerprint(one), *map(fingerprint, others)}) == 5


def test_the_fingerprint_of_a_row_never_changes_with_a_release() -> None:
    row = configuration(name="a").model_copy(update={"interfaces": (Interface(name="LAN"),)})
    assert fingerprint(row).hex() == "ab9008cd1c002e35bf4819491d92060ff837ade0eba26a7645190b5ed0e8105a"


def test_only_what_says_something_else_is_new() -> None:
    row = configuration(name="a")
    documented, digest = Documented(row, NOW), fingerprint(row)
    assert [item.version for item in news([documented], {}, whole=False)] == [0]
    assert news([documented, documented], {"455": Known(3, digest)}, whole=True) == []
    assert [item.version for item in news([documented], {"455": Known(3, b"other")}, whole=False)] == [3]
    refused = {"455": Known(3, digest, rejected=True)}
    assert news([documented], refused, whole=False) == []
    assert len(news([documented, documented], refused, whole=True)) == 1
