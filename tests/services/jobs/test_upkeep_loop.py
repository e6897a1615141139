"""What every replica does beside answering: it goes on whatever happens, and any number may do it at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from chassis.database import Database, DatabaseAway, DatabaseBusy, DatabaseFault, DatabaseSettings
from services.jobs import store_upkeep, upkeep
from services.jobs.domain import Status
from services.jobs.store_lease import LEASE_SECONDS
from services.jobs.upkeep import SILENT_SECONDS, Upkeep
from tests.services.jobs.crew import until
from tests.services.jobs.stage import Stage

MANY = """
    insert into jobs.jobs (id, workspace, user_id, kind, queue, status, input, result_seconds, max_attempts, created_at,
                           turn, next_run_at, completed_at, archive_at, seq)
    select gen_random_uuid(), 'w', 'ann', 'quick', 'interactive', 'canceled', '', 1, 1, now(), 1, now(), now(),
           now() - make_interval(secs => 1), 1
    from generate_series(1, $1)
"""
EVENTS = """
    insert into jobs.events (job_id, seq, kind, payload, at)
    select id, 1, 'status', '{"status": "pending"}', now() from jobs.jobs where status = 'canceled'
"""
REQUESTS = """
    insert into jobs.requests (workspace, user_id, request_id, fingerprint, job_id, made_at)
    select 'w', 'ann', n::text, '', gen_random_uuid(), now() - interval '25 hours' from generate_series(1, $1) as n
"""
# Each event takes its time to be deleted.
SLOWLY = """
    create function jobs.slowly() returns trigger language plpgsql as
    $$ begin perform pg_sleep(0.02); return old; end $$;
    create trigger slowly before delete on jobs.events for each row execute function jobs.slowly()
"""


@pytest.fixture
def told() -> list[Any]:
    """Hints."""
    return []


@asynccontextmanager
async def kept_up(stage: Stage, told: list[Any], replicas: int = 1) -> AsyncIterator[None]:
    """The loops of so many replicas."""
    async with asyncio.TaskGroup() as group:
        each = [Upkeep(stage.database, lambda *hint: told.append(hint)) for _ in range(replicas)]
        running = [group.create_task(one.run()) for one in each]
        try:
            yield
            assert not any(task.done() for task in running)
        finally:
            for task in running:
                task.cancel()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is looked at often."""
    for name in ("REAP_SECONDS", "TIDY_SECONDS", "PARTITIONS_SECONDS"):
        monkeypatch.setattr(upkeep, name, 0.1)


@pytest.mark.usefixtures("hasty")
async def test_what_dead_workers_held_is_freed_and_told(stage: Stage, told: list[Any]) -> None:
    lost, canceled, held = [await stage.running(user) for user in ("ann", "bob", "eve")]
    await stage.cancel(canceled.id, "bob")
    await stage.sql("update jobs.jobs set lease_until = now() where user_id <> 'eve'")
    async with kept_up(stage, told, 3):
        await until(lambda: len(told) == 2)
    assert set(told) == {(lost.id, Status.PENDING), (canceled.id, Status.CANCELED)}
    assert await stage.status(held.id, "eve") is Status.RUNNING


async def test_after_a_silence_of_the_database_the_living_may_hand_back_first(stage: Stage, told: list[Any]) -> None:
    now = [0.0]
    one = Upkeep(stage.database, lambda *hint: told.append(hint), lambda: now[0])
    await stage.running()
    await stage.pass_(LEASE_SECONDS)
    for moment in (SILENT_SECONDS + 1, SILENT_SECONDS + 5, SILENT_SECONDS + 10, SILENT_SECONDS + LEASE_SECONDS):
        now[0] = moment
        await one.reap()
        assert told == []
    now[0] = SILENT_SECONDS + LEASE_SECONDS + 1
    await one.reap()
    assert len(told) == 1


async def test_h30_whatever_is_over_is_put_away_in_one_round(
    stage: Stage, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "TIDY_LIMIT", 100)
    for statement in (MANY, REQUESTS):
        await stage.sql(statement, 350)
    await stage.sql(EVENTS)
    kept = await stage.running()

    async def only_one_left() -> bool:
        return (await stage.count("jobs"), await stage.count("requests")) == (1, 0)

    async with kept_up(stage, told, 2):
        await until(only_one_left)
    assert await stage.count("archive") == 350
    assert await stage.status(kept.id) is Status.RUNNING


async def test_what_is_too_much_at_a_time_is_put_away_in_parts(
    stage: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "TIDY_LIMIT", 16)
    for statement in (MANY, REQUESTS):
        await stage.sql(statement, 16)
    await stage.sql(EVENTS)
    await stage.connection.execute(SLOWLY)
    hurried = await Database.connect(DatabaseSettings(database_url, database_timeout_seconds=0.2), "tests")
    one = Upkeep(hurried, lambda *_: None)
    try:
        with pytest.raises(DatabaseBusy):
            await one.tidy()
        for _ in range(3):  # on a slow machine it may be halved more often
            with suppress(DatabaseBusy):
                await one.tidy()
    finally:
        await stage.connection.execute("drop function jobs.slowly cascade")
        await hurried.aclose()
    assert [await stage.count(table) for table in ("archive", "events", "requests")] == [16, 0, 0]


async def test_the_days_of_the_archive_are_made(stage: Stage, told: list[Any]) -> None:
    names = [row[0] for row in await stage.sql("select inhrelid::regclass::text from pg_inherits order by 1")]
    days = [name for name in names if "archive_" in name and "_pkey" not in name and "_idx" not in name]
    for name in days[-2:]:
        await stage.sql(f"drop table {name}")

    async def all_there() -> bool:
        found = {row[0] for row in await stage.sql("select inhrelid::regclass::text from pg_inherits")}
        return set(days) <= found

    assert not await all_there()
    async with kept_up(stage, told):
        await until(all_there)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("trouble", [DatabaseAway(), DatabaseFault("a mistake of ours")], ids=["away", "fault"])
async def test_trouble_of_one_loop_ends_none(
    stage: Stage, told: list[Any], monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    failures: list[int] = []
    put_away = store_upkeep.put_away

    async def first_in_trouble(*arguments: Any) -> int:
        if len(failures) < 3:
            failures.append(1)
            raise trouble
        return await put_away(*arguments)

    monkeypatch.setattr(store_upkeep, "put_away", first_in_trouble)
    await stage.sql(MANY, 1)
    await stage.sql(EVENTS)
    await stage.running("bob")
    await stage.sql("update jobs.jobs set lease_until = now() where lease_until is not null")

    async def is_archived() -> bool:
        return await stage.count("archive") == 1

    async with kept_up(stage, told):
        await until(is_archived)
        await until(lambda: told)
    assert len(failures) == 3
