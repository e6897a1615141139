"""Whose turn it is, and how many may run at a time."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from services.jobs.domain import Caps, Kind, Queue
from services.jobs.store_claim import LOOKED_AT
from services.jobs.store_lease import Failed
from tests.services.jobs.stage import BUSY, KINDS, QUICK, RARE, SLOW, WIDE, Stage

FILL = """
    insert into jobs.jobs (id, workspace, user_id, kind, queue, status, input, result_seconds, max_attempts,
                           created_at, turn, next_run_at, seq)
    select gen_random_uuid(), 'w', 'u' || n % $2, 'quick', 'interactive', 'pending', '', 3600, 3,
           now(), 1 + n / $2, now(), 1
    from generate_series(0, $1 - 1) n
"""
TOLD = "insert into jobs.events select id, 1, 'status', '{\"status\": \"pending\"}', now() from jobs.jobs"
ONCE = "select user_id, count(*)::int as count from jobs.jobs where lease_token is not null group by user_id"


async def fill(stage: Stage, jobs: int, people: int) -> None:
    """Many jobs that wait, of many people."""
    await stage.sql(FILL, jobs, people)
    await stage.sql(TOLD)


async def users(stage: Stage, slots: int, **more: Any) -> list[str]:
    """Whose jobs are claimed."""
    return [job.owner.user for job in await stage.claim(slots, **more)]


async def test_the_first_comes_first_and_only_of_its_queue(stage: Stage) -> None:
    ids = [await stage.pending() for _ in range(3)]
    slow = await stage.pending(kind=SLOW)
    assert [job.id for job in await stage.claim(2)] == ids[:2]
    assert [job.id for job in await stage.claim(9)] == ids[2:]
    assert [job.id for job in await stage.claim(9, SLOW)] == [slow]
    assert await stage.claim(0) == []


async def test_a_worker_takes_only_kinds_that_it_knows(stage: Stage) -> None:
    await stage.pending()
    newer = Kind("newer", Queue.INTERACTIVE)
    assert await stage.claim(9, kinds=(newer,)) == []
    assert await stage.claim(9, kinds=()) == []
    assert len(await stage.claim(9)) == 1


async def test_one_job_of_a_person_does_not_stand_behind_a_thousand_of_another(stage: Stage) -> None:
    for _ in range(20):
        await stage.create("ann")
    assert await users(stage, 3) == ["ann"] * 3
    await stage.create("bob")
    # One of each person in a round; Ann's in it was made before.
    assert await users(stage, 2) == ["ann", "bob"]
    await stage.create("cid")
    await stage.create("cid")
    assert await users(stage, 9, caps=WIDE) == ["ann", "cid", "ann", "cid", *["ann"] * 5]


async def test_a_backlog_does_not_grow_so_old_that_it_comes_first(stage: Stage) -> None:
    await fill(stage, 1000, 1)
    await stage.pass_(100_000)
    assert await users(stage, 4) == ["u0"] * 4
    await stage.create("bob")
    assert await users(stage, 4) == ["bob"]
    assert await users(stage, 1, caps=Caps(running=5)) == ["u0"]


async def test_a_job_that_is_tried_again_keeps_its_turn(stage: Stage) -> None:
    first = await stage.running("ann")
    others = [await stage.pending() for _ in range(3)]
    await stage.finish(first, Failed(BUSY, 0))
    assert [job.id for job in await stage.claim(2)] == [first.id, others[0]]


async def test_nobody_runs_more_than_they_may_in_a_queue(stage: Stage) -> None:
    for _ in range(6):
        await stage.create("ann")
        await stage.create("ann", SLOW)
    await stage.create("bob")
    claimed = await stage.claim(20)
    assert sorted(job.owner.user for job in claimed) == ["ann"] * 4 + ["bob"]
    assert await users(stage, 20) == []
    await stage.finish(claimed[0])
    assert await users(stage, 20) == ["ann"]
    assert await users(stage, 20, queue=Queue.BULK) == ["ann"] * 4


async def test_a_kind_that_is_full_does_not_hold_up_others(stage: Stage) -> None:
    rare = [await stage.pending(kind=RARE) for _ in range(6)]
    slow = await stage.pending(kind=SLOW)
    await stage.create("bob", RARE)
    assert {job.id for job in await stage.claim(20, SLOW)} >= set(rare[:2])
    assert [job.id for job in await stage.claim(20, SLOW)] in ([], [slow])
    running = await stage.sql("select kind, count(*) from jobs.jobs where lease_token is not null group by kind")
    assert dict(map(tuple, running)) == {"rare": 2, "slow": 1}


async def test_what_is_behind_many_of_one_person_is_found(stage: Stage) -> None:
    await fill(stage, 3 * LOOKED_AT, 1)
    await stage.sql("update jobs.jobs set turn = turn - 1000")
    await stage.create("bob")
    assert sorted(await users(stage, 20)) == ["bob", *["u0"] * 4]


async def test_caps_are_exact_under_eight_claimers(stage: Stage) -> None:
    await fill(stage, 200, 20)
    kinds = (replace(QUICK, max_running=33),)
    claimed = await asyncio.gather(*(stage.claim(7, name=f"w{n}", kinds=kinds, caps=Caps(2)) for n in range(8)))
    ids = [job.id for some in claimed for job in some]
    assert (len(ids), len(set(ids))) == (33, 33)
    assert max(row["count"] for row in await stage.sql(ONCE)) == 2
    claimed = await asyncio.gather(*(stage.claim(7, name=f"w{n}", caps=Caps(2)) for n in range(8)))
    assert {row["count"] for row in await stage.sql(ONCE)} == {2}
    assert sum(map(len, claimed)) == 7


@pytest.mark.parametrize("people", [10, 10_000])
async def test_claiming_from_ten_thousand_is_cheap(stage: Stage, people: int) -> None:
    await fill(stage, 10_000, people)
    await stage.sql("analyze jobs.jobs")
    kinds = (replace(QUICK, max_running=10_000), *KINDS[1:])
    seconds = []
    for _ in range(10):
        start = time.perf_counter()
        assert len(await stage.claim(20, caps=WIDE, kinds=kinds)) == 20
        seconds.append(time.perf_counter() - start)
    # A few milliseconds on a quiet machine; looking through all of them takes many times that.
    assert min(seconds) < 0.1
