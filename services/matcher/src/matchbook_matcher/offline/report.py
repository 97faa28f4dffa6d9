"""Scores as text."""

from collections.abc import Iterator, Mapping, Sequence

from matchbook_matcher.offline.scoring import (
    BINS,
    Bin,
    Label,
    Said,
    Tally,
    bins_of_count,
    bins_of_width,
    by_category,
    calibration_error,
    tally,
    violations,
)

_STEPS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999)
_HEAD = f"{'matches':>9}{'right':>9}{'wrong':>9}{'precision':>11}{'recall':>9}{'F1':>9}{'undocumented left alone':>25}"


def report(what: str, labels: Mapping[str, Label], said: Sequence[Said], high: float) -> Iterator[str]:
    """The lines about devices or tenants, as `what` says."""
    whole = tally(labels, said)
    yield f"{what}: {len(labels)} labelled, {whole.documented} of them documented, {len(said)} matches."
    yield ""
    yield f"{'confidence':<18}{_HEAD}"
    for step in sorted({*_STEPS, high}):
        name = "all" if step == 0 else f"from {step:g}{' (high)' if step == high else ''}"
        yield f"{name:<18}{_row(tally(labels, said, step))}"
    yield ""
    yield from _violations(labels, said)
    yield ""
    yield from _calibration(bins_of_width(labels, said), bins_of_count(labels, said))
    yield from _categories(labels, said, high)


def conflicts(said: Sequence[Said], labels: Mapping[str, Label], clashing: set[tuple[str, str]], high: float) -> str:
    """One line on the matches with the same name and another serial number."""
    found = [match for match in said if (match.subject, match.target) in clashing]
    wrong = [m for m in found if (label := labels.get(m.subject)) is not None and label.target != m.target]
    each = 100_000 * len(wrong) / max(1, len(labels))
    return (
        f"Same name, other serial number: {len(found)} matches, {len(wrong)} of them wrong ({each:.1f} in 100,000 "
        f"labelled devices), {sum(match.confidence >= high for match in wrong)} of the wrong ones at high."
    )


def _row(found: Tally) -> str:
    counts = f"{found.right + found.wrong:>9}{found.right:>9}{found.wrong:>9}"
    shares = f"{_shown(found.precision):>11}{_shown(found.recall):>9}{_shown(found.f1):>9}"
    return f"{counts}{shares}{_shown(found.silence):>25}"


def _violations(labels: Mapping[str, Label], said: Sequence[Said]) -> Iterator[str]:
    found = violations(labels, said)
    yield f"One to one: {found.targets} targets have several subjects, {found.subjects} subjects several targets."
    if found.unlabelled:
        yield f"{found.unlabelled} subjects with a match have no label; they are left out of all shares."


def _calibration(of_width: Sequence[Bin], of_count: Sequence[Bin]) -> Iterator[str]:
    yield (
        f"Expected calibration error: {_shown(calibration_error(of_width))} in {BINS} bins of equal width, "
        f"{_shown(calibration_error(of_count))} in up to {BINS} bins of about equal counts."
    )
    for name, bins in (("equal width", of_width), ("equal counts", of_count)):
        yield f"  {name:<14}{'matches':>9}{'confidence':>12}{'right':>9}"
        yield from (f"  {'':<14}{each.size:>9}{each.confidence:>12.4f}{each.right:>9.4f}" for each in bins)


def _categories(labels: Mapping[str, Label], said: Sequence[Said], high: float) -> Iterator[str]:
    found = by_category(labels, said)
    if not found:
        return
    width = max(18, *(len(name) + 2 for name in found))
    for title, at_least in (("by category", 0.0), ("at high", high)):
        yield ""
        yield f"{title:<{width}}{'labelled':>9}{_HEAD}"
        for name, (some, matches) in found.items():
            yield f"{name:<{width}}{len(some):>9}{_row(tally(some, matches, at_least))}"


def _shown(share: float | None) -> str:
    return "-" if share is None else f"{share:.4f}"
