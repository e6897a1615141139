"""Making jobs: once a request id, once at a time a dedupe key, and not without bounds."""

import asyncio
import uuid

import pytest
import uuid_utils.compat

from chassis.errors import IdempotencyKeyReused
from services.jobs import store_lease, store_upkeep
from services.jobs.domain import Caps, Owner, Status, TooManyJobs
from services.jobs.store_create import Created, New, create
from services.jobs.store_lease import Failed, Report
from tests.services.jobs.stage import ANN, CAPS, QUICK, SLOW, WRONG, Stage

HOUR = 3600.0


async def test_a_new_job_waits_to_be_claimed(stage: Stage) -> None:
    job, replayed = await stage.create()
    assert (job.status, job.attempt, job.seq, replayed) == (Status.PENDING, 0, 1, False)
    assert (job.max_attempts, job.steps, job.attempts, job.result, job.error) == (3, (), (), None, None)
    assert job.next_run_time == job.created_time
    assert await stage.job(job.id) == job


async def test_what_is_started_again_has_what_its_steps_left(stage: Stage) -> None:
    claimed = await stage.running()
    await store_lease.progress(stage.database, claimed.id, claimed.token, Report(checkpoint={"fetch": [1, "\0"]}))
    await stage.finish(claimed, Failed(WRONG, None))
    for user, kept in (("ann", {"fetch": [1, "\0"]}), ("bob", {})):
        again = await stage.running(user, retried_from=claimed.id)
        assert again.checkpoint == kept


async def test_nothing_is_left_of_a_job_whose_transaction_fails(stage: Stage) -> None:
    new = New(ANN, QUICK, b"", "key", b"same", uuid_utils.compat.uuid7())

    async def fail() -> None:
        async with stage.database.begin() as queries:
            await create(queries, new, CAPS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert [await stage.count(table) for table in ("jobs", "events", "requests")] == [0, 0, 0]
    assert not (await stage.create(request_id="key")).replayed


async def test_the_same_request_means_the_same_job(stage: Stage) -> None:
    first = await stage.create(request_id="key")
    again = await stage.create(request_id="key")
    assert again == Created(first.job, replayed=True)
    assert not (await stage.create("bob", request_id="key")).replayed
    assert not (await stage.create(request_id="")).replayed
    assert not (await stage.create(request_id="")).replayed
    [claimed] = await stage.claim()
    await stage.finish(claimed)
    assert (await stage.create(request_id="key")).job == await stage.job(first.job.id)


async def test_the_same_request_id_for_something_else_is_a_mistake(stage: Stage) -> None:
    await stage.create(request_id="key")
    with pytest.raises(IdempotencyKeyReused):
        await stage.create(request_id="key", fingerprint=b"other")
    assert await stage.count("jobs") == 1


async def test_a_request_id_is_remembered_for_a_day_and_through_the_archive(stage: Stage) -> None:
    first = await stage.create(request_id="key")
    [claimed] = await stage.claim()
    await stage.finish(claimed)
    await stage.pass_(2 * HOUR)
    assert await store_upkeep.put_away(stage.database, 10) == 1
    again = await stage.create(request_id="key")
    assert (again.job.id, again.job.status, again.replayed) == (first.job.id, Status.EXPIRED, True)
    await stage.pass_(22 * HOUR)
    assert not (await stage.create(request_id="key", fingerprint=b"other")).replayed


async def test_fifty_at_once_with_one_request_id_make_one_job(stage: Stage) -> None:
    made = await asyncio.gather(*(stage.create(request_id="key") for _ in range(50)))
    assert len({each.job.id for each in made}) == 1
    assert sorted(each.replayed for each in made) == [False] + [True] * 49
    assert [await stage.count(table) for table in ("jobs", "events", "requests")] == [1, 1, 1]


async def test_a_dedupe_key_means_the_job_under_way(stage: Stage) -> None:
    first = await stage.create(dedupe_key="url", request_id="one")
    assert await stage.create(dedupe_key="url", request_id="two") == Created(first.job, replayed=True)
    for other in ({"user": "bob"}, {"kind": SLOW}, {"dedupe_key": "other"}):
        assert not (await stage.create(**{"dedupe_key": "url"} | other)).replayed
    [claimed] = await stage.claim()
    assert (claimed.id, (await stage.create(dedupe_key="url")).job.id) == (first.job.id, first.job.id)
    await stage.finish(claimed)
    after = await stage.create(dedupe_key="url")
    assert after.job.id != first.job.id
    # The request that was answered with the first job still is.
    assert (await stage.create(dedupe_key="url", request_id="two")).job.id == first.job.id


async def test_nobody_has_more_unfinished_jobs_than_they_may(stage: Stage) -> None:
    caps = Caps(unfinished=3)
    ids = [(await stage.create(caps=caps, dedupe_key=str(number))).job.id for number in range(3)]
    await stage.claim()
    for more in ({}, {"kind": SLOW}, {"request_id": "key"}):
        with pytest.raises(TooManyJobs):
            await stage.create(caps=caps, **more)
    assert (await stage.create(caps=caps, dedupe_key="1")).job.id == ids[1]
    assert await stage.create("bob", caps=caps)
    await stage.cancel(ids[2])
    assert not (await stage.create(caps=caps, request_id="key")).replayed


async def test_the_cap_is_exact_when_many_come_at_once(stage: Stage) -> None:
    caps = Caps(unfinished=5)
    made = await asyncio.gather(*(stage.create(caps=caps) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(each, TooManyJobs) for each in made) == 15
    assert await stage.count("jobs") == 5


async def test_a_job_that_is_tried_again_is_no_dead_letter_any_more(stage: Stage) -> None:
    dead, other = await stage.dead(), await stage.dead("bob")
    again = await stage.create(retried_from=dead)
    assert again.job.retried_from == dead
    [row] = await stage.sql("select died_at, redriven_as from jobs.jobs where id = $1", dead)
    assert tuple(row) == (None, again.job.id)
    # Somebody else's is not touched.
    await stage.create(retried_from=other)
    [row] = await stage.sql("select died_at, redriven_as from jobs.jobs where id = $1", other)
    assert row["died_at"]
    assert row["redriven_as"] is None


async def test_the_same_request_id_in_another_workspace_is_another(stage: Stage) -> None:
    await stage.create(request_id="key")
    new = New(Owner("w2", "ann"), QUICK, b"", "key", b"other", uuid.uuid4())
    async with stage.database.begin() as queries:
        assert not (await create(queries, new, CAPS)).replayed
