"""What jobs do, said once more and briefly: all in memory, with a clock of whole seconds."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.errors import IdempotencyKeyReused
from services.jobs.domain import Caps, Kind, Queue, TooManyJobs
from services.jobs.store_lease import Done, Failed, Held, Outcome

KIND = Kind("kind", Queue.INTERACTIVE, max_running=3, max_attempts=3)
CAPS = Caps(running=2, unfinished=4)
LEASE, FRESH, PROBATION, HOUR, DAY = 15, 10, 30, 3600, 86400


@dataclass
class Job:
    """One job; `over`: when it may leave for the archive."""

    user: str
    turn: int
    due: int
    dedupe: bool
    status: str = "pending"
    attempt: int = 0
    crashes: int = 0
    token: uuid.UUID | None = None
    lease: int = 0
    worker: str = ""
    started: int = 0
    over: int | None = None
    dead: bool = False
    away: bool = False
    redriven: uuid.UUID | None = None


@dataclass
class Model:
    """All jobs, in the order in which they were made."""

    clock: int = 0
    jobs: dict[uuid.UUID, Job] = field(default_factory=dict)
    # By person and request id: what was asked for, the job, and when.
    requests: dict[tuple[str, str], tuple[bytes, uuid.UUID, int]] = field(default_factory=dict)

    def create(self, id_: uuid.UUID, user: str, request: str, body: bytes, dedupe: bool) -> Any:
        """The id of the job that answers, or the error."""
        key = (user, request)
        if request and key in self.requests and self.clock - self.requests[key][2] < DAY:
            before, job, _ = self.requests[key]
            return job if before == body else IdempotencyKeyReused
        mine = {each: job for each, job in self.jobs.items() if job.user == user and job.over is None}
        twins = [each for each, job in mine.items() if dedupe and job.dedupe]
        if not twins and len(mine) >= CAPS.unfinished:
            return TooManyJobs
        if not twins:
            self.jobs[id_] = Job(user, self.turn(user), self.clock, dedupe)
        answer = twins[0] if twins else id_
        if request:
            self.requests[key] = (body, answer, self.clock)
        return answer

    def turn(self, user: str) -> int:
        """The round of a new job of a person."""
        waiting = [job for job in self.jobs.values() if job.status == "pending"]
        now = max((job.turn for job in self.jobs.values() if job.token), default=None)
        if now is None:
            now = min((job.turn for job in waiting), default=0)
        return max([now, *(job.turn for job in waiting if job.user == user)]) + 1

    def claim(self, worker: str, slots: int) -> list[uuid.UUID]:
        """Those that are claimed, in their turn."""
        claimed = self.safe(worker)[:slots]
        for id_ in claimed:
            job = self.jobs[id_]
            job.status, job.attempt, job.lease = "running", job.attempt + 1, self.clock + LEASE
            job.worker, job.started = worker, self.clock
        return claimed

    def fair(self, *, suspects: bool) -> list[uuid.UUID]:
        """Those that are due and may all run, in their turn."""
        busy = Counter(job.user for job in self.jobs.values() if job.token)
        due = [each for each, job in self.jobs.items() if job.status == "pending" and job.due <= self.clock]
        wanted = [each for each in due if suspects or not self.jobs[each].crashes]
        fair: list[uuid.UUID] = []
        for id_ in sorted(wanted, key=lambda each: (self.jobs[each].turn, each)):
            user = self.jobs[id_].user
            if busy.total() < KIND.max_running and busy[user] < CAPS.running:
                busy[user] += 1
                fair.append(id_)
        return fair

    def safe(self, worker: str) -> list[uuid.UUID]:
        """Those that a worker may have at the same time as what it has."""
        ages = [(self.clock - job.started, job) for job in self.jobs.values() if job.token and job.worker == worker]
        fresh = [job for age, job in ages if age < FRESH]
        if any(job.crashes for job in fresh):
            return []
        fair = self.fair(suspects=not any(job.crashes for age, job in ages if age < PROBATION))
        suspects = [id_ for id_ in fair if self.jobs[id_].crashes]
        if not suspects:
            return fair
        return [] if fresh else suspects[:1]

    def held(self, lease: Held) -> Job | None:
        """The job, if this is its lease."""
        job = self.jobs.get(lease[0])
        return job if job and job.token == lease[1] else None

    def beat(self, leases: Sequence[Held]) -> dict[uuid.UUID, bool]:
        """Those that are held, and whether they are being canceled."""
        found = {lease[1]: job for lease in leases if (job := self.held(lease))}
        for job in found.values():
            job.lease = self.clock + LEASE
        return {token: job.status == "canceling" for token, job in found.items()}

    def finish(self, lease: Held, outcome: Outcome) -> str | None:
        """How the job stands then."""
        job = self.held(lease)
        if job is None:
            return None
        again = not isinstance(outcome, Failed) or outcome.delay is not None
        mendable = not isinstance(outcome, Failed) or outcome.failure.retryable
        job.crashes = 0
        if job.status == "canceling":
            return self.leave(job, "canceled")
        if isinstance(outcome, Done):
            return self.leave(job, "complete")
        # One that stops though nobody told it to waits for a second; none looks closer than ten.
        job.due = self.clock + 1
        return self.leave(job, "pending" if again and job.attempt < KIND.max_attempts else "error", mendable)

    def leave(self, job: Job, status: str, mendable: bool = True) -> str:
        """End a lease, or what waits for none."""
        job.status, job.token = status, None
        if status != "pending":
            job.dead = status == "error" and mendable
            job.over = self.clock + (30 * DAY if job.dead else HOUR)
        return status

    def release(self, leases: Sequence[Held]) -> int:
        """How many were given back."""
        jobs = [job for lease in leases if (job := self.held(lease))]
        for job in jobs:
            if job.status == "running":
                job.attempt, job.due = job.attempt - 1, self.clock
            self.leave(job, "canceled" if job.status == "canceling" else "pending")
        return len(jobs)

    def cancel(self, id_: uuid.UUID) -> str | None:
        """How the job stands then."""
        job = self.jobs.get(id_)
        if job is None:
            return None
        if job.status == "pending":
            return self.leave(job, "canceled")
        if job.status == "running":
            job.status = "canceling"
        expired = job.status == "complete" and job.over is not None and job.over <= self.clock
        return "expired" if expired else job.status

    def reap(self) -> list[tuple[uuid.UUID, str]]:
        """Those that were lost, and how they stand then."""
        lost = {id_: job for id_, job in self.jobs.items() if job.token and job.lease <= self.clock}
        for job in lost.values():
            job.crashes += 1
            given_up = job.crashes == 2 or job.attempt == KIND.max_attempts
            job.due = self.clock + 4
            self.leave(job, "canceled" if job.status == "canceling" else "error" if given_up else "pending")
        return [(id_, job.status) for id_, job in lost.items()]

    def put_away(self) -> int:
        """How many are over."""
        over = [job for job in self.jobs.values() if job.over is not None and not job.away and job.over <= self.clock]
        for job in over:
            job.away = True
        return len(over)

    def redrive(self, id_: uuid.UUID, new: uuid.UUID) -> uuid.UUID | None:
        """The job that was started instead."""
        job = self.jobs.get(id_)
        if job and job.dead:
            self.jobs[new] = Job(job.user, self.turn(job.user), self.clock, dedupe=False)
            job.dead, job.over, job.redriven = False, self.clock + HOUR, new
        return job.redriven if job else None

    def purge(self, id_: uuid.UUID) -> None:
        """Take a job off the dead letters."""
        if id_ in self.jobs and self.jobs[id_].dead:
            self.jobs[id_].dead, self.jobs[id_].over = False, self.clock + HOUR

    def rows(self) -> list[tuple[Any, ...]]:
        """What must be in the table."""
        here = sorted(((id_, job) for id_, job in self.jobs.items() if not job.away), key=lambda each: each[0])
        return [(id_, j.status, j.attempt, j.crashes, j.turn, j.token, j.dead) for id_, j in here]

    def archived(self) -> list[uuid.UUID]:
        """What must be in the archive."""
        return sorted(id_ for id_, job in self.jobs.items() if job.away)
