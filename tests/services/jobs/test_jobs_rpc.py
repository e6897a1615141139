"""JobsService through a real server with the real chain: read, wait for, list and cancel jobs, one's own only."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable

import grpc
import pytest

from cairn.jobs.v1 import jobs_pb2 as pb
from cairn.jobs.v1 import results_pb2
from services.jobs.actions import Action
from services.jobs.context import Context
from services.jobs.domain import Claimed, Progress, Status, Step, StepStatus
from services.jobs.execution import Execution
from services.jobs.store_lease import Done, Failed, Report, Stopped, progress
from tests.services.jobs.client import Service
from tests.services.jobs.stage import BUSY, QUICK, WRONG, Stage
from tests.services.jobs.standins import broken

NOTHING_FOUND = pb.Result(search=results_pb2.SearchResult()).SerializeToString()
INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
ALWAYS = {"id", "kind", "status", "create_time", "max_attempts", "etag"}
BEGUN = ALWAYS | {"attempt", "start_time"}
ENDED = BEGUN | {"end_time", "attempts"}
UNDER_WAY = {"next_run_time", "poll_delay"}


async def pending(stage: Stage) -> uuid.UUID:
    """Waits."""
    return await stage.pending()


async def running(stage: Stage) -> uuid.UUID:
    """At work."""
    return (await stage.running()).id


async def waiting_again(stage: Stage) -> uuid.UUID:
    """Failed, and to be tried again."""
    claimed = await stage.running()
    await stage.finish(claimed, Failed(BUSY, 60.0))
    return claimed.id


async def canceling(stage: Stage) -> uuid.UUID:
    """Told to stop."""
    id_ = await running(stage)
    assert await stage.cancel(id_) is Status.CANCELING
    return id_


async def complete(stage: Stage) -> uuid.UUID:
    """Done, and nothing came of it."""
    return await stage.ended(Done(NOTHING_FOUND))


async def failed(stage: Stage) -> uuid.UUID:
    """Failed for good."""
    return await stage.dead()


async def canceled(stage: Stage) -> uuid.UUID:
    """Canceled before it began."""
    id_ = await stage.pending()
    assert await stage.cancel(id_) is Status.CANCELED
    return id_


async def stopped(stage: Stage) -> uuid.UUID:
    """Canceled while it ran."""
    claimed = await stage.running()
    await stage.cancel(claimed.id)
    await stage.finish(claimed, Stopped())
    return claimed.id


async def expired(stage: Stage) -> uuid.UUID:
    """Done, long ago."""
    id_ = await complete(stage)
    await stage.pass_(QUICK.result_seconds)
    return id_


async def archived(stage: Stage) -> uuid.UUID:
    """Failed, long ago, and purged."""
    id_ = await canceled(stage)
    await stage.pass_(3600)
    await stage.put_away(id_)
    return id_


Making = Callable[[Stage], Awaitable[uuid.UUID]]
STATES: list[tuple[Making, str, set[str]]] = [
    (pending, "PENDING", ALWAYS | UNDER_WAY),
    (running, "RUNNING", BEGUN | UNDER_WAY),
    (waiting_again, "PENDING", BEGUN | UNDER_WAY | {"attempts", "error"}),
    (canceling, "CANCELING", BEGUN | UNDER_WAY),
    (complete, "COMPLETE", ENDED | {"result", "result_expire_time"}),
    (failed, "ERROR", ENDED | {"error"}),
    (canceled, "CANCELED", ALWAYS | {"end_time"}),
    (stopped, "CANCELED", ENDED),
    (expired, "EXPIRED", ENDED | {"result_expire_time"}),
    (archived, "CANCELED", ALWAYS | {"end_time"}),
]


@pytest.mark.parametrize(("made", "status", "fields"), STATES, ids=lambda each: getattr(each, "__name__", ""))
async def test_d05_a_job_has_what_its_state_has(service: Service, made: Making, status: str, fields: set[str]) -> None:
    id_ = await made(service.stage)
    job = await service.get(id_)
    assert (job.id, pb.Job.Status.Name(job.status)) == (str(id_), f"STATUS_{status}")
    assert {field.name for field, _ in job.ListFields()} == fields
    [listed] = (await service.ask("ann", pb.ListJobsRequest())).jobs
    assert {field.name for field, _ in listed.ListFields()} == fields - {"result", "attempts"}
    assert listed.etag == job.etag


async def test_h34_an_empty_result_is_a_result(service: Service) -> None:
    job = await service.get(await complete(service.stage))
    assert job.result.WhichOneof("result") == "search"
    assert list(job.result.search.results) == []


async def test_a_job_says_how_far_it_is_and_what_was_tried(service: Service) -> None:
    claimed = await service.stage.running()
    steps = (Step("fetch", StepStatus.DONE), Step("read", StepStatus.SKIPPED, "NOT_NEEDED"))
    await progress(service.stage.database, claimed.id, claimed.token, Report(Progress(3, 5, "reading", "read"), steps))
    before = await service.get(claimed.id)
    assert before.progress == pb.Progress(current=3, total=5, message="reading", step="read")
    done, skipped = pb.Step.STATUS_DONE, pb.Step.STATUS_SKIPPED
    told = [(each.name, each.status, each.reason) for each in before.steps]
    assert told == [("fetch", done, ""), ("read", skipped, "NOT_NEEDED")]
    await service.stage.finish(claimed, Failed(BUSY, 0.0))
    [again] = await service.stage.claim()
    await service.stage.finish(again, Failed(WRONG, None))
    job = await service.get(claimed.id)
    assert [(each.number, each.error.reason) for each in job.attempts] == [(1, "BUSY"), (2, "WRONG")]
    assert job.error == pb.Failure(reason="WRONG", message=WRONG.message, retryable=False)
    assert job.attempts[1].start_time == job.start_time
    assert job.etag != before.etag


async def test_h36_neither_input_nor_what_went_wrong_is_told(service: Service, tmp_path: object) -> None:
    given = f'{{"notes": "{tmp_path}/secret-notes"}}'.encode()
    claimed = await service.stage.running(input=given)

    async def write(_report: object) -> bool:
        return True

    outcome = await Execution(Action(QUICK, broken), Context(claimed, write, lambda: None)).outcome()
    assert isinstance(outcome, Failed)
    await service.stage.finish(claimed, Failed(outcome.failure, None))
    job = await service.get(claimed.id)
    assert (job.status, job.error.reason) == (pb.Job.STATUS_ERROR, "INTERNAL")
    for answer in (job, (await service.watch("ann", job.id).rest())[-1]):
        assert not [word for word in (b"secret", b"Traceback", b"ValueError") if word in answer.SerializeToString()]


async def finish_after(service: Service, claimed: Claimed, hinted: bool) -> None:
    """End a job as soon as somebody waits for it."""
    await service.waited_for()
    await service.stage.finish(claimed, Done(NOTHING_FOUND))
    if hinted:
        service.hint(claimed.id)


@pytest.mark.parametrize(("hinted", "longest"), [(True, 0.9), (False, 5.0)])
async def test_waiting_ends_with_the_job(service: Service, hinted: bool, longest: float) -> None:
    claimed = await service.stage.running()
    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(service.get(claimed.id, wait=30))
        group.create_task(finish_after(service, claimed, hinted))
    assert waiting.result().status == pb.Job.STATUS_COMPLETE
    assert time.monotonic() - started < longest
    await service.waited_for(0)


async def test_waiting_ends_with_its_time(service: Service) -> None:
    claimed = await service.stage.running()
    started = time.monotonic()
    assert (await service.get(claimed.id, wait=0.2)).status == pb.Job.STATUS_RUNNING
    assert 0.2 <= time.monotonic() - started < 10
    # What nobody told is seen at the end all the same.
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(service.get(claimed.id, wait=0.3))
        group.create_task(finish_after(service, claimed, hinted=False))
    assert waiting.result().status == pb.Job.STATUS_COMPLETE


async def test_waiting_leaves_time_to_answer(service: Service) -> None:
    id_ = await running(service.stage)
    request = pb.GetJobRequest(job_id=str(id_))
    request.wait.FromSeconds(30)
    assert (await service.ask("ann", request, seconds=0.8)).status == pb.Job.STATUS_RUNNING
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(service.ask("ann", request, seconds=None))
        await service.waited_for()
        service.parts.watch.drain()
    assert waiting.result().status == pb.Job.STATUS_RUNNING


@pytest.mark.parametrize("seconds", [-1, 31])
async def test_waiting_has_bounds(service: Service, seconds: int) -> None:
    request = pb.GetJobRequest(job_id=str(uuid.uuid4()))
    request.wait.seconds = seconds
    assert (await service.refused("ann", request)).reason == "VALIDATION_FAILED"


CANCELED_ALREADY: list[tuple[Making, str]] = [
    (pending, "CANCELED"),
    (waiting_again, "CANCELED"),
    (running, "CANCELING"),
    (canceling, "CANCELING"),
    (canceled, "CANCELED"),
    (archived, "CANCELED"),
    (failed, "ERROR"),
]


@pytest.mark.parametrize(("made", "after"), CANCELED_ALREADY, ids=lambda each: getattr(each, "__name__", ""))
async def test_d06_cancel_in_every_state(service: Service, made: Making, after: str) -> None:
    id_ = await made(service.stage)
    for _ in range(2):
        await service.ask("ann", pb.CancelJobRequest(job_id=str(id_)))
        assert pb.Job.Status.Name((await service.get(id_)).status) == f"STATUS_{after}"


@pytest.mark.parametrize("made", [complete, expired], ids=lambda each: each.__name__)
async def test_d06_what_is_complete_cannot_be_canceled(service: Service, made: Making) -> None:
    id_ = await made(service.stage)
    before = await service.get(id_)
    refused = await service.refused("ann", pb.CancelJobRequest(job_id=str(id_)))
    assert (refused.code, refused.reason) == (INVALID, "JOB_COMPLETE")
    assert await service.get(id_) == before


async def test_canceling_tells_who_waits(service: Service) -> None:
    id_ = await pending(service.stage)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(service.get(id_, wait=30))
        await service.waited_for()
        started = time.monotonic()
        await service.ask("ann", pb.CancelJobRequest(job_id=str(id_)))
    assert waiting.result().status == pb.Job.STATUS_CANCELED
    assert time.monotonic() - started < 0.9
