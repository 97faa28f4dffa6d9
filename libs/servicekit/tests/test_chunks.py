"""How an import's rows are put into chunks."""

from matchbook_contracts.decisions import ConfigurationRow
from matchbook_servicekit.chunks import MOST_ROWS, chunks, plan


def test_a_plan_never_splits_a_row() -> None:
    small = ConfigurationRow(row=2, id="1", organization_id="o", values={"name": "a"})
    large = ConfigurationRow(row=2, id="2", organization_id="o", values={"notes": "x" * 2_000_000})
    assert plan([small, large, small]).sizes == (1, 1, 1)
    assert plan([small] * (MOST_ROWS + 1)).sizes == (MOST_ROWS, 1)
    assert plan([]).sizes == ()


def test_chunks_are_as_planned() -> None:
    rows = [ConfigurationRow(row=number, id=f"{number}", organization_id="o", values={}) for number in range(7)]
    planned = plan(rows)
    assert [len(chunk) for chunk in chunks(iter(rows), planned)] == [7]
