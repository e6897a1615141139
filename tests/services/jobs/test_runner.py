"""What a worker makes of jobs: outcomes, tries, steps, progress, cancellation and drain, in this process."""

import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from services.jobs import store_events
from services.jobs.domain import (
    INTERNAL,
    RESULT_TOO_LARGE,
    TIMEOUT,
    Owner,
    Progress,
    Status,
    Step,
    StepStatus,
)
from services.jobs.domain_views import EventKind
from tests.services.jobs.children import AWAY
from tests.services.jobs.crew import ANN, Crew, assembled, until
from tests.services.jobs.standins import BAD, RESTED, result
from tests.services.jobs.test_child import gone

EVERYTHING = """
select j::text from jobs.jobs j
union all select a::text from jobs.attempts a
union all select e::text from jobs.events e
"""


@pytest.fixture
async def crew(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Crew]:
    """Nobody yet."""
    async with assembled(database_url, redis_url, tmp_path) as crew:
        yield crew


async def test_a_job_runs_once_to_its_result(crew: Crew) -> None:
    id_ = await crew.add("nap")
    other = await crew.add("elsewhere")
    async with crew.runner():
        job = await crew.ended(id_)
    assert (job.status, job.result, job.attempt, job.error) == (Status.COMPLETE, RESTED, 1, None)
    assert crew.notes(id_) == ["begin 1", "end 1"]
    assert [attempt.error for attempt in job.attempts] == [None]
    assert (await crew.job(other)).status is Status.PENDING


async def test_what_may_help_is_tried_again_after_a_while(crew: Crew) -> None:
    id_ = await crew.add("flaky", times=2)
    async with crew.runner():
        waiting = await crew.failed_once(id_)
        assert waiting.error == AWAY
        job = await crew.ended(id_)
    assert (job.status, job.result) == (Status.COMPLETE, result("at last"))
    first, second, third = job.attempts
    assert [first.error, second.error, third.error] == [AWAY, AWAY, None]
    for delay, before, after in ((1.0, first, second), (2.0, second, third)):
        waited = (after.started_time - before.ended_time).total_seconds()
        assert 0.9 * delay <= waited <= 1.1 * delay + 0.2


async def test_the_other_side_may_say_when_to_come_back(crew: Crew) -> None:
    id_ = await crew.add("flaky", times=2, retry_after=0.3)
    async with crew.runner():
        job = await crew.ended(id_)
    gaps = [after.started_time - before.ended_time for before, after in pairwise(job.attempts)]
    assert len(gaps) == 2
    assert all(0.3 <= gap.total_seconds() <= 0.5 for gap in gaps)


async def test_three_tries_are_all_there_are(crew: Crew) -> None:
    id_ = await crew.add("flaky", times=9, retry_after=0)
    async with crew.runner():
        job = await crew.ended(id_)
    assert (job.status, job.error, len(job.attempts)) == (Status.ERROR, AWAY, 3)
    assert crew.notes(id_) == ["begin 1", "begin 2", "begin 3"]


async def test_what_cannot_help_is_not_tried_again(crew: Crew) -> None:
    bad, late = await crew.add("bad"), await crew.add("hurried", seconds=60)
    most, too_much = await crew.add("large", size=1 << 20), await crew.add("large", size=(1 << 20) + 1)
    garbled = await crew.add("garbled")
    async with crew.runner():
        ends = [await crew.ended(each) for each in (bad, late, most, too_much, garbled)]
    assert [job.error for job in ends] == [BAD, TIMEOUT, None, RESULT_TOO_LARGE, INTERNAL]
    assert [job.attempt for job in ends] == [1, 1, 1, 1, 1]
    assert len(ends[2].result or b"") == 1 << 20
    assert crew.notes(late) == ["begin 1", "cancelled 1"]


async def test_a_mistake_of_ours_is_told_to_the_log_alone(crew: Crew, database_url: str) -> None:
    id_ = await crew.add("broken")
    with capture_logs() as logs:
        async with crew.runner():
            job = await crew.failed_once(id_)
    assert job.error == INTERNAL
    [line] = [line for line in logs if line["log_level"] == "error"]
    assert (line["job"], type(line["exc_info"])) == (str(id_), ValueError)
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(EVERYTHING)
    assert len(rows) == 5  # the job, its try, and three events
    assert not [row for row in rows if "secret" in row[0]]
    await connection.close()


async def test_progress_is_told_four_times_a_second_and_the_last_of_it_always(crew: Crew) -> None:
    quick, slow = await crew.add("count", total=10_000), await crew.add("count", total=40, pause=0.02)
    async with crew.runner():
        jobs = [await crew.ended(each) for each in (quick, slow)]
    for job, total in zip(jobs, (10_000, 40), strict=True):
        assert job.progress == Progress(total, total, "counting")
        events = await store_events.after(crew.database, ANN, job.id, 0, 100)
        said = [event for event in events if event.kind is EventKind.PROGRESS]
        counts = [event.progress.current for event in said if event.progress]
        assert counts == sorted(set(counts))
        assert counts[-1] == total
        apart = [after.at - before.at for before, after in pairwise(said[:-1])]
        assert all(gap.total_seconds() > 0.24 for gap in apart)
        assert len(said) > 3 or job.id == quick


async def test_a_step_that_is_done_is_not_done_again(crew: Crew) -> None:
    id_ = await crew.add("walk")
    async with crew.runner():
        waiting = await crew.failed_once(id_)
        job = await crew.ended(id_)
    assert crew.notes(id_) == ["begin 1", "first 1", "second 1", "begin 2", "second 2"]
    assert job.result == result('{"attempt": 1}')
    done, skipped = StepStatus.DONE, StepStatus.SKIPPED
    assert job.steps == (Step("first", done), Step("second", done), Step("third", skipped, "NOT_NEEDED"))
    assert waiting.steps == (Step("first", done), Step("second", StepStatus.FAILED, AWAY.reason), Step("third"))


@pytest.mark.parametrize("told", [True, False], ids=["told", "found by the heartbeat"])
async def test_a_cancelled_job_stops_long_before_its_end(crew: Crew, told: bool) -> None:
    id_ = await crew.add("nap", seconds=60)
    async with crew.runner(beat=30 if told else 0.5):
        await crew.begun(id_)
        started = time.monotonic()
        await crew.cancel(id_, tell=told)
        assert (await crew.ended(id_)).status is Status.CANCELED
        assert time.monotonic() - started < 5
    assert crew.notes(id_) == ["begin 1", "cancelled 1"]


async def test_what_a_cancelled_action_returns_does_not_count(crew: Crew) -> None:
    id_ = await crew.add("stubborn")
    async with crew.runner():
        await crew.begun(id_)
        await crew.cancel(id_)
        job = await crew.ended(id_)
    assert (job.status, job.result) == (Status.CANCELED, None)


async def test_a_hint_alone_stops_nothing(crew: Crew) -> None:
    id_ = await crew.add("nap", seconds=1)
    async with crew.runner():
        await crew.begun(id_)
        for _ in range(5):
            crew.hints.tell(id_, Status.CANCELING)
        assert (await crew.ended(id_)).status is Status.COMPLETE


async def test_a_cancelled_child_is_killed(crew: Crew) -> None:
    pids = crew.folder / "pids"
    id_ = await crew.add("crunch", pids=str(pids))
    async with crew.runner():
        await until(pids.exists)
        started = time.monotonic()
        await crew.cancel(id_)
        assert (await crew.ended(id_)).status is Status.CANCELED
        assert time.monotonic() - started < 5
    assert all(gone(int(pid)) for pid in pids.read_text().split())


async def test_a_ring_is_answered_at_once(crew: Crew) -> None:
    async with crew.runner() as runner:
        await until(lambda: runner._wake.is_set() is False)
        for _ in range(5):
            id_ = await crew.add("nap")
            await runner.rung()
            job = await crew.ended(id_)
            assert job.started_time is not None
            assert (job.started_time - job.created_time).total_seconds() < 0.9


async def test_more_than_there_is_room_for_waits_for_a_slot_and_not_for_a_look(crew: Crew) -> None:
    ids = [await crew.add("nap", Owner("w", f"user-{number}"), seconds=0.1) for number in range(12)]
    async with crew.runner(slots=2) as runner:
        await crew.begun(ids[0])
        assert not runner._room.is_set()
        started = time.monotonic()
        await until(lambda: all("end 1" in crew.notes(each) for each in ids))
        assert time.monotonic() - started < 5


async def test_a_drain_lets_what_is_short_end_and_hands_the_rest_back_uncounted(crew: Crew) -> None:
    short, long = await crew.add("nap", seconds=0.3), await crew.add("nap", seconds=60)
    async with crew.runner(drain=0.6):
        await crew.begun(short)
        await crew.begun(long)
    left = await crew.job(long)
    assert (await crew.job(short)).status is Status.COMPLETE
    assert (left.status, left.attempt, left.attempts) == (Status.PENDING, 0, ())
    async with crew.runner():
        await until(lambda: crew.notes(long)[-1] == "begin 1")
    assert crew.notes(long)[:3] == ["begin 1", "cancelled 1", "begin 1"]


async def test_a_lost_job_is_stopped_and_its_outcome_dropped(crew: Crew, database_url: str) -> None:
    id_ = await crew.add("stubborn")
    async with crew.runner():
        await crew.begun(id_)
        connection = await asyncpg.connect(database_url)
        await connection.execute("update jobs.jobs set lease_token = gen_random_uuid() where id = $1", id_)
        await until(lambda: crew.notes(id_) == ["begin 1", "cancelled 1"])
        assert (await crew.job(id_)).status is Status.RUNNING
        await connection.close()


async def test_an_action_that_does_not_stop_does_not_hold_up_the_rest(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.jobs.execution.STOP_SECONDS", 0.3)
    id_ = await crew.add("deaf")
    with capture_logs() as logs:
        async with crew.runner(slots=1):
            await crew.begun(id_)
            await crew.cancel(id_)
            assert (await crew.ended(id_)).status is Status.CANCELED
            assert (await crew.ended(await crew.add("nap"))).status is Status.COMPLETE
            (crew.folder / str(id_)).unlink()
    assert "the action does not stop" in [line["event"] for line in logs]


async def test_an_outcome_that_cannot_be_stored_is_a_mistake_of_ours(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.jobs.encode.check_result", lambda _: None)
    monkeypatch.setattr("tests.services.jobs.standins.RESTED", "no bytes")
    id_ = await crew.add("nap")
    async with crew.runner():
        job = await crew.failed_once(id_)
    assert job.error == INTERNAL
