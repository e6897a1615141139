"""JobsAdminService through a real server: what operators see and do, in their workspace only."""

import asyncio
import uuid
from typing import Any

import grpc
import pytest

from cairn.jobs.v1 import admin_pb2 as pb
from cairn.jobs.v1 import jobs_pb2
from services.jobs.domain import Queue
from services.jobs.store_lease import Done, Failed
from tests.services.jobs.client import Service
from tests.services.jobs.library import Library, Model, conversation, message
from tests.services.jobs.stage import BUSY, SLOW

Job = jobs_pb2.Job
INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND


async def letters(service: Service, workspace: str = "w", **wanted: Any) -> list[pb.DeadLetter]:
    """The dead letters, read page by page."""
    found: list[pb.DeadLetter] = []
    token = ""
    while True:
        request = pb.ListDeadLettersRequest(page_token=token, **wanted)
        page = await service.ask(service.operator(workspace), request)
        found += page.dead_letters
        assert page.dead_letters or not token, "a token led to nothing"
        token = page.next_page_token
        if not token:
            return found


async def ended(service: Service, workspace: str = "w", **wanted: Any) -> list[str]:
    """The ids of jobs that have ended, read page by page."""
    found, token = [], ""
    while True:
        request = pb.ListArchivedJobsRequest(page_token=token, **wanted)
        page = await service.ask(service.operator(workspace), request)
        found += [job.id for job in page.jobs]
        assert page.jobs or not token, "a token led to nothing"
        token = page.next_page_token
        if not token:
            return found


@pytest.mark.parametrize(
    "request_",
    [
        pb.GetQueueStatsRequest(),
        pb.ListArchivedJobsRequest(),
        pb.ListDeadLettersRequest(),
        pb.RedriveDeadLetterRequest(job_id=str(uuid.uuid4())),
        pb.RedriveDeadLettersRequest(),
        pb.PurgeDeadLetterRequest(job_id=str(uuid.uuid4())),
    ],
    ids=lambda each: type(each).__name__,
)
async def test_people_may_not(service: Service, request_: Any) -> None:
    refused = await service.refused("ann", request_)
    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SERVICE_ONLY")


async def test_the_queues_are_counted(service: Service) -> None:
    stage = service.stage
    await stage.dead()
    delayed, _ = await stage.running(), await stage.running("bob")
    await stage.finish(delayed, Failed(BUSY, 100.0))
    await stage.pending()
    await stage.pending(kind=SLOW)
    await stage.pass_(50)
    stats = await service.ask(service.operator("anywhere"), pb.GetQueueStatsRequest())
    quick, slow = stats.kinds
    assert (quick.kind, quick.queue, slow.kind, slow.queue) == ("quick", "interactive", "slow", "bulk")
    counts = (quick.waiting_count, quick.delayed_count, quick.running_count, quick.dead_letter_count)
    assert counts == (1, 1, 1, 1)
    assert 50 <= quick.oldest_due_seconds < 60
    assert (slow.waiting_count, slow.running_count, slow.dead_letter_count) == (1, 0, 0)


async def test_how_jobs_ended_lately_is_counted(service: Service) -> None:
    stage = service.stage
    await stage.ended(Done(b""))
    await stage.pass_(3700)
    await stage.ended(Done(b""))
    await stage.ended(Done(b""))
    await stage.dead()
    await stage.cancel(await stage.pending())
    [quick] = (await service.ask(service.operator(), pb.GetQueueStatsRequest())).kinds
    assert (quick.complete_count, quick.error_count, quick.canceled_count) == (2, 1, 1)
    assert (quick.waiting_count, quick.dead_letter_count, quick.oldest_due_seconds) == (0, 1, 0)


async def test_many_dead_letters_are_redriven(service: Service) -> None:
    stage, who = service.stage, service.operator()
    dead = [str(await stage.dead(user)) for user in ("ann", "bob", "eve")]
    slow = await stage.running("ann", SLOW)
    await stage.finish(slow, Failed(BUSY, None))
    assert not (await service.ask(service.operator("elsewhere"), pb.RedriveDeadLettersRequest())).job_ids
    named = pb.RedriveDeadLettersRequest(job_ids=[dead[2], str(uuid.uuid4())])
    first, again = [await service.ask(who, named) for _ in range(2)]
    assert (first.requested_count, list(first.job_ids)) == (1, list(again.job_ids))
    assert [letter.job.id for letter in await letters(service)] == [str(slow.id), dead[1], dead[0]]
    oldest = await service.ask(who, pb.RedriveDeadLettersRequest(kind="quick", count=1))
    assert (await service.get(oldest.job_ids[0])).retried_from == dead[0]
    rest = await service.ask(who, pb.RedriveDeadLettersRequest())
    assert (rest.requested_count, await letters(service)) == (2, [])
    assert len((await service.get(dead[0])).attempts) == 1


async def test_the_messages_that_wait_for_the_model_are_counted(service: Service) -> None:
    library = Library(service.parts.database)
    library.model = Model(service.parts.embedder.model)
    library.model.refused = "poison"
    await library.feed(conversation("general"), message("m1", "Lunch?"), message("m2", "poison"))
    await library.read()
    await library.feed(message("m3", "pizza"))
    stats = await service.ask(service.operator(), pb.GetQueueStatsRequest())
    counts = (stats.message_count, stats.unembedded_count, stats.refused_message_count)
    assert (counts, list(stats.kinds)) == ((3, 1, 1), [])


async def test_what_has_ended_is_listed_wherever_it_is(service: Service) -> None:
    stage = service.stage
    old = str(await stage.ended(Done(b"")))
    await stage.pass_(3600)
    await stage.put_away(uuid.UUID(old))
    young, failed = str(await stage.ended(Done(b""), "bob")), str(await stage.dead())
    await stage.pending()
    for size in (0, 1, 2):
        assert await ended(service, page_size=size) == [failed, young, old]
    assert await ended(service, status=Job.STATUS_ERROR) == [failed]
    assert await ended(service, status=Job.STATUS_EXPIRED, kind="quick") == [old]
    assert await ended(service, kind="slow") == []
    assert await ended(service, "elsewhere") == []


async def test_dead_letters_are_listed(service: Service) -> None:
    stage = service.stage
    first, second = [str(await stage.dead(user)) for user in ("ann", "bob")]
    slow = await stage.running("eve", SLOW)
    await stage.finish(slow, Failed(BUSY, None))
    await stage.ended(Done(b""))
    found = await letters(service, page_size=1)
    assert [letter.job.id for letter in found] == [str(slow.id), second, first]
    assert [letter.user_id for letter in found] == ["eve", "bob", "ann"]
    assert found[2].job.error.reason == "BUSY"
    assert found[2].fail_time == found[2].job.end_time
    assert not found[2].HasField("redriven_as")
    assert [letter.job.id for letter in await letters(service, kind="slow")] == [str(slow.id)]
    assert await letters(service, "elsewhere") == []


async def test_a_page_token_is_good_for_one_list(service: Service) -> None:
    for _ in range(2):
        await service.stage.dead()
    tokens = [
        (await service.ask(service.operator(), request)).next_page_token
        for request in (pb.ListDeadLettersRequest(page_size=1), pb.ListArchivedJobsRequest(page_size=1))
    ]
    lists = (pb.ListArchivedJobsRequest, pb.ListDeadLettersRequest)
    for token, own, other in zip(tokens, lists[::-1], lists, strict=True):
        wrong = [
            (service.operator(), other(page_token=token)),
            (service.operator(), own(page_token=token, kind="quick")),
            (service.operator("elsewhere"), own(page_token=token)),
        ]
        for who, request in wrong:
            refused = await service.refused(who, request)
            assert (refused.code, refused.reason) == (INVALID, "PAGE_TOKEN_INVALID")


async def test_a_dead_letter_is_redriven_once(service: Service) -> None:
    stage = service.stage
    dead = str(await stage.dead())
    request = pb.RedriveDeadLetterRequest(job_id=dead)
    answers = await asyncio.gather(*(service.ask(service.operator(), request) for _ in range(5)))
    assert len({answer.redriven_as for answer in answers}) == 1
    assert answers[0].job.id == dead
    assert await letters(service) == []
    again = await service.get(answers[0].redriven_as)
    assert (again.status, again.kind, again.retried_from) == (Job.STATUS_PENDING, "quick", dead)
    assert (await service.get(dead)).status == Job.STATUS_ERROR
    [claimed] = await stage.claim(5)
    assert (str(claimed.id), claimed.owner.user) == (again.id, "ann")


async def test_what_is_no_dead_letter_is_not_redriven(service: Service) -> None:
    stage = service.stage
    dead, complete = await stage.dead(), await stage.ended(Done(b""))
    tries = [(complete, "w"), (uuid.uuid4(), "w"), (dead, "elsewhere")]
    for id_, workspace in tries:
        request = pb.RedriveDeadLetterRequest(job_id=str(id_))
        refused = await service.refused(service.operator(workspace), request)
        assert (refused.code, refused.reason) == (NOT_FOUND, "JOB_NOT_FOUND")
    assert len(await letters(service)) == 1


async def test_a_dead_letter_is_purged(service: Service) -> None:
    dead = str(await service.stage.dead())
    await service.ask(service.operator("elsewhere"), pb.PurgeDeadLetterRequest(job_id=dead))
    assert len(await letters(service)) == 1
    for _ in range(2):
        await service.ask(service.operator(), pb.PurgeDeadLetterRequest(job_id=dead))
    assert await letters(service) == []
    assert await ended(service) == [dead]
    refused = await service.refused(service.operator(), pb.RedriveDeadLetterRequest(job_id=dead))
    assert refused.reason == "JOB_NOT_FOUND"


async def test_what_is_redriven_rings(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Queue] = []

    async def ring(queue: Queue) -> None:
        rung.append(queue)

    monkeypatch.setitem(service.parts.effects.__dict__, "ring", ring)
    dead = await service.stage.dead()
    await service.ask(service.operator(), pb.RedriveDeadLetterRequest(job_id=str(dead)))
    assert rung == [Queue.INTERACTIVE]
    for _ in range(2):
        await service.ask("ann", jobs_pb2.RetryJobRequest(job_id=str(dead), request_id="r"))
        assert rung == [Queue.INTERACTIVE] * 2
