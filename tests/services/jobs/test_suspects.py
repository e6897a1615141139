"""A job whose worker died may be what kills workers: it is not to take another job with it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from services.jobs import store_claim, store_upkeep
from services.jobs.domain import Caps, Kind, Owner, Queue, Status
from services.jobs.store_claim import FRESH_SECONDS, LOOKED_AT, PROBATION_SECONDS
from services.jobs.store_lease import Failed
from tests.services.jobs.crew import ANN, Crew, assembled, until
from tests.services.jobs.stage import BUSY, QUICK, Stage
from tests.services.jobs.test_store_claim import fill

LATER = "update jobs.jobs set next_run_at = now() + interval '1 minute'"
DUE = "update jobs.jobs set next_run_at = now() where status = 'pending'"


@pytest.fixture
async def crew(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Crew]:
    """Nobody yet."""
    async with assembled(database_url, redis_url, tmp_path) as crew:
        yield crew


@pytest.fixture
def quick_trust(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What runs is fresh for a moment, suspects are on probation for a second, and runners look ten times in it."""
    monkeypatch.setattr("services.jobs.store_claim.FRESH_SECONDS", 0.3)
    monkeypatch.setattr("services.jobs.store_claim.PROBATION_SECONDS", 1)
    monkeypatch.setattr("services.jobs.runner.LOOK_SECONDS", 0.1)
    store_claim._claim.cache_clear()
    yield
    store_claim._claim.cache_clear()


async def crash(stage: Stage, number: int, worker: str = "dead") -> list[UUID]:
    """Jobs of as many people whose worker has died; they are due again."""
    ids = [await stage.pending(f"user-{each}") for each in range(number)]
    assert len(await stage.claim(number, name=worker)) == number
    await stage.pass_(15)
    assert {status for _, status in await store_upkeep.reap(stage.database, 100)} == {Status.PENDING}
    await stage.pass_(2)
    return ids


async def ids(stage: Stage, worker: str, slots: int = 9) -> list[UUID]:
    """What a worker claims."""
    return [job.id for job in await stage.claim(slots, name=worker)]


async def test_a_suspect_that_is_fresh_is_alone_with_its_worker(stage: Stage) -> None:
    suspects = await crash(stage, 3)
    innocent = await stage.pending()
    assert await ids(stage, "w1") == suspects[:1]
    assert await ids(stage, "w1") == []
    assert await ids(stage, "w2") == suspects[1:2]
    assert await ids(stage, "w3") == suspects[2:]
    assert await ids(stage, "w4") == [innocent]


async def test_after_a_suspect_comes_the_next_and_then_the_rest(stage: Stage) -> None:
    suspects = await crash(stage, 2)
    rest = [await stage.pending() for _ in range(3)]
    for suspect in suspects:
        [job] = await stage.claim(9)
        assert job.id == suspect
        assert await stage.finish(job) is Status.COMPLETE
    assert await ids(stage, "w1") == rest


async def test_a_worker_makes_room_for_a_suspect(stage: Stage) -> None:
    suspects = await crash(stage, 1)
    await stage.sql(LATER)
    running = await stage.running()
    await stage.sql(DUE)
    innocent = await stage.pending()
    assert await ids(stage, "w1") == []
    await stage.finish(running)
    assert await ids(stage, "w1") == suspects
    assert await ids(stage, "w2") == [innocent]


async def test_a_suspect_joins_what_has_run_for_a_while(stage: Stage) -> None:
    suspects = await crash(stage, 1)
    await stage.sql(LATER)
    await stage.running()
    await stage.sql(DUE)
    assert await ids(stage, "w1") == []
    await stage.pass_(FRESH_SECONDS)
    assert await ids(stage, "w1") == suspects


async def test_a_suspect_meets_no_other_that_may_still_kill_its_worker(stage: Stage) -> None:
    suspects = await crash(stage, 3)
    assert await ids(stage, "w1") == suspects[:1]
    await stage.pass_(PROBATION_SECONDS - 1)
    assert await ids(stage, "w1") == []
    await stage.pass_(1)
    assert await ids(stage, "w1") == suspects[1:2]
    await stage.pass_(PROBATION_SECONDS - 1)
    assert await ids(stage, "w1") == []
    assert await ids(stage, "w2") == suspects[2:]


async def test_suspects_that_wait_hold_up_and_hide_nobody(stage: Stage) -> None:
    await fill(stage, LOOKED_AT + 1, LOOKED_AT + 1)
    await stage.sql("update jobs.jobs set crashes = 1")
    assert len(await ids(stage, "w1")) == 1
    innocent = await stage.pending()
    assert await ids(stage, "w1") == []
    await stage.pass_(FRESH_SECONDS)
    assert await ids(stage, "w1") == [innocent]


async def test_who_did_not_crash_in_a_row_is_no_suspect(stage: Stage) -> None:
    await crash(stage, 2)
    for _ in range(2):
        [job] = await stage.claim(1)
        await stage.finish(job, Failed(BUSY, 0))
    assert len(await stage.claim(9)) == 2


async def test_a_suspect_that_may_not_run_holds_up_nobody(stage: Stage) -> None:
    suspects = await crash(stage, 1)
    kind = Kind("other", Queue.INTERACTIVE)
    other = await stage.pending("user-0", kind)
    await stage.sql("update jobs.jobs set turn = turn - 9 where id = $1", other)
    kinds, caps = (kind, QUICK), Caps(running=1)
    assert [job.id for job in await stage.claim(9, kinds=kinds, caps=caps)] == [other]
    innocent = await stage.pending("bob", kind)
    assert [job.id for job in await stage.claim(9, kinds=kinds, caps=caps)] == [innocent]
    full = (replace(QUICK, max_running=0), kind)
    assert await stage.claim(9, name="w2", kinds=full) == []
    assert await ids(stage, "w2") == suspects


@pytest.mark.usefixtures("quick_trust")
async def test_suspects_and_others_take_turns(crew: Crew, database_url: str) -> None:
    suspects = [await crew.add("nap", Owner("w", f"user-{number}"), seconds=60) for number in range(2)]
    connection = await asyncpg.connect(database_url)
    await connection.execute("update jobs.jobs set crashes = 1")
    others = [await crew.add("nap", ANN, seconds=seconds) for seconds in (0.0, 60)]
    ids = [*suspects, *others]
    async with crew.runner():
        await until(lambda: all(map(crew.notes, ids)))
        rows = await connection.fetch("select id from jobs.jobs order by started_at, turn, id")
    assert [row["id"] for row in rows] == [suspects[0], *others, *suspects[1:]]
    await connection.close()
