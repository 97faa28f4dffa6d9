"""The reliability diagram: how often suggestions of a confidence are right."""

from collections.abc import Sequence
from pathlib import Path

import click

from matchbook_matcher.offline.scoring import Bin

_MISSING = "A plot needs matplotlib: pip install 'matchbook-matcher[plot]', or leave --plot out."


def check_plotting() -> None:
    """Raises ClickException where nothing can be drawn."""
    try:
        import matplotlib  # noqa: F401, ICN001, PLC0415 - a service does without
    except ImportError as error:
        raise click.ClickException(_MISSING) from error


def draw_reliability(path: Path, of_width: Sequence[Bin], of_count: Sequence[Bin], title: str) -> None:
    """Write a PNG: on top confidence against truth, below how many suggestions each confidence has."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(7, 8), layout="constrained")
    curve, counts = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    curve.plot((0, 1), (0, 1), linestyle="dashed", color="grey", label="perfectly calibrated")
    for bins, marker, label in ((of_width, "o", "bins of equal width"), (of_count, "x", "bins of equal count")):
        curve.plot([b.confidence for b in bins], [b.right for b in bins], marker=marker, label=label)
    curve.set(title=title, ylabel="share that is right", xlim=(0, 1.02), ylim=(0, 1.02))
    curve.legend(loc="upper left")
    counts.bar([b.confidence for b in of_width], [b.size for b in of_width], width=0.05)
    counts.set(
        xlabel="confidence",
        ylabel="suggestions",
        yscale="log",
        ylim=(0.8, 2 * max((b.size for b in of_width), default=5)),
    )
    figure.savefig(path, format="png", dpi=120)
