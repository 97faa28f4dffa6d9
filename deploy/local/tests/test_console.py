"""What a person sees: names before lines, colour on a terminal only."""

import io

from matchbook_local.console import Console, wants_colour


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_colour_is_for_terminals_whose_owner_did_not_decline_it() -> None:
    assert wants_colour(Terminal(), {})
    assert not wants_colour(io.StringIO(), {})
    assert not wants_colour(Terminal(), {"NO_COLOR": "1"})
    assert not wants_colour(Terminal(), {"TERM": "dumb"})


def test_each_line_has_its_name_and_no_escape_codes_without_colour() -> None:
    stream = io.StringIO()
    console = Console(stream, colour=False)
    console.say("matcher", "ready")
    console.fail("gone")
    assert stream.getvalue() == "matcher              | ready\ngone\n"


def test_a_name_keeps_its_colour_and_two_names_differ() -> None:
    stream = io.StringIO()
    console = Console(stream, colour=True)
    for name in ("matcher", "gateway", "matcher"):
        console.say(name, "x")
    first, second, third = (line.split("m", 1)[0] for line in stream.getvalue().splitlines())
    assert first == third != second
    assert first.startswith("\x1b[")


def test_a_reader_that_went_away_is_no_reason_to_die() -> None:
    console = Console(Closed(), colour=False)
    console.say("matcher", "one")
    console.say("matcher", "two")
