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
    digests,
    fingerprint,
    moved,
    news,
    taken,
)
from matchbook_contracts.base import Actor, Cause
from matchbook_contracts.decisions import ConfigurationRow, ImportConfigurations, OrganizationRow
from matchbook_contracts.match_events import ImportApplied, ImportRowResult
from matchbook_contracts.states import Interface

from tests.support.writer_world import ADMINISTRATOR

NOW = datetime(2026, 3, 9, 10, 5, tzinfo=UTC)
CONNECTOR = Actor(kind="system", id="connector:it-glue", name="IT Glue")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LONG_AGO = timedelta(days=30)


def record(number: int, at: datetime | None = NOW) -> Documented:
    return Documented(OrganizationRow(row=1, id=f"{number}", name="n"), at)


def page(number: int, pages: int, total: int, *records: Documented) -> Page:
    return Page(number, pages, total, records)


def whole() -> Reading:
    return Reading("configurations", None)


def test_the_whole_is_read_at_first_and_when_it_is_due() -> None:
    cursor = Cursor(NOW, NOW, NOW, NOW)
    assert begin("configurations", Cursor(), NOW, NOW, DAY) == whole()
    assert begin("configurations", cursor, NOW, NOW + DAY, DAY) == whole()
    later = begin("configurations", cursor, NOW + MINUTE, NOW + DAY - MINUTE, DAY)
    assert later == Reading("configurations", NOW - OVERLAP)


def test_what_may_have_been_committed_late_is_read_once_more_and_then_nothing() -> None:
    cursor, reads = Cursor(NOW, NOW, NOW, NOW), []
    for minutes in (4, 8, 12, 16):
        now = NOW + minutes * MINUTE
        reading = begin("configurations", cursor, NOW, now, DAY)
        reads.append(reading is not None)
        if reading is not None:
            cursor = moved(cursor, reading, NOW, now)
    assert reads == [True, True, True, False]
    assert begin("configurations", cursor, NOW + MINUTE, NOW + 20 * MINUTE, DAY) is not None
    assert begin("configurations", cursor, NOW - MINUTE, NOW + 20 * MINUTE, DAY) is not None, "the newest was deleted"
    assert begin("configurations", cursor, NOW, NOW + DAY, DAY) == whole()


def test_the_cursor_moves_to_the_latest_change_before_the_read() -> None:
    began = NOW + 2 * DAY
    before, newest = Cursor(NOW, NOW, NOW, NOW), NOW + DAY
    assert moved(before, whole(), newest, began) == Cursor(newest, began, began, began)
    assert moved(before, Reading("configurations", NOW), newest, began) == Cursor(newest, began, began, NOW)
    assert moved(before, Reading("configurations", NOW), NOW, began) == Cursor(NOW, NOW, began, NOW)


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
        newest, began = max(self.at.values(), default=None), self.now
        reading = begin("configurations", cursor, newest, began, 100 * LONG_AGO)
        if reading is None:
            return cursor
        while reading.number is not None:
            self.stir(stirred)
            found = self.page(reading.number, whole=reading.whole)
            for item in found.records:
                seen[int(item.row.id)] = self.version[int(item.row.id)]
            reading.take(found)
        return moved(cursor, reading, newest, began)


@settings(max_examples=500)
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


LAN, WLAN = Interface(name="LAN", primary=True), Interface(name="WLAN")


def test_a_fingerprint_is_of_what_is_said_and_not_of_where() -> None:
    one = configuration(name="a", hostname="b")
    assert fingerprint(one) == fingerprint(configuration(7, hostname="b", name="a"))
    others = [
        configuration(name="a"),
        one.model_copy(update={"archived": True}),
        one.model_copy(update={"organization_id": "3"}),
        one.model_copy(update={"interfaces": (LAN,)}),
        one.model_copy(update={"interfaces": (WLAN, LAN)}),
        one.model_copy(update={"interfaces": (LAN, WLAN)}),
    ]
    assert len({fingerprint(one), *map(fingerprint, others)}) == 7


def test_digests_never_change_with_a_release() -> None:
    row = configuration(name="a").model_copy(update={"interfaces": (LAN,)})
    assert digests(row) == {
        "organization_id": "1bf41ef6fd6f6f6c",
        "interfaces": "a2924ab0b58811f4",
        "archived": "8cb95ad818059778",
        "name": "40f89e395b66422f",
    }
    assert list(digests(OrganizationRow(row=1, id="2", name="a"))) == ["name", "archived"]


def told(row: ConfigurationRow, known: Known, *, whole: bool = False) -> ConfigurationRow | None:
    found = news([Documented(row, NOW)], {"455": known}, whole=whole)
    assert all(item.version == known.version for item in found)
    row_found = found[0].row if found else None
    assert row_found is None or isinstance(row_found, ConfigurationRow)
    return row_found


def test_only_the_fields_that_say_something_else_are_new() -> None:
    row = configuration(name="a", notes="b").model_copy(update={"interfaces": (LAN,)})
    known = Known(3, digests(row))
    assert [(item.row, item.version) for item in news([Documented(row, NOW)], {}, whole=False)] == [(row, 0)]
    assert told(row, known, whole=True) is None
    assert told(configuration(name="a"), known) is None, "a blank says nothing"
    moved_row = told(row.model_copy(update={"values": {"name": "a", "notes": "c"}}), known)
    assert moved_row is not None
    assert (moved_row.values, moved_row.interfaces, moved_row.keeps_archived) == ({"notes": "c"}, (), True)
    assert "archived" not in digests(moved_row)
    more = told(row.model_copy(update={"interfaces": (LAN, WLAN)}), known)
    assert more is not None
    assert (more.values, more.interfaces) == ({}, (LAN, WLAN))
    archived = told(row.model_copy(update={"archived": True}), known)
    assert archived is not None
    assert (archived.values, archived.archived, archived.keeps_archived) == ({}, True, None)
    assert (
        told(row, Known(4, digests(archived) | digests(row) | {"archived": digests(archived)["archived"]})) is not None
    )


def test_what_was_refused_comes_again_with_the_whole_or_when_it_changes() -> None:
    row = configuration(name="a")
    known = Known(1, {}, fingerprint(row))
    assert told(row, known) is None
    assert told(row, known, whole=True) == row
    assert told(configuration(name="b"), known) is not None


def test_what_a_connector_brought_in_is_remembered_row_by_row() -> None:
    rows = (configuration(name="a"), configuration(2, name="b").model_copy(update={"id": "456"}))
    command = ImportConfigurations(
        decision_id="d", actor=CONNECTOR, decided_at=NOW, import_id="i", chunk=1, chunks=1, rows=rows
    )
    results = (
        ImportRowResult(row=1, id="455", result="unchanged"),
        ImportRowResult(row=2, id="456", result="rejected", reason="unknown_organization", message="No."),
    )
    answer = ImportApplied(
        version=1,
        occurred_at=NOW,
        cause=Cause(kind="import", actor=CONNECTOR, decision_id="d"),
        import_id="i",
        decision_id="d",
        subject="configurations",
        chunk=1,
        chunks=1,
        created=0,
        updated=0,
        unchanged=1,
        rejected=1,
        results=results,
    )
    one, two = taken(command, answer)
    assert (one.source, one.resource, one.id) == ("connector:it-glue", "configurations", "455")
    assert (one.fields, one.refused) == (digests(rows[0]), None)
    assert (two.id, two.fields, two.refused) == ("456", {}, fingerprint(rows[1]))
    assert taken(command.model_copy(update={"actor": ADMINISTRATOR}), answer) == []
