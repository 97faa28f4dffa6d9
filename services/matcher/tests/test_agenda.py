"""When what was marked is evaluated."""

from matchbook_matcher.adapters.store import Marked
from matchbook_matcher.service.agenda import Pace, Rests, Touched, agenda_of, round_of, touched_directory

PACE = Pace(quiet=0.1, patience=2.0, rest_factor=4.0, bundle=2)


DIRECTORY = ("directory", "")


def marked(subject: str, *marks: int, kind: str = "tenant", waited: float = 1.0, quiet: float = 1.0) -> Marked:
    return Marked((kind, subject), marks or (1,), waited, quiet)


def test_what_still_changes_is_left_until_it_pauses_or_waited_long_enough() -> None:
    rests = Rests(4.0)
    busy = agenda_of([marked("t1", quiet=0.02)], PACE, rests, 0.0)
    assert (busy.devices, round(busy.delay or 0, 3)) == ([], 0.08)
    assert agenda_of([marked("t1", quiet=0.02, waited=2.5)], PACE, rests, 0.0).devices != []
    assert agenda_of([], PACE, rests, 0.0).delay is None


def test_the_directory_and_renamed_organizations_are_kept_apart() -> None:
    marks = [Marked(DIRECTORY, (1,), 1.0, 1.0), marked("o1", kind="renamed"), marked("t1")]
    agenda = agenda_of(marks, PACE, Rests(4.0), 0.0)
    assert (agenda.directory, agenda.renamed, agenda.devices) == ([marks[0]], [marks[1]], [marks[2]])


def test_marks_of_the_directory_name_what_was_touched_or_mean_all_of_it() -> None:
    named = [
        Marked(("directory", "tenant"), (1,), 1.0, 1.0, ["t1", "t2"]),
        Marked(("directory", "organization"), (2,), 1.0, 1.0, ["o1"]),
    ]
    touched = touched_directory(named)
    assert touched is not None
    assert (touched.tenants, touched.organizations) == ({"t1", "t2"}, {"o1"})
    assert touched_directory([*named, Marked(DIRECTORY, (3,), 1.0, 1.0)]) is None


def test_a_long_evaluation_is_followed_by_a_longer_rest() -> None:
    rests = Rests(4.0)
    rests.took(["o1", ""], seconds=0.5, now=10.0)
    agenda = agenda_of([marked("t1"), Marked(DIRECTORY, (2,), 1.0, 1.0)], PACE, rests, 11.0)
    assert agenda.directory == []
    round_ = round_of(agenda, {("tenant", "t1"): "o1"}, (), PACE, rests, 11.0)
    assert (round_.organizations, round(agenda.delay or 0, 3)) == ([], 1.0)
    assert round_.answered(["o1"], []) == [1], "only once it is evaluated"
    assert rests.left("o1", 12.0) == 0


def test_what_another_process_is_at_work_on_is_left_alone_for_a_moment() -> None:
    rests = Rests(4.0)
    rests.leave(["o1"], until=10.2)
    agenda = agenda_of([marked("t1", 1), marked("t2", 2)], PACE, rests, 10.0)
    behind: dict[tuple[str, str], str | None] = {("tenant", "t1"): "o1", ("tenant", "t2"): "o2"}
    round_ = round_of(agenda, behind, (), PACE, rests, 10.0)
    assert (round_.organizations, round(agenda.delay or 0, 3)) == (["o2"], 0.2)


def test_those_that_waited_longest_come_first_and_the_others_next() -> None:
    agenda = agenda_of([marked(f"t{n}", n, waited=float(n)) for n in (3, 1, 2)], PACE, Rests(4.0), 0.0)
    behind = {("tenant", f"t{n}"): f"o{n}" for n in (1, 2, 3)}
    round_ = round_of(agenda, behind, (), PACE, Rests(4.0), 0.0)
    assert (round_.organizations, round_.more) == (["o3", "o2"], True)
    assert round_.answered(["o3"], []) == [3], "o2 was another evaluator's and keeps its mark"


def test_what_another_process_keeps_is_left_to_it_for_a_while() -> None:
    marks = [marked("t1", waited=1.5), marked("t2", waited=1.2), marked("t3", waited=0.7)]
    behind = {("tenant", f"t{n}"): f"o{n}" for n in (1, 2, 3)}
    agenda = agenda_of(marks, PACE, Rests(4.0), 0.0)
    round_ = round_of(agenda, behind, {"o1", "o3"}, PACE, Rests(4.0), 0.0)
    assert (round_.organizations, round_.more) == (["o2", "o1"], False)
    assert round(agenda.delay or 0, 3) == 0.3, "when the third will have waited long enough"
    agenda = agenda_of(marks, PACE, Rests(4.0), 0.0)
    assert round_of(agenda, behind, (), PACE, Rests(4.0), 0.0).organizations == ["o1", "o2"]


def test_marks_tell_what_of_an_organization_was_touched() -> None:
    device, document = Marked(("device", "t1"), (1,), 1.0, 1.0, ["d1", "d2"]), marked("c1", kind="configuration")

    def touched(*marks: Marked) -> Touched | None:
        agenda = agenda_of(marks, PACE, Rests(4.0), 0.0)
        return round_of(agenda, {m.subject: "o1" for m in marks}, (), PACE, Rests(4.0), 0.0).touched("o1")

    assert touched(device, document) == Touched({("t1", "d1"), ("t1", "d2")}, {"c1"})
    assert touched(marked("t1"), document) == Touched(configurations={"c1"}, all_devices=True)
    assert touched(marked("t1"), document, marked("o1", kind="organization")) is None


def test_marks_of_one_organization_are_one_evaluation() -> None:
    marks = [
        marked("t1", 1),
        marked("t2", 2),
        marked("o1", 3, kind="organization"),
        marked("c1", 4, kind="configuration"),
    ]
    agenda = agenda_of(marks, PACE, Rests(4.0), 0.0)
    round_ = round_of(agenda, {mark.subject: "o1" for mark in marks}, (), PACE, Rests(4.0), 0.0)
    assert round_.organizations == ["o1"]
    assert sorted(round_.answered(["o1"], [])) == [1, 2, 3, 4]


def test_an_unmatched_tenant_is_seen_to_and_an_unknown_configuration_waits_for_nothing() -> None:
    agenda = agenda_of([marked("t1", 1), marked("c1", 2, kind="configuration")], PACE, Rests(4.0), 0.0)
    round_ = round_of(agenda, {("tenant", "t1"): None, ("configuration", "c1"): None}, (), PACE, Rests(4.0), 0.0)
    assert (round_.organizations, round_.tenants) == ([], ["t1"])
    assert round_.answered([], []) == [2]
    assert sorted(round_.answered([], ["t1"])) == [1, 2]
