"""JobsService through a real server: lists of jobs, jobs of others, and starting again."""

import asyncio
import uuid
from typing import Any

import grpc
import pytest

from cairn.jobs.v1 import jobs_pb2 as pb
from cairn.jobs.v1 import search_pb2
from services.jobs import store_upkeep
from services.jobs.store_lease import Done
from tests.services.jobs.client import Service
from tests.services.jobs.stage import QUICK, SLOW

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
Job = pb.Job


async def ids(service: Service, user: str = "ann", **wanted: Any) -> list[str]:
    """The ids of a list, read page by page."""
    found, token = [], ""
    while True:
        page = await service.ask(user, pb.ListJobsRequest(page_token=token, **wanted))
        assert len(page.jobs) <= (wanted.get("page_size") or 50)
        assert page.jobs or not token, "a token led to nothing"
        found += [job.id for job in page.jobs]
        token = page.next_page_token
        if not token:
            return found


async def test_a_list_is_of_the_newest_first_without_gaps(service: Service) -> None:
    stage = service.stage
    made = [str(await stage.pending()) for _ in range(7)]
    await stage.cancel(uuid.UUID(made[0]))
    await stage.pass_(3600)
    await stage.put_away(uuid.UUID(made[0]))
    await stage.pending("bob")
    for size in (0, 1, 3, 7):
        assert await ids(service, page_size=size) == made[::-1]
    first = await service.ask("ann", pb.ListJobsRequest(page_size=3))
    # What comes in between moves nothing.
    await stage.pending()
    rest = await service.ask("ann", pb.ListJobsRequest(page_size=3, page_token=first.next_page_token))
    assert [job.id for job in rest.jobs] == made[3::-1][:3]


async def test_a_list_is_of_what_is_wanted(service: Service) -> None:
    stage = service.stage
    complete = str(await stage.ended(Done(b"")))
    slow = str(await stage.pending(kind=SLOW))
    quick = str(await stage.pending())
    assert await ids(service) == [quick, slow, complete]
    assert await ids(service, kind="slow") == [slow]
    assert await ids(service, status=Job.STATUS_PENDING, page_size=1) == [quick, slow]
    assert await ids(service, status=Job.STATUS_PENDING, kind="quick") == [quick]
    assert await ids(service, status=Job.STATUS_COMPLETE) == [complete]
    await stage.pass_(QUICK.result_seconds)
    assert await ids(service, status=Job.STATUS_COMPLETE) == []
    assert await ids(service, status=Job.STATUS_EXPIRED) == [complete]
    assert await ids(service, kind="never-heard-of") == []


async def test_a_page_token_is_good_for_one_person_and_one_list(service: Service) -> None:
    for user in ("ann", "ann", "bob", "bob"):
        await service.stage.pending(user)
    token = (await service.ask("ann", pb.ListJobsRequest(page_size=1))).next_page_token
    assert token
    tries: list[tuple[Any, Any]] = [
        ("bob", pb.ListJobsRequest(page_token=token)),
        (service.person("ann", "elsewhere"), pb.ListJobsRequest(page_token=token)),
        ("ann", pb.ListJobsRequest(page_token=token, kind="quick")),
        ("ann", pb.ListJobsRequest(page_token=token, status=Job.STATUS_PENDING)),
        ("ann", pb.ListJobsRequest(page_token=token[:-1] + ("A" if token[-1] != "A" else "B"))),
        ("ann", pb.ListJobsRequest(page_token="x")),
    ]
    for who, request in tries:
        refused = await service.refused(who, request)
        assert (refused.code, refused.reason) == (INVALID, "PAGE_TOKEN_INVALID")


@pytest.mark.parametrize("wrong", [{"page_size": -1}, {"kind": "Bad Kind"}, {"kind": ""}, {"status": 0}, {"status": 9}])
async def test_a_list_that_makes_no_sense_is_refused(service: Service, wrong: dict[str, Any]) -> None:
    assert (await service.refused("ann", pb.ListJobsRequest(**wrong))).reason == "VALIDATION_FAILED"


@pytest.mark.parametrize(
    "asked",
    [pb.GetJobRequest, pb.CancelJobRequest, pb.RetryJobRequest, pb.WatchJobRequest],
    ids=lambda each: each.__name__,
)
async def test_h32_a_job_of_somebody_else_is_as_one_that_never_was(service: Service, asked: Any) -> None:
    failed, waiting = await service.stage.dead(), await service.stage.pending()
    before = [await service.get(id_) for id_ in (waiting, failed)]
    for who in ("bob", service.person("ann", "elsewhere")):
        missing = await service.refused(who, asked(job_id=str(uuid.uuid4())))
        assert (missing.code, missing.reason) == (NOT_FOUND, "JOB_NOT_FOUND")
        for id_ in (waiting, failed):
            assert await service.refused(who, asked(job_id=str(id_))) == missing
    assert [await service.get(id_) for id_ in (waiting, failed)] == before
    assert await ids(service, "bob") == []


@pytest.mark.parametrize(
    "asked",
    [pb.GetJobRequest, pb.CancelJobRequest, pb.RetryJobRequest, pb.WatchJobRequest],
    ids=lambda each: each.__name__,
)
async def test_what_is_no_id_is_refused(service: Service, asked: Any) -> None:
    for id_ in ("", "x", str(uuid.uuid4()) + "0"):
        refused = await service.refused("ann", asked(job_id=id_))
        assert (refused.code, refused.reason) == (INVALID, "VALIDATION_FAILED")


async def test_what_failed_is_started_again_as_another_job(service: Service) -> None:
    stage = service.stage
    failed = await stage.dead()
    before = await service.get(failed)
    again = await service.ask("ann", pb.RetryJobRequest(job_id=str(failed)))
    assert again.id != str(failed)
    assert (again.kind, again.status, again.attempt, again.retried_from) == (
        "quick",
        Job.STATUS_PENDING,
        0,
        str(failed),
    )
    assert await service.get(failed) == before
    [claimed] = await stage.claim()
    assert (str(claimed.id), claimed.input) == (again.id, b"{}")


async def test_what_was_canceled_is_started_again_from_the_archive(service: Service) -> None:
    id_ = await service.stage.pending(input=b"the same")
    await service.stage.cancel(id_)
    await service.stage.pass_(3600)
    assert await store_upkeep.put_away(service.stage.database, 10) == 1
    await service.ask("ann", pb.RetryJobRequest(job_id=str(id_)))
    [claimed] = await service.stage.claim()
    assert claimed.input == b"the same"


async def test_what_goes_on_or_went_well_is_not_started_again(service: Service) -> None:
    stage = service.stage
    complete, running = await stage.ended(user="bob"), (await stage.running()).id
    waiting = await stage.pending()
    for id_ in (running, waiting):
        refused = await service.refused("ann", pb.RetryJobRequest(job_id=str(id_)))
        assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "JOB_NOT_RETRYABLE")
    for seconds in (0, QUICK.result_seconds):
        await stage.pass_(seconds)
        assert (await service.refused("bob", pb.RetryJobRequest(job_id=str(complete)))).reason == "JOB_NOT_RETRYABLE"


async def test_a_kind_that_is_no_more_is_not_started_again(service: Service) -> None:
    id_ = await service.stage.dead()
    await service.stage.sql("update jobs.jobs set kind = 'of-old'")
    assert (await service.refused("ann", pb.RetryJobRequest(job_id=str(id_)))).reason == "JOB_NOT_RETRYABLE"
    assert (await service.get(id_)).kind == "of-old"


async def test_h31_twenty_at_once_are_one_job(service: Service) -> None:
    request = search_pb2.StartSearchRequest(query="lunch", request_id="click")
    jobs = await asyncio.gather(*(service.ask("ann", request) for _ in range(20)))
    assert len({job.id for job in jobs}) == 1
    assert sorted(job.replayed for job in jobs) == [False] + [True] * 19
    assert await ids(service) == [jobs[0].id]
    other = search_pb2.StartSearchRequest(query="dinner", request_id="click")
    refused = await service.refused("ann", other)
    assert (refused.code, refused.reason) == (INVALID, "IDEMPOTENCY_KEY_REUSED")
    assert b"dinner" not in refused.told
    assert (await service.ask("bob", other)).replayed is False


async def test_h31_a_retry_that_comes_twice_is_one_job(service: Service) -> None:
    first, second = await service.stage.dead(), await service.stage.dead()
    request = pb.RetryJobRequest(job_id=str(first), request_id="again")
    jobs = await asyncio.gather(*(service.ask("ann", request) for _ in range(5)))
    assert len({job.id for job in jobs}) == 1
    assert sum(not job.replayed for job in jobs) == 1
    other = await service.refused("ann", pb.RetryJobRequest(job_id=str(second), request_id="again"))
    assert other.reason == "IDEMPOTENCY_KEY_REUSED"
    # The answer tells how the job is now.
    await service.stage.cancel(uuid.UUID(jobs[0].id))
    late = await service.ask("ann", request)
    assert (late.status, late.replayed) == (Job.STATUS_CANCELED, True)


async def test_nobody_has_more_jobs_than_they_may(service: Service) -> None:
    failed = await service.stage.dead()
    for _ in range(30):
        await service.stage.pending()
    for request in (search_pb2.StartSearchRequest(query="x"), pb.RetryJobRequest(job_id=str(failed))):
        refused = await service.refused("ann", request)
        assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_JOBS")
    assert (await service.ask("bob", search_pb2.StartSearchRequest(query="x"))).status == Job.STATUS_PENDING


async def test_a_trace_goes_on_in_the_job(service: Service) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    for sent in (trace, "nonsense" * 100):
        who = (*service.person("ann"), ("traceparent", sent))
        await service.ask(who, search_pb2.StartSearchRequest(query="x"))
    found = await service.stage.sql("select traceparent from jobs.jobs order by created_at")
    assert [row["traceparent"] for row in found] == [trace, ""]
