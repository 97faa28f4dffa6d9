"""Random histories of decisions and news, decided by the domain and beside it by a model of plain dictionaries.

The model knows the rules and nothing of the domain's code; after each step both must say the same. `HISTORIES` is how
many; `make histories` takes its time.
"""

import os
from typing import get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from matchbook_configuration_writer.domain.decide import COMMANDS
from matchbook_contracts.decisions import RejectionReason
from matchbook_contracts.match_events import DecisionRejected

from tests.support.machine.drawing import draw
from tests.support.machine.steps import Machine

HISTORIES = int(os.environ.get("HISTORIES", "100"))
STEPS = 300
_MOST_SEEDS = 25


@pytest.mark.timeout(300 + HISTORIES)
def test_the_domain_and_the_model_agree_on_thousands_of_steps() -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(max_examples=HISTORIES, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck)),
    )


def test_histories_have_every_command_done_and_refused_and_every_reason_for_it() -> None:
    done: set[type] = set()
    refused: set[type] = set()
    reasons: set[str] = set()

    class Recorded(Machine):
        def teardown(self) -> None:
            super().teardown()
            for command, event in self.pure.answers.values():
                if isinstance(event, DecisionRejected):
                    refused.add(type(command))
                    reasons.add(event.reason)
                else:
                    done.add(type(command))

    wanted = (set(COMMANDS), set(COMMANDS), set(get_args(RejectionReason)))
    for number in range(_MOST_SEEDS):
        draw(Recorded, number, histories=40, steps=STEPS)
        if (done, refused, reasons) == wanted:
            break
    assert (done, refused, reasons) == wanted
