"""Histories drawn from a number, each a new one."""

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.machine.steps import Machine


def draw(machine: type[Machine], number: int, *, histories: int, steps: int) -> None:
    """Run so many histories of `machine`. What is drawn depends on the number and on all that is loaded."""
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            phases=[Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
