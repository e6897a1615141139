"""Workers and their leases: every transition that they make, and what is refused."""

import uuid

import pytest

from services.jobs import store, store_events, store_lease
from services.jobs.domain import (
    CANCELED,
    INTERNAL,
    MAX_RESULT_BYTES,
    RESULT_TOO_LARGE,
    Kind,
    Progress,
    Queue,
    Status,
    Step,
    StepStatus,
)
from services.jobs.store_lease import Beat, Done, Failed, Outcome, Report, Stopped
from tests.services.jobs.stage import ANN, BUSY, QUICK, SLOW, WRONG, Stage


async def test_a_claimed_job_runs_and_completes(stage: Stage) -> None:
    claimed = await stage.running(input=b"in", traceparent="trace")
    assert (claimed.input, claimed.owner, claimed.attempt, claimed.traceparent) == (b"in", ANN, 1, "trace")
    running = await stage.job(claimed.id)
    assert (running.status, running.attempt, running.attempts, running.result) == (Status.RUNNING, 1, (), None)
    assert running.started_time
    assert running.started_time >= running.created_time
    assert await stage.finish(claimed) is Status.COMPLETE
    job = await stage.job(claimed.id)
    assert (job.status, job.result, job.error, job.next_run_time, job.seq) == (
        *(Status.COMPLETE, b"result", None, None),
        3,
    )
    assert job.completed_time
    assert job.result_expires_time
    assert (job.result_expires_time - job.completed_time).total_seconds() == QUICK.result_seconds
    assert [(each.number, each.error) for each in job.attempts] == [(1, None)]


async def test_a_failure_that_may_pass_is_tried_again_after_its_delay(stage: Stage) -> None:
    claimed = await stage.running()
    assert await stage.finish(claimed, Failed(BUSY, 60)) is Status.PENDING
    job = await stage.job(claimed.id)
    assert (job.error, job.attempt, [each.error for each in job.attempts]) == (BUSY, 1, [BUSY])
    assert job.next_run_time
    assert (job.next_run_time - job.attempts[0].ended_time).total_seconds() == pytest.approx(60, abs=0.01)
    assert await stage.claim() == []
    await stage.pass_(59)
    assert await stage.claim() == []
    await stage.pass_(1)
    [again] = await stage.claim()
    assert (again.id, again.attempt, (await stage.job(again.id)).error) == (claimed.id, 2, None)
    assert again.token != claimed.token
    assert await stage.finish(again) is Status.COMPLETE


async def test_the_last_try_that_fails_ends_the_job(stage: Stage) -> None:
    claimed = await stage.running()
    for _ in range(QUICK.max_attempts - 1):
        assert await stage.finish(claimed, Failed(BUSY, 0)) is Status.PENDING
        [claimed] = await stage.claim()
    assert await stage.finish(claimed, Failed(BUSY, 0)) is Status.ERROR
    job = await stage.job(claimed.id)
    assert (job.status, job.error, len(job.attempts), job.next_run_time) == (Status.ERROR, BUSY, 3, None)
    assert await stage.claim() == []


@pytest.mark.parametrize("outcome", [Failed(WRONG, 1), Failed(BUSY, None), Done(b"x" * (MAX_RESULT_BYTES + 1))])
async def test_what_cannot_help_is_not_tried_again(stage: Stage, outcome: Failed | Done) -> None:
    claimed = await stage.running()
    assert await stage.finish(claimed, outcome) is Status.ERROR
    job = await stage.job(claimed.id)
    assert job.error == (outcome.failure if isinstance(outcome, Failed) else RESULT_TOO_LARGE)
    assert (job.attempt, job.result) == (1, None)


async def test_a_result_of_the_largest_size_is_kept(stage: Stage) -> None:
    claimed = await stage.running()
    assert await stage.finish(claimed, Done(b"x" * MAX_RESULT_BYTES)) is Status.COMPLETE
    assert (await stage.job(claimed.id)).result == b"x" * MAX_RESULT_BYTES


@pytest.mark.parametrize("outcome", [Stopped(), Failed(BUSY, 1), Failed(WRONG, None), Done(b"result")])
async def test_a_canceled_job_ends_as_such_whatever_its_worker_says(stage: Stage, outcome: Outcome) -> None:
    claimed = await stage.running()
    assert await stage.cancel(claimed.id) is Status.CANCELING
    assert await stage.finish(claimed, outcome) is Status.CANCELED
    job = await stage.job(claimed.id)
    assert (job.status, job.error, [each.error for each in job.attempts]) == (Status.CANCELED, None, [CANCELED])
    assert (job.result, job.result_expires_time) == (None, None)


async def test_stopping_what_nobody_canceled_is_a_fault(stage: Stage) -> None:
    claimed = await stage.running()
    assert await stage.finish(claimed, Stopped()) is Status.PENDING
    job = await stage.job(claimed.id)
    assert (job.error, [each.error for each in job.attempts]) == (INTERNAL, [INTERNAL])


async def test_a_zombie_is_not_listened_to(stage: Stage) -> None:
    old = await stage.running()
    await stage.finish(old, Failed(BUSY, 0))
    [new] = await stage.claim(name="w2")
    before = await stage.job(new.id)
    assert await stage.finish(old) is None
    assert await store_lease.beat(stage.database, [(old.id, old.token)]) == {}
    assert await store_lease.progress(stage.database, old.id, old.token, Report(Progress(1))) is False
    assert await store_lease.release(stage.database, [(old.id, old.token)]) == 0
    assert await stage.finish(old, Failed(WRONG, None)) is None
    assert await stage.job(new.id) == before
    assert await stage.finish(new) is Status.COMPLETE
    assert await stage.finish(new) is None


async def test_a_beat_keeps_leases_and_brings_cancels(stage: Stage) -> None:
    jobs = [await stage.running("ann"), await stage.running("bob"), await stage.running("cid")]
    held = [(job.id, job.token) for job in jobs]
    await stage.pass_(10)
    await stage.cancel(jobs[1].id, "bob")
    await stage.finish(jobs[2])
    beats = await store_lease.beat(stage.database, [*held, (jobs[0].id, uuid.uuid4())])
    assert beats == {jobs[0].token: Beat.HELD, jobs[1].token: Beat.CANCELING}
    left = await stage.sql(
        "select extract(epoch from lease_until - now())::float from jobs.jobs where lease_token is not null"
    )
    assert all(14.5 < row[0] <= 15 for row in left)
    assert await store_lease.beat(stage.database, []) == {}


async def test_progress_is_kept_and_told(stage: Stage) -> None:
    claimed = await stage.running()
    step = Step("fetch", StepStatus.RUNNING)
    said = Report(Progress(1, 2, "half", "fetch"), [step], {"fetch": {"text": "a\0\ud800"}})
    assert await store_lease.progress(stage.database, claimed.id, claimed.token, said)
    assert await store_lease.progress(stage.database, claimed.id, claimed.token, Report(Progress(2, 2, "\0\ud800")))
    job = await stage.job(claimed.id)
    assert (job.progress, job.steps) == (Progress(2, 2, "\N{REPLACEMENT CHARACTER}?"), (step,))
    events = await store_events.after(stage.database, ANN, claimed.id, 2, 10)
    assert [(event.kind, event.status, event.attempt) for event in events] == [("progress", "running", 1)] * 2
    assert [event.progress for event in events] == [Progress(1, 2, "half", "fetch"), job.progress]
    await stage.finish(claimed, Failed(BUSY, 0))
    assert (await stage.job(claimed.id)).progress == job.progress
    [again] = await stage.claim()
    assert again.checkpoint == {"fetch": {"text": "a\0\ud800"}}
    # The next attempt is not where the one before was, but has its steps.
    job = await stage.job(claimed.id)
    assert (job.progress, job.steps) == (None, (step,))


async def test_what_a_stopping_worker_gives_back_was_no_try(stage: Stage) -> None:
    first, second = await stage.running(), await stage.running("bob")
    await stage.finish(second, Failed(BUSY, 0))
    [second] = await stage.claim()
    canceled = await stage.running("cid")
    await stage.cancel(canceled.id, "cid")
    jobs = (first, second, canceled)
    assert await store_lease.release(stage.database, [(job.id, job.token) for job in jobs]) == 3
    job = await stage.job(first.id)
    assert (job.status, job.attempt, job.attempts, job.started_time, job.error) == (Status.PENDING, 0, (), None, None)
    assert [(await stage.job(second.id, "bob")).attempt, await stage.status(canceled.id, "cid")] == [1, "canceled"]
    assert sorted((job.id, job.attempt) for job in await stage.claim(9)) == sorted([(first.id, 1), (second.id, 2)])


async def test_next_due_tells_of_now_and_later(stage: Stage) -> None:
    kinds = (QUICK,)
    assert await store_lease.next_due(stage.database, Queue.INTERACTIVE, kinds) == (False, None)
    claimed = await stage.running()
    await stage.create("ann", SLOW)
    assert await store_lease.next_due(stage.database, Queue.INTERACTIVE, kinds) == (False, None)
    await stage.finish(claimed, Failed(BUSY, 60))
    due, seconds = await store_lease.next_due(stage.database, Queue.INTERACTIVE, kinds)
    assert not due
    assert seconds == pytest.approx(60, abs=1)
    await stage.create()
    assert (await store_lease.next_due(stage.database, Queue.INTERACTIVE, kinds)).due
    other = Kind("other", Queue.INTERACTIVE)
    assert await store_lease.next_due(stage.database, Queue.INTERACTIVE, [other]) == (False, None)


async def test_events_are_the_owners_alone(stage: Stage) -> None:
    claimed = await stage.running()
    await stage.finish(claimed, Failed(BUSY, 1))
    events = await store_events.after(stage.database, ANN, claimed.id, 0, 10)
    assert [(event.seq, event.kind, event.status, event.error) for event in events] == [
        (1, "status", "pending", None),
        (2, "status", "running", None),
        (3, "status", "pending", BUSY),
    ]
    assert await store_events.after(stage.database, ANN, claimed.id, 1, 1) == [events[1]]
    assert await store_events.after(stage.database, ANN._replace(user="bob"), claimed.id, 0, 10) == []
    assert await store_events.latest(stage.database, [claimed.id, uuid.uuid4()]) == {claimed.id: 3}
    assert await store.get(stage.database, ANN._replace(workspace="other"), claimed.id) is None
