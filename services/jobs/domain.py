"""Jobs: what they are, how they may change, and when they are tried again. No database and no wire format here.

    PENDING -claim-> RUNNING -done-> COMPLETE
    RUNNING -failed, may be tried again, or its worker died-> PENDING
    RUNNING -failed for good, or its worker died twice in a row-> ERROR
    PENDING -cancel-> CANCELED      RUNNING -cancel-> CANCELING
    CANCELING -stopped, failed, done after all, or its worker died-> CANCELED

COMPLETE, ERROR and CANCELED are final. EXPIRED is how a COMPLETE job is read once the time of its result is over.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from chassis.errors import CairnError, InvalidInput, LimitReached, NotFound, PreconditionFailed

MAX_RESULT_BYTES = 1 << 20
FIRST_DELAY, LONGEST_DELAY, JITTER = 1.0, 60.0, 0.1
LONGEST_POLL = timedelta(seconds=10)
# A job whose worker died so many times in a row is taken for what kills it.
MAX_CRASHES = 2


class Status(StrEnum):
    """Where a job stands. EXPIRED is never stored."""

    PENDING = "pending"
    RUNNING = "running"
    CANCELING = "canceling"
    COMPLETE = "complete"
    ERROR = "error"
    CANCELED = "canceled"
    EXPIRED = "expired"


FINAL = (Status.COMPLETE, Status.ERROR, Status.CANCELED)


class Queue(StrEnum):
    """What a worker works off. What people wait for does not stand behind what takes long."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


class StepStatus(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class JobNotFound(NotFound):
    """There is no such job"""

    reason = "JOB_NOT_FOUND"


class JobComplete(InvalidInput):
    """Cannot cancel a completed job"""

    reason = "JOB_COMPLETE"


class JobNotRetryable(PreconditionFailed):
    """Only a job that failed or was canceled can be started again"""

    reason = "JOB_NOT_RETRYABLE"


class TooManyJobs(LimitReached):
    """You have as many unfinished jobs as you may have"""

    reason = "TOO_MANY_JOBS"


class Owner(NamedTuple):
    """Whose job."""

    workspace: str
    user: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job, and its limits."""

    name: str
    queue: Queue
    # Seconds after which an attempt is stopped, as TIMEOUT.
    run_seconds: float = 600.0
    # Seconds for which a result can be read.
    result_seconds: int = 3600
    max_attempts: int = 3
    # Of this kind, over all workers.
    max_running: int = 100


@dataclass(frozen=True, slots=True)
class Caps:
    """What one person may have at a time, in a workspace: running in one queue, and unfinished in all."""

    running: int = 4
    unfinished: int = 1000


class Progress(NamedTuple):
    """How far a job has come."""

    current: int = 0
    total: int = 0
    message: str = ""
    step: str = ""


class Step(NamedTuple):
    """A part of a job."""

    name: str
    status: StepStatus = StepStatus.PENDING
    reason: str = ""


class Failure(NamedTuple):
    """Why something failed."""

    reason: str
    message: str
    retryable: bool


WORKER_LOST = Failure("WORKER_LOST", "The worker stopped in the middle of it.", True)
POISON = Failure("WORKER_LOST", "The worker stopped in the middle of it more than once.", False)
CANCELED = Failure("CANCELED", "It was canceled.", False)
TIMEOUT = Failure("TIMEOUT", "It took too long.", True)
INTERNAL = Failure("INTERNAL", "Something went wrong on our side.", True)
RESULT_TOO_LARGE = Failure("RESULT_TOO_LARGE", "It said, or came to, more than can be kept.", False)


class JobFailed(Exception):
    """Raised by an action: the attempt failed, and why. `retry_after` (seconds) overrides the usual delay.

    Not retryable is what was asked for wrongly: no operator can mend it, so the job does not become a dead letter.
    """

    def __init__(self, failure: Failure, retry_after: float | None = None) -> None:
        """What to tell the person."""
        super().__init__(failure.reason)
        self.failure = failure
        self.retry_after = retry_after


def refused(error: CairnError) -> JobFailed:
    """What the call would have answered, had it been so then: trying again is of no use."""
    return JobFailed(Failure(error.reason, str(error), retryable=False))


class Attempt(NamedTuple):
    """One try, ended."""

    number: int
    started_time: datetime
    ended_time: datetime
    error: Failure | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job, as its owner may see it."""

    id: UUID
    kind: str
    status: Status
    created_time: datetime
    started_time: datetime | None
    completed_time: datetime | None
    next_run_time: datetime | None
    result_expires_time: datetime | None
    attempt: int
    max_attempts: int
    progress: Progress | None
    steps: tuple[Step, ...]
    error: Failure | None
    result: bytes | None
    attempts: tuple[Attempt, ...]
    retried_from: UUID | None
    # While it goes on.
    poll_delay: timedelta | None
    # Number of its latest event; grows with every change.
    seq: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that a worker has taken. Whatever it writes from now on carries the token, or is refused."""

    id: UUID
    token: UUID
    owner: Owner
    kind: str
    input: bytes
    attempt: int
    max_attempts: int
    # What steps of earlier attempts have left: by the name of the step.
    checkpoint: Mapping[str, object]
    traceparent: str


def poll_delay(age: timedelta) -> timedelta:
    """How long to wait before looking again at a job that has gone on for so long: 1, 2, 4, 8, 10 seconds."""
    seconds = max(int(age.total_seconds()) + 1, 1)
    return min(timedelta(seconds=1 << (seconds.bit_length() - 1)), LONGEST_POLL)


def delay(attempt: int, retry_after: float | None, chance: random.Random) -> float:
    """Seconds before the next attempt, after so many: 1, 2, 4 and so on to 60, give or take a tenth."""
    if retry_after is not None:
        return min(max(retry_after, 0.0), 3600.0)
    usual = min(FIRST_DELAY * 2.0 ** max(attempt - 1, 0), LONGEST_DELAY)
    return usual * (1 + JITTER * (2 * chance.random() - 1))
