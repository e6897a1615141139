"""What is done behind the workers' backs: leases that ended, the archive and its days, and forgotten requests."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from services.jobs import store_admin, store_lease, store_upkeep
from services.jobs.domain import CANCELED, POISON, WORKER_LOST, Status
from services.jobs.store_lease import Failed
from tests.services.jobs.stage import BUSY, SLOW, Stage

HOUR, LEASE = 3600.0, 15.0
OVER = """
    insert into jobs.jobs (id, workspace, user_id, kind, queue, status, input, result_seconds, max_attempts,
                           created_at, turn, next_run_at, seq, completed_at, archive_at)
    select gen_random_uuid(), 'w', 'ann', 'quick', 'interactive', 'canceled', '', 3600, 3,
           now() - interval '2 hours', n, now() - interval '2 hours', 0, now() - interval '2 hours', now()
    from generate_series(1, 10000) n
"""


async def reap(stage: Stage) -> list[tuple[uuid.UUID, Status]]:
    """Let a lease's time pass, and reap."""
    await stage.pass_(LEASE)
    return await store_upkeep.reap(stage.database, 100)


async def test_a_job_whose_worker_is_lost_is_tried_again(stage: Stage) -> None:
    job = await stage.running()
    await stage.pass_(LEASE - 1)
    assert await store_upkeep.reap(stage.database, 100) == []
    await stage.pass_(1)
    assert await store_upkeep.reap(stage.database, 100) == [(job.id, Status.PENDING)]
    assert await store_upkeep.reap(stage.database, 100) == []
    lost = await stage.job(job.id)
    assert (lost.attempt, lost.error, [each.error for each in lost.attempts]) == (1, WORKER_LOST, [WORKER_LOST])
    assert lost.next_run_time
    assert 0.85 < (lost.next_run_time - lost.attempts[0].ended_time).total_seconds() < 1.15
    assert await stage.finish(job) is None
    assert await stage.claim() == []
    await stage.pass_(2)
    [again] = await stage.claim()
    assert (again.id, again.attempt) == (job.id, 2)


async def test_two_crashes_in_a_row_make_a_dead_letter(stage: Stage) -> None:
    job = await stage.running(kind=SLOW)
    await reap(stage)
    await stage.pass_(2)
    await stage.claim(kind=SLOW)
    assert await reap(stage) == [(job.id, Status.ERROR)]
    assert (await stage.job(job.id)).error == POISON
    [letter] = await store_admin.dead_letters(stage.database, "w", None, None, 10)
    assert (letter.job.id, letter.user_id, letter.job.attempt) == (job.id, "ann", 2)


async def test_crashes_that_are_not_in_a_row_are_forgiven(stage: Stage) -> None:
    job = await stage.running(kind=SLOW)
    for _ in range(2):
        assert await reap(stage) == [(job.id, Status.PENDING)]
        await stage.pass_(10)
        [again] = await stage.claim(kind=SLOW)
        assert await stage.finish(again, Failed(BUSY, 0)) is Status.PENDING
        await stage.claim(kind=SLOW)
    # The fifth of five tries: none is left.
    assert await reap(stage) == [(job.id, Status.ERROR)]
    assert (await stage.job(job.id)).error == WORKER_LOST


async def test_a_canceled_job_whose_worker_is_lost_is_canceled(stage: Stage) -> None:
    job = await stage.running()
    await stage.cancel(job.id)
    assert await reap(stage) == [(job.id, Status.CANCELED)]
    assert [each.error for each in (await stage.job(job.id)).attempts] == [CANCELED]


async def test_reapers_share_the_work(stage: Stage) -> None:
    jobs = [await stage.running(f"u{number}") for number in range(30)]
    await stage.pass_(LEASE)
    reaped = await asyncio.gather(*(store_upkeep.reap(stage.database, 10) for _ in range(6)))
    reaped.append(await store_upkeep.reap(stage.database, 100))
    ids = [id_ for some in reaped for id_, _ in some]
    assert sorted(ids) == sorted(job.id for job in jobs)
    assert all(len(some) <= 10 for some in reaped[:6])


async def test_a_job_that_is_over_can_still_be_read(stage: Stage) -> None:
    claimed = await stage.running(input=b"in")
    await store_lease.progress(stage.database, claimed.id, claimed.token, store_lease.Report())
    await stage.finish(claimed, Failed(BUSY, 0))
    [claimed] = await stage.claim()
    await stage.finish(claimed)
    await stage.pass_(HOUR)
    before = await stage.job(claimed.id)
    assert await store_upkeep.put_away(stage.database, 10) == 1
    assert await stage.job(claimed.id) == before
    assert (before.status, len(before.attempts), before.seq) == (Status.EXPIRED, 2, 6)
    assert [await stage.count(table) for table in ("jobs", "attempts", "events", "archive")] == [0, 0, 0, 1]


async def test_only_what_is_over_is_put_away(stage: Stage) -> None:
    old = [await stage.ended(), await stage.ended()]
    await stage.cancel(canceled := await stage.pending())
    dead = await stage.dead()
    await stage.pass_(HOUR + 1)
    young, running, pending = await stage.ended(), (await stage.running()).id, await stage.pending()
    assert await store_upkeep.put_away(stage.database, 2) == 2
    assert await store_upkeep.put_away(stage.database, 10) == 1
    assert await store_upkeep.put_away(stage.database, 10) == 0
    archived = {row["id"] for row in await stage.sql("select id from jobs.archive")}
    assert archived == {*old, canceled}
    assert {row["id"] for row in await stage.sql("select id from jobs.jobs")} == {dead, young, running, pending}


async def test_archivers_neither_lose_nor_double(stage: Stage) -> None:
    ids = {await stage.ended(user=f"u{number}") for number in range(60)}
    await stage.pass_(HOUR)
    moved = await asyncio.gather(*(store_upkeep.put_away(stage.database, 7) for _ in range(8)))
    while count := await store_upkeep.put_away(stage.database, 7):
        moved.append(count)
    archived = [row["id"] for row in await stage.sql("select id from jobs.archive")]
    assert (sum(moved), len(archived), set(archived), await stage.count("jobs")) == (60, 60, ids, 0)
    tries = await stage.sql("select distinct jsonb_array_length(attempts) from jobs.archive")
    assert [row[0] for row in tries] == [1]


async def test_thousands_that_are_over_are_put_away_and_what_runs_is_not(stage: Stage) -> None:
    await stage.sql(OVER)
    running = (await stage.running()).id
    moved = 0
    while count := await store_upkeep.put_away(stage.database, 2500):
        moved += count
    assert (moved, await stage.count("archive")) == (10_000, 10_000)
    assert [row["id"] for row in await stage.sql("select id from jobs.jobs")] == [running]


async def test_the_days_of_the_archive_are_made_and_dropped(stage: Stage) -> None:
    today = datetime.now(UTC).date()
    name = f"archive_{today - timedelta(days=8):%Y%m%d}"
    old = today - timedelta(days=8)
    await stage.sql(
        f"create table jobs.{name} partition of jobs.archive for values from ('{old}') to ('{old + timedelta(days=1)}')"
    )
    await stage.sql(f"drop table jobs.archive_{today + timedelta(days=3):%Y%m%d}")

    async def keep() -> tuple[list[str], list[str]]:
        async with stage.database.begin() as queries:
            return await store_upkeep.partitions(queries)

    done = await asyncio.gather(keep(), keep(), keep())
    assert sorted(done) == [([], []), ([], []), ([f"archive_{today + timedelta(days=3):%Y%m%d}"], [name])]
    names = await stage.sql(
        "select relname from pg_class where relname like 'archive\\_2%' and relkind = 'r' order by 1"
    )
    assert [row[0] for row in names] == [f"archive_{today + timedelta(days=each):%Y%m%d}" for each in range(-7, 4)]


@pytest.mark.parametrize(("days", "kept"), [(6, 1), (9, 0)])
async def test_a_dead_letter_that_is_purged_late_goes_where_its_day_still_is(
    stage: Stage, days: int, kept: int
) -> None:
    id_ = await stage.dead()
    await stage.pass_(days * 24 * HOUR)
    assert await store_upkeep.put_away(stage.database, 10) == 0
    await store_admin.purge(stage.database, "w", id_)
    assert await store_upkeep.put_away(stage.database, 10) == 0
    await stage.pass_(HOUR)
    assert await store_upkeep.put_away(stage.database, 10) == 1
    assert [await stage.count(table) for table in ("jobs", "archive", "attempts")] == [0, kept, 0]


async def test_a_dead_letter_that_nobody_wants_is_deleted_after_thirty_days(stage: Stage) -> None:
    id_ = await stage.dead()
    await stage.pass_(30 * 24 * HOUR - 60)
    assert await store_upkeep.put_away(stage.database, 10) == 0
    [letter] = await store_admin.dead_letters(stage.database, "w", None, None, 10)
    assert (letter.job.id, await stage.status(id_)) == (id_, Status.ERROR)
    await stage.pass_(60)
    assert await store_upkeep.put_away(stage.database, 10) == 1
    assert [await stage.count(table) for table in ("jobs", "archive", "attempts", "events")] == [0] * 4
    assert await store_admin.redrive(stage.database, "w", id_, uuid.uuid4()) is None


async def test_old_requests_are_forgotten(stage: Stage) -> None:
    for number in range(3):
        await stage.create(request_id=str(number))
    await stage.pass_(24 * HOUR - 5)
    await stage.create(request_id="young")
    assert await store_upkeep.forget_requests(stage.database, 10) == 0
    await stage.pass_(5)
    assert [await store_upkeep.forget_requests(stage.database, 2) for _ in range(3)] == [2, 1, 0]
    assert [row[0] for row in await stage.sql("select request_id from jobs.requests")] == ["young"]
