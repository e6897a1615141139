"""What is read of jobs beside a whole one: lists, what happened, and what operators see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

from services.jobs.domain import Failure, Job, Progress, Status

# Where a page of a list begins: after the job of that time and id.
Position: TypeAlias = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs of a list; None: any."""

    kind: str | None = None
    status: Status | None = None


class EventKind(StrEnum):
    """What changed."""

    STATUS = "status"
    PROGRESS = "progress"


class Event(NamedTuple):
    """One change of a job, and how the job was after it."""

    seq: int
    kind: EventKind
    status: Status
    attempt: int
    progress: Progress | None
    error: Failure | None
    at: datetime


class Told(NamedTuple):
    """The whole job, or one change of it; `gap`: some of what happened before is not known. `last`: nothing follows."""

    job: Job
    change: Event | None = None
    gap: bool = False
    last: bool = False


class KindStats(NamedTuple):
    """What waits and runs of one kind, what failed for good, and how those of the last hour ended.

    `oldest_due` in seconds.
    """

    kind: str
    queue: str
    waiting: int
    delayed: int
    running: int
    oldest_due: float
    dead: int
    complete: int = 0
    error: int = 0
    canceled: int = 0


class Stats(NamedTuple):
    """The queues and how far the model has come with the messages, over all workspaces."""

    kinds: Sequence[KindStats]
    unembedded: int
    messages: int
    refused: int


class DeadLetter(NamedTuple):
    """A job that failed for good."""

    job: Job
    user_id: str
    died_time: datetime
    redriven_as: UUID | None


class Redrive(NamedTuple):
    """Which dead letters are to be started again: those of these ids, or of a kind, or all; at most so many."""

    ids: Sequence[UUID]
    kind: str | None
    most: int
