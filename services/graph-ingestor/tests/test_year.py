"""A year of hourly sweeps in a world with faults: not one device is retired that is there.

`YEAR_TENANTS` is how many tenants; `make year` takes its time.
"""

import os

import pytest
from year import Year

TENANTS = int(os.environ.get("YEAR_TENANTS", "12"))


@pytest.mark.timeout(3 * 3600)
def test_a_year_without_one_false_retirement() -> None:
    year = Year(seed=2026, tenants=TENANTS, faults=0.1)
    ledger = year.run(days=365)
    print(ledger)  # noqa: T201 - a campaign's result
    assert ledger.false == []
    assert list(year.wrong()) == []
    # It was worth something only if all of this happened.
    assert ledger.sweeps > TENANTS * 365 * 24 * 0.9
    assert min(ledger.incomplete, ledger.cut, ledger.retired, ledger.returned, ledger.braked, ledger.saved) > TENANTS
