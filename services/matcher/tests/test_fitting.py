"""Weights from decisions: the numbers by themselves, then `matcher fit` on a labelled world."""

import json
import random
import re
from collections.abc import Sequence
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from matchbook_matcher.adapters.data import read_fitting, read_knowledge, weights_text
from matchbook_matcher.app import main
from matchbook_matcher.domain.fitting import (
    Decisions,
    Judged,
    Values,
    World,
    confidences,
    features_of,
    fitted,
    judged,
    seen_in,
    values_of,
    with_values,
)
from matchbook_matcher.domain.scale import Findings, Mac, Model, Named, Serial, User

from tests.bench.labelled.world import write_world

from .makes import configuration, device

Row = dict[str, Any]
RULES = read_fitting()
WEIGHTS = read_knowledge().weights.device
PRIOR = values_of(WEIGHTS)
TRUE: Values = {
    ("serial_number", "agree"): 4.5,
    ("serial_number", "undocumented"): -1.0,
    ("mac_address", "agree"): 3.0,
    ("device_name", "agree"): 3.5,
    ("device_name", "personal"): 1.5,
    ("model", "agree"): 1.5,
    ("model", "disagree"): -1.5,
}
CODES = [
    Findings(*fields, User.MISSING).code
    for fields in product(
        (Serial.MISSING, Serial.AGREE, Serial.UNDOCUMENTED),
        (Mac.MISSING, Mac.AGREE),
        (Named.MISSING, Named.AGREE, Named.PERSONAL),
        (Model.MISSING, Model.AGREE, Model.DISAGREE),
    )
]
USERS = Findings(Serial.UNDOCUMENTED, Mac.MISSING, Named.AGREE, Model.MISSING, User.AGREE)
NEIGHBOURS = Findings(Serial.DISAGREE, Mac.AGREE_WIFI, Named.OTHER_NUMBER, Model.OTHER_MAKER, User.DISAGREE)


def drawn(count: int) -> list[Judged]:
    """Decisions as they fall where the true weights hold."""
    dice = random.Random(5)
    codes = dice.choices(CODES, k=count)
    shares = confidences(codes, with_values(WEIGHTS, TRUE))
    return [
        Judged(str(n), code, dice.random() < share) for n, (code, share) in enumerate(zip(codes, shares, strict=True))
    ]


def fit_to(decisions: Sequence[Judged]) -> Values:
    return fitted(seen_in(decisions), WEIGHTS.base, PRIOR, PRIOR, RULES)


def farthest(found: Values, wanted: Values) -> float:
    return max(abs(found[feature] - value) for feature, value in wanted.items())


def test_a_fit_finds_the_weights_that_the_decisions_were_drawn_from_the_closer_the_more_there_are() -> None:
    distances = [farthest(fit_to(drawn(count)), TRUE) for count in (0, 300, 3_000, 100_000)]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 2
    assert distances[-1] < 0.15


def test_few_decisions_change_little() -> None:
    assert farthest(fit_to(drawn(10)), PRIOR) < 1
    assert fit_to([]) == PRIOR


def test_what_nobody_decided_on_keeps_its_weight() -> None:
    found = fit_to(drawn(3_000))
    for feature in (("mac_address", "agree_wifi"), ("user", "agree"), ("serial_number", "unreported")):
        assert found[feature] == PRIOR[feature]


def test_the_order_of_decisions_does_not_matter() -> None:
    decisions = drawn(2_000)
    assert fit_to(decisions[::-1]) == fit_to(decisions)


def test_nothing_that_speaks_against_a_pair_comes_to_speak_for_it() -> None:
    """Whatever decisions say: here, that machines with other numbers, other makers and other users are the same."""
    found = fit_to([Judged(str(n), NEIGHBOURS.code, right=True) for n in range(100_000)] + drawn(100))
    for section, name in features_of(NEIGHBOURS.code):
        if name != "agree_wifi":
            assert found[section, name] <= RULES.most[section][name]
    assert farthest(found, {f: v for f, v in PRIOR.items() if f in features_of(NEIGHBOURS.code)}) > 0.01


def test_a_user_keeps_a_say_whatever_decisions_tell() -> None:
    found = fit_to([Judged(str(n), USERS.code, right=False) for n in range(10_000)])
    assert found["user", "agree"] == RULES.least["user"]["agree"] >= 2 * WEIGHTS.margin


def test_what_resembles_agreement_stays_below_it_also_where_it_was_not_seen() -> None:
    found = fit_to(drawn(100_000))
    assert found["device_name", "agree"] < PRIOR["device_name", "alike"]
    for section, numbers in RULES.below_agreement.items():
        for name, less in numbers.items():
            assert found[section, name] <= found[section, "agree"] - less


def test_what_people_said_of_a_pair() -> None:
    said = Decisions({("d1", "c1"): True, ("d2", "c2"): False}, {"d1"})
    assert said.judge("d1", "c1") is True
    assert said.judge("d2", "c2") is False
    assert said.judge("d1", "c9") is False, "another configuration was preferred"
    assert said.judge("d2", "c9") is None
    assert said.judge("d9", "c1") is None, "it may be the same machine, enrolled again"


def test_two_records_as_good_as_each_other_say_nothing() -> None:
    """Which one to keep is a person's taste, and no reason to trust serial numbers less."""
    machine = device(serial="PF1AAAA1")
    records = [configuration("c1", serial="PF1AAAA1"), configuration("c2", serial="PF1AAAA1")]
    world = World([([machine], records)], frozenset(), lambda _, __: True)
    assert list(judged(world, WEIGHTS)) == []
    [found] = judged(world._replace(organizations=[([machine], records[:1])]), WEIGHTS)
    assert found.right


class Desk:
    """A small labelled world in a folder, and a technician who knows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_world(folder, 4_000, seed=3, dirt="harsh")
        names = ("devices", "configurations", "tenants", "organizations", "links")
        self.files = [text for name in names for text in (f"--{name}", str(folder / f"{name}.jsonl"))]
        rows = map(json.loads, (folder / "truth-devices.jsonl").read_text(encoding="utf-8").splitlines())
        self.truth = {row["device_id"]: row["configuration_id"] for row in rows}
        surer = with_values(WEIGHTS, {feature: value + 4 for feature, value in PRIOR.items()})
        (folder / "right.toml").write_text(weights_text(None, WEIGHTS), encoding="utf-8")
        (folder / "spoiled.toml").write_text(weights_text(None, surer), encoding="utf-8")

    def run(self, *options: str) -> Result:
        return CliRunner().invoke(main, options)

    def done(self, *options: str) -> str:
        result = self.run(*options)
        assert result.exit_code == 0, result.output
        return result.stdout

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def error(self, weights: str) -> float:
        """The expected calibration error of the matches by these weights, which are left in matches.jsonl."""
        self.done("match", *self.files, "--weights", self.path(weights), "--out", self.path("matches.jsonl"))
        said = self.done(
            "evaluate", "--truth", self.path("truth-devices.jsonl"), "--matches", self.path("matches.jsonl")
        )
        found = re.search(r"Expected calibration error: ([\d.]+)", said)
        assert found is not None
        return float(found[1])

    def decide(self, *more: Row, count: int | None = None) -> None:
        """The technician looks at the suggestions in matches.jsonl and writes decisions.jsonl."""
        rows: list[Row] = []
        for line in (self.folder / "matches.jsonl").read_text(encoding="utf-8").splitlines()[:count]:
            match = json.loads(line)
            device, truth = match["device_id"], self.truth[match["device_id"]]
            right = truth == match["configuration_id"]
            rows.append(
                {"device_id": device, "configuration_id": match["configuration_id"], "accepted": right, "by": 1}
            )
            if not right and truth is not None:
                rows.append({"device_id": device, "configuration_id": truth, "accepted": True})
        text = "".join(json.dumps(row) + "\n" for row in (*rows, *more))
        (self.folder / "decisions.jsonl").write_text(text, encoding="utf-8")

    def fit(self, *options: str) -> Result:
        decisions = self.path("decisions.jsonl")
        return self.run("fit", *self.files, "--decisions", decisions, "--out", self.path("out.toml"), *options)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("world"))


def test_spoiled_weights_are_mended_by_decisions(desk: Desk) -> None:
    before = desk.error("spoiled.toml")
    desk.decide()
    result = desk.fit("--weights", desk.path("spoiled.toml"))
    assert result.exit_code == 0, result.output
    assert before > 0.01
    assert desk.error("out.toml") < before / 3
    told = re.findall(r"^(?:present weights|fitted to the others) +([\d.]+) +([\d.]+)$", result.stdout, re.MULTILINE)
    (loss, error), (loss_after, error_after) = [tuple(map(float, columns)) for columns in told]
    assert loss_after < loss / 2
    assert error_after < error, "of a few hundred held out, whose own error is mostly chance"


def test_weights_that_are_right_stay_right_and_the_rest_of_the_file_as_it_was(desk: Desk) -> None:
    before = desk.error("right.toml")
    desk.decide()
    assert desk.fit().exit_code == 0
    assert desk.error("out.toml") < before + 0.002
    text = (desk.folder / "out.toml").read_text(encoding="utf-8")
    assert re.search(r"^agree_wifi = [\d.]+ +# a Wi-Fi adapter is built in$", text, re.MULTILINE)
    read = read_knowledge(desk.folder / "out.toml").weights
    assert with_values(read.device, PRIOR) == WEIGHTS
    assert read.tenant == read_knowledge().weights.tenant


def test_too_few_decisions_are_refused(desk: Desk) -> None:
    desk.error("right.toml")
    desk.decide({"device_id": "gone", "configuration_id": "gone", "accepted": True}, count=50)
    (desk.folder / "out.toml").unlink(missing_ok=True)
    result = desk.fit()
    assert result.exit_code == 1
    assert re.search(r"Decisions speak of (4\d|50) suggestions, and a fit needs 200\.", result.output)
    assert not (desk.folder / "out.toml").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"device_id": 1, "accepted": True}, 'line 2: "configuration_id" is missing'),
        (
            {"device_id": 1, "configuration_id": "c", "accepted": None},
            'line 2: "accepted": Input should be a valid bool',
        ),
        ({"device_id": "1", "configuration_id": "c", "accepted": False}, "line 2: 1 and c have the opposite decision"),
    ],
)
def test_a_faulty_decision_is_named(desk: Desk, line: Row, said: str) -> None:
    rows = [{"device_id": 1, "configuration_id": "c", "accepted": True}, line]
    (desk.folder / "decisions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = desk.fit()
    assert result.exit_code == 1
    assert said in result.output


def test_bounds_are_data(desk: Desk, tmp_path: Path) -> None:
    package = resources.files("matchbook_matcher").joinpath("data", "fitting.toml").read_text(encoding="utf-8")
    own = tmp_path / "fitting.toml"
    own.write_text(package.replace("least_decisions = 200", "least_decisions = 7_000"), encoding="utf-8")
    desk.decide()
    assert "a fit needs 7000" in desk.fit("--fitting", str(own)).output
    own.write_text(package.replace("\nneighbour", "\nneighbor"), encoding="utf-8")
    assert "there is no weight serial_number.neighbor" in desk.fit("--fitting", str(own)).output
