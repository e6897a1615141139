"""Between the wire format of jobs and the domain. Only here and in the servicers are protobuf messages known."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cairn.jobs.v1 import admin_pb2
from cairn.jobs.v1 import jobs_pb2 as pb
from chassis.times import EPOCH, from_time
from services.jobs.domain import Attempt, Failure, Job, Progress, Status, Step, StepStatus
from services.jobs.domain_views import EventKind, Position, Told

STATUSES = {
    Status.PENDING: pb.Job.STATUS_PENDING,
    Status.RUNNING: pb.Job.STATUS_RUNNING,
    Status.CANCELING: pb.Job.STATUS_CANCELING,
    Status.COMPLETE: pb.Job.STATUS_COMPLETE,
    Status.ERROR: pb.Job.STATUS_ERROR,
    Status.CANCELED: pb.Job.STATUS_CANCELED,
    Status.EXPIRED: pb.Job.STATUS_EXPIRED,
}
STEPS = {
    StepStatus.PENDING: pb.Step.STATUS_PENDING,
    StepStatus.RUNNING: pb.Step.STATUS_RUNNING,
    StepStatus.DONE: pb.Step.STATUS_DONE,
    StepStatus.FAILED: pb.Step.STATUS_FAILED,
    StepStatus.SKIPPED: pb.Step.STATUS_SKIPPED,
}
EVENTS = {EventKind.STATUS: pb.JobEvent.EVENT_STATUS, EventKind.PROGRESS: pb.JobEvent.EVENT_PROGRESS}
BY_NUMBER = {number: status for status, number in STATUSES.items()}


def from_job(job: Job, *, replayed: bool = False) -> pb.Job:
    """A job, whole."""
    message = pb.Job(
        id=str(job.id),
        kind=job.kind,
        status=STATUSES[job.status],
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        steps=[_step(step) for step in job.steps],
        attempts=[_attempt(attempt) for attempt in job.attempts],
        etag=f"{job.seq}.{job.status}",
        replayed=replayed,
    )
    _set_times(message, job)
    if job.progress:
        message.progress.CopyFrom(_progress(job.progress))
    if job.error:
        message.error.CopyFrom(_failure(job.error))
    if job.retried_from:
        message.retried_from = str(job.retried_from)
    if job.poll_delay is not None:
        message.poll_delay.FromTimedelta(job.poll_delay)
    if job.result is not None:
        message.result.CopyFrom(pb.Result.FromString(job.result))
    return message


def check_result(result: bytes) -> None:
    """Raise where a job with this result could not be read."""
    pb.Result.FromString(result)


def from_told(told: Told) -> pb.JobEvent:
    """What a stream tells."""
    change = told.change
    if change is None:
        event = pb.JobEvent.EVENT_DONE if told.last else pb.JobEvent.EVENT_SNAPSHOT
        return pb.JobEvent(event=event, resume_token=str(told.job.seq), job=from_job(told.job), gap=told.gap)
    job = pb.Job(id=str(told.job.id), kind=told.job.kind, status=STATUSES[change.status], attempt=change.attempt)
    if change.progress:
        job.progress.CopyFrom(_progress(change.progress))
    if change.error:
        job.error.CopyFrom(_failure(change.error))
    return pb.JobEvent(event=EVENTS[change.kind], resume_token=str(change.seq), job=job)


def to_status(request: "pb.ListJobsRequest | admin_pb2.ListArchivedJobsRequest") -> Status | None:
    """The status that a list is to have, if any."""
    return BY_NUMBER[request.status] if request.HasField("status") else None


def to_seq(token: str) -> int | None:
    """The event that a reader has come to; None where they begin, and none that ever was for a token not of ours."""
    if not token:
        return None
    return int(token) if token.isascii() and token.isdigit() else -1


def to_place(position: list[Any] | None) -> Position | None:
    """Where a page begins, from its token."""
    return (EPOCH + timedelta(microseconds=position[0]), UUID(position[1])) if position else None


def from_place(moment: datetime, id_: UUID) -> list[Any]:
    """What stands in the token of the page after this one: microseconds since 1970, and an id."""
    return [(moment - EPOCH) // timedelta(microseconds=1), str(id_)]


def _set_times(message: pb.Job, job: Job) -> None:
    times = {
        "create_time": job.created_time,
        "start_time": job.started_time,
        "end_time": job.completed_time,
        "next_run_time": job.next_run_time,
        "result_expire_time": job.result_expires_time,
    }
    for name, moment in times.items():
        if moment is not None:
            getattr(message, name).CopyFrom(from_time(moment))


def _step(step: Step) -> pb.Step:
    return pb.Step(name=step.name, status=STEPS[step.status], reason=step.reason)


def _attempt(attempt: Attempt) -> pb.Attempt:
    message = pb.Attempt(
        number=attempt.number,
        start_time=from_time(attempt.started_time),
        end_time=from_time(attempt.ended_time),
    )
    if attempt.error:
        message.error.CopyFrom(_failure(attempt.error))
    return message


def _progress(progress: Progress) -> pb.Progress:
    return pb.Progress(**progress._asdict())


def _failure(failure: Failure) -> pb.Failure:
    return pb.Failure(**failure._asdict())
