"""WatchJob through a real server: a snapshot, every change once and in order, the end last; and what may go wrong."""

import asyncio
import time
import uuid
from typing import Any

import grpc
import pytest
from sqlalchemy import text

from cairn.jobs.v1 import jobs_pb2 as pb
from chassis import watch
from chassis.database import DatabaseAway, DatabaseFault, Statement
from services.jobs import store, store_upkeep
from services.jobs.domain import Claimed, Progress
from services.jobs.store_lease import Done, Failed, Report, progress
from tests.services.jobs.client import Service
from tests.services.jobs.stage import ANN, BUSY, WRONG

OVER = Statement(text("update jobs.jobs set archive_at = created_at"))
Event, Job = pb.JobEvent, pb.Job
SNAPSHOT, STATUS, PROGRESS, DONE = Event.EVENT_SNAPSHOT, Event.EVENT_STATUS, Event.EVENT_PROGRESS, Event.EVENT_DONE


async def report(service: Service, claimed: Claimed, number: int) -> None:
    """Say how far a job is."""
    said = Report(Progress(number, 1000, "counting"))
    assert await progress(service.stage.database, claimed.id, claimed.token, said)
    service.hint(claimed.id)


async def end(service: Service, claimed: Claimed, outcome: Any = None) -> None:
    """End an attempt."""
    await service.stage.finish(claimed, outcome or Done(b""))
    service.hint(claimed.id)


async def lived(service: Service) -> uuid.UUID:
    """A job that was tried, said something, failed, was tried again, and is complete: seven events."""
    first = await service.stage.running()
    await report(service, first, 1)
    await end(service, first, Failed(BUSY, 0.0))
    [second] = await service.stage.claim()
    await report(service, second, 2)
    await end(service, second)
    return second.id


def tokens(events: list[pb.JobEvent]) -> list[int]:
    """Where each event stands."""
    return [int(event.resume_token) for event in events]


async def test_a_job_is_watched_from_its_beginning_to_its_end(service: Service) -> None:
    id_ = await service.stage.pending()
    stream = service.watch("ann", id_)
    snapshot = await stream.next()
    assert (snapshot.event, snapshot.gap, snapshot.job) == (SNAPSHOT, False, await service.get(id_))
    [claimed] = await service.stage.claim()
    service.hint(id_)
    began = await stream.next()
    assert (began.event, began.job) == (STATUS, Job(id=str(id_), kind="quick", status=Job.STATUS_RUNNING, attempt=1))
    await report(service, claimed, 5)
    said = await stream.next()
    assert (said.event, said.job.progress) == (PROGRESS, pb.Progress(current=5, total=1000, message="counting"))
    await end(service, claimed, Failed(BUSY, 0.0))
    failed = await stream.next()
    assert (failed.event, failed.job.status, failed.job.error.reason) == (STATUS, Job.STATUS_PENDING, "BUSY")
    [again] = await service.stage.claim()
    await end(service, again)
    *_, done = rest = await stream.rest()
    assert [event.event for event in rest] == [STATUS, DONE]
    assert (done.job, done.gap) == (await service.get(id_), False)
    assert tokens([snapshot, began, said, failed, *rest]) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("outcome", [Failed(WRONG, None), None], ids=["failed", "canceled"])
async def test_every_end_is_told(service: Service, outcome: Any) -> None:
    claimed = await service.stage.running()
    stream = service.watch("ann", claimed.id)
    await stream.next()
    if outcome is None:
        await service.ask("ann", pb.CancelJobRequest(job_id=str(claimed.id)))
        assert (await stream.next()).job.status == Job.STATUS_CANCELING
        outcome = Failed(BUSY, 1.0)
    await end(service, claimed, outcome)
    [done] = await stream.rest()
    assert (done.event, done.job) == (DONE, await service.get(claimed.id))


async def test_a_reader_who_comes_back_hears_exactly_the_rest(service: Service) -> None:
    id_ = await lived(service)
    events = await service.watch("ann", id_, "0").rest()
    assert tokens(events) == [1, 2, 3, 4, 5, 6, 7]
    assert [event.event for event in events] == [STATUS, STATUS, PROGRESS, STATUS, STATUS, PROGRESS, DONE]
    assert not [event for event in events if event.gap]
    for event in events:
        rest = await service.watch("ann", id_, event.resume_token).rest()
        assert rest == [*events[int(event.resume_token) :]] or (event is events[-1] and rest == [event])


async def test_who_comes_late_sees_the_job_and_its_end(service: Service) -> None:
    id_ = await lived(service)
    snapshot, done = await service.watch("ann", id_).rest()
    assert (snapshot.event, done.event, snapshot.job) == (SNAPSHOT, DONE, done.job)
    assert not snapshot.gap
    assert not done.gap


async def test_a_long_story_is_told_whole(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 3600.0)  # what is there needs no second look
    claimed = await service.stage.running()
    for number in range(250):
        said = Report(Progress(number))
        await progress(service.stage.database, claimed.id, claimed.token, said)
    stream = service.watch("ann", claimed.id, "1")
    events = [await stream.next() for _ in range(251)]
    await end(service, claimed)
    events += await stream.rest()
    assert tokens(events) == list(range(2, 254))
    assert [event.job.progress.current for event in events[1:-1]] == list(range(250))
    assert await service.watch("ann", claimed.id, "1").rest() == events


@pytest.mark.parametrize("token", ["8", "x", "-1", "1.5", "٣", "9" * 64])
async def test_a_token_that_leads_nowhere_begins_anew_and_says_so(service: Service, token: str) -> None:
    id_ = await lived(service)
    snapshot, done = await service.watch("ann", id_, token).rest()
    assert (snapshot.event, snapshot.gap, done.gap) == (SNAPSHOT, True, False)
    assert snapshot.job == await service.get(id_)


async def test_what_was_archived_is_told_as_far_as_it_is_known(service: Service) -> None:
    stage = service.stage
    id_ = await stage.pending()
    open_one = service.watch("ann", id_)
    first = await open_one.next()
    async with stage.database.begin() as queries:
        await store.cancel(queries, ANN, id_)
        await queries.rows(OVER)
        assert await store_upkeep.put_away(queries, 10) == 1
    [done] = await open_one.rest()
    assert (done.event, done.gap, done.job) == (DONE, True, await service.get(id_))
    snapshot, done = await service.watch("ann", id_, first.resume_token).rest()
    assert (snapshot.event, snapshot.gap, done.event, done.gap) == (SNAPSHOT, True, DONE, False)
    [again] = await service.watch("ann", id_, done.resume_token).rest()
    assert again == done


async def test_a_hint_is_fast_and_without_it_the_next_second_shows(service: Service) -> None:
    stage = service.stage
    id_ = await stage.pending()
    stream = service.watch("ann", id_)
    await stream.next()
    await service.waited_for()
    for hinted, longest in ((True, 0.9), (False, 5.0)):
        started = time.monotonic()
        [claimed] = await stage.claim()
        if hinted:
            service.hint(id_)
        await stream.next()
        assert time.monotonic() - started < longest
        await stage.finish(claimed, Failed(BUSY, 0.0))
        await stream.next()


async def test_no_fault_of_the_database_ends_the_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.001)
    faults = [DatabaseFault(), DatabaseAway(), DatabaseFault()]

    async def latest(_: object) -> dict[uuid.UUID, int]:
        if faults:
            raise faults.pop()
        return {}

    watched = watch.Watch(latest)
    looking = asyncio.create_task(watched.run())
    with watched.waiting(ANN, uuid.uuid4()) as waiting:
        async with asyncio.timeout(5):
            await waiting.change()
    assert (faults, looking.done()) == ([], False)
    looking.cancel()


async def test_two_hundred_hear_the_same(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MAX_STREAMS", 200)
    claimed = await service.stage.running()
    streams = [service.watch("ann", claimed.id, "2") for _ in range(200)]
    await service.waited_for(200)
    started = time.monotonic()
    for number in range(20):
        await report(service, claimed, number)
    await end(service, claimed)
    told = await asyncio.gather(*(stream.rest(30) for stream in streams))
    assert time.monotonic() - started < 25
    assert tokens(told[0]) == list(range(3, 24))
    assert all(events == told[0] for events in told)
    await service.waited_for(0)


async def test_who_leaves_is_forgotten(service: Service) -> None:
    id_ = await service.stage.pending()
    streams = [service.watch("ann", id_) for _ in range(3)]
    for stream in streams:
        await stream.next()
    await service.waited_for(3)
    for stream in streams[1:]:
        stream.call.cancel()
    await service.waited_for(1)
    await service.ask("ann", pb.CancelJobRequest(job_id=str(id_)))
    assert [event.event for event in await streams[0].rest()] == [DONE]


async def test_nobody_has_more_streams_and_waits_than_they_may(service: Service) -> None:
    mine, theirs = await service.stage.pending(), await service.stage.pending("bob")
    streams = [service.watch("ann", mine) for _ in range(19)]
    waiting = asyncio.create_task(service.get(mine, wait=30))
    await service.waited_for(20)
    asked = pb.GetJobRequest(job_id=str(mine))
    asked.wait.FromSeconds(1)
    for request in (pb.WatchJobRequest(job_id=str(mine)), asked):
        refused = await service.refused("ann", request)
        assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS")
    assert (await service.get(mine)).status == Job.STATUS_PENDING
    other = service.watch("bob", theirs)
    await other.next()
    streams[0].call.cancel()
    await service.waited_for(20)
    late = service.watch("ann", mine)
    assert (await late.next()).event == SNAPSHOT
    await service.ask("ann", pb.CancelJobRequest(job_id=str(mine)))
    assert (await waiting).status == Job.STATUS_CANCELED
    assert [event.event for event in await late.rest()] == [DONE]
    await service.waited_for(1)
    assert [event.event for event in await service.watch("ann", mine).rest()] == [SNAPSHOT, DONE]


async def test_a_server_that_stops_sends_readers_elsewhere(service: Service) -> None:
    id_ = await service.stage.pending()
    stream = service.watch("ann", id_)
    token = (await stream.next()).resume_token
    service.parts.watch.drain()
    refused = await stream.refusal(1)
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "DRAINING")
    late = service.watch("ann", id_, token)
    assert (await late.refusal(1)).reason == "DRAINING"
    await service.stage.cancel(id_)
    assert [event.event for event in await service.watch("ann", id_, token).rest(1)] == [DONE]
