"""The second table of the report: times of which the tail matters, and shares of a core."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEADINGS = "measure", "count", "p50 ms", "p90 ms", "p99 ms", "max ms"


@dataclass(frozen=True)
class Times:
    """Seconds, in any order."""

    name: str
    seconds: Sequence[float]

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    def row(self) -> tuple[str, ...]:
        """A line of the table."""
        figures = (statistics.median(self.seconds) * 1000, self.quantile(0.9), self.quantile(0.99), self.quantile(1))
        return self.name, str(len(self.seconds)), *(f"{each:.1f}" for each in figures)


@dataclass(frozen=True)
class Bound:
    """A figure and what it may be at most."""

    name: str
    figure: float
    most: float

    @property
    def met(self) -> bool:
        """Whether it keeps to that."""
        return self.figure <= self.most

    def row(self) -> tuple[str, ...]:
        """A line of the table."""
        return self.name, f"{self.figure:.3g}", f"≤ {self.most:g}", "met" if self.met else "**missed**"


def times_table(times: Iterable[Times]) -> str:
    """As Markdown."""
    return _table(HEADINGS, (each.row() for each in times))


def bounds_table(bounds: Iterable[Bound]) -> str:
    """As Markdown."""
    return _table(("goal", "figure", "bound", ""), (each.row() for each in bounds))


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
