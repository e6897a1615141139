"""Worker processes, and everything that may happen to them, to Redis and to PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from services.jobs.domain import POISON, WORKER_LOST, Owner, Status
from tests.chassis.conftest import OwnRedis
from tests.chassis.gate import gated
from tests.services.jobs.crew import Crew, Hand, assembled, until, worker_environ
from tests.services.jobs.test_child import gone


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[OwnRedis]:
    """A running Redis that only this module uses."""
    server = OwnRedis(tmp_path_factory.mktemp("redis"), free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def crew(database_url: str, own_redis: OwnRedis, tmp_path: Path) -> AsyncIterator[Crew]:
    """Nobody yet."""
    async with assembled(database_url, own_redis.server.url, tmp_path) as crew:
        yield crew


@pytest.fixture(scope="module")
def steady(
    database_url: str, own_redis: OwnRedis, tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]
) -> Iterator[Hand]:
    """A worker process that must live through all the tests that use it."""
    environ = worker_environ(database_url, own_redis.server.url, free_port())
    hand = Hand(environ, tmp_path_factory.mktemp("steady") / "log")
    asyncio.run(hand.serving())
    yield hand
    hand.kill()


async def test_what_a_killed_worker_was_at_begins_again_on_an_idle_queue(
    crew: Crew, free_port: Callable[[], int]
) -> None:
    hand = await crew.hand(free_port())
    pids = crew.folder / "pids"
    nap, child = await crew.add("nap", seconds=2), await crew.add("crunch", pids=str(pids))
    await until(pids.exists)
    await crew.begun(nap)
    hand.kill()
    killed = time.monotonic()
    await until(lambda: gone(int(pids.read_text().split()[0])))
    async with crew.runner(), crew.runner():  # of what may have killed its worker, each takes one
        await crew.begun(nap, 2, 6)
        await crew.begun(child, 2, 6)
        assert time.monotonic() - killed < crew.lease + 10
        await crew.cancel(child)
        assert [attempt.error for attempt in (await crew.ended(nap)).attempts] == [WORKER_LOST, None]
        assert (await crew.ended(child)).status is Status.CANCELED


async def test_what_kills_its_worker_twice_is_given_up_and_the_rest_goes_on(
    crew: Crew, free_port: Callable[[], int]
) -> None:
    poison = await crew.add("abort")
    hands = await asyncio.gather(*(crew.hand(free_port(), CAIRN_JOBS_SLOTS=1) for _ in range(2)))
    good = [await crew.add("nap", Owner("w", f"user-{number}"), seconds=0.02) for number in range(30)]
    job = await crew.ended(poison, 10)
    assert (job.error, [attempt.error for attempt in job.attempts]) == (POISON, [WORKER_LOST, POISON])
    assert crew.notes(poison) == ["begin 1", "begin 2"]
    assert not any(hand.lives() for hand in hands)
    async with crew.runner():
        await until(lambda: all("end 1" in crew.notes(each) for each in good))


async def test_a_worker_that_slept_through_its_lease_changes_nothing_more(crew: Crew, steady: Hand) -> None:
    id_ = await crew.add("nap", seconds=1)
    await crew.begun(id_)
    await crew.freeze(steady)
    async with crew.runner():
        await crew.begun(id_, 2, 6)
        steady.thaw()
        job = await crew.ended(id_)
    assert (job.attempt, [attempt.error for attempt in job.attempts]) == (2, [WORKER_LOST, None])
    ends = ("why=LOST", "why=UNRENEWED", "outcome dropped")
    await until(lambda: any(end in steady.log.read_text() for end in ends))
    assert await crew.job(id_) == job
    # It takes part again.
    after = await crew.add("nap")
    assert (await crew.ended(after)).status is Status.COMPLETE
    assert steady.lives()


@pytest.mark.usefixtures("steady")
async def test_a_blocked_worker_keeps_its_jobs(crew: Crew) -> None:
    nap, id_ = await crew.add("nap", seconds=1), await crew.add("block", seconds=2 * crew.lease)
    await crew.begun(id_)
    async with crew.runner():
        jobs = [await crew.ended(each, 3 * crew.lease) for each in (id_, nap)]
    assert [(job.status, job.attempt) for job in jobs] == [(Status.COMPLETE, 1)] * 2
    assert crew.notes(id_) == ["begin 1", "end 1"]


async def test_a_flushed_redis_loses_nothing(crew: Crew, own_redis: OwnRedis, steady: Hand) -> None:
    running = [await crew.add("nap", seconds=1) for _ in range(4)]  # as many as a person may have
    await crew.begun(running[-1])
    queued = [await crew.add("nap", ring=True) for _ in range(5)]
    own_redis.client.flushall()
    after = await crew.add("nap", ring=True)
    for each in (*running, *queued, after):
        job = await crew.ended(each)
        assert (job.status, job.attempt) == (Status.COMPLETE, 1)
    assert steady.lives()


async def test_a_redis_that_is_killed_costs_only_time(crew: Crew, own_redis: OwnRedis, steady: Hand) -> None:
    running, unwanted = await crew.add("nap", seconds=2), await crew.add("nap", seconds=60)
    await crew.begun(unwanted)
    own_redis.kill()
    try:
        without = await crew.add("nap", ring=True)
        assert (await crew.ended(without, 3)).status is Status.COMPLETE
        await crew.cancel(unwanted)
        assert (await crew.ended(unwanted, 2)).status is Status.CANCELED
    finally:
        own_redis.start()
    assert (await crew.ended(running)).attempt == 1

    async def quick() -> bool:
        job = await crew.ended(await crew.add("nap", ring=True))
        return job.started_time is not None and (job.started_time - job.created_time).total_seconds() < 0.1

    await until(quick, 10)
    assert steady.lives()


async def test_sigterm_ends_an_idle_worker_at_once(steady: Hand) -> None:
    steady.process.terminate()
    code, _ = await steady.ended(20)
    assert code == 0


async def test_sigterm_hands_back_what_does_not_end_in_time(crew: Crew, free_port: Callable[[], int]) -> None:
    hand = await crew.hand(free_port(), CAIRN_DRAIN_SECONDS=1)
    pids = crew.folder / "pids"
    short, long = await crew.add("nap", seconds=1), await crew.add("nap", seconds=60)
    child = await crew.add("crunch", pids=str(pids))
    await until(pids.exists)
    await crew.begun(long)
    hand.process.terminate()
    await until(lambda: "draining" in hand.log.read_text())
    late = await crew.add("nap", ring=True)
    hand.process.terminate()  # once more changes nothing
    code, seconds = await hand.ended(30)
    assert code == 0
    assert seconds > 0.9
    assert (await crew.job(short)).status is Status.COMPLETE
    for each in (long, child, late):
        job = await crew.job(each)
        assert (job.status, job.attempt, job.attempts) == (Status.PENDING, 0, ())
    assert all(gone(int(pid)) for pid in pids.read_text().split())


async def test_sigterm_ends_a_worker_that_reaches_nobody_any_more(
    crew: Crew, own_redis: OwnRedis, database_url: str, free_port: Callable[[], int]
) -> None:
    async with gated(database_url) as database, gated(own_redis.server.url) as redis:
        places = {"CAIRN_DATABASE_URL": database.url, "CAIRN_REDIS_URL": redis.url}
        hand = await crew.hand(free_port(), **places, CAIRN_DRAIN_SECONDS=0.5, TEST_LEAVE_SECONDS=1.5)
        id_ = await crew.add("nap", seconds=60)
        await crew.begun(id_)
        database.jam()
        redis.jam()
        hand.process.terminate()
        await hand.ended(20)


async def test_an_outcome_waits_for_a_database_that_is_away_for_a_moment(crew: Crew, database_url: str) -> None:
    id_ = await crew.add("nap", seconds=0.5)
    async with gated(database_url) as gate, crew.runner(through=gate.url) as runner:
        await crew.begun(id_)
        await gate.shut()
        await until(lambda: crew.notes(id_) == ["begin 1", "end 1"])
        await until(lambda: not runner.well())
        await gate.open()
        job = await crew.ended(id_)
        await until(runner.well)
    assert (job.status, job.attempt) == (Status.COMPLETE, 1)


async def test_without_a_database_for_a_lease_a_job_stops_before_another_begins_it(
    crew: Crew, database_url: str
) -> None:
    id_ = await crew.add("nap", seconds=3)
    async with gated(database_url) as gate, crew.runner(through=gate.url):
        await crew.begun(id_)
        await gate.shut()
        async with crew.runner():
            await crew.begun(id_, 2, 8)
            assert crew.notes(id_) == ["begin 1", "cancelled 1", "begin 2"]
            await gate.open()
            assert (await crew.ended(id_)).attempt == 2
