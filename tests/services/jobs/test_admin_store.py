"""What operators see and do: queues, dead letters, and what has ended."""

import asyncio
import uuid

import pytest
import uuid_utils.compat

from services.jobs import store_admin, store_lease, store_upkeep
from services.jobs.domain import MAX_RESULT_BYTES, Status
from services.jobs.domain_views import DeadLetter, KindStats, Wanted
from services.jobs.store_lease import Done, Failed, Outcome, Report
from tests.services.jobs.stage import BUSY, QUICK, RARE, SLOW, WRONG, Stage

HOUR = 3600.0


async def letters(stage: Stage, kind: str | None = None, size: int = 10) -> list[DeadLetter]:
    """The dead letters, page by page."""
    found: list[DeadLetter] = []
    page = await store_admin.dead_letters(stage.database, "w", kind, None, size)
    while page:
        found += page
        page = await store_admin.dead_letters(stage.database, "w", kind, (page[-1].died_time, page[-1].job.id), size)
    return found


async def redrive(stage: Stage, id_: uuid.UUID, workspace: str = "w") -> DeadLetter | None:
    """Start a dead letter again."""
    return await store_admin.redrive(stage.database, workspace, id_, uuid_utils.compat.uuid7())


async def test_the_queues_are_counted_by_kind(stage: Stage) -> None:
    assert await store_admin.stats(stage.database) == []
    await stage.dead()
    await stage.ended()
    job = await stage.running("ann")
    await stage.finish(job, Failed(BUSY, 60))
    running = await stage.running("bob")
    await stage.cancel((await stage.running("cid")).id, "cid")
    await stage.pass_(10)
    await stage.pending("dan")
    await stage.pass_(30)
    await stage.pending("eve")
    await stage.pending("dan", SLOW)
    quick, slow = await store_admin.stats(stage.database)
    assert quick[:5] == (QUICK.name, "interactive", 2, 1, 2)
    assert quick.oldest_due == pytest.approx(30, abs=2)
    assert slow.oldest_due == pytest.approx(0, abs=2)
    assert slow._replace(oldest_due=0) == KindStats(SLOW.name, "bulk", 1, 0, 0, 0, 0)
    assert quick.dead == 1
    await stage.finish(running)
    assert (await store_admin.stats(stage.database))[0].running == 1


async def test_dead_letters_are_listed_the_latest_first(stage: Stage) -> None:
    dead = [await stage.dead(user) for user in ("ann", "bob", "ann")]
    await stage.ended()
    await stage.cancel(await stage.pending())
    for size in (1, 2, 10):
        assert [each.job.id for each in await letters(stage, size=size)] == dead[::-1]
    [last, *_] = await letters(stage)
    assert (last.user_id, last.job.error, last.redriven_as) == ("ann", BUSY, None)
    assert last.died_time == last.job.completed_time
    assert [len(await letters(stage, kind.name)) for kind in (QUICK, RARE)] == [3, 0]
    assert await store_admin.dead_letters(stage.database, "other", None, None, 10) == []


@pytest.mark.parametrize(
    ("outcome", "dead"), [(Failed(BUSY, None), 1), (Failed(WRONG, None), 0), (Done(b"x" * (MAX_RESULT_BYTES + 1)), 0)]
)
async def test_only_what_may_be_mended_is_a_dead_letter(stage: Stage, outcome: Outcome, dead: int) -> None:
    id_ = await stage.ended(outcome)
    assert await stage.status(id_) is Status.ERROR
    await stage.pass_(HOUR)
    assert await store_upkeep.put_away(stage.database, 10) == 1 - dead
    assert [letter.job.id for letter in await letters(stage)] == [id_] * dead


async def test_a_letter_that_is_redriven_late_stays_for_those_who_ask_again(stage: Stage) -> None:
    dead = await stage.dead()
    await stage.pass_(20 * 24 * HOUR)
    first = await redrive(stage, dead)
    assert await store_upkeep.put_away(stage.database, 10) == 0
    assert first
    assert await redrive(stage, dead) == first
    await stage.pass_(HOUR)
    assert await store_upkeep.put_away(stage.database, 10) == 1


async def test_a_dead_letter_is_started_again_once(stage: Stage) -> None:
    job = await stage.running(input=b"in", traceparent="trace", dedupe_key="url")
    await stage.finish(job, Failed(BUSY, None))
    await stage.create(dedupe_key="url")
    answers = await asyncio.gather(*(redrive(stage, job.id) for _ in range(8)))
    [new] = {letter.redriven_as for letter in answers if letter}
    assert len(answers) == 8
    assert new
    assert all(letter and (letter.job.id, letter.user_id) == (job.id, "ann") for letter in answers)
    again = await stage.job(new)
    assert (again.status, again.retried_from, again.attempt) == (Status.PENDING, job.id, 0)
    assert [claimed.input for claimed in await stage.claim(9)] == [b"{}", b"in"]
    assert await letters(stage) == []
    assert await stage.status(job.id) is Status.ERROR


async def test_what_a_dead_letter_has_done_is_not_done_again(stage: Stage) -> None:
    claimed = await stage.running()
    kept = {"fetch": {"text": "a\0"}}
    await store_lease.progress(stage.database, claimed.id, claimed.token, Report(checkpoint=kept))
    await stage.finish(claimed, Failed(BUSY, None))
    await redrive(stage, claimed.id)
    [again] = await stage.claim()
    assert (again.id != claimed.id, again.checkpoint) == (True, kept)


async def test_a_redriven_letter_is_remembered_in_the_archive(stage: Stage) -> None:
    dead = await stage.dead()
    first = await redrive(stage, dead)
    assert first
    await stage.pass_(HOUR)
    assert await store_upkeep.put_away(stage.database, 10) == 1
    again = await redrive(stage, dead)
    assert again
    assert (again.redriven_as, again.job.id) == (first.redriven_as, dead)
    assert await stage.count("jobs") == 1


async def test_only_dead_letters_of_the_workspace_are_started_again(stage: Stage) -> None:
    dead, complete = await stage.dead(), await stage.ended()
    await stage.cancel(canceled := await stage.pending())
    for id_ in (complete, canceled, await stage.pending(), uuid.uuid4()):
        assert await redrive(stage, id_) is None
    assert await redrive(stage, dead, "other") is None
    await store_admin.purge(stage.database, "w", dead)
    assert await redrive(stage, dead) is None
    assert await stage.count("jobs") == 4


async def test_purging_leaves_the_job_to_be_read(stage: Stage) -> None:
    dead, other = await stage.dead(), await stage.dead()
    await store_admin.purge(stage.database, "other", dead)
    assert len(await letters(stage)) == 2
    for _ in range(2):
        await store_admin.purge(stage.database, "w", dead)
    assert [each.job.id for each in await letters(stage)] == [other]
    await stage.pass_(HOUR)
    assert await store_upkeep.put_away(stage.database, 10) == 1
    assert (await stage.job(dead)).error == BUSY


async def test_what_has_ended_is_listed_wherever_it_is(stage: Stage) -> None:
    first, second = await stage.ended(user="ann"), await stage.dead("bob")
    await stage.pass_(HOUR)
    await store_upkeep.put_away(stage.database, 10)
    await stage.cancel(third := await stage.pending())
    await stage.running(kind=SLOW)
    fourth = await stage.ended(user="cid")

    async def ended(wanted: Wanted, size: int) -> list[uuid.UUID]:
        ids, page = [], await store_admin.ended(stage.database, "w", wanted, None, size)
        while page:
            ids += [job.id for job in page]
            assert page[-1].completed_time
            place = (page[-1].completed_time, page[-1].id)
            page = await store_admin.ended(stage.database, "w", wanted, place, size)
        return ids

    for size in (1, 3, 10):
        assert await ended(Wanted(), size) == [fourth, third, second, first]
    statuses = (Status.ERROR, Status.EXPIRED, Status.COMPLETE, Status.CANCELED, Status.RUNNING)
    found = [await ended(Wanted(QUICK.name, status), 1) for status in statuses]
    assert found == [[second], [first], [fourth], [third], []]
    assert await ended(Wanted(SLOW.name), 10) == []
    assert await store_admin.ended(stage.database, "other", Wanted(), None, 10) == []
