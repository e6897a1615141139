"""The report, as a Markdown table; and what is said meanwhile."""

import sys
from collections.abc import Iterable

from bench.rounds import Comparison, Figure

HEADINGS = "measure", "calls/s", "base", "x", "p50 ms", "base", "x", "CPU µs a call", "base", "x", "goal", ""


def table(comparisons: Iterable[Comparison]) -> str:
    """One line a measure. In brackets: the smallest and the largest ratio of a round."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(_row(each) for each in comparisons)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def say(line: str) -> None:
    """Tell the person at the terminal; the report alone goes to standard output."""
    print(line, file=sys.stderr, flush=True)


def _row(comparison: Comparison) -> tuple[str, ...]:
    goal = comparison.measure.goal
    verdict = "" if goal is None else "met" if comparison.met() else "**missed**"
    return (
        comparison.measure.name,
        *_cells(comparison, "per_second", 1, 0),
        *_cells(comparison, "p50", 1000, 2),
        *_cells(comparison, "cpu_us", 1, 0),
        str(goal or ""),
        verdict,
    )


def _cells(comparison: Comparison, figure: Figure, scale: float, digits: int) -> list[str]:
    subject, base = (f"{value * scale:.{digits}f}" for value in comparison.medians(figure))
    ratios = comparison.ratios(figure)
    return [subject, base, f"{comparison.ratio(figure):.2f} ({ratios[0]:.2f}…{ratios[-1]:.2f})"]
