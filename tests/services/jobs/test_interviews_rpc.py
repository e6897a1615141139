"""InterviewsService through a real server with the real chain: what is prepared, and who may see and change it."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from cairn.jobs.v1 import interviews_pb2 as pb
from cairn.jobs.v1 import jobs_pb2, results_pb2
from services.jobs import store_interviews
from services.jobs.domain import JobFailed
from services.jobs.domain_interviews import INTERVIEW_GONE, Difficulty, Question
from services.jobs.store_lease import Done, Failed
from tests.services.jobs.client import Service
from tests.services.jobs.interviewing import Person, attempt, claimed, work
from tests.services.jobs.library import Library
from tests.services.jobs.stage import BUSY, owner

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
ON_A_JOB_INFO = (pb.GetJobInfoRequest, pb.UpdateJobInfoRequest, pb.DeleteJobInfoRequest, pb.ListInterviewsRequest)
ON_AN_INTERVIEW = (pb.GetInterviewRequest, pb.UpdateInterviewRequest, pb.DeleteInterviewRequest)
EVERY: list[tuple[Any, str]] = [
    *((each, "job_info_id") for each in (*ON_A_JOB_INFO, pb.StartInterviewRequest)),
    *((each, "interview_id") for each in ON_AN_INTERVIEW),
]
# What a person must not change, by any name that it had or has.
FIXED = ("job_info_id", "feedback", "user_id", "create_time", "created_at", "hume_chat_id", "questions", "status", "id")


async def test_an_interview_is_prepared_as_a_job(service: Service) -> None:
    ann = Person.new(service)
    about = (await ann.job_info()).id
    job = await ann.start(about, question_count=3, difficulty=results_pb2.Question.DIFFICULTY_HARD)
    assert (job.kind, job.status, job.replayed) == ("interview", jobs_pb2.Job.STATUS_PENDING, False)
    [interview] = await ann.interviews(about)
    assert (interview.status, interview.job_id) == (pb.Interview.STATUS_PENDING, job.id)
    assert not interview.HasField("extractor")
    await work(service, job.id)
    result = (await service.get(job.id, ann.name)).result.interview
    whole = await ann.ask(pb.GetInterviewRequest(interview_id=interview.id))
    assert (whole.status, whole.extractor, whole.question_count) == (pb.Interview.STATUS_READY, "rules", 3)
    assert (result.interview_id, list(result.questions)) == (whole.id, list(whole.questions))
    assert {question.difficulty for question in whole.questions} == {results_pb2.Question.DIFFICULTY_HARD}
    named = [skill for question in whole.questions for skill in re.findall("Python|PostgreSQL|Linux", question.text)]
    assert named == ["Python", "PostgreSQL", "Linux"]
    assert not (await ann.interviews(about))[0].questions


async def test_interviews_are_listed_by_their_latest_change(service: Service) -> None:
    ann = Person.new(service)
    about, other = (await ann.job_info()).id, (await ann.job_info()).id
    made = [await ann.prepared(about) for _ in range(3)]
    await ann.prepared(other)
    update = pb.UpdateInterviewRequest(interview_id=made[0].id)
    update.duration.FromTimedelta(timedelta(minutes=20))
    assert (await ann.ask(update)).duration.seconds == 1200
    order = [made[0].id, made[2].id, made[1].id]
    assert [each.id for each in await ann.interviews(about)] == order
    first = await ann.ask(pb.ListInterviewsRequest(job_info_id=about, page_size=2))
    rest = await ann.ask(pb.ListInterviewsRequest(job_info_id=about, page_token=first.next_page_token))
    assert [each.id for each in (*first.interviews, *rest.interviews)] == order
    elsewhere = pb.ListInterviewsRequest(job_info_id=other, page_token=first.next_page_token)
    assert (await ann.refused(elsewhere)).reason == "PAGE_TOKEN_INVALID"


async def test_only_the_duration_can_be_changed(service: Service) -> None:
    ann = Person.new(service, "1_interview", "5_questions")
    made = await ann.prepared((await ann.job_info()).id)
    for path in FIXED:
        refusal = await ann.refused(pb.UpdateInterviewRequest(interview_id=made.id, update_mask={"paths": [path]}))
        assert (refusal.code, refusal.reason) == (INVALID, "FIELD_MASK_INVALID")
        assert path.encode() in refusal.told
    # What a later version, or nobody, knows: field 9.
    unknown = pb.UpdateInterviewRequest.FromString(made.id.encode().join([b"\x0a\x24", b"\x4a\x01x"]))
    assert await ann.ask(unknown) == made
    update = pb.UpdateInterviewRequest(interview_id=made.id, update_mask=FieldMask(paths=["duration"]))
    update.duration.FromTimedelta(timedelta(minutes=7))
    changed = await ann.ask(update)
    assert changed.duration.seconds == 420
    update.ClearField("duration")
    assert (await ann.ask(update)).duration.seconds == 0
    made.update_time.CopyFrom(changed.update_time)
    made.duration.CopyFrom(changed.duration)
    assert made == changed
    assert (await ann.allowance()).interviews_left == 1


async def test_what_is_not_valid_is_refused_by_every_call(service: Service) -> None:
    ann = Person.new(service)
    wrong: list[tuple[Message, str]] = [(each(**{name: "x"}), name) for each, name in EVERY]
    for seconds in (-1, 86_401):
        lasting = pb.UpdateInterviewRequest(interview_id=str(uuid4()), duration={"seconds": seconds})
        wrong.append((lasting, "duration"))
    for request, name in wrong:
        refusal = await ann.refused(request)
        assert (refusal.code, refusal.reason) == (INVALID, "VALIDATION_FAILED")
        assert name.encode() in refusal.told


async def test_what_is_somebody_elses_is_as_what_never_was(service: Service) -> None:
    ann, bob = Person.new(service), Person.new(service)
    about = (await ann.job_info()).id
    interview = (await ann.prepared(about)).id
    for request_class, name in EVERY:
        more: dict[str, Any] = {}
        if request_class in (pb.UpdateInterviewRequest, pb.UpdateJobInfoRequest):
            more["update_mask"] = {"paths": ["duration" if name == "interview_id" else "title"]}
        there = about if name == "job_info_id" else interview
        told = [await bob.refused(request_class(**{name: each}, **more)) for each in (there, str(uuid4()))]
        assert told[0].code is NOT_FOUND
        assert told[0] == told[1]
    assert await ann.ask(pb.GetInterviewRequest(interview_id=interview))


async def test_what_hangs_on_a_deleted_job_is_never_told_again(service: Service) -> None:
    ann = Person.new(service)
    about = (await ann.job_info()).id
    made = await ann.prepared(about)
    running = await claimed(service, (await ann.start(about)).id)
    await ann.ask(pb.DeleteJobInfoRequest(job_info_id=about))
    for request in (
        pb.GetInterviewRequest(interview_id=made.id),
        pb.ListInterviewsRequest(job_info_id=about),
        pb.GetJobInfoRequest(job_info_id=about),
        pb.UpdateInterviewRequest(interview_id=made.id, duration={}),
    ):
        assert (await ann.refused(request)).code is NOT_FOUND
    job = await service.get(made.job_id, ann.name)
    assert (job.status, job.HasField("result")) == (jobs_pb2.Job.STATUS_COMPLETE, False)
    with pytest.raises(JobFailed) as caught:
        await attempt(service, running)
    assert caught.value.failure == INTERVIEW_GONE
    assert not await service.stage.sql("select 1 from jobs.questions where user_id = $1", ann.name)


async def test_a_deleted_interview_is_gone_and_was_used(service: Service) -> None:
    ann = Person.new(service, "1_interview", "5_questions")
    made = await ann.prepared((await ann.job_info()).id)
    await ann.ask(pb.DeleteInterviewRequest(interview_id=made.id))
    assert (await ann.refused(pb.GetInterviewRequest(interview_id=made.id))).code is NOT_FOUND
    left = await ann.allowance()
    assert (left.interviews_used, left.interviews_left, left.tokens_left) == (1, 1, 11)


async def test_nothing_of_a_deleted_person_stays(service: Service) -> None:
    ann, bob = Person.new(service), Person.new(service)
    for person in (ann, bob):
        await person.prepared((await person.job_info()).id)
    library = Library(service.parts.database, workspace="w")
    await library.feed({"user": {"id": ann.name}}, {"user": {"id": bob.name}}, {"user_deleted": {"id": ann.name}})
    for table in ("job_infos", "interviews", "questions", "allowances"):
        count = "select count(*) from jobs.X where user_id = $1".replace("X", table)
        assert [(await service.stage.sql(count, each.name))[0][0] > 0 for each in (ann, bob)] == [False, True]


async def test_what_failed_is_started_again_for_nothing(service: Service) -> None:
    ann = Person.new(service, "1_interview", "5_questions")
    about = (await ann.job_info()).id
    job = await ann.start(about)
    [interview] = await ann.interviews(about)
    await service.stage.finish(await claimed(service, job.id), Failed(BUSY._replace(retryable=False), None))
    assert (await ann.interviews(about))[0].status == pb.Interview.STATUS_FAILED
    again = await ann.ask(jobs_pb2.RetryJobRequest(job_id=job.id))
    taken = await claimed(service, again.id)
    first, second = await attempt(service, taken), await attempt(service, taken)
    assert first == second
    await service.stage.finish(taken, Done(second))
    whole = await ann.ask(pb.GetInterviewRequest(interview_id=interview.id))
    assert (whole.status, whole.job_id, len(whole.questions)) == (pb.Interview.STATUS_READY, again.id, 5)
    assert (await ann.allowance()).interviews_left == 1
    assert UUID(job.id) != UUID(again.id)


async def test_the_questions_that_are_there_first_stay(service: Service) -> None:
    """Two workers may be at it, where the first was taken for dead, or the job was started again twice."""
    ann = Person.new(service)
    made = await ann.prepared((await ann.job_info()).id)
    async with service.parts.database.begin() as queries:
        other = [Question("Why?", Difficulty.EASY)]
        assert await store_interviews.keep(queries, owner(ann.name), UUID(made.id), "other", other)
    assert await ann.ask(pb.GetInterviewRequest(interview_id=made.id)) == made
