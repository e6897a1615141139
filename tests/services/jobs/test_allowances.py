"""Plans and tokens, through a real server on real PostgreSQL: what an interview costs, and what costs nothing."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from cairn.jobs.v1 import interviews_pb2 as pb
from services.jobs.domain_plans import MAX_QUESTIONS, Plan, PlanLimit, Share
from tests.services.jobs.client import Refusal, Service
from tests.services.jobs.interviewing import LARGE, SMALL, Person

FORBIDDEN, EXHAUSTED = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.RESOURCE_EXHAUSTED
MISSING = str(uuid4())
QUARTER = 6 * 3600
INTERVIEWS, RESUME = "unlimited_interviews", "unlimited_resume_analysis"


def details(refusal: Refusal) -> tuple[str, dict[str, str], float]:
    """What a person is told, what a program is told, and the seconds to wait."""
    status = status_pb2.Status.FromString(refusal.told)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    for detail in status.details:
        detail.Unpack(info) or detail.Unpack(retry)
    return status.message, dict(info.metadata), retry.retry_delay.ToTimedelta().total_seconds()


async def time_passes(person: Person, passed: timedelta) -> None:
    """As if the last interview were so long ago."""
    later = "update jobs.allowances set full_at = full_at - $2::interval where user_id = $1"
    await person.service.stage.sql(later, person.name, passed)


async def outcomes(person: Person, about: str, number: int) -> list[str]:
    """What comes of so many calls at once: a job, or the reason why not."""

    async def one() -> str:
        try:
            return (await person.start(about)).kind
        except grpc.aio.AioRpcError as error:
            return next(word for word in ("PLAN_LIMIT", "RATE_LIMITED") if word in str(error.trailing_metadata()))

    return await asyncio.gather(*(one() for _ in range(number)))


async def test_twelve_at_once_then_four_a_day_and_never_more_than_twelve(service: Service) -> None:
    ann = Person.new(service)
    about = (await ann.job_info()).id
    assert sorted(await outcomes(ann, about, 13)) == ["RATE_LIMITED", *["interview"] * 12]
    refusal = await ann.refused(pb.StartInterviewRequest(job_info_id=about))
    message, told, seconds = details(refusal)
    assert (refusal.code, refusal.reason) == (EXHAUSTED, "RATE_LIMITED")
    assert QUARTER - 60 < seconds <= QUARTER
    assert told["reset_time"] in message
    await time_passes(ann, timedelta(hours=24))
    assert (await ann.allowance()).tokens_left == 4
    assert sorted(await outcomes(ann, about, 5)) == ["RATE_LIMITED", *["interview"] * 4]
    await time_passes(ann, timedelta(days=30))
    left = await ann.allowance()
    assert (left.tokens_left, left.HasField("next_token_time"), left.HasField("reset_time")) == (12, False, False)
    await ann.start(about)
    left = await ann.allowance()
    assert (left.tokens_left, left.interviews_used, left.next_token_time) == (11, 17, left.reset_time)


async def test_somebody_elses_or_a_missing_job_costs_nothing(service: Service) -> None:
    ann, bob = Person.new(service, *SMALL), Person.new(service)
    theirs = (await bob.job_info()).id
    told = [await ann.refused(pb.StartInterviewRequest(job_info_id=each)) for each in (theirs, MISSING) * 10]
    assert {(each.code, each.reason, each.told) for each in told} == {
        (grpc.StatusCode.NOT_FOUND, "JOB_INFO_NOT_FOUND", told[0].told)
    }
    left = await ann.allowance()
    assert (left.tokens_left, left.interviews_left, left.interviews_used) == (12, 2, 0)


async def test_of_fifty_at_once_a_plan_of_two_lets_two_through(service: Service) -> None:
    ann = Person.new(service, *SMALL)
    about = (await ann.job_info()).id
    came = await outcomes(ann, about, 50)
    assert (came.count("interview"), came.count("PLAN_LIMIT")) == (2, 48)
    assert len(await ann.interviews(about)) == 2
    left = await ann.allowance()
    assert (left.tokens_left, left.interviews_left, left.interviews_used) == (10, 0, 2)
    refusal = await ann.refused(pb.StartInterviewRequest(job_info_id=about))
    message, told, _ = details(refusal)
    assert (refusal.code, refusal.reason) == (FORBIDDEN, "PLAN_LIMIT")
    assert told == {"feature": INTERVIEWS, "interviews_allowed": "2", "interviews_used": "2"}
    assert INTERVIEWS in message


async def test_what_is_sent_again_costs_nothing(service: Service) -> None:
    ann = Person.new(service, "1_interview", "unlimited_questions")
    about = (await ann.job_info()).id
    first = await asyncio.gather(*(ann.start(about, request_id="once") for _ in range(5)))
    assert (len({job.id for job in first}), sorted(job.replayed for job in first)) == (1, [False, *[True] * 4])
    await ann.start(about)
    again = await ann.start(about, request_id="once")
    assert (again.id, again.replayed) == (first[0].id, True)
    other = pb.StartInterviewRequest(job_info_id=about, question_count=4, request_id="once")
    assert (await ann.refused(other)).reason == "IDEMPOTENCY_KEY_REUSED"
    left = await ann.allowance()
    assert (left.tokens_left, left.interviews_left) == (10, 0)


async def test_what_cannot_be_written_gives_everything_back(service: Service) -> None:
    ann = Person.new(service)
    about = (await ann.job_info()).id
    for _ in range(30):  # what one person may have unfinished here
        await service.stage.pending(ann.name)
    refusal = await ann.refused(pb.StartInterviewRequest(job_info_id=about))
    assert refusal.reason == "TOO_MANY_JOBS"
    left = await ann.allowance()
    assert (left.tokens_left, left.interviews_used) == (12, 0)


async def test_the_first_thing_that_is_wrong_is_told(service: Service) -> None:
    ann, bad = Person.new(service, *SMALL), pb.StartInterviewRequest(job_info_id="x")
    about = (await ann.job_info()).id
    await outcomes(ann, about, 2)
    many = pb.StartInterviewRequest(job_info_id=MISSING, question_count=6)
    assert (await service.refused((), bad)).reason == "CREDENTIALS_REQUIRED"
    assert (await Person.new(service, "5_questions", RESUME).refused(bad)).reason == "FEATURE_REQUIRED"
    assert (await Person.new(service, "1_interview").refused(bad)).reason == "FEATURE_REQUIRED"
    assert (await ann.refused(bad)).reason == "VALIDATION_FAILED"
    assert (await ann.refused(many)).reason == "PLAN_LIMIT"
    assert (await ann.refused(pb.StartInterviewRequest(job_info_id=MISSING))).reason == "JOB_INFO_NOT_FOUND"
    assert (await ann.refused(pb.StartInterviewRequest(job_info_id=about))).reason == "PLAN_LIMIT"


async def test_features_are_named_by_services_and_by_nobody_else(service: Service) -> None:
    ann = Person.new(service)
    about, named = (await ann.job_info()).id, (("x-cairn-features", "unlimited_interview, 5_questions"),)
    start = pb.StartInterviewRequest(job_info_id=about)
    acting = (*service.operator(), ("x-cairn-user", ann.name))
    refusal = await service.refused(acting, start)
    assert (refusal.code, details(refusal)[1]) == (
        FORBIDDEN,
        {"feature": "unlimited_interviews or unlimited_interview or 1_interview"},
    )
    assert (await service.refused((*service.person(ann.name), *named), start)).reason == "FEATURE_REQUIRED"
    assert (await service.ask((*acting, *named), start)).kind == "interview"


@pytest.mark.parametrize(
    ("features", "plan", "interviews", "questions"),
    [
        ((), Plan.FREE, 0, 0),
        (SMALL, Plan.FREE, 7, 5),
        (("something_else",), Plan.FREE, 0, 0),
        (LARGE, Plan.PRO, None, MAX_QUESTIONS),
        ((INTERVIEWS,), Plan.PRO, None, 0),
        (("unlimited_interview", "1_interview"), Plan.PRO, None, 0),
        ((RESUME,), Plan.PRO, 0, 0),
        (("unlimited_questions", "5_questions"), Plan.PRO, 0, MAX_QUESTIONS),
        (("unlimited_questions", RESUME), Plan.PRO, 0, MAX_QUESTIONS),
        ((INTERVIEWS, RESUME), Plan.MAX, None, 0),
        (("unlimited_interview", RESUME, "unlimited_questions"), Plan.MAX, None, MAX_QUESTIONS),
    ],
)
def test_what_a_plan_gives(features: tuple[str, ...], plan: Plan, interviews: int | None, questions: int) -> None:
    assert Share.of(frozenset(features), 7) == Share(plan, interviews, questions)


@pytest.mark.parametrize("some", [1, 2])
def test_how_many_the_smaller_plan_gives_is_a_setting(some: int) -> None:
    share = Share.of(frozenset(SMALL), some)
    share.check_used(some - 1)
    with pytest.raises(PlanLimit):
        share.check_used(some)
