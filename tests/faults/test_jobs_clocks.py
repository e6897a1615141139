"""Processes whose wall clock is ten minutes off, and jumps (F15): all times that matter are the database's."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
import uuid_utils.compat

from cairn.jobs.v1 import jobs_pb2 as pb
from services.jobs import store_create
from services.jobs.domain import WORKER_LOST, Caps, Job, Kind, Owner, Queue, Status
from services.jobs.store_create import New
from tests.faults.jobs_more import PROCESS, More, Told, becomes, check
from tests.faults.jobs_people import People, gathered
from tests.faults.jobs_site import LEASE_SECONDS, Site
from tests.faults.world import Killable, kept_tidy, until

pytestmark = pytest.mark.asyncio(loop_scope="package")
WRONG = 600
HOLD = "select pg_advisory_lock(hashtextextended('cairn.jobs.interactive', 0))"
WORKERS = "select worker from jobs.attempts union select worker from jobs.jobs where lease_token is not null"
TURNS = "select id from jobs.jobs where id = any($1) order by turn, id"


@dataclass
class Clock:
    """The clock of a process."""

    file: Path

    def show(self, seconds: int) -> None:
        """Let it jump: it is ahead by so much now."""
        new = self.file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.file)


@dataclass
class Wrong:
    """A worker and a replica of the service that share a wrong clock."""

    clock: Clock
    worker: Killable
    told: Told


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def both(jobs_site: Site, free_port: Callable[[], int]) -> AsyncIterator[Wrong]:
    """Both, for all tests of this module."""
    clock = Clock(jobs_site.folder / "clock")
    clock.show(WRONG)
    module = ("tests.faults.clocks", str(clock.file), PROCESS)
    with kept_tidy() as keep:
        more = More(jobs_site, keep, free_port)
        (worker, _), (_, address) = await asyncio.gather(
            more.start("wrong-worker", *module, "worker"), more.start("wrong-service", *module, "service")
        )
        yield Wrong(clock, worker, Told(address))


@pytest.fixture
def wrong(both: Wrong) -> Wrong:
    """Both, ten minutes ahead."""
    both.clock.show(WRONG)
    return both


@asynccontextmanager
async def asked(site: Site, query: str, *given: object) -> AsyncIterator[list[object]]:
    """The first column of an answer of the database; the connection, with its locks, lives as long as the block."""
    connection = await asyncpg.connect(site.cluster.url())
    try:
        yield [row[0] for row in await connection.fetch(query, *given)]
    finally:
        await connection.close()


async def short_lived(people: People, seconds: int) -> UUID:
    """A job of Ann's whose result can be read for so many seconds."""
    id_, kind = uuid_utils.compat.uuid7(), Kind("nap", Queue.INTERACTIVE, result_seconds=seconds)
    words = b'{"notes": "%s"}' % str(people.folder / str(id_)).encode()
    async with people.database.begin() as queries:
        await store_create.create(queries, New(Owner("w", "ann"), kind, words, "", b"", id_), Caps())
    people.accepted[id_] = "ann"
    return id_


def most_at_once(jobs: list[Job]) -> int:
    """How many of them ran at a time, at most."""
    tries = [attempt for job in jobs for attempt in job.attempts]
    return max(sum(one.started_time <= each.started_time < one.ended_time for one in tries) for each in tries)


async def test_leases_delays_and_caps_do_not_hear_the_clock_of_a_worker(jobs_site: Site, wrong: Wrong) -> None:
    async with gathered(jobs_site) as people:
        # More than all workers but the wrong one have slots for, and longer than a lease.
        long = [await people.make(f"user-{number}", "nap", seconds=1.5 * LEASE_SECONDS) for number in range(10)]
        await becomes(people, long, Status.RUNNING)
        async with asked(jobs_site, WORKERS) as workers:
            assert wrong.worker.process is not None
            assert any(f":{wrong.worker.process.pid}:" in str(worker) for worker in workers)
        again = await people.make("ann", "flaky", times=1, retry_after=1.0)
        wrong.clock.show(-WRONG)
        many = await asyncio.gather(*(people.make("bob", "nap", seconds=0.5) for _ in range(12)))
        ended = await becomes(people, [*long, *many])
        [tried] = await becomes(people, [again])
        await check(jobs_site, people)
    assert {(job.status, job.attempt) for job in ended} == {(Status.COMPLETE, 1)}
    assert 1 < most_at_once(ended[len(long) :]) <= Caps().running
    first, second = tried.attempts
    assert 1.0 <= (second.started_time - first.ended_time).total_seconds() < 5


async def test_results_end_by_the_clock_of_the_database(jobs_site: Site, wrong: Wrong) -> None:
    right = Told(jobs_site.address)
    async with gathered(jobs_site) as people:
        soon, late = await short_lived(people, 2), await short_lived(people, WRONG // 2)
        await becomes(people, [soon, late])
        for told in (right, wrong.told):
            assert {(await told.job(id_)).status for id_ in (soon, late)} == {pb.Job.STATUS_COMPLETE}
        wrong.clock.show(-WRONG)

        async def over() -> bool:
            return [(await told.job(soon)).status for told in (right, wrong.told)] == [pb.Job.STATUS_EXPIRED] * 2

        await until(over, 4)
        assert (await wrong.told.job(late)).status == pb.Job.STATUS_COMPLETE
        await check(jobs_site, people)


async def test_lists_and_turns_do_not_go_by_ids_from_a_wrong_clock(jobs_site: Site, wrong: Wrong) -> None:
    async with gathered(jobs_site) as people:
        first = await people.make("ann", "bad")
        await becomes(people, [first])
        async with asked(jobs_site, HOLD):
            made = [first]
            for seconds in (WRONG, -WRONG, 0):  # so that each id but one is less than the one before
                wrong.clock.show(seconds)
                made.append(await wrong.told.again(first))
            people.accepted |= dict.fromkeys(made, "ann")
            assert sorted(made) == [made[2], made[0], made[3], made[1]]
            assert await wrong.told.ids() == made[::-1]
            async with asked(jobs_site, TURNS, made[1:]) as turns:
                assert turns == made[1:]
        await becomes(people, made)
        await check(jobs_site, people)


async def test_what_a_worker_with_a_wrong_clock_leaves_begins_again_in_time(jobs_site: Site, wrong: Wrong) -> None:
    async with gathered(jobs_site) as people:
        made = [await people.make(f"user-{number}", "nap", seconds=1.5) for number in range(10)]
        await becomes(people, made, Status.RUNNING)
        wrong.clock.show(-WRONG)
        jobs_site.signal(wrong.worker, signal.SIGKILL)
        ended = await becomes(people, made)
        await check(jobs_site, people)
    lost = [job.attempts for job in ended if job.attempt > 1]
    assert lost
    for first, second in lost:
        assert (first.error, second.error) == (WORKER_LOST, None)
        # It is found at the end of its lease, by the next look, which is two seconds away at most.
        assert (second.started_time - first.started_time).total_seconds() < LEASE_SECONDS + 2 + 10
