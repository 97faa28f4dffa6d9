"""Scores of hand-made matches, worked out by hand."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from matchbook_matcher.app import main
from matchbook_matcher.offline.console import reported
from matchbook_matcher.offline.scoring import (
    Label,
    Said,
    bins_of_count,
    bins_of_width,
    by_category,
    calibration_error,
    tally,
    violations,
)

LABELS = {
    "a": Label("1", "laptop"),
    "b": Label("2", "laptop"),
    "c": Label("3", "server"),
    "d": Label("4"),
    "e": Label(None, "phone"),
    "f": Label(None, "phone"),
}
SAID = [Said("a", "1", 0.99), Said("b", "9", 0.95), Said("c", "3", 0.6), Said("e", "9", 0.5)]


def test_that_nobody_reads_on_is_no_fault() -> None:
    with pytest.raises(BrokenPipeError), reported():
        raise BrokenPipeError


def test_precision_recall_and_silence() -> None:
    found = tally(LABELS, SAID)
    assert (found.documented, found.undocumented, found.right, found.wrong, found.quiet) == (4, 2, 2, 2, 1)
    assert (found.precision, found.recall, found.f1, found.silence) == (0.5, 0.5, 0.5, 0.5)


def test_only_matches_at_the_confidence_count() -> None:
    found = tally(LABELS, SAID, 0.95)
    assert (found.right, found.wrong, found.quiet) == (1, 1, 2)
    assert (found.recall, found.f1, found.silence) == (0.25, 1 / 3, 1.0)
    nothing = tally(LABELS, SAID, 0.999)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, 0.0, 0.0)


def test_what_has_no_label_is_left_out() -> None:
    assert tally(LABELS, [*SAID, Said("x", "5", 1.0)]) == tally(LABELS, SAID)


def test_each_category_by_itself() -> None:
    found = {name: tally(*held) for name, held in by_category(LABELS, SAID).items()}
    assert [(name, t.documented, t.right, t.wrong) for name, t in found.items()] == [
        ("laptop", 2, 1, 1),
        ("phone", 0, 0, 1),
        ("server", 1, 1, 0),
    ]


def test_what_one_to_one_forbids() -> None:
    found = violations(LABELS, [*SAID, Said("a", "7", 0.5), Said("x", "8", 0.5)])
    assert (found.targets, found.subjects, found.unlabelled) == (1, 1, 1)


def test_bins_of_equal_width_take_in_their_upper_bound() -> None:
    labels = {str(number): Label("t") for number in range(5)}
    said = [Said("0", "t", 0.7), Said("1", "t", 0.65), Said("2", "w", 0.71), Said("3", "t", 0.0), Said("4", "t", 1.0)]
    assert [(b.size, round(b.confidence, 3), b.right) for b in bins_of_width(labels, said)] == [
        (1, 0.0, 1.0),
        (2, 0.675, 1.0),
        (1, 0.71, 0.0),
        (1, 1.0, 1.0),
    ]


def test_bins_of_equal_count_never_part_equal_confidences() -> None:
    labels = {str(number): Label("t") for number in range(40)}
    said = [Said(str(n), "t" if n % 2 else "w", 0.5 if n < 15 else 0.6 + n / 1000) for n in range(40)]
    bins = bins_of_count(labels, reversed(said))
    assert [b.size for b in bins] == [15, 4, 4, 4, 4, 4, 4, 1]
    assert (bins[0].confidence, bins[0].right) == (0.5, 7 / 15)


def test_the_calibration_error_weighs_bins_by_their_matches() -> None:
    labels = {str(number): Label("t") for number in range(4)}
    said = [Said("0", "t", 0.9), Said("1", "t", 0.9), Said("2", "w", 0.9), Said("3", "w", 0.1)]
    # Three at .9 of which two thirds are right, one at .1 which is wrong.
    assert calibration_error(bins_of_width(labels, said)) == pytest.approx((3 * (0.9 - 2 / 3) + 0.1) / 4)
    assert calibration_error([]) is None


class Desk:
    """A folder with the files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lay(self, name: str, *rows: dict[str, Any]) -> str:
        path = self.folder / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    def files(self) -> list[str]:
        """Device 1 is right at high, device 2 another machine of the same name, device 3 rightly left alone."""
        truth = self.lay(
            "truth",
            {"device_id": 1, "configuration_id": "c1", "category": "clean"},
            {"device_id": "2", "configuration_id": None, "category": "replaced"},
            {"device_id": 3},
        )
        matches = self.lay(
            "matches",
            {"device_id": "1", "configuration_id": "c1", "confidence": 0.99, "rule": "serial_number"},
            {"device_id": 2, "configuration_id": "c2", "confidence": 0.8, "rule": "device_name"},
            {"device_id": 3, "configuration_id": None, "confidence": 0},
        )
        return ["--truth", truth, "--matches", matches]

    def evaluate(self, *options: str) -> Result:
        return CliRunner().invoke(main, ["evaluate", *options])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def row(result: Result, start: str) -> list[str]:
    """The columns of the first line that begins so."""
    line = next(line for line in result.output.splitlines() if line.startswith(start))
    return line[len(start) :].split()


def test_the_report(desk: Desk) -> None:
    result = desk.evaluate(*desk.files())
    assert result.exit_code == 0, result.output
    assert "Devices: 3 labelled, 1 of them documented, 2 matches." in result.output
    assert row(result, "all") == ["2", "1", "1", "0.5000", "1.0000", "0.6667", "0.5000"]
    assert row(result, "from 0.98 (high)") == ["1", "1", "0", "1.0000", "1.0000", "1.0000", "1.0000"]
    assert row(result, "replaced") == ["1", "1", "0", "1", "0.0000", "-", "0.0000", "0.0000"]
    assert "Expected calibration error: 0.4050 in 10 bins of equal width" in result.output


def test_high_is_where_the_option_says(desk: Desk) -> None:
    result = desk.evaluate(*desk.files(), "--high", "0.8")
    assert row(result, "from 0.8 (high)")[0] == "2"


def test_other_serials_are_counted(desk: Desk) -> None:
    devices = desk.lay(
        "devices",
        {"id": 1, "tenant_id": "t", "deviceName": "LT-1", "serialNumber": "PF1AAAA1"},
        {"id": 2, "tenant_id": "t", "deviceName": "LT-2", "serialNumber": "PF1AAAA2"},
    )
    documented = [
        {"id": "c1", "organization_id": "o", "name": "LT-1", "serial_number": "PF1AAAA1"},
        {"id": "c2", "organization_id": "o", "name": "LT-2", "serial_number": "PF1AAAA9"},
    ]
    options = [*desk.files(), "--devices", devices, "--configurations", desk.lay("configurations", *documented)]
    said = "Same name, other serial number: 1 matches, 1 of them wrong (33333.3 in 100,000 labelled devices), 0 of"
    assert said in desk.evaluate(*options).output
    desk.lay("configurations", documented[0], {**documented[1], "serial_number": "N/A"})
    assert "Same name, other serial number: 0 matches" in desk.evaluate(*options).output


def test_tenants_are_scored_too(desk: Desk) -> None:
    truth = desk.lay("tt", {"tenant_id": "t1", "organization_id": 5}, {"tenant_id": "t2"})
    matches = desk.lay("tm", {"tenant_id": "t1", "organization_id": "5", "confidence": 0.97})
    result = desk.evaluate(*desk.files(), "--tenants-truth", truth, "--tenant-matches", matches)
    assert "Tenants: 2 labelled, 1 of them documented, 1 matches." in result.output


def test_the_plot_is_a_png(desk: Desk) -> None:
    plot = desk.folder / "plot.png"
    assert desk.evaluate(*desk.files(), "--plot", str(plot)).exit_code == 0
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_the_remedy_is_told_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = desk.evaluate(*desk.files(), "--plot", str(desk.folder / "plot.png"))
    assert result.exit_code == 1
    assert "pip install 'matchbook-matcher[plot]'" in result.output
    assert "Reading" not in result.output
    assert desk.evaluate(*desk.files()).exit_code == 0


def test_files_that_go_together(desk: Desk) -> None:
    result = desk.evaluate(*desk.files(), "--devices", desk.lay("devices"))
    assert result.exit_code == 2
    assert "--devices and --configurations go together" in result.output


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("truth", {"device_id": "1"}, "line 4: 1 has a line before this one"),
        ("truth", {"configuration_id": "1"}, 'line 4: "device_id" is missing'),
        ("matches", {"device_id": "1", "confidence": 2}, 'line 4: "confidence": Input should be less than'),
    ],
)
def test_a_faulty_line_is_named(desk: Desk, name: str, line: dict[str, Any], said: str) -> None:
    options = desk.files()
    path = desk.folder / name
    path.write_text(path.read_text(encoding="utf-8") + json.dumps(line) + "\n", encoding="utf-8")
    result = desk.evaluate(*options)
    assert result.exit_code == 1
    assert f"{path}, {said}" in result.output


def test_nothing_at_all(desk: Desk) -> None:
    empty = desk.lay("empty")
    result = desk.evaluate("--truth", empty, "--matches", empty, "--plot", str(desk.folder / "plot.png"))
    assert result.exit_code == 0, result.output
    assert "Expected calibration error: - in 10 bins" in result.output
