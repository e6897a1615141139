"""What plans give, and the tokens that interviews take. No database and no wire format here."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import Forbidden

RESUME = "unlimited_resume_analysis"
INTERVIEWS = frozenset({"unlimited_interviews", "unlimited_interview"})
QUESTIONS = "unlimited_questions"
SOME_INTERVIEWS, SOME_QUESTIONS = "1_interview", "5_questions"
# What SOME_QUESTIONS means, and the most there can be.
FEW_QUESTIONS, MAX_QUESTIONS = 5, 20
CAPACITY, PER_DAY = 12, 4
TOKEN = timedelta(days=1) / PER_DAY


class PlanLimit(Forbidden):
    """You have reached the limit of your plan"""

    reason = "PLAN_LIMIT"


class Plan(StrEnum):
    """What a person has, in one word."""

    FREE = "free"
    PRO = "pro"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Share:
    """What a plan gives: so many interviews in all (None: any number), and so many questions in each."""

    plan: Plan
    interviews: int | None
    questions: int

    @classmethod
    def of(cls, features: AbstractSet[str], some_interviews: int) -> "Share":
        """What these features give; the smaller plan has `some_interviews`."""
        interviews = some_interviews if SOME_INTERVIEWS in features else 0
        questions = FEW_QUESTIONS if SOME_QUESTIONS in features else 0
        return cls(
            plan_of(features),
            None if features & INTERVIEWS else interviews,
            MAX_QUESTIONS if QUESTIONS in features else questions,
        )

    def check_questions(self, count: int) -> None:
        """Raise where an interview would have more questions than the plan gives."""
        if count > self.questions:
            message = f"Your plan has {self.questions} questions an interview: more need {QUESTIONS}"
            metadata = {"feature": QUESTIONS, "questions_per_interview": str(self.questions)}
            raise PlanLimit(message, metadata=metadata)

    def check_used(self, used: int) -> None:
        """Raise where the plan has no interview left."""
        if self.interviews is not None and used >= self.interviews:
            message = f"You have used up the {self.interviews} interviews of your plan: more need"
            metadata = {"interviews_allowed": str(self.interviews), "interviews_used": str(used)}
            feature = "unlimited_interviews"
            raise PlanLimit(f"{message} {feature}", metadata={**metadata, "feature": feature})


@dataclass(frozen=True, slots=True)
class Bucket:
    """A person's tokens at a moment; `full_at`: when there are all of them again, or were."""

    full_at: datetime
    now: datetime

    @property
    def tokens(self) -> int:
        """How many are there."""
        return (CAPACITY * TOKEN - self._missing) // TOKEN

    @property
    def next_at(self) -> datetime | None:
        """When one more comes; None where there are all."""
        return self.now + (self._missing % TOKEN or TOKEN) if self._missing else None

    @property
    def reset_at(self) -> datetime | None:
        """When there are all of them; None where there are."""
        return self.full_at if self._missing else None

    def taken(self) -> "Bucket":
        """After one is taken, of which there must be one."""
        return Bucket(max(self.full_at, self.now) + TOKEN, self.now)

    @property
    def _missing(self) -> timedelta:
        return max(self.full_at - self.now, timedelta())


def plan_of(features: AbstractSet[str]) -> Plan:
    """The plan that has these features."""
    interviews, resume = bool(features & INTERVIEWS), RESUME in features
    if interviews and resume:
        return Plan.MAX
    return Plan.PRO if interviews or resume or QUESTIONS in features else Plan.FREE
