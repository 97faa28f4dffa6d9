"""Random histories of decisions and news, decided by the domain and beside it by a model of plain dictionaries.

The model knows the rules and nothing of the domain's code; after each step both must say the same. `HISTORIES` is how
many; `make histories` takes its time.
"""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.machine.steps import Machine

HISTORIES = int(os.environ.get("HISTORIES", "350"))
STEPS = 80


@pytest.mark.timeout(300 + HISTORIES)
def test_the_domain_and_the_model_agree_on_thousands_of_steps() -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=HISTORIES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
