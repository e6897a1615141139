"""What owners see of their jobs and how they cancel them, in every state."""

import uuid

import pytest

from services.jobs import store, store_admin, store_upkeep
from services.jobs.domain import Job, Status
from services.jobs.domain_views import Wanted
from services.jobs.store_lease import Failed
from tests.services.jobs.stage import ANN, BUSY, QUICK, SLOW, Stage, owner

HOUR = 3600.0


async def listed(stage: Stage, wanted: Wanted | None = None, size: int = 100) -> list[uuid.UUID]:
    """The ids of Ann's jobs, page by page."""
    ids: list[uuid.UUID] = []
    after = None
    while page := await store.list_(stage.database, ANN, wanted or Wanted(), after, size):
        assert len(page) <= size
        ids += [job.id for job in page]
        after = (page[-1].created_time, page[-1].id)
    return ids


async def test_someone_elses_job_is_as_one_that_never_was(stage: Stage) -> None:
    id_ = await stage.pending()
    for stranger, wanted in ((owner("bob"), id_), (ANN._replace(workspace="other"), id_), (ANN, uuid.uuid4())):
        assert await store.get(stage.database, stranger, wanted) is None
        assert await store.cancel(stage.database, stranger, wanted) is None
        assert await store.input_of(stage.database, stranger, wanted) is None
    assert await store.list_(stage.database, owner("bob"), Wanted(), None, 10) == []
    assert await stage.status(id_) is Status.PENDING


async def test_cancel_in_every_state(stage: Stage) -> None:
    pending = await stage.pending()
    assert [await stage.cancel(pending), await stage.cancel(pending)] == [Status.CANCELED] * 2
    assert await stage.claim() == []
    running = await stage.running()
    assert [await stage.cancel(running.id), await stage.cancel(running.id)] == [Status.CANCELING] * 2
    waiting = await stage.running("bob")
    await stage.finish(waiting, Failed(BUSY, 60))
    assert await stage.cancel(waiting.id, "bob") is Status.CANCELED
    assert (await stage.job(waiting.id, "bob")).error is None
    complete = await stage.ended(user="cid")
    assert await stage.cancel(complete, "cid") is Status.COMPLETE
    assert await stage.cancel(await stage.dead("dan"), "dan") is Status.ERROR
    await stage.finish(running)
    await stage.pass_(HOUR)
    assert await stage.cancel(complete, "cid") is Status.EXPIRED
    assert await store_upkeep.put_away(stage.database, 10) == 4
    assert await stage.cancel(complete, "cid") is Status.EXPIRED
    assert await stage.cancel(pending) is Status.CANCELED


async def test_a_result_ends_exactly_at_its_time_whoever_sweeps(stage: Stage) -> None:
    id_ = await stage.ended()
    clock = "select clock_timestamp() as now"
    [[end]] = await stage.sql("update jobs.jobs set result_expires_at = now() + '0.2 s' returning result_expires_at")
    jobs: list[Job] = []
    while not jobs or jobs[-1].status is Status.COMPLETE:
        [[before]] = await stage.sql(clock)
        jobs.append(await stage.job(id_))
        [[after]] = await stage.sql(clock)
        assert jobs[-1].status is (Status.COMPLETE if after < end else Status.EXPIRED) or before < end <= after
    assert {(job.status, job.result) for job in jobs} == {(Status.COMPLETE, b"result"), (Status.EXPIRED, None)}


@pytest.mark.parametrize(("seconds", "status"), [(3598, Status.COMPLETE), (3600, Status.EXPIRED)])
async def test_a_result_can_be_read_for_an_hour(stage: Stage, seconds: float, status: Status) -> None:
    id_ = await stage.ended()
    await stage.pass_(seconds)
    job = await stage.job(id_)
    assert (job.status, job.result is None) == (status, status is Status.EXPIRED)
    [job] = await store.list_(stage.database, ANN, Wanted(), None, 10)
    assert (job.status, job.result, job.attempts) == (status, None, ())


async def test_a_list_has_each_job_once_newest_first_wherever_it_is(stage: Stage) -> None:
    old = [await stage.ended() for _ in range(3)]
    await stage.pass_(2 * HOUR)
    dead = await stage.dead()
    assert await store_upkeep.put_away(stage.database, 2) == 2
    new = [await stage.pending() for _ in range(3)]
    await stage.create("bob")
    expected = [*old, dead, *new][::-1]
    assert [await listed(stage, size=size) for size in (1, 2, 3, 7, 100)] == [expected] * 5


async def test_pages_of_all_sizes_share_few_statements(stage: Stage) -> None:
    ids = [await stage.pending() for _ in range(3)]
    lists = (store._list, store_admin._ended, store_admin._dead)
    before = [each.cache_info().misses for each in lists]
    for size in (1, 2, 51, 80, 101):
        assert [job.id for job in await store.list_(stage.database, ANN, Wanted(), None, size)] == ids[::-1][:size]
        await store_admin.ended(stage.database, "w", Wanted(), None, size)
        await store_admin.dead_letters(stage.database, "w", None, None, size)
    assert all(each.cache_info().misses - made <= 2 for each, made in zip(lists, before, strict=True))


async def test_a_list_of_a_kind_or_a_status(stage: Stage) -> None:
    expired = await stage.ended()
    await stage.pass_(2 * HOUR)
    archived = await stage.ended()
    await stage.pass_(2 * HOUR)
    assert await store_upkeep.put_away(stage.database, 1) == 1
    dead, complete = await stage.dead(), await stage.ended()
    running, canceling = (await stage.running()).id, (await stage.running()).id
    await stage.cancel(canceling)
    canceled, pending = await stage.pending(), await stage.pending(kind=SLOW)
    await stage.cancel(canceled)
    found = {status: await listed(stage, Wanted(status=status), 1) for status in Status}
    assert found == {
        Status.PENDING: [pending],
        Status.RUNNING: [running],
        Status.CANCELING: [canceling],
        Status.COMPLETE: [complete],
        Status.ERROR: [dead],
        Status.CANCELED: [canceled],
        Status.EXPIRED: [archived, expired],
    }
    assert await listed(stage, Wanted(SLOW.name)) == [pending]
    assert await listed(stage, Wanted(SLOW.name, Status.RUNNING)) == []
    assert await listed(stage, Wanted(QUICK.name, Status.EXPIRED)) == [archived, expired]


async def test_what_it_takes_to_do_a_job_again(stage: Stage) -> None:
    id_ = await stage.pending(input=b"in")
    assert await store.input_of(stage.database, ANN, id_) == (QUICK.name, Status.PENDING, b"in")
    await stage.cancel(id_)
    await stage.pass_(2 * HOUR)
    await store_upkeep.put_away(stage.database, 10)
    assert await store.input_of(stage.database, ANN, id_) == (QUICK.name, Status.CANCELED, b"in")
