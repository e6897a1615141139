"""Two hands on one job at the same moment: one wins, and both hear what came of it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.jobs import store_lease, store_upkeep
from services.jobs.domain import Status
from services.jobs.store_lease import Done, Failed, Stopped
from tests.services.jobs.stage import BUSY, Stage

ROUNDS = 30


@asynccontextmanager
async def held(stage: Stage, id_: Any) -> AsyncIterator[None]:
    """Hold the row of a job, so that others come to stand before it together."""
    async with stage.connection.transaction():
        await stage.sql("select id from jobs.jobs where id = $1 for update", id_)
        yield


async def meet(stage: Stage, id_: Any, *calls: Coroutine[Any, Any, Any]) -> list[Any]:
    """The answers of calls that all wait for the same row, in this order, before the first goes on."""
    async with held(stage, id_):
        tasks = []
        for number, call in enumerate(calls, 1):
            tasks.append(asyncio.create_task(call))
            await stage.blocked(number)
    return list(await asyncio.gather(*tasks))


async def test_a_claim_that_waited_for_a_cancel_takes_nothing(stage: Stage) -> None:
    id_ = await stage.pending()
    assert await meet(stage, id_, stage.cancel(id_), stage.claim()) == [Status.CANCELED, []]


async def test_a_cancel_that_waited_for_a_claim_stops_it(stage: Stage) -> None:
    id_ = await stage.pending()
    [job], status = await meet(stage, id_, stage.claim(), stage.cancel(id_))
    assert (job.id, status) == (id_, Status.CANCELING)
    assert await stage.finish(job, Stopped()) is Status.CANCELED


async def test_a_cancel_that_waited_for_the_end_tells_of_it(stage: Stage) -> None:
    job = await stage.running()
    assert await meet(stage, job.id, stage.finish(job), stage.cancel(job.id)) == [Status.COMPLETE] * 2
    job = await stage.running()
    failed = stage.finish(job, Failed(BUSY, 0))
    assert await meet(stage, job.id, failed, stage.cancel(job.id)) == [Status.PENDING, Status.CANCELED]


@pytest.mark.parametrize("outcome", [Done(b""), Failed(BUSY, 0)], ids=["done", "failed"])
async def test_an_end_that_waited_for_a_cancel(stage: Stage, outcome: Done | Failed) -> None:
    job = await stage.running()
    answers = await meet(stage, job.id, stage.cancel(job.id), stage.finish(job, outcome))
    assert answers == [Status.CANCELING, Status.CANCELED]
    assert await stage.status(job.id) is Status.CANCELED


async def test_what_is_reaped_while_it_ends_has_one_end(stage: Stage) -> None:
    job = await stage.running()
    await stage.pass_(15)
    async with held(stage, job.id):
        finishing = asyncio.create_task(stage.finish(job))
        await stage.blocked()
        # Whoever is at the job is not waited for.
        assert await store_upkeep.reap(stage.database, 10) == []
    assert await finishing is Status.COMPLETE
    assert await store_upkeep.reap(stage.database, 10) == []


async def test_a_lease_that_is_renewed_in_time_is_not_reaped(stage: Stage) -> None:
    job = await stage.running()
    await stage.pass_(15)
    assert await store_lease.beat(stage.database, [(job.id, job.token)])
    assert await store_upkeep.reap(stage.database, 10) == []


async def test_beats_and_releases_of_the_same_jobs_do_not_deadlock(stage: Stage) -> None:
    jobs = [await stage.running(f"u{number}") for number in range(9)]
    pairs = sorted((job.id, job.token) for job in jobs)
    middle = pairs[4][0]
    beats = (store_lease.beat(stage.database, some) for some in (pairs, pairs[::-1]))
    assert [len(each) for each in await meet(stage, middle, *beats)] == [9, 9]
    releases = (store_lease.release(stage.database, some) for some in (pairs[::-1], pairs))
    assert sorted(await meet(stage, middle, *releases)) == [0, 9]


async def test_who_puts_away_waits_for_nobody(stage: Stage) -> None:
    held_one, other = await stage.ended(), await stage.ended()
    await stage.pass_(3600)
    async with held(stage, held_one):
        assert await store_upkeep.put_away(stage.database, 10) == 1
    assert [row["id"] for row in await stage.sql("select id from jobs.archive")] == [other]
    assert await store_upkeep.put_away(stage.database, 10) == 1


async def test_cancel_and_claim_many_times(stage: Stage) -> None:
    for number in range(ROUNDS):
        id_ = await stage.pending(user := f"u{number}")
        status, claimed = await asyncio.gather(stage.cancel(id_, user), stage.claim())
        assert (status, len(claimed)) in ((Status.CANCELED, 0), (Status.CANCELING, 1))
        if claimed:
            assert await stage.finish(claimed[0], Stopped()) is Status.CANCELED


async def test_cancel_and_finish_many_times(stage: Stage) -> None:
    for number in range(ROUNDS):
        job = await stage.running(user := f"u{number}")
        seen, end = await asyncio.gather(stage.cancel(job.id, user), stage.finish(job))
        assert (seen, end) in ((Status.CANCELING, Status.CANCELED), (Status.COMPLETE, Status.COMPLETE))
        assert await stage.status(job.id, user) is end


async def test_all_workers_at_once_take_each_job_once(stage: Stage) -> None:
    ids = {await stage.pending(f"u{number}") for number in range(40)}
    claims = await asyncio.gather(*(stage.claim(9, name=f"w{number}") for number in range(8)))
    taken = [job.id for some in claims for job in some]
    assert (len(taken), set(taken)) == (40, ids)
