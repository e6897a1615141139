"""Job descriptions, and interviews about them. No database and no wire format here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from chassis.errors import LimitReached, NotFound, PreconditionFailed
from services.jobs.domain import Failure, Kind, Queue

INTERVIEW = Kind("interview", Queue.INTERACTIVE, run_seconds=120.0)

# What no model made.
RULES = "rules"
DEFAULT_QUESTIONS = 5
MAX_QUESTION = 1000


class JobInfoNotFound(NotFound):
    """There is no such job description"""

    reason = "JOB_INFO_NOT_FOUND"


class TooManyJobInfos(LimitReached):
    """You have as many job descriptions as you may have"""

    reason = "TOO_MANY_JOB_INFOS"


class InterviewNotFound(NotFound):
    """There is no such interview"""

    reason = "INTERVIEW_NOT_FOUND"


class EtagMismatch(PreconditionFailed):
    """It was changed since you read it"""

    reason = "ETAG_MISMATCH"


INTERVIEW_GONE = Failure(InterviewNotFound.reason, "The interview was deleted.", retryable=False)


class Level(StrEnum):
    """How experienced somebody is."""

    JUNIOR = "junior"
    MID_LEVEL = "mid-level"
    SENIOR = "senior"


class Difficulty(StrEnum):
    """How hard a question is."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Status(StrEnum):
    """Whether the questions are there."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job that somebody prepares for."""

    id: UUID
    name: str
    title: str | None
    description: str
    level: Level
    created_time: datetime
    updated_time: datetime
    version: int

    @property
    def etag(self) -> str:
        """Changes with every change."""
        return str(self.version)

    def check_etag(self, asked: str | None) -> None:
        """Refuse a change that was made from an older reading."""
        if asked and asked != self.etag:
            raise EtagMismatch


class Described(NamedTuple):
    """What a person says of a job."""

    name: str
    title: str | None
    description: str
    level: Level


class Question(NamedTuple):
    """What is asked."""

    text: str
    difficulty: Difficulty


class Wanted(NamedTuple):
    """An interview that somebody asks for."""

    job_info_id: UUID
    difficulty: Difficulty | None = None
    question_count: int = DEFAULT_QUESTIONS


@dataclass(frozen=True, slots=True)
class Interview:
    """Questions about a job."""

    id: UUID
    job_info_id: UUID
    status: Status
    job_id: UUID
    difficulty: Difficulty | None
    question_count: int
    extractor: str | None
    duration: timedelta
    created_time: datetime
    updated_time: datetime
    questions: Sequence[Question] = ()


class Brief(NamedTuple):
    """What questions are made from."""

    level: Level
    title: str
    description: str
    difficulty: Difficulty | None
    question_count: int


def difficulties(level: Level, wanted: Difficulty | None, count: int) -> list[Difficulty]:
    """How hard each of so many questions is to be: as asked, or mixed as it suits the experience."""
    easy, medium, hard = Difficulty
    usual = {
        Level.JUNIOR: (easy, easy, medium),
        Level.MID_LEVEL: (easy, medium, hard),
        Level.SENIOR: (medium, hard, hard),
    }[level]
    return [wanted or usual[number % len(usual)] for number in range(count)]
