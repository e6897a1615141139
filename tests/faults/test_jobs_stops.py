"""SIGTERM to processes of jobs, busy and idle, with and without what they need (F23)."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from services.jobs.domain import WORKER_LOST, Status
from tests.faults.jobs_more import at_work, becomes, check, holder, job_of, notes
from tests.faults.jobs_people import People, gathered
from tests.faults.jobs_site import LEASE_SECONDS, Site
from tests.faults.world import Killable, until

pytestmark = pytest.mark.asyncio(loop_scope="package")
# Less than a container gets, which is thirty. A drain takes one here, and what cannot be handed back three.
IDLE_SECONDS, BUSY_SECONDS = 8.0, 12.0
POSTGRES, REDIS = "PostgreSQL", "Redis"


@asynccontextmanager
async def without(site: Site, *away: str) -> AsyncIterator[None]:
    """These are gone for this block."""
    if REDIS in away:
        site.redis.kill()
    if POSTGRES in away:
        site.down.add(site.postgres.program.name)
        await site.postgres.end(signal.SIGQUIT)
    try:
        yield
    finally:
        if REDIS in away:
            site.redis.start()
        site.down.discard(site.postgres.program.name)
        await site.postgres.up()


async def stopped(process: Killable, seconds: float) -> int:
    """How it ends that is told to stop, and is told so once more."""
    before = process.log.read_text().count("draining")
    process.send(signal.SIGTERM)
    await until(lambda: process.log.read_text().count("draining") > before)
    process.send(signal.SIGTERM)
    return await process.ended(seconds)


async def begun(people: People, times: int, seconds: float) -> None:
    """Wait until the job was begun so often."""
    await until(lambda: sum(note.startswith("begin") for note in notes(people, "long")) == times, seconds)


async def in_hand(site: Site, people: People) -> tuple[UUID, Killable]:
    """A job that takes long, and the worker that has it."""
    (people.folder / "long").unlink(missing_ok=True)
    id_ = await people.make("ann", "nap", notes=str(people.folder / "long"), seconds=60)
    await begun(people, 1, 5)
    return id_, await holder(site, id_)


@pytest.mark.parametrize("away", [(), (REDIS,)], ids=["nothing", "redis"])
async def test_a_busy_worker_hands_back_what_it_has(jobs_site: Site, away: tuple[str, ...]) -> None:
    await at_work(jobs_site)
    async with gathered(jobs_site) as people:
        id_, worker = await in_hand(jobs_site, people)
        async with without(jobs_site, *away):
            assert await stopped(worker, BUSY_SECONDS) == 0
            await begun(people, 2, 10)
            job = await job_of(people, id_)
            await people.cancel(id_)
            await becomes(people, [id_])
        await check(jobs_site, people)
    # It was not begun there while it was still at work here, and the first time does not count.
    assert notes(people, "long") == ["begin 1", "cancelled 1", "begin 1", "cancelled 1"]
    assert (job.attempt, job.attempts) == (1, ())


async def test_a_busy_worker_without_a_database_ends_and_its_lease_does(jobs_site: Site) -> None:
    await at_work(jobs_site)
    async with gathered(jobs_site) as people:
        id_, worker = await in_hand(jobs_site, people)
        async with without(jobs_site, POSTGRES):
            assert await stopped(worker, BUSY_SECONDS) == 0
        await begun(people, 2, LEASE_SECONDS + 5)
        job = await job_of(people, id_)
        await people.cancel(id_)
        await becomes(people, [id_])
        await check(jobs_site, people)
    assert notes(people, "long") == ["begin 1", "cancelled 1", "begin 2", "cancelled 2"]
    # Nobody could be told that it was given up on purpose.
    assert [attempt.error for attempt in job.attempts] == [WORKER_LOST]


async def test_who_has_nothing_to_do_leaves_soon_whatever_is_away(jobs_site: Site) -> None:
    processes = [jobs_site.service, *jobs_site.workers]
    names = {each.program.name for each in processes}
    await at_work(jobs_site)
    async with gathered(jobs_site) as people:
        async with without(jobs_site, REDIS, POSTGRES):
            jobs_site.down |= names
            codes = await asyncio.gather(*(stopped(each, IDLE_SECONDS) for each in processes))
        jobs_site.down -= names
        id_ = await people.make("ann", "nap")
        [job] = await becomes(people, [id_])
        await check(jobs_site, people)
    assert codes == [0, 0, 0]
    assert (job.status, job.attempt) == (Status.COMPLETE, 1)
