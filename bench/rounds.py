"""Compares two loads in interleaved rounds, so that whatever else the machine does hits both."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.load import Arm, Slot, run
from bench.workspace import Call

CALLS_A_SECOND = 4_000

Figure = Literal["per_second", "p50", "cpu_us"]


@dataclass(frozen=True)
class Load:
    """Calls to be made at an arm; `calls(run, count)` makes them."""

    arm: Arm
    calls: Callable[[int, int], list[Call]]


@dataclass(frozen=True)
class Pace:
    """How hard and how long: calls in flight, seconds a slot, rounds. Short slots and many rounds outlive a burst."""

    in_flight: int
    seconds: float
    rounds: int


@dataclass(frozen=True)
class Goal:
    """A bound of the ratio of one figure: at least for calls a second, at most for times."""

    figure: Figure
    bound: float

    def __str__(self) -> str:
        """As the report shows it."""
        return f"{'calls/s' if self.figure == 'per_second' else 'p50'} {self._sign} {self.bound:g}"

    @property
    def _sign(self) -> str:
        return "≥" if self.figure == "per_second" else "≤"

    def met(self, ratio: float) -> bool:
        """Whether the ratio keeps the bound."""
        return ratio >= self.bound if self._sign == "≥" else ratio <= self.bound


@dataclass(frozen=True)
class Measure:
    """A comparison: what is measured, against what, and how."""

    name: str
    subject: Load
    base: Load
    pace: Pace
    goal: Goal | None = None


@dataclass(frozen=True)
class Comparison:
    """The slots of both sides, round by round."""

    measure: Measure
    subject: Sequence[Slot]
    base: Sequence[Slot]

    def medians(self, figure: Figure) -> tuple[float, float]:
        """The median of the rounds on each side."""
        subject, base = ([getattr(slot, figure) for slot in side] for side in (self.subject, self.base))
        return statistics.median(subject), statistics.median(base)

    def ratios(self, figure: Figure) -> list[float]:
        """The ratio in each round, smallest first."""
        pairs = zip(self.subject, self.base, strict=True)
        return sorted(getattr(ours, figure) / max(getattr(theirs, figure), 1e-9) for ours, theirs in pairs)

    def ratio(self, figure: Figure) -> float:
        """The median ratio; it need not equal the quotient of the two medians."""
        return statistics.median(self.ratios(figure))

    def met(self) -> bool:
        """Whether the goal, if there is one, is met."""
        goal = self.measure.goal
        return goal is None or goal.met(self.ratio(goal.figure))


class Runner:
    """Runs measures one after the other. Every slot gets targets of its own: what one saved is no news to the next."""

    def __init__(self) -> None:
        """Start with the first run."""
        self._run = 0

    async def compare(self, measure: Measure) -> Comparison:
        """Warm both sides up, then run them in turn: AB, BA, AB and so on."""
        sides: dict[bool, list[Slot]] = {True: [], False: []}
        for turn in range(measure.pace.rounds + 1):
            for is_subject in (True, False) if turn % 2 else (False, True):
                slot = await self._slot(measure.subject if is_subject else measure.base, measure.pace)
                if turn:
                    sides[is_subject].append(slot)
        return Comparison(measure, sides[True], sides[False])

    async def _slot(self, load: Load, pace: Pace) -> Slot:
        self._run += 1
        calls = load.calls(self._run, round(CALLS_A_SECOND * pace.seconds))
        return await run(load.arm, calls, pace.in_flight, pace.seconds)
