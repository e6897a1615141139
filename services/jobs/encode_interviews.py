"""Between the wire format of interviews and the domain."""

from datetime import timedelta
from uuid import UUID

from cairn.jobs.v1 import interviews_pb2 as pb
from cairn.jobs.v1 import jobs_pb2, results_pb2
from chassis.errors import FieldViolation, ValidationFailed
from chassis.times import from_time
from services.jobs.domain_interviews import (
    DEFAULT_QUESTIONS,
    Described,
    Difficulty,
    Interview,
    JobInfo,
    Level,
    Question,
    Status,
    Wanted,
)
from services.jobs.domain_plans import Bucket, Plan, Share

LEVELS = {
    Level.JUNIOR: pb.JobInfo.EXPERIENCE_LEVEL_JUNIOR,
    Level.MID_LEVEL: pb.JobInfo.EXPERIENCE_LEVEL_MID_LEVEL,
    Level.SENIOR: pb.JobInfo.EXPERIENCE_LEVEL_SENIOR,
}
DIFFICULTIES = {
    Difficulty.EASY: results_pb2.Question.DIFFICULTY_EASY,
    Difficulty.MEDIUM: results_pb2.Question.DIFFICULTY_MEDIUM,
    Difficulty.HARD: results_pb2.Question.DIFFICULTY_HARD,
}
STATUSES = {
    Status.PENDING: pb.Interview.STATUS_PENDING,
    Status.READY: pb.Interview.STATUS_READY,
    Status.FAILED: pb.Interview.STATUS_FAILED,
}
PLANS = {Plan.FREE: pb.Allowance.PLAN_FREE, Plan.PRO: pb.Allowance.PLAN_PRO, Plan.MAX: pb.Allowance.PLAN_MAX}
LEVEL_OF = {number: level for level, number in LEVELS.items()}
DIFFICULTY_OF = {number: difficulty for difficulty, number in DIFFICULTIES.items()}


def to_described(request: pb.CreateJobInfoRequest) -> Described:
    """A new job description."""
    title = request.title.strip() if request.HasField("title") else None
    return Described(request.name.strip(), title, request.description, LEVEL_OF[request.experience_level])


def to_changed(request: pb.UpdateJobInfoRequest, fields: frozenset[str], before: JobInfo) -> Described:
    """What a job description becomes. Only the title can be cleared."""
    for name in sorted(fields - {"title"}):
        if not request.HasField(name):
            raise ValidationFailed(f"{name}: required", fields=(FieldViolation(name, "required"),))
    title = request.title.strip() if request.HasField("title") else None
    return Described(
        request.name.strip() if "name" in fields else before.name,
        title if "title" in fields else before.title,
        request.description if "description" in fields else before.description,
        LEVEL_OF[request.experience_level] if "experience_level" in fields else before.level,
    )


def from_job_info(found: JobInfo) -> pb.JobInfo:
    """A job description, whole."""
    return pb.JobInfo(
        id=str(found.id),
        name=found.name,
        title=found.title,
        description=found.description,
        experience_level=LEVELS[found.level],
        create_time=from_time(found.created_time),
        update_time=from_time(found.updated_time),
        etag=found.etag,
    )


def to_wanted(request: pb.StartInterviewRequest) -> Wanted:
    """An interview that is asked for."""
    return Wanted(
        UUID(request.job_info_id),
        DIFFICULTY_OF[request.difficulty] if request.HasField("difficulty") else None,
        request.question_count if request.HasField("question_count") else DEFAULT_QUESTIONS,
    )


def to_request(wanted: Wanted) -> bytes:
    """What is asked for: the same bytes for the same interview."""
    difficulty = DIFFICULTIES[wanted.difficulty] if wanted.difficulty else None
    asked = pb.StartInterviewRequest(
        job_info_id=str(wanted.job_info_id), difficulty=difficulty, question_count=wanted.question_count
    )
    return asked.SerializeToString(deterministic=True)


def to_input(id_: UUID) -> bytes:
    """What the job is told: which interview to prepare."""
    return id_.bytes


def from_input(data: bytes) -> UUID:
    """Which interview a job prepares."""
    return UUID(bytes=data)


def from_interview(found: Interview) -> pb.Interview:
    """An interview, whole."""
    message = pb.Interview(
        id=str(found.id),
        job_info_id=str(found.job_info_id),
        status=STATUSES[found.status],
        job_id=str(found.job_id),
        difficulty=DIFFICULTIES[found.difficulty] if found.difficulty else None,
        question_count=found.question_count,
        questions=[_question(each) for each in found.questions],
        extractor=found.extractor,
        create_time=from_time(found.created_time),
        update_time=from_time(found.updated_time),
    )
    message.duration.FromTimedelta(found.duration)
    return message


def to_duration(request: pb.UpdateInterviewRequest) -> timedelta:
    """How long an interview took; nothing, where that is cleared."""
    return request.duration.ToTimedelta()


def from_allowance(share: Share, used: int, bucket: Bucket) -> pb.Allowance:
    """What is left of a plan, and of the tokens."""
    left = None if share.interviews is None else max(share.interviews - used, 0)
    return pb.Allowance(
        plan=PLANS[share.plan],
        interviews_used=used,
        interviews_left=left,
        questions_per_interview=share.questions,
        tokens_left=bucket.tokens,
        next_token_time=from_time(bucket.next_at) if bucket.next_at else None,
        reset_time=from_time(bucket.reset_at) if bucket.reset_at else None,
    )


def to_result(interview: Interview) -> bytes:
    """An interview, as its job tells it."""
    result = results_pb2.InterviewResult(
        interview_id=str(interview.id), questions=[_question(each) for each in interview.questions]
    )
    return jobs_pb2.Result(interview=result).SerializeToString()


def to_kept(id_: UUID) -> bytes:
    """An interview, as its job keeps it."""
    return jobs_pb2.Result(interview=results_pb2.InterviewResult(interview_id=str(id_))).SerializeToString()


def from_kept(data: bytes) -> UUID:
    """Which interview a job has prepared."""
    return UUID(jobs_pb2.Result.FromString(data).interview.interview_id)


def _question(question: Question) -> results_pb2.Question:
    return results_pb2.Question(text=question.text, difficulty=DIFFICULTIES[question.difficulty])
